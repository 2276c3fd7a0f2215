// Package exchange carries out calls to a service: it authenticates, attempts, classifies
// the outcome, and repeats what is safe to repeat. It knows HTTP and the formats of error
// bodies, but not what a call is about.
package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// HeaderRequestID identifies a request to the service's support.
const HeaderRequestID = "X-Request-Id"

// Service is one service, as its calls see it. It is safe for concurrent use.
type Service struct {
	BaseURL  string      // the prefix of every URL
	BasePath string      // the path of BaseURL, for messages
	Header   http.Header // of every request; never written
	Project  string      // the project that requests are signed for, or ""
	// Authenticate adds credentials to a request. nil if there are none.
	Authenticate func(*http.Request) error
	// Renew is called for every 401. It reports whether another attempt may succeed, and
	// if not, why, if known. nil if there is nothing to renew.
	Renew func(Refusal) (again bool, why error)
	// Meaning returns what a refusal means to this service. If nil, only the status counts.
	Meaning   func(op retry.Operation, status int, code string) retry.Event
	Timeout   time.Duration // of each attempt
	Retry     retry.Policy
	Logger    *slog.Logger // nil: no logging
	Transport *transport.Transport

	budget retry.Budget
	gates  retry.Gates
}

// Call is one call.
type Call struct {
	Operation retry.Operation
	Method    string
	Path      string // relative to the service's base URL
	Query     url.Values
	Header    http.Header // in addition to the service's Header
	Body      []byte
	Secrets   []string // in the body
	// Secrecy is how much of a response errors may show.
	Secrecy Secrecy
	// Once means one attempt, whatever its outcome.
	Once bool
	// Retry is the policy of this call; zero values mean the service's.
	Retry retry.Policy
	// Observe is called after each attempt, if not nil.
	Observe func(Answer)
	// Accept decodes a successful response. It returns an error if it cannot.
	Accept func(Answer) error
}

// Secrecy is how much of a response errors may show.
type Secrecy uint8

const (
	// Open: everything but the secrets of the request.
	Open Secrecy = iota
	// SecretResult: a success contains new secrets. Errors show only the code and message
	// of a refusal.
	SecretResult
	// Opaque: any response may contain new secrets. Errors show only the status.
	Opaque
)

// Answer is the response to an attempt. The status is 0 if there was none.
type Answer struct {
	transport.Response
	Attempts int // so far
}

// Refusal is a request that was refused with 401.
type Refusal struct {
	Sent   http.Header // of the request, including credentials
	Answer http.Header
}

// errRenewedInVain says that the new credentials were refused, too.
var errRenewedInVain = errors.New("the credentials were renewed, and the new ones were refused as well")

// Do carries out one call, and repeats it if that is safe. It returns nil, or why the call
// failed.
func (s *Service) Do(ctx context.Context, c Call) *Failure {
	p := progress{policy: s.Retry.Override(c.Retry), once: c.Once}
	defer p.turn.Unknown()
	var last *Failure
	for {
		if stop := s.enter(ctx, &p, c, last); stop != nil {
			return stop
		}
		p.start = time.Now()
		p.attempts++
		answer, sendErr := s.attempt(ctx, c, p.attempts) // authenticates, and writes one request at most
		failure := s.classify(c, answer, sendErr)
		if failure == nil {
			failure = s.accept(c, answer) // decodes
		}
		if failure == nil {
			p.turn.Passed()
			s.budget.Give()
			return nil
		}
		failure.Attempts = p.attempts
		switch s.decide(&p, c, failure) {
		case retry.Done:
			return nil
		case retry.No:
			return failure
		case retry.Unknown, retry.Search:
			failure.Unknown = true
			return failure
		}
		if stop := s.pause(ctx, &p, failure); stop != nil {
			return stop
		}
		last = failure
	}
}

// progress is the state of a call after its attempts so far.
type progress struct {
	policy    retry.Policy
	once      bool
	start     time.Time  // of the last attempt
	turn      retry.Turn // at the gate of throttled calls
	attempts  int
	tries     int  // the attempts that MaxAttempts counts: all but the throttled ones
	maybeDone bool // one of them may have been carried out
	renewed   bool // the credentials were renewed
}

// enter waits while the calls of the client are throttled. If there is not enough time, it
// returns the failure to end the call with: last, if there was an attempt.
func (s *Service) enter(ctx context.Context, p *progress, c Call, last *Failure) *Failure {
	if p.once || p.policy.MaxAttempts == 1 {
		return nil
	}
	err := s.gates.Of(c.Operation).Enter(ctx, p.policy, &p.turn)
	switch {
	case err == nil:
		return nil
	case last == nil && errors.Is(err, retry.ErrPatience):
		return nil // nobody has refused this call yet
	case last == nil:
		return &Failure{Method: c.Method, Path: s.BasePath + c.Path, Event: retry.Throttled, Cause: err}
	case errors.Is(err, retry.ErrPatience):
		return last
	}
	return last.endedBy(err)
}

