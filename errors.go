package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// Errors by status code: one for each failure status in the specification, and for 429.
// Use them with errors.Is; the error itself is an *APIError.
var (
	ErrBadRequest          = errors.New("vpcep: 400 bad request")
	ErrUnauthorized        = errors.New("vpcep: 401 unauthorized")
	ErrForbidden           = errors.New("vpcep: 403 forbidden")
	ErrNotFound            = errors.New("vpcep: 404 not found")
	ErrMethodNotAllowed    = errors.New("vpcep: 405 method not allowed")
	ErrNotAcceptable       = errors.New("vpcep: 406 not acceptable")
	ErrProxyAuthRequired   = errors.New("vpcep: 407 proxy authentication required")
	ErrRequestTimeout      = errors.New("vpcep: 408 request timeout")
	ErrConflict            = errors.New("vpcep: 409 conflict")
	ErrTooManyRequests     = errors.New("vpcep: 429 too many requests")
	ErrInternalServerError = errors.New("vpcep: 500 internal server error")
	ErrNotImplemented      = errors.New("vpcep: 501 not implemented")
	ErrBadGateway          = errors.New("vpcep: 502 bad gateway")
	ErrServiceUnavailable  = errors.New("vpcep: 503 service unavailable")
	ErrGatewayTimeout      = errors.New("vpcep: 504 gateway timeout")
)

// Errors by meaning, for errors.Is.
var (
	// ErrThrottled: the service throttled the call, with 429 or with 400 and
	// EndPoint.0022, for longer than RetryPolicy.ThrottleTimeout. Nothing was done;
	// call again later.
	ErrThrottled = errors.New("vpcep: throttled")
	// ErrQuotaExceeded: the project has used up its quota of endpoints or endpoint
	// services (Endpoint.1018).
	ErrQuotaExceeded = errors.New("vpcep: quota exceeded")
	// ErrEndpointNotFound: the endpoint does not exist. The service says so with
	// EndPoint.2006, .2007 or .2008, or with EndPoint.0005 in a call about one
	// endpoint. A 404 for a wrong URL does not match, and neither does one about
	// something that an endpoint needs: a marker ID, network, subnet, port or route
	// table (EndPoint.2030, .4004, .4008, .4012, .4021, .4030).
	ErrEndpointNotFound = errors.New("vpcep: endpoint not found")
	// ErrServiceNotFound: the endpoint service does not exist. The service says so with
	// EndPoint.2003, or with EndPoint.0005 in a call about one endpoint service. A 404
	// for a wrong URL does not match.
	ErrServiceNotFound = errors.New("vpcep: endpoint service not found")
	// ErrOutcomeUnknown: the create request may have reached the service, but no
	// response says what became of it. The endpoint may exist and cost money: look for
	// it before you create again. See OutcomeUnknownError.
	ErrOutcomeUnknown = errors.New("vpcep: outcome unknown")
	// ErrIdempotencyMismatch: CreateEndpointRequest.IdempotencyKey belongs to the endpoint
	// of another request. See IdempotencyMismatchError.
	ErrIdempotencyMismatch = errors.New("vpcep: idempotency key used for another request")
	// ErrKeyNotKept: this cloud drops the tag that carries the idempotency key, so keys
	// do not work there. An OutcomeUnknownError wraps it: an endpoint that matches the
	// request exists, and nothing says who created it.
	ErrKeyNotKept = errors.New("vpcep: this cloud drops tags, so idempotency keys do not work")
	// ErrDuplicateEndpoints: several endpoints carry the same idempotency key. Calling
	// again does not help until you delete the ones you do not use. See
	// DuplicateEndpointsError.
	ErrDuplicateEndpoints = errors.New("vpcep: several endpoints carry the idempotency key")
	// ErrDuplicateServices is ErrDuplicateEndpoints for endpoint services. See
	// DuplicateServicesError.
	ErrDuplicateServices = errors.New("vpcep: several endpoint services carry the idempotency key")
)

var errorOfStatus = map[int]error{
	http.StatusBadRequest:          ErrBadRequest,
	http.StatusUnauthorized:        ErrUnauthorized,
	http.StatusForbidden:           ErrForbidden,
	http.StatusNotFound:            ErrNotFound,
	http.StatusMethodNotAllowed:    ErrMethodNotAllowed,
	http.StatusNotAcceptable:       ErrNotAcceptable,
	http.StatusProxyAuthRequired:   ErrProxyAuthRequired,
	http.StatusRequestTimeout:      ErrRequestTimeout,
	http.StatusConflict:            ErrConflict,
	http.StatusTooManyRequests:     ErrTooManyRequests,
	http.StatusInternalServerError: ErrInternalServerError,
	http.StatusNotImplemented:      ErrNotImplemented,
	http.StatusBadGateway:          ErrBadGateway,
	http.StatusServiceUnavailable:  ErrServiceUnavailable,
	http.StatusGatewayTimeout:      ErrGatewayTimeout,
}

