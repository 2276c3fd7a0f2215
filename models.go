package vpcep

import (
	"encoding/json"
	"net/http"
	"time"
)

// EndpointStatus is the state of an endpoint in its life cycle. A value that this
// version does not know is kept as received.
type EndpointStatus string

// The statuses of an endpoint (specification, table 5 "status", and others observed in
// practice). An endpoint is usually ready after 2 to 20 seconds:
//
//	creating → accepted
//	creating → pendingAcceptance → accepted or rejected
//	creating → failed
//	any      → deleting → gone (404)
const (
	StatusCreating          EndpointStatus = "creating"
	StatusPendingAcceptance EndpointStatus = "pendingAcceptance" // until the owner of the service accepts or rejects it
	StatusAccepted          EndpointStatus = "accepted"          // usable
	StatusRejected          EndpointStatus = "rejected"          // by the owner of the service
	StatusFailed            EndpointStatus = "failed"            // Endpoint.Errors says why
	StatusDeleting          EndpointStatus = "deleting"
)

// ServiceType is the kind of service that an endpoint connects to. A value that this
// version does not know is kept as received.
type ServiceType string

// The types of service (specification, table 5 "service_type"). The specification
// spells the first one "gataway", which is read as gateway.
const (
	ServiceTypeGateway   ServiceType = "gateway"
	ServiceTypeInterface ServiceType = "interface"
	// ServiceTypeCVSGateway is not in the specification, but has been observed.
	ServiceTypeCVSGateway ServiceType = "cvs_gateway"
)

// isGateway reports whether the endpoints of a service are in route tables instead of a
// subnet.
func (t ServiceType) isGateway() bool { return t == ServiceTypeGateway || t == ServiceTypeCVSGateway }

// ActiveStatus is the state of the account that an endpoint belongs to
// (specification, table 5 "active_status"). Unknown values are kept.
type ActiveStatus string

// The states of an account.
const (
	ActiveStatusActive ActiveStatus = "active"
	ActiveStatusFrozen ActiveStatus = "frozen"
)

// EnableStatus says whether an endpoint has been disabled (specification, table
// 5 "enable_status"). Unknown values are kept.
type EnableStatus string

// The values of EnableStatus.
const (
	EnableStatusEnable  EnableStatus = "enable"
	EnableStatusDisable EnableStatus = "disable"
)

// IPVersion is the IP version of an endpoint or a service. A value that this version
// does not know is kept as received.
type IPVersion string

// The IP versions of an endpoint.
const (
	IPVersionIPv4      IPVersion = "ipv4"
	IPVersionDualStack IPVersion = "dualstack"
	// IPVersionIPv6 is for endpoint services.
	IPVersionIPv6 IPVersion = "ipv6"
)

// IdempotencyTagKey is the key of the tag that carries
// CreateEndpointRequest.IdempotencyKey and CreateServiceRequest.IdempotencyKey. It is
// reserved: no other tag may use it, and neither CreateEndpointRequest.Tags nor
// Endpoint.Tags shows it.
const IdempotencyTagKey = "vpcep-idempotency-key"

