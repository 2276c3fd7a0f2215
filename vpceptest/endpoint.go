package vpceptest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The types of a [Service]. Other values are taken for interface services, unless
// they end in "gateway"; so is "gataway", as the specification spells it, a gateway.
const (
	TypeInterface = "interface"
	TypeGateway   = "gateway"
)

// The statuses that the stand-in gives by itself; [Handler.SetStatus] takes any.
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
	ID   string
	Name string // default: made from the ID
	Type string // default: TypeInterface

	// Approval leaves new endpoints in "pendingAcceptance" until [Handler.Accept] or
	// [Handler.Reject].
	Approval bool
	// Failure, when its code is set, makes the endpoints of this service end in
	// "failed" with this error.
	Failure EndpointError
}

func (s Service) withDefaults() Service {
	if s.Name == "" {
		s.Name = "stand-in.service." + s.ID
	}
	if s.Type == "" {
		s.Type = TypeInterface
	}
	return s
}

func (s Service) isGateway() bool {
	return strings.HasSuffix(s.Type, TypeGateway) || s.Type == "gataway"
}

// firstStatus is what an endpoint becomes once it is created.
func (s Service) firstStatus() string {
	switch {
	case s.Failure.Code != "":
		return StatusFailed
	case s.Approval:
		return StatusPendingAcceptance
	default:
		return StatusAccepted
	}
}

// EndpointError says why an endpoint failed.
type EndpointError struct {
	Code    string `json:"error_code"`
	Message string `json:"error_message"`
}

// Tag is a tag of an endpoint.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Endpoint is an endpoint as the stand-in would answer it at the time of the
// snapshot. Fields that are absent there are empty: IP and DNSNames until the
// endpoint is accepted; SubnetID, Whitelist and the like on gateway endpoints.
type Endpoint struct {
	ID              string
	Status          string
	ServiceID       string
	ServiceName     string
	ServiceType     string
	MarkerID        int64
	VPCID           string
	SubnetID        string
	IP              string
	IPv6Address     string
	EnableDNS       bool
	DNSNames        []string
	Tags            []Tag
	Whitelist       []string
	EnableWhitelist bool
	RouteTables     []string
	Description     string
	PolicyStatement json.RawMessage
	PolicyDocument  json.RawMessage
	Errors          []EndpointError
	CreatedAt       time.Time // with the fraction of a second, which answers leave out
	UpdatedAt       time.Time
}

// record is an endpoint as it is kept. What a reader sees of it depends on the time.
type record struct {
	seq         int64
	id          string
	request     createRequest
	service     Service
	ip, ipv6    string
	routeTables []string

	createdAt time.Time
	readyAt   time.Time // when it stops being "creating"
	settled   string    // the status from then on
	changedAt time.Time // the last change of settled
	errors    []EndpointError

	deletedAt time.Time // zero: not deleted
	goneAt    time.Time
	gone      bool
}

func (e *record) deleted() bool { return !e.deletedAt.IsZero() }

// ready tells whether the endpoint was created to its end at a time; nothing goes on
// with one that is being deleted.
func (e *record) ready(now time.Time) bool {
	if e.deleted() {
		now = e.deletedAt
	}
	return !now.Before(e.readyAt)
}

func (e *record) status(now time.Time) string {
	switch {
	case e.deleted():
		return StatusDeleting
	case !e.ready(now):
		return StatusCreating
	default:
		return e.settled
	}
}

func (e *record) updatedAt(now time.Time) time.Time {
	t := e.changedAt
	if e.ready(now) && e.readyAt.After(t) {
		t = e.readyAt
	}
	if e.deleted() {
		t = e.deletedAt
	}
	return t
}

// set changes the status at once.
func (e *record) set(now time.Time, status string, errs []EndpointError) {
	e.settled, e.errors, e.changedAt = status, errs, now
	if now.Before(e.readyAt) {
		e.readyAt = now
	}
}

// decide records the service owner's decision, which shows once the endpoint is created.
func (e *record) decide(now time.Time, status string) {
	e.settled, e.errors, e.changedAt = status, nil, now
}

// markerID is a number beyond 32 bits for two endpoints of three, and beyond what a
// float64 holds exactly for one: the field is documented as an integer, no more.
func (e *record) markerID() int64 {
	base := [...]int64{302010104, 322312312312, 422321321312321321}
	return base[e.seq%3] + e.seq
}

// snapshot is what can be seen of the endpoint at a time. Its slices are the
// record's own.
func (e *record) snapshot(now time.Time) Endpoint {
	out := Endpoint{
		ID:              e.id,
		Status:          e.status(now),
		ServiceID:       e.service.ID,
		ServiceName:     e.service.Name,
		ServiceType:     e.service.Type,
		MarkerID:        e.markerID(),
		VPCID:           e.request.VPCID,
		Tags:            e.request.Tags,
		Description:     e.request.Description,
		PolicyStatement: e.request.PolicyStatement,
		PolicyDocument:  e.request.PolicyDocument,
		CreatedAt:       e.createdAt.UTC(),
		UpdatedAt:       e.updatedAt(now).UTC(),
	}
	ready := e.ready(now)
	if ready {
		out.Errors = e.errors
	}
	if e.service.isGateway() {
		out.RouteTables = e.routeTables
		return out
	}
	e.showInterface(&out, ready && e.settled == StatusAccepted)
	return out
}

// showInterface adds what endpoints of interface services alone have.
func (e *record) showInterface(out *Endpoint, connected bool) {
	out.SubnetID = e.request.SubnetID
	out.EnableDNS = e.request.EnableDNS
	out.Whitelist = e.request.Whitelist
	out.EnableWhitelist = e.request.EnableWhitelist
	if !connected {
		return
	}
	out.IP, out.IPv6Address = e.ip, e.ipv6
	if out.EnableDNS {
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
