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
	window    time.Duration // of the search for a create with an unknown outcome
	// endpointKeys and serviceKeys are the idempotency keys that this client works on.
	endpointKeys *keyed.Registry[*Endpoint]
	serviceKeys  *keyed.Registry[*EndpointService]
}

// NewClient creates a client. It needs WithRegion or WithBaseURL, WithProjectID, and
// WithToken or WithAuth. Without the options, the region comes from HW_REGION_NAME, and
// the project from HUAWEICLOUD_SDK_PROJECT_ID, HW_PROJECT_ID or, with DefaultAuth, the
// credentials file; LookupProjectID finds the project of a region.
//
// It reports every wrong setting at once, in a *ValidationError that names the options,
// and uses no network.
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
		return transport.NewOwn(transport.NewPool(rootCAs))
	}
	return transport.New(hc)
}

// newService is the service at base. auth may be nil.
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

// ProjectID returns the project that the client is for, which may come from the
// environment or the credentials file.
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

// CloseIdleConnections closes the connections that no call is using. The client remains
// usable.
func (c *Client) CloseIdleConnections() {
	if c != nil && c.service != nil {
		c.service.Transport.CloseIdleConnections()
	}
}

// fromEnvironment fills in what the options leave open. What the credentials
// file says of the project counts behind the environment.
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
		f.add("WithRegion", "no region and no base URL: one of WithRegion and WithBaseURL, or the environment variable HW_REGION_NAME, is needed")
		return nil
	case !isRegion(c.region):
		f.add("WithRegion", "%s cannot be a region: lower-case letters, digits and hyphens are", text.Quoted(c.region))
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
// hint ends the advice against http://. No message shows any of the URL: it may
// hold a password, in a form that nothing would take for one.
func (f *fieldErrors) serviceURL(field, rawURL string, plaintextHTTP bool, hint string) *url.URL {
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
		f.add("WithProjectID", "no project: WithProjectID, or one of the environment variables HUAWEICLOUD_SDK_PROJECT_ID and HW_PROJECT_ID, is needed; LookupProjectID finds that of a region")
		return
	}
	f.pathSegment("WithProjectID", c.projectID)
}

// authenticator is what the options say of credentials.
func (c *config) authenticator(f *fieldErrors) Authenticator {
	switch {
	case c.token != nil && c.hasAuth:
		f.add("WithToken", "does not go with WithAuth: only one of them can authenticate")
		return c.auth
	case c.hasAuth:
		return c.auth
	case c.token != nil:
		return c.token
	}
	return c.fallback
}

// checkAuth asks authenticators that can tell whether they can work.
func (c *config) checkAuth(f *fieldErrors, auth Authenticator) {
	switch {
	case auth == nil && c.hasAuth:
		f.add("WithAuth", "must not be nil")
	case auth == nil:
		f.add("WithAuth", "no credentials: one of WithToken and WithAuth is needed; DefaultAuth makes an Authenticator of the environment variables %s, among others", credentials.Variables)
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
		f.add("WithRootCAs", "has no effect on the transport of WithHTTPClient; set the authorities there")
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

// duration demands a time that was not meant in another unit.
func (f *fieldErrors) duration(field string, d time.Duration) {
	switch {
	case d < 0:
		f.add(field, "must not be negative")
	case 0 < d && d < time.Millisecond:
		f.add(field, "%s is too short; %d seconds are %d * time.Second", d, d, d)
	}
}
