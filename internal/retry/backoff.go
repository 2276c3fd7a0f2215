package retry

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// Policy bounds how often and how fast a request is sent again.
type Policy struct {
	MaxAttempts int           // the first one included
	BaseDelay   time.Duration // bounds the first wait, and doubles with each further one
	MaxDelay    time.Duration // bounds every wait
	// ThrottleTimeout bounds how long a call keeps trying while it is throttled.
	ThrottleTimeout time.Duration
}

// The default policy.
const (
	DefaultMaxAttempts = 4
	DefaultBaseDelay   = 500 * time.Millisecond
	DefaultMaxDelay    = 20 * time.Second
)

// Override returns p with the values of other that are not zero.
func (p Policy) Override(other Policy) Policy {
	if other == (Policy{}) {
		return p
	}
	merged := Policy{
		MaxAttempts:     cmp.Or(other.MaxAttempts, p.MaxAttempts),
		BaseDelay:       cmp.Or(other.BaseDelay, p.BaseDelay),
		MaxDelay:        cmp.Or(other.MaxDelay, p.MaxDelay),
		ThrottleTimeout: cmp.Or(other.ThrottleTimeout, p.ThrottleTimeout),
	}
	return merged.WithDefaults()
}

// WithDefaults replaces zero values with the defaults.
func (p Policy) WithDefaults() Policy {
	if p.MaxAttempts == 0 {
		p.MaxAttempts = DefaultMaxAttempts
	}
	if p.BaseDelay == 0 {
		p.BaseDelay = DefaultBaseDelay
	}
	if p.MaxDelay == 0 {
		p.MaxDelay = DefaultMaxDelay
	}
	times := func(d time.Duration, n int64) time.Duration {
		return min(d, math.MaxInt64/time.Duration(n)) * time.Duration(n)
	}
	if p.ThrottleTimeout == 0 {
		p.ThrottleTimeout = max(DefaultThrottleTimeout, times(p.MaxDelay, 2))
	}
	p.ThrottleTimeout = min(p.ThrottleTimeout, times(p.MaxDelay, maxThrottlePauses))
	return p
}

// Delay returns how long to wait after the given number of failed attempts: a random time
// up to a bound that doubles (full jitter), so callers that failed together do not retry
// together. It is at least after, the wait that the service asked for, and at most
// MaxDelay.
func (p Policy) Delay(attempts int, after time.Duration) time.Duration {
	return p.delay(attempts, after, rand.Float64())
}

func (p Policy) delay(attempts int, after time.Duration, random float64) time.Duration {
	bound := doubled(p.BaseDelay, attempts-1, p.MaxDelay)
	return min(max(time.Duration(random*float64(bound)), after), p.MaxDelay)
}

// doubled returns d doubled the given number of times, but at most most.
func doubled(d time.Duration, times int, most time.Duration) time.Duration {
	for range times {
		if d > most/2 {
			return most
		}
		d *= 2
	}
	return min(d, most)
}

// Sleep waits for d. It returns the error of ctx, or immediately
// context.DeadlineExceeded if the deadline would pass during the wait.
func Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
