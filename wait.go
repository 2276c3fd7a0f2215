package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vpcep/vpcep-go/internal/poll"
)

const (
	// DefaultWaitTimeout bounds a wait if WaitOptions.Timeout is 0. The service usually
	// takes 2 to 20 seconds, and 1 to 2 minutes at worst.
	DefaultWaitTimeout = 10 * time.Minute

	// readLag is how long reads may lag behind a create: an existing resource may not be
	// found for this long.
	readLag = 5 * time.Second
)

// WaitOptions sets what to wait for, and how.
type WaitOptions struct {
	// Timeout bounds the wait; 0 means DefaultWaitTimeout. The context bounds it too.
	Timeout time.Duration
	// Interval is the pause between two polls. 0 means an adaptive pause: short at first,
	// then a tenth of the time waited so far, at least 1 and at most 10 seconds, which
	// is also how late the end may be noticed. Either is longer if a throttling service
	// asks for it, and shorter right before the timeout, to poll once more at the last
	// moment.
	Interval time.Duration
	// Targets are the statuses that end the wait with success; by default accepted and
	// pendingAcceptance. WaitForEndpointDeleted and the waits for services do not use
	// them.
	Targets []EndpointStatus
	// OnPoll is called with the endpoint after each poll that read it. The endpoint is
	// a copy that you may keep or change.
	OnPoll func(*Endpoint)
	// OnServicePoll is OnPoll for WaitForService and WaitForServiceDeleted.
	OnServicePoll func(*EndpointService)
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
// returns it. The wait continues through outages of up to a minute, unknown statuses,
// and up to five seconds in a row in which the endpoint cannot be found.
//
// Errors:
//   - *ValidationError: the ID or the options are invalid; nothing was sent.
//   - *EndpointFailedError: the endpoint is failed, rejected or deleting. The endpoint
//     is returned too; with any other error, it is nil.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed. The error has
//     the endpoint as last read.
//   - ErrEndpointNotFound: the endpoint does not exist or no longer exists; no poll in
//     at least the last five seconds found it.
//   - context.Canceled, and any error of GetEndpoint that waiting does not fix.
func (c *Client) WaitForEndpoint(ctx context.Context, id string, opts WaitOptions) (*Endpoint, error) {
	targets := opts.Targets
	if len(targets) == 0 {
		targets = []EndpointStatus{StatusAccepted, StatusPendingAcceptance}
	}
	reached := func(e *Endpoint) bool { return slices.Contains(targets, e.Status) }
	return waitForEndpoint(id, endpointResource.until(reached, endpointResource.dead)).run(ctx, c, opts)
}

func waitForEndpoint(id string, until poll.Condition[*Endpoint]) wait[Endpoint] {
	return wait[Endpoint]{of: endpointResource, id: id, read: getEndpoint(id), until: until}
}

// WaitForEndpointDeleted polls an endpoint until the service says that it does not
// exist. A 404 for a wrong URL is an error. Because a read may lag behind a create, an
// endpoint that was last seen in a status other than deleting counts as gone only after
// it has not been found for five seconds.
//
// Errors:
//   - *ValidationError: the ID or the options are invalid; nothing was sent.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - context.Canceled, and any error of GetEndpoint that waiting does not fix.
func (c *Client) WaitForEndpointDeleted(ctx context.Context, id string, opts WaitOptions) error {
	_, err := waitForEndpoint(id, endpointResource.untilGone()).run(ctx, c, opts)
	return err
}

// wait is one wait for a resource.
type wait[T any] struct {
	of    *resource[T]
	id    string
	read  request[*T] // its result is nil if the resource does not exist
	until poll.Condition[*T]
}

// run polls until the condition ends the wait.
func (w wait[T]) run(ctx context.Context, c *Client, opts WaitOptions) (*T, error) {
	if _, err := c.begin(ctx, nil); err != nil {
		return nil, err
	}
	var f fieldErrors
	w.read.checkAlways(&f)
	opts.validate(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	w.read.once = true // the next poll is the next attempt
	show := w.of.onPoll(opts)
	var last *T
	poller := poll.Poller[*T]{
		Timeout: cmp.Or(opts.Timeout, DefaultWaitTimeout), Interval: opts.Interval,
		Poll: func(ctx context.Context) (*T, error) {
			value, err := do(ctx, c, nil, w.read)
			switch {
			case err != nil:
				return nil, err
			case value == nil:
				return nil, fmt.Errorf("vpcep: %s %s: %w", w.of.name, w.id, w.of.notFound)
			}
			last = value
			if show != nil {
				show(w.of.clone(value))
			}
			return value, nil
		},
		Judge: w.until, IsOutage: isTransient, RetryAfter: c.retryAfter,
	}
	value, err := poller.Wait(ctx)
	var ended *poll.EndedError
	switch {
	case !errors.As(err, &ended):
		return value, err
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("vpcep: wait for %s %s: %w", w.of.name, w.id, context.Canceled)
	}
	timeout := w.of.timedOut(w.id, last)
	timeout.Err = ended.Err
	return nil, timeout
}

// until returns the condition of a wait that ends with success if reached reports true,
// or with the error that dead returns.
func (r *resource[T]) until(reached func(*T) bool, dead func(*T) error) poll.Condition[*T] {
	var seen sighting[T]
	return func(value *T, err error, _ time.Duration) poll.Verdict {
		switch {
		case errors.Is(err, r.notFound) && (!seen.isGone() || seen.last == nil && r.appearsLate):
			return poll.GoOn
		case err != nil:
			return poll.Fail(err)
		}
		seen = sighting[T]{last: value}
		if reached(value) {
			return poll.Done
		}
		if err := dead(value); err != nil {
			return poll.Fail(err)
		}
		return poll.GoOn
	}
}

// untilGone returns the condition of a wait for the deletion of a resource.
func (r *resource[T]) untilGone() poll.Condition[*T] {
	var seen sighting[T]
	return func(value *T, err error, _ time.Duration) poll.Verdict {
		switch {
		case errors.Is(err, r.notFound):
			if seen.last == nil || r.isDeleting(seen.last) || seen.isGone() {
				return poll.Done
			}
			return poll.GoOn
		case err != nil:
			return poll.Fail(err)
		}
		seen = sighting[T]{last: value}
		return poll.GoOn
	}
}

// sighting is what a wait knows about a resource from its polls.
type sighting[T any] struct {
	last    *T        // as last read, or nil
	missing time.Time // since when no poll has found it; zero if the last poll did
}

// isGone is called when a poll has not found the resource. It reports whether the
// resource has been missing for longer than reads lag.
func (s *sighting[T]) isGone() bool {
	if s.missing.IsZero() {
		s.missing = time.Now()
	}
	return time.Since(s.missing) >= readLag
}

// retryAfter returns how long a throttling service asks to wait.
func (c *Client) retryAfter(err error) time.Duration {
	var answer *APIError
	if !errors.As(err, &answer) {
		return 0
	}
	return min(answer.RetryAfter, c.service.Retry.MaxDelay)
}

// WaitForEndpointChange polls an endpoint until has reports that a change has taken
// effect, and returns it. HasWhitelist, HasRouteTables, HasTags, HasAllTags, LacksTags
// and HasPolicy return such conditions. opts.Targets has no effect.
//
// Errors are those of WaitForEndpoint, except that a rejected endpoint does not end the
// wait. The endpoint is returned with an *EndpointFailedError, and is nil with any other
// error.
func (c *Client) WaitForEndpointChange(ctx context.Context, id string, has Condition, opts WaitOptions) (*Endpoint, error) {
	if has == nil {
		return nil, errors.New("vpcep: wait: the condition is nil")
	}
	dead := func(e *Endpoint) error {
		if e.Status == StatusRejected { // can still be changed
			return nil
		}
		return endpointResource.dead(e)
	}
	return waitForEndpoint(id, endpointResource.until(has, dead)).run(ctx, c, opts)
}

// Condition reports whether an endpoint is as WaitForEndpointChange waits for it to be.
type Condition func(*Endpoint) bool

// All returns a condition that holds if all of conditions hold. If one of them is nil, so
// is the result, which WaitForEndpointChange refuses.
func All(conditions ...Condition) Condition {
	if slices.ContainsFunc(conditions, isNil) {
		return nil
	}
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(conditions, func(holds Condition) bool { return !holds(e) })
	}
}

// Any returns a condition that holds if at least one of conditions holds. If one of them is
// nil, so is the result, which WaitForEndpointChange refuses.
func Any(conditions ...Condition) Condition {
	if slices.ContainsFunc(conditions, isNil) {
		return nil
	}
	return func(e *Endpoint) bool {
		return slices.ContainsFunc(conditions, func(holds Condition) bool { return holds(e) })
	}
}

func isNil(c Condition) bool { return c == nil }
