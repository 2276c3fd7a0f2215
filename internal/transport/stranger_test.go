package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/rawserver"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// ask sends a request as a round tripper would, under the context of another one.
func ask(t *testing.T, ctx context.Context, next http.RoundTripper, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, http.NoBody)
	require.NoError(t, err)
	resp, err := next.RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return err
}

// Round trippers fetch tokens before a request, or report to somebody after it, under
// its context. These requests are not the request itself.
func TestRequestsOfARoundTripperItself(t *testing.T) {
	helper := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "token") })
	helperTLS := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "token") }))
	t.Cleanup(helperTLS.Close)
	trusting := helperTLS.Client().Transport.(*http.Transport)
	t.Cleanup(trusting.CloseIdleConnections)
	around := func(urls ...string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return faketransport.Func(func(req *http.Request) (*http.Response, error) {
				for _, url := range urls {
					require.NoError(t, ask(t, req.Context(), trusting, url))
				}
				resp, err := next.RoundTrip(req)
				for _, url := range urls {
					require.NoError(t, ask(t, req.Context(), trusting, url))
				}
				return resp, err
			})
		}
	}
	for protocol, listen := range map[string]func() *rawserver.Server{
		"HTTP/1.1": func() *rawserver.Server {
			return rawserver.HTTP1(t, func(x *rawserver.Exchange) { x.ReadBody(); x.Write(ok11) })
		},
		"HTTP/2": func() *rawserver.Server { return rawserver.HTTP2(t, answerWell) },
	} {
		for _, c := range calls {
			t.Run(protocol+" "+c.name, func(t *testing.T) {
				if c.body == long && protocol == "HTTP/2" {
					t.Skip("the server reads no long bodies")
				}
				server := listen()
				tr := through(around(helper.URL, helperTLS.URL, helper.URL))(t, server.RootCAs)
				for range 3 {
					resp, err := c.send(t, tr, server.URL)
					require.NoError(t, err)
					assert.Equal(t, okBody, resp.Body)
				}
				server.Close()
				assert.Equal(t, 3, server.Requests())
			})
		}
	}
	t.Run("and then the service is down", func(t *testing.T) {
		closed := httptest.NewServer(nil)
		closed.Close()
		_, err := through(around(helper.URL))(t, nil).Send(t.Context(), post(closed.URL))
		assert.Equal(t, transport.Unsent, failureOf(t, err).Fate)
	})
	t.Run("and then the service breaks off", func(t *testing.T) {
		server := rawserver.HTTP1(t, func(x *rawserver.Exchange) { x.ReadBody(); x.Close() })
		_, err := through(around(helper.URL))(t, nil).Send(t.Context(), post(server.URL))
		assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate)
	})
	t.Run("and they break off themselves", func(t *testing.T) {
		broken := rawserver.HTTP1(t, func(x *rawserver.Exchange) { x.Close() })
		tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
			return nil, ask(t, req.Context(), trusting, broken.URL)
		})})
		_, err := tr.Send(t.Context(), post("http://x.example"))
		assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate, "nobody knows whose request it was")
	})
}

// answerWell responds as a server should.
func answerWell(c *rawserver.Stream) {
	c.WaitWhole()
	c.Headers()
	c.Data([]byte(okBody), true)
}

// startTunnel starts a proxy that connects to whatever CONNECT asks for.
func startTunnel(t *testing.T) *url.URL {
	t.Helper()
	address, _ := startListener(t, tunnel)
	return &url.URL{Scheme: "http", Host: address}
}

func tunnel(conn net.Conn) {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	join(conn, req.Host)
}

// tunnelTo is tunnel to an address of its own choice.
func tunnelTo(conn net.Conn, address string) {
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		join(conn, address)
	}
}

func join(conn net.Conn, address string) {
	target, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer target.Close()
	io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	var back sync.WaitGroup
	back.Go(func() {
		io.Copy(conn, target)
		conn.(*net.TCPConn).CloseWrite()
	})
	io.Copy(target, conn)
	target.(*net.TCPConn).CloseWrite()
	back.Wait()
}

