package vpceptest

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	defaultProjectID   = "0f6b1d2c3e4a45968778695a4b3c2d1e"
	defaultCreateDelay = 50 * time.Millisecond
	defaultDeleteDelay = 50 * time.Millisecond
)

// Option sets how a [Server] or a [Handler] behaves. An option that cannot be
// meant panics with a message that says why, when the server is made.
type Option func(*settings)

type settings struct {
	projectID    string
	token        string
	basePath     string // "" or "/a/b", escaped
	tls          bool
	createDelay  time.Duration
	deleteDelay  time.Duration
	listLag      time.Duration
	readLag      time.Duration
	quota        int
	services     map[string]Service
	keys         map[string]*accessKey
	faults       []Fault
	faultFunc    func(*Request) *Fault
	notRecording bool
}

func newSettings(opts []Option) settings {
	s := settings{
		projectID:   defaultProjectID,
		token:       "vpceptest-token-" + randomHex(16),
		createDelay: defaultCreateDelay,
		deleteDelay: defaultDeleteDelay,
		services:    map[string]Service{},
		keys:        map[string]*accessKey{},
	}
	for _, opt := range opts {
		opt(&s)
	}
	return s
}

// WithProjectID sets the one project that exists. Default: a fixed ID.
func WithProjectID(id string) Option {
	if id == "" || strings.Contains(id, "/") {
		panic(fmt.Sprintf("vpceptest: WithProjectID: %q cannot be a project ID", id))
	}
	return func(s *settings) { s.projectID = id }
}

// WithToken sets the one token that passes in X-Auth-Token. Default: a random one,
// see [Handler.Token].
func WithToken(token string) Option {
	if token == "" {
		panic("vpceptest: WithToken: the token is empty")
	}
	return func(s *settings) { s.token = token }
}

// WithAccessKey adds a key pair whose SDK-HMAC-SHA256 signatures pass. It may be
// given several times. A request is refused when its clock is more than 15
// minutes off, and five wrong signatures in a row lock the key for five minutes.
func WithAccessKey(accessKey, secretKey string) Option {
	if accessKey == "" || secretKey == "" {
		panic("vpceptest: WithAccessKey: the access key or the secret key is empty")
	}
	return func(s *settings) { s.key(accessKey).secret = secretKey }
}

// WithSecurityToken makes an access key of [WithAccessKey] a temporary one: its
// requests must carry this token, signed, in X-Security-Token.
func WithSecurityToken(accessKey, token string) Option {
	if accessKey == "" || token == "" {
		panic("vpceptest: WithSecurityToken: the access key or the token is empty")
	}
	return func(s *settings) { s.key(accessKey).securityToken = token }
}

func (s *settings) key(id string) *accessKey {
	if s.keys[id] == nil {
		s.keys[id] = &accessKey{id: id}
	}
	return s.keys[id]
}

// WithService declares an endpoint service. It may be given several times. Once a
// service is declared, an endpoint of any other is refused with EndPoint.2003;
// without a declaration every service ID is an interface service that accepts at
// once.
func WithService(svc Service) Option {
	if svc.ID == "" {
		panic("vpceptest: WithService: the service has no ID")
	}
	return func(s *settings) { s.services[svc.ID] = svc.withDefaults() }
}

// WithCreateDelay sets how long a new endpoint is "creating". Default: 50 ms. With
// 0 the answer to the create request itself shows the status that follows.
func WithCreateDelay(d time.Duration) Option {
	return func(s *settings) { s.createDelay = max(d, 0) }
}

// WithDeleteDelay sets how long a deleted endpoint is "deleting" before it is gone.
// Default: 50 ms. With 0 it is gone at once.
func WithDeleteDelay(d time.Duration) Option {
	return func(s *settings) { s.deleteDelay = max(d, 0) }
}

// WithListLag makes a new endpoint appear in lists only this long after it was made.
// Default: 0.
func WithListLag(d time.Duration) Option {
	return func(s *settings) { s.listLag = max(d, 0) }
}

// WithReadLag makes reads of a new endpoint by its ID answer 404 EndPoint.2006 for
// this long after it was made. Default: 0.
func WithReadLag(d time.Duration) Option {
	return func(s *settings) { s.readLag = max(d, 0) }
}

// WithQuota limits how many endpoints may exist, those being deleted included; one
// more is refused with Endpoint.1018. Default, and with 0 or less: no limit.
func WithQuota(n int) Option {
	return func(s *settings) { s.quota = max(n, 0) }
}

// WithBasePath mounts the service under a path, as behind a proxy: "/proxy/x" makes
// the requests begin with /proxy/x/v1/. The server's URL includes it.
func WithBasePath(path string) Option {
	path = strings.Trim(path, "/")
	if path != "" {
		path = (&url.URL{Path: "/" + path}).EscapedPath()
	}
	return func(s *settings) { s.basePath = path }
}

// WithTLS makes [NewServer] speak https with a certificate of its own:
// [Server.Client] trusts it, other clients need [Server.RootCAs].
func WithTLS() Option {
	return func(s *settings) { s.tls = true }
}

// WithFaults scripts faults from the start, as [Handler.Inject] does later.
func WithFaults(faults ...Fault) Option {
	checkFaults(faults)
	return func(s *settings) { s.faults = append(s.faults, faults...) }
}

// WithFaultFunc lets decide choose a fault, or nil, for each request that no
// scripted fault hits. It is called in the order of arrival, never by two requests
// at once, so that a seeded random source needs no lock. Fault.Operation and
// Fault.Times do not count here.
func WithFaultFunc(decide func(*Request) *Fault) Option {
	return func(s *settings) { s.faultFunc = decide }
}

// WithoutRecording keeps no requests: [Handler.Requests] is empty. For load tests,
// whose requests would otherwise all stay in memory.
func WithoutRecording() Option {
	return func(s *settings) { s.notRecording = true }
}
