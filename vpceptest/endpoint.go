package vpceptest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The types of a [Service]. Any other value means an interface service, unless it ends in
// "gateway" or is "gataway", the specification's spelling, which mean a gateway.
const (
	TypeInterface = "interface"
	TypeGateway   = "gateway"
)

// The statuses that the stand-in sets by itself; [Handler.SetStatus] accepts any.
const (
	StatusCreating          = "creating"
	StatusPendingAcceptance = "pendingAcceptance"
	StatusAccepted          = "accepted"
	StatusRejected          = "rejected"
	StatusFailed            = "failed"
	StatusDeleting          = "deleting"
)

// Service is an endpoint service that endpoints can connect to.
type Service struct {
	ID        string
	Name      string    // default: derived from the ID
	Type      string    // default: TypeInterface
	Owner     string    // default: "stand-in"
	CreatedAt time.Time // default: when the stand-in was created

	// Charged says whether endpoints of the service cost money.
	Charged bool
	// Private keeps the service out of the list of public services. Anyone who knows its ID
	// or name can describe it and connect to it.
	Private bool

	// Approval keeps new endpoints in "pendingAcceptance" until they are received or
	// rejected over HTTP, or with [Handler.Accept] or [Handler.Reject].
	Approval bool
	// Failure, if its code is set, makes the endpoints of this service end in "failed" with
	// this error.
	Failure EndpointError
}

func (s Service) withDefaults() Service {
	if s.Name == "" {
		s.Name = defaultNamePrefix + s.ID
	}
	if s.Type == "" {
		s.Type = TypeInterface
	}
	if s.Owner == "" {
		s.Owner = defaultOwner
	}
	return s
}

func (s Service) isGateway() bool {
	return strings.HasSuffix(s.Type, TypeGateway) || s.Type == "gataway"
}

// firstStanding is that of an endpoint once it is created.
func (s Service) firstStanding() standing {
	switch {
	case s.Failure.Code != "":
		return standing{status: StatusFailed, errors: []EndpointError{s.Failure}}
	case s.Approval:
		return standing{status: StatusPendingAcceptance}
	default:
		return standing{status: StatusAccepted}
	}
}

// EndpointError says why an endpoint failed.
type EndpointError struct {
	Code    string `json:"error_code"`
	Message string `json:"error_message"`
}

// Tag is a tag of an endpoint or a service.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Endpoint is an endpoint as the stand-in would return it at the time of the snapshot.
// Fields that would be absent are empty: IP and DNSNames until the endpoint is accepted;
// SubnetID, Whitelist and the like on gateway endpoints.
type Endpoint struct {
	ID              string          `json:"id"`
	ProjectID       string          `json:"project_id"`
	Status          string          `json:"status"`
	ServiceID       string          `json:"endpoint_service_id,omitempty"`
	ServiceName     string          `json:"endpoint_service_name,omitempty"`
	ServiceType     string          `json:"service_type,omitempty"`
	MarkerID        int64           `json:"marker_id,omitempty"`
	VPCID           string          `json:"vpc_id,omitempty"`
	SubnetID        string          `json:"subnet_id,omitempty"`
	IP              string          `json:"ip,omitempty"`
	IPv6Address     string          `json:"ipv6_address,omitempty"`
	IPVersion       string          `json:"ip_version,omitempty"`
	Specification   string          `json:"specification_name,omitempty"` // its size
	Edition         string          `json:"edition,omitempty"`            // "profession" after an upgrade; no response shows it
	EnableDNS       bool            `json:"enable_dns,omitempty"`
	DNSNames        []string        `json:"dns_names,omitempty"`
	Tags            []Tag           `json:"tags,omitempty"`
	Whitelist       []string        `json:"whitelist,omitempty"`
	EnableWhitelist bool            `json:"enable_whitelist,omitempty"`
	RouteTables     []string        `json:"routetables,omitempty"`
	Description     string          `json:"description,omitempty"`
	PolicyStatement json.RawMessage `json:"policy_statement,omitempty"`
	PolicyDocument  json.RawMessage `json:"policy_document,omitempty"`
	Errors          []EndpointError `json:"error,omitempty"`
	CreatedAt       time.Time       `json:"created_at"` // with the fraction of a second, whatever answers show of it
	UpdatedAt       time.Time       `json:"updated_at"`
}

// attributes are the attributes of an endpoint that can be changed. Their slices are never
// modified in place, because snapshots share them.
type attributes struct {
	Tags            []Tag
	RouteTables     []string
	Whitelist       []string
	EnableWhitelist bool
	Edition         string
	policy
}

// standing is the relation of an endpoint to its service, once it is created.
type standing struct {
	status    string
	errors    []EndpointError
	connected bool // was accepted before
}

// record is a stored endpoint. What a reader sees of it depends on the time.
type record struct {
	account  *account
	seq      int64
	rank     uint32 // see settings.rank
	drifts   bool   // the marker's size
	id       string
	request  createRequest
	service  *service
	ip, ipv6 string

	createdAt time.Time
	listedAt  time.Time // when lists begin to show it
	readyAt   time.Time // when it stops being "creating"
	standing  timeline[standing]
	attrs     timeline[attributes]

	deletedAt time.Time // zero: not deleted
	goneAt    time.Time
	gone      bool

	said *string // the description that the service's owner gave the connection
}

