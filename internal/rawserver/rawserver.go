// Package rawserver has servers for tests that misbehave on purpose: they reset
// streams, shut connections down, or drop them in the middle of a request.
//
// net/http/httptest cannot do that, because the server of net/http keeps to the
// protocol. So the frames of HTTP/2 are written by hand here, and only as much of
// the protocol is followed as a client needs to send its requests.
//
// Whatever a client writes is counted, also on a connection that the server has
// already hung up, so that a test can tell how often a request was sent.
package rawserver

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// patience ends a connection whose client or script is stuck, so that a broken
	// test fails instead of hanging.
	patience = 30 * time.Second
	// farewell is how long a client may take to notice that the server hung up.
	farewell = 5 * time.Second
)

// Server listens on the loopback interface. HTTP1, HTTP1TLS, HTTP2 and HTTP2Plain start one,
// which ends with its test.
type Server struct {
	// URL is the address of the server, without a path.
	URL string
	// RootCAs trusts the server's certificate. It is nil where there is no TLS.
	RootCAs *x509.CertPool

	listener    net.Listener
	tls         *tls.Config
	serve       func(*conn)
	running     sync.WaitGroup
	requests    atomic.Int64
	connections atomic.Int64

	mu     sync.Mutex
	open   map[*conn]bool
	closed bool
}

// Requests returns how many requests have begun to arrive: HEADERS frames that
// open a stream, or first bytes of HTTP/1.1 requests. The count is final after Close.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// Connections returns how many connections were accepted.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Close hangs up and reads whatever clients still had to say. It returns when the
// last script has. Closing twice does no harm.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.hangUp()
	}
	s.mu.Unlock()
	s.running.Wait()
}

func start(t testing.TB, secure *tls.Config, serve func(*Server, *conn)) *Server {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{URL: "http://" + listener.Addr().String(), listener: listener, tls: secure, open: map[*conn]bool{}}
	s.serve = func(c *conn) { serve(s, c) }
	if secure != nil {
		s.URL = "https://" + listener.Addr().String()
		s.RootCAs = identity().roots
	}
	s.running.Go(s.accept)
	t.Cleanup(s.Close)
	return s
}

func (s *Server) accept() {
	for {
		tcp, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.connections.Add(1)
		c := newConn(tcp.(*net.TCPConn), s.tls)
		s.mu.Lock()
		if s.closed {
			c.hangUp()
		}
		s.open[c] = true
		s.mu.Unlock()
		s.running.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.open, c)
				s.mu.Unlock()
				c.abort() // the client has left
			}()
			if c.tls == nil || c.tls.Handshake() == nil {
				s.serve(c)
			}
		})
	}
}

// conn is one connection, with TLS or without.
type conn struct {
	net.Conn
	tcp *net.TCPConn
	tls *tls.Conn // nil: plain
}

func newConn(tcp *net.TCPConn, secure *tls.Config) *conn {
	c := &conn{Conn: tcp, tcp: tcp}
	_ = tcp.SetDeadline(time.Now().Add(patience))
	if secure != nil {
		c.tls = tls.Server(tcp, secure)
		c.Conn = c.tls
	}
	return c
}

// hangUp ends what the server has to say. The other direction stays open: a socket
// that is closed with bytes left to read makes the kernel reset the connection, and
// the client might lose what the server wrote before.
//
// TLS has an end of its own, which leaves it to the client to close the socket
// first. The side that does so keeps the port busy for a minute, and thousands of
// busy ports make each new listener slow.
func (c *conn) hangUp() {
	if c.tls == nil || c.tls.CloseWrite() != nil {
		_ = c.tcp.CloseWrite()
	}
	_ = c.tcp.SetReadDeadline(time.Now().Add(farewell))
}

// abort resets the TCP connection, which does not keep the port busy.
func (c *conn) abort() {
	_ = c.tcp.SetLinger(0)
	_ = c.tcp.Close()
}

