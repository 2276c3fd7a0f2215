package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/renew"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// MetadataURL is the metadata service of an ECS instance.
const MetadataURL = "http://169.254.169.254"

// The time-outs of the metadata service. They are short because, except on an instance,
// nothing responds at its address.
const (
	MetadataAttempt = time.Second
	metadataTime    = 3 * time.Second
	metadataPause   = 100 * time.Millisecond
)

const (
	keyPath     = "/openstack/latest/securitykey"
	tokenPath   = "/meta-data/latest/api/token"
	tokenHeader = "X-Metadata-Token"
	ttlHeader   = "X-Metadata-Token-Ttl-Seconds"
	tokenTTL    = "21600" // seconds
)

// MetadataPool returns a connection pool for the metadata service.
func MetadataPool() *http.Transport {
	pool := transport.NewPool(nil)
	pool.Proxy = nil // the address is link-local
	pool.DialContext = (&net.Dialer{Timeout: MetadataAttempt}).DialContext
	pool.DisableKeepAlives = true // asked once in many hours
	return pool
}

// Metadata provides the temporary keys of an instance's agency, and renews them before
// they expire. It is safe for concurrent use.
type Metadata struct {
	// Pause is the first pause between two attempts after a transient failure; it doubles.
	Pause time.Duration

	service *exchange.Service
	toError func(*exchange.Failure) error
	keys    *renew.Cache[Values]
}

// NewMetadata returns a Metadata that asks service; toError converts its failures into
// the caller's errors.
func NewMetadata(service *exchange.Service, toError func(*exchange.Failure) error) *Metadata {
	service.Timeout = MetadataAttempt
	m := &Metadata{Pause: metadataPause, service: service, toError: toError}
	m.keys = renew.New(m.fetch)
	return m
}

// Key returns the keys.
func (m *Metadata) Key(ctx context.Context) (Values, error) { return m.keys.Get(ctx) }

// Drop drops the keys that a request was refused with, or returns why they are kept.
func (m *Metadata) Drop(accessKey string) error {
	return m.keys.Drop(func(v Values) bool { return v.AccessKey == accessKey })
}

func (p Places) agency() (Values, error) {
	if p.Metadata == nil {
		return Values{}, notSetError("the metadata service of an ECS instance: not asked")
	}
	if _, err := p.Metadata.Key(context.Background()); err != nil {
		return Values{}, notSetError(fmt.Sprintf("the metadata service of an ECS instance (%s): %s",
			p.Metadata.service.BaseURL, strings.TrimPrefix(err.Error(), "vpcep: ")))
	}
	return Values{Agency: p.Metadata}, nil
}

// fetch gets keys, with a token of the metadata service if it requires one.
func (m *Metadata) fetch(ctx context.Context) (Values, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTime)
	defer cancel()
	key, failure := m.key(ctx, nil)
	if failure != nil && wantsToken(failure.Answer.StatusCode) {
		token, tokenFailure := m.token(ctx)
		if tokenFailure != nil {
			return Values{}, time.Time{}, fmt.Errorf("%w; without a token: %w", m.toError(tokenFailure), m.toError(failure))
		}
		key, failure = m.key(ctx, http.Header{tokenHeader: {token}})
	}
	if failure != nil {
		return Values{}, time.Time{}, m.toError(failure)
	}
	return key.Values, key.end, nil
}

// wantsToken reports whether the metadata service may have refused a request because it
// had no token. Some editions respond with 404 or 405.
func wantsToken(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

type key struct {
	Values
	end time.Time
}

func (m *Metadata) key(ctx context.Context, header http.Header) (k key, failure *exchange.Failure) {
	failure = m.ask(ctx, exchange.Call{
		Operation: retry.Read, Method: http.MethodGet, Path: keyPath, Header: header,
		Accept: func(a exchange.Answer) (err error) {
			k, err = decodeKey(a.Body)
			k.end = a.LocalTime(k.end)
			return err
		},
	})
	return k, failure
}

func (m *Metadata) token(ctx context.Context) (token string, failure *exchange.Failure) {
	failure = m.ask(ctx, exchange.Call{
		Operation: retry.Update, Method: http.MethodPut, Path: tokenPath, Header: http.Header{ttlHeader: {tokenTTL}},
		Accept: func(a exchange.Answer) error {
			if token = strings.TrimSpace(a.Body); !text.FitsToken(token) {
				return errors.New("the body is not a token")
			}
			return nil
		},
	})
	return token, failure
}

// ask sends a request, and repeats it after transient failures until ctx ends. It does
// not retry if it cannot connect: then there is no metadata service.
func (m *Metadata) ask(ctx context.Context, c exchange.Call) *exchange.Failure {
	c.Once, c.Secrecy = true, exchange.Opaque
	for pause := m.Pause; ; pause *= 2 {
		failure := m.service.Do(ctx, c)
		if failure == nil || !isTransient(failure.Event) || retry.Sleep(ctx, pause) != nil {
			return failure
		}
	}
}

func isTransient(event retry.Event) bool {
	switch event {
	case retry.Throttled, retry.TimedOut, retry.ServerError, retry.Broken:
		return true
	}
	return false
}

func decodeKey(body string) (k key, err error) {
	err = wire.Of(body).Members(func(name string, v wire.Value) {
		if name != "credential" {
			return
		}
		_ = v.Members(func(name string, v wire.Value) {
			switch name {
			case "access":
				k.AccessKey, _ = wire.String(v)
			case "secret":
				k.SecretKey, _ = wire.String(v)
			case "securitytoken":
				k.SecurityToken, _ = wire.String(v)
			case "expires_at":
				k.end, _ = wire.Time(v)
			}
		})
	})
	return k, cmp.Or(err, k.check())
}

// check refuses keys that cannot sign a request.
func (k key) check() error {
	switch {
	case k.AccessKey == "" || k.SecretKey == "":
		return errors.New("the body has no access key and secret key")
	case !text.FitsHeader(k.AccessKey + k.SecretKey + k.SecurityToken):
		return errors.New("the keys are not printable ASCII")
	}
	return nil
}
