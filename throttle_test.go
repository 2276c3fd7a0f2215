package vpcep_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// limited responds like a gateway that lets limit requests through in each window.
func limited(limit int, window time.Duration, body string, ok answer) (answer, *atomic.Int64) {
	var mu sync.Mutex
	var requests atomic.Int64
	passed := map[time.Duration]int{}
	begin := time.Now()
	return func(r *http.Request) (*http.Response, error) {
		requests.Add(1)
		time.Sleep(20 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		n := time.Since(begin) / window
		if passed[n]++; passed[n] > limit {
			return status(429, body)(r)
		}
		return ok(r)
	}, &requests
}

func throttledBy(window string) string {
	return fmt.Sprintf(`{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached: policy user over ratelimit,limit:1,time:%s"}`, window)
}

func TestThrottlingIsOutlasted(t *testing.T) {
	for name, tt := range map[string]struct {
		window   time.Duration
		body     string
		requests int64 // at most
	}{
		"5 s":           {5 * time.Second, throttledBy("5 second"), 7},
		"5 s, not told": {5 * time.Second, `{"error_code":"APIGW.0308"}`, 7},
		"1 min":         {time.Minute, throttledBy("1 minute"), 7},
		"1 min, 0022":   {time.Minute, throttledBody, 12},
	} {
		for _, op := range []operation{create, get, del} {
			bubble(t, name+", "+op.name, func(t *testing.T) {
				respond, requests := limited(1, tt.window, tt.body, op.ok)
				c, _ := scripted(t, nil, respond)
				require.NoError(t, op.do(t.Context(), c))
				var meta vpcep.ResponseMeta
				start := time.Now()
				require.NoError(t, op.do(t.Context(), c, vpcep.WithResponse(&meta)))
				assert.Less(t, time.Since(start), 2*tt.window)
				assert.LessOrEqual(t, requests.Load()-1, tt.requests)
				assert.EqualValues(t, requests.Load()-1, meta.Attempts)
			})
		}
	}
}

func TestThrottlingEndsThePatience(t *testing.T) {
	for name, tt := range map[string]struct {
		policy vpcep.RetryPolicy
		most   time.Duration
		calls  int // 0: several
	}{
		"default":         {vpcep.RetryPolicy{}, 2 * time.Minute, 0},
		"shorter":         {vpcep.RetryPolicy{ThrottleTimeout: 10 * time.Second}, 10 * time.Second, 0},
		"not at all":      {vpcep.RetryPolicy{ThrottleTimeout: 1}, 0, 1},
		"never retry":     {vpcep.RetryPolicy{MaxAttempts: 1}, 0, 1},
		"a tiny MaxDelay": {vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}, time.Millisecond, 0},
	} {
		bubble(t, name, func(t *testing.T) {
			c, s := scripted(t, []vpcep.Option{vpcep.WithRetry(tt.policy)}, status(429, ""))
			start := time.Now()
			err := create.do(t.Context(), c)
			require.ErrorIs(t, err, vpcep.ErrThrottled)
			assert.NotErrorIs(t, err, context.DeadlineExceeded, "it is not the context that ended")
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			assert.LessOrEqual(t, time.Since(start), tt.most)
			if tt.calls != 0 {
				assert.Equal(t, tt.calls, s.Calls())
			} else {
				assert.Greater(t, s.Calls(), 1)
			}
			assert.LessOrEqual(t, s.Calls(), 200)
		})
	}
}

// Many callers at a limit get through without a flood: all succeed, with few more requests than
// necessary.
func TestThrottledCrowdDoesNotFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, limit = 256, 60
		respond, requests := limited(limit, time.Minute, throttledBy("1 minute"), create.ok)
		c, _ := scripted(t, []vpcep.Option{vpcep.WithRetry(vpcep.RetryPolicy{ThrottleTimeout: 10 * time.Minute})}, respond)
		start := time.Now()
		var all sync.WaitGroup
		for range callers {
			all.Go(func() { assert.NoError(t, create.do(t.Context(), c)) })
		}
		all.Wait()
		assert.Less(t, time.Since(start), 6*time.Minute)
		assert.LessOrEqual(t, requests.Load(), int64(2*callers+100), "each caller's first, each one's success, and some tries")
	})
}

// Throttled reads do not hold back creates.
func TestThrottlingOfOneKindLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, nil, func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return status(429, "", "Retry-After", "15")(r)
			}
			return create.ok(r)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var reader sync.WaitGroup
		reader.Go(func() { assert.Error(t, get.do(ctx, c)) })
		time.Sleep(time.Second)
		start := time.Now()
		assert.NoError(t, create.do(t.Context(), c))
		assert.Zero(t, time.Since(start))
		cancel()
		reader.Wait()
	})
}