// write ignores errors: most clients leave after misbehavior.
func (c *conn) write(b []byte) { _, _ = c.Write(b) }

// Exchange is one incoming HTTP/1.1 request, and the response to it, if any.
type Exchange struct {
	conn           *conn
	reader         *bufio.Reader
	number, onConn int
	head           *http.Request
	body           []byte
	failed, over   bool
}

// HTTP1 starts a server without TLS. It calls script when the first byte of a
// request has arrived, and nothing of the request has been read yet. The
// connection is kept unless script ends it.
func HTTP1(t testing.TB, script func(*Exchange)) *Server {
	t.Helper()
	return start(t, nil, func(s *Server, c *conn) { s.serveHTTP1(c, script) })
}

// HTTP1TLS is HTTP1 with TLS.
func HTTP1TLS(t testing.TB, script func(*Exchange)) *Server {
	t.Helper()
	return start(t, identity().config("http/1.1"), func(s *Server, c *conn) { s.serveHTTP1(c, script) })
}

func (s *Server) serveHTTP1(c *conn, script func(*Exchange)) {
	reader := bufio.NewReader(c)
	for onConn := 1; ; onConn++ {
		if _, err := reader.Peek(1); err != nil {
			return
		}
		x := &Exchange{conn: c, reader: reader, number: int(s.requests.Add(1)), onConn: onConn}
		script(x)
		if x.over {
			_, _ = io.Copy(io.Discard, reader)
			return
		}
		if x.ReadBody(); x.failed { // the next request begins behind it
			return
		}
	}
}

// Number counts the requests at the server. The first one is 1.
func (x *Exchange) Number() int { return x.number }

// OnConnection counts the requests on this connection. The first one is 1.
func (x *Exchange) OnConnection() int { return x.onConn }

// ReadHead reads the request up to the end of its headers. It returns nil if the
// client left before.
func (x *Exchange) ReadHead() *http.Request {
	if x.head == nil && !x.failed {
		head, err := http.ReadRequest(x.reader)
		x.head, x.failed = head, err != nil
	}
	return x.head
}

// ReadBody reads the request to its end. If the client leaves, it returns what it got.
func (x *Exchange) ReadBody() []byte {
	if head := x.ReadHead(); head != nil && x.body == nil {
		body, err := io.ReadAll(head.Body)
		x.body, x.failed = body, err != nil
	}
	return x.body
}

// Write writes a response, or any other bytes.
func (x *Exchange) Write(raw string) { x.conn.write([]byte(raw)) }

// Close hangs up. What the client still sends is read and dropped.
func (x *Exchange) Close() {
	x.over = true
	x.conn.hangUp()
}

// Abort resets the TCP connection. The client may lose what was already written.
func (x *Exchange) Abort() {
	x.over = true
	x.conn.abort()
}

// The frames of HTTP/2 (RFC 9113, section 6).
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameContinuation = 0x9

	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4

	frameHeader  = 9
	maxFrameSize = 16 << 10
	preface      = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

// Some codes of HTTP/2 (RFC 9113, section 7). LastCode is the highest that is defined.
const (
	NoError         uint32 = 0x0
	ProtocolError   uint32 = 0x1
	InternalError   uint32 = 0x2
	RefusedStream   uint32 = 0x7
	EnhanceYourCalm uint32 = 0xb
	LastCode        uint32 = 0xd
)

// Window is how many bytes of bodies an HTTP/2 client may send on a connection
// before the server lets it go on, which the servers here never do.
const Window = 65535

// CodeName returns the name of a code, or its number if it has none.
func CodeName(code uint32) string {
	names := [LastCode + 1]string{
		"NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
		"STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
		"CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
	}
	if code <= LastCode {
		return names[code]
	}
	return fmt.Sprintf("%#x", code)
}

