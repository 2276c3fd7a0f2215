package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestDeadlineOfAKeyedCreate(t *testing.T) {
	bubble(t, "no wait begins that would outlast the deadline", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		ctx, cancel := context.WithTimeout(t.Context(), window/2)
		defer cancel()
		_, err := s.client(t).CreateEndpoint(ctx, keyed)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.NoError(t, ctx.Err())
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
}

func TestCancelledKeyedCreate(t *testing.T) {
	throttled := onCreate(vpceptest.Fault{Status: 429, Header: http.Header{"Retry-After": {"15"}}, Times: -1})
	stalled := vpceptest.Fault{Stall: time.Hour}
	afterStall := onCreate(vpceptest.Fault{Stall: time.Hour, AfterEffect: true})
	const second = 2500 * time.Millisecond // when the second request is sent, as lists show nothing
	tests := map[string]struct {
		faults  []vpceptest.Fault
		after   time.Duration
		posts   int
		unknown bool
	}{
		"before anything":           {nil, 0, 0, false},
		"first search":              {[]vpceptest.Fault{onList(stalled)}, time.Second, 0, false},
		"request, not made":         {[]vpceptest.Fault{onCreate(stalled)}, time.Second, 1, true},
		"request, made":             {[]vpceptest.Fault{afterStall}, time.Second, 1, true},
		"wait after throttling":     {[]vpceptest.Fault{throttled}, time.Second, 1, false},
		"pause between searches":    {[]vpceptest.Fault{notMade}, time.Second, 1, true},
		"search after the request":  {[]vpceptest.Fault{notMade, onList(vpceptest.Fault{}), onList(stalled)}, time.Second, 1, true},
		"second request":            {[]vpceptest.Fault{notMade, onCreate(stalled)}, second + time.Second, 2, true},
		"second request, throttled": {[]vpceptest.Fault{notMade, throttled}, second + time.Second, 2, true},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(time.Hour), vpceptest.WithFaults(tt.faults...))
			c := s.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.after == 0 {
				cancel()
			}
			time.AfterFunc(tt.after, cancel)
			start := time.Now()
			e, err := c.CreateEndpoint(ctx, keyed)
			assert.Nil(t, e)
			assert.Equal(t, tt.after, time.Since(start))
			require.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, tt.unknown, errors.Is(err, vpcep.ErrOutcomeUnknown), "%v", err)
			assert.Equal(t, tt.posts, s.creates())
			assert.NotContains(t, err.Error(), "\n")
			assert.NotContains(t, err.Error(), "waiting for another create")
		})
	}
}

// A successful response is never lost, whatever happens to the searches after it.
func TestKeyedCreateKeepsItsAnswer(t *testing.T) {
	failing := onList(vpceptest.Fault{Status: 500, Body: `{"error":{"code":"EndPoint.0001","message":"System error."}}`, Times: -1})
	refusing := onList(vpceptest.Fault{Status: 403, Body: `{"error_code":"PEP4.0003","error_msg":"no"}`, Times: -1})
	first := onList(vpceptest.Fault{})
	tests := map[string]struct {
		lag    time.Duration
		faults []vpceptest.Fault
		cancel time.Duration // 0: never
		within time.Duration
	}{
		"cancelled in the pause":             {time.Hour, nil, 150 * time.Millisecond, 150 * time.Millisecond},
		"cancelled in the wait":              {0, nil, 150 * time.Millisecond, 150 * time.Millisecond},
		"cancelled in a search":              {0, []vpceptest.Fault{first, onList(vpceptest.Fault{Stall: time.Hour})}, time.Second, time.Second},
		"the searches fail":                  {0, []vpceptest.Fault{first, failing}, 0, 10 * time.Second},
		"the searches are refused":           {0, []vpceptest.Fault{first, refusing}, 0, 0},
		"the searches never show it":         {time.Hour, nil, 0, window + time.Second},
		"the first request failed, and that": {time.Hour, []vpceptest.Fault{notMade}, 0, 2*window + 2*time.Second},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(tt.lag), vpceptest.WithFaults(tt.faults...))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.cancel > 0 {
				time.AfterFunc(tt.cancel, cancel)
			}
			begin := time.Now()
			var meta vpcep.ResponseMeta
			e, err := s.client(t).CreateEndpoint(ctx, keyed, vpcep.WithResponse(&meta))
			require.NoError(t, err)
			s.isOnly(t, e)
			assert.Equal(t, keyed.Tags, e.Tags)
			assert.LessOrEqual(t, time.Since(begin), tt.within)
			assert.False(t, meta.Found)
			assert.False(t, meta.KeyDropped)
		})
	}
	bubble(t, "a deadline that the wait would outlast", func(t *testing.T) {
		s := newStandIn()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		e, err := s.client(t).CreateEndpoint(ctx, keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.NoError(t, ctx.Err())
	})
}

// The sample answer of the specification is for another VPC, service and subnet than its
// sample request, and shows no tags. It is a success.
func TestSpecificationsSampleAnswerIsASuccess(t *testing.T) {
	const sample = `{"id":"4189d3c2-8882-4871-a3c2-d380272eed83","service_type":"interface","marker_id":322312312312,"status":"creating",
		"vpc_id":"4189d3c2-8882-4871-a3c2-d380272eed83","enable_dns":false,"endpoint_service_name":"test123",
		"endpoint_service_id":"test123","project_id":"6e9dfd51d1124e8d8498dce894923a0d","whitelist":["127.0.0.1"],
		"enable_whitelist":true,"created_at":"2018-01-30T07:42:01.174","update_at":"2018-01-30T07:42:01.174",
		"tags":[{"key":"test1","value":"test1"}]}`
	for name, body := range map[string]string{
		"with its tags":      sample,
		"without tags":       before(sample, `"created_at"`) + `"created_at":"2018-01-30T07:42:01.174"}`,
		"nothing but the ID": `{"id":"4189d3c2-8882-4871-a3c2-d380272eed83"}`,
	} {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Body: body})))
			e, err := s.client(t).CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
				SubnetID: "68bfbcc1-dff2-47e4-a9d4-332b9bc1b8de", VPCID: "84758cf5-9c62-43ae-a778-3dbd8370c0a4",
				EndpointServiceID: "e0c748b7-d982-47df-ba06-b9c8c7650c1a", EnableDNS: false, IdempotencyKey: "key-1",
			})
			require.NoError(t, err)
			assert.Equal(t, "4189d3c2-8882-4871-a3c2-d380272eed83", e.ID)
			assert.Equal(t, "key-1", e.IdempotencyKey)
			assert.Equal(t, 1, s.creates())
		})
	}
}

func TestCancelledContextSaysSo(t *testing.T) {
	for _, busy := range []bool{false, true} {
		bubble(t, fmt.Sprint("another caller is at work: ", busy), func(t *testing.T) {
			s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Minute})))
			c := s.client(t)
			var other <-chan outcome
			if busy {
				other = start(t.Context(), c, keyed)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for range 100 { // a select would choose at random
				_, err := c.CreateEndpoint(ctx, keyed)
				require.ErrorIs(t, err, context.Canceled)
				require.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
				require.NotContains(t, err.Error(), "waiting for another create")
			}
			if busy {
				require.NoError(t, (<-other).err)
			}
		})
	}
}

// before returns the text before a part of it.
func before(text, part string) string {
	head, _, _ := strings.Cut(text, part)
	return head
}
