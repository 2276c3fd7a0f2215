package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/rawserver"
	"github.com/vpcep/vpcep-go/internal/transport"
)

const (
	okBody = `{"ok":1}`
	ok11   = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n" + okBody
)

// way is what a Send goes through.
type way struct {
	name string
	open func(*testing.T, *x509.CertPool) *transport.Transport
}

// through opens a user's transport below a round tripper, if there is one.
func through(wrap func(http.RoundTripper) http.RoundTripper) func(*testing.T, *x509.CertPool) *transport.Transport {
	return func(t *testing.T, roots *x509.CertPool) *transport.Transport {
		inner := &http.Transport{
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: 10,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		}
		t.Cleanup(inner.CloseIdleConnections)
		if wrap == nil {
			return transport.New(&http.Client{Transport: inner})
		}
		return transport.New(&http.Client{Transport: wrap(inner)})
	}
}

// withKey adds the header at which net/http takes a POST for one that it may repeat.
func withKey(next http.RoundTripper) http.RoundTripper {
	return faketransport.Func(func(req *http.Request) (*http.Response, error) {
		req = req.Clone(req.Context())
		req.Header.Set("Idempotency-Key", "key")
		return next.RoundTrip(req)
	})
}

// again retries every failure, and keeps the body for that.
func again(next http.RoundTripper) http.RoundTripper {
	return faketransport.Func(func(req *http.Request) (resp *http.Response, err error) {
		var body []byte
		if req.Body != nil {
			if body, err = io.ReadAll(req.Body); err != nil {
				return nil, err
			}
			req.Body.Close()
		}
		for range 1 + 3 {
			next1 := req.Clone(req.Context())
			if body != nil {
				next1.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
				next1.Body, _ = next1.GetBody()
			}
			resp, err = next.RoundTrip(next1)
			if err == nil && resp.StatusCode != http.StatusServiceUnavailable {
				return resp, nil
			}
			if err == nil {
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				resp.Body = io.NopCloser(bytes.NewReader(body))
			}
		}
		return resp, err
	})
}

const wrapped = "user's round tripper"

var ways = []way{
	{"own pool", newTransport},
	{"user's transport", through(nil)},
	{wrapped, through(withKey)},
}

// call is one kind of request.
type call struct {
	name, method string
	body         int // its length
	header       string
}

func (c call) send(t *testing.T, tr *transport.Transport, url string) (transport.Response, error) {
	t.Helper()
	// A request that is repeated without end ends here.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	r := post(url)
	r.Method, r.Body = c.method, nil
	if c.body > 0 {
		r.Body = bytes.Repeat([]byte("x"), c.body)
	}
	if c.header != "" {
		r.Prepare = func(req *http.Request) error { req.Header.Set(c.header, "key"); return nil }
	}
	return tr.Send(ctx, r)
}

// warmUp leaves a connection behind that has served a request.
func warmUp(t *testing.T, tr *transport.Transport, url string) {
	t.Helper()
	resp, err := call{method: "GET"}.send(t, tr, url)
	assert.NoError(t, err)
	assert.NoError(t, resp.BodyErr)
	assert.Equal(t, okBody, resp.Body)
}

func failureOf(t *testing.T, err error) *transport.Error {
	t.Helper()
	var failure *transport.Error
	require.ErrorAs(t, err, &failure)
	assert.NotEmpty(t, failure.Error())
	assert.NotContains(t, failure.Error(), "\n")
	return failure
}

const long = 200 << 10 // more than the flow-control window takes

// phase is how far a request over HTTP/2 has come when the server misbehaves.
type phase struct {
	name     string
	body     int
	reached  func(*rawserver.Stream)
	answered bool
}

var phases = []phase{
	{"as headers arrive", long, func(*rawserver.Stream) {}, false},
	{"in the body", long, func(c *rawserver.Stream) { c.WaitBody(rawserver.Window) }, false},
	{"once whole", 10, func(c *rawserver.Stream) { c.WaitWhole() }, false},
	{"in the answer", 10, func(c *rawserver.Stream) {
		c.WaitWhole()
		c.Headers()
		c.Data([]byte(`{"ok"`), false)
	}, true},
}

// fault is how the server misbehaves.
type fault struct {
	name string
	play func(*rawserver.Stream)
	// unprocessed: HTTP/2 guarantees that the server did nothing.
	unprocessed bool
	// unclear: the error of this kind of request need not tell, because a second
	// one, which was kept back, may hide what became of the first.
	unclear func(call) bool
	says    string
}

