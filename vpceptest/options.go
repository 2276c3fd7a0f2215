package vpceptest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	defaultProjectID     = "0f6b1d2c3e4a45968778695a4b3c2d1e"
	defaultProjectName   = "region-1"
	defaultCreateDelay   = 50 * time.Millisecond
	defaultDeleteDelay   = 50 * time.Millisecond
	defaultTokenLifetime = 24 * time.Hour
)

// Option sets how a [Server] or a [Handler] behaves. An invalid option panics when the
// server is created, with a message that says why.
type Option func(*settings)

type settings struct {
	accounts    []Account // beside the first one
	now         func() time.Time
	drift       map[Drift]bool
	shuffled    bool // lists have no order within a second
	throttle    int  // requests a minute; 0: no limit
	pageLimit   int  // entries of a page, whatever is asked for; 0: what is asked for
	svcQuota    int
	seeds       []Seed
	listen      string // "" takes a free port of the loopback interface
	projectID   string
	projectName string
	token       string
	users       []User // one at least
	basePath    string // "" or "/a/b", escaped
	tls         bool
	createDelay time.Duration
	deleteDelay time.Duration
	listLag     time.Duration
	unordered   bool // each endpoint has a list lag of its own, up to listLag
	fractional  bool // times in answers have milliseconds
	readLag     time.Duration
	changeDelay time.Duration
	quota       int
	services    []Service         // in the order of their declaration
	failing     map[string]string // route tables, and the messages that say why
	keys        map[string]*accessKey

	tokenLifetime  time.Duration
	agency         bool
	agencyLifetime time.Duration
	metadataToken  bool

	faults       []Fault
	faultFunc    func(*Request) *Fault
	notRecording bool
	onRequest    func(Request)
}

func newSettings(opts []Option) settings {
	s := settings{
		now:         time.Now,
		drift:       map[Drift]bool{},
		projectID:   defaultProjectID,
		projectName: defaultProjectName,
		token:       "vpceptest-token-" + randomHex(16),
		createDelay: defaultCreateDelay,
		deleteDelay: defaultDeleteDelay,
		failing:     map[string]string{},
		keys:        map[string]*accessKey{},

		tokenLifetime: defaultTokenLifetime,
	}
	for _, opt := range opts {
		opt(&s)
	}
	if len(s.users) == 0 {
		s.users = []User{{
			Name:       "vpceptest-user",
			Password:   "vpceptest-password-" + randomHex(16),
			DomainName: "vpceptest-domain",
		}}
	}
	return s
}

// lag returns how long lists hide an endpoint that is created now.
func (s *settings) lag() time.Duration {
	if s.unordered {
		return rand.N(s.listLag + 1)
	}
	return s.listLag
}

// rank returns the place of an endpoint that is created now among those of the same second:
// 0, which means the order of creation, or a random one.
func (s *settings) rank() uint32 {
	if s.shuffled {
		return 1 + rand.N(uint32(math.MaxUint32))
	}
	return 0
}

// check panics if options contradict each other.
func (s *settings) check() {
	for id, key := range s.keys {
		if key.secret == "" {
			panic("vpceptest: WithSecurityToken: no WithAccessKey for the access key " + id)
		}
	}
	if s.metadataToken && !s.agency {
		panic("vpceptest: WithMetadataToken: requires WithAgency")
	}
}

// WithProjectID sets the ID of the first account's project. The default is a fixed ID.
func WithProjectID(id string) Option {
	if id == "" || strings.Contains(id, "/") {
		panic(fmt.Sprintf("vpceptest: WithProjectID: %q is not a valid project ID", id))
	}
	return func(s *settings) { s.projectID = id }
}

// WithProjectName sets the name of the first account's project; on the real cloud, it is
// the ID of a region. The default is "region-1".
func WithProjectName(name string) Option {
	if name == "" {
		panic("vpceptest: WithProjectName: the name is empty")
	}
	return func(s *settings) { s.projectName = name }
}

// WithToken sets the token that is always valid in X-Auth-Token, in addition to those that
// logins return. The default is a random one, see [Handler.Token].
func WithToken(token string) Option {
	if token == "" {
		panic("vpceptest: WithToken: the token is empty")
	}
	return func(s *settings) { s.token = token }
}

