package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// The rules of waiting.
const (
	// DefaultWaitTimeout bounds a wait where WaitOptions.Timeout does not. The
	// service takes 2 to 20 seconds as a rule, and 1 to 2 minutes at worst.
	DefaultWaitTimeout = 10 * time.Minute

	// The pauses of an adaptive interval: the first one, which doubles up to the
	// next, from which on a tenth of the time waited counts, and the longest one.
	// A pause is how late the end of the wait can be noticed.
	firstPollPause = 300 * time.Millisecond
	pollPause      = time.Second
	maxPollPause   = 10 * time.Second
	// lastPollMargin is how long before the deadline the pauses begin to shrink, and
	// minLastPause how much time has to be left for yet another poll.
	lastPollMargin = time.Second
	minLastPause   = 100 * time.Millisecond

	// readLag is how long a new endpoint may not be found.
	readLag = 5 * time.Second
	// outageTolerance is how long polls may go on to fail in a row.
	outageTolerance = time.Minute
)

// WaitOptions says what to wait for, and how.
type WaitOptions struct {
	// Timeout bounds the wait; 0 means DefaultWaitTimeout. The context bounds it too.
	Timeout time.Duration
	// Interval is the pause between two polls. 0 means an adaptive one: short at
	// first, then a tenth of the time waited so far, at least 1 and at most 10
	// seconds, so that the end is noticed that much late at most. Either is longer
	// where a throttling service asks for it, and shorter right before the end of
	// the time, so that nothing is missed then.
	Interval time.Duration
	// Targets are the statuses that end the wait with success. None means accepted
	// and pendingAcceptance. WaitForEndpointDeleted does not use them.
	Targets []EndpointStatus
	// OnPoll is called with the endpoint after each poll that read it. The endpoint
	// is a copy, to be kept or changed at will.
	OnPoll func(*Endpoint)
}

func (o WaitOptions) validate(f *fieldErrors) {
	if o.Timeout < 0 {
		f.add("Timeout", "must not be negative")
	}
	if o.Interval < 0 {
		f.add("Interval", "must not be negative")
	}
}

// WaitForEndpoint polls an endpoint until its status is one of opts.Targets, and
// returns it. Short outages, unknown statuses, and an endpoint that cannot be found
// in its first five seconds do not end the wait.
//
// Errors:
//   - *ValidationError: the ID or the options are wrong; nothing was sent.
//   - *EndpointFailedError: the endpoint is failed, rejected or deleting.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - ErrEndpointNotFound: there is no such endpoint.
//   - context.Canceled, and any error of GetEndpoint that waiting does not mend.
func (c *Client) WaitForEndpoint(ctx context.Context, id string, opts WaitOptions) (*Endpoint, error) {
	targets := opts.Targets
	if len(targets) == 0 {
		targets = []EndpointStatus{StatusAccepted, StatusPendingAcceptance}
	}
	return c.wait(ctx, id, opts, c.pollEndpoint(id), untilStatus(targets))
}

// untilStatus judges polls for a wait that ends in one of targets.
func untilStatus(targets []EndpointStatus) judgement {
	return func(e *Endpoint, err error, waited time.Duration) (bool, error) {
		switch {
		case errors.Is(err, ErrEndpointNotFound):
			if waited < readLag {
				return false, nil
			}
			return true, err
		case err != nil:
			return false, err
		case slices.Contains(targets, e.Status):
			return true, nil
		case e.Status == StatusFailed, e.Status == StatusRejected, e.Status == StatusDeleting:
			return true, &EndpointFailedError{Endpoint: e}
		}
		return false, nil
	}
}

// WaitForEndpointDeleted polls an endpoint until the service says that it does
// not exist (any longer). A 404 that means a wrong URL is an error.
//
// Errors:
//   - *ValidationError: the ID or the options are wrong; nothing was sent.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - context.Canceled, and any error of GetEndpoint that waiting does not mend.
func (c *Client) WaitForEndpointDeleted(ctx context.Context, id string, opts WaitOptions) error {
	_, err := c.wait(ctx, id, opts, c.pollEndpoint(id), func(_ *Endpoint, err error, _ time.Duration) (bool, error) {
		if errors.Is(err, ErrEndpointNotFound) {
			return true, nil
		}
		return false, err
	})
	return err
}

