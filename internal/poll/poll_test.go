package poll_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/poll"
)

var (
	errOutage  = errors.New("outage")
	errRefused = errors.New("refused")
	errAsked   = errors.New("asked to wait")
	errEndless = errors.New("there are far too many polls")
)

// wait polls until ready, and fails as failure says.
func wait(timeout, interval, ready time.Duration, failure func(at time.Duration) error) (polls []time.Duration, value int, err error) {
	start := time.Now()
	p := poll.Poller[int]{
		Timeout: timeout, Interval: interval,
		Poll: func(context.Context) (int, error) {
			at := time.Since(start)
			if polls = append(polls, at); len(polls) > 10_000 {
				return 0, errEndless
			}
			if err := failure(at); err != nil {
				return 0, err
			}
			return len(polls), nil
		},
		Judge: func(_ int, err error, waited time.Duration) poll.Verdict {
			switch {
			case err != nil:
				return poll.Fail(err)
			case waited >= ready:
				return poll.Done
			}
			return poll.GoOn
		},
		IsOutage: func(err error) bool { return errors.Is(err, errOutage) || errors.Is(err, errAsked) },
		RetryAfter: func(err error) time.Duration {
			if errors.Is(err, errAsked) {
				return 13 * time.Second
			}
			return 0
		},
	}
	value, err = p.Wait(context.Background())
	return polls, value, err
}

func never(time.Duration) error { return nil }

func from(begin, end time.Duration, err error) func(time.Duration) error {
	return func(at time.Duration) error {
		if at >= begin && at < end {
			return err
		}
		return nil
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls, value, err := wait(time.Hour, 0, 5*time.Minute, never)
		assert.NoError(t, err)
		assert.Equal(t, len(polls), value, "what the last poll read")
		for i, at := range polls[1:] {
			before := polls[i]
			assert.LessOrEqual(t, at-before, min(max(time.Second, before/10), 10*time.Second))
			assert.Greater(t, at-before, 250*time.Millisecond)
		}
		assert.Zero(t, polls[0])
		polls, _, err = wait(time.Hour, 3*time.Second, 7*time.Second, never)
		assert.NoError(t, err)
		assert.Equal(t, []time.Duration{0, 3 * time.Second, 6 * time.Second, 9 * time.Second}, polls)
	})
}

func TestOutages(t *testing.T) {
	tests := map[string]struct {
		failure     func(time.Duration) error
		want        error
		least, most time.Duration
	}{
		"short":         {from(10*time.Second, 55*time.Second, errOutage), nil, 120 * time.Second, 132 * time.Second},
		"too long":      {from(10*time.Second, time.Hour, errOutage), errOutage, 70 * time.Second, 82 * time.Second},
		"no outage":     {from(10*time.Second, time.Hour, errRefused), errRefused, 10 * time.Second, 11 * time.Second},
		"asked to wait": {from(0, time.Second, errAsked), nil, 120 * time.Second, 132 * time.Second},
		"two, with a rest": {func(at time.Duration) error {
			return errors.Join(from(0, 40*time.Second, errOutage)(at), from(50*time.Second, 90*time.Second, errOutage)(at))
		}, nil, 120 * time.Second, 132 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				polls, value, err := wait(10*time.Minute, 0, 2*time.Minute, tt.failure)
				assert.ErrorIs(t, err, tt.want)
				took := time.Since(start)
				assert.True(t, took >= tt.least && took <= tt.most, "%s", took)
				if err != nil {
					assert.Zero(t, value)
				}
				if name == "asked to wait" {
					assert.Equal(t, 13*time.Second, polls[1])
				}
			})
		})
	}
}

func TestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, left := range []time.Duration{150 * time.Millisecond, 300 * time.Millisecond, time.Second} {
			for _, interval := range []time.Duration{0, 3 * time.Second, time.Hour} {
				polls, _, err := wait(20*time.Second, interval, 20*time.Second-left, never)
				assert.NoError(t, err, "what comes %s before the end is noticed", left)
				assert.Less(t, len(polls), 40)
			}
		}
		start := time.Now()
		_, value, err := wait(7*time.Second, time.Hour, time.Hour, from(0, time.Hour, errOutage))
		var ended *poll.EndedError
		assert.ErrorAs(t, err, &ended)
		assert.ErrorIs(t, err, errOutage)
		assert.Zero(t, value)
		assert.Equal(t, 7*time.Second, time.Since(start))
	})
}

// A resource that can no longer become what is waited for ends the wait, and is returned.
func TestFailForWhatWasRead(t *testing.T) {
	p := poll.Poller[int]{
		Timeout:  time.Minute,
		Poll:     func(context.Context) (int, error) { return 7, nil },
		Judge:    func(int, error, time.Duration) poll.Verdict { return poll.Fail(errOutage) },
		IsOutage: func(error) bool { return true },
	}
	value, err := p.Wait(context.Background())
	assert.ErrorIs(t, err, errOutage)
	assert.Equal(t, 7, value)
}

// The pauses shrink before the deadline, as long as there is time for another response.
func TestLastPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		polls, _, err := wait(1600*time.Millisecond, time.Minute, time.Hour, never)
		var ended *poll.EndedError
		assert.ErrorAs(t, err, &ended)
		assert.NoError(t, ended.Err)
		var left []time.Duration
		for _, at := range polls {
			left = append(left, (1600*time.Millisecond-at)/time.Millisecond)
		}
		assert.Equal(t, []time.Duration{1600, 800, 400, 200, 100, 50}, left)
		assert.Equal(t, 1600*time.Millisecond, time.Since(start))
	})
}

// Polls may fail for up to a minute in a row.
func TestOutageOfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		polls, _, err := wait(time.Hour, 20*time.Second, time.Hour, from(20*time.Second, time.Hour, errOutage))
		assert.ErrorIs(t, err, errOutage)
		assert.Equal(t, 80*time.Second, polls[len(polls)-1])
	})
}

// If the service asks to wait for all the time that is left, the wait ends with its timeout.
func TestAskedToWaitToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		polls, _, err := wait(13*time.Second, time.Second, time.Hour, from(0, time.Hour, errAsked))
		var ended *poll.EndedError
		assert.ErrorAs(t, err, &ended)
		assert.ErrorIs(t, err, errAsked)
		assert.Len(t, polls, 1)
		assert.Equal(t, 13*time.Second, time.Since(start))
	})
}

// A poll that the end of the wait aborted says nothing about the service.
func TestEndInAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := poll.Poller[int]{
			Timeout:  time.Minute,
			Poll:     func(ctx context.Context) (int, error) { <-ctx.Done(); return 7, ctx.Err() },
			Judge:    func(_ int, err error, _ time.Duration) poll.Verdict { return poll.Fail(err) },
			IsOutage: func(error) bool { return false },
		}
		value, err := p.Wait(t.Context())
		var ended *poll.EndedError
		assert.ErrorAs(t, err, &ended)
		assert.NoError(t, ended.Err)
		assert.Zero(t, value)
	})
}
