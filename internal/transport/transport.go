// Package transport sends one HTTP request once and says what is certain about
// it: whether it may have reached the service, and what came back.
//
// It is the only package that uses resty, and only to send: retries, redirects, cookies,
// logging and decoding are off, because only the caller can decide about them. For the
// same reason, it keeps net/http, and any round tripper above it, from sending a request a
// second time.
package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/go-resty/resty/v2"
)

// Transport sends requests. It is safe for concurrent use.
type Transport struct {
	http *http.Client
	next http.RoundTripper
	// blank is an empty resty request. Each request begins as a copy: a new one would
	// allocate maps for forms, cookies and queries, which are not used.
	blank *resty.Request
	// isPool says that the transport is the library's own pool, which writes nothing
	// without a connection that httptrace sees. Any other transport may.
	isPool  bool
	secrets secretCache
}

// New returns a Transport that sends through a copy of hc; hc itself is not changed.
//
// It watches hc's transport through net/http/httptrace, so that no request is sent twice.
// This has limits:
//
//   - A round tripper may send its own requests under the context of the request, for
//     example for a token. One to the same host and port, or with the credentials or the
//     User-Agent of the request, is taken for the request itself: it needs another
//     context.
//   - A round tripper that detaches the context (context.WithoutCancel) cannot be kept
//     from sending a request again over an HTTP/2 connection that other requests use, nor
//     from once repeating one without a body over any HTTP/2 connection.
func New(hc *http.Client) *Transport {
	next := hc.Transport
	if next == nil {
		next = defaultTransport{}
	}
	return newTransport(next, hc.Timeout, false)
}

// NewPooled returns a Transport with its own pool.
func NewPooled(pool *http.Transport) *Transport { return newTransport(pool, 0, true) }

func newTransport(next http.RoundTripper, timeout time.Duration, isPool bool) *Transport {
	own := &http.Client{
		Transport: checked{next},
		Timeout:   timeout,
		// A redirect could send the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r := resty.NewWithClient(own).
		SetLogger(silent{}).
		SetDisableWarn(true).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetPreRequestHook(func(_ *resty.Client, req *http.Request) error { return prepare(req) })
	return &Transport{http: own, next: next, blank: r.R(), isPool: isPool}
}

// CloseIdleConnections closes the connections that no request uses.
func (t *Transport) CloseIdleConnections() { t.http.CloseIdleConnections() }

// Request is one request.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte // nil for no body
	// Timeout bounds the attempt, to the last byte of the response. 0 means that only the
	// context does.
	Timeout time.Duration
	// Secrets are in the body. They are removed from the response, like the secrets that
	// Prepare adds to the headers.
	Secrets []string
	// SecretAnswer says that the whole response is secret: no error quotes it.
	SecretAnswer bool
	// Prepare gets the request as it will be sent, and may add headers such as a token or a
	// signature. If it fails, nothing is sent.
	Prepare func(*http.Request) error
}

// Response is a response whose headers arrived, without the secrets of the request. The
// zero value means no response.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       string
	// BodyErr says why Body is incomplete, or is nil if it is complete.
	BodyErr error
	// Sent are the headers of the request, including credentials.
	Sent http.Header
}

// IsSuccess reports whether the status is 2xx.
func (r Response) IsSuccess() bool { return r.StatusCode >= 200 && r.StatusCode < 300 }

