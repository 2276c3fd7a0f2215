package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// startListener serves each connection with a function, and closes it. It returns the
// address, and how many connections came.
func startListener(t *testing.T, serve func(net.Conn)) (string, *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var came atomic.Int32
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			running.Go(func() {
				defer stop()
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); cancel(); running.Wait() })
	return listener.Addr().String(), &came
}

// startProxy listens as a proxy that answers each CONNECT with answer and closes.
// It returns its URL, with a password, and how many connections came.
func startProxy(t *testing.T, answer string) (*url.URL, *atomic.Int32) {
	t.Helper()
	address, came := startListener(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			io.WriteString(conn, answer)
		}
	})
	return proxyURL("http", address), came
}

func proxyURL(scheme, address string) *url.URL {
	return &url.URL{Scheme: scheme, User: url.UserPassword("user", "pass-word"), Host: address}
}

// proxied are the transports that may have a proxy.
func proxied(t *testing.T, proxy func(*http.Request) (*url.URL, error)) map[string]*transport.Transport {
	own := transport.NewPool(nil)
	own.Proxy = proxy
	user := &http.Transport{Proxy: proxy}
	wrapped := &http.Transport{Proxy: proxy}
	for _, pool := range []*http.Transport{own, user, wrapped} {
		t.Cleanup(pool.CloseIdleConnections)
	}
	return map[string]*transport.Transport{
		"own pool":             transport.NewPooled(own),
		"user's transport":     transport.New(&http.Client{Transport: user}),
		"user's round tripper": transport.New(&http.Client{Transport: faketransport.Func(wrapped.RoundTrip)}),
	}
}

// refusal checks what every failure of a proxy says.
func refusal(t *testing.T, err error) (*transport.Error, *transport.ProxyError) {
	t.Helper()
	failure := failureOf(t, err)
	var refused *transport.ProxyError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, transport.Unsent, failure.Fate)
	assert.Contains(t, err.Error(), "; nothing was sent; check ")
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		assert.NotContains(t, text, "pass-word")
	}
	return failure, refused
}

func TestProxyThatDoesNotConnect(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, tt := range map[string]struct {
		answer    string
		status    int // by its phrase; the library's own pool sees the number
		permanent bool
		says      string
	}{
		"407":            {"407 Proxy Authentication Required", 407, true, "407 Proxy Authentication Required"},
		"407, with more": {"407 Proxy Authentication Required ( The server requires authorization )", 407, true, "407 Proxy Authentication Required"},
		"403":            {"403 Forbidden", 403, true, "403 Forbidden"},
		"403 by policy":  {"403 Forbidden by policy", 403, true, "403 Forbidden"},
		"407 lower case": {"407 Proxy authentication required", 407, true, "407 Proxy Authentication Required"},
		"502":            {"502 Bad Gateway", 502, false, "502 Bad Gateway"},
		"503 of nginx":   {"503 Service Temporarily Unavailable", 503, false, "503 Service Unavailable"},
		"504 of haproxy": {"504 Gateway Time-out", 504, false, "504 Gateway Timeout"},
		"408":            {"408 Request Timeout", 408, false, "408 Request Timeout"},
		"429":            {"429 Too Many Requests", 429, false, "429 Too Many Requests"},
		"302":            {"302 Found", 302, true, "302 Found"},
		"own phrase":     {"403 Filtered for user pass-word", 0, true, "refused to connect"},
		"no phrase":      {"407", 0, true, "refused to connect"},
	} {
		proxy, came := startProxy(t, "HTTP/1.1 "+tt.answer+"\r\nContent-Length: 0\r\n\r\n")
		for kind, tr := range proxied(t, http.ProxyURL(proxy)) {
			if name == "own phrase" && kind == "user's round tripper" {
				continue // nobody knows the password there
			}
			t.Run(name+", "+kind, func(t *testing.T) {
				before := came.Load()
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				failure, refused := refusal(t, err)
				assert.Equal(t, tt.permanent, failure.Permanent)
				if kind != "own pool" {
					assert.Equal(t, tt.status, refused.StatusCode)
				} else {
					assert.True(t, strings.HasPrefix(tt.answer, fmt.Sprint(refused.StatusCode)))
				}
				assert.Equal(t, proxy.Host, refused.Host)
				assert.Contains(t, err.Error(), "the proxy "+proxy.Host+" refused to connect: ")
				assert.Contains(t, err.Error(), tt.says)
				assert.EqualValues(t, 1, came.Load()-before)
			})
		}
	}
	for name, start := range map[string]func() *url.URL{
		"closes":  func() *url.URL { proxy, _ := startProxy(t, ""); return proxy },
		"no HTTP": func() *url.URL { proxy, _ := startProxy(t, "what?\r\n\r\n"); return proxy },
		"is down": func() *url.URL { return proxyURL("http", closed.Listener.Addr().String()) },
		"SOCKS, is down": func() *url.URL {
			return proxyURL("socks5", closed.Listener.Addr().String())
		},
		"SOCKS, no host": func() *url.URL { proxy, _ := startSocks(t, 0, 4); return proxy },
	} {
		proxy := start()
		for kind, tr := range proxied(t, http.ProxyURL(proxy)) {
			if (name == "closes" || name == "no HTTP") && kind == "user's round tripper" {
				continue // it might be the service as well
			}
			t.Run(name+", "+kind, func(t *testing.T) {
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				failure, refused := refusal(t, err)
				assert.False(t, failure.Permanent)
				assert.Equal(t, proxy.Host, refused.Host)
				assert.Zero(t, refused.StatusCode)
				assert.Contains(t, err.Error(), "the proxy "+proxy.Host+" did not connect: ")
			})
		}
	}
}

