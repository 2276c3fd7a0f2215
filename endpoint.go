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

// CreateEndpoint creates an endpoint: POST /v1/{project_id}/vpc-endpoints. The
// endpoint is usually in status creating; WaitForEndpoint waits until it can be used.
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
// call can be repeated after any failure, by any process, also by several at once, and
// each gets the same endpoint: the key is searched for before the request is sent, and
// after it, when the second of created_at has been over for as long as lists lag; the
// first endpoint of the key, by that second and its ID, is the result, and whoever made
// a later one deletes it. That costs one list before the request, one after it, and a
// second at most, beside the lag. The first such create of a client sends another list,
// right after the request, to measure the lag; what it measures counts for ten minutes.
// Calls of one client share lists that they ask for at the same moment, and a list goes
// back only to what an earlier one has shown for certain, so that what a create costs
// does not grow with the project.
//
// The call takes as long as WithReconcileWindow says where it finds an endpoint that
// somebody else has just made, where the answer to its request was lost, and where the
// service says that the address or the quota is used up: until then, another endpoint
// of the key may show. After an unknown outcome, the key is searched for that long
// before the request is sent again. For a process that was killed, see
// CreateEndpointRequest.Resume. ResponseMeta.Found says that the endpoint was not made
// by this call.
//
// All of that rests on the service: its lists show what was created within
// WithReconcileWindow, and its clock, that of created_at and of the Date header, is
// right to a second. Lists that suddenly lag by more than was measured, or show
// endpoints in another order than they were made in, can leave two endpoints of calls
// that raced. They are reported: the calls never succeed with different ones.
//
// A repeated create returns the endpoint as it is now, also one that has failed or
// was rejected. One that is being deleted has given its key back. An endpoint that the
// service has answered is returned even where the search after it fails.
//
// Errors:
//   - *ValidationError: the request is wrong; nothing was sent.
//   - ErrIdempotencyMismatch: the key belongs to the endpoint of another request.
//   - ErrDuplicateEndpoints: several endpoints carry the key, and their owners do not
//     delete them, for which they have three times WithReconcileWindow;
//     *DuplicateEndpointsError names them.
//   - ErrOutcomeUnknown: the endpoint may exist. It stands for 408, 5xx, every
//     answer that is neither an endpoint nor a refusal, and every failure after the
//     request was written. With ErrKeyNotKept in it, this cloud keeps no tags, so that
//     keys cannot work there.
//   - *APIError: the service refused; nothing was made. The errors by status
//     (ErrForbidden), by meaning (ErrThrottled) and the codes (CodePortIPInUse) tell why.
//   - ErrQuotaExceeded: a refusal, too; *QuotaExceededError says how many endpoints
//     are used and allowed, where that could be read.
//   - *ProxyError: the proxy did not lead to the service; nothing was sent.
//   - any other: the request was never written, or refused unprocessed, for example
//     because there was no connection.
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
// The error is ErrEndpointNotFound where the service says that there is no such
// endpoint (any longer); reads can lag behind a create by some seconds.
func (c *Client) GetEndpoint(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	return do(ctx, c, opts, getEndpoint(id))
}

func getEndpoint(id string) request[*Endpoint] {
	return request[*Endpoint]{
		operation: retry.Read, method: http.MethodGet, path: endpointPath, ids: []string{id},
		decode: endpointResource.decode,
	}
}

// DeleteEndpoint deletes an endpoint: DELETE /v1/{project_id}/vpc-endpoints/{id}.
// The service keeps deleting in the background; WaitForEndpointDeleted waits for the end.
//
// The error is ErrEndpointNotFound where the endpoint did not exist, and
// CodeEndpointDeleting where it is being deleted already. After an attempt of the same
// call that may have deleted it, because its answer was lost, both are success.
func (c *Client) DeleteEndpoint(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, deleteEndpoint(id))
	if err == nil || errors.Is(err, ErrEndpointNotFound) {
		c.endpointKeys.Forget(id) // it is free again
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
// /v1/{project_id}/vpc-endpoints. The first page is asked for at once; from its
// middle on, the next one is fetched while the caller works on this one, and never
// more than one.
//
// Whatever is created, changed or deleted meanwhile, also by the caller, each endpoint
// that exists from the beginning of the list to its end comes, and none comes twice.
// For that, pages overlap by a fiftieth, and where the overlap does not show because
// endpoints were deleted, the list goes back until it does. Where nothing changes, a
// list that fits one page costs one request, and a longer one at most a fiftieth more
// items; sorted by SortByUpdateTime, newest first, it costs one request more. An
// endpoint that changes late in a list sorted by SortByUpdateTime comes out of order.
//
// The list ends where the service's total says so, or else at an empty page: a page
// that is shorter than was asked for is not the end, and a total that is larger than
// what the service shows is no error. A service that never ends a list, and a list
// that changes faster than it can be read, end with an error: after some twenty
// requests in a row that bring nothing new, or when twice the largest total and
// 10,000 more have come; without any total, 250,000. So does a page that is longer
// than was asked for.
//
// The iterator ends with the first error, whose endpoint is nil. It may be used
// again, and then lists anew.
func (c *Client) ListEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) iter.Seq2[*Endpoint, error] {
	return list(ctx, c, opts, endpoints(filter))
}

// CountEndpoints says how many endpoints filter selects, by the service's own count,
// with one request. SortKey, SortDir and PageSize do not matter. A service that gives
// no count is an error.
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
