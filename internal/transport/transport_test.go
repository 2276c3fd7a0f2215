package transport_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newTransport(t *testing.T, pool *x509.CertPool) *transport.Transport {
	tr := transport.NewPooled(transport.NewPool(pool))
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func post(url string) *transport.Request {
	return &transport.Request{
		Method: "POST", URL: url, Body: []byte(`{"a":1}`),
		Header: http.Header{"User-Agent": {"ua"}, "Accept": {"application/json"}, "Content-Type": {"application/json"}},
	}
}

func TestSendSendsWhatItIsGiven(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, `{"a":1}`, string(body))
		assert.Equal(t, "ua", r.UserAgent())
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Equal(t, "added", r.Header.Get("X-Added"))
		assert.Equal(t, "/a%2Fb", r.URL.EscapedPath())
		assert.Equal(t, "x=1&y=%26", r.URL.RawQuery)
		assert.EqualValues(t, 7, r.ContentLength)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(201)
		io.WriteString(w, "answer")
	})
	r := post(server.URL + "/a%2Fb?x=1&y=%26")
	r.Prepare = func(req *http.Request) error { req.Header.Set("X-Added", "added"); return nil }
	resp, err := newTransport(t, nil).Send(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 201, resp.StatusCode)
	assert.Equal(t, "answer", string(resp.Body))
	assert.NoError(t, resp.BodyErr)
	assert.Equal(t, "added", resp.Sent.Get("X-Added"))
	assert.NotContains(t, r.Header, "X-Added", "the headers given are shared by all requests")
}

// Printing the context of a request, in a round tripper or an authenticator,
// does not print the request.
func TestContextOfARequestShowsNothing(t *testing.T) {
	type holder struct{ ctx context.Context } // fmt asks no method of what stands in it
	var shown strings.Builder
	var kept []context.Context
	show := func(ctx context.Context) {
		kept = append(kept, ctx)
		for _, v := range []any{ctx, holder{ctx}, &holder{ctx}} {
			fmt.Fprintf(&shown, "%v\n%+v\n%#v\n%s\n%q\n%t\n%x\n", v, v, v, v, v, v, v)
		}
	}
	tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
		show(req.Context())
		detached := context.WithoutCancel(req.Context())
		show(detached)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})})
	r := post("https://x.example/path")
	r.Header.Set("X-Early", "secret-1")
	r.Prepare = func(req *http.Request) error {
		req.Header.Set("X-Auth-Token", "secret-2")
		show(req.Context())
		return nil
	}
	_, err := tr.Send(t.Context(), r)
	require.NoError(t, err)
	assert.NotEmpty(t, shown.String())
	for _, ctx := range kept { // what the attempt holds by now, too
		show(ctx)
	}
	for _, secret := range []string{"secret", "x.example", "X-Auth-Token", `"a":1`, "123 34 97"} {
		assert.NotContains(t, shown.String(), secret)
	}
}

// Keeping a request, as a recorder does, does not keep its response.
func TestKeptRequestDoesNotKeepItsAnswer(t *testing.T) {
	var kept []*http.Request
	tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
		kept = append(kept, req)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 8<<20))), Request: req}, nil
	})})
	for range 10 {
		_, err := tr.Send(t.Context(), post("https://x.example"))
		require.NoError(t, err)
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	assert.Less(t, m.HeapAlloc, uint64(64<<20), "of 80 MiB of answers")
	runtime.KeepAlive(kept)
}

// certainlyUnsent reports whether Send is certain that nothing was sent.
func certainlyUnsent(t *testing.T, err error) bool {
	t.Helper()
	var failure *transport.Error
	require.ErrorAs(t, err, &failure)
	return failure.Fate == transport.Unsent
}

