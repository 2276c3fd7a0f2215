package vpcep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// headerToken carries the token (specification, table 2).
const headerToken = "X-Auth-Token"

// Authenticator adds credentials to a request, just before each attempt is sent.
// It must be safe for concurrent use and obey the request's context. Where it
// fails, nothing is sent and its error is returned, wrapped.
type Authenticator interface {
	Authenticate(req *http.Request) error
}

// TokenSource gives the token to authenticate with. It is asked for every
// attempt, must be safe for concurrent use and obey ctx.
type TokenSource interface {
	Token(ctx context.Context) (Token, error)
}

// Token is an IAM token. It prints, logs and marshals redacted; Value is the
// secret itself.
type Token struct {
	Value string
	// ExpiresAt is zero where it is not known.
	ExpiresAt time.Time
}

const redacted = "[redacted]"

// String returns a text without the secret.
func (t Token) String() string { return "Token(" + redacted + ")" }

// Format prints the token without the secret, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue logs the token without the secret.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText writes the token without the secret.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

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

var errUnfitToken = errors.New("the token is empty or holds characters that a header cannot carry")

func (a *tokenAuth) Authenticate(req *http.Request) error {
	if a.src == nil {
		return errors.New("no token source")
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

// check lets NewClient report what can be known without the network.
func (a *tokenAuth) check(f *fieldErrors) {
	if a.src == nil {
		f.add("WithAuth", "TokenAuth needs a token source")
		return
	}
	static, ok := a.src.(*staticToken)
	if !ok {
		return
	}
	const field = "WithToken"
	switch token := static.token().Value; {
	case token == "":
		f.add(field, "must not be empty")
	case len(token) > maxTokenLength:
		f.add(field, "has %d characters, at most %d are allowed", len(token), maxTokenLength)
	case !fitsToken(token):
		f.add(field, "holds characters that a header cannot carry")
	}
}

// fitsToken reports a token that a header carries unchanged.
func fitsToken(token string) bool {
	return token != "" && fitsHeader(token) && !strings.Contains(token, " ")
}
