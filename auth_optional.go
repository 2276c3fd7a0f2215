package vpcep

import (
	"errors"
	"net/http"
)

// Refusal is a request that was refused with 401: its headers, including credentials,
// and the headers of the response. It prints, logs and marshals redacted.
type Refusal struct {
	redacted

	Request, Response http.Header
}

// Renewer is an Authenticator that may have better credentials after a 401. One that
// wraps another implements Unwrap, as described at [Authenticator], or forwards the call:
//
//	func (w wrapper) Renew(refused vpcep.Refusal) (again bool, why error) {
//		if inner, ok := w.inner.(vpcep.Renewer); ok {
//			return inner.Renew(refused)
//		}
//		return false, nil
//	}
type Renewer interface {
	// Renew is called for every request that was refused with 401. It reports whether to
	// send the request again, which happens at most once per call. If not, why may
	// explain; it becomes part of the call's error. Renew must not block.
	Renew(refused Refusal) (again bool, why error)
}

// Invalidator is a TokenSource that caches its token, and drops it when the service has
// refused it. One that wraps another implements Unwrap, as described at [TokenSource], or
// forwards the call; one that changes the token forwards the original token.
type Invalidator interface {
	// Invalidate drops the token, if it is still the cached one. The next Token is then
	// a new one. The error says why the token is kept nevertheless, and becomes part of
	// the call's error.
	Invalidate(token Token) error
}

// Checker is an Authenticator or TokenSource that can check its settings without the
// network; NewClient and LookupProjectID call it. One that wraps another implements
// Unwrap, as described at [Authenticator] and [TokenSource], or forwards the call.
type Checker interface {
	// Check returns nil, or what is wrong. A *ValidationError is reported as it is; any
	// other error is reported under the option that the Checker was passed to.
	Check() error
}

// ProjectProvider is an Authenticator that knows the project of its credentials.
// NewClient asks it if neither an option nor an environment variable sets the project.
// One that wraps another implements Unwrap, as described at [Authenticator], or forwards
// the call.
type ProjectProvider interface {
	// ProjectID returns the project's ID, or "" if it is unknown.
	ProjectID() string
}

// IAMEndpointProvider is an Authenticator that knows the URL of the IAM that issued its
// credentials; LookupProjectID asks it. One that wraps another implements Unwrap, as
// described at [Authenticator], or forwards the call.
type IAMEndpointProvider interface {
	// IAMEndpoint returns the URL, or "" if it is unknown.
	IAMEndpoint() string
}

// maxWrappers bounds how many wrappers are unwrapped, because one may unwrap to itself.
const maxWrappers = 100

// within returns the first of outer and the values that it wraps that implements T.
func within[T any](outer any) (found T, ok bool) {
	for range maxWrappers {
		if found, ok = outer.(T); ok {
			return found, true
		}
		switch wrapper := outer.(type) {
		case interface{ Unwrap() Authenticator }:
			outer = wrapper.Unwrap()
		case interface{ Unwrap() TokenSource }:
			outer = wrapper.Unwrap()
		default:
			return found, false
		}
	}
	return found, false
}

// checkSource calls Check of src, or of the source that src wraps.
func checkSource(src TokenSource) error {
	if src == nil {
		return errNoTokenSource
	}
	if c, ok := within[Checker](src); ok {
		return c.Check()
	}
	return nil
}

// check adds what a Checker reports, under field if the error names no field.
func (f *fieldErrors) check(v any, field string) {
	c, ok := within[Checker](v)
	if !ok {
		return
	}
	err := c.Check()
	var invalid *ValidationError
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		*f = append(*f, invalid.Fields...)
	default:
		f.add(field, "%s", err)
	}
}
