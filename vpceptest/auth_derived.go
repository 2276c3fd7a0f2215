package vpceptest

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// derivedAlgorithm is the algorithm of signatures with a key derived from a secret key for
// a day, a region and a service.
const derivedAlgorithm = "V11-HMAC-SHA256"

// derivedKey returns the key of such a signature: HKDF of the secret key, with the access
// key as the salt, in hexadecimal.
func derivedKey(accessKey, secretKey, scope string) string {
	key, err := hkdf.Key(sha256.New, []byte(secretKey), []byte(accessKey), scope, sha256.Size)
	if err != nil { // only for a key longer than HKDF can produce
		panic("vpceptest: " + err.Error())
	}
	return hex.EncodeToString(key)
}

// checkScope returns what is wrong with the scope of a derived key, or "". The service may
// have any name, because the stand-in serves several.
func (a authorization) checkScope(date time.Time, region string) string {
	if a.algorithm != derivedAlgorithm {
		return ""
	}
	switch parts := strings.Split(a.scope, "/"); {
	case len(parts) != 3 || parts[2] == "":
		return "the Credential is not access key/date/region/service"
	case parts[0] != date.Format("20060102"):
		return "the Credential is of another day than X-Sdk-Date"
	case parts[1] != region:
		return "the Credential is for the region " + parts[1] + ", this is " + region
	default:
		return ""
	}
}
