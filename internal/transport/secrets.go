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

// Hide removes secrets from the response to req, in addition to those in the headers. Call
// it in Request.Prepare; it has no effect elsewhere.
func Hide(req *http.Request, secrets ...string) {
	if find, ok := req.Context().Value(attemptKey{}).(func() *attempt); ok {
		a := find()
		a.hidden = append(slices.Clip(a.hidden), secrets...)
	}
}

// harmlessHeaders may be set in Request.Prepare and are not secret.
var harmlessHeaders = []string{
	"Accept", "Content-Type", "Date", "Host", "Traceparent", "Tracestate", "User-Agent",
	"X-Domain-Id", "X-Project-Id", "X-Request-Id", "X-Sdk-Content-Sha256", "X-Sdk-Date",
}

// gather collects the secrets of the request: what Prepare has put into its headers, and
// the hidden ones.
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
	slices.Sort(secrets) // the order of a map would defeat the cache
	a.secrets = a.cache.of(secrets)
	a.signature = nil
	if signature != "" {
		a.signature = redact.Plain(signature)
	}
}

// hideProxy hides the password of the proxy, if any.
func (a *attempt) hideProxy(proxy *url.URL) {
	if proxy == nil || proxy.User == nil {
		return
	}
	if password, ok := proxy.User.Password(); ok {
		a.hidden = append(slices.Clip(a.hidden), password)
		a.gather()
	}
}

// authorization returns the secrets in an Authorization header. The signature differs in
// each request.
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

// secretCache caches the last compiled secrets: usually the next request has the same.
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
	next := &compiled{texts: texts, secrets: redact.New(texts...)}
	c.last.Store(next)
	return next.secrets
}

// clean removes the secrets from a response.
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

// errMalformed replaces an error of net/http that quotes a secret in a form that cannot be
// redacted: a new secret, or one whose letters have changed case.
var errMalformed = errors.New("the response is malformed")

// cleanError returns err if it shows no secret, and otherwise its text without the
// secrets: the errors of net/http quote what they cannot parse.
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
	switch err := err.(type) { //nolint:errorlint // each error of the tree is checked separately
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(err.Unwrap(), a.isIn)
	case interface{ Unwrap() error }:
		return a.isIn(err.Unwrap())
	}
	return false
}

// knownError returns the error within err that cannot quote a response.
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
