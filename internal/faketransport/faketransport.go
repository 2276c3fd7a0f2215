// Package faketransport has the transports of the tests: what a client sends ends there,
// and what it gets is what the test wants.
package faketransport

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Func makes a function an http.RoundTripper.
type Func func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f Func) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Response is what comes of one request.
type Response = func(*http.Request) (*http.Response, error)

// Status responds with a status, a body, and header fields as pairs of name and value.
func Status(code int, body string, header ...string) Response {
	return func(req *http.Request) (*http.Response, error) {
		resp := response(req, code, io.NopCloser(strings.NewReader(body)), header)
		resp.ContentLength = int64(len(body))
		return resp, nil
	}
}

// Cut responds with a body that breaks off after part.
func Cut(code int, part string, header ...string) Response {
	return func(req *http.Request) (*http.Response, error) {
		return response(req, code, NewCutBody(part), header), nil
	}
}

// Fail fails with err instead of a response.
func Fail(err error) Response {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// CutBody is a body that breaks off.
type CutBody struct{ io.Reader }

// NewCutBody returns a body that breaks off after part.
func NewCutBody(part string) CutBody {
	return CutBody{io.MultiReader(strings.NewReader(part), broken{})}
}

// Close does nothing.
func (CutBody) Close() error { return nil }

func response(req *http.Request, code int, body io.ReadCloser, header []string) *http.Response {
	resp := &http.Response{StatusCode: code, Header: http.Header{}, Body: body, ContentLength: -1, Request: req}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Add(header[i], header[i+1])
	}
	return resp
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Sent is a request that a Script got.
type Sent struct {
	Request *http.Request
	Body    string
	At      time.Time
}

// Script responds to the first request with its first response, to the second with its
// second, and to all further ones with the last. It is safe for concurrent use.
type Script struct {
	responses []Response

	mu   sync.Mutex
	sent []Sent
}

// NewScript returns a Script with at least one response.
func NewScript(first Response, more ...Response) *Script {
	return &Script{responses: append([]Response{first}, more...)}
}

// RoundTrip gives the next response.
func (s *Script) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	next := s.responses[min(len(s.sent), len(s.responses)-1)]
	s.sent = append(s.sent, Sent{Request: req, Body: string(body), At: time.Now()})
	s.mu.Unlock() // a response may block
	return next(req)
}

// Sent returns the requests so far.
func (s *Script) Sent() []Sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Calls returns the number of requests so far.
func (s *Script) Calls() int { return len(s.Sent()) }

// Gap returns the time between the n-th request, from 0, and the one before.
func (s *Script) Gap(n int) time.Duration {
	sent := s.Sent()
	return sent[n].At.Sub(sent[n-1].At)
}