func (e *record) deleted() bool { return !e.deletedAt.IsZero() }

// clock returns the endpoint's own time, which stops when it is deleted.
func (e *record) clock(now time.Time) time.Time {
	if e.deleted() {
		return e.deletedAt
	}
	return now
}

// ready reports whether the endpoint is no longer being created at a time.
func (e *record) ready(now time.Time) bool { return !e.clock(now).Before(e.readyAt) }

// status returns the status for a standing.
func (e *record) status(now time.Time, st standing) string {
	switch {
	case e.deleted():
		return StatusDeleting
	case !e.ready(now):
		return StatusCreating
	default:
		return st.status
	}
}

func (e *record) updatedAt(now time.Time) time.Time {
	if e.deleted() {
		return e.deletedAt
	}
	t := e.attrs.since(now)
	if changed := e.standing.since(now); changed.After(t) {
		t = changed
	}
	if e.ready(now) && e.readyAt.After(t) {
		t = e.readyAt
	}
	return t
}

// modifiable returns why the endpoint's access settings cannot be changed, or nil.
func (e *record) modifiable(now time.Time) *apiError {
	switch e.status(now, e.standing.at(now)) {
	case StatusDeleting:
		return errBeingDeleted.plain()
	case StatusCreating:
		return errBeingCreated.plain()
	case StatusFailed:
		return errFailed.plain()
	default:
		return nil
	}
}

// set changes the status at once; it overrides a decision that does not show yet.
func (e *record) set(now time.Time, status string, errs []EndpointError) {
	e.standing.add(now, now, standing{status: status, errors: errs})
	if now.Before(e.readyAt) {
		e.readyAt = now
	}
}

// decide records the service owner's decision, which shows from a time on, but not before
// the endpoint has been created.
func (e *record) decide(now, from time.Time, status string) {
	was := e.standing.last()
	e.standing.add(now, from, standing{status: status, connected: was.connected || was.status == StatusAccepted})
}

// markerID returns a marker ID that fits in 32 bits by default. With DriftMarkers, two of
// three endpoints have a larger one, and one of three has one that a float64 cannot hold
// exactly.
func (e *record) markerID() int64 {
	if !e.drifts {
		return 302010104 + e.seq
	}
	base := [...]int64{302010104, 322312312312, 422321321312321321}
	return base[e.seq%3] + e.seq
}

// snapshot returns what can be seen of the endpoint at a time. It shares its slices with
// the record.
func (e *record) snapshot(now time.Time) Endpoint {
	at := e.clock(now)
	return e.view(now, e.standing.at(at), e.attrs.at(at))
}

// view returns the endpoint with a standing and attributes.
func (e *record) view(now time.Time, st standing, attrs attributes) Endpoint {
	out := Endpoint{
		ID:              e.id,
		ProjectID:       e.account.ProjectID,
		Status:          e.status(now, st),
		ServiceID:       e.service.ID,
		ServiceName:     e.service.Name,
		ServiceType:     e.service.Type,
		MarkerID:        e.markerID(),
		VPCID:           e.request.VPCID,
		Tags:            attrs.Tags,
		Description:     e.request.Description,
		Specification:   cmp.Or(e.request.Specification, "default"),
		Edition:         attrs.Edition,
		PolicyStatement: attrs.PolicyStatement,
		PolicyDocument:  attrs.PolicyDocument,
		CreatedAt:       e.createdAt.UTC(),
		UpdatedAt:       e.updatedAt(now).UTC(),
	}
	ready := e.ready(now)
	if ready {
		out.Errors = st.errors
	}
	if e.service.isGateway() {
		out.RouteTables = attrs.RouteTables
		return out
	}
	out.Whitelist, out.EnableWhitelist = attrs.Whitelist, attrs.EnableWhitelist
	// An endpoint that is rejected later keeps its address.
	e.showInterface(&out, ready && st.status == StatusAccepted, ready && (st.status == StatusAccepted || st.connected))
	return out
}

// showInterface adds what only endpoints of interface services have.
func (e *record) showInterface(out *Endpoint, connected, addressed bool) {
	out.SubnetID = e.request.SubnetID
	out.EnableDNS = e.request.EnableDNS
	out.IPVersion = cmp.Or(e.request.IPVersion, "ipv4")
	if addressed {
		out.IP, out.IPv6Address = e.ip, e.ipv6
	}
	if connected && out.EnableDNS {
		out.DNSNames = []string{"vpcep-" + e.id + ".stand-in.example"}
	}
}

func (e Endpoint) clone() Endpoint {
	e.DNSNames = slices.Clone(e.DNSNames)
	e.Tags = slices.Clone(e.Tags)
	e.Whitelist = slices.Clone(e.Whitelist)
	e.RouteTables = slices.Clone(e.RouteTables)
	e.PolicyStatement = slices.Clone(e.PolicyStatement)
	e.PolicyDocument = slices.Clone(e.PolicyDocument)
	e.Errors = slices.Clone(e.Errors)
	return e
}