func faults() []fault {
	all := []fault{
		{name: "closed", play: (*rawserver.Stream).CloseConn},
		{name: "aborted", play: (*rawserver.Stream).AbortConn},
		{name: "broken headers", play: (*rawserver.Stream).BrokenHeaders},
	}
	reset := func(code uint32) {
		all = append(all, fault{
			name:        "RST_STREAM " + rawserver.CodeName(code),
			play:        func(c *rawserver.Stream) { c.Reset(code) },
			unprocessed: code == rawserver.RefusedStream,
			says:        rawserver.CodeName(code),
		})
	}
	for code := range rawserver.LastCode + 1 {
		reset(code)
	}
	reset(0xff)
	for _, code := range []uint32{rawserver.NoError, rawserver.ProtocolError, rawserver.InternalError, rawserver.EnhanceYourCalm} {
		for _, below := range []bool{true, false} {
			f := fault{name: "GOAWAY " + rawserver.CodeName(code), unprocessed: below, says: "GOAWAY"}
			f.unclear = func(c call) bool { return c.body == 0 }
			f.play = func(c *rawserver.Stream) {
				last := c.ID()
				if below {
					last = 0
				}
				c.GoAway(last, code, "bye\nX-Other: line")
				c.CloseConn()
			}
			if below {
				f.name += " below"
			}
			all = append(all, f)
		}
	}
	return all
}

// check checks the result of a Send against its fault.
func (f fault) check(t *testing.T, c call, p phase, resp transport.Response, err error) {
	t.Helper()
	if p.answered {
		require.NoError(t, err)
		assert.Equal(t, 200, resp.StatusCode)
		assert.Error(t, resp.BodyErr)
		assert.Equal(t, `{"ok"`, resp.Body)
		return
	}
	failure := failureOf(t, err)
	switch {
	case f.unprocessed && f.unclear != nil && f.unclear(c):
		assert.Contains(t, []transport.Fate{transport.Unprocessed, transport.MaybeDone}, failure.Fate, failure.Error())
	case f.unprocessed:
		assert.Equal(t, transport.Unprocessed, failure.Fate, failure.Error())
	default:
		assert.Equal(t, transport.MaybeDone, failure.Fate, failure.Error())
	}
	if c.body > 0 {
		assert.Contains(t, failure.Error(), f.says)
	}
	assert.False(t, failure.Permanent)
	assert.False(t, failure.Prepare)
}

// Whoever repeats a request after a fault repeats what may have been carried out.
// Every request but a first good one meets the fault, so that any repetition would
// be seen by the server.
func TestOneSendWritesOneRequestOverHTTP2(t *testing.T) {
	for _, w := range ways {
		for _, warm := range []bool{false, true} { // net/http treats the first stream differently
			t.Run(w.name+ifWarm(warm), func(t *testing.T) {
				t.Parallel()
				for _, method := range []string{"POST", "PUT", "GET", "DELETE"} {
					for _, p := range phases {
						c := call{method: method, body: p.body}
						if method == "GET" || method == "DELETE" {
							c.body = 0
							if p.body == long { // nothing is left to wait for after the headers
								continue
							}
						}
						for _, f := range faults() {
							if w.name == wrapped && c.body == 0 { // what stands above net/http could have repeated it
								f.unclear = func(call) bool { return true }
							}
							if p.answered && f.name == "aborted" { // it may take the answer along
								continue
							}
							t.Run(method+" "+f.name+" "+p.name, func(t *testing.T) { overHTTP2(t, w, warm, c, p, f) })
						}
					}
				}
			})
		}
	}
}

func ifWarm(warm bool) string {
	if warm {
		return ", warm"
	}
	return ", fresh"
}

func overHTTP2(t *testing.T, w way, warm bool, c call, p phase, f fault) {
	good := 0
	if warm {
		good = 1
	}
	server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
		if c.Number() <= good {
			c.Headers()
			c.Data([]byte(okBody), true)
			return
		}
		if c.Number() == good+1 {
			assert.EqualValues(t, 2*good+1, c.ID(), "the stream")
		}
		p.reached(c)
		f.play(c)
	})
	tr := w.open(t, server.RootCAs)
	if warm {
		warmUp(t, tr, server.URL)
	}
	resp, err := c.send(t, tr, server.URL)
	server.Close()
	assert.Equal(t, 1, server.Requests()-good, "requests at the server")
	f.check(t, c, p, resp, err)
}

