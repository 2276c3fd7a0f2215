// Package iam calls IAM: it logs in a user to get a token, and looks up projects.
package iam

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// refusalMemory is how long a refused password is not sent again: repeated failures lock
// the user.
const refusalMemory = time.Minute

// User is who logs in, and for which project: by its ID, or else by its name.
type User struct {
	Name, Password, Domain string
	ProjectID, ProjectName string
}

// Token is the result of a login. End is by this machine's clock, and zero if the
// response leaves it out.
type Token struct {
	Value string
	End   time.Time
}

// Login logs one user in. It is safe for concurrent use.
type Login struct {
	service *exchange.Service
	user    func() User // a function, so that printing the Login does not show the password
	toError func(*exchange.Failure) error

	turn      chan struct{} // held during a login: two at a time could both send a wrong password
	refusal   error         // guarded by turn
	refusedAt time.Time     // guarded by turn
}

// NewLogin returns a Login at service; toError converts its failures into the caller's
// errors.
func NewLogin(service *exchange.Service, user User, toError func(*exchange.Failure) error) *Login {
	return &Login{service: service, user: func() User { return user }, toError: toError, turn: make(chan struct{}, 1)}
}

// Token logs in. A refused password is not sent again for a while; until then, Token
// returns the same refusal.
func (l *Login) Token(ctx context.Context) (Token, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	if l.refusal != nil && time.Since(l.refusedAt) < refusalMemory {
		return Token{}, l.refusal
	}
	token, failure := l.login(ctx)
	if failure == nil {
		return token, nil
	}
	err := l.toError(failure)
	if failure.Answer.StatusCode == http.StatusUnauthorized {
		l.refusal, l.refusedAt = err, time.Now()
	}
	return Token{}, err
}

func (l *Login) login(ctx context.Context) (token Token, failure *exchange.Failure) {
	user := l.user()
	failure = l.service.Do(ctx, exchange.Call{
		Operation: retry.Update, // a second login does no harm
		Method:    http.MethodPost, Path: "/v3/auth/tokens", Query: url.Values{"nocatalog": {"true"}},
		Body: user.body(), Secrets: []string{user.Password}, Secrecy: exchange.SecretResult,
		Accept: func(a exchange.Answer) (err error) {
			token, err = decodeToken(a)
			return err
		},
	})
	return token, failure
}

type named struct {
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Domain *named `json:"domain,omitempty"`
}

// body is the request for a token of one project. A project's name is unique only within
// its domain, so clouds with several domains require the domain, too.
func (u User) body() []byte {
	domain := &named{Name: u.Domain}
	project := named{ID: u.ProjectID}
	if u.ProjectID == "" {
		project = named{Name: u.ProjectName, Domain: domain}
	}
	type object map[string]any
	body, err := json.Marshal(object{"auth": object{
		"identity": object{
			"methods":  []string{"password"},
			"password": object{"user": object{"name": u.Name, "password": u.Password, "domain": domain}},
		},
		"scope": object{"project": project},
	}})
	if err != nil {
		panic("iam: strings cannot be written as JSON")
	}
	return body
}

// decodeToken reads the token from its header, and its expiry from the body. A token
// whose expiry cannot be read is still a token.
func decodeToken(a exchange.Answer) (Token, error) {
	token := Token{Value: a.Header.Get(exchange.HeaderSubjectToken)}
	if !text.FitsToken(token.Value) {
		return Token{}, errors.New("there is no token in " + exchange.HeaderSubjectToken)
	}
	_ = wire.Of(a.Body).Members(func(name string, v wire.Value) {
		if name != "token" {
			return
		}
		_ = v.Members(func(name string, v wire.Value) {
			if name == "expires_at" {
				token.End, _ = wire.Time(v)
			}
		})
	})
	token.End = a.LocalTime(token.End)
	return token, nil
}
