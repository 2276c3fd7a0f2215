package vpcep

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// The paths of endpoints.
const (
	endpointsPath = "/v1/{project_id}/vpc-endpoints"
	endpointPath  = endpointsPath + "/{id}"
)

// CreateEndpoint creates an endpoint: POST /v1/{project_id}/vpc-endpoints. The endpoint
// is usually in status creating; WaitForEndpoint waits until it can be used.
//
// To get from the name of a service to an endpoint, look up the service's ID with
// DescribeServiceByName. PreflightCreateEndpoint then checks the request against the
// type of the service:
//
//	service, err := client.DescribeServiceByName(ctx, "com.myhuaweicloud.eu-west-101.dns")
//	...
//	request := vpcep.CreateEndpointRequest{EndpointServiceID: service.ID, VPCID: vpcID, SubnetID: subnetID}
//	_, err = client.PreflightCreateEndpoint(ctx, request) // optional
//	...
//	endpoint, err := client.CreateEndpoint(ctx, request)
//
// Without an IdempotencyKey, the request is sent again only if the previous attempt
// certainly did nothing, and an unknown outcome is ErrOutcomeUnknown.
//
// With a key, the call can be repeated after any failure, by any process or by several
// at once, and all of them get the same endpoint. The call searches for the key before
// it sends the request. It searches again afterwards, once the second in created_at has
// been over for as long as lists lag. The first endpoint of the key, by that second and
// then by ID, is the result, and a call that created a later one deletes it.
//
// That costs one list request before the create, one after it, and a wait of at most a
// second plus the lag. The first such create of a client sends one more list request,
// right after the create, to measure the lag; the measurement is used for ten minutes.
// Calls of one client share the lists that they need at the same moment, and a list goes
// back only as far as earlier lists have not settled, so the cost of a create does not
// grow with the project.
//
// The call lasts the whole WithReconcileWindow if it finds an endpoint that somebody
// else has just created, if the response to its request was lost, or if the service
// says that the address is in use or the quota is used up: until then, another endpoint
// of the key may appear. After an unknown outcome, the call searches for the key that
// long before it sends the request again. For a process that was killed, see
// CreateEndpointRequest.Resume. ResponseMeta.Found says that this call did not create
// the endpoint.
//
// Keys rely on the service in two ways: its lists show a new endpoint within
// WithReconcileWindow, and its clock, which sets created_at and the Date header, is
// accurate to a second. If lists suddenly lag longer than measured, or show endpoints in
// an order other than that of their creation, concurrent calls can leave two endpoints.
// They report this, and never succeed with different endpoints.
//
// A repeated create returns the endpoint as it is now, even if it has failed or was
// rejected. An endpoint that is being deleted no longer holds its key. Once the service
// has responded with an endpoint, the call returns it, even if the search afterwards
// fails.
//
// Errors:
//   - *ValidationError: the request is invalid; nothing was sent.
//   - ErrIdempotencyMismatch: the key belongs to an endpoint that another request
//     created.
//   - ErrDuplicateEndpoints: several endpoints carry the key, and the calls that created
//     them have not deleted them within three times WithReconcileWindow;
//     *DuplicateEndpointsError names them.
//   - ErrOutcomeUnknown: the endpoint may exist. It covers 408, 5xx, every response
//     that is neither an endpoint nor a refusal, and every failure after the request
//     was written. If ErrKeyNotKept matches too, this cloud drops tags, so keys do not
//     work there.
//   - *APIError: the service refused the request; nothing was created. The errors by
//     status (ErrForbidden), the errors by meaning (ErrThrottled) and the codes
//     (CodePortIPInUse) say why.
//   - ErrQuotaExceeded: also a refusal; *QuotaExceededError says how many endpoints are
//     used and allowed, if that could be read.
//   - *ProxyError: the proxy did not connect to the service; nothing was sent.
//   - any other error: the request was never written, or was refused unprocessed, for
//     example because there was no connection.
func (c *Client) CreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*Endpoint, error) {
	if req.IdempotencyKey != "" {
		return keyedEndpoint(req).run(ctx, c, opts)
	}
	endpoint, err := do(ctx, c, opts, createEndpoint(req))
	return endpoint, c.withQuota(ctx, QuotaTypeEndpoint, err)
}