// Send sends the request once, and waits until ctx ends. The error is an *Error.
func (t *Transport) Send(ctx context.Context, r *Request) (Response, error) {
	if ctx.Err() != nil {
		return Response{}, &Error{Err: context.Cause(ctx), Fate: Unsent}
	}
	timed, cancel := withTimeout(ctx, r.Timeout)
	defer cancel()
	a := &attempt{
		prepare: r.Prepare, cancel: cancel, isOwnPool: t.isPool, isDirect: t.pool() != nil, hasBody: len(r.Body) > 0,
		secretAnswer: r.SecretAnswer, hidden: r.Secrets, before: r.Header, cache: &t.secrets,
	}
	request := *t.blank
	// A function, because package fmt would print the contents of any other value.
	request.SetContext(context.WithValue(timed, attemptKey{}, func() *attempt { return a }))
	request.Header = r.Header
	if r.Body != nil {
		request.SetBody(bytes.NewReader(r.Body))
	}
	answer, err := request.Execute(r.Method, r.URL)
	if err != nil {
		return Response{}, t.failure(ctx, timed, a, err)
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
	if a.request.URL.Scheme == "http" { // the response may be the proxy's
		proxy, _ := t.proxyOf(a.request)
		a.hideProxy(proxy)
	}
	a.clean(&response)
	if response.BodyErr != nil {
		response.BodyErr = endOf(ctx, timed, response.BodyErr)
	}
	return response, nil
}

// prepare is called with the request that is about to be sent.
func prepare(req *http.Request) error {
	a := attemptOf(req)
	if a.prepare != nil {
		if err := a.prepare(req); err != nil {
			a.prepareFailed = true
			return err
		}
	}
	// Without GetBody, no round tripper can send the body a second time.
	req.GetBody = nil
	if req.Body != nil && req.Body != http.NoBody && !a.isDirect { // net/http itself writes the body only once
		req.Body = a.wrap(req.Body)
	}
	// Trace only from here on: preparing may send other requests under the same context,
	// for example for a token.
	*req = *req.WithContext(httptrace.WithClientTrace(req.Context(), a.trace()))
	a.begin(req)
	a.gather()
	return nil
}

// pool returns net/http's transport, or nil if the transport is another round tripper.
func (t *Transport) pool() *http.Transport {
	next := t.next
	if _, ok := next.(defaultTransport); ok {
		next = http.DefaultTransport
	}
	pool, _ := next.(*http.Transport)
	return pool
}

// checked passes on only responses that http.Client can handle.
type checked struct{ next http.RoundTripper }

// RoundTrip removes the Location from responses, because http.Client fails if it cannot
// parse it.
func (t checked) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	switch {
	case err != nil:
		if resp != nil && resp.Body != nil { // against the contract of a RoundTripper; http.Client would log it
			resp.Body.Close()
		}
		return nil, err
	case resp == nil:
		return nil, fmt.Errorf("the round tripper (%T) returned neither a response nor an error", t.next)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.StatusCode/100 == 3 && resp.Header["Location"] != nil {
		attemptOf(req).location = resp.Header["Location"]
		delete(resp.Header, "Location")
	}
	return resp, nil
}

func (t checked) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// ErrTimeout ends an attempt that took longer than Request.Timeout, or than a time-out of
// the transport itself. It does not match context.DeadlineExceeded, because the caller's
// context has not ended.
var ErrTimeout error = timeoutError{}

type timeoutError struct{}

func (timeoutError) Error() string   { return "the attempt timed out" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, d, ErrTimeout)
}

// endOf makes sure that err says what ended the attempt: the caller's context, or the
// attempt's time-out.
func endOf(ctx, timed context.Context, err error) error {
	end := ctx.Err()
	switch {
	case end == nil && errors.Is(context.Cause(timed), ErrTimeout):
		return ErrTimeout
	case end == nil && errors.Is(err, context.DeadlineExceeded): // a time-out of the transport itself
		return fmt.Errorf("%w: %v", ErrTimeout, err) //nolint:errorlint // it must not match context.DeadlineExceeded
	case end == nil || errors.Is(err, end):
		return err
	}
	return fmt.Errorf("%w: %w", end, err)
}

// defaultTransport is http.DefaultTransport at the time of the call, which is what a nil
// http.Client.Transport means.
type defaultTransport struct{}

func (defaultTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	return http.DefaultTransport.RoundTrip(req)
}

func (defaultTransport) CloseIdleConnections() {
	if c, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// silent discards what resty logs.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
