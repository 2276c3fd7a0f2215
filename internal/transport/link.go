package transport

import (
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"
)

// link is a connection that a request was given.
type link struct {
	isGot    bool
	conn     net.Conn // may be nil: not all transports show it
	address  string   // for which it was asked
	reused   bool     // it had served requests before
	protocol protocol
}

// protocol is how requests are written to a connection.
type protocol uint8

const (
	unknownProtocol protocol = iota
	http1
	streams // of HTTP/2 or HTTP/3: requests of others may be on the connection, too
)

// newLink is the connection that info tells of. Without TLS, its protocol is known to
// the library's own pool alone.
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

// learn reads the protocol off the first header that is written: those of HTTP/2 and
// HTTP/3 begin with one that has a colon.
func (l *link) learn(header string) {
	switch {
	case l.protocol != unknownProtocol:
	case strings.HasPrefix(header, ":"):
		l.protocol = streams
	default:
		l.protocol = http1
	}
}

// state is that of TLS. Not every connection with TLS is a *tls.Conn: users wrap them.
func (l *link) state() (state tls.ConnectionState, isTLS bool) {
	c, isTLS := l.conn.(interface{ ConnectionState() tls.ConnectionState })
	if isTLS {
		state = c.ConnectionState()
	}
	return state, isTLS
}

// serverName is whom TLS is spoken with, "" where there is none.
func (l *link) serverName() string {
	state, _ := l.state()
	return state.ServerName
}

func (l *link) isShared() bool { return l.protocol == streams }

// isSame compares connections, also of types that Go cannot compare: they are never the same.
func isSame(a, b net.Conn) bool {
	return a != nil && b != nil && reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

// isStream reports whether the connection is one that can be closed by itself. HTTP/3
// shows a net.Conn that stands for a QUIC connection, and panics when it is closed.
func (l *link) isStream() bool {
	_, isPacket := l.conn.RemoteAddr().(*net.UDPAddr)
	return !isPacket
}

// hostPort is the address of a host, as net/http asks for it.
func hostPort(scheme, host string) string {
	u := url.URL{Host: host}
	port := u.Port()
	switch {
	case port != "":
	case scheme == "http":
		port = "80"
	case scheme == "https":
		port = "443"
	default: // of SOCKS
		port = "1080"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