// APIError is an error response from the service, or from a proxy in between. It is also
// the error for a response with a successful status that could not be read, such as an
// HTML page with status 200.
//
// Test for it with errors.As, for its status or meaning with errors.Is and the errors
// of this package, and for its code with errors.Is and an ErrorCode.
type APIError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Code and Message come from the service, and are empty if the body had none. If
	// the response could not be read, Message says why.
	Code, Message string
	// RequestID identifies the request; quote it to the service's support.
	RequestID string
	// Method and Path are those of the request, without host and query.
	Method, Path string
	// RetryAfter is how long the service asked to wait, or 0.
	RetryAfter time.Duration
	// Body is the response's body, up to 64 KiB, without the credentials of the request.
	// It is never printed.
	Body []byte `json:"-"`
	// Details are further errors in the body.
	Details []ErrorDetail
	// EncodedAuthorizationMessage says which permission is missing. IAM can decode it.
	EncodedAuthorizationMessage string
	// Attempts is how many times the request was sent.
	Attempts int

	cause error // why the response could not be read, or nil
	why   error // what a Renewer says about a 401, or nil
}

// ErrorDetail is one of several errors in a response.
type ErrorDetail struct {
	Code, Message               string
	EncodedAuthorizationMessage string
}

// Error returns one line: method, path, status, code, message and request ID.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "vpcep: %s %s: %d", e.Method, e.Path, e.StatusCode)
	if e.Code != "" {
		b.WriteString(" " + text.OneLine(e.Code))
	}
	message := text.OneLine(e.Message)
	if message == "" {
		message = http.StatusText(e.StatusCode)
	}
	if message != "" {
		b.WriteString(": " + message)
	}
	if e.why != nil {
		b.WriteString("; " + text.OneLine(e.why.Error()))
	}
	if e.RequestID != "" {
		b.WriteString(" (request ID " + text.OneLine(e.RequestID) + ")")
	}
	return b.String()
}

// Format prints Error for every verb, so that no verb shows the body.
func (e APIError) Format(f fmt.State, verb rune) {
	message := e.Error()
	if verb == 'q' {
		message = strconv.Quote(message)
	}
	_, _ = io.WriteString(f, message)
}

// Is makes errors.Is work with the errors by status, the errors by meaning, and an
// ErrorCode.
func (e *APIError) Is(target error) bool {
	if code, ok := target.(ErrorCode); ok {
		return code.Matches(e.Code)
	}
	for _, m := range meanings {
		if m.sentinel == target {
			return m.holds(e)
		}
	}
	sentinel, ok := errorOfStatus[e.StatusCode]
	return ok && target == sentinel
}

// Unwrap returns why the response could not be read, for example a canceled context, or
// what a [Renewer] says about a 401, or nil.
func (e *APIError) Unwrap() error { return cmp.Or(e.cause, e.why) }

func (e *APIError) isThrottled() bool {
	return e.StatusCode == http.StatusTooManyRequests ||
		e.StatusCode == http.StatusBadRequest && CodeThrottled.Matches(e.Code)
}

// meanings are the errors by meaning, and the responses that they match.
var meanings = [...]struct {
	sentinel error
	holds    func(*APIError) bool
}{
	{ErrThrottled, (*APIError).isThrottled},
	{ErrQuotaExceeded, func(e *APIError) bool { return e.isAny(CodeQuotaExceeded) }},
	{ErrEndpointNotFound, (*APIError).isEndpointNotFound},
	{ErrServiceNotFound, (*APIError).isServiceNotFound},
}

// isEndpointNotFound requires a code from the service: a 404 alone can come from a
// gateway that does not know the URL.
func (e *APIError) isEndpointNotFound() bool {
	return e.StatusCode/100 == 4 && (e.isAny(CodeEndpointNotFound, CodeEndpointInfoNotFound, CodeEndpointDeleted) ||
		e.isAny(CodeResourceUnavailable) && e.isAboutEndpoint())
}

