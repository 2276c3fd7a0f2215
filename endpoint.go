package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// headerRequestID names a request for the service's support.
const headerRequestID = "X-Request-Id"

// endpointsPath is the collection of endpoints.
func (c *Client) endpointsPath() string { return "/v1/" + c.projectID + "/vpc-endpoints" }

// defaultPageSize is the page size of a list where the filter does not say.
const defaultPageSize = 100

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
// Without an IdempotencyKey, the request is sent again only where the one before
// certainly did nothing, and an unknown outcome is ErrOutcomeUnknown. With one, the
// call can be repeated after any failure, by any process, and leads to one endpoint:
// the key is looked for before the request is sent, which costs one list more, and
// after an unknown outcome for as long as WithReconcileWindow says. Callers of one
// client with the same key at the same time share one create.
//
// Errors:
//   - *ValidationError: the request is wrong; nothing was sent.
//   - ErrIdempotencyMismatch: the key stands on an endpoint with other settings.
//   - ErrOutcomeUnknown: the endpoint may exist. It stands for 408, 5xx, every
//     answer that is neither an endpoint nor a refusal, and every failure after the
//     request was written.
//   - *APIError: the service refused; nothing was made. The errors by status
//     (ErrForbidden), by meaning (ErrQuotaExceeded) and the codes
//     (CodePortIPInUse) tell why.
//   - any other: the request was never written, for example because there was no connection.
func (c *Client) CreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*Endpoint, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	if c.validates {
		if err := req.Validate(); err != nil {
			return nil, err
		}
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("vpcep: create request: %w", err)
	}
	if req.IdempotencyKey != "" {
		return c.createOnce(ctx, req, body, opts)
	}
	return do(ctx, c, c.createCall(retry.Create, body), opts, decodeEndpoint)
}

func (c *Client) createCall(operation retry.Operation, body []byte) call {
	return call{operation: operation, method: http.MethodPost, path: c.endpointsPath(), body: body}
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
	if err == nil {
		c.creations.forget(id)
	}
	return err
}

// ListEndpoints lists the endpoints that filter selects, page by page: GET
// /v1/{project_id}/vpc-endpoints. A page is asked for when the caller gets to it.
//
// An endpoint comes once, even where it moves to a later page in the meantime.
// The iterator ends with the first error, whose endpoint is nil.
func (c *Client) ListEndpoints(ctx context.Context, filter EndpointFilter, opts ...CallOption) iter.Seq2[*Endpoint, error] {
	return func(yield func(*Endpoint, error) bool) {
		if err := c.list(ctx, filter, opts, func(e *Endpoint) bool { return yield(e, nil) }); err != nil {
			yield(nil, err)
		}
	}
}

// errRepeatedPage ends a list that would never end.
var errRepeatedPage = errors.New("the service gave a page without any new endpoint before the end of the list")

// list calls yield for each endpoint until it returns false.
func (c *Client) list(ctx context.Context, filter EndpointFilter, opts []CallOption, yield func(*Endpoint) bool) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	if err := filter.validate(); err != nil {
		return err
	}
	size := filter.PageSize
	if size == 0 {
		size = defaultPageSize
	}
	seen := make(map[string]struct{})
	for offset := 0; ; {
		page, err := c.page(ctx, filter, size, offset, opts)
		if err != nil {
			return err
		}
		fresh := 0
		for _, e := range page.endpoints {
			if _, repeated := seen[e.ID]; repeated {
				continue
			}
			seen[e.ID] = struct{}{}
			fresh++
			if !yield(e) {
				return nil
			}
		}
		offset += page.elements
		switch {
		case page.isLast(offset, size):
			return nil
		case fresh == 0:
			return fmt.Errorf("vpcep: list endpoints: %w", errRepeatedPage)
		}
	}
}

// page asks for one page.
func (c *Client) page(ctx context.Context, filter EndpointFilter, size, offset int, opts []CallOption) (listBody, error) {
	query := url.Values{"limit": {strconv.Itoa(size)}, "offset": {strconv.Itoa(offset)}}
	for name, value := range map[string]string{
		"id":                    filter.ID,
		"vpc_id":                filter.VPCID,
		"endpoint_service_name": filter.EndpointServiceName,
		"sort_key":              filter.SortKey,
		"sort_dir":              filter.SortDir,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return do(ctx, c, call{operation: retry.Read, method: http.MethodGet, path: c.endpointsPath(), query: query}, opts, decodeList)
}

// isLast reports whether nothing comes behind a page that ends at offset. The
// total counts where the service gives it, because it may hand out smaller pages
// than it was asked for.
func (p listBody) isLast(offset, size int) bool {
	if p.elements == 0 {
		return true
	}
	if p.total >= 0 {
		return int64(offset) >= p.total
	}
	return p.elements < size
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
	return c.endpointsPath() + "/" + id, f.err()
}
