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

// attempt follows one request on its way out, and stops a second one. It lives as
// long as somebody keeps the request, so that the answer is no part of it.
type attempt struct {
	prepare       func(*http.Request) error
	isOwnPool     bool // below stands the library's own pool
	isDirect      bool // nothing of the caller's stands between here and net/http
	hasBody       bool
	prepareFailed bool
	request       *http.Request // as it was sent; nil: it never was
	sent          http.Header
	before        http.Header // before Prepare
	secretAnswer  bool        // an answer is secret itself
	hidden        []string    // secrets beside those in the headers
	cache         *secretCache
	secrets       *redact.Secrets // of the request
	signature     *redact.Secrets // its own
	location      []string        // where the answer would have led to
	cancel        context.CancelFunc
	upload        upload // the body, where a round tripper might send it twice
	// What a round tripper might change, as it was before.
	method, scheme, host string
	marks                [3]string // see isMark

	// The hooks below run in goroutines of net/http's, some of them after the end.
	mu   sync.Mutex
	seen progress
}

// progress is how far a request has come, as far as it is seen from here.
type progress struct {
	address    string // for which a connection was last asked; "": for none
	isAsked    bool   // for one to the host and port of the URL
	handshakes int    // of TLS begun since a connection was asked for, one with a proxy included
	link       link   // the last connection that the request was given
	stranger   link   // one that came later, and seems to be for another request
	wrote      bool   // the request's headers, to link
	answered   bool   // with a byte at least
	repeated   bool   // once, as net/http may
	stop       stop   // of a second request
}

// stop says whether a second request was kept from being written, and what the
// first one came to.
type stop uint8

const (
	notStopped stop = iota
	stopped
	// stoppedAfterRefusal: the HTTP/2 connection is the same one. net/http repeats a
	// request on it after REFUSED_STREAM alone: it leaves the connection after any other reset.
	stoppedAfterRefusal
)

type attemptKey struct{}

func attemptOf(req *http.Request) *attempt {
	return req.Context().Value(attemptKey{}).(func() *attempt)()
}

// begin is called with the request as it is sent.
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
	if !a.isOwnPool { // it costs net/http an allocation for each header
		trace.WroteHeaderField = a.wroteField
	}
	return trace
}

func (a *attempt) note(change func(*progress)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.seen)
}

// noteOfLink notes what happens on the connection that was given last, if that is
// the request's own.
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

// gotConn is called before a request is written, and so is the place to stop a
// second one: of net/http, which repeats requests after some resets of HTTP/2, and
// a round tripper that retries.
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

// wroteField is called for each header, before it leaves.
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

// isOwn reports whether a connection is for the request itself, and not for another
// one that a round tripper makes under the same context: for a token, for example.
// The latter is not told apart where it goes to the same host and port.
//
// What goes to another address may be the request nevertheless, through a proxy, or
// because the round tripper knows better where the service is. It shows by its headers.
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

// isMark reports whether a header is one that a request has for itself: whoever
// carries it is the request.
func (a *attempt) isMark(values []string) bool {
	return len(values) == 1 && values[0] != "" && slices.Contains(a.marks[:], values[0])
}

// take gives the request its connection, unless it was written before. It returns
// the connection that is to be closed.
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

// mayRepeat allows the one habit of net/http's that stays: it reads again, once,
// where a kept HTTP/1.1 connection was closed under a read.
func (a *attempt) mayRepeat() bool {
	p := &a.seen
	may := a.method == http.MethodGet && p.link.reused && !p.link.isShared() && !p.answered && !p.repeated
	p.repeated = p.repeated || may
	return may
}

// closing returns what is to be closed to stop a second request on a connection.
//
// HTTP/1.1 does not look at the context before it writes. HTTP/2 does, and closing
// its connection would end the requests of others. But a round tripper may have
// detached the context; then a connection is closed that nobody else has used yet.
func (a *attempt) closing(next link) net.Conn {
	if next.protocol == unknownProtocol { // it is that of the connection before
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
