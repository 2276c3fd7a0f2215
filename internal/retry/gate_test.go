package retry

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWindow(t *testing.T) {
	for message, want := range map[string]time.Duration{
		"The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute": time.Minute,
		"limit:5,time:30 second":   30 * time.Second,
		"limit:5,time: 2 MINUTES.": 2 * time.Minute,
		"limit:1,time:1 hour":      time.Hour,
		"limit:1,time:1 day":       24 * time.Hour,
		"too many requests":        0,
		"":                         0,
		"time:":                    0,
		"time:minute":              0,
		"time:1 fortnight":         0,
		"time:0 minute":            0,
		"time:99999999999 minute":  0,
		"time:-1 minute":           0,
	} {
		assert.Equal(t, want, Window(message), message)
	}
}

func TestThrottlePause(t *testing.T) {
	p := Policy{}.WithDefaults()
	for pauses, want := range []time.Duration{
		500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second,
	} {
		assert.Equal(t, want, p.throttlePause(pauses, 0))
	}
	for pauses, want := range []time.Duration{7500 * time.Millisecond, 15 * time.Second, 20 * time.Second, 20 * time.Second} {
		assert.Equal(t, want, p.throttlePause(pauses, time.Minute))
	}
	for pauses, want := range []time.Duration{625 * time.Millisecond, 1250 * time.Millisecond, 2500 * time.Millisecond, 5 * time.Second, 5 * time.Second} {
		assert.Equal(t, want, p.throttlePause(pauses, 5*time.Second), "no longer than the window")
	}
	huge := Policy{BaseDelay: math.MaxInt64 / 3, MaxDelay: math.MaxInt64}
	assert.Equal(t, time.Duration(math.MaxInt64), huge.throttlePause(1000, 0))
}

func TestGateHoldsOneCallerForThePauseAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		assert.NoError(t, g.Wait(t.Context()), "it is open")
		p := Policy{}.WithDefaults()
		for pauses := range 8 {
			start := time.Now()
			g.Close(p, start, 0, 0)
			assert.NoError(t, g.Wait(t.Context()))
			bound := p.throttlePause(pauses, 0)
			assert.LessOrEqual(t, time.Since(start), bound)
			assert.GreaterOrEqual(t, time.Since(start), bound*3/4)
			time.Sleep(time.Millisecond)
		}
		g.Open(time.Now())
		start := time.Now()
		time.Sleep(1)
		g.Close(p, time.Now(), 0, 0)
		assert.NoError(t, g.Wait(t.Context()))
		assert.LessOrEqual(t, time.Since(start), p.BaseDelay+1, "a request that passed begins the pauses anew")
	})
}

func TestGateWaitsAsLongAsTheServiceAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Policy{}.WithDefaults()
		for after, want := range map[time.Duration]time.Duration{7 * time.Second: 7 * time.Second, time.Hour: 20 * time.Second} {
			var g Gate
			start := time.Now()
			g.Close(p, start, after, 0)
			assert.NoError(t, g.Wait(t.Context()))
			assert.Equal(t, want, time.Since(start))
		}
	})
}

func TestGateObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		g.Close(Policy{}.WithDefaults(), time.Now(), 10*time.Second, 0)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		start := time.Now()
		assert.ErrorIs(t, g.Wait(ctx), context.Canceled)
		assert.Equal(t, time.Second, time.Since(start))
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start = time.Now()
		assert.ErrorIs(t, g.Wait(short), context.DeadlineExceeded)
		assert.Zero(t, time.Since(start), "a wait that cannot end in time is not begun")
	})
}

// 256 callers behind a limit of 60 a minute: each comes through, and beside the 256
// that succeed, and the first try of each, few requests are made.
func TestGateKeepsACrowdFromFlooding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, limit, window, trip = 256, 60, time.Minute, 30 * time.Millisecond
		var g Gate
		var requests, passed atomic.Int64
		p := Policy{}.WithDefaults()
		begin := time.Now()
		var mu sync.Mutex
		counts := map[time.Duration]int{}
		serve := func() bool {
			requests.Add(1)
			mu.Lock()
			defer mu.Unlock()
			n := time.Since(begin) / window
			counts[n]++
			return counts[n] <= limit
		}
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for {
					sent := time.Now()
					time.Sleep(trip / 2)
					ok := serve()
					time.Sleep(trip / 2)
					if ok {
						g.Open(sent)
						passed.Add(1)
						return
					}
					g.Close(p, sent, 0, Window("limit:60,time:1 minute"))
					assert.NoError(t, g.Wait(t.Context()))
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, callers, passed.Load())
		assert.Less(t, time.Since(begin), 6*window)
		t.Logf("%d requests in %s", requests.Load(), time.Since(begin))
		assert.LessOrEqual(t, requests.Load(), int64(2*callers+100))
	})
}
