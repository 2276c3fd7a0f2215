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
	Method, Path string // Path includes that of the base URL
	Event        retry.Event
	// Unknown says that the request may have been carried out, and must not be sent again.
	Unknown bool
	// Answer is the last response; its status is 0 if there was none.
	Answer Answer
	// Body is the error in the response.
	Body ErrorBody
	// RetryAfter is how long the service asked to wait.
	RetryAfter time.Duration
	// Text is the part of the response's body that an error may keep.
	Text string
	// Cause is why an attempt got no response, or why a response could not be read; nil
	// for a refusal.
	Cause error
	// Why is what Renew said about a 401, or nil.
	Why error
	// Authentication says that authentication failed, and nothing was sent.
	Authentication bool
	// End is the error of the context, if it ended before the request was sent again.
	End error
	// Attempts is the number of attempts, and Tries the number that were not throttled.
	Attempts, Tries int
}

// maxText is how much of a body an error keeps.
const maxText = 64 << 10

// endedBy returns f with the error of a context that ended the call.
func (f *Failure) endedBy(end error) *Failure {
	f.End = end
	return f
}

// withoutAnswer returns the failure of an attempt that got no response.
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

// refusal returns the failure for an error response.
func (s *Service) refusal(c Call, answer Answer) *Failure {
	f := s.answered(c, answer)
	f.Event = byStatus(answer.StatusCode)
	if s.Meaning != nil && f.Event.IsRefusal() {
		f.Event = s.Meaning(c.Operation, answer.StatusCode, f.Body.Code)
	}
	f.Cause = answer.BodyErr
	return f
}

// byStatus returns what a status alone means.
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

// unreadable returns the failure for a response with a successful status that cannot be
// read. The service's own code and message take precedence.
func (s *Service) unreadable(c Call, answer Answer, event retry.Event, what string, cause error) *Failure {
	f := s.answered(c, answer)
	f.Event, f.Cause = event, cause
	if f.Body.Code == "" {
		f.Body.Message = what + ": " + cause.Error()
	}
	return f
}

// answered returns a failure with a response.
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

// hide removes what may be secret from a response with new secrets, whose form is
// unknown.
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

// maxRequestID is the length of a UUID, the usual form of a request ID.
const maxRequestID = 36

// HeaderSubjectToken carries the token that IAM issues.
const HeaderSubjectToken = "X-Subject-Token"

// Named returns the ID in a successful response that could not be read completely, or "".
func (f *Failure) Named() string {
	if !f.Answer.IsSuccess() {
		return ""
	}
	return wire.CutMember(f.Answer.Body, "id")
}

// plainMessage returns the message of a response that is not JSON: its text, unless it is
// markup.
func plainMessage(body string) string {
	body = strings.TrimSpace(body)
	if body == "" || strings.ContainsRune("<{[", rune(body[0])) {
		return ""
	}
	return body
}
