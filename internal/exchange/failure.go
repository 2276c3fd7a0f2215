package exchange

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/redact"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// Failure says why a call failed.
type Failure struct {
	Method, Path string // with the service's own
	Event        retry.Event
	// Unknown says that the request may have been carried out, and must not be sent again.
	Unknown bool
	// Answer is the last answer; its status is 0 where there was none.
	Answer Answer
	// Body is what the answer says of the error.
	Body ErrorBody
	// RetryAfter is how long the service asked to wait.
	RetryAfter time.Duration
	// Text is the answer's body, as far as an error may keep it.
	Text string
	// Cause is the failure of an attempt without an answer, or why an answer could
	// not be read; nil where it was a refusal.
	Cause error
	// Why is what the credentials say about a 401, if anything.
	Why error
	// Authentication says that Cause kept the request from being sent.
	Authentication bool
	// End is the end of the context that kept the request from being sent again.
	End error
	// Attempts is how many there were, Tries how many of them were not throttled.
	Attempts, Tries int
}

// maxText is how much of a body an error keeps.
const maxText = 64 << 10

// endedBy returns f, ended by the end of a context.
func (f *Failure) endedBy(end error) *Failure {
	f.End = end
	return f
}

// withoutAnswer reads a failure without an answer.
func (s *Service) withoutAnswer(c Call, err error) *Failure {
	f := &Failure{Method: c.Method, Path: s.BasePath + c.Path, Cause: err, Event: retry.Broken}
	var failed *transport.Error
	if !errors.As(err, &failed) {
		return f
	}
	f.Cause = failed
	switch {
	case failed.Prepare:
		f.Event, f.Authentication = retry.Refused, true
	case failed.Permanent:
		f.Event = retry.Permanent
	case failed.Fate == transport.Unsent:
		f.Event = retry.Unsent
	case failed.Fate == transport.Unprocessed:
		f.Event = retry.Unprocessed
	}
	return f
}

// refusal reads an error response.
func (s *Service) refusal(c Call, answer Answer) *Failure {
	f := s.answered(c, answer)
	f.Event = byStatus(answer.StatusCode)
	if s.Meaning != nil && f.Event.IsRefusal() {
		f.Event = s.Meaning(c.Operation, answer.StatusCode, f.Body.Code)
	}
	f.Cause = answer.BodyErr
	return f
}

// byStatus is what a status means by itself.
func byStatus(status int) retry.Event {
	switch {
	case status == http.StatusTooManyRequests:
		return retry.Throttled
	case status == http.StatusUnauthorized:
		return retry.Unauthorized
	case status == http.StatusRequestTimeout:
		return retry.TimedOut
	case status >= 500:
		return retry.ServerError
	case status >= 400:
		return retry.Refused
	}
	return retry.Unreadable
}

// unreadable reads an answer with a status of success that is none. The service's
// own code and message count, if it has any.
func (s *Service) unreadable(c Call, answer Answer, event retry.Event, what string, cause error) *Failure {
	f := s.answered(c, answer)
	f.Event, f.Cause = event, cause
	if f.Body.Code == "" {
		f.Body.Message = what + ": " + cause.Error()
	}
	return f
}

// answered is a failure with an answer.
func (s *Service) answered(c Call, answer Answer) *Failure {
	start := answer.Body[:min(len(answer.Body), transport.MaxErrorBody)] // a success may be longer
	f := &Failure{
		Method: c.Method, Path: s.BasePath + c.Path,
		Answer:     answer,
		Body:       ParseErrorBody(start),
		Text:       answer.Body[:min(len(answer.Body), maxText)],
		RetryAfter: retry.After(answer.Header, time.Now()),
	}
	if f.Body.Message == "" {
		f.Body.Message = text.OneLine(plainMessage(start))
	}
	if id := answer.Header.Get(HeaderRequestID); id != "" {
		f.Body.RequestID = id
	}
	if answer.StatusCode/100 == 3 {
		f.Body.Message = "redirects are not followed"
	}
	if c.Secrecy != Open {
		f.hide(c.Secrecy)
	}
	return f
}

// hide takes what may be secret out of an answer with new secrets, of which nobody
// knows how they look.
func (f *Failure) hide(secrecy Secrecy) {
	f.Text, f.Body.Details, f.Body.Encoded = "", nil, ""
	if secrecy == Opaque || f.Answer.IsSuccess() {
		f.Body = ErrorBody{}
		return
	}
	fresh := redact.New(f.Answer.Header.Values(HeaderSubjectToken)...)
	clean := func(s string) string { return redact.LongWords(fresh.String(s)) }
	f.Body.Code, f.Body.Message = clean(f.Body.Code), clean(f.Body.Message)
	if id := fresh.String(f.Body.RequestID); len(id) > maxRequestID || strings.Trim(id, "0123456789abcdefABCDEF-") != "" {
		f.Body.RequestID = redact.LongWords(id)
	}
}

// maxRequestID is the length of a UUID, as which requests are named.
const maxRequestID = 36

// HeaderSubjectToken carries the token that IAM gives.
const HeaderSubjectToken = "X-Subject-Token"

// Named is the ID that a broken answer of success gives before it breaks off.
func (f *Failure) Named() string {
	if !f.Answer.IsSuccess() {
		return ""
	}
	return wire.CutMember(f.Answer.Body, "id")
}

// plainMessage is the message of an answer that is not JSON: its text, unless it
// is markup, which tells nobody anything.
func plainMessage(body string) string {
	body = strings.TrimSpace(body)
	if body == "" || strings.ContainsRune("<{[", rune(body[0])) {
		return ""
	}
	return body
}
