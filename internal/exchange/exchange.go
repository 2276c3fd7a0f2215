// Package exchange carries out calls of a service: it authenticates, makes
// attempts, classifies what came of them, and repeats what may be repeated. It knows
// HTTP and the shapes of error bodies, and nothing of what a call is about.
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

// HeaderRequestID names a request for the service's support.
const HeaderRequestID = "X-Request-Id"

// Service is one service, as its calls see it. It is safe for concurrent use.
type Service struct {
	BaseURL  string      // the prefix of every URL
	BasePath string      // the path of BaseURL, for messages
	Header   http.Header // of every request; read, never written
	Project  string      // that requests are signed for; "": none
	// Authenticate adds credentials to a request. nil: there are none.
	Authenticate func(*http.Request) error
	// Renew is told of every 401. It reports whether another attempt may fare better,
	// and if not, why, as far as it knows. nil: none does.
	Renew func(Refusal) (again bool, why error)
	// Meaning says what a refusal means to this service. nil: its status says it.
	Meaning   func(op retry.Operation, status int, code string) retry.Event
	Timeout   time.Duration // of each attempt
	Retry     retry.Policy
	Logger    *slog.Logger // nil: nothing is logged
	Transport *transport.Transport

	budget retry.Budget
	gates  retry.Gates
}

// Call is one call.
type Call struct {
	Operation retry.Operation
	Method    string
	Path      string // behind the service's base URL
	Query     url.Values
	Header    http.Header // beside the service's own
	Body      []byte
	Secrets   []string // in the body
	// Secrecy is how much of an answer errors may show.
	Secrecy Secrecy
	// Once means one attempt, whatever comes of it.
	Once bool
	// Retry is the policy of this call; zero values are the service's.
	Retry retry.Policy
	// Observe is told of each attempt, if it is not nil.
	Observe func(Answer)
	// Accept reads an answer of success, and says why it is none.
	Accept func(Answer) error
}

// Secrecy is how much of an answer errors may show.
type Secrecy uint8

const (
	// Open: all of it, but the secrets of the request.
	Open Secrecy = iota
	// SecretResult: a success holds new secrets. Code and message of a refusal are shown.
	SecretResult
	// Opaque: any answer may hold new secrets. Its status is shown.
	Opaque
)

// Answer is the answer to an attempt; without one, the status is 0.
type Answer struct {
	transport.Response
	Attempts int // so far
}

// Refusal is a request that was refused with 401.
type Refusal struct {
	Sent   http.Header // of the request, credentials included
	Answer http.Header
}

// errRenewedInVain says that there was nothing wrong with the first credentials only.
var errRenewedInVain = errors.New("the credentials were renewed, and the new ones were refused as well")

// Do carries out one call, and again where that is safe. It returns nil, or why the
// call failed.
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

// progress is what a call has behind it.
type progress struct {
	policy    retry.Policy
	once      bool
	start     time.Time  // of the last attempt
	turn      retry.Turn // at the gate of throttled calls
	attempts  int
	tries     int  // the attempts that MaxAttempts counts: all but the throttled ones
	maybeDone bool // by one of them
	renewed   bool // the credentials
}

// enter waits where the calls of the client are throttled. It returns the failure to
// end the call with where the time does not suffice: last, if there was an attempt.
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

// classify says what is wrong with an attempt: nil where its answer is one of
// success, and whole.
func (s *Service) classify(c Call, answer Answer, sendErr error) *Failure {
	switch {
	case sendErr != nil:
		return s.withoutAnswer(c, sendErr)
	case !answer.IsSuccess():
		return s.refusal(c, answer)
	case errors.Is(answer.BodyErr, transport.ErrBodyTooLarge):
		return s.unreadable(c, answer, retry.Unreadable, "the answer was not read", answer.BodyErr)
	case answer.BodyErr != nil:
		return s.unreadable(c, answer, retry.Broken, "the answer broke off", answer.BodyErr)
	}
	return nil
}

// accept lets the caller decode an answer of success.
func (s *Service) accept(c Call, answer Answer) *Failure {
	if err := c.Accept(answer); err != nil {
		return s.unreadable(c, answer, retry.Unreadable, "the answer cannot be read", err)
	}
	return nil
}

// decide applies the rules of package retry, after new credentials for a 401, and
// tells the gate what came of the attempt.
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

// renew lets the call go on, once, where there are better credentials for it: a 401
// means that nothing was done.
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

// pause waits before the next attempt. It returns the failure to end the call with
// where there shall be none.
func (s *Service) pause(ctx context.Context, p *progress, f *Failure) *Failure {
	switch {
	case f.Event == retry.Renewed:
		return nil
	case p.once, p.policy.MaxAttempts == 1:
		return f
	case f.Event == retry.Throttled:
		return nil // the gate makes it wait: it did nothing, so that time alone bounds it
	case p.tries >= p.policy.MaxAttempts, !s.budget.Take():
		return f
	}
	if end := retry.Sleep(ctx, p.policy.Delay(p.tries, f.RetryAfter)); end != nil {
		s.budget.Give() // nothing was sent for it
		return f.endedBy(end)
	}
	return nil
}

// url is where the call goes.
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

// log writes one line about an attempt. What it may show is named here; nothing
// else of the request or the answer is.
func (s *Service) log(ctx context.Context, c Call, answer Answer, start time.Time) {
	if s.Logger == nil || !s.Logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	s.Logger.LogAttrs(ctx, slog.LevelDebug, "vpcep request",
		slog.String("method", c.Method),
		slog.String("path", s.BasePath+c.Path),
		slog.Int("status", answer.StatusCode), // 0: no answer
		slog.String("request_id", text.OneLine(answer.RequestID())),
		slog.Int("attempt", answer.Attempts),
		slog.Duration("duration", time.Since(start)))
}

// RequestID is the ID of the request, "" where the answer does not say it.
func (a Answer) RequestID() string {
	id := a.Header.Get(HeaderRequestID)
	if id == "" && !a.IsSuccess() {
		id = ParseErrorBody(a.Body).RequestID
	}
	return id
}
