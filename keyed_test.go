package vpcep_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestKeyedCreate(t *testing.T) {
	bubble(t, "good case", func(t *testing.T) {
		s := newStandIn()
		var meta vpcep.ResponseMeta
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		assert.Equal(t, firstCase, s.sequence())
		s.isOnly(t, e)
		assert.Equal(t, keyed.Tags, e.Tags)
		assert.False(t, meta.Found)
		assert.False(t, meta.KeyDropped)
		assert.Equal(t, []vpceptest.Tag{{Key: "env", Value: "test"}, {Key: "vpcep-idempotency-key", Value: "key-1~" + digestOf(t, keyed)}}, s.Endpoints()[0].Tags)
	})
	bubble(t, "good case, again", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		sequence := []string{firstCase, goodCase, goodCase}
		for i := range sequence {
			time.Sleep(100 * time.Millisecond) // into a second
			begin := time.Now()
			_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = string(rune('a' + i)) }))
			require.NoError(t, err)
			assert.Equal(t, time.Second, time.Since(begin), "which the service's clock shows to be enough")
		}
		assert.Equal(t, strings.Join(sequence, " "), s.sequence())
		time.Sleep(time.Hour)
		before := s.sequence()
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, before+" "+firstCase, s.sequence(), "what was measured long ago is measured again")
	})
	bubble(t, "reads show the key, and not its tag", func(t *testing.T) {
		s := newStandIn()
		e := s.made(t, keyed)
		c := s.client(t)
		read, err := c.GetEndpoint(t.Context(), e.ID)
		require.NoError(t, err)
		assert.Equal(t, "key-1", read.IdempotencyKey)
		assert.Equal(t, keyed.Tags, read.Tags)
		for listed, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{}) {
			require.NoError(t, err)
			assert.Equal(t, "key-1", listed.IdempotencyKey)
			assert.Equal(t, keyed.Tags, listed.Tags)
		}
	})
	bubble(t, "a project with more endpoints than a page holds", func(t *testing.T) {
		const others = 1001
		s := newStandIn(vpceptest.WithQuota(2 * others))
		c := s.client(t)
		for range others {
			_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "" }))
			require.NoError(t, err)
		}
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, strings.ReplaceAll(firstCase, "list", "list list"), s.sequence()[others*len("create "):], "a request for each 1,000 endpoints")
	})
	bubble(t, "refused", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Status: 403})))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown, "nothing was made, for certain")
		assert.Equal(t, "list create", s.sequence())
	})
	bubble(t, "a key of 36 characters", func(t *testing.T) {
		const uuid = "0b7f6a53-5d3c-4a0e-9a62-3c0a0a4d6a11"
		s := newStandIn()
		e := s.made(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = uuid }))
		assert.Equal(t, uuid, e.IdempotencyKey)
		value := s.Endpoints()[0].Tags[1].Value
		assert.Len(t, value, 43, "all that a tag's value can hold")
	})
	bubble(t, "a key of 37 characters", func(t *testing.T) {
		s := newStandIn()
		_, err := s.client(t).CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = strings.Repeat("k", 37) }))
		assert.Equal(t, "idempotency_key", fieldsOf(err))
		assert.Empty(t, s.sequence())
	})
}

