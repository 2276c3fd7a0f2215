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
	method string
	path   string // behind the project: "/vpc-endpoints"
	query  url.Values
	body   []byte
	// creates says that a lost answer may leave something behind that costs money.
	creates bool
}

// do carries out one call, from the attempt to the decoded answer:
// authenticate → attempt → classify → decode. The request has been validated.
func do[T any](ctx context.Context, c *Client, r call, opts []CallOption, decode func([]byte) (T, error)) (T, error) {
	var none T
	resp, err := c.attempt(ctx, r)
	report(opts, resp, 1)
	if err != nil {
		return none, c.classifyFailure(r, err)
	}
	if !resp.IsSuccess() {
		return none, r.outcome(resp, c.apiError(r, resp))
	}
	if resp.BodyErr != nil {
		return none, r.outcome(resp, c.unreadable(r, resp, "the answer broke off", resp.BodyErr))
	}
	value, err := decode(resp.Body)
	if err != nil {
		return none, r.outcome(resp, c.unreadable(r, resp, "the answer cannot be read", err))
	}
	return value, nil
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
	if end := ctx.Err(); end != nil {
		if errors.Is(err, end) {
			return err
		}
		return fmt.Errorf("%w: %w", end, err)
	}
	if errors.Is(context.Cause(attemptCtx), errAttemptTimeout) {
		return errAttemptTimeout
	}
	return err
}

// classifyFailure turns a failure without an answer into the caller's error.
func (c *Client) classifyFailure(r call, err error) error {
	step := ""
	var failure *transport.Error
	if errors.As(err, &failure) && failure.Prepare {
		step = "authenticate: "
	}
	wrapped := fmt.Errorf("vpcep: %s %s: %s%w", r.method, c.path(r), step, err)
	if r.creates && failure != nil && failure.MaybeSent {
		return &OutcomeUnknownError{Err: wrapped}
	}
	return wrapped
}

// outcome wraps err where the answer leaves open whether something was made.
func (r call) outcome(resp *transport.Response, err error) error {
	if !r.creates || !leavesOutcomeOpen(resp.StatusCode) {
		return err
	}
	return &OutcomeUnknownError{EndpointID: namedEndpoint(resp), Err: err}
}

// leavesOutcomeOpen reports the statuses of an unsuccessful create after which
// the endpoint may exist: all but the refusals, 4xx without 408. A success that
// could not be read is open too.
func leavesOutcomeOpen(status int) bool {
	isRefusal := status >= 400 && status < 500 && status != http.StatusRequestTimeout
	return !isRefusal
}

// apiError reads an answer that is no success.
func (c *Client) apiError(r call, resp *transport.Response) *APIError {
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
		Attempts:                    1,
	}
	if resp.StatusCode/100 == 3 {
		e.Message = "redirects are not followed"
	}
	return e
}

// unreadable reads an answer with a status of success that is none. The
// service's own code and message count, if it has any.
func (c *Client) unreadable(r call, resp *transport.Response, what string, cause error) *APIError {
	e := c.apiError(r, resp)
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
	if !resp.IsSuccess() {
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
