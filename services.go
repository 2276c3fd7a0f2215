package vpcep

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/rules"
)

// ListPublicServices lists the services that the cloud's operator offers to everyone:
// GET /v1/{project_id}/vpc-endpoint-services/public. It pages as ListEndpoints does,
// with the same guarantees.
func (c *Client) ListPublicServices(ctx context.Context, filter ServiceFilter, opts ...CallOption) iter.Seq2[*EndpointService, error] {
	return list(ctx, c, opts, publicServices(filter))
}

// CountPublicServices returns how many public services filter selects, as
// CountEndpoints does.
func (c *Client) CountPublicServices(ctx context.Context, filter ServiceFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, publicServices(filter))
}

func publicServices(filter ServiceFilter) listing[EndpointService] {
	return listing[EndpointService]{
		of: serviceResource, path: servicesPath + "/public", member: "endpoint_services",
		filter: listFilter{
			by: []parameter{
				{"id", filter.ID, maxIDLength},
				{"endpoint_service_name", filter.Name, maxServiceNameLength},
			},
			sortKey: filter.SortKey, sortDir: filter.SortDir, pageSize: filter.PageSize,
			refuse: func(f *fieldErrors) {
				const service = "public services"
				f.forbid(service, "status", filter.Status != "")
				f.forbid(service, "public_border_group", filter.PublicBorderGroup != "")
				f.forbid(service, "net_type", filter.NetType != "")
			},
		},
	}
}

// DescribeService reads the summary of a service by its ID, public or not: GET
// /v1/{project_id}/vpc-endpoint-services/describe. The error is ErrServiceNotFound if
// there is no such service, or this project cannot see it.
func (c *Client) DescribeService(ctx context.Context, id string, opts ...CallOption) (*EndpointService, error) {
	return do(ctx, c, opts, describeService("id", id))
}

// DescribeServiceByName is DescribeService by the service's full name.
func (c *Client) DescribeServiceByName(ctx context.Context, name string, opts ...CallOption) (*EndpointService, error) {
	return do(ctx, c, opts, describeService("endpoint_service_name", name))
}

func describeService(by, value string) request[*EndpointService] {
	return request[*EndpointService]{
		operation: retry.Read, method: http.MethodGet,
		path: servicesPath + "/describe", query: url.Values{by: {value}},
		check: func(f *fieldErrors) {
			if value == "" {
				f.add(by, "must not be empty")
			}
			f.broken(by, rules.Encoding(value))
		},
		decode: serviceResource.decode,
	}
}

// PreflightCreateEndpoint checks a request against the service that it connects to,
// before anything is created. It reads the service, and reports what the type of the
// service requires or forbids, together with the rules of Validate. An interface
// service requires SubnetID, and IPVersionDualStack if IPv6Address is set; it does not
// take RouteTables or PolicyStatement. A gateway service does not take PortIP,
// IPv6Address, IPVersionDualStack, Whitelist, EnableWhitelist or PolicyDocument; SubnetID
// and EnableDNS are accepted but have no effect. A service whose EnablePolicy is false
// takes no policy. There are no rules for a type that this version does not know. With
// WithoutValidation, only these rules are checked.
//
// The error is a *ValidationError, or an error of DescribeService. The service is
// returned with a *ValidationError if it could be read, and is nil with any other error.
// CreateEndpoint does not call this method, because it costs an extra request.
func (c *Client) PreflightCreateEndpoint(ctx context.Context, req CreateEndpointRequest, opts ...CallOption) (*EndpointService, error) {
	var f fieldErrors
	var invalid *ValidationError
	if c != nil && c.validates && errors.As(req.Validate(), &invalid) {
		f = invalid.Fields
	}
	if req.EndpointServiceID == "" {
		return nil, f.err()
	}
	service, err := c.DescribeService(ctx, req.EndpointServiceID, opts...)
	if err != nil {
		return nil, err
	}
	switch {
	case service.Type == ServiceTypeInterface:
		f.interfaceRules(req)
	case service.Type.isGateway():
		f.gatewayRules(req)
	}
	if service.EnablePolicy != nil && !*service.EnablePolicy {
		f.forbid("a service without enable_policy", "policy_statement", len(req.PolicyStatement) > 0)
		f.forbid("a service without enable_policy", "policy_document", len(req.PolicyDocument) > 0)
	}
	return service, f.err()
}

func (f *fieldErrors) interfaceRules(req CreateEndpointRequest) {
	const service = "an interface service"
	if req.SubnetID == "" {
		f.add("subnet_id", "must not be empty for %s", service)
	}
	f.forbid(service, "routetables", len(req.RouteTables) > 0)
	f.forbid(service, "policy_statement", len(req.PolicyStatement) > 0)
	if req.IPv6Address != "" && req.IPVersion != IPVersionDualStack {
		f.add("ipv6_address", "requires ip_version dualstack")
	}
}

func (f *fieldErrors) gatewayRules(req CreateEndpointRequest) {
	const service = "a gateway service"
	f.forbid(service, "port_ip", req.PortIP != "")
	f.forbid(service, "ipv6_address", req.IPv6Address != "")
	f.forbid(service, "ip_version", req.IPVersion == IPVersionDualStack)
	f.forbid(service, "policy_document", len(req.PolicyDocument) > 0)
	f.forbid(service, "whitelist", len(req.Whitelist) > 0)
	f.forbid(service, "enable_whitelist", req.EnableWhitelist)
}

func (f *fieldErrors) forbid(service, field string, isSet bool) {
	if isSet {
		f.add(field, "must not be set for %s", service)
	}
}
