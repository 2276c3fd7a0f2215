package vpceptest

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// derivedAlgorithm is the algorithm of signatures with a key that HKDF derives from a
// secret key for a day, a region and a service: the scope is date/region/service.
const derivedAlgorithm = "V11-HMAC-SHA256"

// scopeEnd ends the scope of keys that SDK-HMAC-SHA256 derives in an older way:
// date/region/service/sdk_request. Some clients leave the region and the service empty.
const scopeEnd = "sdk_request"

// key returns the key of a signature: the secret key, or what is derived from it.
func (a authorization) key(secret string) []byte {
	switch {
	case a.scope == "":
		return []byte(secret)
	case a.algorithm == derivedAlgorithm:
		key, err := hkdf.Key(sha256.New, []byte(secret), []byte(a.accessKey), a.scope, sha256.Size)
		if err != nil { // only for a key longer than HKDF can produce
			panic("vpceptest: " + err.Error())
		}
		return []byte(hex.EncodeToString(key))
	default:
		key := []byte("SDK" + secret)
		for part := range strings.SplitSeq(a.scope, "/") {
			key = hmacSHA256(key, part)
		}
		return key
	}
}

// checkScope returns what is wrong with the scope of a derived key, or "". The service can
// have any name, because the stand-in answers for several.
func (a authorization) checkScope(date time.Time, region string) string {
	if a.scope == "" { // the key is not derived
		return ""
	}
	older := a.algorithm == signatureAlgorithm
	parts := strings.Split(a.scope, "/")
	switch {
	case older && (len(parts) != 4 || parts[3] != scopeEnd):
		return "the Credential is not access key/date/region/service/" + scopeEnd
	case !older && (len(parts) != 3 || parts[2] == ""):
		return "the Credential is not access key/date/region/service"
	case parts[0] != date.Format("20060102"):
		return "the Credential is of another day than X-Sdk-Date"
	case parts[1] != region && (parts[1] != "" || !older):
		return "the Credential is for the region " + parts[1] + ", this is " + region
	default:
		return ""
	}
}
