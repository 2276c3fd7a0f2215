package vpcep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A run that was killed has sent its request or not, or the request is still in flight.
func TestResumeAfterACrash(t *testing.T) {
	bubble(t, "before the request", func(t *testing.T) {
		s := newStandIn()
		begin := time.Now()
		var meta vpcep.ResponseMeta
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed), vpcep.WithResponse(&meta))
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.False(t, meta.Found)
		posts := s.requests(vpceptest.OpCreate)
		require.Len(t, posts, 1)
		assert.GreaterOrEqual(t, posts[0].Time.Sub(begin), window, "the earlier run may have sent one right before")
	})
	for _, lag := range []time.Duration{0, window / 2, window - time.Millisecond} {
		bubble(t, "after the request, lag "+lag.String(), func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(lag))
			id := s.put(t, keyed)
			var meta vpcep.ResponseMeta
			e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed), vpcep.WithResponse(&meta))
			require.NoError(t, err)
			s.isOnly(t, e)
			assert.Equal(t, id, e.ID)
			assert.True(t, meta.Found)
			assert.Equal(t, 1, s.creates())
		})
	}
	bubble(t, "with the request on its way", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window / 2))
		time.AfterFunc(window/4, func() { s.put(t, keyed) })
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Equal(t, 1, s.creates())
	})
	bubble(t, "long ago", func(t *testing.T) {
		s := newStandIn()
		id := s.put(t, keyed)
		time.Sleep(time.Hour)
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Equal(t, id, e.ID)
		s.isOnly(t, e)
	})
	bubble(t, "again and again", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window / 2))
		for i := range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*window/2)
			_, err := s.client(t).CreateEndpoint(ctx, resumed(keyed))
			cancel()
			assert.True(t, err == nil || errors.Is(err, context.DeadlineExceeded), "%v", err)
		}
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Equal(t, 1, s.creates())
	})
	bubble(t, "nothing shows in time", func(t *testing.T) {
		s := newStandIn()
		ctx, cancel := context.WithTimeout(t.Context(), window/2)
		defer cancel()
		_, err := s.client(t).CreateEndpoint(ctx, resumed(keyed))
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown, "the earlier run's request is as open as ever")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, s.creates())
	})
}

// A call with Resume does not share the result of a call in progress without it.
func TestResumeBesideAnotherCall(t *testing.T) {
	bubble(t, "of the same client", func(t *testing.T) {
		s := newStandIn()
		older := s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		c := s.client(t)
		first := start(t.Context(), c, keyed)
		second := start(t.Context(), c, resumed(keyed))
		s.areDuplicates(t, (<-first).err, s.ids()...)
		o := <-second
		require.NoError(t, o.err)
		assert.Equal(t, older, o.endpoint.ID)
		assert.Equal(t, []string{older}, s.ids())
	})
}

// What earlier runs left is cleaned up: the oldest endpoint of the key stays, and nothing
// else is deleted.
func TestResumeCleansUp(t *testing.T) {
	for _, lag := range []time.Duration{0, window / 2} {
		bubble(t, "lag "+lag.String(), func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithDeleteDelay(time.Hour))
			otherKey := s.made(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
			noKey := s.made(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "" }))
			older := s.put(t, keyed)
			time.Sleep(time.Second)
			younger := []string{s.put(t, keyed), s.put(t, keyed)}
			e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
			require.NoError(t, err)
			assert.Equal(t, older, e.ID)
			assert.ElementsMatch(t, []string{otherKey.ID, noKey.ID, older}, s.ids())
			assert.ElementsMatch(t, younger, s.deleted())
			assert.Equal(t, 5, s.creates(), "and none of the resumed run")
		})
	}
	bubble(t, "one of them shows late", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window - time.Millisecond))
		older := s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Equal(t, older, e.ID)
		assert.Equal(t, []string{older}, s.ids())
	})
	bubble(t, "of the same second", func(t *testing.T) {
		s := newStandIn()
		first := min(s.put(t, keyed), s.put(t, keyed), s.put(t, keyed))
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Equal(t, first, e.ID, "the first by its ID")
		assert.Equal(t, []string{first}, s.ids())
	})
	bubble(t, "one that cannot be deleted", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(
			vpceptest.Fault{Operation: vpceptest.OpDelete, Status: 403, Body: `{"error_code":"APIGW.0302","error_msg":"no"}`}))
		s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		_, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		s.areDuplicates(t, err, s.ids()...)
	})
	bubble(t, "the process is killed between the deletions", func(t *testing.T) {
		s := newStandIn(vpceptest.WithDeleteDelay(time.Hour))
		older := s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		s.put(t, keyed)
		s.Inject(vpceptest.Fault{Operation: vpceptest.OpDelete, AfterEffect: true},
			vpceptest.Fault{Operation: vpceptest.OpDelete, Stall: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute/2)
		defer cancel()
		_, err := s.client(t).CreateEndpoint(ctx, resumed(keyed))
		require.Error(t, err)
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Equal(t, older, e.ID)
		assert.Equal(t, []string{older}, s.ids())
	})
	bubble(t, "of another request", func(t *testing.T) {
		s := newStandIn()
		id := s.put(t, keyed)
		_, err := s.client(t).CreateEndpoint(t.Context(), with(resumed(keyed), func(r *vpcep.CreateEndpointRequest) { r.Description = "x" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		assert.Equal(t, []string{id}, s.ids())
	})
}

// Without Resume, a call does not delete what it did not create.
func TestWithoutResumeDuplicatesAreReported(t *testing.T) {
	bubble(t, "two left over", func(t *testing.T) {
		s := newStandIn()
		s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		begin := time.Now()
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		s.areDuplicates(t, err, s.ids()...)
		assert.Len(t, s.ids(), 2)
		assert.Empty(t, s.deleted())
		assert.GreaterOrEqual(t, time.Since(begin), window, "their owners may be about to delete them")
		assert.LessOrEqual(t, time.Since(begin), 4*window)

		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err, "Resume helps")
		assert.Equal(t, []string{e.ID}, s.ids())
	})
}
