package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// call is one call of the service's API.
type call struct {
	operation   retry.Operation
	method      string
	path        string // behind the project: "/vpc-endpoints"
	query       url.Values
	body        []byte
	maxAttempts int  // 0: the client's policy
	attempts    *int // counts the attempts, where the caller wants to know
}

// do carries out one call, from the attempt to the decoded answer, and again
// where that is safe: authenticate → attempt → classify → decode. The request has
// been validated.
func do[T any](ctx context.Context, c *Client, r call, opts []CallOption, decode func([]byte) (T, error)) (value T, err error) {
	maybeDone := false
	for attempt := 1; ; attempt++ {
		if r.attempts != nil {
			*r.attempts++
		}
		resp, sendErr := c.attempt(ctx, r)
		report(opts, resp, attempt)
		var event retry.Event
		if value, event, err = classify(c, r, resp, sendErr, attempt, decode); err == nil {
			c.budget.Give()
			return value, nil
		}
		switch retry.Decide(r.operation, event, maybeDone) {
		case retry.Done:
			return value, nil
		case retry.Unknown, retry.Look:
			return value, &OutcomeUnknownError{EndpointID: namedEndpoint(resp), Err: err}
		case retry.No:
			return value, err
		}
		maybeDone = maybeDone || event.MaybeDone()
		if stop := c.pauseBeforeAgain(ctx, r, attempt, err); stop != nil {
			return value, stop
		}
	}
}

// classify tells what came of an attempt, and decodes the answer of one that succeeded.
func classify[T any](c *Client, r call, resp *transport.Response, sendErr error, attempt int, decode func([]byte) (T, error)) (value T, event retry.Event, err error) {
	switch {
	case sendErr != nil:
		event, err = c.classifyFailure(r, sendErr)
	case !resp.IsSuccess():
		event, err = c.classifyStatus(r, resp, attempt)
	case resp.BodyErr != nil:
		event, err = retry.Broken, c.unreadable(r, resp, attempt, "the answer broke off", resp.BodyErr)
		if errors.Is(resp.BodyErr, transport.ErrBodyTooLarge) {
			event = retry.Unreadable
		}
	default:
		if value, err = decode(resp.Body); err != nil {
			event, err = retry.Unreadable, c.unreadable(r, resp, attempt, "the answer cannot be read", err)
		}
	}
	return value, event, err
}

// pauseBeforeAgain waits before the next attempt. It returns the error to end the
// call with where there shall be none.
func (c *Client) pauseBeforeAgain(ctx context.Context, r call, attempt int, err error) error {
	most := c.retry.MaxAttempts
	if r.maxAttempts > 0 {
		most = r.maxAttempts
	}
	if attempt >= most || !c.budget.Take() {
		return err
	}
	var after time.Duration
	var answer *APIError
	if errors.As(err, &answer) {
		after = answer.RetryAfter
	}
	end := retry.Sleep(ctx, c.retry.Delay(attempt, after))
	if end == nil || errors.Is(err, end) {
		return end
	}
	return fmt.Errorf("%w; not sent again: %w", err, end)
}

// attempt authenticates the request and sends it once.
func (c *Client) attempt(ctx context.Context, r call) (*transport.Response, error) {
	attemptCtx, cancel := context.WithTimeoutCause(ctx, c.attemptTimeout, errAttemptTimeout)
	defer cancel()
	resp, err := c.transport.Send(attemptCtx, &transport.Request{
		Method:  r.method,
		URL:     c.url(r),
		Header:  c.header,
		Body:    r.body,
		Prepare: c.auth.Authenticate,
	})
	if err != nil {
		var failure *transport.Error
		if errors.As(err, &failure) {
			failure.Err = endOf(ctx, attemptCtx, failure.Err)
		}
		return nil, err
	}
	if resp.BodyErr != nil {
		resp.BodyErr = endOf(ctx, attemptCtx, resp.BodyErr)
	}
	return resp, nil
}

// endOf makes sure that err tells which clock ended the attempt: the caller's
// context, or the attempt's own time-out.
func endOf(ctx, attemptCtx context.Context, err error) error {
	if ctx.Err() == nil && errors.Is(context.Cause(attemptCtx), errAttemptTimeout) {
		return errAttemptTimeout
	}
	return withContextEnd(ctx, err)
}

