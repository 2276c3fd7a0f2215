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

// The rules of waiting.
const (
	// DefaultWaitTimeout bounds a wait where WaitOptions.Timeout does not. The
	// service takes 2 to 20 seconds as a rule, and 1 to 2 minutes at worst.
	DefaultWaitTimeout = 10 * time.Minute

	// readLag is how long a new endpoint may not be found.
	readLag = 5 * time.Second
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
//   - *EndpointFailedError: the endpoint is failed, rejected or deleting. The endpoint
//     comes beside it; beside any other error, it is nil.
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

// untilStatus is the condition of a wait that ends in one of targets.
func untilStatus(targets []EndpointStatus) poll.Condition[*Endpoint] {
	return func(e *Endpoint, err error, waited time.Duration) poll.Verdict {
		switch {
		case errors.Is(err, ErrEndpointNotFound) && waited < readLag:
			return poll.GoOn
		case err != nil:
			return poll.Fail(err)
		case slices.Contains(targets, e.Status):
			return poll.Done
		case e.Status == StatusFailed, e.Status == StatusRejected, e.Status == StatusDeleting:
			return poll.Fail(&EndpointFailedError{Endpoint: e})
		}
		return poll.GoOn
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
	_, err := c.wait(ctx, id, opts, c.pollEndpoint(id), func(_ *Endpoint, err error, _ time.Duration) poll.Verdict {
		switch {
		case errors.Is(err, ErrEndpointNotFound):
			return poll.Done
		case err != nil:
			return poll.Fail(err)
		}
		return poll.GoOn
	})
	return err
}

// wait polls with read until the condition says that the wait has come to its end.
func (c *Client) wait(ctx context.Context, id string, opts WaitOptions, read func(context.Context) (*Endpoint, error), until poll.Condition[*Endpoint]) (*Endpoint, error) {
	if _, err := c.begin(ctx, nil); err != nil {
		return nil, err
	}
	var f fieldErrors
	f.pathSegment("id", id)
	opts.validate(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	var last *Endpoint
	poller := poll.Poller[*Endpoint]{
		Timeout: cmp.Or(opts.Timeout, DefaultWaitTimeout), Interval: opts.Interval,
		Poll: func(ctx context.Context) (*Endpoint, error) {
			e, err := read(ctx)
			if err == nil {
				last = e
				if opts.OnPoll != nil {
					opts.OnPoll(e.clone())
				}
			}
			return e, err
		},
		Judge: until, IsOutage: isTransient, RetryAfter: c.askedPause,
	}
	e, err := poller.Wait(ctx)
	var ended *poll.EndedError
	if errors.As(err, &ended) {
		return nil, endOfWait(ctx, id, last, ended.Err)
	}
	return e, err
}

// pollEndpoint reads the endpoint once: the next poll is the next attempt.
func (c *Client) pollEndpoint(id string) func(context.Context) (*Endpoint, error) {
	read := getEndpoint(id)
	read.once = true
	return func(ctx context.Context) (*Endpoint, error) { return do(ctx, c, nil, read) }
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

// WaitForEndpointChange polls an endpoint until has reports that a change has
// arrived, and returns it. HasWhitelist, HasRouteTables, HasTags,
// HasAllTags, LacksTags and HasPolicy are such reports. opts.Targets is not used.
//
// Errors are those of WaitForEndpoint; failed, deleting and a missing endpoint end the
// wait early. The endpoint comes beside an *EndpointFailedError, and is nil beside any
// other error.
func (c *Client) WaitForEndpointChange(ctx context.Context, id string, has Condition, opts WaitOptions) (*Endpoint, error) {
	if has == nil {
		return nil, errors.New("vpcep: wait: the condition is nil")
	}
	return c.wait(ctx, id, opts, c.pollEndpoint(id), func(e *Endpoint, err error, _ time.Duration) poll.Verdict {
		switch {
		case err != nil:
			return poll.Fail(err)
		case has(e):
			return poll.Done
		case e.Status == StatusFailed, e.Status == StatusDeleting:
			return poll.Fail(&EndpointFailedError{Endpoint: e})
		}
		return poll.GoOn
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
