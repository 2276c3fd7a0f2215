package transport

import (
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/vpcep/vpcep-go/internal/redact"
)

// attempt follows one request until it is sent, and stops a second one. It lives as long
// as somebody keeps the request, so it does not hold the response.
type attempt struct {
	prepare       func(*http.Request) error
	isOwnPool     bool // the request is sent through the library's own pool
	isDirect      bool // net/http sends it, without a caller's round tripper in between
	hasBody       bool
	prepareFailed bool
	request       *http.Request // as sent; nil if it was not
	sent          http.Header
	before        http.Header // before Prepare
	secretAnswer  bool        // the whole response is secret
	hidden        []string    // secrets that are not in the headers
	cache         *secretCache
	secrets       *redact.Secrets // of the request
	signature     *redact.Secrets // the request's signature
	location      []string        // the Location of the response
	cancel        context.CancelFunc
	upload        upload // the body, if a round tripper might send it twice
	// The original values of what a round tripper might change.
	method, scheme, host string
	marks                [3]string // see isMark

	// The hooks below run in goroutines of net/http, some of them after Send has returned.
	mu   sync.Mutex
	seen progress
}

// progress is how far a request has come, as far as known.
type progress struct {
	address    string // of the last connection requested, or ""
	isAsked    bool   // a connection to the host and port of the URL was requested
	handshakes int    // TLS handshakes begun since then, including one with a proxy
	link       link   // the last connection that the request got
	stranger   link   // a later connection that seems to be for another request
	wrote      bool   // the request's headers were written to link
	answered   bool   // at least one byte of a response came
	repeated   bool   // net/http repeated it once, which is allowed
	stop       stop   // of a second request
}

// stop says whether a second request was kept from being written, and what became of the
// first one.
type stop uint8

const (
	notStopped stop = iota
	stopped
	// stoppedAfterRefusal: the second request was on the same HTTP/2 connection. net/http
	// repeats a request there only after REFUSED_STREAM; after any other reset, it leaves
	// the connection.
	stoppedAfterRefusal
)

type attemptKey struct{}

func attemptOf(req *http.Request) *attempt {
	return req.Context().Value(attemptKey{}).(func() *attempt)()
}

// begin is called with the request as it will be sent.
func (a *attempt) begin(req *http.Request) {
	a.request, a.sent = req, req.Header
	a.method, a.scheme, a.host = req.Method, req.URL.Scheme, req.URL.Host
	a.marks = [3]string{req.Header.Get("User-Agent"), req.Header.Get("Authorization"), req.Header.Get("X-Auth-Token")}
}

func (a *attempt) trace() *httptrace.ClientTrace {
	trace := &httptrace.ClientTrace{
		GetConn:              a.getConn,
		TLSHandshakeStart:    func() { a.note(func(p *progress) { p.handshakes++ }) },
		GotConn:              a.gotConn,
		WroteHeaders:         func() { a.noteOfLink(func(p *progress) { p.wrote = true }) },
		GotFirstResponseByte: func() { a.noteOfLink(func(p *progress) { p.answered = true }) },
	}
	if !a.isOwnPool { // costs net/http an allocation for each header
		trace.WroteHeaderField = a.wroteField
	}
	return trace
}

func (a *attempt) note(change func(*progress)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.seen)
}

// noteOfLink notes an event on the last connection, if that is the request's own.
func (a *attempt) noteOfLink(change func(*progress)) {
	a.note(func(p *progress) {
		if !p.stranger.isGot && p.stop == notStopped {
			change(p)
		}
	})
}

// progress returns how far the request has come.
func (a *attempt) progress() progress {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

func (a *attempt) getConn(address string) {
	a.note(func(p *progress) {
		p.address, p.handshakes = address, 0
		p.isAsked = p.isAsked || a.isOwnPool || a.isTarget(address)
	})
}

// gotConn is called before a request is written, so it can stop a second one: net/http
// repeats requests after some HTTP/2 resets, and a round tripper may retry.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	var closing net.Conn
	a.note(func(p *progress) {
		next := newLink(info, p.address, a.isOwnPool)
		if !a.isOwn(next) {
			p.stranger = next
			return
		}
		closing = a.take(next)
	})
	if closing != nil {
		_ = closing.Close()
	}
}

// wroteField is called for each header, before it is sent.
func (a *attempt) wroteField(name string, values []string) {
	var closing net.Conn
	a.note(func(p *progress) {
		l := &p.link
		if p.stranger.isGot {
			l = &p.stranger
		}
		l.learn(name)
		if p.stranger.isGot && a.isMark(values) {
			closing = a.take(p.stranger)
		}
	})
	if closing != nil {
		_ = closing.Close()
	}
}

// isOwn reports whether a connection is for the request itself, and not for another one
// that a round tripper sends under the same context, such as for a token. Another request
// to the same host and port cannot be distinguished.
//
// A connection to another address may still be for the request: through a proxy, or if the
// round tripper rewrites the address. Its headers show that.
func (a *attempt) isOwn(next link) bool {
	if a.isOwnPool || a.isTarget(next.address) {
		return true
	}
	known, name := &a.seen.link, next.serverName()
	host := url.URL{Host: a.host}
	return name != "" && strings.EqualFold(name, host.Hostname()) ||
		known.isGot && next.address == known.address && name == known.serverName()
}

// isTarget reports whether an address is that of the request's URL.
func (a *attempt) isTarget(address string) bool {
	return strings.EqualFold(address, hostPort(a.scheme, a.host))
}

// isMark reports whether a header identifies the request.
func (a *attempt) isMark(values []string) bool {
	return len(values) == 1 && values[0] != "" && slices.Contains(a.marks[:], values[0])
}

// take gives the request its connection, unless it was already written. It returns the
// connection to close, if any.
func (a *attempt) take(next link) (closing net.Conn) {
	p := &a.seen
	p.stranger = link{}
	if p.stop == notStopped && (!p.wrote || a.mayRepeat()) {
		p.link, p.wrote = next, false
		return nil
	}
	closing = a.closing(next)
	if p.stop == notStopped {
		p.stop = stopped
		if a.isDirect && p.link.isShared() && !p.answered && isSame(next.conn, p.link.conn) {
			p.stop = stoppedAfterRefusal
		}
	}
	a.cancel()
	return closing
}

// mayRepeat allows net/http to repeat a GET once, if an idle HTTP/1.1 connection was
// closed.
func (a *attempt) mayRepeat() bool {
	p := &a.seen
	may := a.method == http.MethodGet && p.link.reused && !p.link.isShared() && !p.answered && !p.repeated
	p.repeated = p.repeated || may
	return may
}

// closing returns the connection to close to stop a second request, if any.
//
// HTTP/1.1 does not check the context before it writes. HTTP/2 does, and closing its
// connection would end other requests. But a round tripper may have detached the context;
// then a connection is closed if no other request has used it yet.
func (a *attempt) closing(next link) net.Conn {
	if next.protocol == unknownProtocol { // the same as that of the previous connection
		next.protocol = a.seen.link.protocol
	}
	switch {
	case next.conn == nil:
	case next.protocol == http1:
		return next.conn
	case next.isShared() && !next.reused && next.isStream() && !a.isDirect && (a.hasBody || a.seen.stop != notStopped):
		return next.conn
	}
	return nil
}
