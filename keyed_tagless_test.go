package vpcep_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestListsWithoutTags(t *testing.T) {
	withoutTags := func(opts ...vpceptest.Option) *standIn {
		s := newStandIn(opts...)
		s.change = inLists(without("tags"))
		return s
	}
	bubble(t, "the key is read from the endpoints", func(t *testing.T) {
		s := withoutTags()
		c := s.client(t)
		for _, other := range []vpcep.CreateEndpointRequest{
			{EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net"},
			{EndpointServiceID: "svc-2", VPCID: "vpc", SubnetID: "net"},
			{EndpointServiceID: "svc", VPCID: "vpc-2", SubnetID: "net"},
		} {
			_, err := c.CreateEndpoint(t.Context(), other)
			require.NoError(t, err)
		}
		made, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		found, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, made.ID, found.ID)
		assert.Equal(t, keyed.Tags, found.Tags)
		assert.Equal(t, "create create create list get create list get get list get get list get get", s.sequence(), "only those that may be it are read")
	})
	bubble(t, "and a mismatch is noticed", func(t *testing.T) {
		s := withoutTags()
		made, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		_, err = s.client(t).CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, made)
	})
	bubble(t, "after an unknown outcome", func(t *testing.T) {
		s := withoutTags(vpceptest.WithFaults(madeAndLost), vpceptest.WithListLag(time.Second), vpceptest.WithReadLag(1200*time.Millisecond))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "and reads fail", func(t *testing.T) {
		s := withoutTags()
		made, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.Inject(vpceptest.Fault{Operation: vpceptest.OpGet, Status: 503, Times: -1})
		_, err = s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrServiceUnavailable)
		s.isOnly(t, made)
	})
}

// clouds drop tags in their own ways.
var taglessClouds = map[string]func(s *standIn){
	"tags are dropped": func(s *standIn) { s.ask = without("tags") },
	"tags are dropped, and never shown": func(s *standIn) {
		s.ask, s.change = without("tags"), everywhere(without("tags"))
	},
	"the key's tag alone is dropped": func(s *standIn) {
		s.ask = func(body map[string]any) {
			tags, _ := body["tags"].([]any)
			body["tags"] = slices.DeleteFunc(tags, func(tag any) bool { return tag.(map[string]any)["key"] == vpcep.IdempotencyTagKey })
		}
	},
}

// newTagless returns a standIn of such a cloud.
func newTagless(name string, opts ...vpceptest.Option) *standIn {
	s := newStandIn(opts...)
	taglessClouds[name](s)
	return s
}

// isKeyNotKept asserts the error that says that keys cannot work.
func isKeyNotKept(t *testing.T, err error) {
	t.Helper()
	assert.ErrorIs(t, err, vpcep.ErrKeyNotKept)
	assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown, "the endpoint may exist")
	assert.ErrorContains(t, err, "drops tags")
	assert.NotContains(t, err.Error(), "\n")
}

func TestCloudWithoutTags(t *testing.T) {
	for name := range taglessClouds {
		bubble(t, name+": a create that succeeds says so", func(t *testing.T) {
			s := newTagless(name)
			var meta vpcep.ResponseMeta
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
			require.NoError(t, err)
			s.isOnly(t, e)
			assert.True(t, meta.KeyDropped)
			assert.False(t, meta.Found)
		})
		bubble(t, name+": a lost response leads to no second request", func(t *testing.T) {
			s := newTagless(name, vpceptest.WithFaults(madeAndLost))
			for run := range 3 {
				_, err := s.client(t).CreateEndpoint(t.Context(), resumedIf(run > 0 && name == "tags are dropped, and never shown"))
				isKeyNotKept(t, err)
				assert.Equal(t, 1, s.creates(), "run %d", run)
				if name != "tags are dropped, and never shown" {
					break // another run cannot tell it from an older one that is none of its business
				}
			}
			assert.Len(t, s.ids(), 1)
		})
		bubble(t, name+": so does an answer that is cut behind the ID", func(t *testing.T) {
			s := newTagless(name, vpceptest.WithFaults(onCreate(vpceptest.Fault{AfterEffect: true, CutBody: true, CutAfter: 70})))
			var meta vpcep.ResponseMeta
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
			assert.Equal(t, 1, s.creates())
			if err == nil {
				s.isOnly(t, e)
				assert.True(t, meta.KeyDropped)
				return
			}
			var unknown *vpcep.OutcomeUnknownError
			require.ErrorAs(t, err, &unknown)
			assert.Equal(t, s.ids(), []string{unknown.EndpointID})
		})
		bubble(t, name+": nothing was made", func(t *testing.T) {
			s := newTagless(name, vpceptest.WithFaults(notMade))
			var meta vpcep.ResponseMeta
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
			require.NoError(t, err, "nothing there could be it")
			s.isOnly(t, e)
			assert.True(t, meta.KeyDropped)
		})
	}
}

func resumedIf(resume bool) vpcep.CreateEndpointRequest {
	req := keyed
	req.Resume = resume
	return req
}

// If lists show tags, an endpoint without the key that may be the result, and is not older
// than the first request, is a reason to stop.
func TestLookalikes(t *testing.T) {
	lookalike := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "" })
	tests := map[string]struct {
		other vpcep.CreateEndpointRequest
		ago   time.Duration
		stops bool
	}{
		"new":              {lookalike, 0, true},
		"older":            {lookalike, time.Minute, false},
		"of another VPC":   {with(lookalike, func(r *vpcep.CreateEndpointRequest) { r.VPCID = "vpc-2" }), 0, false},
		"of another net":   {with(lookalike, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }), 0, false},
		"of a service":     {with(lookalike, func(r *vpcep.CreateEndpointRequest) { r.EndpointServiceID = "svc-2" }), 0, false},
		"with another key": {with(lookalike, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }), 0, false},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn()
			if tt.ago > 0 {
				s.put(t, tt.other)
				time.Sleep(tt.ago)
			}
			s.Inject(notMade)
			call := start(t.Context(), s.client(t), keyed)
			if tt.ago == 0 {
				s.put(t, tt.other)
			}
			o := <-call
			if tt.stops {
				isKeyNotKept(t, o.err)
				assert.Equal(t, 2, s.creates(), "one is that of the other")
				return
			}
			require.NoError(t, o.err)
			assert.Contains(t, s.ids(), o.endpoint.ID)
			assert.False(t, o.meta.KeyDropped)
			assert.Len(t, s.ids(), 2)
		})
	}
	bubble(t, "a resumed call does not know when its first request was", func(t *testing.T) {
		s := newStandIn()
		s.put(t, lookalike)
		s.Inject(notMade)
		e, err := s.client(t).CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Len(t, s.ids(), 2)
		assert.Empty(t, s.deleted())
		assert.Contains(t, s.ids(), e.ID)
	})
}
