package transport

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
)

// link is a connection that a request got.
type link struct {
	isGot    bool
	conn     net.Conn // may be nil: not all transports show it
	address  string   // that was requested
	reused   bool     // it has served requests before
	protocol protocol
}

// protocol is how requests are written to a connection.
type protocol uint8

const (
	unknownProtocol protocol = iota
	http1
	streams // HTTP/2 or HTTP/3: other requests may share the connection
)

// newLink returns the connection in info. Without TLS, its protocol is known only for the
// library's own pool.
func newLink(info httptrace.GotConnInfo, address string, isOwnPool bool) link {
	l := link{isGot: true, conn: info.Conn, address: address, reused: info.Reused}
	state, isTLS := l.state()
	switch {
	case isTLS && state.NegotiatedProtocol == "h2":
		l.protocol = streams
	case isTLS || isOwnPool:
		l.protocol = http1
	}
	return l
}

// learn infers the protocol from the first header that is written: in HTTP/2 and HTTP/3, it
// begins with a colon.
func (l *link) learn(header string) {
	switch {
	case l.protocol != unknownProtocol:
	case strings.HasPrefix(header, ":"):
		l.protocol = streams
	default:
		l.protocol = http1
	}
}

// state returns the TLS state. Not every TLS connection is a *tls.Conn: users wrap them.
func (l *link) state() (state tls.ConnectionState, isTLS bool) {
	c, isTLS := l.conn.(interface{ ConnectionState() tls.ConnectionState })
	if isTLS {
		state = c.ConnectionState()
	}
	return state, isTLS
}

// serverName returns the server name of TLS, or "".
func (l *link) serverName() string {
	state, _ := l.state()
	return state.ServerName
}

func (l *link) isShared() bool { return l.protocol == streams }

// isSame compares connections. Those of types that Go cannot compare are never the same.
func isSame(a, b net.Conn) bool {
	return a != nil && b != nil && reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// isStream reports whether the connection can be closed. HTTP/3 shows a net.Conn for a QUIC
// connection that panics when closed.
func (l *link) isStream() bool {
	_, isPacket := l.conn.RemoteAddr().(*net.UDPAddr)
	return !isPacket
}

// hostPort returns the address of a host as net/http requests it.
func hostPort(scheme, host string) string {
	u := url.URL{Host: host}
	port := u.Port()
	switch {
	case port != "":
	case scheme == "http":
		port = "80"
	case scheme == "https":
		port = "443"
	default: // SOCKS
		port = "1080"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
