package vpcep

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/fallback"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
)

// The defaults of the options.
const (
	DefaultAttemptTimeout  = 60 * time.Second // see WithAttemptTimeout
	DefaultReconcileWindow = 5 * time.Second  // see WithReconcileWindow

	DefaultMaxAttempts     = retry.DefaultMaxAttempts     // see RetryPolicy
	DefaultBaseDelay       = retry.DefaultBaseDelay       // see RetryPolicy
	DefaultMaxDelay        = retry.DefaultMaxDelay        // see RetryPolicy
	DefaultThrottleTimeout = retry.DefaultThrottleTimeout // see RetryPolicy
)

// Option is a setting of NewClient.
type Option func(*config)

type config struct {
	region, baseURL, projectID string
	hasRegion, hasBaseURL      bool
	hasProjectID               bool
	auth, token, fallback      Authenticator // set by WithAuth, by WithToken, and by vpceptest
	hasAuth                    bool
	httpClient                 *http.Client
	hasHTTPClient              bool
	rootCAs                    *x509.CertPool
	retry                      RetryPolicy
	attemptTimeout             time.Duration
	reconcileWindow            time.Duration
	logger                     *slog.Logger
	userAgent                  string
	plaintextHTTP              bool
	withoutValidation          bool
}

// RetryPolicy sets how often and how fast a request is sent again. See WithRetry.
type RetryPolicy struct {
	// MaxAttempts is the number of attempts, including the first. 1 means never to
	// retry; 0 means the default, 4.
	MaxAttempts int
	// BaseDelay bounds the random wait before the second attempt; the bound doubles
	// with each further attempt. 0 means the default, 500 ms.
	BaseDelay time.Duration
	// MaxDelay bounds every wait, including one that the service asks for with
	// Retry-After. 0 means the default, 20 s.
	MaxDelay time.Duration
	// ThrottleTimeout bounds how long a call keeps trying while the service throttles
	// it. A throttled request did nothing, so such attempts do not count toward
	// MaxAttempts, unless that is 1. 0 means the default: 2 minutes, or twice MaxDelay
	// if that is longer. It is never more than 100 times MaxDelay. A call that other calls'
	// throttling keeps from its first attempt for so long makes that one attempt anyway.
	ThrottleTimeout time.Duration
}

func (p RetryPolicy) policy() retry.Policy {
	return retry.Policy{MaxAttempts: p.MaxAttempts, BaseDelay: p.BaseDelay, MaxDelay: p.MaxDelay, ThrottleTimeout: p.ThrottleTimeout}
}

func (p RetryPolicy) isNegative() bool {
	return p.MaxAttempts < 0 || p.BaseDelay < 0 || p.MaxDelay < 0 || p.ThrottleTimeout < 0
}

// WithRetry sets how often and how fast requests are sent again. The zero value is the
// default policy. Only what is safe is sent again:
//
//   - any request that was certainly never written, or that the server refused before
//     processing it (HTTP/2 REFUSED_STREAM, GOAWAY);
//   - any request that was throttled (ErrThrottled): all calls of the client wait
//     together until the service lets some through again;
//   - gets, lists, changes and deletes after 408, 5xx and broken connections;
//   - a create that may have succeeded: only if it has an IdempotencyKey, and only after
//     the client has searched for the endpoint.
//
// All calls of a client share a budget of retries, which successes refill, so a service
// that is down is not flooded with retries.
func WithRetry(p RetryPolicy) Option { return func(c *config) { c.retry = p } }

// WithReconcileWindow sets how long a create with an IdempotencyKey searches for its
// endpoint after an unknown outcome, before it sends the request again. It must be
// longer than the lag of the service's lists. The default is DefaultReconcileWindow.
func WithReconcileWindow(d time.Duration) Option { return func(c *config) { c.reconcileWindow = d } }

// WithLogger logs one line for each attempt, at debug level: method, path, status,
// request ID, attempt and duration, and nothing else. Without it, nothing is logged.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithRegion selects a region, for example "eu-west-101", and builds the service's URL
// from it. Regions that this version does not know work too.
func WithRegion(id string) Option {
	return func(c *config) { c.region, c.hasRegion = id, true }
}

// WithBaseURL sets the service's URL, for a private cloud, a proxy or a test. Its path,
// if any, is kept. It takes precedence over WithRegion.
func WithBaseURL(rawURL string) Option {
	return func(c *config) { c.baseURL, c.hasBaseURL = rawURL, true }
}

// WithProjectID selects the project that endpoints are created in: 1 to 64 characters
// (specification, table 1).
func WithProjectID(id string) Option {
	return func(c *config) { c.projectID, c.hasProjectID = id, true }
}

// WithToken authenticates with a fixed token of 1 to 65,536 characters. It is short for
// WithAuth(TokenAuth(StaticToken(token))), and cannot be combined with WithAuth.
func WithToken(token string) Option {
	auth := TokenAuth(StaticToken(token))
	return func(c *config) { c.token = auth }
}

// WithAuth sets how requests are authenticated. It cannot be combined with WithToken.
func WithAuth(a Authenticator) Option {
	return func(c *config) {
		if _, ok := a.(fallback.Auth); ok {
			c.fallback = a
			return
		}
		c.auth, c.hasAuth = a, true
	}
}