// A server that shuts down gracefully still answers requests that it has begun to process.
func TestShutdownAfterTheAnswerIsNoFailure(t *testing.T) {
	for _, w := range ways {
		for _, method := range []string{"POST", "GET"} {
			t.Run(method+" "+w.name, func(t *testing.T) {
				server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
					c.WaitWhole()
					c.GoAway(c.ID(), rawserver.NoError, "")
					c.Headers()
					c.Data([]byte(okBody), true)
					c.CloseConn()
				})
				tr := w.open(t, server.RootCAs)
				for range 3 {
					resp, err := call{method: method}.send(t, tr, server.URL)
					require.NoError(t, err)
					assert.NoError(t, resp.BodyErr)
					assert.Equal(t, okBody, resp.Body)
				}
				server.Close()
				assert.Equal(t, 3, server.Requests())
			})
		}
	}
}

var calls = []call{
	{name: "GET", method: "GET"},
	{name: "DELETE", method: "DELETE"},
	{name: "PUT", method: "PUT", body: 10},
	{name: "POST", method: "POST", body: 10},
	{name: "POST of a long body", method: "POST", body: long},
	{name: "POST with Idempotency-Key", method: "POST", body: 10, header: "Idempotency-Key"},
	{name: "POST with X-Idempotency-Key", method: "POST", body: 10, header: "X-Idempotency-Key"},
}

var moments = map[string]func(*rawserver.Exchange){
	"as the first byte arrives": func(*rawserver.Exchange) {},
	"after the headers":         func(x *rawserver.Exchange) { x.ReadHead() },
	"after the body":            func(x *rawserver.Exchange) { x.ReadBody() },
}

var ends = map[string]func(*rawserver.Exchange){
	"closed":  (*rawserver.Exchange).Close,
	"aborted": (*rawserver.Exchange).Abort,
}

type listen func(testing.TB, func(*rawserver.Exchange)) *rawserver.Server

func TestOneSendWritesOneRequestOverHTTP1(t *testing.T) {
	for protocol, listen := range map[string]listen{"plain": rawserver.HTTP1, "TLS": rawserver.HTTP1TLS} {
		for _, w := range ways {
			t.Run(protocol+", "+w.name, func(t *testing.T) {
				t.Parallel()
				for _, c := range calls {
					for when, read := range moments {
						for how, end := range ends {
							fail := func(x *rawserver.Exchange) { read(x); end(x) }
							t.Run(c.name+" "+how+" "+when, func(t *testing.T) {
								t.Run("fresh", func(t *testing.T) { overHTTP1(t, w, listen, 0, c, fail) })
								t.Run("kept", func(t *testing.T) { overHTTP1(t, w, listen, 1, c, fail) })
							})
						}
					}
				}
			})
		}
	}
}

// A pool full of dead connections must not lead to a request on each of them.
func TestOneSendWritesOneRequestIntoAStalePool(t *testing.T) {
	const kept = 5
	for _, w := range ways {
		for _, c := range calls {
			for how, end := range ends {
				t.Run(c.name+" "+how+" "+w.name, func(t *testing.T) { overHTTP1(t, w, rawserver.HTTP1, kept, c, end) })
			}
		}
	}
}

// overHTTP1 sends one request where so many connections are kept, and all fail.
func overHTTP1(t *testing.T, w way, listen listen, kept int, c call, fail func(*rawserver.Exchange)) {
	var together, done sync.WaitGroup // each request needs a connection of its own
	together.Add(kept)
	server := listen(t, func(x *rawserver.Exchange) {
		if x.Number() > kept {
			if x.Number() == kept+1 {
				assert.Equal(t, min(kept, 1)+1, x.OnConnection())
			}
			fail(x)
			return
		}
		together.Done()
		together.Wait()
		x.Write(ok11)
	})
	tr := w.open(t, server.RootCAs)
	for range kept {
		done.Go(func() { warmUp(t, tr, server.URL) })
	}
	done.Wait()
	_, err := c.send(t, tr, server.URL)
	server.Close()
	if requests := server.Requests() - kept; c.method == "GET" && kept > 0 {
		// net/http reads once more where a kept connection was closed, which harms nobody.
		assert.Contains(t, []int{1, 2}, requests, "requests at the server")
	} else {
		assert.Equal(t, 1, requests, "requests at the server")
	}
	failure := failureOf(t, err)
	assert.Equal(t, transport.MaybeDone, failure.Fate, failure.Error())
	assert.False(t, failure.Permanent)
	assert.False(t, failure.Prepare)
}

