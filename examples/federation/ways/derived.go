package ways

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Derived signs with a key that is derived from an access key for a day, a region and a
// service: algorithm V11-HMAC-SHA256. The service must take such signatures.
type Derived struct {
	AccessKey, SecretKey string
	Region, Service      string // such as "eu-west-101", "vpcep"
	ProjectID            string
}

const derivedAlgorithm = "V11-HMAC-SHA256"

// Authenticate signs the request as of now.
func (d Derived) Authenticate(req *http.Request) error {
	var body []byte
	if req.Body != nil && req.Body != http.NoBody {
		if req.GetBody == nil {
			return errors.New("the body of the request cannot be read twice")
		}
		reader, err := req.GetBody()
		if err != nil {
			return err
		}
		defer reader.Close()
		if body, err = io.ReadAll(reader); err != nil {
			return err
		}
	}
	return d.sign(req, body, time.Now())
}

func (d Derived) sign(req *http.Request, body []byte, now time.Time) error {
	date := now.UTC().Format("20060102T150405Z")
	req.Header.Set("X-Sdk-Date", date)
	req.Header.Set("X-Project-Id", d.ProjectID)
	const names = "x-project-id;x-sdk-date"
	canonical := strings.Join([]string{
		req.Method, canonicalPath(req.URL), canonicalQuery(req.URL),
		"x-project-id:" + d.ProjectID + "\nx-sdk-date:" + date + "\n", names, hexHash(body),
	}, "\n")
	info := date[:8] + "/" + d.Region + "/" + d.Service
	key, err := hkdf.Key(sha256.New, []byte(d.SecretKey), []byte(d.AccessKey), info, sha256.Size)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(hex.EncodeToString(key)))
	mac.Write([]byte(strings.Join([]string{derivedAlgorithm, date, info, hexHash([]byte(canonical))}, "\n")))
	req.Header.Set("Authorization", derivedAlgorithm+" Credential="+d.AccessKey+"/"+info+
		", SignedHeaders="+names+", Signature="+hex.EncodeToString(mac.Sum(nil)))
	return nil
}

func hexHash(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.Path, "/")
	for i, s := range segments {
		segments[i] = escape(s)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}

func canonicalQuery(u *url.URL) string {
	var pairs []string
	query := u.Query()
	for _, key := range slices.Sorted(maps.Keys(query)) {
		for _, value := range slices.Sorted(slices.Values(query[key])) {
			pairs = append(pairs, escape(key)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// escape encodes all but the unreserved characters.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