// WithHTTPClient sends requests through hc's Transport, bounded by hc's Timeout. hc is
// copied and never changed. Its CheckRedirect and Jar are not used: redirects are never
// followed, and cookies are never kept. A Transport that repeats requests by itself is
// kept from doing so: one attempt is one request.
//
// Load balancers usually close idle connections after 60 seconds, and a create that is
// sent at that moment has an unknown outcome. The library's own pool closes idle
// connections after 45 seconds; set the IdleConnTimeout of your Transport accordingly.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) { c.httpClient, c.hasHTTPClient = hc, true }
}

// WithRootCAs sets the certificate authorities that verify the service's certificate,
// for private clouds. It configures the library's own transport, and cannot be combined
// with WithHTTPClient.
func WithRootCAs(pool *x509.CertPool) Option { return func(c *config) { c.rootCAs = pool } }

// WithAttemptTimeout bounds each attempt, from the connection to the last byte of the
// response; the default is DefaultAttemptTimeout. The context of a call, or
// WithCallTimeout, bounds the whole call.
func WithAttemptTimeout(d time.Duration) Option { return func(c *config) { c.attemptTimeout = d } }

// WithUserAgent puts product, for example "terraform-provider-x/1.2", before the
// library's own name in the User-Agent header.
func WithUserAgent(product string) Option { return func(c *config) { c.userAgent = product } }

// WithPlaintextHTTP allows an http:// URL for a host that is not loopback. Credentials
// are then sent unencrypted.
func WithPlaintextHTTP() Option { return func(c *config) { c.plaintextHTTP = true } }

// WithoutValidation sends requests unchecked and lets the service validate the fields.
// IDs that would change the path of the URL are still refused.
func WithoutValidation() Option { return func(c *config) { c.withoutValidation = true } }

// CallOption is a setting of one call.
type CallOption func(*callSettings)

type callSettings struct {
	response *ResponseMeta
	timeout  time.Duration
	retry    RetryPolicy
	header   http.Header
	date     *time.Time // set to the Date of the last response, the service's clock
}

// WithResponse stores the response's status, headers and request ID in dst, even if the
// call fails. A call that sends several requests stores those of the last response.
func WithResponse(dst *ResponseMeta) CallOption {
	return func(s *callSettings) { s.response = dst }
}

// WithCallTimeout bounds one whole call, including its attempts and the pauses between
// them; for a list, it bounds each page. If it ends the call, the error matches
// context.DeadlineExceeded. The context's own deadline applies as well.
func WithCallTimeout(d time.Duration) CallOption {
	return func(s *callSettings) { s.timeout = d }
}

// WithCallRetry sets how often and how fast the requests of one call are sent again.
// Zero fields mean the client's settings.
func WithCallRetry(p RetryPolicy) CallOption {
	return func(s *callSettings) { s.retry = p }
}

// WithCallHeader adds a header to the requests of one call, for example to trace it.
// Headers that the library sets itself, including all credentials, cannot be set, and
// the value is not treated as a secret. Creates with an IdempotencyKey share their lists
// only with calls that have the same headers.
func WithCallHeader(name, value string) CallOption {
	return func(s *callSettings) {
		s.header = maps.Clone(s.header)
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header[http.CanonicalHeaderKey(name)] = []string{value}
	}
}

// ownHeaders are those that the library, net/http and credentials set.
var ownHeaders = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect", "Host",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "User-Agent", headerToken,
	"X-Project-Id", "X-Sdk-Date", "X-Security-Token",
}

func newCallSettings(opts []CallOption) (callSettings, error) {
	var s callSettings
	if len(opts) == 0 {
		return s, nil
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	var f fieldErrors
	f.duration("WithCallTimeout", s.timeout)
	if s.retry.isNegative() {
		f.add("WithCallRetry", "must not have negative values")
	}
	for name, values := range s.header {
		switch {
		case name == "" || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			f.add("WithCallHeader", "the name must consist of letters, digits and hyphens")
		case oneOf(name, ownHeaders...):
			f.add("WithCallHeader", "%s is set by the library", name)
		case !text.FitsHeader(values[0]):
			f.add("WithCallHeader", "the value of %s must be printable ASCII", name)
		}
	}
	return s, f.err()
}

// alike returns the same string for calls that may share their reads.
func (s callSettings) alike() string { return fmt.Sprintf("%q %v", s.header, s.retry) }

// bound returns ctx with the deadline of WithCallTimeout.
func (s callSettings) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.timeout)
}

// observe stores what the settings ask for from each response. It returns nil if they
// ask for nothing.
func (s callSettings) observe() func(exchange.Answer) {
	if s.response == nil && s.date == nil {
		return nil
	}
	return func(a exchange.Answer) {
		if s.response != nil {
			*s.response = ResponseMeta{StatusCode: a.StatusCode, RequestID: a.RequestID(), Header: a.Header, Attempts: a.Attempts}
		}
		if s.date != nil {
			if date, err := http.ParseTime(a.Header.Get("Date")); err == nil {
				*s.date = date
			}
		}
	}
}
