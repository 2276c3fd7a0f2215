package vpcep

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// Version is the version of this library, as the User-Agent header names it.
const Version = "0.1.0"

// The defaults of the options.
const (
	DefaultAttemptTimeout  = 60 * time.Second // see WithAttemptTimeout
	DefaultReconcileWindow = 5 * time.Second  // see WithReconcileWindow
)

// Client calls the VPC Endpoint service for one project. It is made by
// NewClient, safe for concurrent use, and meant to be shared: its callers share
// one pool of connections.
type Client struct {
	baseURL        string // what paths stand behind: that of the project, or of a service without projects
	basePath       string // the path of baseURL, for messages
	projectID      string // "": there is none
	auth           Authenticator
	authenticate   func(*http.Request) error // auth's; nil: there is none
	header         http.Header               // of every request; read, never written
	attemptTimeout time.Duration
	validates      bool
	retry          retry.Policy
	budget         *retry.Budget
	gates          *retry.Gates
	logger         *slog.Logger  // nil: nothing is logged
	window         time.Duration // of the search for a create with an unknown outcome
	creations      *creations
	transport      *transport.Transport
}

// Option is a setting of NewClient.
type Option func(*config)

type config struct {
	region, baseURL, projectID string
	hasRegion, hasBaseURL      bool
	hasProjectID               bool
	auth                       Authenticator
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

// RetryPolicy says how often and how fast a request is sent again. See WithRetry.
type RetryPolicy struct {
	// MaxAttempts counts the first attempt too. 1 means never to retry, 0 the default: 4.
	MaxAttempts int
	// BaseDelay bounds the random wait before the second attempt; the bound doubles
	// with each further one. 0 means the default: 500 ms.
	BaseDelay time.Duration
	// MaxDelay bounds every wait, one that the service asked for with Retry-After
	// included. 0 means the default: 20 s.
	MaxDelay time.Duration
	// ThrottleTimeout bounds how long a call goes on while the service throttles it. A
	// throttled request did nothing, so that such attempts do not count against
	// MaxAttempts, unless that is 1. 0 means the default: 2 minutes, or twice MaxDelay if
	// that is longer. It is never more than 100 times MaxDelay.
	ThrottleTimeout time.Duration
}

// WithRetry sets how often and how fast requests are sent again. The zero value
// is the default policy. Only what is safe is sent again:
//
//   - any request that was certainly never written, or that the server refused before
//     processing it (HTTP/2 REFUSED_STREAM, GOAWAY);
//   - any request that was throttled (ErrThrottled): all calls of the client wait
//     together until the limit lets some through again;
//   - gets, lists, changes and deletes after 408, 5xx and broken connections;
//   - never a create that may have been carried out, unless it has an IdempotencyKey,
//     under which it is looked for first.
//
// All calls of a client share a budget of retries, which successes fill up again,
// so that a service that is down is not stormed.
func WithRetry(p RetryPolicy) Option { return func(c *config) { c.retry = p } }

// WithReconcileWindow sets how long a create with an IdempotencyKey looks for its
// endpoint after an unknown outcome, before it sends the request again. It must be
// longer than the service's lists lag behind; the default is DefaultReconcileWindow.
func WithReconcileWindow(d time.Duration) Option { return func(c *config) { c.reconcileWindow = d } }

// WithLogger logs each attempt in one line at debug level: method, path, status,
// request ID, attempt and duration, and nothing else. Nothing is logged without it.
func WithLogger(l *slog.Logger) Option { return func(c *config) { c.logger = l } }

// WithRegion selects a region, for example "eu-west-101", and builds the
// service's URL from it. A region that this version has not heard of is fine.
func WithRegion(id string) Option {
	return func(c *config) { c.region, c.hasRegion = id, true }
}

// WithBaseURL sets the service's URL, for a private cloud, a proxy or a test. A
// path in it is kept. It beats WithRegion.
func WithBaseURL(rawURL string) Option {
	return func(c *config) { c.baseURL, c.hasBaseURL = rawURL, true }
}

// WithProjectID selects the project that endpoints are made in: 1 to 64
// characters (specification, table 1).
func WithProjectID(id string) Option {
	return func(c *config) { c.projectID, c.hasProjectID = id, true }
}

// WithToken authenticates with a token that does not change: 1 to 2048
// characters (specification, table 2). It is short for
// WithAuth(TokenAuth(StaticToken(token))).
func WithToken(token string) Option { return WithAuth(TokenAuth(StaticToken(token))) }

// WithAuth sets how requests are authenticated.
func WithAuth(a Authenticator) Option { return func(c *config) { c.auth = a } }

// WithHTTPClient sends through hc's Transport, bounded by hc's Timeout. hc is
// copied and never changed. Its CheckRedirect and Jar are not used: redirects are
// never followed, cookies never kept. A Transport that sends a request again by
// itself is stopped: one attempt is one request.
//
// Load balancers close idle connections after 60 seconds as a rule, and a create
// that meets the close has an unknown outcome. The library's own pool closes them
// after 45 seconds; set IdleConnTimeout of a Transport of your own alike.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) { c.httpClient, c.hasHTTPClient = hc, true }
}