// startSocks listens as a SOCKS5 proxy that replies to a password with one status, and to a
// CONNECT with another.
func startSocks(t *testing.T, password, connect byte) (*url.URL, *atomic.Int32) {
	t.Helper()
	address, came := startListener(t, func(conn net.Conn) {
		b := make([]byte, 512)
		conn.Read(b)
		conn.Write([]byte{5, 2})
		conn.Read(b)
		if conn.Write([]byte{1, password}); password != 0 {
			return
		}
		conn.Read(b)
		conn.Write([]byte{5, connect, 0, 1, 0, 0, 0, 0, 0, 0})
	})
	return proxyURL("socks5", address), came
}

func TestSocksProxyThatRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		password, connect byte
		says              string
	}{
		"wrong password":   {1, 0, "username/password authentication failed"},
		"not by its rules": {0, 2, "connection not allowed by ruleset"},
	} {
		proxy, came := startSocks(t, tt.password, tt.connect)
		for _, target := range []string{"https://vpcep.example/path", "http://vpcep.example/path"} {
			for kind, tr := range proxied(t, http.ProxyURL(proxy)) {
				t.Run(name+", "+kind+", "+target, func(t *testing.T) {
					before := came.Load()
					_, err := tr.Send(t.Context(), post(target))
					failure, refused := refusal(t, err)
					assert.True(t, failure.Permanent)
					assert.Equal(t, proxy.Host, refused.Host)
					assert.Contains(t, err.Error(), tt.says)
					assert.EqualValues(t, 1, came.Load()-before)
				})
			}
		}
	}
}