// isServiceNotFound requires a code from the service, too.
func (e *APIError) isServiceNotFound() bool {
	return e.StatusCode/100 == 4 && (e.isAny(CodeEndpointServiceNotFound) ||
		e.isAny(CodeResourceUnavailable) && e.isAboutService())
}

// isAboutEndpoint reports whether the call was about one endpoint.
func (e *APIError) isAboutEndpoint() bool {
	return strings.Contains(e.Path, "/vpc-endpoints/") ||
		strings.Contains(e.Path, "/endpoint/") && strings.HasSuffix(e.Path, "/tags/action")
}

// isAboutService reports whether the call was about one endpoint service. Calls about a
// connection do not count: what is missing may be the service or the endpoint.
func (e *APIError) isAboutService() bool {
	return strings.Contains(e.Path, "/vpc-endpoint-services/") && !strings.Contains(e.Path, "/connections/") ||
		strings.Contains(e.Path, "/endpoint_service/") && strings.HasSuffix(e.Path, "/tags/action")
}

func (e *APIError) isAny(codes ...ErrorCode) bool {
	return slices.ContainsFunc(codes, func(c ErrorCode) bool { return c.Matches(e.Code) })
}

// OutcomeUnknownError says that a create request may have succeeded. It matches
// ErrOutcomeUnknown and wraps the cause: an *APIError, a transport failure, or the end
// of the context.
//
// The endpoint may exist. Look for it with GetEndpoint (EndpointID) or ListEndpoints
// before you create again, or set CreateEndpointRequest.IdempotencyKey and simply call
// again.
type OutcomeUnknownError struct {
	// EndpointID is the ID of the endpoint, if the response named it before the
	// connection broke. ServiceID is the same for an endpoint service.
	EndpointID, ServiceID string
	// Err is the cause.
	Err error

	what string // what may have happened; "" means "the endpoint may exist"
}

func (e *OutcomeUnknownError) Error() string {
	message := "vpcep: outcome unknown, " + cmp.Or(e.what, "the endpoint may exist")
	if id := cmp.Or(e.EndpointID, e.ServiceID); id != "" {
		message += " as " + text.OneLine(id)
	}
	return message + because(e.Err)
}

// Is matches ErrOutcomeUnknown.
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

// Unwrap returns the cause.
func (e *OutcomeUnknownError) Unwrap() error { return e.Err }

// IdempotencyMismatchError says that the idempotency key already belongs to an endpoint
// that another request created. It matches ErrIdempotencyMismatch. Nothing was created:
// use another key for another endpoint, or repeat the first request unchanged.
type IdempotencyMismatchError struct {
	Key string
	// EndpointID, or ServiceID, is what the key belongs to.
	EndpointID, ServiceID string
	// Fields names the settings, as on the wire, in which the endpoint now differs from
	// this request. Because the endpoint may have changed since it was created, they may
	// not be the settings in which the two requests differ, and Fields may be empty.
	Fields []string
}

func (e *IdempotencyMismatchError) Error() string {
	what := "endpoint " + text.OneLine(e.EndpointID)
	if e.ServiceID != "" {
		what = "endpoint service " + text.OneLine(e.ServiceID)
	}
	message := fmt.Sprintf("vpcep: idempotency key %s belongs to %s, which was created by another request", text.Quoted(e.Key), what)
	if len(e.Fields) > 0 {
		message += "; it now differs in " + strings.Join(e.Fields, ", ")
	}
	return message
}

// Is matches ErrIdempotencyMismatch.
func (e *IdempotencyMismatchError) Is(target error) bool { return target == ErrIdempotencyMismatch }

// DuplicateEndpointsError says that several endpoints carry the same idempotency key. A
// call deletes only endpoints that it certainly created itself, which is not certain for
// these. It matches ErrDuplicateEndpoints. Delete the ones you do not use, then call
// again.
type DuplicateEndpointsError struct {
	Key string
	// EndpointIDs are the endpoints, oldest first.
	EndpointIDs []string
	// Err is why the newer one could not be deleted, if the call tried to delete it.
	Err error
}

func (e *DuplicateEndpointsError) Error() string {
	return duplicatesMessage(e.Key, "endpoints", e.EndpointIDs) + because(e.Err)
}

// Is matches ErrDuplicateEndpoints.
func (e *DuplicateEndpointsError) Is(target error) bool { return target == ErrDuplicateEndpoints }

// Unwrap returns why the newer one could not be deleted, or nil.
func (e *DuplicateEndpointsError) Unwrap() error { return e.Err }

