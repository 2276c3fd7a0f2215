package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// latent delays each request, so that callers overtake each other.
func latent(seed uint64, most time.Duration) vpceptest.Option {
	random := rand.New(rand.NewPCG(seed, 0))
	return vpceptest.WithFaultFunc(func(*vpceptest.Request) *vpceptest.Fault {
		return &vpceptest.Fault{Stall: rand.N(1+most) + time.Duration(random.Int64N(1+int64(most))), AfterEffect: random.IntN(2) == 0}
	})
}

// race lets separate clients create with the same key at the same moment.
func (s *standIn) race(t *testing.T, n int, req vpcep.CreateEndpointRequest) (outcomes []outcome) {
	t.Helper()
	done := make(chan outcome, n)
	for range n {
		c := s.client(t)
		go func() {
			var o outcome
			o.endpoint, o.err = c.CreateEndpoint(t.Context(), req, vpcep.WithResponse(&o.meta))
			o.at = time.Now()
			done <- o
		}()
	}
	for range n {
		outcomes = append(outcomes, <-done)
	}
	return outcomes
}

// agreed asserts that all callers got the only remaining endpoint.
func (s *standIn) agreed(t *testing.T, outcomes []outcome) {
	t.Helper()
	left := s.ids()
	require.Len(t, left, 1)
	for _, o := range outcomes {
		require.NoError(t, o.err)
		assert.Equal(t, left[0], o.endpoint.ID)
		assert.Equal(t, "key-1", o.endpoint.IdempotencyKey)
	}
}

// found returns how many callers were told that they did not create it.
func found(outcomes []outcome) (n int) {
	for _, o := range outcomes {
		if o.meta.Found {
			n++
		}
	}
	return n
}

func TestRace(t *testing.T) {
	lists := map[string]vpceptest.Option{
		"no lag":         vpceptest.WithListLag(0),
		"lag":            vpceptest.WithListLag(300 * time.Millisecond),
		"a lag of 1.5 s": vpceptest.WithListLag(1500 * time.Millisecond),
	}
	const keys = 100
	for name, lag := range lists {
		for _, n := range []int{2, 4} {
			t.Run(fmt.Sprintf("%s, %d callers", name, n), func(t *testing.T) {
				most := 0 // endpoints that were made for one key
				for key := range keys {
					synctest.Test(t, func(t *testing.T) {
						s := newStandIn(lag, latent(uint64(key), 20*time.Millisecond))
						time.Sleep(time.Duration(key) * time.Second / keys) // the place in the second counts
						outcomes := s.race(t, n, keyed)
						s.agreed(t, outcomes)
						assert.Equal(t, n-1, found(outcomes), "one made it")
						most = max(most, s.creates())
					})
				}
				assert.Greater(t, most, 1, "they did race")
			})
		}
	}
	bubble(t, "at the very same moment", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{AfterEffect: true, Stall: time.Second, Times: 3})))
		outcomes := s.race(t, 3, keyed)
		s.agreed(t, outcomes)
		assert.Equal(t, 3, s.creates())
		assert.Len(t, s.deleted(), 2)
		assert.Equal(t, 2, found(outcomes))
	})
	bubble(t, "with other requests", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{AfterEffect: true, Stall: time.Second, Times: 2})))
		other := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" })
		first, second := start(t.Context(), s.client(t), keyed), start(t.Context(), s.client(t), other)
		outcomes := []outcome{<-first, <-second}
		require.Len(t, s.ids(), 1)
		for _, o := range outcomes {
			if o.err == nil {
				assert.Equal(t, s.ids(), []string{o.endpoint.ID})
			} else {
				assert.ErrorIs(t, o.err, vpcep.ErrIdempotencyMismatch)
			}
		}
		assert.NotEqual(t, outcomes[0].err == nil, outcomes[1].err == nil, "one of the two has it")
	})
}

// Two callers whose first request had an unknown outcome repeat it in the same second.
func TestRaceAfterUnknownOutcomes(t *testing.T) {
	const keys = 100
	notMade, madeAndLost := notMade, madeAndLost
	notMade.Times, madeAndLost.Times = 2, 2
	for name, lag := range map[string]vpceptest.Option{
		"no lag": vpceptest.WithListLag(0), "a lag of 1.5 s": vpceptest.WithListLag(1500 * time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			for key := range keys {
				synctest.Test(t, func(t *testing.T) {
					s := newStandIn(lag, latent(uint64(key), 20*time.Millisecond), vpceptest.WithFaults(notMade))
					s.agreed(t, s.race(t, 2, keyed))
				})
			}
		})
	}
	// Lists that show an endpoint later than a newer one can hide from a caller that there is
	// one before its own. Then both stay, and the other caller gets an error.
	for name, first := range map[string]vpceptest.Fault{"not made": notMade, "made": madeAndLost} {
		t.Run("a replica shows one later, "+name, func(t *testing.T) {
			for key := range keys {
				synctest.Test(t, func(t *testing.T) {
					s := newStandIn(vpceptest.WithUnorderedListLag(window*3/4), latent(uint64(key), 20*time.Millisecond), vpceptest.WithFaults(first))
					s.isHonest(t, s.race(t, 2, keyed))
				})
			}
		})
	}
}

