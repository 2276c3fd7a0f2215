package transport_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/transport"
)

// startProxy listens as a proxy that answers each CONNECT with answer and closes.
// It returns its URL, with a password, and how many connections came.
func startProxy(t *testing.T, answer string) (*url.URL, *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var came atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				conn.Write([]byte(answer))
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return &url.URL{Scheme: "http", User: url.UserPassword("user", "pass-word"), Host: listener.Addr().String()}, &came
}

func TestProxyThatDoesNotConnect(t *testing.T) {
	down, _ := startProxy(t, "")
	closed := httptest.NewServer(nil)
	closed.Close()
	down.Host = closed.Listener.Addr().String()
	for name, tt := range map[string]struct {
		answer    string
		status    int
		permanent bool
	}{
		"407":        {"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", 407, true},
		"403":        {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403, true},
		"502":        {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 502, false},
		"429":        {"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n", 429, false},
		"closes":     {"", 0, false},
		"no HTTP":    {"what?\r\n\r\n", 0, false},
		"is down":    {"", 0, false},
		"own phrase": {"HTTP/1.1 407 user pass-word is wrong\r\nContent-Length: 0\r\n\r\n", 407, true},
	} {
		proxy, came := startProxy(t, tt.answer)
		if name == "is down" {
			proxy = down
		}
		pools := map[string]*transport.Transport{}
		own := transport.NewPool(nil)
		own.Proxy = http.ProxyURL(proxy)
		pools["own pool"] = transport.NewOwn(own)
		if name != "own phrase" { // without the library's hook, the phrase is all that there is
			pools["user's transport"] = transport.New(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}})
		}
		for kind, tr := range pools {
			t.Run(name+", "+kind, func(t *testing.T) {
				before := came.Load()
				_, err := tr.Send(t.Context(), post("https://vpcep.example/path"))
				var failure *transport.Error
				require.ErrorAs(t, err, &failure)
				var refused *transport.ProxyError
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, transport.Unsent, failure.Fate)
				assert.Equal(t, tt.permanent, failure.Permanent)
				assert.Equal(t, tt.status, refused.StatusCode)
				assert.Equal(t, proxy.Host, refused.Host)
				assert.Contains(t, err.Error(), proxy.Host)
				assert.NotContains(t, err.Error(), "pass-word")
				if name != "is down" {
					assert.EqualValues(t, 1, came.Load()-before)
				}
			})
		}
	}
}

// What the service does behind a proxy that has connected is not the proxy's doing.
func TestFailureBehindAProxy(t *testing.T) {
	proxy, _ := startProxy(t, "HTTP/1.1 200 OK\r\n\r\nthis is no TLS")
	own := transport.NewPool(nil)
	own.Proxy = http.ProxyURL(proxy)
	_, err := transport.NewOwn(own).Send(t.Context(), post("https://vpcep.example/path"))
	var refused *transport.ProxyError
	assert.NotErrorAs(t, err, &refused)
	assert.True(t, certainlyUnsent(t, err))
}
