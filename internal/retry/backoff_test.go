package retry

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestPolicyDefaults(t *testing.T) {
	assert.Equal(t, Policy{4, 500 * time.Millisecond, 20 * time.Second, 2 * time.Minute}, Policy{}.WithDefaults())
	own := Policy{1, time.Second, time.Minute, time.Hour}
	assert.Equal(t, own, own.WithDefaults())
	for maxDelay, want := range map[time.Duration]time.Duration{
		time.Hour:        2 * time.Hour, // a Retry-After of an hour is outlasted, too
		time.Millisecond: 100 * time.Millisecond,
	} {
		assert.Equal(t, want, Policy{MaxDelay: maxDelay}.WithDefaults().ThrottleTimeout)
	}
	assert.Positive(t, Policy{MaxDelay: math.MaxInt64}.WithDefaults().ThrottleTimeout)
}

func TestOverride(t *testing.T) {
	client := Policy{1, time.Second, time.Minute, time.Hour}
	for _, tt := range []struct{ call, want Policy }{
		{Policy{}, client},
		{Policy{MaxAttempts: 7}, Policy{7, time.Second, time.Minute, time.Hour}},
		{Policy{BaseDelay: 7}, Policy{1, 7, time.Minute, time.Hour}},
		{Policy{MaxDelay: time.Hour}, Policy{1, time.Second, time.Hour, time.Hour}},
		{Policy{ThrottleTimeout: 7}, Policy{1, time.Second, time.Minute, 7}},
		{Policy{MaxDelay: time.Second}, Policy{1, time.Second, time.Second, 100 * time.Second}},
	} {
		assert.Equal(t, tt.want, client.Override(tt.call))
	}
}

func TestDelay(t *testing.T) {
	p := Policy{MaxAttempts: 9, BaseDelay: time.Second, MaxDelay: 5 * time.Second}
	almostOne := math.Nextafter(1, 0)
	for attempts, bound := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 5: 5 * time.Second, 1000: 5 * time.Second,
	} {
		assert.Zero(t, p.delay(attempts, 0, 0), "full jitter begins at nothing")
		assert.InDelta(t, float64(bound), float64(p.delay(attempts, 0, almostOne)), 2)
		assert.InDelta(t, float64(bound)/2, float64(p.delay(attempts, 0, 0.5)), 2)
	}
	assert.Equal(t, 3*time.Second, p.delay(1, 3*time.Second, 0.5), "what the service asks for")
	assert.Equal(t, 5*time.Second, p.delay(1, time.Hour, 0.5), "and no more than MaxDelay")
	assert.Equal(t, 5*time.Second, p.delay(1, math.MaxInt64, 0.5))
	assert.Equal(t, time.Duration(4), Policy{BaseDelay: 2, MaxDelay: 5}.delay(2, 0, 1))
	for _, base := range []time.Duration{math.MaxInt64, math.MaxInt64/2 + 1} {
		huge := Policy{BaseDelay: base, MaxDelay: math.MaxInt64}
		assert.InEpsilon(t, float64(math.MaxInt64)/2, float64(huge.delay(9, 0, 0.5)), 0.01, "nothing overflows")
	}
	for range 1000 {
		d := p.Delay(2, 0)
		assert.True(t, d >= 0 && d < 2*time.Second)
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		assert.NoError(t, Sleep(t.Context(), time.Hour))
		assert.Equal(t, time.Hour, time.Since(start))
		assert.NoError(t, Sleep(t.Context(), 0))

		start = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.ErrorIs(t, Sleep(ctx, time.Minute), context.DeadlineExceeded)
		assert.NoError(t, Sleep(ctx, time.Minute-1), "a wait that fits")
		assert.Equal(t, time.Minute-1, time.Since(start), "the wait that does not fit was not begun")

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start = time.Now()
		assert.ErrorIs(t, Sleep(ctx, time.Hour), context.Canceled)
		assert.Equal(t, time.Second, time.Since(start))
		assert.ErrorIs(t, Sleep(ctx, 0), context.Canceled)
	})
}

func TestBudget(t *testing.T) {
	var b Budget
	spend := func() (n int) {
		for b.Take() {
			n++
		}
		return n
	}
	b.Give()
	assert.Equal(t, budgetSize, spend(), "a full bucket gains nothing")
	for range 7 {
		b.Give()
	}
	assert.Equal(t, 7, spend())
}