// Tag is a key and a value on an endpoint (specification, tables 4 and 6).
//
// Key is 1 to 36 characters, Value 0 to 43. Neither may contain = * < > \ , | /
// nor begin or end with a space.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// CreateEndpointRequest describes the endpoint to create (specification, table 3).
// EndpointServiceID and VPCID are required; empty fields are not sent.
//
// It marshals to the service's JSON and reads it back, tolerantly.
type CreateEndpointRequest struct {
	// EndpointServiceID is the ID of the service to connect to. Required, 1 to 64 characters.
	EndpointServiceID string
	// VPCID is the ID of the VPC to create the endpoint in. Required, 1 to 64 characters.
	VPCID string
	// SubnetID is the network ID of a subnet of that VPC, 1 to 64 characters. Services
	// of type interface require it. No subnet of the VPC may overlap 198.19.128.0/17,
	// and no custom route in the VPC's route tables may lead there.
	SubnetID string
	// PortIP is the IPv4 address of the endpoint in the subnet, not 0.0.0.0. If empty,
	// the service assigns one, and returns it as Endpoint.IP.
	PortIP string
	// EnableDNS requests a private domain name. It has no effect for services of type
	// gateway.
	EnableDNS bool
	// Tags are the endpoint's tags, at most 20 including the one for IdempotencyKey; no
	// key may appear twice.
	Tags []Tag
	// RouteTables are the IDs of the route tables to add the routes to, for services of
	// type gateway. If empty, the VPC's default route table is used.
	RouteTables []string
	// Whitelist lists the IPv4 addresses and CIDR blocks that may use the endpoint, at
	// most 20; for services of type interface. It takes effect only with
	// EnableWhitelist.
	Whitelist []string
	// EnableWhitelist turns on the access control of Whitelist.
	EnableWhitelist bool
	// Description must not contain < or >.
	Description string
	// PolicyStatement is the policy of an endpoint of a gateway service of OBS or SFS,
	// at most 10 statements.
	PolicyStatement []PolicyStatement
	// PolicyDocument is the policy of an endpoint of other services: a JSON object, or a
	// JSON string that holds one.
	PolicyDocument json.RawMessage
	// IPVersion is IPVersionIPv4, the default, or IPVersionDualStack.
	IPVersion IPVersion
	// IPv6Address is the IPv6 address of a dual-stack endpoint. If empty, the service
	// assigns one.
	IPv6Address string
	// SpecificationName names the size of the endpoint; the default is "default". Not
	// every cloud supports it.
	SpecificationName string
	// IdempotencyKey identifies this create, so it can be repeated after any failure,
	// even by another process. It has 1 to 36 characters and follows the rules for a
	// tag's value, because it is sent in the tag IdempotencyTagKey, with a digest of the
	// request. A random UUID is a good key. Endpoint.IdempotencyKey returns it.
	IdempotencyKey string
	// Resume says that an earlier run stored the IdempotencyKey before its call and may
	// have sent the request, and that nobody else uses the key now. The call then
	// searches for the whole WithReconcileWindow before it sends anything, and cleans
	// up what earlier runs left: it keeps the oldest endpoint of the key, deletes the
	// newer ones, and touches nothing else.
	Resume bool
	// Extra holds additional fields to send that this version does not know. A field
	// that the request already has is refused.
	Extra map[string]json.RawMessage
}

// ResourceError is a reason that the service gives for the state of a resource, for
// example why its creation failed.
type ResourceError struct {
	Code    string
	Message string
}