// WithRootCAs sets the certificate authorities that the service's certificate is
// checked against, for private clouds. It is a setting of the library's own
// transport and does not go with WithHTTPClient.
func WithRootCAs(pool *x509.CertPool) Option { return func(c *config) { c.rootCAs = pool } }

// WithAttemptTimeout bounds each attempt, from the connection to the last byte of
// the answer; the default is DefaultAttemptTimeout. The context of a call bounds
// the whole call.
func WithAttemptTimeout(d time.Duration) Option { return func(c *config) { c.attemptTimeout = d } }

// WithUserAgent puts product, for example "terraform-provider-x/1.2", before the
// library's own name in the User-Agent header.
func WithUserAgent(product string) Option { return func(c *config) { c.userAgent = product } }

// WithPlaintextHTTP allows an http:// URL for a host that is not loopback. The
// token then travels unencrypted.
func WithPlaintextHTTP() Option { return func(c *config) { c.plaintextHTTP = true } }

// WithoutValidation sends requests unchecked and leaves it to the service to
// judge the fields. IDs that would change the path of the URL are refused all the same.
func WithoutValidation() Option { return func(c *config) { c.withoutValidation = true } }

// NewClient makes a client. It needs WithRegion or WithBaseURL, WithProjectID,
// and WithToken or WithAuth. Where the options are silent, the region is taken
// from HW_REGION_NAME, and the project from HUAWEICLOUD_SDK_PROJECT_ID,
// HW_PROJECT_ID or, with DefaultAuth, the credentials file; LookupProjectID finds
// the project of a region.
//
// It reports every wrong setting at once, in a *ValidationError that names the
// options, and uses no network.
func NewClient(opts ...Option) (*Client, error) {
	var cfg config
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	cfg.fromEnvironment(os.Getenv)
	var f fieldErrors
	base := cfg.serviceURL(&f)
	cfg.checkProject(&f)
	cfg.checkAuth(&f)
	cfg.checkTransport(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	c := newCore(base, newTransport(cfg.httpClient, cfg.rootCAs), cfg.auth, cfg.userAgent)
	project := "/v1/" + cfg.projectID
	c.baseURL, c.basePath, c.projectID = c.baseURL+project, c.basePath+project, cfg.projectID
	c.validates = !cfg.withoutValidation
	c.attemptTimeout = cmp.Or(cfg.attemptTimeout, DefaultAttemptTimeout)
	c.retry = retry.Policy{
		MaxAttempts:     cfg.retry.MaxAttempts,
		BaseDelay:       cfg.retry.BaseDelay,
		MaxDelay:        cfg.retry.MaxDelay,
		ThrottleTimeout: cfg.retry.ThrottleTimeout,
	}.WithDefaults()
	c.window = cmp.Or(cfg.reconcileWindow, DefaultReconcileWindow)
	c.creations = newCreations()
	c.logger = cfg.logger
	return c, nil
}

// newTransport sends through hc, or through a pool of the library's own where it is nil.
func newTransport(hc *http.Client, rootCAs *x509.CertPool) *transport.Transport {
	if hc == nil {
		return transport.NewOwn(transport.NewPool(rootCAs))
	}
	return transport.New(hc)
}

// newCore is a client with what every service needs, this one and IAM.
func newCore(base *url.URL, t *transport.Transport, auth Authenticator, product string) *Client {
	c := &Client{
		baseURL:  strings.TrimRight(base.String(), "/"),
		basePath: strings.TrimRight(base.EscapedPath(), "/"),
		auth:     auth,
		header: http.Header{
			"Accept":       {"application/json"},
			"Content-Type": {"application/json"},
			"User-Agent":   {userAgent(product)},
		},
		attemptTimeout: DefaultAttemptTimeout,
		retry:          retry.Policy{}.WithDefaults(),
		budget:         new(retry.Budget),
		gates:          new(retry.Gates),
		transport:      t,
	}
	if auth != nil {
		c.authenticate = auth.Authenticate
	}
	return c
}

// CloseIdleConnections closes the connections that no call uses at the moment.
// The client stays usable.
func (c *Client) CloseIdleConnections() {
	if c.usable() == nil {
		c.transport.CloseIdleConnections()
	}
}

// errNoClient reports a Client that NewClient did not make.
var errNoClient = errors.New("vpcep: this Client was not made by NewClient")

func (c *Client) usable() error {
	if c == nil || c.transport == nil {
		return errNoClient
	}
	return nil
}

// fromEnvironment fills in what the options leave open. What the credentials
// file says of the project counts behind the environment.
func (c *config) fromEnvironment(getenv func(string) string) {
	if region := getenv("HW_REGION_NAME"); region != "" && !c.hasRegion && !c.hasBaseURL {
		c.region, c.hasRegion = region, true
	}
	if c.hasProjectID {
		return
	}
	c.projectID = cmp.Or(getenv("HUAWEICLOUD_SDK_PROJECT_ID"), getenv("HW_PROJECT_ID"))
	if a, ok := c.auth.(interface{ ownProjectID() string }); ok && c.projectID == "" {
		c.projectID = a.ownProjectID()
	}
}

// isRegion reports what can be one label of a host name.
func isRegion(id string) bool {
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	isLabel := strings.Trim(id, letters+digits+"-") == "" && strings.Trim(id, "-") == id
	return isLabel && 1 <= len(id) && len(id) <= 63
}

// regionDomains are the regions whose hosts are not below myhuaweicloud.com.
var regionDomains = map[string]string{"eu-west-101": "myhuaweicloud.eu"}

// serviceURL returns the URL that paths are put behind.
func (c *config) serviceURL(f *fieldErrors) *url.URL {
	switch {
	case c.hasBaseURL:
		return c.parseBaseURL(f)
	case !c.hasRegion:
		f.add("WithRegion", "no region and no base URL: one of WithRegion and WithBaseURL is needed")
		return nil
	case !isRegion(c.region):
		f.add("WithRegion", "%s cannot be a region: lower-case letters, digits and hyphens are", quoted(c.region))
		return nil
	}
	return &url.URL{Scheme: "https", Host: regionalHost("vpcep", c.region)}
}

// regionalHost is the host of a service in a region.
func regionalHost(service, region string) string {
	return service + "." + region + "." + cmp.Or(regionDomains[region], "myhuaweicloud.com")
}

func (c *config) parseBaseURL(f *fieldErrors) *url.URL {
	const field = "WithBaseURL"
	u := f.serviceURL(field, c.baseURL, c.plaintextHTTP, ", or WithPlaintextHTTP if that is meant")
	if u == nil {
		return nil
	}
	// Service catalogues give the URL of a project.
	if above, project := path.Split(strings.TrimRight(u.Path, "/")); strings.HasSuffix(above, "/v1/") && c.isProject(project) {
		u.Path, u.RawPath = strings.TrimSuffix(above, "/v1/"), ""
		f.add(field, "must end before /v1/ and the project, which are added to it: use %s", u)
		return nil
	}
	return u
}

// isProject reports what is the project, or looks like one: its ID, or a catalogue's placeholder for it.
func (c *config) isProject(s string) bool {
	isID := len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
	return s != "" && (isID || s == c.projectID || s[0] == '$' || s[0] == '{' || s[0] == '%')
}

// serviceURL demands the URL of a service that credentials may be sent to;
// elsewise ends the advice against http://. No message shows any of the URL: it may
// hold a password, in a form that nothing would take for one.
func (f *fieldErrors) serviceURL(field, rawURL string, plaintextHTTP bool, elsewise string) *url.URL {
	u, err := url.Parse(rawURL)
	switch {
	case rawURL == "":
		f.add(field, "must not be empty")
	case err != nil:
		f.add(field, "is not a URL")
	case u.User != nil:
		f.add(field, "must not contain user info; credentials have options of their own")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" || strings.Contains(rawURL, "@"):
		f.add(field, "is not an absolute http or https URL")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(rawURL, "#"):
		f.add(field, "must not have a query or a fragment")
	case u.Scheme == "http" && !plaintextHTTP && !isLoopback(u.Hostname()):
		f.add(field, "http:// would send credentials unencrypted; use https://%s", elsewise)
	default:
		return u
	}
	return nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c *config) checkProject(f *fieldErrors) { f.pathSegment("WithProjectID", c.projectID) }

// checkAuth asks authenticators that can tell whether they can work.
func (c *config) checkAuth(f *fieldErrors) {
	if c.auth == nil {
		f.add("WithAuth", "no credentials: one of WithToken and WithAuth is needed")
		return
	}
	if a, ok := c.auth.(checker); ok {
		a.check(f)
	}
}

func (c *config) checkTransport(f *fieldErrors) {
	if c.hasHTTPClient && c.httpClient == nil {
		f.add("WithHTTPClient", "must not be nil")
	}
	if c.hasHTTPClient && c.rootCAs != nil {
		f.add("WithRootCAs", "has no effect on the transport of WithHTTPClient; set the authorities there")
	}
	f.duration("WithAttemptTimeout", c.attemptTimeout)
	f.duration("WithReconcileWindow", c.reconcileWindow)
	if c.retry.MaxAttempts < 0 || c.retry.BaseDelay < 0 || c.retry.MaxDelay < 0 || c.retry.ThrottleTimeout < 0 {
		f.add("WithRetry", "must not have negative values")
	}
	if !fitsHeader(c.userAgent) {
		f.add("WithUserAgent", "must be printable ASCII")
	}
}

// duration demands a time that was not meant in another unit.
func (f *fieldErrors) duration(field string, d time.Duration) {
	switch {
	case d < 0:
		f.add(field, "must not be negative")
	case 0 < d && d < time.Millisecond:
		f.add(field, "%s is too short; %d seconds are %d * time.Second", d, d, d)
	}
}

// userAgent names the library and its version, behind the caller's product.
func userAgent(product string) string {
	own := fmt.Sprintf("vpcep-go/%s (%s; %s/%s)", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return strings.TrimSpace(product + " " + own)
}

// fitsHeader reports whether s can stand in a header as it is.
func fitsHeader(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