// A proxy that hangs is distinguished from a service that hangs.
func TestProxyThatHangs(t *testing.T) {
	address, _ := startListener(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	for kind, tr := range proxied(t, http.ProxyURL(proxyURL("http", address))) {
		for name, timeout := range map[string]func(*transport.Request) context.Context{
			"time-out of the attempt": func(r *transport.Request) context.Context {
				r.Timeout = 50 * time.Millisecond
				return t.Context()
			},
			"deadline": func(*transport.Request) context.Context {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				t.Cleanup(cancel)
				return ctx
			},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				r := post("https://vpcep.example/path")
				_, err := tr.Send(timeout(r), r)
				assert.False(t, failureOf(t, err).Permanent)
				assert.Equal(t, transport.Unsent, failureOf(t, err).Fate)
				assert.True(t, errors.Is(err, transport.ErrTimeout) != errors.Is(err, context.DeadlineExceeded))
				if kind != "user's round tripper" { // which may wait for anything
					_, refused := refusal(t, err)
					assert.Equal(t, address, refused.Host)
				}
			})
		}
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := proxied(t, http.ProxyURL(proxyURL("http", address)))["own pool"].Send(ctx, post("https://vpcep.example/path"))
		assert.ErrorIs(t, err, context.Canceled)
		assert.NotContains(t, err.Error(), "proxy", "it had not much time")
	})
	t.Run("a queue before it", func(t *testing.T) {
		inner := &http.Transport{Proxy: http.ProxyURL(proxyURL("http", address)), MaxConnsPerHost: 1}
		r := post("https://vpcep.example/path")
		r.Timeout = 20 * time.Millisecond
		_, err := transport.New(&http.Client{Transport: inner}).Send(t.Context(), r)
		assert.Equal(t, transport.ErrTimeout, failureOf(t, err).Err)
	})
	t.Run("the service hangs", func(t *testing.T) {
		inner := transport.NewPool(nil)
		inner.Proxy = http.ProxyURL(startTunnel(t))
		r := post("https://" + address)
		r.Timeout = 50 * time.Millisecond
		_, err := transport.NewPooled(inner).Send(t.Context(), r)
		assert.Equal(t, transport.ErrTimeout, failureOf(t, err).Err)
		assert.Equal(t, transport.Unsent, failureOf(t, err).Fate)
	})
}

// A TLS failure with a proxy that does not speak TLS, or is not trusted, is the proxy's.
func TestTLSWithAProxy(t *testing.T) {
	address, _ := startListener(t, func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") })
	untrusted := httptest.NewUnstartedServer(nil)
	untrusted.Config.ErrorLog = quiet()
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for name, tt := range map[string]struct{ address, says string }{
		"no TLS":      {address, "check the scheme and port of the proxy's URL: the proxy does not speak TLS there"},
		"not trusted": {untrusted.Listener.Addr().String(), "check the proxy's host, the system's clock"},
		"no such":     {"127.0.0.1:99999", "check the host and port of the proxy's URL"},
	} {
		for kind, tr := range proxied(t, http.ProxyURL(proxyURL("https", tt.address))) {
			t.Run(name+", "+kind, func(t *testing.T) {
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				failure, refused := refusal(t, err)
				assert.True(t, failure.Permanent)
				assert.Equal(t, tt.address, refused.Host)
				assert.Contains(t, err.Error(), tt.says)
			})
		}
	}
	t.Run("a refusal over TLS", func(t *testing.T) {
		secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }))
		secure.StartTLS()
		t.Cleanup(secure.Close)
		proxy := http.ProxyURL(proxyURL("https", secure.Listener.Addr().String()))
		own, user := transport.NewPool(pool(secure)), &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(secure), MinVersion: tls.VersionTLS12}}
		own.Proxy, user.Proxy = proxy, proxy
		for _, tr := range []*transport.Transport{transport.NewPooled(own), transport.New(&http.Client{Transport: user})} {
			_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
			failure, refused := refusal(t, err)
			assert.True(t, failure.Permanent)
			assert.Equal(t, 407, refused.StatusCode)
			assert.Equal(t, secure.Listener.Addr().String(), refused.Host)
		}
	})
}

