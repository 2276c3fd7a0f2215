package vpcep

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/renew"
)

// headerToken carries the token (specification, table 2).
const headerToken = "X-Auth-Token"

// Authenticator adds credentials to a request, just before each attempt is sent.
// It must be safe for concurrent use and obey the request's context. Where it
// fails, nothing is sent and its error is returned, wrapped.
type Authenticator interface {
	Authenticate(req *http.Request) error
}

// Renewer is an Authenticator that may have better credentials than those that the
// service refused with 401. One that wraps another should pass the call on, or a
// refused token is not renewed.
type Renewer interface {
	Authenticator
	// Renew gets the headers of the refused request. It reports whether to send the
	// request once more.
	Renew(refused http.Header) bool
}

// Invalidator is a TokenSource that keeps its token, and drops it when the service
// has refused it. One that wraps another should pass the call on, or a refused token
// is not renewed.
type Invalidator interface {
	TokenSource
	// Invalidate drops the token, if it is still the one that is kept.
	Invalidate(token Token)
}

// Checker is an Authenticator or TokenSource that can tell without the network
// whether it is able to work; NewClient asks it. One that wraps another should pass
// the call on.
type Checker interface {
	// Check returns nil, or what is wrong: a *ValidationError names its settings.
	Check() error
}

// ProjectProvider is an Authenticator that knows the project that its credentials
// are for; NewClient asks it where no option and no variable says the project.
type ProjectProvider interface {
	Authenticator
	ProjectID() string
}

// TokenSource gives the token to authenticate with. It is asked for every
// attempt, must be safe for concurrent use and obey ctx.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// Token is an IAM token. It prints, logs and marshals redacted, also inside the
// exported fields of other values; package fmt gives no say in unexported ones. Value
// is the secret itself.
type Token struct {
	redacted

	Value string
	// ExpiresAt is zero where it is not known.
	ExpiresAt time.Time
}

// StaticToken always gives value: 1 to 2048 characters (specification, table 2).
// NewClient reports one that cannot be used.
func StaticToken(value string) TokenSource {
	// The function hides the secret from whoever prints the source.
	return &staticToken{token: func() Token { return Token{Value: value} }}
}

type staticToken struct{ token func() Token }

func (s *staticToken) Token(context.Context) (Token, error) { return s.token(), nil }

// TokenAuth sends the token of src in the header X-Auth-Token.
func TokenAuth(src TokenSource) Authenticator { return &tokenAuth{src: src} }

type tokenAuth struct{ src TokenSource }

var errNoTokenSource = errors.New("no token source")

var errUnfitToken = errors.New("the token is empty or holds characters that a header cannot carry")

func (a *tokenAuth) Authenticate(req *http.Request) error {
	if a.src == nil {
		return errNoTokenSource
	}
	token, err := a.src.Token(req.Context())
	if err != nil {
		return err
	}
	if !fitsToken(token.Value) {
		return errUnfitToken
	}
	req.Header.Set(headerToken, token.Value)
	return nil
}

// Check lets NewClient report what can be known without the network.
func (a *tokenAuth) Check() error {
	var f fieldErrors
	if a.src == nil {
		f.add("WithAuth", "TokenAuth needs a token source")
	}
	f.check(a.src, "WithAuth")
	return f.err()
}

// Renew drops a cached token, so that the next attempt gets a new one.
func (a *tokenAuth) Renew(refused http.Header) bool {
	cache, ok := a.src.(Invalidator)
	if ok {
		cache.Invalidate(Token{Value: refused.Get(headerToken)})
	}
	return ok
}

func (s *staticToken) Check() error {
	const field = "WithToken"
	var f fieldErrors
	switch token := s.token().Value; {
	case token == "":
		f.add(field, "must not be empty")
	case len(token) > maxTokenLength:
		f.add(field, "has %d characters, at most %d are allowed", len(token), maxTokenLength)
	case !fitsToken(token):
		f.add(field, "holds characters that a header cannot carry")
	}
	return f.err()
}

// check asks a Checker what is wrong. field is named where it does not name one itself.
func (f *fieldErrors) check(v any, field string) {
	c, ok := v.(Checker)
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

// CachedToken asks src for a token once, and gives it to all callers. It renews
// the token in the background before it ends, while the old one still serves. A
// token that the service refuses with 401 is dropped, renewed once, and the request
// sent once more; callers whose tokens are refused together cause one renewal.
//
// A token without ExpiresAt is kept until it is refused.
func CachedToken(src TokenSource) TokenSource {
	c := &cachedToken{src: src}
	c.cache = renew.New(c.fetch)
	return c
}

type cachedToken struct {
	src   TokenSource
	cache *renew.Cache[Token]
}

func (c *cachedToken) fetch(ctx context.Context) (Token, time.Time, error) {
	token, err := c.src.Token(ctx)
	return token, token.ExpiresAt, err
}

func (c *cachedToken) Token(ctx context.Context) (Token, error) {
	if c.src == nil {
		return Token{}, errNoTokenSource
	}
	return c.cache.Get(ctx)
}

// Invalidate drops the token, if it is still the one that is kept.
func (c *cachedToken) Invalidate(token Token) {
	c.cache.Drop(func(t Token) bool { return t.Value == token.Value })
}

func (c *cachedToken) Check() error {
	var f fieldErrors
	if c.src == nil {
		f.add("WithAuth", "CachedToken needs a token source")
	}
	f.check(c.src, "WithAuth")
	return f.err()
}

// fitsToken reports a token that a header carries unchanged.
func fitsToken(token string) bool {
	return token != "" && fitsHeader(token) && !strings.Contains(token, " ")
}
