// Package poll waits: it polls until a condition says that the wait is over, at a
// pace that follows from how long it has taken, and outlasts short outages.
package poll

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
)

const (
	// firstPause is the first pause of an adaptive pace, which doubles with each poll.
	firstPause = 300 * time.Millisecond
	// pause is where the doubling ends: from there on, a tenth of the time waited counts.
	pause = time.Second
	// maxPause is the longest pause. A pause is how late the end can be noticed.
	maxPause = 10 * time.Second

	// lastMargin is how long before the deadline the pauses begin to shrink.
	lastMargin = time.Second
	// minLast is how much time has to be left for yet another poll.
	minLast = 100 * time.Millisecond

	// outageTolerance is how long polls may go on to fail in a row.
	outageTolerance = time.Minute
)

// Verdict is what a condition says of a poll.
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
	// Done: what was waited for has come.
	Done = Verdict{state: done}
)

// Fail ends the wait with err. The failure of a poll may be an outage, which the wait
// outlasts; what a poll has read may not.
func Fail(err error) Verdict { return Verdict{state: fail, err: err} }

// Condition judges a poll by what it read, or by why it did not, and by how long the
// wait has taken.
type Condition[T any] func(value T, err error, waited time.Duration) Verdict

// Poller is one wait.
type Poller[T any] struct {
	Timeout  time.Duration
	Interval time.Duration // between two polls; 0: adaptive
	Poll     func(context.Context) (T, error)
	Judge    Condition[T]
	// IsOutage reports a failure that may pass.
	IsOutage func(error) bool
	// RetryAfter is how long the service asks to wait after a failure.
	RetryAfter func(error) time.Duration
}

// EndedError says that a wait ended by its timeout or by its context before the
// condition had decided.
type EndedError struct {
	Err error // of the last poll, or nil
}

func (e *EndedError) Error() string { return "the wait timed out" }

// Unwrap returns the error of the last poll, or nil.
func (e *EndedError) Unwrap() error { return e.Err }

// Wait polls until the condition is done, and returns what the last poll read. It
// does so beside the error, too, where the condition failed for what was read.
func (p *Poller[T]) Wait(ctx context.Context) (T, error) {
	var none T
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	start, pace := time.Now(), pacer{interval: p.Interval}
	var failingSince time.Time // zero where the last poll did not fail
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

// pause waits until the next poll is due, but at least for the time asked for, and
// reports false where ctx ends before. A pause that would leave no time for an
// answer before the deadline is cut short, so that the last polls still get one.
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

// bounded is the pause before the next poll where left is left.
func bounded(pause, asked, left time.Duration) time.Duration {
	if left >= minLast {
		pause = min(pause, max(left/2, left-lastMargin))
	}
	return max(pause, asked)
}

// next is the pause before the next poll. The jitter only shortens it, because the
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
