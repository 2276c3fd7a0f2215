package retry

import (
	"math"
	"testing"
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
		"time:1000 second":         1000 * time.Second,
		"time:1001 second":         0,
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
	assert.Equal(t, huge.BaseDelay*2, huge.throttlePause(1, 0))
	assert.Equal(t, time.Duration(math.MaxInt64), huge.throttlePause(1000, 0))
}
