package rawserver_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vpcep/vpcep-go/internal/rawserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	answer   = `{"ok":1}`
	answer11 = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n" + answer
)

func client(t *testing.T, server *rawserver.Server) *http.Client {
	transport := &http.Transport{
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 10,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: server.RootCAs},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func do(t *testing.T, c *http.Client, method, url, body string) (string, error) {
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, r)
	require.NoError(t, err)
	return send(c, req)
}

func send(c *http.Client, req *http.Request) (string, error) {
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// well responds as a server should.
func well(c *rawserver.Stream) {
	c.WaitWhole()
	c.Headers()
	c.Data([]byte(answer), true)
}

// wellAfter responds well after misbehaving for the first n requests.
func wellAfter(n int, misbehave func(*rawserver.Stream)) func(*rawserver.Stream) {
	return func(c *rawserver.Stream) {
		if c.Number() > n {
			well(c)
			return
		}
		misbehave(c)
	}
}

func TestHTTP2Answers(t *testing.T) {
	var mu sync.Mutex
	var ids []uint32
	server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
		mu.Lock()
		ids = append(ids, c.ID())
		mu.Unlock()
		well(c)
	})
	c := client(t, server)
	for _, body := range []string{"", "body", strings.Repeat("x", 40<<10)} {
		got, err := do(t, c, "POST", server.URL, body)
		require.NoError(t, err)
		assert.Equal(t, answer, got)
	}
	server.Close()
	assert.Equal(t, []uint32{1, 3, 5}, ids)
	assert.Equal(t, 3, server.Requests())
	assert.Equal(t, 1, server.Connections())
}

// More headers than fit into one frame go on in CONTINUATION frames.
func TestHTTP2TakesLongHeaders(t *testing.T) {
	server := rawserver.HTTP2(t, well)
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, http.NoBody)
	require.NoError(t, err)
	req.Header.Set("X-Long", strings.Repeat("~", 50<<10))
	got, err := send(client(t, server), req)
	require.NoError(t, err)
	assert.Equal(t, answer, got)
	assert.Equal(t, 1, server.Requests())
}

func TestHTTP2SendsLongAnswers(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
		c.Headers()
		c.Data([]byte(long), true)
	})
	got, err := do(t, client(t, server), "GET", server.URL, "")
	require.NoError(t, err)
	assert.Equal(t, len(long), len(got))
}

// A request whose body does not fit into the window never completes.
func TestHTTP2NeverOpensTheWindow(t *testing.T) {
	whole := make(chan bool, 1)
	server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
		assert.True(t, c.WaitBody(rawserver.Window))
		c.Reset(rawserver.InternalError)
		c.CloseConn()
		whole <- c.WaitWhole()
	})
	_, err := do(t, client(t, server), "POST", server.URL, strings.Repeat("x", 200<<10))
	assert.ErrorContains(t, err, "INTERNAL_ERROR")
	assert.False(t, <-whole)
}

func TestHTTP2Misbehaves(t *testing.T) {
	tests := []struct {
		name      string
		misbehave func(*rawserver.Stream)
		want      string
	}{
		{"reset", func(c *rawserver.Stream) { c.Reset(rawserver.EnhanceYourCalm) }, "ENHANCE_YOUR_CALM"},
		{"reset with an unknown code", func(c *rawserver.Stream) { c.Reset(0xff) }, "0xff"},
		{"reset in the answer", func(c *rawserver.Stream) {
			c.Headers()
			c.Data([]byte(`{"ok"`), false)
			c.Reset(rawserver.InternalError)
		}, "INTERNAL_ERROR"},
		{"shutdown", func(c *rawserver.Stream) {
			c.GoAway(c.ID(), rawserver.ProtocolError, "why")
			c.CloseConn()
		}, `ErrCode=PROTOCOL_ERROR, debug="why"`},
		{"closed", (*rawserver.Stream).CloseConn, "EOF"},
		{"broken headers", (*rawserver.Stream).BrokenHeaders, "COMPRESSION_ERROR"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := rawserver.HTTP2(t, tt.misbehave)
			_, err := do(t, client(t, server), "POST", server.URL, "body")
			assert.ErrorContains(t, err, tt.want)
			server.Close()
			assert.Equal(t, 1, server.Requests())
		})
	}
	t.Run("aborted", func(t *testing.T) { // which error comes depends on what the client was doing
		server := rawserver.HTTP2(t, (*rawserver.Stream).AbortConn)
		_, err := do(t, client(t, server), "POST", server.URL, "body")
		assert.Error(t, err)
		server.Close()
		assert.Equal(t, 1, server.Requests())
	})
}

