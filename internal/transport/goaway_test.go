package transport_test

import (
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/rawserver"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// Servers end an HTTP/2 connection after a number of requests: they say so, and drop
// the streams that come too late. Under load, some requests have the connection by
// then, and have not been written yet: these are certainly unsent, all others that
// fail are certainly unprocessed.
func TestShutdownUnderLoad(t *testing.T) {
	const callers, calls, last = 32, 10, 99
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
				if !c.WaitWhole() || c.ID() > last {
					return
				}
				if c.ID() == last {
					c.GoAway(last, rawserver.NoError, "")
				}
				time.Sleep(time.Millisecond)
				c.Headers()
				c.Data([]byte(okBody), true)
			})
			tr := w.open(t, server.RootCAs)
			var mu sync.Mutex
			fates := map[transport.Fate]int{}
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for range calls {
						_, err := tr.Send(t.Context(), post(server.URL))
						var failure *transport.Error
						if err != nil && assert.ErrorAs(t, err, &failure) {
							mu.Lock()
							fates[failure.Fate]++
							mu.Unlock()
							assert.NotEqual(t, transport.MaybeDone, failure.Fate, err.Error())
							assert.False(t, failure.Permanent)
							assert.NotContains(t, err.Error(), "rewind")
						}
					}
				})
			}
			all.Wait()
			server.Close()
			t.Logf("%d unsent, %d unprocessed", fates[transport.Unsent], fates[transport.Unprocessed])
			assert.Equal(t, callers*calls-fates[transport.Unsent], server.Requests(), "requests that were written")
		})
	}
}

// A second attempt of a request without a body hides what became of the first one.
func TestStoppedTryHidesTheReason(t *testing.T) {
	server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
		c.WaitWhole()
		c.GoAway(0, rawserver.NoError, "")
		c.CloseConn()
	})
	_, err := call{method: "GET"}.send(t, newTransport(t, server.RootCAs), server.URL)
	failure := failureOf(t, err)
	assert.Equal(t, transport.MaybeDone, failure.Fate)
	assert.Contains(t, err.Error(), "for an unknown reason; a second attempt was stopped")
	assert.False(t, errors.Is(err, transport.ErrTimeout) || strings.Contains(err.Error(), "cancel"))
}

// The same for one request: its connection is shut down after it was given to the
// request, and before the request is written.
func TestConnectionLostBeforeTheWrite(t *testing.T) {
	for _, method := range []string{"POST", "GET"} {
		t.Run(method, func(t *testing.T) {
			shutDown := make(chan struct{})
			server := rawserver.HTTP2(t, func(c *rawserver.Stream) {
				c.WaitWhole()
				c.Headers()
				c.Data([]byte(okBody), true)
				if c.Number() == 1 {
					<-shutDown
					c.GoAway(c.ID(), rawserver.NoError, "")
				}
			})
			atSecond := func(next http.RoundTripper) http.RoundTripper {
				requests := 0
				return faketransport.Func(func(req *http.Request) (*http.Response, error) {
					if requests++; requests == 2 {
						gotConn := sync.OnceFunc(func() {
							close(shutDown)
							time.Sleep(200 * time.Millisecond) // until it has arrived
						})
						trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { gotConn() }}
						req = req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
					}
					return next.RoundTrip(req)
				})
			}
			tr := through(atSecond)(t, server.RootCAs)
			warmUp(t, tr, server.URL)
			c := call{method: method, body: 10}
			if method == "GET" {
				c.body = 0
			}
			_, err := c.send(t, tr, server.URL)
			if err != nil {
				assert.Equal(t, transport.Unsent, failureOf(t, err).Fate, err.Error())
				assert.Equal(t, "the connection was lost before the request was written", err.Error())
				assert.Equal(t, "POST", method, "what has no body is written to another connection")
				assert.Equal(t, 1, server.Requests())
			} else {
				assert.Equal(t, 2, server.Requests())
			}
		})
	}
}
