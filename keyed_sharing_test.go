package vpcep_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestConcurrentCallersShareOneCreate(t *testing.T) {
	slow := onCreate(vpceptest.Fault{Stall: time.Second})
	const callers = 10
	bubble(t, "one endpoint, and a copy for each caller", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(slow))
		c := s.client(t)
		var calls []<-chan outcome
		for range callers {
			calls = append(calls, start(t.Context(), c, keyed))
		}
		var all []*vpcep.Endpoint
		for _, call := range calls {
			o := <-call
			require.NoError(t, o.err)
			all = append(all, o.endpoint)
		}
		assert.Equal(t, firstCase, s.sequence())
		for _, e := range all {
			s.isOnly(t, e)
			assert.Equal(t, keyed.Tags, e.Tags)
			e.Tags[0].Value = "changed"
			e.ActiveStatus[0] = "changed"
		}
	})
	bubble(t, "one refusal", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Second, Status: 403})))
		c := s.client(t)
		first, second := start(t.Context(), c, keyed), start(t.Context(), c, keyed)
		assert.ErrorIs(t, (<-first).err, vpcep.ErrForbidden)
		assert.ErrorIs(t, (<-second).err, vpcep.ErrForbidden)
		assert.Equal(t, "list create", s.sequence())
	})
	bubble(t, "another request is a mismatch", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(slow), vpceptest.WithListLag(window/2))
		c := s.client(t)
		first := start(t.Context(), c, keyed)
		second := start(t.Context(), c, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		third := start(t.Context(), c, keyed)
		s.isOnly(t, (<-first).endpoint)
		assert.ErrorIs(t, (<-second).err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, (<-third).endpoint)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "other keys do not wait", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Hour})))
		c := s.client(t, vpcep.WithAttemptTimeout(2*time.Hour))
		first := start(t.Context(), c, keyed)
		begin := time.Now()
		_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
		require.NoError(t, err)
		assert.Equal(t, time.Second, time.Since(begin))
		assert.NoError(t, (<-first).err)
	})
}

// A caller that gives up leaves the key, and what its request may have created, to the next.
func TestCancelledCallersLeaveTheKeyToOthers(t *testing.T) {
	const callers = 10
	for name, f := range map[string]vpceptest.Fault{
		"made":     {Operation: vpceptest.OpCreate, AfterEffect: true, Stall: time.Hour},
		"not made": {Operation: vpceptest.OpCreate, Stall: time.Hour},
	} {
		bubble(t, "the first one is cancelled with its request in flight, "+name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithFaults(f), vpceptest.WithListLag(time.Second))
			c := s.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			first := start(ctx, c, keyed)
			second, third := start(t.Context(), c, keyed), start(t.Context(), c, keyed)
			cancel()
			o := <-first
			assert.ErrorIs(t, o.err, context.Canceled)
			assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown)
			e := (<-second).endpoint
			s.isOnly(t, e)
			assert.Equal(t, e, (<-third).endpoint)
			assert.Len(t, s.requests(vpceptest.OpCreate), map[string]int{"made": 1, "not made": 2}[name])
		})
	}
	bubble(t, "the first one is canceled while it searches", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(madeAndLost), vpceptest.WithListLag(time.Second))
		c := s.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		first, second := start(ctx, c, keyed), start(t.Context(), c, keyed)
		o := <-first
		assert.ErrorIs(t, o.err, context.DeadlineExceeded)
		assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown)
		s.isOnly(t, (<-second).endpoint)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "all are cancelled", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Hour})))
		c := s.client(t)
		ctx, cancel := context.WithCancel(t.Context())
		var calls []<-chan outcome
		for range callers {
			calls = append(calls, start(ctx, c, keyed))
		}
		time.Sleep(time.Second)
		cancelled := time.Now()
		cancel()
		for i, call := range calls {
			o := <-call
			assert.Equal(t, cancelled, o.at)
			assert.ErrorIs(t, o.err, context.Canceled)
			assert.Equal(t, i == 0, errors.Is(o.err, vpcep.ErrOutcomeUnknown), "only the first one has sent anything")
		}
		assert.Equal(t, "list create", s.sequence())
	})
	bubble(t, "one after the other is cancelled", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		c := s.client(t)
		ctx, cancel := context.WithCancel(t.Context())
		first := start(ctx, c, keyed)
		later, cancelLater := context.WithCancel(t.Context())
		second := start(later, c, keyed)
		cancel()
		assert.ErrorIs(t, (<-first).err, vpcep.ErrOutcomeUnknown)
		time.Sleep(window / 2)
		cancelLater()
		o := <-second
		assert.ErrorIs(t, o.err, context.Canceled)
		assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown, "the request of the first one is as open as ever")
		assert.Equal(t, 1, strings.Count(s.sequence(), "create"))
	})
}

func TestLaterCallerGetsNoOldResult(t *testing.T) {
	slow := onCreate(vpceptest.Fault{Stall: time.Second})
	bubble(t, "a later caller gets no old result", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		s.Inject(slow)
		first := start(t.Context(), c, keyed)
		ctx, cancel := context.WithCancel(t.Context())
		second := start(ctx, c, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		s.Inject(onList(vpceptest.Fault{Times: 2}), onList(vpceptest.Fault{Stall: time.Hour})) // holds up the second
		made := (<-first).endpoint
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), made.ID))
		third := start(t.Context(), c, keyed)
		cancel()
		assert.ErrorIs(t, (<-second).err, context.Canceled)
		e := (<-third).endpoint
		require.NotNil(t, e)
		assert.NotEqual(t, made.ID, e.ID)
		assert.Equal(t, []string{e.ID}, s.ids())
	})
}
