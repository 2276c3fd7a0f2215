// Package poll polls until a condition ends the wait. The pauses grow with the time waited,
// and short outages do not end the wait.
package poll

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
)

const (
	// firstPause is the first adaptive pause, which doubles with each poll.
	firstPause = 300 * time.Millisecond
	// pause is where the doubling ends: from then on, pauses are a tenth of the time waited.
	pause = time.Second
	// maxPause is the longest pause, which is how late the end can be noticed.
	maxPause = 10 * time.Second

	// lastMargin is how long before the deadline the pauses begin to shrink.
	lastMargin = time.Second
	// minLast is how much time must be left for another poll.
	minLast = 100 * time.Millisecond

	// outageTolerance is how long polls may fail in a row.
	outageTolerance = time.Minute
)

// Verdict is a condition's decision about a poll.
type Verdict struct {
	state state
	err   error
}

type state uint8

const (
	goOn state = iota
	done
	fail
)

var (
	// GoOn: the wait is not over.
	GoOn = Verdict{state: goOn}
	// Done: the wait has succeeded.
	Done = Verdict{state: done}
)

// Fail ends the wait with err. If the poll itself failed, an outage does not end the wait.
func Fail(err error) Verdict { return Verdict{state: fail, err: err} }

// Condition decides on a poll by its result or its error, and by how long the wait has
// taken.
type Condition[T any] func(value T, err error, waited time.Duration) Verdict

// Poller is one wait.
type Poller[T any] struct {
	Timeout  time.Duration
	Interval time.Duration // between two polls; 0 means adaptive
	Poll     func(context.Context) (T, error)
	Judge    Condition[T]
	// IsOutage reports a transient failure.
	IsOutage func(error) bool
	// RetryAfter returns how long the service asks to wait after a failure.
	RetryAfter func(error) time.Duration
}

// EndedError says that a timeout or the context ended a wait before the condition did.
type EndedError struct {
	Err error // of the last poll, or nil
}

func (e *EndedError) Error() string { return "the wait timed out" }

// Unwrap returns the error of the last poll, or nil.
func (e *EndedError) Unwrap() error { return e.Err }

// Wait polls until the condition ends the wait, and returns what the last poll read. It
// returns the same with an error that the condition has about what was read.
func (p *Poller[T]) Wait(ctx context.Context) (T, error) {
	var none T
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	start, pace := time.Now(), pacer{interval: p.Interval}
	var failingSince time.Time // zero if the last poll did not fail
	for {
		value, err := p.Poll(ctx)
		verdict := p.Judge(value, err, time.Since(start))
		switch {
		case verdict.state == done:
			return value, nil
		case verdict.state == fail && err == nil:
			return value, verdict.err
		case ctx.Err() != nil:
			return none, &EndedError{}
		case verdict.state == goOn:
			failingSince = time.Time{}
		case failingSince.IsZero():
			failingSince = time.Now()
		}
		if verdict.state == fail && (!p.IsOutage(verdict.err) || time.Since(failingSince) >= outageTolerance) {
			return none, verdict.err
		}
		var asked time.Duration
		if err != nil {
			asked = p.RetryAfter(err)
		}
		if !pace.pause(ctx, time.Since(start), asked) {
			return none, &EndedError{Err: err}
		}
	}
}

// pacer decides when the next poll is due.
type pacer struct {
	interval time.Duration // fixed, if not 0
	pauses   int
}

// pause waits until the next poll is due, and at least for asked. It reports false if ctx
// ends first. A pause that would leave no time for a response before the deadline is cut
// short.
func (p *pacer) pause(ctx context.Context, waited, asked time.Duration) bool {
	deadline, _ := ctx.Deadline() // a wait always has one
	left := time.Until(deadline)
	due := bounded(p.next(waited), asked, left)
	if due >= left {
		<-ctx.Done()
		return false
	}
	return retry.Sleep(ctx, due) == nil
}

// bounded returns the pause before the next poll if only left is left.
func bounded(pause, asked, left time.Duration) time.Duration {
	if left >= minLast {
		pause = min(pause, max(left/2, left-lastMargin))
	}
	return max(pause, asked)
}

// next returns the pause before the next poll. The jitter only shortens it, because the
// pause bounds how late the end is noticed.
func (p *pacer) next(waited time.Duration) time.Duration {
	if p.interval > 0 {
		return p.interval
	}
	longest := min(max(waited/10, pause), maxPause)
	longest = min(longest, firstPause<<min(p.pauses, 10))
	p.pauses++
	return longest - time.Duration(rand.Int64N(int64(longest)/20+1))
}