// Stream is one incoming HTTP/2 request, and the response to it, if any.
type Stream struct {
	conn    *h2conn
	id      uint32
	number  int
	started bool // the script; only the reader of the connection looks

	// Guarded by conn.mu.
	body  int  // bytes of it so far
	whole bool // the request has ended
	reset bool // by the client
}

// h2conn is one connection of HTTP/2.
type h2conn struct {
	*conn
	server  *Server
	script  func(*Stream)
	streams map[uint32]*Stream // only the reader of the connection looks

	mu      sync.Mutex
	changed *sync.Cond // what mu guards
	over    bool
}

// HTTP2 starts a server with TLS that speaks HTTP/2 alone. It calls script, in a
// goroutine of its own, for each request whose headers have arrived.
//
// It never opens the flow-control window: a request whose body, together with the
// bodies before it on the same connection, is longer than Window stays incomplete.
func HTTP2(t testing.TB, script func(*Stream)) *Server {
	t.Helper()
	return start(t, identity().config("h2"), func(s *Server, c *conn) {
		if c.tls.ConnectionState().NegotiatedProtocol != "h2" {
			t.Error("the client does not speak HTTP/2")
			return
		}
		s.serveHTTP2(c, script)
	})
}

// HTTP2Plain is HTTP2 without TLS, for clients with prior knowledge (h2c).
func HTTP2Plain(t testing.TB, script func(*Stream)) *Server {
	t.Helper()
	return start(t, nil, func(s *Server, c *conn) { s.serveHTTP2(c, script) })
}

func (s *Server) serveHTTP2(c *conn, script func(*Stream)) {
	h := &h2conn{conn: c, server: s, script: script, streams: map[uint32]*Stream{}}
	h.changed = sync.NewCond(&h.mu)
	h.frame(frameSettings, 0, 0, nil)
	h.read()
	h.update(func() { h.over = true })
}

