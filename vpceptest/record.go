package vpceptest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const redacted = "REDACTED"

// credentialHeaders never reach a recorded request: test logs are kept and shared.
var credentialHeaders = []string{
	"X-Auth-Token", "X-Subject-Token", "X-Security-Token", "Authorization", "Proxy-Authorization", "Cookie",
}

// Request is a request as it arrived.
type Request struct {
	Method    string
	Path      string      // as sent: escaped, with the path of WithBasePath
	Query     url.Values  // what could be read of it
	Header    http.Header // credentials are replaced by REDACTED
	Body      []byte
	Operation Operation // empty where no operation answers to the path
	Status    int       // what was answered; 0: not yet, or dropped
	Time      time.Time // of arrival
}

func newRequest(c *call) Request {
	return Request{
		Method:    c.r.Method,
		Path:      c.r.URL.EscapedPath(),
		Query:     c.r.URL.Query(),
		Header:    redactHeader(c.r.Header),
		Body:      c.body,
		Operation: c.route.operation,
		Time:      time.Now(),
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

// redactValue keeps the algorithm of a signature, which tells how the request was
// authenticated.
func redactValue(v string) string {
	if strings.HasPrefix(v, signatureAlgorithm+" ") {
		return signatureAlgorithm + " " + redacted
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
