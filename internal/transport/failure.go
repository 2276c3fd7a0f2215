package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Fate is how far a request without an answer got, as far as that is certain.
type Fate uint8

const (
	// MaybeDone: it was written, at least in part, and may have been carried out.
	MaybeDone Fate = iota
	// Unsent: no byte of it was written.
	Unsent
	// Unprocessed: it was written, and HTTP/2 guarantees that the server has not begun to process it.
	Unprocessed
)

// Error is a failure without an answer.
type Error struct {
	// Err is the cause.
	Err error
	// Fate is what is certain about the request.
	Fate Fate
	// Permanent says that nothing was done, and that another try would fail alike.
	Permanent bool
	// Hint says what to check about a permanent failure.
	Hint string
	// Prepare says that Request.Prepare failed.
	Prepare bool
}

func (e *Error) Error() string {
	switch {
	case e.Hint == "":
		return e.Err.Error()
	case e.Fate == Unsent:
		return e.Err.Error() + "; nothing was sent; " + e.Hint
	}
	return e.Err.Error() + "; nothing was done; " + e.Hint
}

func (e *Error) Unwrap() error { return e.Err }

// failure says what is certain about an attempt that ended in err.
func (t *Transport) failure(ctx, timed context.Context, a *attempt, err error) *Error {
	a.mu.Lock()
	defer a.mu.Unlock()
	err = withoutURL(err)
	f := &Error{Err: err}
	if a.request != nil { // else it is the caller's own error, or one of another request
		a.hideProxy(t.proxyOf(a.request))
		f.Err = a.cleanError(err)
	}
	f.Err = endOf(ctx, timed, f.Err)
	switch {
	case a.request == nil:
		f.Fate, f.Prepare = Unsent, a.prepareFailed
	case a.stop == stoppedAfterRefusal:
		f.Err, f.Fate = errRefusedStream, Unprocessed
	case a.stop == stopped && a.answered:
		f.Err = errRepeated
	case a.stop == stopped:
		f.Err = errReset
	case a.conn != nil:
		f.afterWriting()
	case t.isPool, a.asked, isDialError(err): // a connection was never there
		f.Fate = Unsent
		if timed.Err() == nil {
			f.beforeWriting(t.proxyFailure(a, err, f.Err))
		}
	}
	return f
}

var (
	errRefusedStream = errors.New("the server refused the request before processing it (HTTP/2 REFUSED_STREAM)")
	errGoAway        = errors.New("the server shut the connection down before processing the request (HTTP/2 GOAWAY)")
	errReset         = errors.New("the server ended the request or its connection without an answer")
	errRepeated      = errors.New("a round tripper was kept from sending the request again; its answer is lost")
)

// afterWriting reads what a failure of a written request guarantees. net/http gives
// neither types nor values for it. A text that it does not know guarantees nothing.
func (f *Error) afterWriting() {
	const (
		notRepeated     = "http2: Transport: cannot retry err ["
		notRepeatedTail = "] after Request.Body was written; define Request.GetBody to avoid this error"
		goAway          = "http2: Transport received Server's graceful shutdown GOAWAY"
		goAwayFirst     = "http2: Transport received GOAWAY from server ErrCode:"
	)
	for err := f.Err; err != nil; err = errors.Unwrap(err) {
		text := err.Error()
		if inner, ok := strings.CutPrefix(text, notRepeated); ok {
			text = strings.TrimSuffix(inner, notRepeatedTail)
			f.Err = errors.New("http2: " + strings.TrimPrefix(text, "http2: ")) // the rest is advice to programmers
		}
		switch stream, reset := strings.CutPrefix(text, "stream error: stream ID "); {
		case reset && strings.HasSuffix(stream, "; REFUSED_STREAM; received from peer"):
			f.Err, f.Fate = errRefusedStream, Unprocessed
		case text == goAway:
			f.Err, f.Fate = errGoAway, Unprocessed
		case strings.HasPrefix(text, goAwayFirst):
			f.Err, f.Fate = fmt.Errorf("%w: %s", errGoAway, strings.TrimPrefix(text, goAwayFirst)), Unprocessed
		case strings.Contains(text, `malformed HTTP response "\x15\x03`): // a TLS alert
			f.Permanent, f.Hint = true, "the server speaks TLS: use https:// in the URL"
		}
	}
}

// beforeWriting tells what another try might mend from what it cannot.
func (f *Error) beforeWriting(proxy *ProxyError) {
	const certificate = "check the host, the system's clock, and which certificate authorities are trusted"
	if proxy != nil {
		f.Err = proxy
		f.Permanent, f.Hint = proxy.isFinal(), "check the proxy, and who may use it for which hosts"
	}
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		invalid      x509.CertificateInvalidError
		alert        tls.AlertError
		record       tls.RecordHeaderError
		dns          *net.DNSError
		address      *net.AddrError
	)
	switch err := f.Err; {
	case errors.As(err, &verification), errors.As(err, &authority), errors.As(err, &name), errors.As(err, &invalid):
		f.Permanent, f.Hint = true, certificate
	case errors.As(err, &alert) && alert != alertInternalError:
		f.Permanent, f.Hint = true, "check which versions of TLS and which client certificates the server accepts"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		f.Permanent, f.Hint = true, "check scheme and port of the URL: the server does not speak TLS there"
	case errors.As(err, &dns) && dns.IsNotFound:
		f.Permanent, f.Hint = true, "check the region or the URL, and the proxy, if there is one"
	case errors.As(err, &address):
		f.Permanent, f.Hint = true, "check host and port of the URL"
	}
	if !f.Permanent {
		f.Hint = ""
	}
}

// alertInternalError is the alert of a server in trouble (RFC 8446, section 6).
const alertInternalError = tls.AlertError(80)

// isDialError reports a failure to connect, also of a transport that is not traced.
func isDialError(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == opProxy) {
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
