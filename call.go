package vpcep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/redact"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// call is one call of the service's API.
type call struct {
	operation   retry.Operation
	method      string
	path        string // behind the client's base URL
	query       url.Values
	body        []byte
	maxAttempts int      // 0: the client's policy
	once        bool     // one attempt, whatever comes of it
	attempts    *int     // counts the attempts that maxAttempts counts, where the caller wants to know
	secrets     []string // in the body, beside those in the headers
	// isSecret says that the answer holds secrets: no error shows any of it, but the
	// code and the message of a refusal, and isOpaque not even those.
	isSecret, isOpaque bool
}

// do carries out one call, from the attempt to the decoded answer, and again
// where that is safe: authenticate → attempt → classify → decode. The request has
// been validated.
func do[T any](ctx context.Context, c *Client, r call, opts []CallOption, decode func(string) (T, error)) (value T, err error) {
	return doWithHeader(ctx, c, r, opts, func(_ http.Header, body string) (T, error) { return decode(body) })
}

// doWithHeader is do for answers that say something in their headers.
func doWithHeader[T any](ctx context.Context, c *Client, r call, opts []CallOption, decode func(http.Header, string) (T, error)) (value T, err error) {
	maybeDone, renewed := false, false
	tries := 0             // the attempts that MaxAttempts counts: all but those that were throttled
	var patience time.Time // until when throttling is outlasted; zero: it is not throttled
	for attempt := 1; ; attempt++ {
		start := time.Now()
		resp, sendErr := c.attempt(ctx, r, attempt)
		report(opts, resp, attempt)
		var event retry.Event
		value, event, err = classify(c, r, resp, sendErr, attempt, decode)
		if event != retry.Throttled {
			tries, patience = tries+1, time.Time{}
			if r.attempts != nil {
				*r.attempts = tries
			}
			if resp.StatusCode != 0 {
				c.gates.Of(r.operation).Open(start)
			}
		}
		if err == nil {
			c.budget.Give()
			return value, nil
		}
		if event == retry.Unauthorized && !renewed && c.renewed(resp) {
			renewed = true // a 401 means that nothing was done: once more, with new credentials
			r.maxAttempts = cmp.Or(r.maxAttempts, c.retry.MaxAttempts) + 1
			continue
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
		var stop error
		if event == retry.Throttled {
			stop = c.waitForGate(ctx, r, &patience, start, err)
		} else {
			stop = c.pauseBeforeAgain(ctx, r, tries, err)
		}
		if stop != nil {
			return value, stop
		}
	}
}

// classify tells what came of an attempt, and decodes the answer of one that succeeded.
func classify[T any](c *Client, r call, resp transport.Response, sendErr error, attempt int, decode func(http.Header, string) (T, error)) (value T, event retry.Event, err error) {
	switch {
	case sendErr != nil:
		event, err = c.classifyFailure(r, sendErr)
	case !resp.IsSuccess():
		event, err = c.classifyStatus(r, resp, attempt)
	case resp.BodyErr != nil:
		what := "the answer broke off"
		event = retry.Broken
		if errors.Is(resp.BodyErr, transport.ErrBodyTooLarge) {
			what, event = "the answer was not read", retry.Unreadable
		}
		err = c.unreadable(r, resp, attempt, what, resp.BodyErr)
	default:
		if value, err = decode(resp.Header, resp.Body); err != nil {
			event, err = retry.Unreadable, c.unreadable(r, resp, attempt, "the answer cannot be read", err)
		}
	}
	return value, event, err
}

// pauseBeforeAgain waits before the next attempt. It returns the error to end the
// call with where there shall be none.
func (c *Client) pauseBeforeAgain(ctx context.Context, r call, tries int, err error) error {
	if r.once || tries >= cmp.Or(r.maxAttempts, c.retry.MaxAttempts) || !c.budget.Take() {
		return err
	}
	var after time.Duration
	var answer *APIError
	if errors.As(err, &answer) {
		after = answer.RetryAfter
	}
	end := retry.Sleep(ctx, c.retry.Delay(tries, after))
	if end == nil {
		return nil
	}
	c.budget.Give() // nothing was sent for it
	return notAgain(err, end)
}

// waitForGate is pauseBeforeAgain for a throttled attempt, which began at start. It
// certainly did nothing, so that the time alone bounds how often it is repeated. end
// is when the call's patience ends; zero: it begins.
func (c *Client) waitForGate(ctx context.Context, r call, end *time.Time, start time.Time, err error) error {
	if r.once || c.retry.MaxAttempts == 1 {
		return err
	}
	var answer *APIError
	if !errors.As(err, &answer) {
		return err
	}
	gate := c.gates.Of(r.operation)
	gate.Close(c.retry, start, answer.RetryAfter, retry.Window(answer.Message))
	if end.IsZero() {
		*end = start.Add(c.retry.ThrottleTimeout)
	}
	patient, cancel := context.WithDeadline(ctx, *end)
	defer cancel()
	if stop := gate.Wait(patient); stop != nil {
		if deadline, ok := ctx.Deadline(); ctx.Err() != nil || ok && !deadline.After(*end) {
			return notAgain(err, stop)
		}
		return err
	}
	return nil
}

// notAgain is the error of a call that ends because of its context, in place of a further attempt.
func notAgain(err, end error) error {
	if errors.Is(err, end) {
		return err
	}
	return fmt.Errorf("%w; not sent again: %w", err, end)
}

// attempt authenticates the request and sends it once.
func (c *Client) attempt(ctx context.Context, r call, number int) (transport.Response, error) {
	start := time.Now()
	if c.projectID != "" {
		ctx = context.WithValue(ctx, projectKey{}, c.projectID)
	}
	resp, err := c.transport.Send(ctx, &transport.Request{
		Method: r.method, URL: c.url(r), Header: c.header, Body: r.body,
		Timeout: c.attemptTimeout, Prepare: c.authenticate,
		Secrets: r.secrets, SecretAnswer: r.isSecret,
	})
	c.log(ctx, r, resp, number, start)
	return resp, err
}

// renewed reports whether the credentials that resp refuses have been replaced.
func (c *Client) renewed(resp transport.Response) bool {
	auth, ok := c.auth.(renewer)
	return ok && auth.refused(resp.Sent)
}

// log writes one line about an attempt. What it may show is named here; nothing
// else of the request or the answer is.
func (c *Client) log(ctx context.Context, r call, resp transport.Response, number int, start time.Time) {
	if c.logger == nil || !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "vpcep request",
		slog.String("method", r.method),
		slog.String("path", c.path(r)),
		slog.Int("status", resp.StatusCode), // 0: no answer
		slog.String("request_id", oneLine(resp.Header.Get(headerRequestID))),
		slog.Int("attempt", number),
		slog.Duration("duration", time.Since(start)))
}

