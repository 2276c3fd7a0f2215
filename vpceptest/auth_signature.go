package vpceptest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	signatureAlgorithm = "SDK-HMAC-SHA256"
	signatureDate      = "20060102T150405Z"
	maxClockSkew       = 15 * time.Minute

	// How many wrong signatures in a row lock a key, and for how long.
	lockAfter = 5
	lockFor   = 5 * time.Minute
)

// accessKey is a key pair and its state.
type accessKey struct {
	account                   *account
	id, secret, securityToken string
	end                       time.Time // zero: none

	wrong       int // signatures in a row
	lockedUntil time.Time
}

// signatureScheme is a signature with an access key in Authorization.
type signatureScheme struct {
	now  func() time.Time
	mu   sync.Mutex
	keys map[string]*accessKey
}

func (s *signatureScheme) add(key *accessKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key.id] = key
}

func (s *signatureScheme) claims(r *http.Request) bool {
	return r.Header.Get("Authorization") != ""
}

func (s *signatureScheme) verify(c *call) *apiError {
	auth, refusal := parseAuthorization(c.r.Header.Get("Authorization"))
	if refusal != nil {
		return refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := s.keys[auth.accessKey]
	if key == nil {
		return errAuth.with("ak " + auth.accessKey + " not exist") // the real gateway echoes it, too
	}
	now := s.now()
	if now.Before(key.lockedUntil) {
		return errAuth.with("verify aksk signature fail, the ak is locked")
	}
	if refusal := s.checkHeaders(c, key, auth, now); refusal != nil {
		return refusal
	}
	if refusal := key.checkSignature(c, auth, now); refusal != nil {
		return refusal
	}
	c.account = key.account
	return nil
}

// checkHeaders checks the headers that a signature must cover.
func (s *signatureScheme) checkHeaders(c *call, key *accessKey, auth authorization, now time.Time) *apiError {
	h := c.r.Header
	date, err := time.Parse(signatureDate, h.Get("X-Sdk-Date"))
	if err != nil || !auth.covers("x-sdk-date") {
		return errAuth.with("X-Sdk-Date is missing, not signed or cannot be read")
	}
	if now.Sub(date).Abs() > maxClockSkew {
		return errAuth.with("verify aksk signature fail, the signature has expired")
	}
	if hint := auth.checkScope(date, key.account.ProjectName); hint != "" {
		return errAuth.with(hint)
	}
	// The documentation calls it optional, and some clients set it after signing.
	if given := h.Get("X-Project-Id"); given != "" && given != key.account.ProjectID {
		return errAuth.with("X-Project-Id is not a project of the ak")
	}
	if !key.end.IsZero() && !now.Before(key.end) {
		return errAuth.with("the security token has expired")
	}
	if h.Get("X-Security-Token") != key.securityToken {
		return errAuth.with("the security token is invalid")
	}
	return nil
}

func (k *accessKey) checkSignature(c *call, auth authorization, now time.Time) *apiError {
	want := auth.expected(k.secret, c.r, c.body)
	if hmac.Equal([]byte(want), []byte(auth.signature)) {
		k.wrong = 0
		return nil
	}
	k.wrong++
	if k.wrong >= lockAfter {
		k.wrong = 0
		k.lockedUntil = now.Add(lockFor)
	}
	return errAuth.with("verify aksk signature fail")
}

// authorization is a parsed Authorization header.
type authorization struct {
	algorithm, accessKey, signature string
	scope                           string // of a derived key
	signedHeaders                   []string
}

func (a authorization) covers(name string) bool {
	return slices.Contains(a.signedHeaders, name)
}

// parseAuthorization parses "SDK-HMAC-SHA256 Access=…, SignedHeaders=…, Signature=…" or,
// with a derived key, "Credential=…/…" in place of "Access=…", with either algorithm.
func parseAuthorization(value string) (authorization, *apiError) {
	algorithm, rest, _ := strings.Cut(value, " ")
	a := authorization{algorithm: algorithm}
	if algorithm != signatureAlgorithm && algorithm != derivedAlgorithm {
		return a, errAuth.with("the algorithm is not known here, only " + signatureAlgorithm + " and " + derivedAlgorithm)
	}
	parts := strings.Split(rest, ", ")
	if len(parts) != 3 || !a.parseCredential(parts[0]) ||
		!strings.HasPrefix(parts[1], "SignedHeaders=") || !strings.HasPrefix(parts[2], "Signature=") {
		return a, errAuth.with("this form of Authorization is not known here, only " +
			algorithm + " Credential=…/…, SignedHeaders=…, Signature=…, and Access=… with " + signatureAlgorithm)
	}
	names := strings.TrimPrefix(parts[1], "SignedHeaders=")
	a.signedHeaders, a.signature = strings.Split(names, ";"), strings.TrimPrefix(parts[2], "Signature=")
	// The canonical request is built of the names in lower case and in order.
	if names != strings.ToLower(names) || !slices.IsSorted(a.signedHeaders) {
		return a, errAuth.with("the names of SignedHeaders are not in lower case or not in order")
	}
	return a, nil
}

// parseCredential parses the first part, and reports whether its form is known.
func (a *authorization) parseCredential(part string) (known bool) {
	if credential, isDerived := strings.CutPrefix(part, "Credential="); isDerived {
		a.accessKey, a.scope, known = strings.Cut(credential, "/")
		return known && a.scope != ""
	}
	a.accessKey, known = strings.CutPrefix(part, "Access=")
	return known && a.algorithm == signatureAlgorithm
}

// expected computes the correct signature of a request.
func (a authorization) expected(secret string, r *http.Request, body []byte) string {
	canonical := strings.Join([]string{
		r.Method,
		canonicalPath(r.URL),
		canonicalQuery(r.URL),
		canonicalHeaders(r, a.signedHeaders),
		strings.Join(a.signedHeaders, ";"),
		hexSHA256(body),
	}, "\n")
	toSign := a.algorithm + "\n" + r.Header.Get("X-Sdk-Date") + "\n"
	if a.scope != "" {
		toSign += a.scope + "\n"
	}
	return hex.EncodeToString(hmacSHA256(a.key(secret), toSign+hexSHA256([]byte(canonical))))
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// canonicalPath returns the path with each segment encoded again, and a trailing slash.
func canonicalPath(u *url.URL) string {
	segments := strings.Split(u.EscapedPath(), "/")
	for i, s := range segments {
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
		segments[i] = encodeRFC3986(s)
	}
	path := strings.Join(segments, "/")
	if !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return path
}

// canonicalQuery returns the query encoded again, sorted by key, then value.
func canonicalQuery(u *url.URL) string {
	query := u.Query()
	keys := make([]string, 0, len(query))
	for k := range query {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var pairs []string
	for _, k := range keys {
		for _, v := range slices.Sorted(slices.Values(query[k])) {
			pairs = append(pairs, encodeRFC3986(k)+"="+encodeRFC3986(v))
		}
	}
	return strings.Join(pairs, "&")
}

// canonicalHeaders returns one line for each header. net/http stores Host separately.
func canonicalHeaders(r *http.Request, names []string) string {
	var b strings.Builder
	for _, name := range names {
		values := slices.Sorted(slices.Values(r.Header.Values(name)))
		if name == "host" {
			values = []string{r.Host}
		}
		for _, v := range values {
			b.WriteString(name + ":" + strings.TrimSpace(v) + "\n")
		}
	}
	return b.String()
}

// encodeRFC3986 percent-encodes every byte but the unreserved ones.
func encodeRFC3986(s string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if isUnreserved(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