func createEndpoint(req CreateEndpointRequest) request[*Endpoint] {
	return request[*Endpoint]{
		operation: retry.Create, method: http.MethodPost, path: endpointsPath,
		validate: func(f *fieldErrors) { f.createEndpoint(req) },
		body:     req,
		decode:   endpointResource.decode,
	}
}

// GetEndpoint reads an endpoint: GET /v1/{project_id}/vpc-endpoints/{id}.
//
// The error is ErrEndpointNotFound if the endpoint does not exist or no longer exists.
// Reads can lag a few seconds behind a create.
func (c *Client) GetEndpoint(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	return do(ctx, c, opts, getEndpoint(id))
}

func getEndpoint(id string) request[*Endpoint] {
	return request[*Endpoint]{
		operation: retry.Read, method: http.MethodGet, path: endpointPath, ids: []string{id},
		decode: endpointResource.decode,
	}
}

// DeleteEndpoint deletes an endpoint: DELETE /v1/{project_id}/vpc-endpoints/{id}. The
// service deletes in the background; WaitForEndpointDeleted waits until the endpoint is
// gone.
//
// The error is ErrEndpointNotFound if the endpoint did not exist, and
// CodeEndpointDeleting if it is already being deleted. After an attempt of the same
// call that may have deleted it, because its response was lost, both count as success.
func (c *Client) DeleteEndpoint(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, deleteEndpoint(id))
	if err == nil || errors.Is(err, ErrEndpointNotFound) {
		c.endpointKeys.Forget(id) // its key is free again
	}
	return err
}

func deleteEndpoint(id string) request[struct{}] {
	return request[struct{}]{
		operation: retry.Delete, method: http.MethodDelete, path: endpointPath, ids: []string{id},
		decode: decodeNothing,
	}
}

// ListEndpoints lists the endpoints that filter selects, page by page: GET
// /v1/{project_id}/vpc-endpoints. The first page is requested at once. When the caller
// reaches the middle of a page, the next one is fetched in the background, never more
// than one.
//
// Each endpoint that exists throughout the list comes exactly once, whatever is created,
// changed or deleted meanwhile, even by the caller. To achieve this, pages overlap by a
// fiftieth, and if the overlap is missing because endpoints were deleted, the list goes
// back until it finds one. If nothing changes, a list that fits on one page takes one
// request, and a longer one reads at most a fiftieth more items; sorted by
// SortByUpdateTime, newest first, it takes one extra request. An endpoint that changes
// late in a list sorted by SortByUpdateTime comes out of order.
//
// The list ends where the service's total says so or, without a total, at an empty page.
// A page shorter than requested does not end it, and a total larger than what the
// service shows is not an error. A list that never ends, or that changes faster than it
// can be read, ends with an error: after some twenty requests in a row that bring
// nothing new, or after twice the largest total plus 10,000 items; without any total,
// after 250,000 items. A page longer than requested is an error, too.
//
// The iterator ends with the first error, whose endpoint is nil. Using it again starts a
// new list.
func (c *Client) ListEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) iter.Seq2[*Endpoint, error] {
	return list(ctx, c, opts, endpoints(filter))
}

// CountEndpoints returns how many endpoints filter selects, as counted by the service,
// with one request. SortKey, SortDir and PageSize have no effect. A response without a
// count is an error.
func (c *Client) CountEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, endpoints(filter))
}

func endpoints(filter EndpointFilter) listing[Endpoint] {
	return listing[Endpoint]{
		of: endpointResource, path: endpointsPath, member: "endpoints",
		filter: listFilter{
			by: []parameter{
				{"id", filter.ID, maxIDLength},
				{"vpc_id", filter.VPCID, maxIDLength},
				{"endpoint_service_name", filter.EndpointServiceName, maxServiceNameLength},
				{"public_border_group", filter.PublicBorderGroup, maxIDLength},
			},
			sortKey: filter.SortKey, sortDir: filter.SortDir, pageSize: filter.PageSize,
		},
	}
}
