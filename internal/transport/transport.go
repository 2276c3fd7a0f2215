// Package transport sends one HTTP request once and says what is certain about
// it: whether it may have reached the service, and what came back.
//
// It is the only package that knows resty, and takes from it the sending alone:
// retries, redirects, cookies, logging and decoding are off, because each of
// them would decide something that only the caller can decide. For the same
// reason it keeps net/http, and any round tripper above it, from sending a
// request a second time.
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
	// blank is a request of resty's with nothing in it. Each request begins as a copy:
	// a new one would make maps for forms, cookies and queries, which none has.
	blank *resty.Request
	// isPool says that nothing is written without a connection that httptrace sees:
	// the library's own pool. Any other transport may have ways of its own.
	isPool  bool
	secrets secretCache
}

// New returns a Transport that sends through a copy of hc; hc itself is not changed.
//
// What its transport does is watched through net/http/httptrace, so that no request
// is sent twice. This has limits:
//
//   - A round tripper may make requests of its own under the context of the request,
//     for a token for example. One to the same host and port, or with the credentials or
//     the User-Agent of the request, is taken for the request itself: it needs another
//     context.
//   - A round tripper that detaches the context (context.WithoutCancel) cannot be kept
//     from sending a request again over an HTTP/2 connection that others use, nor, once,
//     one without a body over any HTTP/2 connection.
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
		Transport: checked{next},
		Timeout:   timeout,
		// A redirect could lead to another host, with the token on board.
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
	Body   []byte // nil: none
	// Timeout bounds the attempt, to the last byte of the answer. 0: the context alone does.
	Timeout time.Duration
	// Secrets are in the body, and taken out of whatever comes back, beside those that
	// Prepare adds to the headers.
	Secrets []string
	// SecretAnswer says that the answer is a secret itself: no error quotes it.
	SecretAnswer bool
	// Prepare sees the request as it will be sent and may add headers: a token or
	// a signature. Nothing is sent where it fails.
	Prepare func(*http.Request) error
}

// Response is an answer whose headers arrived, without the secrets that the request
// carried. The zero value is none.
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
	// A function, because package fmt prints what another value in a context holds.
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
	if a.request.URL.Scheme == "http" { // the answer may be the proxy's
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
	// Without it, nobody below can send the body a second time.
	req.GetBody = nil
	if req.Body != nil && req.Body != http.NoBody && !a.isDirect { // net/http writes its own kinds at one go
		req.Body = a.wrap(req.Body)
	}
	// Followed from here on only: to prepare it may take requests of its own, for a
	// token for example, under the same context.
	*req = *req.WithContext(httptrace.WithClientTrace(req.Context(), a.trace()))
	a.begin(req)
	a.gather()
	return nil
}

// pool is net/http's transport, or nil where another one stands above it.
func (t *Transport) pool() *http.Transport {
	next := t.next
	if _, ok := next.(defaultTransport); ok {
		next = http.DefaultTransport
	}
	pool, _ := next.(*http.Transport)
	return pool
}

// checked lets only such answers through to http.Client as it can take.
type checked struct{ next http.RoundTripper }

// RoundTrip takes the Location from answers, because http.Client makes a failure
// of one that it cannot parse.
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

// ErrTimeout ends an attempt that took longer than Request.Timeout, or than a
// time-out of the transport's own. It is not the end of the caller's context, so it
// is not context.DeadlineExceeded.
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

// endOf makes sure that err tells which clock ended the attempt: the caller's
// context, or the attempt's own time-out.
func endOf(ctx, timed context.Context, err error) error {
	end := ctx.Err()
	switch {
	case end == nil && errors.Is(context.Cause(timed), ErrTimeout):
		return ErrTimeout
	case end == nil && errors.Is(err, context.DeadlineExceeded): // a time-out of the transport's own
		return fmt.Errorf("%w: %v", ErrTimeout, err) //nolint:errorlint // it must not match context.DeadlineExceeded
	case end == nil || errors.Is(err, end):
		return err
	}
	return fmt.Errorf("%w: %w", end, err)
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
