package vpcep

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ServiceStatus is the state of an endpoint service in its life cycle. A value that
// this version does not know is kept as received.
type ServiceStatus string

// The statuses of an endpoint service. It is available after one to two minutes at
// worst:
//
//	creating → available
//	creating → failed
//	any      → deleting → gone (404)
const (
	ServiceStatusCreating  ServiceStatus = "creating"
	ServiceStatusAvailable ServiceStatus = "available" // can be connected to
	ServiceStatusFailed    ServiceStatus = "failed"    // EndpointService.Errors says why
	ServiceStatusDeleting  ServiceStatus = "deleting"
)

// The values of CreateServiceRequest.ServerType. The reference also has VIP and BMS,
// which are deprecated.
const (
	ServerTypeVM = "VM" // a cloud server
	ServerTypeLB = "LB" // a load balancer
)

// TCPProxy says what a service tells its back end about its clients, whose addresses the
// back end does not see otherwise. Unknown values are kept and sent as they are.
type TCPProxy string

// The values of TCPProxy.
const (
	TCPProxyClose TCPProxy = "close"      // nothing, the default
	TCPProxyTOA   TCPProxy = "toa_open"   // address and marker ID, in the TCP option TOA
	TCPProxyProxy TCPProxy = "proxy_open" // the same in the PROXY protocol
	TCPProxyBoth  TCPProxy = "open"       // in both
	TCPProxyVNI   TCPProxy = "proxy_vni"  // in the PROXY protocol, with the network's VNI
)

// ServicePort maps a port of the endpoints to a port of the back end.
type ServicePort struct {
	// ClientPort is the port at the endpoint, and ServerPort the port at the back end,
	// each 1 to 65535.
	ClientPort int `json:"client_port"`
	ServerPort int `json:"server_port"`
	// Protocol is TCP if empty.
	Protocol string `json:"protocol"`
}

// EndpointService is a service that endpoints can connect to, your own or somebody
// else's. Which fields are filled depends on the operation: those after IsCharged come
// only for your own services.
//
// It is read as tolerantly as Endpoint, and marshals to the service's JSON, including
// Extra.
type EndpointService struct {
	// ID is what CreateEndpointRequest.EndpointServiceID takes.
	ID string
	// Name is the full name of the service, for example
	// "com.myhuaweicloud.eu-west-101.dns". For your own service it is region.name.id,
	// or region.id without a name.
	Name string
	// Owner is who offers the service; only ListPublicServices sets it.
	Owner string
	// Type says what an endpoint of the service needs; see PreflightCreateEndpoint.
	Type ServiceType
	// CreatedAt and UpdatedAt are in UTC, and zero if absent.
	CreatedAt, UpdatedAt time.Time
	// IsCharged says whether endpoints of the service cost money.
	IsCharged bool

	// Status is the state of the service in its life cycle; see WaitForService.
	Status ServiceStatus
	// PortID, VPCID and ServerType describe the back end of the service. A back end that
	// is reached by VLAN is described by IP, an address or a domain name.
	PortID, VPCID, ServerType, IP string
	// ProjectID and DomainID say who owns the service. Only lists set DomainID, the
	// account.
	ProjectID, DomainID string
	// ApprovalEnabled says that the owner must accept each endpoint; see
	// AcceptConnection.
	ApprovalEnabled bool
	// Ports are the ports of the service.
	Ports []ServicePort
	// TCPProxy says what the service tells its back end about its clients.
	TCPProxy TCPProxy
	// IPVersion is ipv4 or ipv6.
	IPVersion IPVersion
	// EnablePolicy says whether endpoints may have a policy. It is nil if the response
	// leaves it out.
	EnablePolicy *bool
	// ConnectionCount is how many endpoints are creating or accepted; only lists set it.
	ConnectionCount int64
	// Tags are the tags of the service, without the one for the IdempotencyKey.
	Tags []Tag
	// Description is free text.
	Description string
	// SupportedEditions are the editions of endpoints that can connect: basic, profession.
	SupportedEditions []string
	// PoolID and PublicBorderGroup say where the cloud keeps the service.
	PoolID, PublicBorderGroup string
	// CIDRType is internal or public.
	CIDRType string
	// Errors are the reasons that the cloud gives, from the field "error".
	Errors []ResourceError
	// IdempotencyKey is the key that the service was created with, if any.
	IdempotencyKey string
	requestDigest  string // digest of the create request, from the key's tag

	// Extra holds the fields that this version does not know or whose type is
	// unexpected. It is nil if there are none.
	Extra map[string]json.RawMessage
}

// UnmarshalJSON reads a service tolerantly. It fails only if data is not a JSON object.
func (s *EndpointService) UnmarshalJSON(data []byte) error { return serviceResource.unmarshal(data, s) }

// MarshalJSON writes the service as the cloud does, including Extra.
func (s EndpointService) MarshalJSON() ([]byte, error) { return serviceResource.marshal(s) }

