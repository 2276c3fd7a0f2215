package transport

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"

	"github.com/vpcep/vpcep-go/internal/redact"
)

// attempt follows one request on its way out, and stops a second one. It lives as
// long as somebody keeps the request, so that the answer is no part of it.
type attempt struct {
	prepare       func(*http.Request) error
	isDirect      bool // nothing of the caller's stands between here and net/http
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

	// The hooks below run in goroutines of net/http's, some of them after the end.
	mu         sync.Mutex
	asked      bool     // for a connection
	handshakes int      // TLS handshakes begun, the proxy's included
	conn       net.Conn // the last one that the request was given; nil: none yet
	reused     bool     // it had served requests before
	wrote      bool     // the request's headers, on conn
	answered   bool     // with a byte at least
	repeated   bool     // once, as net/http may
	stop       stop     // of a second request
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

func (a *attempt) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:              func(string) { a.note(func() { a.asked = true }) },
		TLSHandshakeStart:    func() { a.note(func() { a.handshakes++ }) },
		GotConn:              a.gotConn,
		WroteHeaders:         func() { a.note(func() { a.wrote = true }) },
		GotFirstResponseByte: func() { a.note(func() { a.answered = true }) },
	}
}

func (a *attempt) note(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

// gotConn is called before a request is written, and so is the place to stop a
// second one: of net/http, which repeats requests after some resets of HTTP/2, and
// a round tripper that retries.
func (a *attempt) gotConn(info httptrace.GotConnInfo) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.wrote && !a.mayRepeat() {
		a.stop = stopped
		if a.isDirect && isHTTP2(info.Conn) && info.Conn == a.conn && !a.answered {
			a.stop = stoppedAfterRefusal
		}
		a.cancel() // HTTP/2 looks at it before it writes
		if info.Conn != nil && !isHTTP2(info.Conn) {
			info.Conn.Close() // HTTP/1.1 does not
		}
		return
	}
	a.conn, a.reused, a.wrote = info.Conn, info.Reused, false
}

// mayRepeat allows the one habit of net/http's that stays: it reads again, once,
// where a kept HTTP/1.1 connection was closed under a read.
func (a *attempt) mayRepeat() bool {
	may := a.request.Method == http.MethodGet && a.reused && !isHTTP2(a.conn) && !a.answered && !a.repeated
	a.repeated = a.repeated || may
	return may
}

func isHTTP2(conn net.Conn) bool {
	c, ok := conn.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}
