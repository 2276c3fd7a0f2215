package vpceptest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const redacted = "REDACTED"

// credentialHeaders are redacted in recorded requests, because test logs are shared.
var credentialHeaders = []string{
	"X-Auth-Token", "X-Subject-Token", "X-Security-Token", "X-Metadata-Token",
	"Authorization", "Proxy-Authorization", "Cookie",
}

// Request is a request as it arrived.
type Request struct {
	Method    string
	Path      string      // as sent: escaped, with the path of WithBasePath
	Query     url.Values  // as far as it could be parsed
	Header    http.Header // credentials are replaced with REDACTED
	Body      []byte      // in a login, everything but names and IDs is replaced with REDACTED
	Operation Operation   // empty if no operation has the path
	Status    int         // of the response; 0 if not yet sent, or dropped
	Time      time.Time   // of arrival
}

func newRequest(c *call, now time.Time) Request {
	return Request{
		Method:    c.r.Method,
		Path:      c.r.URL.EscapedPath(),
		Query:     c.r.URL.Query(),
		Header:    redactHeader(c.r.Header),
		Body:      recordedBody(c),
		Operation: c.route.operation,
		Time:      now,
	}
}

func (r Request) clone() Request {
	query := make(url.Values, len(r.Query))
	for k, v := range r.Query {
		query[k] = slices.Clone(v)
	}
	r.Query = query
	r.Header = r.Header.Clone()
	r.Body = bytes.Clone(r.Body)
	return r
}

func redactHeader(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range credentialHeaders {
		for i, v := range h[name] {
			h[name][i] = redactValue(v)
		}
	}
	return h
}

// redactValue keeps the algorithm of a signature, which shows how the request was
// authenticated.
func redactValue(v string) string {
	if algorithm, _, _ := strings.Cut(v, " "); algorithm == signatureAlgorithm || algorithm == derivedAlgorithm {
		return algorithm + " " + redacted
	}
	return redacted
}

// recordedBody decides only by the path: a login with a wrong method, or a slightly wrong
// path, contains a password too.
func recordedBody(c *call) []byte {
	if len(c.body) == 0 || !strings.Contains(c.r.URL.Path, "/auth/tokens") {
		return c.body
	}
	var document any
	if json.Unmarshal(c.body, &document) != nil {
		return []byte(redacted)
	}
	return mustJSON(redactLogin("", document))
}

// redactLogin replaces every value in a login's body except those that are not secret.
func redactLogin(name string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		for inner := range v {
			v[inner] = redactLogin(inner, v[inner])
		}
		return v
	case []any:
		for i := range v {
			v[i] = redactLogin(name, v[i])
		}
		return v
	}
	if name == "methods" || name == "name" || name == "id" {
		return value
	}
	return redacted
}

// recorder keeps requests in the order of arrival.
type recorder struct {
	off  bool
	mu   sync.Mutex
	list []*Request
}

func (rec *recorder) add(r *Request) {
	if rec.off {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.list = append(rec.list, r)
}

func (rec *recorder) answered(r *Request, status int) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	r.Status = status
}

func (rec *recorder) all() []Request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	out := make([]Request, len(rec.list))
	for i, r := range rec.list {
		out[i] = r.clone()
	}
	return out
}