// What the transport package guards against: net/http sends a request again by itself.
func TestNetHTTPRepeatsRequestsOfHTTP2(t *testing.T) {
	refuse := func(c *rawserver.Stream) { c.Reset(rawserver.RefusedStream) }
	leave := func(c *rawserver.Stream) {
		c.GoAway(0, rawserver.NoError, "")
		c.CloseConn()
	}
	tests := []struct {
		name, method, body string
		misbehave          func(*rawserver.Stream)
	}{
		{"GET, REFUSED_STREAM", "GET", "", refuse},
		{"POST, REFUSED_STREAM", "POST", "body", refuse},
		{"GET, GOAWAY", "GET", "", leave},
		{"POST, GOAWAY", "POST", "body", leave},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := rawserver.HTTP2(t, wellAfter(1, tt.misbehave))
			got, err := do(t, client(t, server), tt.method, server.URL, tt.body)
			require.NoError(t, err)
			assert.Equal(t, answer, got)
			server.Close()
			assert.Equal(t, 2, server.Requests())
		})
	}
}

func TestHTTP1Answers(t *testing.T) {
	for name, listen := range map[string]func(testing.TB, func(*rawserver.Exchange)) *rawserver.Server{
		"plain": rawserver.HTTP1,
		"TLS":   rawserver.HTTP1TLS,
	} {
		t.Run(name, func(t *testing.T) {
			server := listen(t, func(x *rawserver.Exchange) {
				assert.Equal(t, x.Number(), x.OnConnection())
				assert.Equal(t, "POST", x.ReadHead().Method)
				if x.Number() > 1 { // else the server has to find the next request by itself
					assert.Equal(t, "body", string(x.ReadBody()))
				}
				x.Write(answer11)
			})
			c := client(t, server)
			for range 3 {
				got, err := do(t, c, "POST", server.URL, "body")
				require.NoError(t, err)
				assert.Equal(t, answer, got)
			}
			server.Close()
			assert.Equal(t, 3, server.Requests())
			assert.Equal(t, 1, server.Connections())
		})
	}
}

func TestHTTP1Closes(t *testing.T) {
	end := map[string]func(*rawserver.Exchange){
		"closed":  (*rawserver.Exchange).Close,
		"aborted": (*rawserver.Exchange).Abort,
	}
	after := map[string]func(*rawserver.Exchange){
		"the first byte": func(*rawserver.Exchange) {},
		"the headers":    func(x *rawserver.Exchange) { x.ReadHead() },
		"the body":       func(x *rawserver.Exchange) { x.ReadBody() },
	}
	for what, end := range end {
		for when, read := range after {
			t.Run(what+" after "+when, func(t *testing.T) {
				server := rawserver.HTTP1(t, func(x *rawserver.Exchange) {
					read(x)
					end(x)
				})
				_, err := do(t, client(t, server), "POST", server.URL, strings.Repeat("x", 200<<10))
				assert.Error(t, err)
				server.Close()
				assert.Equal(t, 1, server.Requests())
			})
		}
	}
}

// What the transport package guards against: every kept connection that died unseen
// is one more request, also for a POST that carries a key.
func TestNetHTTPRepeatsRequestsOfHTTP1(t *testing.T) {
	const kept = 5
	tests := []struct {
		name, method, key string
		want              int
	}{
		{"GET", "GET", "", kept + 1},
		{"POST", "POST", "", 1},
		{"POST with a key", "POST", "key", kept + 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var together sync.WaitGroup // so that each request needs a connection of its own
			together.Add(kept)
			server := rawserver.HTTP1(t, func(x *rawserver.Exchange) {
				if x.Number() > kept {
					x.Close()
					return
				}
				together.Done()
				together.Wait()
				x.Write(answer11)
			})
			c := client(t, server)
			var done sync.WaitGroup
			for range kept {
				done.Go(func() {
					_, err := do(t, c, "GET", server.URL, "")
					assert.NoError(t, err)
				})
			}
			done.Wait()
			req, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL, bytes.NewReader(nil))
			require.NoError(t, err)
			if tt.key != "" {
				req.Header.Set("Idempotency-Key", tt.key)
			}
			_, err = send(c, req)
			assert.Error(t, err)
			server.Close()
			assert.Equal(t, tt.want, server.Requests()-kept)
		})
	}
}

func TestCodeName(t *testing.T) {
	assert.Equal(t, "NO_ERROR", rawserver.CodeName(rawserver.NoError))
	assert.Equal(t, "REFUSED_STREAM", rawserver.CodeName(rawserver.RefusedStream))
	assert.Equal(t, "HTTP_1_1_REQUIRED", rawserver.CodeName(rawserver.LastCode))
	assert.Equal(t, "0xff", rawserver.CodeName(0xff))
}

func TestHTTP2Plain(t *testing.T) {
	server := rawserver.HTTP2Plain(t, well)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	for range 3 {
		got, err := do(t, &http.Client{Transport: transport}, "POST", server.URL, "body")
		require.NoError(t, err)
		assert.Equal(t, answer, got)
	}
	server.Close()
	assert.Equal(t, 3, server.Requests())
}
