package vpcep_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// fill makes endpoints that were there before.
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

// What a create with a key costs does not grow with the project, nor with the callers.
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
