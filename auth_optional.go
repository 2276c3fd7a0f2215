package vpcep

import (
	"errors"
	"net/http"
)

// Refusal is a request that was refused with 401: its headers, credentials included,
// and those of the answer. It prints, logs and marshals redacted.
type Refusal struct {
	redacted

	Request, Response http.Header
}

// Renewer is an Authenticator that may have better credentials than those that were
// refused with 401. One that wraps another implements Unwrap, as [Authenticator] says,
// or passes the call on:
//
//	func (w wrapper) Renew(refused vpcep.Refusal) (again bool, why error) {
//		if inner, ok := w.inner.(vpcep.Renewer); ok {
//			return inner.Renew(refused)
//		}
//		return false, nil
//	}
type Renewer interface {
	// Renew is told of every request that was refused with 401. It reports whether to
	// send the request again, which is done once in a call; if not, why may say what the
	// caller should know, and becomes part of the call's error. It must not wait.
	Renew(refused Refusal) (again bool, why error)
}

// Invalidator is a TokenSource that keeps its token, and drops it when the service has
// refused it. One that wraps another implements Unwrap, as [TokenSource] says, or
// passes the call on; one that changes the token passes on what it got from the other.
type Invalidator interface {
	// Invalidate drops the token, if it is still the one that is kept. The next Token
	// is then another one. The error says why the token is kept all the same, and
	// becomes part of the call's error.
	Invalidate(token Token) error
}

// Checker is an Authenticator or TokenSource that can tell without the network
// whether it is able to work; NewClient and LookupProjectID ask it. One that wraps
// another implements Unwrap, as [Authenticator] and [TokenSource] say, or passes the
// call on.
type Checker interface {
	// Check returns nil, or what is wrong: a *ValidationError names settings of its own,
	// any other error is reported under the option that the Checker was given to.
	Check() error
}

// ProjectProvider is an Authenticator that knows the project that its credentials
// are for; NewClient asks it where no option and no variable says the project. One that
// wraps another implements Unwrap, as [Authenticator] says, or passes the call on.
type ProjectProvider interface {
	// ProjectID returns the project's ID, "" where it is not known.
	ProjectID() string
}

// IAMEndpointProvider is an Authenticator that knows the URL of the IAM that its
// credentials are of; LookupProjectID asks it. One that wraps another implements
// Unwrap, as [Authenticator] says, or passes the call on.
type IAMEndpointProvider interface {
	// IAMEndpoint returns the URL, "" where it is not known.
	IAMEndpoint() string
}

// maxWrappers bounds how deep within wrappers something is looked for, because one may
// unwrap to itself.
const maxWrappers = 100

// within finds what implements T: outer, or the first of those that it wraps.
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

// checkSource asks what is within a source.
func checkSource(src TokenSource) error {
	if src == nil {
		return errNoTokenSource
	}
	if c, ok := within[Checker](src); ok {
		return c.Check()
	}
	return nil
}

// check asks a Checker what is wrong. field is named where it does not name one itself.
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
