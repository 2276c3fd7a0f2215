package vpcep_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// fill adds endpoints that existed before.
func (s *standIn) fill(t *testing.T, n int, change func(i int, r *vpcep.CreateEndpointRequest)) {
	t.Helper()
	c := s.client(t)
	for i := range n {
		req := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "" })
		change(i, &req)
		_, err := c.CreateEndpoint(t.Context(), req)
		require.NoError(t, err)
	}
}

func withoutKeys(int, *vpcep.CreateEndpointRequest) {}

// The cost of a create with a key grows neither with the project nor with the callers.
func TestCostOfKeyedCreates(t *testing.T) {
	const creates, callers = 320, 32
	for _, test := range []struct {
		endpoints int
		options   []vpceptest.Option
	}{
		{0, nil}, {4000, nil}, {4000, []vpceptest.Option{vpceptest.WithFractionalTimes()}}, {4000, []vpceptest.Option{vpceptest.WithListLag(window / 2)}},
	} {
		bubble(t, fmt.Sprint(test.endpoints, len(test.options)), func(t *testing.T) {
			s := newStandIn(append(test.options, vpceptest.WithQuota(10_000), latent(1, 10*time.Millisecond))...)
			s.fill(t, test.endpoints, withoutKeys)
			time.Sleep(time.Hour)
			c := s.client(t)
			_, err := c.GetEndpointByIdempotencyKey(t.Context(), "none")
			require.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
			before := len(s.requests(vpceptest.OpList))
			begin := time.Now()
			keys := make(chan string, creates)
			for i := range creates {
				keys <- fmt.Sprint("key-", i)
			}
			close(keys)
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for key := range keys {
						_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = key }))
						assert.NoError(t, err)
					}
				})
			}
			all.Wait()
			lists := len(s.requests(vpceptest.OpList)) - before
			assert.Equal(t, test.endpoints+creates, s.creates())
			assert.LessOrEqual(t, lists, creates/2)
			t.Logf("%d lists for %d creates in %v", lists, creates, time.Since(begin))
			synctest.Wait()
		})
	}
}

// A client that has searched before reads, of all old endpoints, only the one that carried
// the key, and trusts nothing that it remembers.
func TestOldEndpointOfAKey(t *testing.T) {
	old := func(t *testing.T, name string, test func(t *testing.T, s *standIn, c *vpcep.Client, id string, asked func() string)) {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithQuota(5000), vpceptest.WithDeleteDelay(time.Hour))
			id := s.put(t, keyed)
			s.fill(t, 1500, withoutKeys)
			time.Sleep(time.Hour)
			c := s.client(t)
			for range 2 {
				_, err := c.GetEndpointByIdempotencyKey(t.Context(), "nobody's")
				require.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
				time.Sleep(time.Minute)
			}
			before := len(s.sequence())
			test(t, s, c, id, func() string { return strings.TrimSpace(s.sequence()[before:]) })
		})
	}
	old(t, "is read", func(t *testing.T, s *standIn, c *vpcep.Client, id string, asked func() string) {
		var meta vpcep.ResponseMeta
		e, err := c.CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		assert.Equal(t, id, e.ID)
		assert.True(t, meta.Found)
		assert.Equal(t, "list get", asked())
		e, err = c.GetEndpointByIdempotencyKey(t.Context(), keyed.IdempotencyKey)
		require.NoError(t, err)
		assert.Equal(t, id, e.ID)
		assert.Equal(t, "list get list get", asked())
		_, err = c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
	})
	old(t, "is gone", func(t *testing.T, s *standIn, c *vpcep.Client, id string, _ func() string) {
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), id))
		_, err := c.GetEndpointByIdempotencyKey(t.Context(), keyed.IdempotencyKey)
		assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
		e, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.NotEqual(t, id, e.ID)
	})
	old(t, "cannot be read", func(t *testing.T, s *standIn, c *vpcep.Client, _ string, asked func() string) {
		s.Inject(vpceptest.Fault{Operation: vpceptest.OpGet, Status: 403})
		_, err := c.CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		assert.Equal(t, "list get", asked(), "nothing is made")
	})
	old(t, "has a newer duplicate", func(t *testing.T, s *standIn, c *vpcep.Client, id string, _ func() string) {
		s.put(t, keyed)
		e, err := c.CreateEndpoint(t.Context(), resumed(keyed))
		require.NoError(t, err)
		assert.Equal(t, id, e.ID)
		assert.Len(t, s.deleted(), 1)
	})
	old(t, "got its tag by hand", func(t *testing.T, s *standIn, c *vpcep.Client, _ string, _ func() string) {
		other := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "by-hand" })
		adopted := s.Endpoints()[700].ID
		_, err := s.client(t).Do(t.Context(), vpcep.RawRequest{
			Method: "POST", Path: "/v1/{project_id}/endpoint/" + adopted + "/tags/action",
			Body: map[string]any{"action": "create", "tags": []vpcep.Tag{{Key: vpcep.IdempotencyTagKey, Value: "by-hand"}}},
		})
		require.NoError(t, err)
		time.Sleep(10 * time.Minute)
		e, err := c.CreateEndpoint(t.Context(), other)
		require.NoError(t, err)
		assert.Equal(t, adopted, e.ID, "all is read again by then")
	})
}