// DuplicateServicesError is DuplicateEndpointsError for endpoint services. It matches
// ErrDuplicateServices.
type DuplicateServicesError struct {
	Key string
	// ServiceIDs are the services, oldest first.
	ServiceIDs []string
	// Err is why the newer one could not be deleted, if the call tried to delete it.
	Err error
}

func (e *DuplicateServicesError) Error() string {
	return duplicatesMessage(e.Key, "endpoint services", e.ServiceIDs) + because(e.Err)
}

// Is matches ErrDuplicateServices.
func (e *DuplicateServicesError) Is(target error) bool { return target == ErrDuplicateServices }

// Unwrap returns why the newer one could not be deleted, or nil.
func (e *DuplicateServicesError) Unwrap() error { return e.Err }

func duplicatesMessage(key, what string, ids []string) string {
	clean := make([]string, len(ids))
	for i, id := range ids {
		clean[i] = text.OneLine(id)
	}
	return fmt.Sprintf("vpcep: idempotency key %s belongs to %d %s: %s", text.Quoted(key), len(ids), what, strings.Join(clean, ", "))
}

// EndpointFailedError says that a wait ended because the endpoint can no longer reach
// the status waited for: it is failed, rejected or deleting.
type EndpointFailedError struct {
	// Endpoint is the endpoint as last read; its Errors are the service's reasons.
	Endpoint *Endpoint
}

func (e *EndpointFailedError) Error() string {
	if e.Endpoint == nil {
		return "vpcep: the endpoint failed"
	}
	return failedMessage("endpoint", e.Endpoint.ID, string(e.Endpoint.Status), e.Endpoint.Errors)
}

// ServiceFailedError says that a wait ended because the endpoint service can no longer
// become available: it is failed or deleting.
type ServiceFailedError struct {
	// Service is the service as last read; its Errors are the cloud's reasons.
	Service *EndpointService
}

func (e *ServiceFailedError) Error() string {
	if e.Service == nil {
		return "vpcep: the endpoint service failed"
	}
	return failedMessage("endpoint service", e.Service.ID, string(e.Service.Status), e.Service.Errors)
}

func failedMessage(what, id, status string, reasons []ResourceError) string {
	message := fmt.Sprintf("vpcep: %s %s is %s", what, text.OneLine(id), text.OneLine(status))
	for i, reason := range reasons {
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		message += separator + text.OneLine(strings.TrimSpace(reason.Code+" "+reason.Message))
	}
	return message
}

// WaitTimeoutError says that a wait took longer than WaitOptions.Timeout or the
// context's deadline allowed. It matches context.DeadlineExceeded. The endpoint is
// unaffected: you can wait for it again.
type WaitTimeoutError struct {
	// EndpointID, or ServiceID, is what the call waited for.
	EndpointID, ServiceID string
	// Last is the endpoint as last read, or nil. LastService is the same for an
	// endpoint service.
	Last        *Endpoint
	LastService *EndpointService
	// Err is why the last poll failed, or nil.
	Err error
}

func (e *WaitTimeoutError) Error() string {
	message := "vpcep: timed out waiting for endpoint " + text.OneLine(e.EndpointID)
	if e.ServiceID != "" {
		message = "vpcep: timed out waiting for endpoint service " + text.OneLine(e.ServiceID)
	}
	switch {
	case e.Last != nil:
		message += ", last seen " + text.OneLine(string(e.Last.Status))
	case e.LastService != nil:
		message += ", last seen " + text.OneLine(string(e.LastService.Status))
	}
	return message + because(e.Err)
}

