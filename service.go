package vpcep

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/poll"
	"github.com/vpcep/vpcep-go/internal/retry"
)

// The paths of endpoint services.
const (
	servicesPath = "/v1/{project_id}/vpc-endpoint-services"
	servicePath  = servicesPath + "/{id}"
)

// CreateService creates an endpoint service that others can connect to: POST
// /v1/{project_id}/vpc-endpoint-services. It is usually in status creating;
// WaitForService waits until endpoints can connect to it. AddPermissions says who may
// connect, and AcceptConnection lets them in.
//
// With an IdempotencyKey, the call can be repeated after any failure, by the same rules
// and at the same cost as CreateEndpoint. ResponseMeta.Found says that the service was
// not created by this call.
//
// Errors:
//   - *ValidationError: the request is invalid; nothing was sent.
//   - ErrIdempotencyMismatch: the key belongs to a service that another request
//     created.
//   - ErrDuplicateServices: several services carry the key, and the calls that created
//     them have not deleted them; *DuplicateServicesError names them.
//   - ErrOutcomeUnknown: the service may exist, as for CreateEndpoint.
//   - *APIError: the request was refused; nothing was created.
//     CodeServicePortsConflict, for example, says that another service has the same
//     ports of the same back end.
//   - ErrQuotaExceeded: also a refusal; *QuotaExceededError says how many services are
//     used and allowed, if that could be read.
//   - any other error: the request was never written, or was refused unprocessed.
func (c *Client) CreateService(ctx context.Context, req CreateServiceRequest, opts ...CallOption) (*EndpointService, error) {
	if req.IdempotencyKey != "" {
		return keyedService(req).run(ctx, c, opts)
	}
	service, err := do(ctx, c, opts, createService(req))
	return service, c.withQuota(ctx, QuotaTypeEndpointService, serviceResource.about(err))
}

func createService(req CreateServiceRequest) request[*EndpointService] {
	return request[*EndpointService]{
		operation: retry.Create, method: http.MethodPost, path: servicesPath,
		validate: func(f *fieldErrors) { f.createService(req) },
		body:     req,
		decode:   serviceResource.decode,
	}
}

// GetService reads an endpoint service of this project: GET
// /v1/{project_id}/vpc-endpoint-services/{id}. DescribeService reads the summary of any
// service.
//
// The error is ErrServiceNotFound if the service does not exist or no longer exists.
// Reads can lag a few seconds behind a create.
func (c *Client) GetService(ctx context.Context, id string, opts ...CallOption) (*EndpointService, error) {
	return do(ctx, c, opts, getService(id))
}

func getService(id string) request[*EndpointService] {
	return request[*EndpointService]{
		operation: retry.Read, method: http.MethodGet, path: servicePath, ids: []string{id},
		decode: serviceResource.decode,
	}
}

// UpdateService changes an endpoint service of this project: PUT
// /v1/{project_id}/vpc-endpoint-services/{id}. It returns the service from the response.
//
// Errors are those of GetService, and *ValidationError. CodeServiceUnchangeable says
// that the service cannot be changed in its current state.
func (c *Client) UpdateService(ctx context.Context, id string, change ServiceChange, opts ...CallOption) (*EndpointService, error) {
	return do(ctx, c, opts, request[*EndpointService]{
		operation: retry.Update, method: http.MethodPut, path: servicePath, ids: []string{id},
		validate: func(f *fieldErrors) { f.serviceChange(change) },
		body: struct {
			ApprovalEnabled *bool         `json:"approval_enabled,omitempty"`
			Name            *string       `json:"service_name,omitempty"`
			Ports           []ServicePort `json:"ports,omitempty"`
			PortID          string        `json:"port_id,omitempty"`
			TCPProxy        TCPProxy      `json:"tcp_proxy,omitempty"`
			Description     *string       `json:"description,omitempty"`
			IP              string        `json:"ip,omitempty"`
		}{
			change.ApprovalEnabled, change.Name, withProtocol(change.Ports), change.PortID, change.TCPProxy,
			change.Description, change.IP,
		},
		decode: serviceResource.decode,
	})
}

