package transport

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vpcep/vpcep-go/internal/redact"
)

// Hide takes secrets out of whatever comes back for req, beside those in its
// headers. It is for Request.Prepare, and has no effect elsewhere.
func Hide(req *http.Request, secrets ...string) {
	if find, ok := req.Context().Value(attemptKey{}).(func() *attempt); ok {
		a := find()
		a.hidden = append(slices.Clip(a.hidden), secrets...)
	}
}

// harmlessHeaders may be set by whoever prepares a request, and are no secrets.
var harmlessHeaders = []string{
	"Accept", "Content-Type", "Date", "Host", "Traceparent", "Tracestate", "User-Agent",
	"X-Domain-Id", "X-Project-Id", "X-Request-Id", "X-Sdk-Content-Sha256", "X-Sdk-Date",
}

// gather finds out what the request carries in secret: what Prepare has put into
// its headers, and what is hidden beside them.
func (a *attempt) gather() {
	secrets := slices.Clone(a.hidden)
	var signature string
	for name, values := range a.sent {
		switch {
		case name == "Authorization":
			for _, value := range values {
				credentials, sig := authorization(value)
				secrets, signature = append(secrets, credentials...), sig
			}
		case slices.Contains(harmlessHeaders, name) || slices.Equal(a.before[name], values) && !strings.HasSuffix(name, "-Token"):
		default:
			secrets = append(secrets, values...)
		}
	}
	slices.Sort(secrets) // in the order of a map, they would not be found among the last ones
	a.secrets = a.cache.of(secrets)
	a.signature = nil
	if signature != "" {
		a.signature = redact.Plain(signature)
	}
}

// hideProxy hides the password of the proxy that stands before the service, if any.
func (a *attempt) hideProxy(proxy *url.URL) {
	if proxy == nil || proxy.User == nil {
		return
	}
	if password, ok := proxy.User.Password(); ok {
		a.hidden = append(slices.Clip(a.hidden), password)
		a.gather()
	}
}

// authorization is what an Authorization header holds in secret. The signature is
// another one in each request.
func authorization(value string) (credentials []string, signature string) {
	scheme, rest, _ := strings.Cut(value, " ")
	for part := range strings.SplitSeq(rest, ",") {
		switch name, secret, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "Access", "Credential":
			credentials = append(credentials, secret)
		case "Signature":
			signature = secret
		}
	}
	if signature != "" {
		return credentials, signature
	}
	if plain, err := base64.StdEncoding.DecodeString(rest); strings.EqualFold(scheme, "Basic") && err == nil {
		_, password, _ := strings.Cut(string(plain), ":")
		return []string{rest, password}, ""
	}
	if rest == "" {
		return []string{scheme}, ""
	}
	return []string{rest}, ""
}

// secretCache keeps what was made of the last secrets: as a rule, they are those of
// the next request too.
type secretCache struct {
	last atomic.Pointer[compiled]
}

type compiled struct {
	texts   []string
	secrets *redact.Secrets
}

func (c *secretCache) of(texts []string) *redact.Secrets {
	if last := c.last.Load(); last != nil && slices.Equal(last.texts, texts) {
		return last.secrets
	}
	made := &compiled{texts: texts, secrets: redact.New(texts...)}
	c.last.Store(made)
	return made.secrets
}

// clean takes the secrets out of all that an answer says.
func (a *attempt) clean(r *Response) {
	if r.IsSuccess() {
		r.Body = a.signature.Answer(a.secrets.Answer(r.Body))
	} else {
		r.Body = a.text(r.Body)
	}
	r.Header = a.signature.Header(a.secrets.Header(r.Header))
	if r.BodyErr != nil {
		r.BodyErr = a.cleanError(r.BodyErr)
	}
}

func (a *attempt) text(s string) string { return a.signature.String(a.secrets.String(s)) }

// errMalformed stands for an error of net/http that quotes a secret which cannot be
// taken out: a new one, or one whose letters have changed their case.
var errMalformed = errors.New("the answer is malformed")

// cleanError returns err, if nothing in it shows a secret, and else its text without
// the secrets: the errors of net/http quote what they could not read.
func (a *attempt) cleanError(err error) error {
	if p := a.progress(); a.secretAnswer && (p.link.isGot || p.stranger.isGot) {
		return knownError(err)
	}
	text := a.text(err.Error())
	switch {
	case a.secrets.InAnyCase(text), a.signature.InAnyCase(text): // it quotes the name of a header
		return errMalformed
	case a.isIn(err):
		return errors.New(text)
	}
	return err
}

// isIn reports whether err, or an error that it wraps, shows a secret.
func (a *attempt) isIn(err error) bool {
	if err == nil {
		return false
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if a.text(text) != text {
			return true
		}
	}
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(err.Unwrap(), a.isIn)
	case interface{ Unwrap() error }:
		return a.isIn(err.Unwrap())
	}
	return false
}

// knownError returns the error within err that cannot quote an answer.
func knownError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for _, known := range []error{io.ErrUnexpectedEOF, io.EOF, context.Canceled, context.DeadlineExceeded, ErrTimeout, ErrBodyTooLarge} {
		if errors.Is(err, known) {
			return known
		}
	}
	return errMalformed
}
