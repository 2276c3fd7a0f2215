package vpcep

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/vpcep/vpcep-go/internal/text"
)

// headerToken carries the token (specification, table 2).
const headerToken = "X-Auth-Token"

// Authenticator adds credentials to a request, just before each attempt is sent. It
// must be safe for concurrent use and obey the request's context. If it fails, nothing
// is sent and its error is returned, wrapped.
//
// It may also implement [Renewer], [Checker], [ProjectProvider] and
// [IAMEndpointProvider]. An Authenticator that wraps another one keeps all of these with
// a method
//
//	Unwrap() vpcep.Authenticator
//
// that returns the wrapped one. Without it, or methods that forward the calls, a wrapped
// token is not renewed.
type Authenticator interface {
	Authenticate(req *http.Request) error
}

// TokenSource provides the token to authenticate with. It is called for every attempt,
// and must be safe for concurrent use and obey ctx.
//
// It may also implement [Invalidator] and [Checker]. A TokenSource that wraps another one
// keeps these with a method
//
//	Unwrap() vpcep.TokenSource
//
// or with methods that forward the calls.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// Token is an IAM token. It prints, logs and marshals redacted, even inside exported
// fields of other values; package fmt does not allow that for unexported ones. Value is
// the secret itself.
type Token struct {
	redacted

	Value string
	// ExpiresAt is by this machine's clock, and zero if unknown.
	ExpiresAt time.Time
}

// StaticToken always provides value: 1 to 65,536 characters. The specification (table
// 2) allows 2,048, but IAM issues longer ones. NewClient reports a token that cannot be
// used.
func StaticToken(value string) TokenSource {
	// In a function, so that printing the source does not show the secret.
	return &staticToken{token: func() Token { return Token{Value: value} }}
}

type staticToken struct{ token func() Token }

func (s *staticToken) Token(context.Context) (Token, error) { return s.token(), nil }

func (s *staticToken) Check() error {
	switch token := s.token().Value; {
	case token == "":
		return errors.New("the token must not be empty")
	case len(token) > maxTokenLength:
		return fmt.Errorf("the token has %d characters; at most %d are allowed", len(token), maxTokenLength)
	case !text.FitsToken(token):
		return errors.New("the token contains characters that are not allowed in a header")
	}
	return nil
}

// TokenAuth sends the token of src in the header X-Auth-Token.
func TokenAuth(src TokenSource) Authenticator { return &tokenAuth{src: src} }

type tokenAuth struct{ src TokenSource }

var (
	errNoTokenSource = errors.New("the token source is nil")
	errUnfitToken    = errors.New("the token is empty or contains characters that are not allowed in a header")
)

func (a *tokenAuth) Authenticate(req *http.Request) error {
	if a.src == nil {
		return errNoTokenSource
	}
	token, err := a.src.Token(req.Context())
	if err != nil {
		return err
	}
	if !text.FitsToken(token.Value) {
		return errUnfitToken
	}
	req.Header.Set(headerToken, token.Value)
	return nil
}

func (a *tokenAuth) Check() error { return checkSource(a.src) }

// Renew drops a cached token; the next attempt gets a new one.
func (a *tokenAuth) Renew(refused Refusal) (again bool, why error) {
	cache, ok := within[Invalidator](a.src)
	if !ok {
		return false, nil
	}
	why = cache.Invalidate(Token{Value: refused.Request.Get(headerToken)})
	return why == nil, why
}
