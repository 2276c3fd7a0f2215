// Package sign signs requests with an access key, by the algorithm SDK-HMAC-SHA256 of the
// cloud's API gateway.
package sign

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	algorithm  = "SDK-HMAC-SHA256"
	timeLayout = "20060102T150405Z"
)

// The headers that are signed.
const (
	HeaderDate          = "X-Sdk-Date"
	HeaderProjectID     = "X-Project-Id"
	HeaderSecurityToken = "X-Security-Token"
)

// Key is what a request is signed with.
type Key struct {
	AccessKey string
	SecretKey string
	// SecurityToken is for temporary keys; otherwise "".
	SecurityToken string
}

type projectKey struct{}

// WithProject returns ctx with the project that its requests are signed for.
func WithProject(ctx context.Context, projectID string) context.Context {
	return context.WithValue(ctx, projectKey{}, projectID)
}

// Project returns the project of WithProject, or "".
func Project(ctx context.Context) string {
	projectID, _ := ctx.Value(projectKey{}).(string)
	return projectID
}

// Request signs req, whose body is body, at the time now. It sets the headers X-Sdk-Date,
// X-Project-Id (if projectID is not ""), X-Security-Token (for a temporary key) and
// Authorization, and changes nothing else.
func Request(req *http.Request, body []byte, key Key, projectID string, now time.Time) {
	date := now.UTC().Format(timeLayout)
	req.Header.Set(HeaderDate, date)
	if projectID != "" {
		req.Header.Set(HeaderProjectID, projectID)
	}
	if key.SecurityToken != "" {
		req.Header.Set(HeaderSecurityToken, key.SecurityToken)
	}
	headers, names := canonicalHeaders(req)
	bodyHash := sha256.Sum256(body)
	canonical := strings.Join([]string{
		req.Method,
		canonicalPath(req.URL),
		canonicalQuery(req.URL),
		headers,
		names,
		hex.EncodeToString(bodyHash[:]),
	}, "\n")
	hash := sha256.Sum256([]byte(canonical))
	mac := hmac.New(sha256.New, []byte(key.SecretKey))
	mac.Write([]byte(algorithm + "\n" + date + "\n" + hex.EncodeToString(hash[:])))
	req.Header.Set("Authorization", algorithm+" Access="+key.AccessKey+
		", SignedHeaders="+names+", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// canonicalPath encodes each segment and appends a slash. An escaped slash stays part of
// its segment.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
		segments[i] = escape(s)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts by key, then by value, both before encoding.
func canonicalQuery(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	type pair struct{ key, value string }
	var pairs []pair
	for key, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, pair{key, value})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value))
	})
	encoded := make([]string, len(pairs))
	for i, p := range pairs {
		encoded[i] = escape(p.key) + "=" + escape(p.value)
	}
	return strings.Join(encoded, "&")
}

// canonicalHeaders returns the lines of the signed headers, and their names. The
// headers that proxies may change are left out: only what authenticates must arrive
// unchanged.
func canonicalHeaders(req *http.Request) (lines, names string) {
	signed := []string{strings.ToLower(HeaderDate)}
	for _, name := range []string{HeaderProjectID, HeaderSecurityToken} {
		if req.Header.Get(name) != "" {
			signed = append(signed, strings.ToLower(name))
		}
	}
	slices.Sort(signed)
	var b strings.Builder
	for _, name := range signed {
		b.WriteString(name + ":" + strings.TrimSpace(req.Header.Get(name)) + "\n")
	}
	return b.String(), strings.Join(signed, ";")
}

// escape encodes all characters but the unreserved ones.
func escape(s string) string {
	const hexDigits = "0123456789ABCDEF"
	i := 0
	for i < len(s) && isUnreserved(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if c := s[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0
}
