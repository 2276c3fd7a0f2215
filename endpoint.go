package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// headerRequestID names a request for the service's support.
const headerRequestID = "X-Request-Id"

// endpointsPath is the collection of endpoints, below the project.
const endpointsPath = "/vpc-endpoints"

// CallOption is a setting of one call.
type CallOption func(*ResponseMeta)

// WithResponse stores what the answer says beside its body in dst, also when the
// call fails. A call that sends several requests stores the last answer.
func WithResponse(dst *ResponseMeta) CallOption {
	return func(meta *ResponseMeta) {
		if dst != nil {
			*dst = *meta
		}
	}
}

// CreateEndpoint creates an endpoint: POST /v1/{project_id}/vpc-endpoints. The
// endpoint is in status creating as a rule; WaitForEndpoint waits until it can be used.
//
// From the name of a service to an endpoint, GetServiceByName gives the ID to
// connect to, and PreflightCreateEndpoint says what its type demands:
//
//	service, err := client.GetServiceByName(ctx, "com.myhuaweicloud.eu-west-101.dns")
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
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	if c.validates {
		if err := req.Validate(); err != nil {
			return nil, err
		}
	}
	body, err := req.encode()
	if err != nil {
		return nil, fmt.Errorf("vpcep: create request: %w", err)
	}
	var endpoint *Endpoint
	if req.IdempotencyKey != "" {
		endpoint, err = c.createOnce(ctx, req, body, opts)
	} else {
		endpoint, err = do(ctx, c, c.createCall(retry.Create, body), opts, decodeEndpoint)
	}
	if err != nil {
		return nil, c.withQuota(ctx, err)
	}
	return endpoint, nil
}

func (c *Client) createCall(operation retry.Operation, body []byte) call {
	return call{operation: operation, method: http.MethodPost, path: endpointsPath, body: body}
}

// GetEndpoint reads an endpoint: GET /v1/{project_id}/vpc-endpoints/{id}.
//
// The error is ErrEndpointNotFound where the service says that there is no such
// endpoint (any longer); reads can lag behind a create by some seconds.
func (c *Client) GetEndpoint(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	return do(ctx, c, getCall(path), opts, decodeEndpoint)
}

func getCall(path string) call {
	return call{operation: retry.Read, method: http.MethodGet, path: path}
}

// DeleteEndpoint deletes an endpoint: DELETE /v1/{project_id}/vpc-endpoints/{id}.
// The service goes on deleting in the background; WaitForEndpointDeleted waits for the end.
//
// The error is ErrEndpointNotFound where the endpoint did not exist.
func (c *Client) DeleteEndpoint(ctx context.Context, id string, opts ...CallOption) error {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return err
	}
	_, err = do(ctx, c, call{operation: retry.Delete, method: http.MethodDelete, path: path}, opts, decodeNothing)
	if err == nil || errors.Is(err, ErrEndpointNotFound) {
		c.creations.forget(id)
	}
	return err
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
	return seq(ctx, func() (*listing[*Endpoint], error) { return c.endpoints(ctx, filter, opts) })
}

func (c *Client) endpoints(ctx context.Context, filter EndpointFilter, opts []CallOption) (*listing[*Endpoint], error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	if err := filter.validate(); err != nil {
		return nil, err
	}
	return &listing[*Endpoint]{
		c: c, what: "endpoints", path: endpointsPath, query: filter.query(), opts: opts,
		size:   cmp.Or(filter.PageSize, defaultPageSize),
		decode: decodeEndpoints,
		id:     func(e *Endpoint) string { return e.ID },
	}, nil
}

// query is the filter as it is sent.
func (filter EndpointFilter) query() url.Values {
	query := url.Values{}
	setQuery(query, "id", filter.ID)
	setQuery(query, "vpc_id", filter.VPCID)
	setQuery(query, "endpoint_service_name", filter.EndpointServiceName)
	setQuery(query, "sort_key", filter.SortKey)
	setQuery(query, "sort_dir", filter.SortDir)
	return query
}

// list calls yield for each endpoint until it returns false.
func (c *Client) list(ctx context.Context, filter EndpointFilter, opts []CallOption, yield func(*Endpoint) bool) error {
	l, err := c.endpoints(ctx, filter, opts)
	if err != nil {
		return err
	}
	return l.each(ctx, yield)
}

var errNilContext = errors.New("vpcep: the context is nil")

// ready reports what keeps any call from being made.
func (c *Client) ready(ctx context.Context) error {
	if err := c.usable(); err != nil {
		return err
	}
	if ctx == nil {
		return errNilContext
	}
	return nil
}

// endpointPath is the path of one endpoint.
func (c *Client) endpointPath(ctx context.Context, id string) (string, error) {
	if err := c.ready(ctx); err != nil {
		return "", err
	}
	var f fieldErrors
	f.pathSegment("id", id)
	return endpointsPath + "/" + id, f.err()
}
