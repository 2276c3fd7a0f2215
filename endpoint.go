package vpcep

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// endpointsPath is the collection of endpoints, below the project.
const endpointsPath = "/vpc-endpoints"

// CreateEndpoint creates an endpoint: POST /v1/{project_id}/vpc-endpoints. The
// endpoint is in status creating as a rule; WaitForEndpoint waits until it can be used.
//
// From the name of a service to an endpoint, DescribeServiceByName gives the ID to
// connect to, and PreflightCreateEndpoint says what its type demands:
//
//	service, err := client.DescribeServiceByName(ctx, "com.myhuaweicloud.eu-west-101.dns")
//	...
//	request := vpcep.CreateEndpointRequest{EndpointServiceID: service.ID, VPCID: vpcID, SubnetID: subnetID}
//	_, err = client.PreflightCreateEndpoint(ctx, request) // optional
//	...
//	endpoint, err := client.CreateEndpoint(ctx, request)
//
// Without an IdempotencyKey, the request is sent again only where the one before
// certainly did nothing, and an unknown outcome is ErrOutcomeUnknown. With one, the
// call can be repeated after any failure, by any process, and leads to one endpoint:
// the key is looked for before the request is sent, which costs one list more, and
// after an unknown outcome for as long as WithReconcileWindow says. Two limits come
// from the service, which knows no keys: another process that uses the same key at
// the same moment, or before lists show what the first one made, makes a second
// endpoint; the next call with the key reports it (*DuplicateEndpointsError). Callers of one
// client with the same key at the same time share one create.
//
// Errors:
//   - *ValidationError: the request is wrong; nothing was sent.
//   - ErrIdempotencyMismatch: the key stands on an endpoint with other settings.
//   - ErrOutcomeUnknown: the endpoint may exist. It stands for 408, 5xx, every
//     answer that is neither an endpoint nor a refusal, and every failure after the
//     request was written.
//   - *APIError: the service refused; nothing was made. The errors by status
//     (ErrForbidden), by meaning (ErrThrottled) and the codes (CodePortIPInUse) tell why.
//   - ErrQuotaExceeded: a refusal, too; *QuotaExceededError says how many endpoints
//     are used and allowed, where that could be read.
//   - *ProxyError: the proxy did not lead to the service; nothing was sent.
//   - any other: the request was never written, or refused unprocessed, for example
//     because there was no connection.
func (c *Client) CreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*Endpoint, error) {
	create := createRequest(req)
	if req.IdempotencyKey != "" {
		return c.createKeyed(ctx, create, req, opts)
	}
	endpoint, err := do(ctx, c, opts, create)
	return endpoint, c.withQuota(ctx, err)
}

func createRequest(req CreateEndpointRequest) request[*Endpoint] {
	return request[*Endpoint]{
		operation: retry.Create, method: http.MethodPost, path: endpointsPath,
		validate: func(f *fieldErrors) { f.createEndpoint(req) },
		body:     req,
		decode:   decodeEndpoint,
	}
}

// GetEndpoint reads an endpoint: GET /v1/{project_id}/vpc-endpoints/{id}.
//
// The error is ErrEndpointNotFound where the service says that there is no such
// endpoint (any longer); reads can lag behind a create by some seconds.
func (c *Client) GetEndpoint(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	return do(ctx, c, opts, getEndpoint(id))
}

func getEndpoint(id string) request[*Endpoint] {
	return request[*Endpoint]{
		operation: retry.Read, method: http.MethodGet, path: endpointsPath + "/" + id,
		check:  pathSegment("id", id),
		decode: decodeEndpoint,
	}
}

// DeleteEndpoint deletes an endpoint: DELETE /v1/{project_id}/vpc-endpoints/{id}.
// The service goes on deleting in the background; WaitForEndpointDeleted waits for the end.
//
// The error is ErrEndpointNotFound where the endpoint did not exist.
func (c *Client) DeleteEndpoint(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, deleteEndpoint(id))
	if err == nil || errors.Is(err, ErrEndpointNotFound) {
		c.forgetKeyOf(id)
	}
	return err
}

func deleteEndpoint(id string) request[struct{}] {
	return request[struct{}]{
		operation: retry.Delete, method: http.MethodDelete, path: endpointsPath + "/" + id,
		check:  pathSegment("id", id),
		decode: decodeNothing,
	}
}

// ListEndpoints lists the endpoints that filter selects, page by page: GET
// /v1/{project_id}/vpc-endpoints. The first page is asked for at once; from its
// middle on, the next one is fetched while the caller works on this one, and never
// more than one.
//
// An endpoint comes once, even where it moves to a later page in the meantime.
// The iterator ends with the first error, whose endpoint is nil. It may be used
// again, and then lists anew.
func (c *Client) ListEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) iter.Seq2[*Endpoint, error] {
	return list(ctx, c, opts, endpoints(filter))
}

func endpoints(filter EndpointFilter) listing[*Endpoint] {
	return listing[*Endpoint]{
		what: "endpoints", path: endpointsPath, member: "endpoints", filter: filter,
		read: readNamedEndpoint,
		id:   func(e *Endpoint) string { return e.ID },
	}
}