// RenameService gives an endpoint service of this project another name, up to 16
// characters of A-Z a-z 0-9 _ -, or none: PUT
// /v1/{project_id}/vpc-endpoint-services/{id}/name. The name inside EndpointService.Name
// changes with it.
//
// Errors are those of GetService, and *ValidationError.
func (c *Client) RenameService(ctx context.Context, id, name string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, request[struct{}]{
		operation: retry.Update, method: http.MethodPut, path: servicePath + "/name", ids: []string{id},
		validate: func(f *fieldErrors) { f.serviceName("endpoint_service_name", name) },
		body: struct {
			Name string `json:"endpoint_service_name"`
		}{name},
		decode: decodeNothing,
	})
	return err
}

// DeleteService deletes an endpoint service of this project: DELETE
// /v1/{project_id}/vpc-endpoint-services/{id}. The cloud deletes in the background,
// which takes one to two minutes; WaitForServiceDeleted waits until the service is
// gone.
//
// The error is ErrServiceNotFound if the service did not exist, and CodeServiceInUse
// while endpoints are connected.
func (c *Client) DeleteService(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, deleteService(id))
	if err == nil || errors.Is(err, ErrServiceNotFound) {
		c.serviceKeys.Forget(id) // its key is free again
	}
	return err
}

func deleteService(id string) request[struct{}] {
	return request[struct{}]{
		operation: retry.Delete, method: http.MethodDelete, path: servicePath, ids: []string{id},
		decode: decodeNothing,
	}
}

// ListServices lists the endpoint services of this project: GET
// /v1/{project_id}/vpc-endpoint-services. It pages as ListEndpoints does, with the same
// guarantees.
func (c *Client) ListServices(ctx context.Context, filter ServiceFilter, opts ...CallOption) iter.Seq2[*EndpointService, error] {
	return list(ctx, c, opts, services(filter))
}

// CountServices returns how many endpoint services of this project filter selects, as
// CountEndpoints does.
func (c *Client) CountServices(ctx context.Context, filter ServiceFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, services(filter))
}

func services(filter ServiceFilter) listing[EndpointService] {
	return listing[EndpointService]{
		of: serviceResource, path: servicesPath, member: "endpoint_services",
		filter: listFilter{
			by: []parameter{
				{"id", filter.ID, maxIDLength},
				{"endpoint_service_name", filter.Name, maxServiceNameLength},
				{"status", string(filter.Status), maxIDLength},
				{"public_border_group", filter.PublicBorderGroup, maxIDLength},
				{"net_type", filter.NetType, maxIDLength},
			},
			sortKey: filter.SortKey, sortDir: filter.SortDir, pageSize: filter.PageSize,
		},
	}
}

// WaitForService polls an endpoint service of this project until it is available, and
// returns it. The wait continues through outages of up to a minute, unknown statuses,
// and up to five seconds in a row in which the service cannot be found.
// opts.OnServicePoll is called after each poll; opts.Targets and opts.OnPoll are for
// endpoints, and have no effect here.
//
// Errors:
//   - *ValidationError: the ID or the options are invalid; nothing was sent.
//   - *ServiceFailedError: the service is failed or deleting. The service is returned
//     too; with any other error, it is nil.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - ErrServiceNotFound: the service does not exist.
//   - context.Canceled, and any error of GetService that waiting does not fix.
func (c *Client) WaitForService(ctx context.Context, id string, opts WaitOptions) (*EndpointService, error) {
	available := func(s *EndpointService) bool { return s.Status == ServiceStatusAvailable }
	return waitForService(id, serviceResource.until(available, serviceResource.dead)).run(ctx, c, opts)
}

// WaitForServiceDeleted polls an endpoint service of this project until the cloud says
// that it does not exist. A 404 for a wrong URL is an error.
//
// Errors:
//   - *ValidationError: the ID or the options are invalid; nothing was sent.
//   - *WaitTimeoutError: opts.Timeout or the deadline of ctx has passed.
//   - context.Canceled, and any error of GetService that waiting does not fix.
func (c *Client) WaitForServiceDeleted(ctx context.Context, id string, opts WaitOptions) error {
	_, err := waitForService(id, serviceResource.untilGone()).run(ctx, c, opts)
	return err
}

func waitForService(id string, until poll.Condition[*EndpointService]) wait[EndpointService] {
	return wait[EndpointService]{of: serviceResource, id: id, read: getService(id), until: until}
}
