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

// Option sets how a [Server] or a [Handler] behaves. An option that cannot be
// meant panics with a message that says why, when the server is made.
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

// lag is how long lists hide an endpoint that is made now.
func (s *settings) lag() time.Duration {
	if s.unordered {
		return rand.N(s.listLag + 1)
	}
	return s.listLag
}

// rank is the place of an endpoint that is made now among those of the same second:
// 0, which means the order of creation, or at random.
func (s *settings) rank() uint32 {
	if s.shuffled {
		return 1 + rand.N(uint32(math.MaxUint32))
	}
	return 0
}

// check panics where options contradict each other.
func (s *settings) check() {
	for id, key := range s.keys {
		if key.secret == "" {
			panic("vpceptest: WithSecurityToken: there is no WithAccessKey for the access key " + id)
		}
	}
	if s.metadataToken && !s.agency {
		panic("vpceptest: WithMetadataToken: there is no WithAgency whose keys it would guard")
	}
}

// WithProjectID sets the one project that exists. Default: a fixed ID.
func WithProjectID(id string) Option {
	if id == "" || strings.Contains(id, "/") {
		panic(fmt.Sprintf("vpceptest: WithProjectID: %q cannot be a project ID", id))
	}
	return func(s *settings) { s.projectID = id }
}

// WithProjectName sets the name of the one project that exists: on the real cloud it
// is the ID of a region. Default: "region-1".
func WithProjectName(name string) Option {
	if name == "" {
		panic("vpceptest: WithProjectName: the name is empty")
	}
	return func(s *settings) { s.projectName = name }
}

// WithToken sets the token that always passes in X-Auth-Token, beside those that a
// login gives. Default: a random one, see [Handler.Token].
func WithToken(token string) Option {
	if token == "" {
		panic("vpceptest: WithToken: the token is empty")
	}
	return func(s *settings) { s.token = token }
}

// WithUser adds a user who can log in. It may be given several times. Without it there
// is one user, see [Handler.User].
func WithUser(user User) Option {
	if user.Name == "" || user.Password == "" || user.DomainName == "" {
		panic("vpceptest: WithUser: the name, the password or the domain name is empty")
	}
	return func(s *settings) { s.users = append(s.users, user) }
}

// WithTokenLifetime sets how long the token of a login passes. Default: 24 hours. With
// 0 it has ended when it arrives.
func WithTokenLifetime(d time.Duration) Option {
	return func(s *settings) { s.tokenLifetime = max(d, 0) }
}

// WithAgency makes the stand-in answer as the metadata service of an instance that has
// an agency: each GET of /openstack/latest/securitykey is answered with a temporary
// access key of its own, whose signatures pass for the lifetime. Without it there is
// no metadata service: 404.
func WithAgency(lifetime time.Duration) Option {
	return func(s *settings) { s.agency, s.agencyLifetime = true, max(lifetime, 0) }
}

// WithMetadataToken makes the metadata service of [WithAgency] insist on a session
// token in X-Metadata-Token. Otherwise it does without, and refuses a wrong one alone.
func WithMetadataToken() Option {
	return func(s *settings) { s.metadataToken = true }
}

// WithAccessKey adds a key pair whose signatures pass: SDK-HMAC-SHA256, and
// V11-HMAC-SHA256 with a key derived for the region, which is the project's name. It may
// be given several times. A request is refused when its clock is more than 15 minutes
// off, and five wrong signatures in a row lock the key for five minutes.
func WithAccessKey(accessKey, secretKey string) Option {
	if accessKey == "" || secretKey == "" {
		panic("vpceptest: WithAccessKey: the access key or the secret key is empty")
	}
	return func(s *settings) { s.key(accessKey).secret = secretKey }
}

// WithSecurityToken makes an access key of [WithAccessKey] a temporary one: its
// requests must carry this token in X-Security-Token, signed or not.
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

// WithService declares an endpoint service, in place of an earlier one of the same ID.
// It may be given several times. Once a service is declared, an endpoint of any other
// is refused with EndPoint.2003; without a declaration every service ID and name is an
// interface service that accepts at once, but for the gateway service "stand-in.obs"
// among the public services.
func WithService(svc Service) Option {
	if svc.ID == "" {
		panic("vpceptest: WithService: the service has no ID")
	}
	return func(s *settings) {
		s.services = slices.DeleteFunc(s.services, func(earlier Service) bool { return earlier.ID == svc.ID })
		s.services = append(s.services, svc.withDefaults())
	}
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
	return func(s *settings) { s.listLag, s.unordered = max(d, 0), false }
}

