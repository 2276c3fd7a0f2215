package vpcep

import (
	"cmp"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/credentials"
	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/keyed"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// Client calls the VPC Endpoint service for one project. NewClient creates it. It is
// safe for concurrent use and meant to be shared: its callers share one pool of
// connections.
type Client struct {
	service   *exchange.Service
	projectID string
	validates bool
	window    time.Duration // how long to search for a create with an unknown outcome
	// endpointKeys and serviceKeys are the idempotency keys in use by this client.
	endpointKeys *keyed.Registry[*Endpoint]
	serviceKeys  *keyed.Registry[*EndpointService]
}

// NewClient creates a client. It needs WithRegion or WithBaseURL, WithProjectID, and
// WithToken or WithAuth. Without the options, the region comes from HW_REGION_NAME, and
// the project from HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID or, with DefaultAuth, the
// credentials file. LookupProjectID finds the project of a region.
//
// NewClient reports all invalid settings at once, in a *ValidationError that names the
// options. It does not use the network.
func NewClient(opts ...Option) (*Client, error) {
	var cfg config
	for _, opt := range opts {
		if opt != nil {
			opt(&cfg)
		}
	}
	var f fieldErrors
	auth := cfg.authenticator(&f)
	cfg.fromEnvironment(os.Getenv, auth)
	base := cfg.serviceURL(&f)
	cfg.checkProject(&f)
	cfg.checkAuth(&f, auth)
	cfg.checkTransport(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	service := newService(base, newTransport(cfg.httpClient, cfg.rootCAs), auth, cfg.userAgent)
	window := cmp.Or(cfg.reconcileWindow, DefaultReconcileWindow)
	c := &Client{
		service: service, projectID: cfg.projectID,
		validates:    !cfg.withoutValidation,
		window:       window,
		endpointKeys: keyed.NewRegistry[*Endpoint](window), serviceKeys: keyed.NewRegistry[*EndpointService](window),
	}
	service.Project = cfg.projectID
	service.Meaning = meaning
	service.Timeout = cmp.Or(cfg.attemptTimeout, DefaultAttemptTimeout)
	service.Retry = cfg.retry.policy().WithDefaults()
	service.Logger = cfg.logger
	return c, nil
}

// newTransport uses hc, or the library's own pool if hc is nil.
func newTransport(hc *http.Client, rootCAs *x509.CertPool) *transport.Transport {
	if hc == nil {
		return transport.NewPooled(transport.NewPool(rootCAs))
	}
	return transport.New(hc)
}

// newService returns the service at base. auth may be nil.
func newService(base *url.URL, t *transport.Transport, auth Authenticator, product string) *exchange.Service {
	s := &exchange.Service{
		BaseURL:  strings.TrimRight(base.String(), "/"),
		BasePath: strings.TrimRight(base.EscapedPath(), "/"),
		Header: http.Header{
			"Accept":       {"application/json"},
			"Content-Type": {"application/json"},
			"User-Agent":   {userAgent(product)},
		},
		Timeout:   DefaultAttemptTimeout,
		Retry:     retry.Policy{}.WithDefaults(),
		Transport: t,
	}
	if auth != nil {
		s.Authenticate = auth.Authenticate
	}
	if a, ok := within[Renewer](auth); ok {
		s.Renew = func(r exchange.Refusal) (bool, error) {
			return a.Renew(Refusal{Request: r.Sent, Response: r.Answer})
		}
	}
	return s
}

// ProjectID returns the client's project, which may come from the environment or the
// credentials file.
func (c *Client) ProjectID() string {
	if c == nil {
		return ""
	}
	return c.projectID
}

// BaseURL returns the URL that the client sends to, without the project.
func (c *Client) BaseURL() string {
	if c == nil || c.service == nil {
		return ""
	}
	return c.service.BaseURL
}

// CloseIdleConnections closes the connections that no call is using. You can still use
// the client afterwards.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.service != nil {
		c.service.Transport.CloseIdleConnections()
	}
}

// fromEnvironment fills in what the options leave open. For the project, the environment
// takes precedence over the credentials file.
func (c *config) fromEnvironment(getenv func(string) string, auth Authenticator) {
	if region := getenv("HW_REGION_NAME"); region != "" && !c.hasRegion && !c.hasBaseURL {
		c.region, c.hasRegion = region, true
	}
	if c.hasProjectID {
		return
	}
	c.projectID = cmp.Or(getenv("HUAWEICLOUD_SDK_PROJECT_ID"), getenv("HW_PROJECT_ID"))
	if a, ok := within[ProjectProvider](auth); ok && c.projectID == "" {
		c.projectID = a.ProjectID()
	}
}

// isRegion reports whether id is a valid host name label.
func isRegion(id string) bool {
	const letters, digits = "abcdefghijklmnopqrstuvwxyz", "0123456789"
	isLabel := strings.Trim(id, letters+digits+"-") == "" && strings.Trim(id, "-") == id
	return isLabel && 1 <= len(id) && len(id) <= 63
}

// regionDomains are the regions whose hosts are not under myhuaweicloud.com.
var regionDomains = map[string]string{"eu-west-101": "myhuaweicloud.eu"}

