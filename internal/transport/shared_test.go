package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"go/version"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/rawserver"
	"github.com/vpcep/vpcep-go/internal/transport"
)

func plainHTTP2() *http.Transport {
	inner := &http.Transport{Protocols: new(http.Protocols)}
	inner.Protocols.SetUnencryptedHTTP2(true)
	return inner
}

// wrappedTLS dials connections that are no *tls.Conn.
func wrappedTLS(server *rawserver.Server) *http.Transport {
	return &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: server.RootCAs, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}}
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return struct{ *tls.Conn }{conn.(*tls.Conn)}, nil
	}}
}

// Stopping one request must not end those of others on the same HTTP/2 connection,
// with or without TLS.
func TestStoppedRequestLeavesOthersAlone(t *testing.T) {
	withTLS := func(server *rawserver.Server) *http.Transport {
		return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: server.RootCAs, MinVersion: tls.VersionTLS12}}
	}
	plain := func(*rawserver.Server) *http.Transport { return plainHTTP2() }
	for kind, tt := range map[string]struct {
		listen func(testing.TB, func(*rawserver.Stream)) *rawserver.Server
		inner  func(*rawserver.Server) *http.Transport
	}{
		"TLS":         {rawserver.HTTP2, withTLS},
		"no TLS":      {rawserver.HTTP2Plain, plain},
		"wrapped TLS": {rawserver.HTTP2, wrappedTLS},
	} {
		for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
			"user's transport":       func(next http.RoundTripper) http.RoundTripper { return next },
			"user's round tripper":   withKey,
			"retrying round tripper": again,
		} {
			for _, method := range []string{"GET", "DELETE"} {
				t.Run(kind+", "+name+", "+method, func(t *testing.T) {
					t.Parallel()
					if kind == "wrapped TLS" && version.Compare(runtime.Version(), "go1.27") < 0 {
						t.Skip("this release does not speak HTTP/2 on such a connection")
					}
					stopped(t, tt.listen, tt.inner, wrap, method)
				})
			}
		}
	}
}

func stopped(t *testing.T, listen func(testing.TB, func(*rawserver.Stream)) *rawserver.Server,
	inner func(*rawserver.Server) *http.Transport, wrap func(http.RoundTripper) http.RoundTripper, method string,
) {
	const others = 10
	refused := make(chan struct{})
	var arrived sync.WaitGroup
	arrived.Add(others)
	server := listen(t, func(c *rawserver.Stream) {
		c.WaitWhole()
		switch n := c.Number(); {
		case n == 1: // the first connection is to be warm
		case n <= 1+others:
			arrived.Done()
			<-refused
			time.Sleep(100 * time.Millisecond)
		default:
			c.Reset(rawserver.RefusedStream)
			return
		}
		c.Headers()
		c.Data([]byte(okBody), true)
	})
	pool := inner(server)
	t.Cleanup(pool.CloseIdleConnections)
	tr := transport.New(&http.Client{Transport: wrap(pool)})
	warmUp(t, tr, server.URL)
	time.Sleep(20 * time.Millisecond) // until the connection is in the pool
	var all sync.WaitGroup
	for range others {
		all.Go(func() {
			_, err := call{method: "POST", body: 10}.send(t, tr, server.URL)
			assert.NoError(t, err)
		})
	}
	arrived.Wait()
	_, err := call{method: method}.send(t, tr, server.URL)
	close(refused)
	all.Wait()
	server.Close()
	assert.NotEqual(t, transport.Unsent, failureOf(t, err).Fate)
	assert.Equal(t, 1+others+1, server.Requests(), "requests at the server")
}

// HTTP/2 without TLS is HTTP/2: a read is not repeated.
func TestOneSendWritesOneRequestOverPlainHTTP2(t *testing.T) {
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"user's transport":       func(next http.RoundTripper) http.RoundTripper { return next },
		"retrying round tripper": again,
	} {
		for _, f := range faults() {
			for _, method := range []string{"GET", "DELETE", "POST"} {
				t.Run(name+", "+method+" "+f.name, func(t *testing.T) {
					server := rawserver.HTTP2Plain(t, func(c *rawserver.Stream) {
						if c.Number() == 1 {
							answerWell(c)
							return
						}
						c.WaitWhole()
						f.play(c)
					})
					inner := plainHTTP2()
					t.Cleanup(inner.CloseIdleConnections)
					tr := transport.New(&http.Client{Transport: wrap(inner)})
					warmUp(t, tr, server.URL)
					c := call{method: method}
					if method == "POST" {
						c.body = 10
					}
					_, err := c.send(t, tr, server.URL)
					server.Close()
					assert.Equal(t, 2, server.Requests(), "requests at the server")
					assert.NotEqual(t, transport.Unsent, failureOf(t, err).Fate)
				})
			}
		}
	}
}

// detached keeps the body, and detaches the request from its context.
func detached(next http.RoundTripper) http.RoundTripper {
	return faketransport.Func(func(req *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), 3*time.Second)
		own := req.Clone(ctx)
		if req.Body != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				cancel()
				return nil, err
			}
			own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
			own.Body, _ = own.GetBody()
		}
		resp, err := next.RoundTrip(own)
		context.AfterFunc(req.Context(), cancel)
		return resp, err
	})
}