// CreateServiceRequest describes the endpoint service to create. PortID, VPCID,
// ServerType and Ports are required; empty fields are not sent.
//
// It marshals to the service's JSON and reads it back, tolerantly.
type CreateServiceRequest struct {
	// PortID is the ID of the back end's port: the port of a VM's network card, or of a
	// load balancer's private address. Required, 1 to 64 characters.
	PortID string
	// VPCID is the VPC of the back end. Required, 1 to 64 characters. Its subnets and
	// custom routes must not overlap 198.19.128.0/17.
	VPCID string
	// ServerType is ServerTypeVM or ServerTypeLB. Required.
	ServerType string
	// Ports has 1 to 200 different entries. Services that share a PortID must differ in
	// server port and protocol.
	Ports []ServicePort
	// Name has up to 16 characters of A-Z a-z 0-9 _ -. It becomes part of the full name
	// of the service.
	Name string
	// Description must not contain < or >.
	Description string
	// ApprovalEnabled says that the owner must accept each endpoint. nil means the
	// service's default, true.
	ApprovalEnabled *bool
	// Tags are the service's tags, at most 20 including the one for IdempotencyKey; no
	// key may appear twice.
	Tags []Tag
	// TCPProxy defaults to close.
	TCPProxy TCPProxy
	// IP is the IPv4 address or the domain name of a back end that is reached by VLAN.
	IP string
	// IPVersion is ipv4 or ipv6. Only the professional edition has ipv6, which requires
	// an SNATNetworkID.
	IPVersion IPVersion
	// SNATNetworkID is the network that the addresses of IPv6 clients are translated in.
	SNATNetworkID string
	// PoolID is the cluster to create the service in. Not every region supports it.
	PoolID string
	// EnablePolicy allows endpoints of the service to have a policy. It is sent only if
	// set, because not every region supports it.
	EnablePolicy bool
	// IdempotencyKey identifies this create, so it can be repeated after any failure,
	// as CreateEndpointRequest.IdempotencyKey does.
	IdempotencyKey string
	// Resume says that an earlier run stored the IdempotencyKey and may have sent its
	// request, as CreateEndpointRequest.Resume does.
	Resume bool
	// Extra holds additional fields to send that this version does not know. A field
	// that the request already has is refused.
	Extra map[string]json.RawMessage
}

// MarshalJSON writes the body of a create request. Empty fields are left out;
// IdempotencyKey becomes a tag.
func (r CreateServiceRequest) MarshalJSON() ([]byte, error) {
	if r.IdempotencyKey != "" {
		r.Tags = withKeyTag(r.Tags, r.IdempotencyKey, serviceRequestDigest(r))
	}
	r.Ports = withProtocol(r.Ports)
	return createServiceFields.Marshal(&r)
}

// UnmarshalJSON reads the body of a create request. As for CreateEndpointRequest, an
// invalid field is an error, and a field that this version does not know is kept in
// Extra.
func (r *CreateServiceRequest) UnmarshalJSON(data []byte) error {
	read, err := readRequest(data, createServiceFields)
	if err != nil {
		return fmt.Errorf("vpcep: create service request: %w", err)
	}
	read.Tags, read.IdempotencyKey, _ = splitKeyTag(read.Tags)
	*r = read
	return nil
}

// withProtocol fills in the default protocol.
func withProtocol(ports []ServicePort) []ServicePort {
	ports = slices.Clone(ports)
	for i := range ports {
		ports[i].Protocol = cmp.Or(ports[i].Protocol, "TCP")
	}
	return ports
}

// ServiceChange says what to change about an endpoint service. Set at least one field;
// nil and empty fields are not changed.
type ServiceChange struct {
	// ApprovalEnabled turns the approval of each endpoint on or off.
	ApprovalEnabled *bool
	// Name has up to 16 characters of A-Z a-z 0-9 _ -. RenameService changes only the
	// name.
	Name *string
	// Description must not contain < or >. An empty one deletes it.
	Description *string
	// Ports replaces all ports: 1 to 200 different entries.
	Ports []ServicePort
	// PortID is the new back end, for services of type VM. It cannot be combined with IP.
	PortID string
	// IP is the new back end, for services that are reached by VLAN.
	IP string
	// TCPProxy says what the service tells its back end about its clients.
	TCPProxy TCPProxy
}

// ServiceFilter selects services and their order. The zero value selects all, newest
// first.
type ServiceFilter struct {
	// ID selects one service.
	ID string
	// Name selects by a part of the service's name.
	Name string
	// Status, PublicBorderGroup and NetType (vlan, vxlan or all) select among your own
	// services; ListPublicServices refuses them. Not every region supports the last two.
	Status                     ServiceStatus
	PublicBorderGroup, NetType string
	// SortKey is create_at (the default) or update_at.
	SortKey string
	// SortDir is desc (the default) or asc.
	SortDir string
	// PageSize is how many services one request asks for, 1 to 1000; 0 means 100.
	PageSize int
}