// WithUser adds a user who can log in. It may be used several times. Without it, there is
// one user, see [Handler.User].
func WithUser(user User) Option {
	if user.Name == "" || user.Password == "" || user.DomainName == "" {
		panic("vpceptest: WithUser: the name, the password or the domain name is empty")
	}
	return func(s *settings) { s.users = append(s.users, user) }
}

// WithTokenLifetime sets how long the token of a login is valid. The default is 24 hours.
// With 0, it has already expired when it arrives.
func WithTokenLifetime(d time.Duration) Option {
	return func(s *settings) { s.tokenLifetime = max(d, 0) }
}

// WithAgency makes the stand-in serve the metadata service of an instance that has an
// agency: each GET /openstack/latest/securitykey returns a new temporary access key, whose
// signatures are valid for the lifetime. Without it, there is no metadata service: 404.
func WithAgency(lifetime time.Duration) Option {
	return func(s *settings) { s.agency, s.agencyLifetime = true, max(lifetime, 0) }
}

// WithMetadataToken makes the metadata service of [WithAgency] require a session token in
// X-Metadata-Token. Otherwise, the token is optional, and only a wrong one is refused.
func WithMetadataToken() Option {
	return func(s *settings) { s.metadataToken = true }
}

// WithAccessKey adds a key pair whose signatures are valid: SDK-HMAC-SHA256, also in its
// older form with a derived key, and V11-HMAC-SHA256 with a key derived for the region,
// which is the project's name. It may be used several times. A request is refused if its time is off by more than 15 minutes, and
// five wrong signatures in a row lock the key for five minutes.
func WithAccessKey(accessKey, secretKey string) Option {
	if accessKey == "" || secretKey == "" {
		panic("vpceptest: WithAccessKey: the access key or the secret key is empty")
	}
	return func(s *settings) { s.key(accessKey).secret = secretKey }
}

// WithSecurityToken makes an access key of [WithAccessKey] temporary: its requests must
// have this token in X-Security-Token, signed or not.
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

// WithService declares an endpoint service, replacing an earlier one with the same ID. It
// may be used several times. Once a service is declared, an endpoint of any other service
// is refused with EndPoint.2003. If none is declared, every service ID and name is an
// interface service that accepts endpoints at once, except for the public gateway service
// "stand-in.obs".
func WithService(svc Service) Option {
	if svc.ID == "" {
		panic("vpceptest: WithService: the service has no ID")
	}
	return func(s *settings) {
		s.services = slices.DeleteFunc(s.services, func(earlier Service) bool { return earlier.ID == svc.ID })
		s.services = append(s.services, svc.withDefaults())
	}
}

// WithCreateDelay sets how long a new endpoint is "creating". The default is 50 ms. With 0,
// the response to the create request already shows the next status.
func WithCreateDelay(d time.Duration) Option {
	return func(s *settings) { s.createDelay = max(d, 0) }
}

// WithDeleteDelay sets how long a deleted endpoint is "deleting" before it is gone. The
// default is 50 ms. With 0, it is gone at once.
func WithDeleteDelay(d time.Duration) Option {
	return func(s *settings) { s.deleteDelay = max(d, 0) }
}

// WithListLag makes a new endpoint appear in lists only this long after it was created. The
// default is 0.
func WithListLag(d time.Duration) Option {
	return func(s *settings) { s.listLag, s.unordered = max(d, 0), false }
}

// WithUnorderedListLag is [WithListLag] with a random lag between 0 and d for each endpoint:
// later endpoints can appear in lists before earlier ones. The last of the two options
// applies.
func WithUnorderedListLag(d time.Duration) Option {
	return func(s *settings) { s.listLag, s.unordered = max(d, 0), true }
}

// WithFractionalTimes makes responses show the times of endpoints and connections with
// milliseconds, as some regions do. The default is whole seconds.
func WithFractionalTimes() Option {
	return func(s *settings) { s.fractional = true }
}

// WithReadLag makes reads of a new endpoint by its ID return 404 EndPoint.2006 for this long
// after it was created. The default is 0.
func WithReadLag(d time.Duration) Option {
	return func(s *settings) { s.readLag = max(d, 0) }
}