func TestWhatIsCertainAboutAFailure(t *testing.T) {
	t.Run("nobody listens", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		_, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("no such host", func(t *testing.T) {
		_, err := newTransport(t, nil).Send(t.Context(), post("http://no-such-host.invalid"))
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("unknown authority", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
		server.Config.ErrorLog = quiet()
		server.StartTLS()
		defer server.Close()
		_, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
		var unknown x509.UnknownAuthorityError
		assert.ErrorAs(t, err, &unknown)
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("TLS 1.1 only", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // the very case
		server.Config.ErrorLog = quiet()
		server.StartTLS()
		defer server.Close()
		_, err := newTransport(t, pool(server)).Send(t.Context(), post(server.URL))
		assert.ErrorContains(t, err, "protocol version")
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("refused by Prepare", func(t *testing.T) {
		server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
		cause := errors.New("no")
		r := post(server.URL)
		r.Prepare = func(*http.Request) error { return cause }
		_, err := newTransport(t, nil).Send(t.Context(), r)
		assert.ErrorIs(t, err, cause)
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("a request within Prepare does not count", func(t *testing.T) {
		other := serve(t, func(http.ResponseWriter, *http.Request) {})
		closed := httptest.NewServer(nil)
		closed.Close()
		r := post(closed.URL)
		r.Prepare = func(req *http.Request) error {
			token, err := http.NewRequestWithContext(req.Context(), "GET", other.URL, nil)
			require.NoError(t, err)
			resp, err := other.Client().Do(token)
			require.NoError(t, err)
			return resp.Body.Close()
		}
		_, err := newTransport(t, nil).Send(t.Context(), r)
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("cancelled before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newTransport(t, nil).Send(ctx, post("http://127.0.0.1:1"))
		assert.ErrorIs(t, err, context.Canceled)
		assert.True(t, certainlyUnsent(t, err))
	})
	t.Run("cancelled in flight", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // else the server does not see the client leave
			cancel()
			<-r.Context().Done()
		})
		_, err := newTransport(t, nil).Send(ctx, post(server.URL))
		assert.ErrorIs(t, err, context.Canceled)
		assert.False(t, certainlyUnsent(t, err))
	})
	t.Run("no answer", func(t *testing.T) {
		server := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		_, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
		assert.False(t, certainlyUnsent(t, err))
	})
	t.Run("a transport with a protocol of its own", func(t *testing.T) {
		pool := transport.NewPool(nil)
		pool.RegisterProtocol("other", failing{io.ErrUnexpectedEOF}) // it may have written anything
		_, err := transport.New(&http.Client{Transport: pool}).Send(t.Context(), post("other://x.example"))
		assert.False(t, certainlyUnsent(t, err))
	})
	t.Run("a transport that is not traced", func(t *testing.T) {
		for _, tt := range []struct {
			err    error
			unsent bool
		}{
			{io.ErrUnexpectedEOF, false},
			{errors.New("connection refused"), false},
			{&net.OpError{Op: "write", Err: errors.New("broken pipe")}, false},
			{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, true},
			{&net.DNSError{Err: "no such host", Name: "x"}, true},
		} {
			tr := transport.New(&http.Client{Transport: failing{tt.err}})
			_, err := tr.Send(t.Context(), post("http://x.example"))
			assert.ErrorIs(t, err, tt.err)
			assert.Equal(t, tt.unsent, certainlyUnsent(t, err), "%v", tt.err)
		}
	})
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// A redirect to another host must not receive the token, whatever its kind.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the other host was called") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, status) })
		for _, method := range []string{"POST", "GET", "DELETE"} {
			r := post(server.URL)
			r.Method = method
			r.Prepare = func(req *http.Request) error { req.Header.Set("X-Auth-Token", "tok"); return nil }
			resp, err := newTransport(t, nil).Send(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, status, resp.StatusCode)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	const chunk = 1 << 20
	zeros := make([]byte, chunk)
	endless := func(w io.Writer, size int) {
		for written := 0; written < size; written += chunk {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
	}
	bodies := map[string]http.HandlerFunc{
		"512 MiB in chunks": func(w http.ResponseWriter, _ *http.Request) { endless(w, 512<<20) },
		"512 MiB announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "536870912")
			endless(w, 512<<20)
		},
		"gzip bomb": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			endless(z, 512<<20)
			z.Close()
		},
	}
	for name, handler := range bodies {
		t.Run(name, func(t *testing.T) {
			server := serve(t, handler)
			tr := newTransport(t, nil)
			heap := watchHeap()
			resp, err := tr.Send(t.Context(), post(server.URL))
			grown := heap()
			require.NoError(t, err)
			assert.ErrorIs(t, resp.BodyErr, transport.ErrBodyTooLarge)
			assert.LessOrEqual(t, len(resp.Body), 4<<10)
			assert.Less(t, grown, uint64(128<<20), "a growing buffer, which the race detector allocates twice")
		})
	}
	t.Run("an error is cut off", func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			endless(w, 8<<20)
		})
		resp, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
		require.NoError(t, err)
		assert.Len(t, resp.Body, transport.MaxErrorBody)
	})
}

// watchHeap returns how far the live heap has grown since, at its highest.
func watchHeap() func() uint64 {
	read := func() uint64 { // what is in use: when the rest is collected is left to chance
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	base, highest := read(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			highest = max(highest, read())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-stopped
		return max(highest, base) - base
	}
}

func TestBodiesAreUnfolded(t *testing.T) {
	tests := map[string]*http.Transport{
		"by net/http": transport.NewPool(nil),
		"by us":       {DisableCompression: true},
	}
	for name, pool := range tests {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				io.WriteString(z, "answer")
				z.Close()
			})
			tr := transport.New(&http.Client{Transport: pool})
			t.Cleanup(tr.CloseIdleConnections)
			resp, err := tr.Send(t.Context(), post(server.URL))
			require.NoError(t, err)
			require.NoError(t, resp.BodyErr)
			assert.Equal(t, "answer", string(resp.Body))
		})
	}
	t.Run("what is no gzip", func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "plain")
		})
		resp, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
		require.NoError(t, err)
		assert.Error(t, resp.BodyErr)
	})
}