func (h *h2conn) read() {
	start := make([]byte, len(preface))
	if _, err := io.ReadFull(h, start); err != nil || string(start) != preface {
		return
	}
	head := make([]byte, frameHeader)
	for {
		if _, err := io.ReadFull(h, head); err != nil {
			return
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(h, payload); err != nil {
			return
		}
		const reserved = 1 << 31
		h.take(head[3], head[4], binary.BigEndian.Uint32(head[5:])&^reserved, payload)
	}
}

// take follows one frame. Those that ask for nothing are dropped.
func (h *h2conn) take(kind, flags byte, id uint32, payload []byte) {
	switch kind {
	case frameSettings:
		if flags&flagAck == 0 {
			h.frame(frameSettings, flagAck, 0, nil)
		}
	case framePing:
		if flags&flagAck == 0 {
			h.frame(framePing, flagAck, 0, payload)
		}
	case frameHeaders, frameContinuation, frameData, frameReset:
		if kind == frameHeaders && h.streams[id] == nil { // else these are the trailers of a request
			h.streams[id] = &Stream{conn: h, id: id, number: int(h.server.requests.Add(1))}
		}
		if stream := h.streams[id]; stream != nil {
			h.takeFor(stream, kind, flags, len(payload))
		}
	}
}

func (h *h2conn) takeFor(stream *Stream, kind, flags byte, length int) {
	h.update(func() {
		switch kind {
		case frameData:
			stream.body += length
			stream.whole = stream.whole || flags&flagEndStream != 0
		case frameHeaders: // the flag for the end stands here, even if a CONTINUATION follows
			stream.whole = stream.whole || flags&flagEndStream != 0
		case frameReset:
			stream.reset = true
		}
	})
	isHeaders := kind == frameHeaders || kind == frameContinuation
	if isHeaders && flags&flagEndHeaders != 0 && !stream.started {
		stream.started = true
		h.server.running.Go(func() { h.script(stream) })
	}
}

func (h *h2conn) update(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
	h.changed.Broadcast()
}

// frame writes a frame in one piece: scripts run side by side.
func (h *h2conn) frame(kind, flags byte, id uint32, payload []byte) {
	b := make([]byte, 0, frameHeader+len(payload))
	b = append(b, byte(len(payload)>>16), byte(len(payload)>>8), byte(len(payload)), kind, flags)
	b = binary.BigEndian.AppendUint32(b, id)
	h.write(append(b, payload...))
}

// ID returns the number of the stream on its connection: 1, 3, 5 and so on.
func (st *Stream) ID() uint32 { return st.id }

// Number counts the requests at the server. The first one is 1.
func (st *Stream) Number() int { return st.number }

// WaitWhole waits for the end of the request. It returns false if the client gave
// up before.
func (st *Stream) WaitWhole() bool { return st.wait(func() bool { return st.whole }) }

// WaitBody waits for n bytes of the request's body. It returns false if the client
// gave up before.
func (st *Stream) WaitBody(n int) bool { return st.wait(func() bool { return st.body >= n }) }

func (st *Stream) wait(ready func() bool) bool {
	st.conn.mu.Lock()
	defer st.conn.mu.Unlock()
	for !ready() && !st.reset && !st.conn.over {
		st.conn.changed.Wait()
	}
	return ready()
}

// Headers sends the headers of a response with status 200 and a JSON body.
func (st *Stream) Headers() {
	const (
		status200   = 0x88 // entry 8 of HPACK's static table
		contentType = 31   // the name of an entry whose value follows
		json        = "application/json"
	)
	block := []byte{status200, 0x0f, contentType - 0x0f, byte(len(json))}
	st.conn.frame(frameHeaders, flagEndHeaders, st.id, append(block, json...))
}

// Data writes a part of the response, or with end the last one.
func (st *Stream) Data(b []byte, end bool) {
	for ; len(b) > maxFrameSize; b = b[maxFrameSize:] {
		st.conn.frame(frameData, 0, st.id, b[:maxFrameSize])
	}
	var flags byte
	if end {
		flags = flagEndStream
	}
	st.conn.frame(frameData, flags, st.id, b)
}

// Reset ends the stream with RST_STREAM.
func (st *Stream) Reset(code uint32) {
	st.conn.frame(frameReset, 0, st.id, binary.BigEndian.AppendUint32(nil, code))
}

// GoAway says that the server takes no stream above last any more. It leaves the
// connection open.
func (st *Stream) GoAway(last, code uint32, debug string) {
	payload := binary.BigEndian.AppendUint32(nil, last)
	payload = binary.BigEndian.AppendUint32(payload, code)
	st.conn.frame(frameGoAway, 0, 0, append(payload, debug...))
}

// CloseConn hangs up. What the client still sends is read, and its requests are
// counted.
func (st *Stream) CloseConn() { st.conn.hangUp() }

// AbortConn resets the TCP connection. The client may lose what was already written.
func (st *Stream) AbortConn() { st.conn.abort() }

// BrokenHeaders sends headers that cannot be decoded.
func (st *Stream) BrokenHeaders() {
	const noEntry = 0x80 // entry 0, which HPACK does not have
	st.conn.frame(frameHeaders, flagEndHeaders, st.id, []byte{noEntry})
}

// credentials are what a server with TLS shows, and what its clients trust.
type credentials struct {
	certificate tls.Certificate
	roots       *x509.CertPool
}

func (c credentials) config(protocol string) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS12,
		Certificates:           []tls.Certificate{c.certificate},
		NextProtos:             []string{protocol},
		SessionTicketsDisabled: true,
		CurvePreferences:       []tls.CurveID{tls.X25519}, // the default one is slow with the race detector
	}
}

// identity makes a certificate at the first call, because one on disk would expire.
var identity = sync.OnceValue(func() credentials {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "rawserver"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	c := credentials{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, x509.NewCertPool()}
	c.roots.AddCert(parsed)
	return c
})