// A call returns once the second in which its endpoint was created is over by the service's
// clock: until then, another one may come before it.
func TestKeyedCreateWaitsForItsSecond(t *testing.T) {
	const into = 700 * time.Millisecond // of a second, when the create is sent
	fractional := []vpceptest.Option{vpceptest.WithFractionalTimes()}
	tests := map[string]struct {
		options []vpceptest.Option
		undated bool
		takes   time.Duration // the request
		want    time.Duration // the call
		lists   int           // after the request
	}{
		"whole seconds":           {nil, false, 0, time.Second, 2},
		"whole seconds, no dates": {nil, true, 0, time.Second, 2},
		"fractions":               {fractional, false, 0, time.Second - into, 2},
		"fractions, no dates":     {fractional, true, 0, time.Second - into, 2},
		// An earlier endpoint of the same second may appear later, by as long as the create took.
		"a slow create":            {nil, false, 600 * time.Millisecond, 1200 * time.Millisecond, 2},
		"a slow create, no dates":  {nil, true, 600 * time.Millisecond, 2200 * time.Millisecond, 2},
		"a slow create, fractions": {fractional, true, 200 * time.Millisecond, 700 * time.Millisecond, 2},
		"a very slow create":       {nil, false, 3 * time.Second, 3 * time.Second, 1},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(tt.options...)
			s.undated = tt.undated
			time.Sleep(into)
			s.Inject(onCreate(vpceptest.Fault{AfterEffect: true, Stall: tt.takes}))
			begin := time.Now()
			s.isOnly(t, s.made(t, keyed))
			assert.Equal(t, tt.want, time.Since(begin))
			assert.Equal(t, "list create"+strings.Repeat(" list", tt.lists), s.sequence())
		})
	}
	bubble(t, "a service without times", func(t *testing.T) {
		s := newStandIn()
		s.change = everywhere(without("created_at"))
		begin := time.Now()
		s.isOnly(t, s.made(t, keyed))
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestOtherKeysAreOtherEndpoints(t *testing.T) {
	bubble(t, "several", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		for _, key := range []string{"a", "b", "", "", "KEY", "key"} {
			_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = key }))
			require.NoError(t, err)
		}
		assert.Len(t, s.ids(), 6)
	})
}

func TestKeyOfADeletedEndpointIsFree(t *testing.T) {
	for name, again := range map[string]struct {
		client   func(s *standIn, t *testing.T, c *vpcep.Client) *vpcep.Client
		sequence string
	}{
		"same client":    {func(_ *standIn, _ *testing.T, c *vpcep.Client) *vpcep.Client { return c }, goodCase},
		"another client": {func(s *standIn, t *testing.T, _ *vpcep.Client) *vpcep.Client { return s.client(t) }, firstCase},
	} {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithDeleteDelay(time.Hour)) // lists show it as deleting
			c := s.client(t)
			first, err := c.CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			require.NoError(t, c.DeleteEndpoint(t.Context(), first.ID))
			start := time.Now()
			second, err := again.client(s, t, c).CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			assert.NotEqual(t, first.ID, second.ID)
			assert.Equal(t, []string{second.ID}, s.ids())
			assert.Equal(t, firstCase+" delete "+again.sequence, s.sequence())
			assert.Equal(t, time.Second, time.Since(start), "it is known to be gone")
		})
	}
	bubble(t, "deleted behind the client's back", func(t *testing.T) {
		s := newStandIn(vpceptest.WithDeleteDelay(0))
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), first.ID))
		second, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, second.ID)
	})
}

// A client remembers the ID of an endpoint that a response named and no list shows, and
// reads it.
func TestRepeatWithListsSlowerThanTheWindow(t *testing.T) {
	slow := vpceptest.WithListLag(10 * window)
	bubble(t, "after a success", func(t *testing.T) {
		s := newStandIn(slow)
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		for _, pause := range []time.Duration{0, 2 * window, 20 * window} {
			time.Sleep(pause)
			var meta vpcep.ResponseMeta
			again, err := c.CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
			require.NoError(t, err)
			assert.Equal(t, first.ID, again.ID)
			assert.True(t, meta.Found)
			s.isOnly(t, again)
		}
		assert.Equal(t, 1, s.creates())
	})
	bubble(t, "deleted meanwhile by another client", func(t *testing.T) {
		s := newStandIn(slow, vpceptest.WithDeleteDelay(time.Hour))
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		time.Sleep(2 * window)
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), first.ID))
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, again.ID, "it was remembered, and is gone")
		assert.Equal(t, []string{again.ID}, s.ids())
	})
}

// A client remembers what it has sent, for as long as lists may not show it.
func TestRepeatOnTheSameClient(t *testing.T) {
	bubble(t, "after a success, with lists that lag", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window / 2))
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		s.isOnly(t, again)
		_, err = c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.VPCID = "vpc-2" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, again)
	})
	bubble(t, "after a success, with lists and reads that lag", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Second), vpceptest.WithReadLag(time.Second))
		c := s.client(t)
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
	})
	bubble(t, "after an unknown outcome", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Second), vpceptest.WithFaults(madeAndLost))
		c := s.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.CreateEndpoint(ctx, keyed)
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "after an unknown outcome, with nothing created", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		c := s.client(t, vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
	})
}