// retrying is a retrying round tripper as many users have.
var retrying = way{"retrying round tripper", through(again)}

func TestOneSendWritesOneRequestThroughARetryingRoundTripper(t *testing.T) {
	t.Run("HTTP/2", func(t *testing.T) {
		for _, f := range faults() {
			f.unclear = func(call) bool { return true }
			f.says = ""
			for _, method := range []string{"POST", "GET"} {
				c := call{method: method, body: 10}
				if method == "GET" {
					c.body = 0
				}
				once := phases[2]
				t.Run(method+" "+f.name, func(t *testing.T) {
					t.Run("fresh", func(t *testing.T) { overHTTP2(t, retrying, false, c, once, f) })
					t.Run("warm", func(t *testing.T) { overHTTP2(t, retrying, true, c, once, f) })
				})
			}
		}
	})
	for _, c := range calls {
		for how, end := range ends {
			t.Run(c.name+" "+how, func(t *testing.T) {
				t.Run("fresh", func(t *testing.T) { overHTTP1(t, retrying, rawserver.HTTP1, 0, c, end) })
				t.Run("kept", func(t *testing.T) { overHTTP1(t, retrying, rawserver.HTTP1, 1, c, end) })
				t.Run("stale pool", func(t *testing.T) { overHTTP1(t, retrying, rawserver.HTTP1, 5, c, end) })
			})
		}
		t.Run(c.name+" 503", func(t *testing.T) { throughRetriesOf503(t, c) })
	}
}

// throughRetriesOf503 does not mind whether the one answer is returned or lost.
func throughRetriesOf503(t *testing.T, c call) {
	server := rawserver.HTTP1(t, func(x *rawserver.Exchange) {
		x.ReadBody()
		x.Write("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy")
	})
	resp, err := c.send(t, retrying.open(t, server.RootCAs), server.URL)
	server.Close()
	assert.Equal(t, 1, server.Requests(), "requests at the server")
	if err == nil {
		assert.Equal(t, 503, resp.StatusCode)
		return
	}
	failure := failureOf(t, err)
	assert.Equal(t, transport.MaybeDone, failure.Fate, failure.Error())
}

// The ways in which users' round trippers break the contract of http.RoundTripper.
func TestRoundTrippersThatBreakTheContract(t *testing.T) {
	var logged bytes.Buffer
	before := log.Writer()
	log.SetOutput(&logged)
	defer log.SetOutput(before)
	cause := errors.New("the cause")
	body := func() io.ReadCloser { return io.NopCloser(strings.NewReader(okBody)) }
	tests := []struct {
		name   string
		resp   func() *http.Response
		err    error
		status int // 0: an error
		body   string
	}{
		{name: "neither response nor error", resp: func() *http.Response { return nil }},
		{name: "both", resp: func() *http.Response { return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body()} }, err: cause},
		{name: "both, nil body", resp: func() *http.Response { return &http.Response{StatusCode: 200} }, err: cause},
		{name: "nil body", resp: func() *http.Response { return &http.Response{StatusCode: 200, Header: http.Header{}} }, status: 200},
		{name: "nil header", resp: func() *http.Response { return &http.Response{StatusCode: 200, Body: body()} }, status: 200, body: okBody},
		{name: "nil header of a redirect", resp: func() *http.Response { return &http.Response{StatusCode: 302, Body: body()} }, status: 302, body: okBody},
		{name: "status alone", resp: func() *http.Response { return &http.Response{StatusCode: 204} }, status: 204},
	}
	for _, tt := range tests {
		for _, method := range []string{"POST", "GET"} {
			t.Run(tt.name+" "+method, func(t *testing.T) {
				tr := transport.New(&http.Client{Transport: faketransport.Func(func(*http.Request) (*http.Response, error) {
					return tt.resp(), tt.err
				})})
				r := post("http://x.example")
				r.Method = method
				resp, err := tr.Send(t.Context(), r)
				if tt.status == 0 {
					failure := failureOf(t, err)
					assert.Equal(t, transport.MaybeDone, failure.Fate)
					if tt.err != nil {
						assert.ErrorIs(t, err, tt.err)
					}
					return
				}
				require.NoError(t, err)
				assert.NoError(t, resp.BodyErr)
				assert.Equal(t, tt.status, resp.StatusCode)
				assert.Equal(t, tt.body, resp.Body)
			})
		}
	}
	assert.Empty(t, logged.String())
}
