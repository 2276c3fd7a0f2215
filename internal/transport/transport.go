// Package transport sends one HTTP request once and says what is certain about
// it: whether it may have reached the service, and what came back.
//
// It is the only package that knows resty, and takes from it the sending alone:
// retries, redirects, cookies, logging and decoding are off, because each of
// them would decide something that only the caller can decide.
package transport

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/vpcep/vpcep-go/internal/redact"
)

// The limits of a body that is read. What is longer is refused, or cut off where
// the status alone decides.
const (
	MaxBody      = 16 << 20  // an answer: a page of 1000 endpoints fits with room to spare
	MaxErrorBody = 256 << 10 // an answer whose status is no success
	bodyPrefix   = 4 << 10   // what is kept of a refused answer: it may name what was made
)

// ErrBodyTooLarge reports a successful answer that is longer than MaxBody.
var ErrBodyTooLarge = fmt.Errorf("the answer is larger than %d MiB", MaxBody>>20)

// Transport sends requests. It is safe for concurrent use.
type Transport struct {
	http *http.Client
	// blank is a request of resty's with nothing in it. Each request begins as a copy:
	// a new one would make maps for forms, cookies and queries, which none has.
	blank *resty.Request
	// isPool says that nothing is written without a connection that httptrace sees:
	// the library's own pool. Any other transport may have ways of its own.
	isPool bool
}

// New returns a Transport that sends through a copy of hc; hc itself is not changed.
func New(hc *http.Client) *Transport {
	next := hc.Transport
	if next == nil {
		next = defaultTransport{}
	}
	return newTransport(next, hc.Timeout, false)
}

// NewOwn returns a Transport with a pool of its own.
func NewOwn(pool *http.Transport) *Transport { return newTransport(pool, 0, true) }

func newTransport(next http.RoundTripper, timeout time.Duration, isPool bool) *Transport {
	own := &http.Client{
		Transport: noRedirects{next},
		Timeout:   timeout,
		// A redirect could lead to another host, with the token on board.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r := resty.NewWithClient(own).
		SetLogger(silent{}).
		SetDisableWarn(true).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetResponseBodyLimit(MaxBody).
		SetPreRequestHook(func(_ *resty.Client, req *http.Request) error { return prepare(req) })
	return &Transport{http: own, blank: r.R(), isPool: isPool}
}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() { t.http.CloseIdleConnections() }

// Request is one request.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte // nil: none
	// Prepare sees the request as it will be sent and may add headers: a token or
	// a signature. Nothing is sent where it fails.
	Prepare func(*http.Request) error
	// ContextKey leads to ContextValue in the context of the request. nil: to nothing.
	ContextKey, ContextValue any
}

// Response is an answer whose headers arrived. The zero value is none.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       string
	// BodyErr says why Body is not the whole body, and is nil where it is.
	BodyErr error
	// Sent are the headers of the request, credentials included.
	Sent http.Header
}

// IsSuccess reports a status of 2xx.
func (r Response) IsSuccess() bool { return r.StatusCode >= 200 && r.StatusCode < 300 }