// WithUnorderedListLag is [WithListLag] with a lag of its own for each endpoint, at
// random between 0 and d: later endpoints can appear in lists before earlier ones. Of
// the two options the last one counts.
func WithUnorderedListLag(d time.Duration) Option {
	return func(s *settings) { s.listLag, s.unordered = max(d, 0), true }
}

// WithFractionalTimes makes answers give the times of endpoints and connections with
// milliseconds, as some regions do. Default: whole seconds.
func WithFractionalTimes() Option {
	return func(s *settings) { s.fractional = true }
}

// WithReadLag makes reads of a new endpoint by its ID answer 404 EndPoint.2006 for
// this long after it was made. Default: 0.
func WithReadLag(d time.Duration) Option {
	return func(s *settings) { s.readLag = max(d, 0) }
}

// WithChangeDelay makes a change of a whitelist, of route tables, of a policy or of
// tags, and a decision to accept or reject, show in reads and lists only this long
// after it was answered: the service applies it later. The answer to the change itself
// shows it already, and further changes build on it. Default: 0.
func WithChangeDelay(d time.Duration) Option {
	return func(s *settings) { s.changeDelay = max(d, 0) }
}

// WithFailingRouteTable makes a route table fail to be bound and unbound when the route
// tables of an endpoint are updated: the answer is 200 with the message, or with
// a documented one for "", and what failed stays as it was. A create binds it
// nevertheless. It may be given several times; see also [Handler.FailRouteTable].
func WithFailingRouteTable(id, message string) Option {
	if id == "" {
		panic("vpceptest: WithFailingRouteTable: the ID is empty")
	}
	return func(s *settings) { s.failing[id] = message }
}

// WithQuota limits how many endpoints may exist, those being deleted included; one
// more is refused with Endpoint.1018. Default, and with 0 or less: no limit, while the
// quota that can be read is the usual 50, or as many as there are.
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

// WithClock gives the stand-in a clock of its own: statuses, lags, ends of tokens and
// the times in answers follow it. Stalls of faults take real time. It is called by
// several goroutines at once, and must not run backwards.
func WithClock(now func() time.Time) Option {
	if now == nil {
		panic("vpceptest: WithClock: the clock is nil")
	}
	return func(s *settings) { s.now = now }
}

// WithShuffledSeconds puts what was made within the same second in an order of its
// own in lists: the service sorts by a time in whole seconds. A new endpoint can so
// appear before one that was listed already.
func WithShuffledSeconds() Option {
	return func(s *settings) { s.shuffled = true }
}

// WithThrottling refuses what an account sends beyond n requests in a minute of the
// clock: 429 with APIGW.0308 and without Retry-After, as the API gateway does.
func WithThrottling(n int) Option {
	return func(s *settings) { s.throttle = max(n, 0) }
}

// WithPageLimit makes lists answer n entries at most, whatever limit asks for.
func WithPageLimit(n int) Option {
	return func(s *settings) { s.pageLimit = max(n, 0) }
}

// WithServiceQuota limits how many services of its own an account may have; one more
// is refused with Endpoint.1018. Default: no limit.
func WithServiceQuota(n int) Option {
	return func(s *settings) { s.svcQuota = max(n, 0) }
}

// WithListen makes [NewServer] listen on an address, such as "127.0.0.1:9090", in place
// of a free port of the loopback interface.
func WithListen(address string) Option {
	return func(s *settings) { s.listen = address }
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

// WithRequestLog hands each request to log when it is answered, or dropped (Status 0).
// Credentials are redacted. It is called by several goroutines at once.
func WithRequestLog(log func(Request)) Option {
	return func(s *settings) { s.onRequest = log }
}

// WithoutRecording keeps no requests: [Handler.Requests] is empty. For load tests,
// whose requests would otherwise all stay in memory.
func WithoutRecording() Option {
	return func(s *settings) { s.notRecording = true }
}