// Is matches context.DeadlineExceeded.
func (e *WaitTimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Unwrap returns why the last poll failed, or nil.
func (e *WaitTimeoutError) Unwrap() error { return e.Err }

// ProxyError says that the proxy between the client and the service did not connect to
// the service, so nothing was sent. It matches ErrProxyAuthRequired if the proxy refused
// the client's credentials (407). A refusal (4xx) is not retried; a proxy that is down
// or responds with 5xx is.
//
// Proxies come from the environment (HTTPS_PROXY), or from the transport of
// WithHTTPClient.
type ProxyError struct {
	// Proxy is the host and port, without user and password.
	Proxy string
	// StatusCode is the status of the refusal, or 0 if there was none.
	StatusCode int

	cause *transport.Error
}

func (e *ProxyError) Error() string {
	if e.cause == nil {
		return "the proxy " + text.OneLine(e.Proxy) + " did not connect"
	}
	return e.cause.Error()
}

// Is matches ErrProxyAuthRequired for 407.
func (e *ProxyError) Is(target error) bool {
	return target == ErrProxyAuthRequired && e.StatusCode == http.StatusProxyAuthRequired
}

// Unwrap returns the underlying failure, or nil.
func (e *ProxyError) Unwrap() error {
	if e.cause == nil {
		return nil
	}
	return e.cause
}

// errorOf returns the caller's error for a failed call.
func errorOf(f *exchange.Failure) error {
	err := causeOf(f)
	if f.End != nil && !errors.Is(err, f.End) {
		err = fmt.Errorf("%w; not sent again: %w", err, f.End)
	}
	if f.Unknown {
		return &OutcomeUnknownError{EndpointID: f.Named(), Err: err}
	}
	return err
}

// causeOf returns why the last attempt failed.
func causeOf(f *exchange.Failure) error {
	if f.Answer.StatusCode != 0 {
		return apiError(f)
	}
	cause := f.Cause
	var failed *transport.Error
	var proxy *transport.ProxyError
	if errors.As(cause, &failed) && !f.Authentication && errors.As(failed.Err, &proxy) {
		cause = &ProxyError{Proxy: proxy.Host, StatusCode: proxy.StatusCode, cause: failed}
	}
	if f.Authentication {
		return fmt.Errorf("vpcep: %s %s: authenticate: %w", f.Method, f.Path, cause)
	}
	if f.Event == retry.Throttled { // the service throttled other calls of the client
		return fmt.Errorf("vpcep: %s %s: not sent: %w: %w", f.Method, f.Path, ErrThrottled, cause)
	}
	return fmt.Errorf("vpcep: %s %s: %w", f.Method, f.Path, cause)
}

func apiError(f *exchange.Failure) *APIError {
	e := &APIError{
		StatusCode: f.Answer.StatusCode,
		Code:       f.Body.Code, Message: f.Body.Message, RequestID: f.Body.RequestID,
		Method: f.Method, Path: f.Path,
		RetryAfter:                  f.RetryAfter,
		EncodedAuthorizationMessage: f.Body.Encoded,
		Attempts:                    f.Attempts,
		cause:                       f.Cause,
		why:                         f.Why,
	}
	if f.Text != "" {
		e.Body = []byte(f.Text)
	}
	for _, d := range f.Body.Details {
		e.Details = append(e.Details, ErrorDetail{Code: d.Code, Message: d.Message, EncodedAuthorizationMessage: d.Encoded})
	}
	return e
}

// meaning returns what a refusal by the service means, beyond its status.
func meaning(op retry.Operation, status int, code string) retry.Event {
	e := APIError{StatusCode: status, Code: code}
	switch {
	case e.isThrottled():
		return retry.Throttled
	case e.isEndpointNotFound(), op == retry.Delete && e.isAny(CodeResourceUnavailable, CodeEndpointDeleting, CodePolicyNotAssociated, CodeEndpointServiceNotFound):
		return retry.Gone // or about to be: nothing is left to delete
	case status == http.StatusUnauthorized:
		return retry.Unauthorized
	}
	return retry.Refused
}

// isTransportFailure reports a request, to the service or for a token, that got no
// response and may succeed if it is sent again.
func isTransportFailure(err error) bool {
	var failed *transport.Error
	for errors.As(err, &failed) {
		if !failed.Prepare {
			return !failed.Permanent
		}
		err = failed.Err
	}
	return false
}

// isTransient reports an error of a read that the next read may not meet.
func isTransient(err error) bool {
	var answer *APIError
	if !errors.As(err, &answer) {
		return isTransportFailure(err)
	}
	return answer.isThrottled() || answer.StatusCode >= 500 || answer.StatusCode == http.StatusRequestTimeout ||
		answer.StatusCode/100 == 2 // a response that broke off
}

// ValidationError lists every invalid field of a request, or every invalid setting of
// NewClient. Nothing was sent.
type ValidationError struct{ Fields []FieldError }

// FieldError describes one invalid field.
type FieldError struct {
	// Field is the field's name on the wire ("tags[2].key"), or the option's name.
	Field string
	// Message says which rule the field breaks.
	Message string
}

func (e *ValidationError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Error()
	}
	return "vpcep: invalid: " + strings.Join(parts, "; ")
}

// Unwrap returns the fields, for errors.As.
func (e *ValidationError) Unwrap() []error {
	fields := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = f
	}
	return fields
}

func (e FieldError) Error() string { return e.Field + ": " + text.OneLine(e.Message) }

// because returns err as the end of a message, or "" if err is nil.
func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + strings.TrimPrefix(err.Error(), "vpcep: ")
}