// Endpoint is a VPC endpoint (specification, tables 5 and 6).
//
// It is read tolerantly from the service's JSON: a field with an unexpected type does
// not cost you the others, and fields that this version does not know are kept in
// Extra. It marshals to the service's JSON, including Extra.
type Endpoint struct {
	// ID identifies the endpoint. It is never empty in a result of this library.
	ID string
	// ServiceType is the type of the service that the endpoint connects to.
	ServiceType ServiceType
	// Status is the state of the endpoint in its life cycle; see WaitForEndpoint.
	Status EndpointStatus
	// ActiveStatus is the state of the account.
	ActiveStatus []ActiveStatus
	// EnableStatus says whether the endpoint has been disabled.
	EnableStatus EnableStatus
	// EndpointServiceID and EndpointServiceName identify the service that the endpoint
	// connects to.
	EndpointServiceID, EndpointServiceName string
	// MarkerID identifies the endpoint's packets. It needs 64 bits.
	MarkerID int64
	// EnableDNS says whether a private domain name was requested. It is false if the
	// response leaves it out, as for gateway services. If the response for a gateway
	// endpoint does contain false, Extra has it as enable_dns.
	EnableDNS bool
	// DNSNames are the domain names of the endpoint; absent until it is accepted.
	DNSNames []string
	// IP is the IPv4 address of the endpoint, and IPv6Address the IPv6 address of a
	// dual-stack endpoint. Both are absent until the endpoint is accepted, and for
	// gateway services.
	IP, IPv6Address string
	// IPVersion is ipv4 or dualstack, or empty if the response leaves it out.
	IPVersion IPVersion
	// VPCID, SubnetID and ProjectID say where the endpoint is. SubnetID is a network
	// ID, absent for gateway services.
	VPCID, SubnetID, ProjectID string
	// CreatedAt and UpdatedAt are in UTC, and zero if absent.
	CreatedAt, UpdatedAt time.Time
	// Tags are the tags of the endpoint, without the one for the IdempotencyKey.
	Tags []Tag
	// Whitelist lists the addresses and CIDR blocks that may use the endpoint if
	// EnableWhitelist is set; for services of type interface.
	Whitelist []string
	// EnableWhitelist says whether Whitelist is in effect.
	EnableWhitelist bool
	// RouteTables are the IDs of the route tables of an endpoint of a gateway service.
	RouteTables []string
	// SpecificationName names the size, usually "default".
	SpecificationName string
	// Description is free text.
	Description string
	// PolicyStatement is the policy of an endpoint of a gateway service.
	PolicyStatement []PolicyStatement
	// PolicyDocument is the policy of an endpoint of other services: the JSON object,
	// even if the service sent it as a string.
	PolicyDocument json.RawMessage
	// Errors are the reasons that the service gives, from the field "error".
	Errors []ResourceError
	// EndpointPoolID and PublicBorderGroup say where the service keeps the endpoint.
	EndpointPoolID, PublicBorderGroup string
	// IdempotencyKey is the key that the endpoint was created with, if any.
	IdempotencyKey string
	requestDigest  string // digest of the create request, from the key's tag
	// Extra holds the fields that this version does not know, and the raw form of
	// invalid fields. They are written back when the endpoint is marshaled, in place of
	// the typed field if there is one. It is nil if there are none.
	//
	// A list of more than 1000 elements is kept here in full; its typed field holds the
	// first 1000. A response in which an object has more than 1000 members is an error.
	Extra map[string]json.RawMessage
}

// The values of a filter's SortKey and SortDir. The service spells create_at without a d.
const (
	SortByCreateTime = "create_at" // the default
	SortByUpdateTime = "update_at"
	SortAscending    = "asc"
	SortDescending   = "desc" // the default
)

// EndpointFilter selects endpoints and their order. The zero value selects all,
// newest first.
type EndpointFilter struct {
	// ID selects one endpoint.
	ID string
	// VPCID selects the endpoints of one VPC.
	VPCID string
	// EndpointServiceName selects by a part of the service's name.
	EndpointServiceName string
	// PublicBorderGroup selects by where the service keeps the endpoint. Not every
	// region supports it.
	PublicBorderGroup string
	// SortKey is create_at (the default) or update_at.
	SortKey string
	// SortDir is desc (the default) or asc.
	SortDir string
	// PageSize is how many endpoints one request asks for, 1 to 1000; 0 means 100.
	PageSize int
}

// ResponseMeta describes a response apart from its body; see WithResponse.
type ResponseMeta struct {
	// StatusCode is the HTTP status of the last response, or 0 if there was none.
	StatusCode int
	// RequestID is the service's ID of the request; quote it to the service's support.
	RequestID string
	// Header has the headers of the last response.
	Header http.Header
	// Attempts is how many times the call sent, or tried to send, its last request.
	Attempts int
	// Found says that CreateEndpoint or CreateService did not create what it returned:
	// it already existed, or another caller created it with the same IdempotencyKey.
	Found bool
	// KeyDropped says that the cloud created the endpoint or service without the tag
	// that carries the IdempotencyKey: this cloud drops tags, so the create cannot
	// safely be repeated.
	KeyDropped bool
}
