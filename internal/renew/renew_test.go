package renew_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/vpcep/vpcep-go/internal/renew"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source numbers the credentials that it gives.
type source struct {
	fetches atomic.Int32
	life    time.Duration // 0: without end
	takes   time.Duration
	err     atomic.Pointer[error]
}

func (s *source) fetch(ctx context.Context) (string, time.Time, error) {
	n := s.fetches.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return "", time.Time{}, ctx.Err()
	}
	if err := s.err.Load(); err != nil {
		return "", time.Time{}, *err
	}
	end := time.Time{}
	if s.life > 0 {
		end = time.Now().Add(s.life)
	}
	return fmt.Sprintf("credential %d", n), end, nil
}

func (s *source) failWith(err error) {
	if err == nil {
		s.err.Store(nil)
		return
	}
	s.err.Store(&err)
}

func TestAllCallersShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second, life: time.Hour}
		cache := renew.New(s.fetch)
		var callers sync.WaitGroup
		for range 256 {
			callers.Go(func() {
				got, err := cache.Get(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "credential 1", got)
			})
		}
		callers.Wait()
		assert.EqualValues(t, 1, s.fetches.Load())
	})
}

func TestRenewalInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second, life: 1000 * time.Second}
		cache := renew.New(s.fetch)
		get := func() string {
			got, err := cache.Get(t.Context())
			assert.NoError(t, err)
			return got
		}
		assert.Equal(t, "credential 1", get())
		time.Sleep(799 * time.Second)
		assert.Equal(t, "credential 1", get())
		synctest.Wait()
		assert.EqualValues(t, 1, s.fetches.Load(), "a fifth of its life and more is left")

		time.Sleep(102 * time.Second)
		before := time.Now()
		assert.Equal(t, "credential 1", get(), "the old one serves while the new one is fetched")
		assert.Zero(t, time.Since(before), "without a wait")
		time.Sleep(2 * time.Second)
		assert.Equal(t, "credential 2", get())
		assert.EqualValues(t, 2, s.fetches.Load())
	})
}

func TestRenewalIsJittered(t *testing.T) {
	starts := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: 1000 * time.Second}
			cache := renew.New(s.fetch)
			start := time.Now()
			for s.fetches.Load() < 2 {
				_, _ = cache.Get(t.Context())
				time.Sleep(time.Second)
				synctest.Wait()
			}
			starts[time.Since(start)] = true
			assert.InDelta(t, 850, time.Since(start).Seconds(), 53)
		})
	}
	assert.Greater(t, len(starts), 3)
}

// A credential is renewed when at least a tenth of its life is left.
func TestRenewalIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 10 * time.Second}
		caches := make([]*renew.Cache[string], 100)
		get := func() {
			for _, cache := range caches {
				_, err := cache.Get(t.Context())
				assert.NoError(t, err)
			}
			synctest.Wait()
		}
		for i := range caches {
			caches[i] = renew.New(s.fetch)
		}
		get()
		time.Sleep(8*time.Second - 1)
		get()
		assert.EqualValues(t, len(caches), s.fetches.Load())
		time.Sleep(time.Second + 1)
		get()
		assert.EqualValues(t, 2*len(caches), s.fetches.Load())
	})
}

// A fetch in the background is not given up by the caller that came to wait for it: the
// next one finds what it brought.
func TestAFetchInTheBackgroundGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 1000 * time.Second, takes: 50 * time.Second}
		cache := renew.New(s.fetch)
		_, err := cache.Get(t.Context())
		assert.NoError(t, err)
		time.Sleep(965 * time.Second)
		_, err = cache.Get(t.Context())
		assert.NoError(t, err)
		time.Sleep(10 * time.Second) // the old one does not serve any more
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = cache.Get(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		got, err := cache.Get(t.Context())
		assert.NoError(t, err)
		assert.Equal(t, "credential 2", got)
	})
}

func TestFailedRenewalKeepsTheOldOneToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 1000 * time.Second}
		cache := renew.New(s.fetch)
		_, err := cache.Get(t.Context())
		assert.NoError(t, err)
		cause := errors.New("IAM is down")
		s.failWith(cause)
		start := time.Now()
		for time.Since(start) < 969*time.Second {
			got, err := cache.Get(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "credential 1", got)
			time.Sleep(time.Second)
		}
		assert.Less(t, s.fetches.Load(), int32(60), "a failed renewal is not tried again at once")
		assert.Greater(t, s.fetches.Load(), int32(20), "but ever more often as the end comes near")
		time.Sleep(5 * time.Second)
		_, err = cache.Get(t.Context())
		assert.ErrorIs(t, err, cause)
		s.failWith(nil)
		_, err = cache.Get(t.Context())
		assert.NoError(t, err)
	})
}

// Of a short life, a twentieth is the margin that a request has to arrive in.
func TestMarginOfAShortLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: 100 * time.Second}
		cache := renew.New(s.fetch)
		_, err := cache.Get(t.Context())
		assert.NoError(t, err)
		s.failWith(errors.New("IAM is down"))
		time.Sleep(95*time.Second - 1)
		_, err = cache.Get(t.Context())
		assert.NoError(t, err)
		time.Sleep(time.Nanosecond)
		_, err = cache.Get(t.Context())
		assert.Error(t, err)
	})
}

func TestACallersEndLeavesTheFetchToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Minute / 2}
		cache := renew.New(s.fetch)
		first, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			_, err := cache.Get(first)
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		callers.Go(func() {
			got, err := cache.Get(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "credential 1", got)
		})
		synctest.Wait()
		cancel()
		callers.Wait()
		assert.EqualValues(t, 1, s.fetches.Load())
	})
}

func TestAFetchThatNoOneWaitsForEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Hour}
		cache := renew.New(s.fetch)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := cache.Get(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
		assert.Equal(t, time.Second, time.Since(start))

		s.takes = 0
		got, err := cache.Get(t.Context())
		assert.NoError(t, err, "the next caller does not inherit the end of the one before")
		assert.Equal(t, "credential 2", got)
	})
}

func TestAFetchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Hour}
		start := time.Now()
		_, err := renew.New(s.fetch).Get(t.Context())
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Minute, time.Since(start))
	})
}

func TestDropForgetsOnlyTheOneRefused(t *testing.T) {
	s := &source{}
	cache := renew.New(s.fetch)
	get := func() string { got, _ := cache.Get(t.Context()); return got }
	assert.Equal(t, "credential 1", get())
	cache.Drop(func(v string) bool { return v == "credential 0" })
	assert.Equal(t, "credential 1", get())
	cache.Drop(func(v string) bool { return v == "credential 1" })
	assert.Equal(t, "credential 2", get())
	cache.Drop(func(v string) bool { return v == "credential 1" })
	assert.Equal(t, "credential 2", get())
}

func TestSourceThatDoesNotReturn(t *testing.T) {
	for name, tt := range map[string]struct {
		fetch func()
		says  string
	}{
		"panic":         {func() { panic("hunter2") }, "panicked with a string"},
		"runtime error": {func() { _ = make([]int, 1)[time.Now().Year()] }, "index out of range"},
		"Goexit":        {runtime.Goexit, "ended without returning"},
	} {
		t.Run(name, func(t *testing.T) {
			fails := true
			c := renew.New(func(context.Context) (string, time.Time, error) {
				if fails {
					tt.fetch()
				}
				return "value", time.Time{}, nil
			})
			_, err := c.Get(t.Context())
			assert.ErrorContains(t, err, tt.says)
			assert.NotContains(t, err.Error(), "hunter2")
			fails = false
			value, err := c.Get(t.Context())
			assert.NoError(t, err, "the next caller tries again")
			assert.Equal(t, "value", value)
		})
	}
}

// A service that refuses every credential does not cause a fetch for each request.
func TestRenewalsAfterRefusalsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Hour}
		cache := renew.New(s.fetch)
		refuse := func() error {
			value, err := cache.Get(t.Context())
			assert.NoError(t, err)
			return cache.Drop(func(v string) bool { return v == value })
		}
		for range 100 {
			_ = refuse()
		}
		assert.EqualValues(t, 2, s.fetches.Load())
		assert.ErrorContains(t, refuse(), "refused as well; the next renewal is due in 1s")
		for range 600 {
			time.Sleep(time.Second)
			_ = refuse()
		}
		assert.InDelta(t, 16, s.fetches.Load(), 2, "after 1, 2, 4 … 60 seconds")

		time.Sleep(11 * time.Minute)
		assert.NoError(t, refuse(), "it was good for long")
		_, _ = cache.Get(t.Context())
		time.Sleep(time.Second)
		assert.NoError(t, refuse(), "and the pauses begin anew")
	})
}

// A credential that served for ten minutes was good: what refuses it then is not what
// refused those before.
func TestCredentialThatServedLongBeginsThePausesAnew(t *testing.T) {
	for served, pause := range map[time.Duration]time.Duration{10 * time.Minute: time.Second, 10*time.Minute - 1: 4 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{life: time.Hour}
			cache := renew.New(s.fetch)
			refuseAfter := func(age time.Duration) error {
				_, err := cache.Get(t.Context())
				assert.NoError(t, err)
				time.Sleep(age)
				return cache.Drop(func(string) bool { return true })
			}
			assert.NoError(t, refuseAfter(0))
			assert.NoError(t, refuseAfter(time.Second))
			assert.NoError(t, refuseAfter(served))
			assert.Error(t, refuseAfter(pause-1))
			assert.NoError(t, refuseAfter(1))
		})
	}
}

func TestEndThatHasPassedOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{life: time.Nanosecond, takes: time.Second}
		cache := renew.New(func(ctx context.Context) (string, time.Time, error) {
			value, end, err := s.fetch(ctx)
			return value, end.Add(-time.Hour), err
		})
		for range 50 {
			got, err := cache.Get(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "credential 1", got, "kept until it is refused")
		}
		assert.NoError(t, cache.Drop(func(string) bool { return true }))
		got, _ := cache.Get(t.Context())
		assert.Equal(t, "credential 2", got)
	})
}

func TestCachePrintsNoCredential(t *testing.T) {
	s := &source{}
	cache := renew.New(s.fetch)
	_, _ = cache.Get(t.Context())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		assert.NotContains(t, fmt.Sprintf(verb, struct{ c any }{cache}), "credential 1", verb)
		assert.NotContains(t, fmt.Sprintf(verb, cache), "credential 1", verb)
	}
}
