package vpceptest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestFaultInsteadOfTheAnswer(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{
		Operation: vpceptest.OpCreate, Times: 2, Status: http.StatusTooManyRequests,
		Header: http.Header{"retry-after": {"3"}, "X-Request-Id": nil},
		Body:   vpceptest.GatewayErrorBody("APIGW.0308", "The throttling threshold has been reached"),
	}))
	assert.Equal(t, http.StatusOK, f.list(t, "").status, "another operation")
	for pending := 2; pending > 0; pending-- {
		require.Equal(t, pending, f.PendingFaults())
		r := f.create(t, minimal)
		assert.Equal(t, http.StatusTooManyRequests, r.status)
		assert.Equal(t, "APIGW.0308", r.code())
		assert.Equal(t, "3", r.header.Get("Retry-After"))
		assert.NotContains(t, r.header, "X-Request-Id")
		assert.Equal(t, "application/json", r.header.Get("Content-Type"))
	}
	assert.Zero(t, f.PendingFaults())
	assert.Empty(t, f.Endpoints())
	f.mustCreate(t, minimal)
}

func TestFaultsArePlayedInOrder(t *testing.T) {
	f := start(t)
	f.Inject(vpceptest.Fault{Status: 500, Body: vpceptest.ErrorBody("EndPoint.0001", "System error. Please retry.")},
		vpceptest.Fault{Operation: vpceptest.OpGet, Status: 502}, vpceptest.Fault{Status: 503})
	wantError(t, f.list(t, ""), 500, "EndPoint.0001")
	assert.Equal(t, 503, f.list(t, "").status)
	assert.Equal(t, 1, f.PendingFaults())
	assert.Equal(t, 200, f.list(t, "").status)
	assert.Equal(t, 502, f.get(t, "x").status)
	assert.Zero(t, f.PendingFaults())
}

func TestFaultBodyOfAProxy(t *testing.T) {
	f := start(t)
	f.Inject(vpceptest.Fault{Status: 504, Body: "<html><body>504 Gateway Time-out</body></html>"},
		vpceptest.Fault{Body: `{"endpoints":"?"}`}, vpceptest.Fault{Status: 502})
	r := f.list(t, "")
	assert.Equal(t, 504, r.status)
	assert.Contains(t, r.header.Get("Content-Type"), "text/html")
	assert.Equal(t, 200, f.list(t, "").status, "a body without a status")
	r = f.list(t, "")
	assert.Equal(t, 502, r.status)
	assert.Empty(t, r.raw)
}

func TestFaultWithoutEnd(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Times: -1, Status: 503}))
	for range 3 {
		assert.Equal(t, 503, f.list(t, "").status)
	}
	assert.Zero(t, f.PendingFaults())
}

func TestFaultAfterEffect(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Status: 504}))
	assert.Equal(t, 504, f.create(t, minimal).status)
	assert.Len(t, f.Endpoints(), 1)
}

func TestFaultAddsAHeader(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Header: http.Header{"X-Extra": {"1"}}}))
	r := f.create(t, minimal)
	assert.Equal(t, 200, r.status)
	assert.Equal(t, "1", r.header.Get("X-Extra"))
}

func TestFaultHitsBeforeAuthentication(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Status: 502}))
	req := f.request(t, http.MethodGet, "/unknown", "")
	req.Header.Del("X-Auth-Token")
	assert.Equal(t, 502, f.send(t, req).status)
}

func TestDrop(t *testing.T) {
	for _, effect := range []bool{false, true} {
		f := start(t, vpceptest.WithFaults(vpceptest.Fault{Drop: true, AfterEffect: effect}))
		_, err := f.hc.Do(f.request(t, http.MethodPost, f.endpoints(), minimal))
		require.ErrorIs(t, err, io.EOF)
		assert.Equal(t, effect, len(f.Endpoints()) == 1)
		require.Len(t, f.Requests(), 1)
		assert.Zero(t, f.Requests()[0].Status)
	}
}

func TestCutBody(t *testing.T) {
	f := start(t, vpceptest.WithFaults(
		vpceptest.Fault{CutBody: true, CutAfter: 10},
		vpceptest.Fault{CutBody: true},
		vpceptest.Fault{CutBody: true, CutAfter: 4, Status: 500, Body: `{"error":{}}`}))
	for _, want := range []struct{ status, sent int }{{200, 10}, {200, 0}, {500, 4}} {
		resp, err := f.hc.Do(f.request(t, http.MethodPost, f.endpoints(), minimal))
		require.NoError(t, err)
		assert.Equal(t, want.status, resp.StatusCode)
		assert.Greater(t, resp.ContentLength, int64(want.sent))
		got, err := io.ReadAll(resp.Body)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Len(t, got, want.sent)
		resp.Body.Close()
	}
	assert.Len(t, f.Endpoints(), 2, "the service's own answer follows its effect")
}

func TestStallEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithFaults(vpceptest.Fault{Stall: time.Minute}))
		begin := time.Now()
		assert.Equal(t, 200, d.do(t, http.MethodPost, "", minimal).status)
		assert.Equal(t, time.Minute, time.Since(begin))
	})
}

func TestStallUntilTheClientGivesUp(t *testing.T) {
	for _, effect := range []bool{false, true} {
		f := start(t, vpceptest.WithFaults(vpceptest.Fault{Stall: time.Hour, AfterEffect: effect}))
		ctx, cancel := context.WithCancel(t.Context())
		stalled := make(chan error, 1)
		go func() {
			_, err := f.hc.Do(f.request(t, http.MethodPost, f.endpoints(), minimal).WithContext(ctx))
			stalled <- err
		}()
		require.Eventually(t, func() bool { return f.PendingFaults() == 0 }, 10*time.Second, time.Millisecond)
		cancel()
		require.ErrorIs(t, <-stalled, context.Canceled)
		f.Close() // waits for the request
		assert.Equal(t, effect, len(f.Endpoints()) == 1)
	}
}

func TestCloseEndsStalls(t *testing.T) {
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Stall: time.Hour}))
	stalled := make(chan error, 1)
	go func() {
		_, err := f.hc.Do(f.request(t, http.MethodGet, f.endpoints(), ""))
		stalled <- err
	}()
	require.Eventually(t, func() bool { return len(f.Requests()) == 1 }, 10*time.Second, time.Millisecond)
	f.Close()
	require.Error(t, <-stalled)
	f.Close() // once more does no harm
}

func TestCloseBreaksOffAClientThatNeverEnds(t *testing.T) {
	f := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(f.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", f.endpoints())
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue", "the server waits for the body, which never comes")

	f.Close()
	require.Len(t, f.Requests(), 1)
	assert.Zero(t, f.Requests()[0].Status)
}

func TestFaultFunc(t *testing.T) {
	var asked []vpceptest.Request
	f := start(t, vpceptest.WithFaults(vpceptest.Fault{Status: 500}),
		vpceptest.WithFaultFunc(func(r *vpceptest.Request) *vpceptest.Fault {
			asked = append(asked, *r)
			r.Body = []byte("changed")
			if r.Operation == vpceptest.OpCreate {
				return &vpceptest.Fault{Status: 503}
			}
			return nil
		}))
	assert.Equal(t, 500, f.create(t, minimal).status, "the script comes first")
	assert.Equal(t, 503, f.create(t, minimal).status)
	assert.Equal(t, 200, f.list(t, "").status)
	require.Len(t, asked, 2)
	assert.Equal(t, minimal, string(f.Requests()[1].Body), "the function has a copy")
}

func TestFaultFuncIsNeverCalledTwiceAtOnce(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2)) // not safe for concurrent use
	f := start(t, vpceptest.WithFaultFunc(func(*vpceptest.Request) *vpceptest.Fault {
		if chance.IntN(2) == 0 {
			return &vpceptest.Fault{Status: 500}
		}
		return nil
	}))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			resp, err := f.hc.Do(f.request(t, http.MethodPost, f.endpoints(), minimal))
			if assert.NoError(t, err) {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	assert.Len(t, f.Requests(), 20)
}

func TestFaultThatCannotBe(t *testing.T) {
	assert.Panics(t, func() { vpceptest.WithFaults(vpceptest.Fault{Status: 99}) })
	f := start(t)
	assert.Panics(t, func() { f.Inject(vpceptest.Fault{Status: -1}) })
}

func TestDropWithoutAServerPanicsAsNetHTTPExpects(t *testing.T) {
	d := newDirect(vpceptest.WithFaults(vpceptest.Fault{Drop: true}))
	defer func() {
		err, _ := recover().(error)
		assert.True(t, errors.Is(err, http.ErrAbortHandler))
		assert.False(t, strings.Contains(err.Error(), "vpceptest"))
	}()
	d.do(t, http.MethodGet, "", "")
}
