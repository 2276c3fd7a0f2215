// Package iam talks to IAM: it logs a user in for a token, and looks up projects.
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

// refusalMemory is how long a wrong password is remembered: asking IAM again and
// again locks the user.
const refusalMemory = time.Minute

// User is who logs in, and for which project: by its ID, or else by its name.
type User struct {
	Name, Password, Domain string
	ProjectID, ProjectName string
}

// Token is what a login gives. End is by this machine's clock, and zero where the
// answer does not say it.
type Token struct {
	Value string
	End   time.Time
}

// Login logs one user in. It is safe for concurrent use.
type Login struct {
	service *exchange.Service
	user    func() User // a function, which hides the password from whoever prints it
	toError func(*exchange.Failure) error

	turn      chan struct{} // held during a login: two at a time could both bring a wrong password
	refusal   error         // guarded by turn
	refusedAt time.Time     // guarded by turn
}

// NewLogin logs in at service; toError makes the caller's errors of its failures.
func NewLogin(service *exchange.Service, user User, toError func(*exchange.Failure) error) *Login {
	return &Login{service: service, user: func() User { return user }, toError: toError, turn: make(chan struct{}, 1)}
}

// Token logs in. A password that was refused is not sent again for a while; until then
// the refusal is given again.
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

// body is the request for a token of one project. The name of a project is one only
// within its domain, which a cloud with several of them insists on.
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

// decodeToken reads the token from its header, and its end from the body. A token whose
// end cannot be read is still a token.
func decodeToken(a exchange.Answer) (Token, error) {
	token := Token{Value: a.Header.Get(exchange.HeaderSubjectToken)}
	if !text.FitsToken(token.Value) {
		return Token{}, errors.New("it has no token in " + exchange.HeaderSubjectToken)
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
