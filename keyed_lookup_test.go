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

func TestGetEndpointByIdempotencyKey(t *testing.T) {
	bubble(t, "there is one", func(t *testing.T) {
		s := newStandIn()
		s.made(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
		made := s.made(t, keyed)
		before := len(s.Requests())
		found, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), "key-1")
		require.NoError(t, err)
		assert.Equal(t, made.ID, found.ID)
		assert.Equal(t, "key-1", found.IdempotencyKey)
		assert.Equal(t, keyed.Tags, found.Tags)
		assert.Len(t, s.Requests(), before+1, "one list")
	})
	bubble(t, "there is none", func(t *testing.T) {
		s := newStandIn()
		s.made(t, keyed)
		for _, key := range []string{"KEY-1", "key", "key-1~" + digestOf(t, keyed)[:5]} {
			found, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), key)
			assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
			assert.ErrorContains(t, err, key)
			assert.Nil(t, found)
		}
	})
	bubble(t, "it is being deleted", func(t *testing.T) {
		s := newStandIn(vpceptest.WithDeleteDelay(time.Hour))
		c := s.client(t)
		require.NoError(t, c.DeleteEndpoint(t.Context(), s.made(t, keyed).ID))
		_, err := c.GetEndpointByIdempotencyKey(t.Context(), "key-1")
		assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
	})
	bubble(t, "there are two", func(t *testing.T) {
		s := newStandIn()
		s.put(t, keyed)
		time.Sleep(time.Second)
		s.put(t, keyed)
		found, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), "key-1")
		assert.Nil(t, found)
		s.areDuplicates(t, err, s.ids()...)
		assert.Empty(t, s.deleted())
	})
	bubble(t, "lists without tags", func(t *testing.T) {
		s := newStandIn()
		s.change = inLists(without("tags"))
		made := s.made(t, keyed)
		found, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), "key-1")
		require.NoError(t, err)
		assert.Equal(t, made.ID, found.ID)
	})
	bubble(t, "the list fails", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{Status: 403})))
		_, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), "key-1")
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
	})
	for _, key := range []string{"", strings.Repeat("k", 37), "a/b", " a"} {
		bubble(t, "no key: "+key, func(t *testing.T) {
			s := newStandIn()
			_, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), key)
			assert.Equal(t, "idempotency_key", fieldsOf(err))
			assert.Empty(t, s.sequence())
		})
	}
	bubble(t, "the time for the call", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{Stall: time.Hour})))
		begin := time.Now()
		_, err := s.client(t).GetEndpointByIdempotencyKey(t.Context(), "key-1", vpcep.WithCallTimeout(time.Second))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(begin))
	})
}