// A request that goes to another address than its URL's, through a proxy or because a
// round tripper knows better, is the request nevertheless: it is written once.
func TestOneSendWritesOneRequestToAnotherAddress(t *testing.T) {
	shutDown := func(c *rawserver.Stream) {
		c.WaitWhole()
		c.GoAway(0, rawserver.NoError, "")
		c.CloseConn()
	}
	closed := func(x *rawserver.Exchange) { x.ReadBody(); x.Close() }
	for kind, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"plain":    func(next http.RoundTripper) http.RoundTripper { return faketransport.Func(next.RoundTrip) },
		"retrying": again,
	} {
		for _, c := range calls {
			if c.body == long {
				continue
			}
			send := func(t *testing.T, server *rawserver.Server, inner *http.Transport, target string) {
				inner.TLSClientConfig = &tls.Config{RootCAs: server.RootCAs, MinVersion: tls.VersionTLS12}
				t.Cleanup(inner.CloseIdleConnections)
				_, err := c.send(t, transport.New(&http.Client{Transport: wrap(inner)}), target)
				server.Close()
				assert.Equal(t, 1, server.Requests(), "requests at the server")
				assert.NotEqual(t, transport.Unsent, failureOf(t, err).Fate)
			}
			t.Run(kind+", "+c.name+", a proxy for https", func(t *testing.T) {
				server := rawserver.HTTP2(t, shutDown)
				send(t, server, &http.Transport{ForceAttemptHTTP2: true, Proxy: http.ProxyURL(startTunnel(t))}, server.URL)
			})
			t.Run(kind+", "+c.name+", a proxy for http", func(t *testing.T) {
				server := rawserver.HTTP1(t, closed)
				proxy, err := url.Parse(server.URL)
				require.NoError(t, err)
				send(t, server, &http.Transport{Proxy: http.ProxyURL(proxy)}, "http://vpcep.example")
			})
			t.Run(kind+", "+c.name+", another host", func(t *testing.T) {
				server := rawserver.HTTP2(t, shutDown)
				inner := &http.Transport{ForceAttemptHTTP2: true}
				wrap := wrap
				elsewhere := func(next http.RoundTripper) http.RoundTripper {
					return wrap(faketransport.Func(func(req *http.Request) (*http.Response, error) {
						req = req.Clone(req.Context())
						req.URL.Host = server.URL[len("https://"):]
						return next.RoundTrip(req)
					}))
				}
				inner.TLSClientConfig = &tls.Config{RootCAs: server.RootCAs, MinVersion: tls.VersionTLS12}
				t.Cleanup(inner.CloseIdleConnections)
				_, err := c.send(t, transport.New(&http.Client{Transport: elsewhere(inner)}), "https://vpcep.example")
				server.Close()
				assert.Equal(t, 1, server.Requests(), "requests at the server")
				assert.NotEqual(t, transport.Unsent, failureOf(t, err).Fate)
			})
		}
	}
}

// A round tripper that tries several proxies sends no request twice.
func TestOneSendWritesOneRequestThroughSeveralProxies(t *testing.T) {
	var requests, lookups atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	var proxies []*url.URL
	for range 2 {
		address, _ := startListener(t, func(conn net.Conn) { tunnelTo(conn, server.Listener.Addr().String()) })
		proxies = append(proxies, &url.URL{Scheme: "http", Host: address})
	}
	inner := &http.Transport{
		ForceAttemptHTTP2: true, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: pool(server), MinVersion: tls.VersionTLS12},
		Proxy:           func(*http.Request) (*url.URL, error) { return proxies[int(lookups.Add(1))%len(proxies)], nil },
	}
	for _, c := range calls {
		requests.Store(0)
		_, err := c.send(t, transport.New(&http.Client{Transport: again(inner)}), "https://example.com")
		assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate)
		assert.LessOrEqual(t, requests.Load(), int32(1), c.name)
	}
}

// A token may be fetched through the proxy that the request goes through.
func TestTokenThroughTheSameProxy(t *testing.T) {
	helper := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "token") }))
	t.Cleanup(helper.Close)
	server := rawserver.HTTP2(t, answerWell)
	roots := server.RootCAs.Clone()
	roots.AddCert(helper.Certificate())
	inner := &http.Transport{
		ForceAttemptHTTP2: true, Proxy: http.ProxyURL(startTunnel(t)),
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(inner.CloseIdleConnections)
	tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
		require.NoError(t, ask(t, req.Context(), inner, helper.URL))
		return inner.RoundTrip(req)
	})})
	for range 3 {
		resp, err := tr.Send(t.Context(), post(server.URL))
		require.NoError(t, err)
		assert.Equal(t, okBody, resp.Body)
	}
}