func TestCutBodyKeepsWhatArrived(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"id":"e-1"`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	resp, err := newTransport(t, nil).Send(t.Context(), post(server.URL))
	require.NoError(t, err)
	assert.ErrorIs(t, resp.BodyErr, io.ErrUnexpectedEOF)
	assert.Equal(t, `{"id":"e-1"`, string(resp.Body))
}

// 64 callers at once must find the connections that they gave back.
func TestWarmPoolDialsNothing(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			const callers = 64
			var dialled atomic.Int32
			var round sync.WaitGroup // all callers are in the server at once
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				round.Done()
				round.Wait()
				assert.Equal(t, http2, r.ProtoMajor == 2)
				io.WriteString(w, "answer")
			}))
			server.EnableHTTP2 = http2
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					dialled.Add(1)
				}
			}
			server.StartTLS()
			defer server.Close()
			tr := newTransport(t, pool(server))
			burst := func() {
				round.Add(callers)
				var done sync.WaitGroup
				for range callers {
					done.Go(func() {
						_, err := tr.Send(t.Context(), post(server.URL))
						assert.NoError(t, err)
					})
				}
				done.Wait()
			}
			for range 6 {
				burst()
			}
			// Some of the first burst may be dialled when HTTP/2 has no use for them any more.
			assert.LessOrEqual(t, int(dialled.Load()), callers, "connections")
		})
	}
}

func TestPoolUsesTheEnvironmentsProxy(t *testing.T) {
	assert.NotNil(t, transport.NewPool(nil).Proxy)
	assert.EqualValues(t, tls.VersionTLS12, transport.NewPool(nil).TLSClientConfig.MinVersion)
}

func TestNilTransportIsTheDefaultOne(t *testing.T) {
	before := http.DefaultTransport
	defer func() { http.DefaultTransport = before }()
	tr := transport.New(&http.Client{})
	cause := errors.New("set later")
	http.DefaultTransport = failing{cause}
	_, err := tr.Send(t.Context(), post("http://x.example"))
	assert.ErrorIs(t, err, cause)
}

func pool(server *httptest.Server) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(server.Certificate())
	return p
}

func TestFailuresDoNotRepeatTheURL(t *testing.T) {
	tr := transport.New(&http.Client{Transport: failing{io.ErrUnexpectedEOF}})
	_, err := tr.Send(t.Context(), post("http://x.example/path"))
	assert.False(t, strings.Contains(err.Error(), "x.example"), err.Error())
}

// quiet discards a server's log of handshakes that are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// The error of a permanent failure says so, and what to check.
func TestPermanentFailures(t *testing.T) {
	tlsServer := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	tlsServer.Config.ErrorLog = quiet()
	tlsServer.StartTLS()
	defer tlsServer.Close()
	plainServer := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	resolving := func(failure *net.DNSError) *transport.Transport {
		p := transport.NewPool(nil)
		p.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: failure}
		}
		return transport.NewPooled(p)
	}
	alert := serveBytes(t, "\x15\x03\x01\x00\x02\x02\x16")
	for name, tt := range map[string]struct {
		tr        *transport.Transport
		url       string
		permanent bool
		says      string
	}{
		"untrusted certificate":           {newTransport(t, nil), tlsServer.URL, true, "certificate authorities"},
		"certificate of another name":     {newTransport(t, pool(tlsServer)), strings.Replace(tlsServer.URL, "127.0.0.1", "localhost", 1), true, "check the host"},
		"TLS to a port for plain HTTP":    {newTransport(t, nil), strings.Replace(plainServer.URL, "http", "https", 1), true, "does not speak TLS"},
		"plain HTTP to a port for TLS":    {newTransport(t, nil), alert, true, "https://"},
		"no such host":                    {resolving(&net.DNSError{Err: "no such host", IsNotFound: true}), "https://x.example", true, "region"},
		"a resolver that is in trouble":   {resolving(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), "https://x.example", false, ""},
		"a resolver that does not answer": {resolving(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), "https://x.example", false, ""},
		"no such port":                    {newTransport(t, nil), "https://127.0.0.1:99999", true, "port"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.tr.Send(t.Context(), post(tt.url))
			var failure *transport.Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, tt.permanent, failure.Permanent, err.Error())
			assert.Contains(t, err.Error(), tt.says)
			assert.Equal(t, tt.permanent, strings.Contains(err.Error(), "; nothing was "), err.Error())
		})
	}
}

// serveBytes answers every request with raw bytes and returns its URL.
func serveBytes(t *testing.T, answer string) string {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			io.WriteString(conn, answer)
			conn.Close()
		}
	})
	return server.URL
}

// A server ends a handshake with an alert that says who is at fault.
func TestAlerts(t *testing.T) {
	for name, tt := range map[string]struct {
		alert     byte
		permanent bool
	}{
		"handshake failure": {40, true},
		"bad certificate":   {42, true},
		"protocol version":  {70, true},
		"unrecognized name": {112, true},
		"internal error":    {80, false},
	} {
		address, _ := startListener(t, func(conn net.Conn) {
			conn.Read(make([]byte, 16<<10))
			conn.Write([]byte{21, 3, 3, 0, 2, 2, tt.alert})
			io.Copy(io.Discard, conn)
		})
		for kind, tr := range proxied(t, nil) {
			t.Run(name+", "+kind, func(t *testing.T) {
				_, err := tr.Send(t.Context(), post("https://"+address))
				failure := failureOf(t, err)
				assert.Equal(t, transport.Unsent, failure.Fate)
				assert.Equal(t, tt.permanent, failure.Permanent, err.Error())
				assert.Equal(t, tt.permanent, strings.Contains(err.Error(), "; nothing was sent; check which versions of TLS"), err.Error())
			})
		}
	}
}