// Error is a failure without an answer.
type Error struct {
	// Err is the cause.
	Err error
	// MaybeSent is false only where it is certain that no byte of the request was written.
	MaybeSent bool
	// Prepare says that Request.Prepare failed.
	Prepare bool
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Send sends the request once, and waits until ctx ends. The error is an *Error.
func (t *Transport) Send(ctx context.Context, r *Request) (Response, error) {
	if err := ctx.Err(); err != nil {
		return Response{}, &Error{Err: context.Cause(ctx)}
	}
	a := &attempt{request: *t.blank, prepare: r.Prepare}
	a.ctx = attemptContext{ctx, a, r.ContextKey, r.ContextValue}
	a.request.SetContext(&a.ctx)
	a.request.Header = r.Header
	if r.Body != nil {
		a.body.Reset(r.Body)
		a.request.SetBody(&a.body)
	}
	answer, err := a.request.Execute(r.Method, r.URL)
	if err != nil {
		if answer != nil && answer.RawResponse != nil && answer.RawResponse.Body != nil {
			answer.RawResponse.Body.Close()
		}
		return Response{}, &Error{Err: clean(withoutURL(err), a.sent), MaybeSent: t.maybeSent(a, err), Prepare: a.prepareFailed}
	}
	if a.location != nil {
		answer.RawResponse.Header["Location"] = a.location
	}
	response := Response{
		StatusCode: answer.RawResponse.StatusCode,
		Header:     answer.RawResponse.Header,
		Sent:       a.sent,
	}
	response.Body, response.BodyErr = readBody(answer.RawResponse)
	return response, nil
}

// maybeSent reports whether some byte of the request may have been written. The
// answer is no only on proof.
func (t *Transport) maybeSent(a *attempt, err error) bool {
	switch {
	case !a.prepared:
		return false
	case a.gotConn.Load():
		return true
	case t.isPool || a.askedConn.Load():
		return false // a connection was never there
	}
	return !isDialError(err)
}

// isDialError reports a failure to connect, also of a transport that is not traced.
func isDialError(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// withoutURL takes off the wrapping of http.Client, which repeats method and URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// clean takes what the request carried in secret out of an error's text: net/http
// quotes a malformed answer, which may echo it.
func clean(err error, sent http.Header) error {
	text := err.Error()
	if cleaned := redact.Of(sent).String(text); cleaned != text {
		return errors.New(cleaned) // without the original, which would show it
	}
	return err
}

// noRedirects takes the Location from answers on their way to http.Client, which
// makes a failure of one that it cannot parse.
type noRedirects struct{ next http.RoundTripper }

func (t noRedirects) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err == nil && resp.StatusCode/100 == 3 && resp.Header["Location"] != nil {
		if a, ok := req.Context().Value(attemptKey{}).(*attempt); ok {
			a.location = resp.Header["Location"]
			delete(resp.Header, "Location")
		}
	}
	return resp, err
}

func (t noRedirects) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// attempt follows one request on its way out, and holds all that it needs, because
// one piece of memory is cheaper than many. It lives as long as somebody keeps the
// request, so that the answer is no part of it.
type attempt struct {
	ctx                     attemptContext
	request                 resty.Request
	body                    bytes.Reader
	prepare                 func(*http.Request) error
	prepared, prepareFailed bool
	trace                   httptrace.ClientTrace
	askedConn, gotConn      atomic.Bool
	sent                    http.Header
	location                []string // where the answer would have led to
}

// attemptContext is the context of the request, which has nothing else to lead to
// its attempt. It holds no more than where the attempt is: package fmt prints what
// another value hides whole, and does not ask.
type attemptContext struct {
	context.Context
	attempt    *attempt
	key, value any
}

type attemptKey struct{}

func (c *attemptContext) Value(key any) any {
	switch key {
	case attemptKey{}:
		return c.attempt
	case c.key:
		return c.value
	}
	return c.Context.Value(key)
}

// Format shows nothing of the request.
func (c *attemptContext) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "vpcep.attempt") }

// prepare is called with the request that is about to be sent.
func prepare(req *http.Request) error {
	a := req.Context().Value(attemptKey{}).(*attempt)
	if a.prepare != nil {
		if err := a.prepare(req); err != nil {
			a.prepareFailed = true
			return err
		}
	}
	// Followed from here on only: to prepare it may take requests of its own, for a
	// token for example, under the same context.
	a.trace.GetConn = func(string) { a.askedConn.Store(true) }
	a.trace.GotConn = func(httptrace.GotConnInfo) { a.gotConn.Store(true) }
	*req = *req.WithContext(httptrace.WithClientTrace(req.Context(), &a.trace))
	a.prepared = true
	a.sent = req.Header
	return nil
}

// buffer is what a body is gathered in, because its length is rarely known.
type buffer struct {
	bytes.Buffer
	from io.LimitedReader
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// maxPooledBuffer is the largest buffer that is used again: one that a long body
// took would be kept for short ones.
const maxPooledBuffer = 64 << 10

// readBody reads the body within its bound, which counts what a compressed body unfolds to.
func readBody(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	isSuccess := resp.StatusCode >= 200 && resp.StatusCode < 300
	limit := int64(MaxErrorBody)
	if isSuccess {
		limit = MaxBody
		if resp.ContentLength > limit {
			return "", ErrBodyTooLarge
		}
	}
	body, err := plainBody(resp)
	if err != nil {
		return "", err
	}
	buf := buffers.Get().(*buffer)
	defer func() {
		if buf.Cap() <= maxPooledBuffer {
			buf.Reset()
			buf.from.R = nil
			buffers.Put(buf)
		}
	}()
	buf.from = io.LimitedReader{R: body, N: limit + 1}
	n, err := buf.ReadFrom(&buf.from)
	if n > limit {
		if isSuccess {
			return string(buf.Bytes()[:bodyPrefix]), ErrBodyTooLarge
		}
		buf.Truncate(int(limit))
	}
	return buf.String(), err
}

// plainBody unfolds a body that the round tripper left compressed.
func plainBody(resp *http.Response) (io.Reader, error) {
	if resp.ContentLength == 0 || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp.Body, nil
	}
	return gzip.NewReader(resp.Body)
}

// defaultTransport is what a nil http.Client.Transport means: http.DefaultTransport at the time of the call.
type defaultTransport struct{}

func (defaultTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(req)
}

func (defaultTransport) CloseIdleConnections() {
	if c, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// silent drops what resty would log.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