// classifyFailure turns a failure without an answer into an event and the caller's error.
func (c *Client) classifyFailure(r call, err error) (retry.Event, error) {
	var failure *transport.Error
	if !errors.As(err, &failure) {
		failure = &transport.Error{Err: err}
	}
	if failure.Prepare {
		return retry.Refused, fmt.Errorf("vpcep: %s %s: authenticate: %w", r.method, c.path(r), failure)
	}
	event := retry.Broken
	switch {
	case failure.Permanent:
		event = retry.Permanent
	case failure.Fate == transport.Unsent:
		event = retry.Unsent
	case failure.Fate == transport.Unprocessed:
		event = retry.Unprocessed
	}
	return event, fmt.Errorf("vpcep: %s %s: %w", r.method, c.path(r), proxyError(failure))
}

// classifyStatus turns an answer that is no success into an event and the caller's error.
func (c *Client) classifyStatus(r call, resp transport.Response, attempt int) (retry.Event, error) {
	e := c.apiError(r, resp, attempt)
	e.cause = resp.BodyErr
	switch status := resp.StatusCode; {
	case e.isThrottled():
		return retry.Throttled, e
	case e.isEndpointNotFound(), r.operation == retry.Delete && e.isAny(CodeEndpointDeleting, CodePolicyNotAssociated):
		return retry.Gone, e // or on its way there: nothing is left to delete
	case status == http.StatusUnauthorized:
		return retry.Unauthorized, e
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
func (c *Client) apiError(r call, resp transport.Response, attempt int) *APIError {
	body := parseErrorBody(resp.Body)
	if body.message == "" {
		body.message = oneLine(plainMessage(resp))
	}
	e := &APIError{
		StatusCode:                  resp.StatusCode,
		Code:                        body.code,
		Message:                     body.message,
		RequestID:                   cmp.Or(resp.Header.Get(headerRequestID), body.requestID),
		Method:                      r.method,
		Path:                        c.path(r),
		RetryAfter:                  retry.After(resp.Header, time.Now()),
		Body:                        []byte(resp.Body[:min(len(resp.Body), maxErrorBody)]),
		Details:                     body.details,
		EncodedAuthorizationMessage: body.encoded,
		Attempts:                    attempt,
	}
	if resp.StatusCode/100 == 3 {
		e.Message = "redirects are not followed"
	}
	if r.isSecret {
		e.hide(resp, r.isOpaque)
	}
	return e
}

// hide takes what may be secret out of an answer that holds new secrets, of which
// nobody knows how they look.
func (e *APIError) hide(resp transport.Response, isOpaque bool) {
	e.Body, e.Details, e.EncodedAuthorizationMessage = nil, nil, ""
	if isOpaque || resp.IsSuccess() {
		e.Code, e.Message, e.RequestID = "", "", ""
		return
	}
	fresh := redact.New(resp.Header.Values(headerSubjectToken)...)
	e.Code, e.Message, e.RequestID = fresh.String(e.Code), fresh.String(e.Message), fresh.String(e.RequestID)
}

// unreadable reads an answer with a status of success that is none. The
// service's own code and message count, if it has any.
func (c *Client) unreadable(r call, resp transport.Response, attempt int, what string, cause error) *APIError {
	e := c.apiError(r, resp, attempt)
	e.cause = cause
	if e.Code == "" {
		e.Message = what + ": " + cause.Error()
	}
	return e
}

// url is where the call goes.
func (c *Client) url(r call) string {
	if len(r.query) > 0 {
		return c.baseURL + r.path + "?" + r.query.Encode()
	}
	return c.baseURL + r.path
}

// path is what messages show of the URL.
func (c *Client) path(r call) string { return c.basePath + r.path }

// namedEndpoint is the ID that a broken answer of success gives before it breaks off.
func namedEndpoint(resp transport.Response) string {
	if !resp.IsSuccess() {
		return ""
	}
	return wire.CutMember(resp.Body, "id")
}

// plainMessage is the message of an answer that is not JSON: its text, unless it
// is markup, which tells nobody anything.
func plainMessage(resp transport.Response) string {
	text := strings.TrimSpace(resp.Body)
	if text == "" || strings.HasPrefix(text, "<") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		return ""
	}
	return text
}

// report fills what WithResponse asks for.
func report(opts []CallOption, resp transport.Response, attempts int) {
	if len(opts) == 0 {
		return
	}
	meta := ResponseMeta{StatusCode: resp.StatusCode, Header: resp.Header, Attempts: attempts}
	meta.RequestID = meta.Header.Get(headerRequestID)
	if meta.RequestID == "" && !resp.IsSuccess() {
		meta.RequestID = parseErrorBody(resp.Body).requestID
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&meta)
		}
	}
}

// update sends a change that leads to the same state however often it is sent.
func update[T any](ctx context.Context, c *Client, method, path string, change any, opts []CallOption, decode func(string) (T, error)) (T, error) {
	r := call{operation: retry.Update, method: method, path: path}
	if change != nil {
		body, err := json.Marshal(change)
		if err != nil {
			var none T
			return none, fmt.Errorf("vpcep: %s %s: %w", method, c.path(r), err)
		}
		r.body = body
	}
	return do(ctx, c, r, opts, decode)
}