// A round tripper that cannot be cancelled has its connections closed, where nobody
// else uses them.
func TestRoundTripperThatCannotBeCancelled(t *testing.T) {
	for _, f := range faults() {
		if f.name == "RST_STREAM REFUSED_STREAM" { // the connection may be shared: net/http repeats it seven times
			continue
		}
		for method, most := range map[string]int{"POST": 1, "GET": 2} {
			t.Run(method+" "+f.name, func(t *testing.T) {
				t.Parallel()
				server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
					c.WaitWhole()
					f.play(c)
				})
				c := call{method: method}
				if method == "POST" {
					c.body = 10
				}
				_, err := c.send(t, through(detached)(t, server.RootCAs), server.URL)
				server.Close()
				assert.NotEqual(t, transport.Unsent, failureOf(t, err).Fate)
				assert.LessOrEqual(t, server.Requests(), most, "requests at the server")
			})
		}
	}
}

// packetConn stands for a QUIC connection, as HTTP/3 shows it.
type packetConn struct{ net.Conn }

func (packetConn) RemoteAddr() net.Addr { return &net.UDPAddr{} }
func (packetConn) Close() error         { panic("it cannot be closed by itself") }

// What stands in the place of net/http may call hooks as it does, for connections that
// are none.
func TestConnectionsThatAreNone(t *testing.T) {
	for name, conn := range map[string]net.Conn{"none": nil, "QUIC": packetConn{}} {
		for header, field := range map[string]string{"HTTP/3": ":authority", "HTTP/1.1": "Host", "no header": ""} {
			if name == "QUIC" && header != "HTTP/3" {
				continue
			}
			t.Run(name+", "+header, func(t *testing.T) {
				written := 0
				tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
					trace := httptrace.ContextClientTrace(req.Context())
					for range 3 {
						trace.GetConn("x.example:443")
						trace.GotConn(httptrace.GotConnInfo{Conn: conn})
						if req.Context().Err() != nil {
							return nil, req.Context().Err()
						}
						if written++; field != "" {
							trace.WroteHeaderField(field, []string{"x.example"})
						}
						trace.WroteHeaders()
					}
					return nil, io.ErrUnexpectedEOF
				})})
				_, err := tr.Send(t.Context(), post("https://x.example"))
				assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate)
				assert.Equal(t, 1, written)
			})
		}
	}
}

// fakeConn counts how often it is closed, and what it is a connection of.
type fakeConn struct {
	net.Conn
	closed *int
}

func (fakeConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }
func (c fakeConn) Close() error       { *c.closed++; return nil }

type fakeTLS struct {
	fakeConn
	protocol string
}

func (c fakeTLS) ConnectionState() tls.ConnectionState {
	return tls.ConnectionState{NegotiatedProtocol: c.protocol}
}

// To stop a second request, its connection is closed, unless others may be using it: a
// round tripper might not look at the context. A connection of HTTP/2 is left to a
// request without a body once, because net/http looks at the context before it writes
// one, and closing would end the requests of others.
func TestWhichConnectionsAreClosed(t *testing.T) {
	const http1, http2 = "Host", ":authority" // the first header
	for name, tt := range map[string]struct {
		protocol string // of TLS
		plain    bool   // there is none
		field    string
		reused   bool
		post     []int // closed connections after each one given
		get      []int
	}{
		"HTTP/1.1":                     {protocol: "http/1.1", field: http1, post: []int{0, 1, 2}, get: []int{0, 1, 2}},
		"HTTP/1.1, kept":               {protocol: "http/1.1", field: http1, reused: true, post: []int{0, 1, 2}, get: []int{0, 0, 1}}, // a read is repeated once
		"HTTP/1.1 without TLS":         {plain: true, field: http1, post: []int{0, 1, 2}, get: []int{0, 1, 2}},
		"HTTP/2":                       {protocol: "h2", field: http2, post: []int{0, 1, 2}, get: []int{0, 0, 1}},
		"HTTP/2, which others may use": {protocol: "h2", field: http2, reused: true, post: []int{0, 0, 0}, get: []int{0, 0, 0}},
		"HTTP/2 without TLS":           {plain: true, field: http2, post: []int{0, 1, 2}, get: []int{0, 0, 1}},
	} {
		for method, want := range map[string][]int{"POST": tt.post, "GET": tt.get} {
			t.Run(name+", "+method, func(t *testing.T) {
				var closed int
				var conn net.Conn = fakeConn{closed: &closed}
				if !tt.plain {
					conn = fakeTLS{fakeConn{closed: &closed}, tt.protocol}
				}
				var counts []int
				tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
					trace := httptrace.ContextClientTrace(req.Context())
					for range want {
						trace.GetConn("x.example:443")
						trace.GotConn(httptrace.GotConnInfo{Conn: conn, Reused: tt.reused})
						counts = append(counts, closed)
						if req.Context().Err() == nil {
							trace.WroteHeaderField(tt.field, []string{"x.example"})
							trace.WroteHeaders()
						}
					}
					return nil, io.ErrUnexpectedEOF
				})})
				r := post("https://x.example")
				if r.Method = method; method == "GET" {
					r.Body = nil
				}
				_, err := tr.Send(t.Context(), r)
				assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate)
				assert.Equal(t, want, counts)
			})
		}
	}
}

// A round tripper that keeps the request, and sends it again, finds its body spent.
func TestBodyIsReadOnce(t *testing.T) {
	var bodies []string
	tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
		for range 2 {
			body, err := io.ReadAll(req.Body)
			bodies = append(bodies, string(body))
			if err != nil {
				return nil, err
			}
			req.Body.Close()
		}
		return nil, io.ErrUnexpectedEOF
	})})
	_, err := tr.Send(t.Context(), post("https://x.example"))
	require.ErrorContains(t, err, "kept from sending the request again")
	assert.Equal(t, []string{`{"a":1}`, ""}, bodies)
}