// withContextEnd adds the end of ctx to err, where it has come and err does not say so.
func withContextEnd(ctx context.Context, err error) error {
	end := ctx.Err()
	if end == nil || errors.Is(err, end) {
		return err
	}
	return fmt.Errorf("%w: %w", end, err)
}

// classifyFailure turns a failure without an answer into an event and the caller's error.
func (c *Client) classifyFailure(r call, err error) (retry.Event, error) {
	var failure *transport.Error
	if !errors.As(err, &failure) {
		failure = &transport.Error{Err: err, MaybeSent: true}
	}
	if failure.Prepare {
		return retry.Refused, fmt.Errorf("vpcep: %s %s: authenticate: %w", r.method, c.path(r), failure)
	}
	event := retry.Unsent
	if failure.MaybeSent {
		event = retry.Broken
	}
	return event, fmt.Errorf("vpcep: %s %s: %w", r.method, c.path(r), failure)
}

// classifyStatus turns an answer that is no success into an event and the caller's error.
func (c *Client) classifyStatus(r call, resp *transport.Response, attempt int) (retry.Event, error) {
	e := c.apiError(r, resp, attempt)
	switch status := resp.StatusCode; {
	case e.isThrottled():
		return retry.Throttled, e
	case e.isEndpointNotFound():
		return retry.Gone, e
	case status == http.StatusRequestTimeout:
		return retry.TimedOut, e
	case status >= 500:
		return retry.ServerError, e
	case status >= 400:
		return retry.Refused, e
	}
	return retry.Unreadable, e
}

// apiError reads an answer that is no success.
func (c *Client) apiError(r call, resp *transport.Response, attempt int) *APIError {
	body := parseErrorBody(resp.Body)
	if body.message == "" {
		body.message = plainMessage(resp)
	}
	e := &APIError{
		StatusCode:                  resp.StatusCode,
		Code:                        body.code,
		Message:                     body.message,
		RequestID:                   cmp.Or(resp.Header.Get(headerRequestID), body.requestID),
		Method:                      r.method,
		Path:                        c.path(r),
		RetryAfter:                  retry.After(resp.Header, time.Now()),
		Body:                        resp.Body[:min(len(resp.Body), maxErrorBody)],
		Details:                     body.details,
		EncodedAuthorizationMessage: body.encoded,
		Attempts:                    attempt,
	}
	if resp.StatusCode/100 == 3 {
		e.Message = "redirects are not followed"
	}
	return e
}

// unreadable reads an answer with a status of success that is none. The
// service's own code and message count, if it has any.
func (c *Client) unreadable(r call, resp *transport.Response, attempt int, what string, cause error) *APIError {
	e := c.apiError(r, resp, attempt)
	e.cause = cause
	if e.Code == "" {
		e.Message = what + ": " + cause.Error()
	}
	return e
}

// url is where the call goes.
func (c *Client) url(r call) string {
	u := c.baseURL + "/v1/" + c.projectID + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	return u
}

// path is what messages show of the URL.
func (c *Client) path(r call) string { return c.basePath + "/v1/" + c.projectID + r.path }

// namedEndpoint is the ID that a broken answer of success gives before it breaks off.
func namedEndpoint(resp *transport.Response) string {
	if resp == nil || !resp.IsSuccess() {
		return ""
	}
	return wire.CutMember(resp.Body, "id")
}

// plainMessage is the message of an answer that is not JSON: its text, unless it
// is markup, which tells nobody anything.
func plainMessage(resp *transport.Response) string {
	text := strings.TrimSpace(string(resp.Body))
	if text == "" || strings.HasPrefix(text, "<") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ""
	}
	return oneLine(text)
}

// report fills what WithResponse asks for. resp is nil where no answer came.
func report(opts []CallOption, resp *transport.Response, attempts int) {
	if len(opts) == 0 {
		return
	}
	meta := ResponseMeta{Attempts: attempts}
	if resp != nil {
		meta.StatusCode = resp.StatusCode
		meta.Header = resp.Header
		meta.RequestID = cmp.Or(resp.Header.Get(headerRequestID), parseErrorBody(resp.Body).requestID)
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&meta)
		}
	}
}