// WithChangeDelay makes a change of a whitelist, route tables, a policy or tags, or a
// decision to accept or reject, show in reads and lists only this long after the response.
// The response to the change itself already shows it, and further changes build on it. The
// default is 0.
func WithChangeDelay(d time.Duration) Option {
	return func(s *settings) { s.changeDelay = max(d, 0) }
}

// WithFailingRouteTable makes a route table fail to be bound and unbound when the route
// tables of an endpoint are updated: the response is 200 with the message, or with a
// documented one if message is "", and the route table stays as it was. A create binds it
// nevertheless. It may be used several times; see also [Handler.FailRouteTable].
func WithFailingRouteTable(id, message string) Option {
	if id == "" {
		panic("vpceptest: WithFailingRouteTable: the ID is empty")
	}
	return func(s *settings) { s.failing[id] = message }
}

// WithQuota limits how many endpoints may exist, including those being deleted; one more is
// refused with Endpoint.1018. By default, and with 0 or less, there is no limit, and the
// quota reads as the usual 50, or as the number of endpoints if that is larger.
func WithQuota(n int) Option {
	return func(s *settings) { s.quota = max(n, 0) }
}

// WithBasePath mounts the service under a path, as behind a proxy: with "/proxy/x", paths
// begin with /proxy/x/v1/. The server's URL includes it.
func WithBasePath(path string) Option {
	path = strings.Trim(path, "/")
	if path != "" {
		path = (&url.URL{Path: "/" + path}).EscapedPath()
	}
	return func(s *settings) { s.basePath = path }
}

// WithTLS makes [NewServer] serve https with a self-signed certificate. [Server.Client]
// trusts it; other clients need [Server.RootCAs].
func WithTLS() Option {
	return func(s *settings) { s.tls = true }
}

// WithClock sets the stand-in's clock, which statuses, lags, expiries of tokens and the
// times in responses follow. Stalls of faults take real time. now is called by several
// goroutines at once, and must not run backwards.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("vpceptest: WithClock: the clock is nil")
	}
	return func(s *settings) { s.now = now }
}

// WithShuffledSeconds lists what was created within the same second in random order,
// because the service sorts by a time in whole seconds. A new endpoint can then appear
// before one that was already listed.
func WithShuffledSeconds() Option {
	return func(s *settings) { s.shuffled = true }
}

// WithThrottling refuses an account's requests after the first n in each minute of the
// clock: 429 with APIGW.0308 and without Retry-After, as the API gateway does.
func WithThrottling(n int) Option {
	return func(s *settings) { s.throttle = max(n, 0) }
}

// WithPageLimit makes lists return at most n entries, whatever the request's limit.
func WithPageLimit(n int) Option {
	return func(s *settings) { s.pageLimit = max(n, 0) }
}

// WithServiceQuota limits how many services an account may own; one more is refused with
// Endpoint.1018. By default, there is no limit.
func WithServiceQuota(n int) Option {
	return func(s *settings) { s.svcQuota = max(n, 0) }
}

// WithListen makes [NewServer] listen on an address, such as "127.0.0.1:9090", instead of a
// free port of the loopback interface.
func WithListen(address string) Option {
	return func(s *settings) { s.listen = address }
}

// WithFaults scripts faults from the start, as [Handler.Inject] does later.
func WithFaults(faults ...Fault) Option {
	checkFaults(faults)
	return func(s *settings) { s.faults = append(s.faults, faults...) }
}

// WithFaultFunc lets decide choose a fault, or nil, for each request that no scripted fault
// hits. It is called in the order of arrival, and never concurrently, so a seeded random
// source needs no lock. Fault.Operation and Fault.Times are ignored.
func WithFaultFunc(decide func(*Request) *Fault) Option {
	return func(s *settings) { s.faultFunc = decide }
}

// WithRequestLog calls log with each request when it is answered, or dropped (Status 0).
// Credentials are redacted. log is called by several goroutines at once.
func WithRequestLog(log func(Request)) Option {
	return func(s *settings) { s.onRequest = log }
}

// WithoutRecording records no requests: [Handler.Requests] is empty. It is for load tests,
// whose requests would otherwise all stay in memory.
func WithoutRecording() Option {
	return func(s *settings) { s.notRecording = true }
}