// wait polls until judge says that the wait has come to its end. judge gets what a
// poll read, or why it did not, and returns an error that ends the wait, or the
// error of the poll, which may be a passing one.
func (c *Client) wait(ctx context.Context, id string, opts WaitOptions, poll func(context.Context) (*Endpoint, error), judge judgement) (*Endpoint, error) {
	if _, err := c.begin(ctx, nil); err != nil {
		return nil, err
	}
	var f fieldErrors
	f.pathSegment("id", id)
	opts.validate(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	timed, cancel := context.WithTimeout(ctx, cmp.Or(opts.Timeout, DefaultWaitTimeout))
	defer cancel()
	var (
		start        = time.Now()
		last         *Endpoint
		failingSince time.Time // zero where the last poll did not fail
		pacing       = pacer{interval: opts.Interval}
	)
	for {
		e, err := poll(timed)
		if err == nil {
			last = e
			if opts.OnPoll != nil {
				opts.OnPoll(e.clone())
			}
		}
		ended, failure := judge(e, err, time.Since(start))
		switch {
		case ended:
			return e, failure
		case timed.Err() != nil:
			return nil, endOfWait(ctx, id, last, nil)
		case failure == nil:
			failingSince = time.Time{}
		case failingSince.IsZero():
			failingSince = time.Now()
		}
		if failure != nil && (!isTransient(failure) || time.Since(failingSince) >= outageTolerance) {
			return nil, failure
		}
		if !pacing.pause(timed, time.Since(start), c.askedPause(err)) {
			return nil, endOfWait(ctx, id, last, err)
		}
	}
}

// judgement says of a poll whether it ends the wait. It gets what the poll read, or
// why it did not, and returns an error that ends the wait, or the error of the poll,
// which may be a passing one.
type judgement func(e *Endpoint, err error, waited time.Duration) (ended bool, failure error)

// pollEndpoint reads the endpoint once: the next poll is the next attempt.
func (c *Client) pollEndpoint(id string) func(context.Context) (*Endpoint, error) {
	poll := getEndpoint(id)
	poll.once = true
	return func(ctx context.Context) (*Endpoint, error) { return do(ctx, c, nil, poll) }
}

// askedPause is how long a service that throttles asks to wait.
func (c *Client) askedPause(err error) time.Duration {
	var answer *APIError
	if !errors.As(err, &answer) {
		return 0
	}
	return min(answer.RetryAfter, c.service.Retry.MaxDelay)
}

// endOfWait is the error of a wait that ran out of time, or was cancelled.
func endOfWait(ctx context.Context, id string, last *Endpoint, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("vpcep: wait for endpoint %s: %w", id, context.Canceled)
	}
	return &WaitTimeoutError{EndpointID: id, Last: last, Err: err}
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
	pause := p.next(waited)
	deadline, _ := ctx.Deadline() // a wait always has one
	left := time.Until(deadline)
	if left >= minLastPause {
		pause = min(pause, max(left/2, left-lastPollMargin))
	}
	pause = max(pause, asked)
	if pause >= left {
		<-ctx.Done()
		return false
	}
	return retry.Sleep(ctx, pause) == nil
}

// next is the pause before the next poll. The jitter only shortens it, because its
// bound is also the bound of how late the end of the wait is noticed.
func (p *pacer) next(waited time.Duration) time.Duration {
	if p.interval > 0 {
		return p.interval
	}
	pause := min(max(waited/10, pollPause), maxPollPause)
	pause = min(pause, firstPollPause<<min(p.pauses, 10))
	p.pauses++
	return pause - time.Duration(rand.Int64N(int64(pause)/20+1))
}

// WaitForEndpointChange polls an endpoint until has reports that a change has
// arrived, and returns it. HasWhitelist, HasRouteTables, HasTags,
// HasAllTags, LacksTags and HasPolicy are such reports. opts.Targets is not used.
//
// Errors are those of WaitForEndpoint; failed, deleting and a missing endpoint end the wait early.
func (c *Client) WaitForEndpointChange(ctx context.Context, id string, has Condition, opts WaitOptions) (*Endpoint, error) {
	if has == nil {
		return nil, errors.New("vpcep: wait: the condition is nil")
	}
	return c.wait(ctx, id, opts, c.pollEndpoint(id), func(e *Endpoint, err error, _ time.Duration) (bool, error) {
		switch {
		case errors.Is(err, ErrEndpointNotFound):
			return true, err
		case err != nil:
			return false, err
		case has(e):
			return true, nil
		case e.Status == StatusFailed, e.Status == StatusDeleting:
			return true, &EndpointFailedError{Endpoint: e}
		}
		return false, nil
	})
}

// Condition is what a wait for a change waits for.
type Condition func(*Endpoint) bool

// All reports whether all of conditions hold.
func All(conditions ...Condition) Condition {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(conditions, func(holds Condition) bool { return !holds(e) })
	}
}

// Any reports whether one of conditions holds.
func Any(conditions ...Condition) Condition {
	return func(e *Endpoint) bool {
		return slices.ContainsFunc(conditions, func(holds Condition) bool { return holds(e) })
	}
}