// attempt authenticates the request and sends it once.
func (s *Service) attempt(ctx context.Context, c Call, number int) (Answer, error) {
	start := time.Now()
	if s.Project != "" {
		ctx = sign.WithProject(ctx, s.Project)
	}
	response, err := s.Transport.Send(ctx, &transport.Request{
		Method: c.Method, URL: s.url(c), Header: s.header(c), Body: c.Body,
		Timeout: s.Timeout, Prepare: s.Authenticate,
		Secrets: c.Secrets, SecretAnswer: c.Secrecy != Open,
	})
	answer := Answer{response, number}
	s.log(ctx, c, answer, start)
	if c.Observe != nil {
		c.Observe(answer)
	}
	return answer, err
}

// classify returns why an attempt failed, or nil if it got a complete, successful
// response.
func (s *Service) classify(c Call, answer Answer, sendErr error) *Failure {
	switch {
	case sendErr != nil:
		return s.withoutAnswer(c, sendErr)
	case !answer.IsSuccess():
		return s.refusal(c, answer)
	case errors.Is(answer.BodyErr, transport.ErrBodyTooLarge):
		return s.unreadable(c, answer, retry.Unreadable, "the response was not read", answer.BodyErr)
	case answer.BodyErr != nil:
		return s.unreadable(c, answer, retry.Broken, "the response broke off", answer.BodyErr)
	}
	return nil
}

// accept lets the caller decode a successful response.
func (s *Service) accept(c Call, answer Answer) *Failure {
	if err := c.Accept(answer); err != nil {
		return s.unreadable(c, answer, retry.Unreadable, "the response cannot be read", err)
	}
	return nil
}

// decide applies the rules of package retry, after renewing the credentials for a 401, and
// reports the outcome of the attempt to the gate.
func (s *Service) decide(p *progress, c Call, f *Failure) retry.Verdict {
	switch {
	case f.Event == retry.Throttled:
		p.turn.Throttled(p.policy, p.start, f.RetryAfter, retry.Window(f.Body.Message))
	case f.Answer.StatusCode != 0:
		p.tries++
		p.turn.Passed()
	default:
		p.tries++
		p.turn.Unknown()
	}
	if f.Event == retry.Unauthorized && s.Renew != nil {
		s.renew(p, f)
	}
	verdict := retry.Decide(c.Operation, f.Event, p.maybeDone)
	p.maybeDone = p.maybeDone || f.Event.MaybeDone()
	f.Tries = p.tries
	return verdict
}

// renew allows one more attempt if there are new credentials: a 401 means that nothing was
// done.
func (s *Service) renew(p *progress, f *Failure) {
	again, why := s.Renew(Refusal{Sent: f.Answer.Sent, Answer: f.Answer.Header})
	switch {
	case again && !p.renewed:
		p.renewed = true
		p.policy.MaxAttempts++
		f.Event = retry.Renewed
	case why == nil && p.renewed:
		why = errRenewedInVain
	}
	f.Why = why
}

// pause waits before the next attempt. If there must be none, it returns the failure to
// end the call with.
func (s *Service) pause(ctx context.Context, p *progress, f *Failure) *Failure {
	switch {
	case f.Event == retry.Renewed:
		return nil
	case p.once, p.policy.MaxAttempts == 1:
		return f
	case f.Event == retry.Throttled:
		return nil // the gate makes it wait: nothing was done, so only time bounds the call
	case p.tries >= p.policy.MaxAttempts, !s.budget.Take():
		return f
	}
	if end := retry.Sleep(ctx, p.policy.Delay(p.tries, f.RetryAfter)); end != nil {
		s.budget.Give() // not used
		return f.endedBy(end)
	}
	return nil
}

// url returns the URL of a call.
func (s *Service) url(c Call) string {
	if len(c.Query) > 0 {
		return s.BaseURL + c.Path + "?" + c.Query.Encode()
	}
	return s.BaseURL + c.Path
}

func (s *Service) header(c Call) http.Header {
	if len(c.Header) == 0 {
		return s.Header
	}
	header := s.Header.Clone()
	for name, values := range c.Header {
		header[name] = values
	}
	return header
}

// log logs one line about an attempt. It shows nothing of the request or the response but
// these attributes.
func (s *Service) log(ctx context.Context, c Call, answer Answer, start time.Time) {
	if s.Logger == nil || !s.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	s.Logger.LogAttrs(ctx, slog.LevelDebug, "vpcep request",
		slog.String("method", c.Method),
		slog.String("path", s.BasePath+c.Path),
		slog.Int("status", answer.StatusCode), // 0: no response
		slog.String("request_id", text.OneLine(answer.RequestID())),
		slog.Int("attempt", answer.Attempts),
		slog.Duration("duration", time.Since(start)))
}

// RequestID returns the ID of the request, or "" if the response has none.
func (a Answer) RequestID() string {
	id := a.Header.Get(HeaderRequestID)
	if id == "" && !a.IsSuccess() {
		id = ParseErrorBody(a.Body).RequestID
	}
	return id
}
