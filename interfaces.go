package vpcep

import (
	"context"
	"iter"
)

// The interfaces below are groups of a Client's operations, small enough to be
// named, and stood in for, in the code that uses them.

// EndpointLifecycle creates endpoints, finds them, waits for them and deletes them.
type EndpointLifecycle interface {
	CreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*Endpoint, error)
	GetEndpoint(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error)
	ListEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) iter.Seq2[*Endpoint, error]
	DeleteEndpoint(ctx context.Context, id string, opts ...CallOption) error
	WaitForEndpoint(ctx context.Context, id string, opts WaitOptions) (*Endpoint, error)
	WaitForEndpointDeleted(ctx context.Context, id string, opts WaitOptions) error
}

// EndpointChanger changes endpoints, and waits until a change has arrived.
type EndpointChanger interface {
	UpdateWhitelist(ctx context.Context, id string, change WhitelistChange, opts ...CallOption) (*Endpoint, error)
	UpdateRouteTables(ctx context.Context, id string, routeTables []string, opts ...CallOption) ([]string, error)
	UpdatePolicy(ctx context.Context, id string, policy Policy, opts ...CallOption) (*Endpoint, error)
	DeletePolicy(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error)
	WaitForEndpointChange(ctx context.Context, id string, has func(*Endpoint) bool, opts WaitOptions) (*Endpoint, error)
}

// EndpointTagger changes the tags of endpoints.
type EndpointTagger interface {
	AddTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error
	RemoveTags(ctx context.Context, id string, keys []string, opts ...CallOption) error
	SetTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error
}

// ServiceFinder finds what an endpoint can connect to.
type ServiceFinder interface {
	ListPublicServices(ctx context.Context, filter ServiceFilter, opts ...CallOption) iter.Seq2[*EndpointService, error]
	GetService(ctx context.Context, id string, opts ...CallOption) (*EndpointService, error)
	GetServiceByName(ctx context.Context, name string, opts ...CallOption) (*EndpointService, error)
	PreflightCreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*EndpointService, error)
}

// ConnectionApprover decides which endpoints may connect to a service of one's own.
type ConnectionApprover interface {
	ListConnections(ctx context.Context, serviceID string, filter ConnectionFilter, opts ...CallOption) iter.Seq2[*Connection, error]
	AcceptConnection(ctx context.Context, serviceID, endpointID string, opts ...CallOption) (*Connection, error)
	RejectConnection(ctx context.Context, serviceID, endpointID string, opts ...CallOption) (*Connection, error)
	WaitForConnection(ctx context.Context, serviceID, endpointID string, opts WaitOptions) (*Connection, error)
}

// QuotaReader reads a project's quotas.
type QuotaReader interface {
	GetQuotas(ctx context.Context, quotaType QuotaType, opts ...CallOption) ([]Quota, error)
}

// A Client is all of them.
var _ interface {
	EndpointLifecycle
	EndpointChanger
	EndpointTagger
	ServiceFinder
	ConnectionApprover
	QuotaReader
} = (*Client)(nil)
