package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// The rules of waiting.
const (
	// DefaultWaitTimeout bounds a wait where WaitOptions.Timeout does not. The
	// service takes 2 to 20 seconds as a rule, and 1 to 2 minutes at worst.
	DefaultWaitTimeout = 10 * time.Minute

	firstPollPause = 200 * time.Millisecond
	maxPollPause   = 10 * time.Second
	// maxRetryAfterPause bounds a pause that the service asks for.
	maxRetryAfterPause = 30 * time.Second
	// lastPollMargin is how long before the deadline the last poll is sent.
	lastPollMargin = time.Second

	// readLag is how long a new endpoint may not be found.
	readLag = 5 * time.Second
	// outageTolerance is how long polls may fail in a row.
	outageTolerance = time.Minute
)

// WaitOptions says what to wait for, and how.
type WaitOptions struct {
	// Timeout bounds the wait; 0 means DefaultWaitTimeout. The context bounds it too.
	Timeout time.Duration
	// Interval is the pause between two polls. 0 means an adaptive one: short at
	// first, then a tenth of the time waited so far, at least 1 and at most 10 seconds.
	Interval time.Duration
	// Targets are the statuses that end the wait with success. nil means accepted
	// and pendingAcceptance. WaitForEndpointDeleted does not use them.
	Targets []EndpointStatus
	// OnPoll is called with the endpoint after each poll that read it.
	OnPoll func(*Endpoint)
}

// WaitForEndpoint polls an endpoint until its status is one of opts.Targets, and
// returns it. Short outages, unknown statuses, and an endpoint that cannot be found
// in its first five seconds do not end the wait.
//
// Errors:
//   - *EndpointFailedError: the endpoint is failed, rejected or deleting.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - ErrEndpointNotFound: there is no such endpoint.
//   - context.Canceled, and any error of GetEndpoint that waiting does not mend.
func (c *Client) WaitForEndpoint(ctx context.Context, id string, opts WaitOptions) (*Endpoint, error) {
	targets := opts.Targets
	if targets == nil {
		targets = []EndpointStatus{StatusAccepted, StatusPendingAcceptance}
	}
	return c.wait(ctx, id, opts, func(e *Endpoint, err error, waited time.Duration) (bool, error) {
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
	})
}

// WaitForEndpointDeleted polls an endpoint until the service says that it does
// not exist (any longer). A 404 that means a wrong URL is an error.
//
// Errors:
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - context.Canceled, and any error of GetEndpoint that waiting does not mend.
func (c *Client) WaitForEndpointDeleted(ctx context.Context, id string, opts WaitOptions) error {
	_, err := c.wait(ctx, id, opts, func(_ *Endpoint, err error, _ time.Duration) (bool, error) {
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
func (c *Client) wait(ctx context.Context, id string, opts WaitOptions, judge func(e *Endpoint, err error, waited time.Duration) (bool, error)) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	if opts.Timeout < 0 || opts.Interval < 0 {
		return nil, errors.New("vpcep: wait: Timeout and Interval must not be negative")
	}
	timed, cancel := context.WithTimeout(ctx, cmp.Or(opts.Timeout, DefaultWaitTimeout))
	defer cancel()
	poll := getCall(path)
	poll.maxAttempts = 1 // the next poll is the next attempt
	var (
		start  = time.Now()
		lastOK = start
		last   *Endpoint
		pacing = pacer{interval: opts.Interval}
	)
	for {
		e, err := do(timed, c, poll, nil, decodeEndpoint)
		if err == nil {
			last, lastOK = e, time.Now()
			if opts.OnPoll != nil {
				opts.OnPoll(e.clone())
			}
		}
		if err != nil && timed.Err() != nil {
			return nil, endOfWait(ctx, id, last, nil)
		}
		if errors.Is(err, ErrEndpointNotFound) {
			lastOK = time.Now() // an answer, too
		}
		ended, verdict := judge(e, err, time.Since(start))
		switch {
		case ended:
			return e, verdict
		case verdict != nil && !(isPassing(verdict) && time.Since(lastOK) < outageTolerance):
			return nil, verdict
		}
		if !pacing.pause(timed, time.Since(start), err) {
			return nil, endOfWait(ctx, id, last, err)
		}
	}
}

// endOfWait is the error of a wait that ran out of time, or was cancelled.
func endOfWait(ctx context.Context, id string, last *Endpoint, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("vpcep: wait for endpoint %s: %w", id, context.Canceled)
	}
	return &WaitTimeoutError{EndpointID: id, Last: last, Err: err}
}

// isPassing reports an error of a poll that may be gone at the next one.
func isPassing(err error) bool {
	var answer *APIError
	if !errors.As(err, &answer) {
		var failure *transport.Error
		return errors.As(err, &failure) && !failure.Prepare
	}
	return answer.isThrottled() || answer.StatusCode >= 500 || answer.StatusCode == http.StatusRequestTimeout ||
		answer.StatusCode/100 == 2 // an answer that broke off
}

// pacer decides when the next poll is due.
type pacer struct {
	interval time.Duration // fixed, if not 0
	polls    int
	isLast   bool // the next poll is the last one before the deadline
}

// pause waits until the next poll is due, and reports false where there is none
// before the end of ctx. A pause that is longer than the time left is cut short
// once, so that the last poll falls into that time.
func (p *pacer) pause(ctx context.Context, waited time.Duration, err error) bool {
	pause := p.next(waited, err)
	if deadline, ok := ctx.Deadline(); ok && pause >= time.Until(deadline) {
		if p.isLast {
			<-ctx.Done()
			return false
		}
		p.isLast = true
		left := time.Until(deadline)
		pause = max(left/2, left-lastPollMargin)
	}
	return retry.Sleep(ctx, pause) == nil
}

// next is the pause before the next poll. The bound of a tenth or one second is
// also the bound of how late the end of the wait is noticed; the jitter only
// shortens it.
func (p *pacer) next(waited time.Duration, err error) time.Duration {
	p.polls++
	pause := p.interval
	if pause == 0 {
		pause = min(max(waited/10, time.Second), maxPollPause)
		if dense := firstPollPause << min(p.polls-1, 10); dense < pause {
			pause = dense
		}
		pause -= time.Duration(rand.Int64N(int64(pause)/20 + 1))
	}
	var answer *APIError
	if errors.As(err, &answer) { // a service that is throttling says when to come back
		pause = max(pause, min(answer.RetryAfter, maxRetryAfterPause))
	}
	return pause
}