// serviceURL returns the URL that paths are appended to.
func (c *config) serviceURL(f *fieldErrors) *url.URL {
	switch {
	case c.hasBaseURL:
		return c.parseBaseURL(f)
	case !c.hasRegion:
		f.add("WithRegion", "no region or base URL is set; use WithRegion, WithBaseURL or the environment variable HW_REGION_NAME")
		return nil
	}
	return f.regionalURL("WithRegion", "vpcep", c.region)
}

// regionalURL checks a region, and returns the URL of a service there.
func (f *fieldErrors) regionalURL(field, service, region string) *url.URL {
	if !isRegion(region) {
		f.add(field, "%s is not a valid region ID: use lower-case letters, digits and hyphens", text.Quoted(region))
		return nil
	}
	return &url.URL{Scheme: "https", Host: service + "." + region + "." + cmp.Or(regionDomains[region], "myhuaweicloud.com")}
}

func (c *config) parseBaseURL(f *fieldErrors) *url.URL {
	const field = "WithBaseURL"
	u := f.serviceURL(field, c.baseURL, c.plaintextHTTP, ", or allow it with WithPlaintextHTTP")
	if u == nil {
		return nil
	}
	// Service catalogs list the URL with the project.
	if above, project := path.Split(strings.TrimRight(u.Path, "/")); strings.HasSuffix(above, "/v1/") && c.isProject(project) {
		u.Path, u.RawPath = strings.TrimSuffix(above, "/v1/"), ""
		f.add(field, "must not include /v1/ and the project, which the client adds: use %s", u)
		return nil
	}
	return u
}

// isProject reports whether s is the project, or looks like one: an ID, or a service
// catalog's placeholder for it.
func (c *config) isProject(s string) bool {
	isID := len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
	return s != "" && (isID || s == c.projectID || s[0] == '$' || s[0] == '{' || s[0] == '%')
}

// serviceURL parses and checks the URL of a service that credentials may be sent to. hint
// ends the error about http://. No error quotes the URL: it may hold a password in a
// form that redaction would not recognize.
func (f *fieldErrors) serviceURL(field, rawURL string, plaintextHTTP bool, hint string) *url.URL {
	u, err := url.Parse(rawURL)
	switch {
	case rawURL == "":
		f.add(field, "must not be empty")
	case err != nil:
		f.add(field, "is not a URL")
	case u.User != nil:
		f.add(field, "must not contain user info; credentials are set separately")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" || strings.Contains(rawURL, "@"):
		f.add(field, "is not an absolute http or https URL")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(rawURL, "#"):
		f.add(field, "must not have a query or a fragment")
	case u.Scheme == "http" && !plaintextHTTP && !isLoopback(u.Hostname()):
		f.add(field, "http:// would send credentials unencrypted; use https://%s", hint)
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

func (c *config) checkProject(f *fieldErrors) {
	if c.projectID == "" && !c.hasProjectID {
		f.add("WithProjectID", "no project is set; use WithProjectID or the environment variable HUAWEICLOUD_SDK_PROJECT_ID or HW_PROJECT_ID; LookupProjectID finds the project of a region")
		return
	}
	f.pathSegment("WithProjectID", c.projectID)
}

// authenticator returns the authenticator that the options set, or nil.
func (c *config) authenticator(f *fieldErrors) Authenticator {
	switch {
	case c.token != nil && c.hasAuth:
		f.add("WithToken", "cannot be combined with WithAuth")
		return c.auth
	case c.hasAuth:
		return c.auth
	case c.token != nil:
		return c.token
	}
	return c.fallback
}

// checkAuth asks an authenticator that is a Checker whether it is usable.
func (c *config) checkAuth(f *fieldErrors, auth Authenticator) {
	switch {
	case auth == nil && c.hasAuth:
		f.add("WithAuth", "must not be nil")
	case auth == nil:
		f.add("WithAuth", "no credentials are set; use WithToken or WithAuth; DefaultAuth reads the environment variables %s, among others", credentials.Variables)
	case !c.hasAuth:
		f.check(auth, "WithToken")
	default:
		f.check(auth, "WithAuth")
	}
}

func (c *config) checkTransport(f *fieldErrors) {
	if c.hasHTTPClient && c.httpClient == nil {
		f.add("WithHTTPClient", "must not be nil")
	}
	if c.hasHTTPClient && c.rootCAs != nil {
		f.add("WithRootCAs", "cannot be combined with WithHTTPClient; set the certificate authorities on its Transport")
	}
	f.duration("WithAttemptTimeout", c.attemptTimeout)
	f.duration("WithReconcileWindow", c.reconcileWindow)
	if c.retry.isNegative() {
		f.add("WithRetry", "must not have negative values")
	}
	if !text.FitsHeader(c.userAgent) {
		f.add("WithUserAgent", "must be printable ASCII")
	}
}

// duration rejects a negative duration, and one so short that it was meant in another unit.
func (f *fieldErrors) duration(field string, d time.Duration) {
	switch {
	case d < 0:
		f.add(field, "must not be negative")
	case 0 < d && d < time.Millisecond:
		f.add(field, "%s is too short; for %d seconds, use %d * time.Second", d, d, d)
	}
}