// The error names the proxy that was used, whichever the Proxy function returns next.
func TestProxyFunctionThatRotates(t *testing.T) {
	proxy, _ := startProxy(t, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
	for _, other := range []*url.URL{{Scheme: "http", Host: "other.example:3128"}, nil} {
		var calls atomic.Int32
		for kind, tr := range proxied(t, func(*http.Request) (*url.URL, error) {
			if calls.Add(1) == 1 {
				return proxy, nil
			}
			return other, nil
		}) {
			t.Run(kind, func(t *testing.T) {
				calls.Store(0)
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				_, refused := refusal(t, err)
				assert.Equal(t, proxy.Host, refused.Host)
			})
		}
	}
}

// The error of the Proxy function may quote the proxy's password.
func TestProxyFunctionThatFails(t *testing.T) {
	parse := func(rest string) error {
		_, err := url.Parse("http://user:pass-word" + rest)
		return err
	}
	for name, tt := range map[string]struct {
		err       error
		shown     string
		permanent bool
	}{
		"as net/http does":   {fmt.Errorf("invalid proxy address %q: %w", "http://user:pass-word@[::1", parse("@[::1")), "Proxy function failed", true},
		"as net/url does":    {parse("@[::1"), "Proxy function failed", false},
		"without an at sign": {parse(""), "Proxy function failed", false},
		"otherwise":          {errors.New("no script"), "no script", false},
	} {
		for kind, tr := range proxied(t, func(*http.Request) (*url.URL, error) { return nil, tt.err }) {
			t.Run(name+", "+kind, func(t *testing.T) {
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				failure := failureOf(t, err)
				if kind == "user's round tripper" { // nobody knows what it has done
					assert.Equal(t, transport.MaybeDone, failure.Fate)
					return
				}
				assert.Equal(t, transport.Unsent, failure.Fate)
				assert.Equal(t, tt.permanent, failure.Permanent)
				assert.Contains(t, err.Error(), tt.shown)
				assert.Contains(t, err.Error(), "; nothing was sent; check ")
				for e := err; e != nil; e = errors.Unwrap(e) {
					assert.NotContains(t, fmt.Sprintf("%v %+v %#v", e, e, e), "pass-word")
				}
			})
		}
	}
	t.Run("once", func(t *testing.T) { // what fails otherwise the next time may have been sent
		var calls atomic.Int32
		tr := proxied(t, func(*http.Request) (*url.URL, error) { return nil, fmt.Errorf("call %d", calls.Add(1)) })["user's transport"]
		_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
		assert.Equal(t, transport.MaybeDone, failureOf(t, err).Fate)
	})
}

// Once a proxy has connected, the service's failures are not attributed to the proxy.
func TestFailureBehindAProxy(t *testing.T) {
	service, _ := startListener(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		io.WriteString(conn, "this is no TLS")
	})
	for kind, tr := range proxied(t, http.ProxyURL(startTunnel(t))) {
		t.Run(kind, func(t *testing.T) {
			_, err := tr.Send(t.Context(), post("https://"+service))
			var refused *transport.ProxyError
			assert.NotErrorAs(t, err, &refused)
			assert.True(t, certainlyUnsent(t, err))
			assert.Contains(t, err.Error(), "of the URL: the server does not speak TLS")
		})
	}
}

// A failure without a proxy is not attributed to a proxy, however plain its text.
func TestPlainFailureWithoutAProxy(t *testing.T) {
	inner := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("Forbidden")
	}}
	for kind, next := range map[string]http.RoundTripper{
		"user's transport":     inner,
		"user's round tripper": faketransport.Func(inner.RoundTrip),
		"its own":              failing{errors.New("Forbidden")},
	} {
		t.Run(kind, func(t *testing.T) {
			_, err := transport.New(&http.Client{Transport: next}).Send(t.Context(), post("https://vpcep.example/path"))
			var refused *transport.ProxyError
			assert.NotErrorAs(t, err, &refused)
			assert.False(t, failureOf(t, err).Permanent)
			assert.Equal(t, kind != "its own", certainlyUnsent(t, err))
		})
	}
}