// isHonest asserts that all successful callers got the same endpoint, which exists, and that
// some caller gets an error if there are several.
func (s *standIn) isHonest(t *testing.T, outcomes []outcome) {
	t.Helper()
	left := s.ids()
	assert.NotEmpty(t, left)
	var successes []string
	reported := false
	for _, o := range outcomes {
		if o.err != nil {
			assert.ErrorIs(t, o.err, vpcep.ErrDuplicateEndpoints)
			reported = true
			continue
		}
		assert.Contains(t, left, o.endpoint.ID, "it was given to a caller, and is gone")
		successes = append(successes, o.endpoint.ID)
	}
	assert.LessOrEqual(t, len(slices.Compact(slices.Sorted(slices.Values(successes)))), 1, "callers got different endpoints")
	assert.True(t, len(left) == 1 || reported, "nobody knows that there are %d", len(left))
}

// The loser of a race is refused because of what the winner has taken.
func TestRaceForWhatThereIsOnce(t *testing.T) {
	withPortIP := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.PortIP = "10.0.0.99" })
	tests := map[string]struct {
		options []vpceptest.Option
		request vpcep.CreateEndpointRequest
	}{
		"address": {nil, withPortIP},
		"quota":   {[]vpceptest.Option{vpceptest.WithQuota(1)}, keyed},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(append(tt.options, vpceptest.WithFaults(onList(vpceptest.Fault{AfterEffect: true, Stall: time.Second, Times: 2})))...)
			outcomes := s.race(t, 2, tt.request)
			s.agreed(t, outcomes)
			assert.Equal(t, 2, s.creates())
			assert.Equal(t, 1, found(outcomes))
			assert.Empty(t, s.deleted())
		})
		bubble(t, name+", taken by somebody else", func(t *testing.T) {
			s := newStandIn(tt.options...)
			s.made(t, with(tt.request, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
			begin := time.Now()
			_, err := s.client(t).CreateEndpoint(t.Context(), tt.request)
			assert.Equal(t, name == "address", errors.Is(err, vpcep.CodePortIPInUse))
			assert.Equal(t, name == "quota", errors.Is(err, vpcep.ErrQuotaExceeded))
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			assert.GreaterOrEqual(t, time.Since(begin), window, "until then, one of the same key may show")
			assert.LessOrEqual(t, time.Since(begin), window+time.Second)
			assert.Equal(t, 2, s.creates())
		})
		bubble(t, name+", with lists that lag", func(t *testing.T) {
			s := newStandIn(append(tt.options, vpceptest.WithListLag(window*3/4))...)
			outcomes := s.race(t, 2, tt.request)
			s.agreed(t, outcomes)
			assert.Equal(t, 2, s.creates())
			assert.Equal(t, 1, found(outcomes))
		})
	}
}

// meanwhile lets another client create after some time.
func (s *standIn) meanwhile(t *testing.T, after time.Duration, req vpcep.CreateEndpointRequest) <-chan outcome {
	t.Helper()
	done := make(chan outcome, 1)
	c := s.client(t)
	go func() {
		time.Sleep(after)
		var o outcome
		o.endpoint, o.err = c.CreateEndpoint(context.Background(), req, vpcep.WithResponse(&o.meta))
		done <- o
	}()
	return done
}

// A client never deletes what another one created.
func TestTwinOfAnotherClient(t *testing.T) {
	const lag = 500 * time.Millisecond
	bubble(t, "newer than ours", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		theirs := s.meanwhile(t, lag/2, keyed)
		ours, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		o := <-theirs
		s.agreed(t, []outcome{{endpoint: ours}, o})
		assert.Equal(t, 2, s.creates())
	})
	bubble(t, "of a later second", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		time.Sleep(900 * time.Millisecond)
		theirs := s.meanwhile(t, lag/2, keyed)
		var meta vpcep.ResponseMeta
		ours, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		o := <-theirs
		s.agreed(t, []outcome{{endpoint: ours}, o})
		assert.False(t, meta.Found)
		assert.True(t, o.meta.Found, "the older is the first")
		assert.Equal(t, 2, s.creates())
	})
	bubble(t, "older than ours", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(notMade))
		theirs := s.meanwhile(t, window, keyed)
		var meta vpcep.ResponseMeta
		ours, err := s.client(t).CreateEndpoint(t.Context(), keyed, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		o := <-theirs
		s.agreed(t, []outcome{{endpoint: ours}, o})
	})
	bubble(t, "older than ours, with other settings", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		theirs := s.meanwhile(t, 0, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		time.Sleep(lag / 2)
		s.Inject(onCreate(vpceptest.Fault{Stall: time.Second})) // into the next second
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		assert.Equal(t, []string{(<-theirs).endpoint.ID}, s.ids(), "ours went again")
		assert.Equal(t, 2, s.creates())
	})
	bubble(t, "whose owner is gone", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		call := start(t.Context(), s.client(t), keyed)
		s.put(t, keyed)
		o := <-call
		ids := s.ids()
		if o.err == nil { // ours came behind it, and went again
			require.Len(t, ids, 1)
			assert.Equal(t, ids[0], o.endpoint.ID)
			return
		}
		slices.Sort(ids)
		s.areDuplicates(t, o.err, ids...)
		assert.Empty(t, s.deleted())
	})
	bubble(t, "two before the first request, of which one goes", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		older := s.put(t, keyed)
		time.Sleep(time.Second)
		younger := s.put(t, keyed)
		time.Sleep(lag)
		call := start(t.Context(), s.client(t), keyed)
		time.Sleep(window / 2)
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), younger))
		o := <-call
		require.NoError(t, o.err, "its owner has deleted it")
		assert.Equal(t, older, o.endpoint.ID)
		assert.True(t, o.meta.Found)
	})
}
