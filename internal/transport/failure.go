package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Fate is how far a request without a response got, as far as that is certain.
type Fate uint8

const (
	// MaybeDone: it was written, at least in part, and may have been carried out.
	MaybeDone Fate = iota
	// Unsent: no byte of it was written.
	Unsent
	// Unprocessed: it was written, but HTTP/2 guarantees that the server did not process it.
	Unprocessed
)

// Error is the failure of a request that got no response.
type Error struct {
	// Err is the cause.
	Err error
	// Fate is what is certain about the request.
	Fate Fate
	// Permanent says that nothing was done, and that another attempt would fail the same
	// way.
	Permanent bool
	// Hint says what to check about a permanent failure, or one of a proxy.
	Hint string
	// Prepare says that Request.Prepare failed.
	Prepare bool
}

func (f *Error) Error() string {
	switch {
	case f.Hint == "":
		return f.Err.Error()
	case f.Fate == Unsent:
		return f.Err.Error() + "; nothing was sent; " + f.Hint
	}
	return f.Err.Error() + "; nothing was done; " + f.Hint
}

func (f *Error) Unwrap() error { return f.Err }

// failure returns what is certain about an attempt that ended in err.
func (t *Transport) failure(ctx, timed context.Context, a *attempt, err error) *Error {
	err = withoutURL(err)
	if a.request == nil { // the error is the caller's, or of another request
		return &Error{Err: endOf(ctx, timed, err), Fate: Unsent, Prepare: a.prepareFailed}
	}
	p := a.progress()
	proxy, proxyErr := t.proxyOf(a.request)
	a.hideProxy(proxy)
	f := &Error{Err: endOf(ctx, timed, a.cleanError(err))}
	isOver := timed.Err() != nil
	switch setting, isPermanent := proxySetting(p, err, proxyErr); {
	case p.stop != notStopped:
		f.afterStop(p)
	case p.isWritten(isOver):
		f.afterWriting()
	case setting != nil:
		f.Err, f.Fate, f.Permanent, f.Hint = setting, Unsent, isPermanent, "check the proxy settings"
	case a.isUnsent(p, err):
		f.Fate = Unsent
		f.beforeWriting(t.routeOf(a, p, proxy), err, isOver)
	}
	return f
}

// isWritten reports whether the request may have been written, if only in part. Over
// HTTP/2 this is known, unless the time ran out while it was about to be written.
func (p *progress) isWritten(isOver bool) bool {
	return p.link.isGot && (p.wrote || !p.link.isShared() || isOver)
}

// isUnsent reports whether the request was certainly not written: it got no connection, or
// one that was lost before.
func (a *attempt) isUnsent(p progress, err error) bool {
	switch {
	case a.isOwnPool, p.isAsked, p.link.isGot:
		return true
	case p.stranger.isGot: // which may have been for the request after all
		return false
	case p.address != "":
		return true
	}
	return isDialError(err)
}

var (
	errRefusedStream = errors.New("the server refused the request before processing it (HTTP/2 REFUSED_STREAM)")
	errGoAway        = errors.New("the server shut the connection down before processing the request (HTTP/2 GOAWAY)")
	errLost          = errors.New("the connection was lost before the request was written")
	errStopped       = errors.New("the server ended the request or its connection without a response, for an unknown reason; a second attempt was stopped")
	errRepeated      = errors.New("a round tripper was kept from sending the request again; the response is lost")
)

// afterStop sets what became of the first request after a second one was stopped.
func (f *Error) afterStop(p progress) {
	switch {
	case p.stop == stoppedAfterRefusal:
		f.Err, f.Fate = errRefusedStream, Unprocessed
	case p.answered:
		f.Err = errRepeated
	default:
		f.Err = errStopped
	}
}

// afterWriting sets what the failure of a written request guarantees. net/http has neither
// types nor values for it, so it matches texts; an unknown text guarantees nothing.
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
			f.Err = errors.New("http2: " + strings.TrimPrefix(text, "http2: ")) // the rest is advice for programmers
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

// isDialError reports a failure to connect, even from a transport without tracing.
func isDialError(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == opProxy) {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns)
}

// withoutURL removes the wrapping of http.Client, which repeats the method and URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
