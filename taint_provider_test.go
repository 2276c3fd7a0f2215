package vpcep_test

import (
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go"
)

// plainProviderAnswer is plainAnswer for the operations of a service's owner.
func plainProviderAnswer(r *http.Request) (body string, isKnown bool) {
	const service = `{"id":"s-1","status":"creating","service_type":"interface","tags":[{"key":"old","value":"1"}]}`
	is := func(method, suffix string) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	switch {
	case is("POST", "/vpc-endpoint-services"), is("GET", "/vpc-endpoint-services/s-1"), is("PUT", "/vpc-endpoint-services/s-1"):
		return service, true
	case is("GET", "/vpc-endpoint-services"):
		return `{"endpoint_services":[],"total_count":0}`, true
	case is("GET", "/permissions"), is("POST", "/permissions/action"), is("POST", "/batch-create"), is("POST", "/batch-delete"), is("PUT", "/permissions/a"):
		return `{"permissions":[{"id":"a","permission":"*"}],"total_count":1}`, true
	case is("PUT", "/connections/description"):
		return `{"connections":[{"id":"e-1"}]}`, true
	case is("GET", "/endpoint/tags"):
		return `{"tags":[{"key":"k","values":["v"]}]}`, true
	case is("POST", "/resource_instances/action"):
		return `{"resources":[{"resource_id":"e-1"}],"total_count":2}`, true
	case r.Method == "GET" && r.URL.Path == "/":
		return `{"versions":[{"id":"v1"}]}`, true
	case r.Method == "GET" && r.URL.Path == "/v1":
		return `{"version":{"id":"v1"}}`, true
	}
	return "", false
}

// taintedProviderBody is the body that taintedSuccess puts an object into.
func taintedProviderBody(r *http.Request, object string) (body string, isKnown bool) {
	is := func(method, suffix string) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	switch {
	case is("GET", "/vpc-endpoint-services"):
		return `{"endpoint_services":[` + object + `],"total_count":1}`, true
	case strings.Contains(r.URL.Path, "/permissions"):
		return `{"permissions":[` + object + `,"§",{"id":"a","permission":"*","description":"§","permission_type":"§","§":"§"}],"permission_type":"§","total_count":1}`, true
	case is("PUT", "/connections/description"):
		return `{"connections":[` + object + `,{"id":"e-1","status":"§","description":"§","§":"§"}]}`, true
	case is("GET", "/tags"):
		return `{"tags":[{"key":"§","values":["§",{"§":"§"}]},"§",` + object + `]}`, true
	case is("POST", "/resource_instances/action"):
		return `{"resources":[{"resource_id":"§","resource_name":"§","tags":[{"key":"§","value":"§"}],"resource_detail":{"§":"§"},"§":"§"},` + object + `],"total_count":2}`, true
	case r.Method == "GET" && r.URL.Path == "/":
		return `{"versions":[{"id":"§","status":"§","version":"§","links":[{"href":"§","type":"§","rel":"§"},"§"],"§":"§"},` + object + `]}`, true
	case r.Method == "GET" && r.URL.Path == "/v1":
		return `{"version":{"id":"§","status":"§","min_version":"§","links":[{"href":"§"}],"§":"§"}}`, true
	}
	return "", false
}

var taintServiceRequest = vpcep.CreateServiceRequest{
	PortID: "port-1", VPCID: "v-1", ServerType: "VM", Ports: []vpcep.ServicePort{{ClientPort: 80, ServerPort: 80}},
}

func keyedCreateService(d driven) (*vpcep.EndpointService, error) {
	request := taintServiceRequest
	request.IdempotencyKey = "key-1"
	return d.c.CreateService(d.ctx, request, d.opts...)
}

func (d driven) serviceWaitOptions() vpcep.WaitOptions {
	return vpcep.WaitOptions{Timeout: 2 * time.Second, OnServicePoll: func(s *vpcep.EndpointService) { d.out.value("polled", s) }}
}

func addPermissions(d driven) ([]vpcep.Permission, error) {
	return d.c.AddPermissions(d.ctx, "s-1", []vpcep.Permission{{Value: "iam:domain::d1"}, {Value: "*", Description: "all"}}, d.opts...)
}

func removePermissions(d driven) error {
	return d.c.RemovePermissions(d.ctx, "s-1", []vpcep.Permission{{ID: "a"}, {Value: "iam:domain::d1"}}, d.opts...)
}

func setServiceTags(d driven) error {
	return d.c.SetServiceTags(d.ctx, "s-1", []vpcep.Tag{{Key: "new", Value: "1"}}, d.opts...)
}

// providerOperations are the taintOperations for the owner of a service.
func providerOperations() []taintOperation {
	return []taintOperation{
		one("CreateService", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.CreateService(d.ctx, taintServiceRequest, d.opts...)
		}),
		one("CreateService", keyedCreateService).after("with a key", 0),
		one("CreateService", keyedCreateService).after("with a key, after the look", 1),
		one("GetService", func(d driven) (*vpcep.EndpointService, error) { return d.c.GetService(d.ctx, "s-1", d.opts...) }),
		one("UpdateService", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.UpdateService(d.ctx, "s-1", vpcep.ServiceChange{PortID: "port-2"}, d.opts...)
		}),
		none("RenameService", func(d driven) error { return d.c.RenameService(d.ctx, "s-1", "name", d.opts...) }),
		none("DeleteService", func(d driven) error { return d.c.DeleteService(d.ctx, "s-1", d.opts...) }),
		several("ListServices", func(d driven) iter.Seq2[*vpcep.EndpointService, error] {
			return d.c.ListServices(d.ctx, vpcep.ServiceFilter{PageSize: 1}, d.opts...)
		}),
		one("CountServices", func(d driven) (int64, error) { return d.c.CountServices(d.ctx, vpcep.ServiceFilter{}, d.opts...) }),
		one("WaitForService", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.WaitForService(d.ctx, "s-1", d.serviceWaitOptions())
		}),
		one("WaitForService", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.WaitForService(d.ctx, "s-1", d.serviceWaitOptions())
		}).after("after a poll", 1),
		none("WaitForServiceDeleted", func(d driven) error { return d.c.WaitForServiceDeleted(d.ctx, "s-1", d.serviceWaitOptions()) }),
		one("GetServiceByIdempotencyKey", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.GetServiceByIdempotencyKey(d.ctx, "key-1", d.opts...)
		}),
		several("ListPermissions", func(d driven) iter.Seq2[*vpcep.Permission, error] {
			return d.c.ListPermissions(d.ctx, "s-1", vpcep.PermissionFilter{}, d.opts...)
		}),
		one("CountPermissions", func(d driven) (int64, error) {
			return d.c.CountPermissions(d.ctx, "s-1", vpcep.PermissionFilter{}, d.opts...)
		}),
		one("AddPermissions", addPermissions),
		one("AddPermissions", addPermissions).after("after the first", 1),
		none("RemovePermissions", removePermissions),
		none("RemovePermissions", removePermissions).after("after the first", 1),
		one("UpdatePermissionDescription", func(d driven) (*vpcep.Permission, error) {
			return d.c.UpdatePermissionDescription(d.ctx, "s-1", "a", "text", d.opts...)
		}),
		one("UpdateConnectionDescriptions", func(d driven) ([]*vpcep.Connection, error) {
			return d.c.UpdateConnectionDescriptions(d.ctx, "s-1", []vpcep.ConnectionDescription{{EndpointID: "e-1"}}, d.opts...)
		}),
		none("AddServiceTags", func(d driven) error { return d.c.AddServiceTags(d.ctx, "s-1", []vpcep.Tag{{Key: "new"}}, d.opts...) }),
		none("RemoveServiceTags", func(d driven) error { return d.c.RemoveServiceTags(d.ctx, "s-1", []string{"old"}, d.opts...) }),
		none("RemoveExactTags", func(d driven) error { return d.c.RemoveExactTags(d.ctx, "e-1", []vpcep.Tag{{Key: "old"}}, d.opts...) }),
		none("RemoveExactServiceTags", func(d driven) error {
			return d.c.RemoveExactServiceTags(d.ctx, "s-1", []vpcep.Tag{{Key: "old"}}, d.opts...)
		}),
		none("SetServiceTags", setServiceTags),
		none("SetServiceTags", setServiceTags).after("after the look", 1),
		none("SetServiceTags", setServiceTags).after("after the removal", 2),
		one("ListProjectTags", func(d driven) ([]vpcep.TagValues, error) {
			return d.c.ListProjectTags(d.ctx, vpcep.ResourceTypeEndpoint, d.opts...)
		}),
		several("ListResources", func(d driven) iter.Seq2[*vpcep.TaggedResource, error] {
			return d.c.ListResources(d.ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{PageSize: 2}, d.opts...)
		}),
		one("CountResources", func(d driven) (int64, error) {
			return d.c.CountResources(d.ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{}, d.opts...)
		}),
		none("UpgradeEndpoint", func(d driven) error { return d.c.UpgradeEndpoint(d.ctx, "e-1", d.opts...) }),
		none("UpgradeService", func(d driven) error { return d.c.UpgradeService(d.ctx, "s-1", vpcep.ServiceUpgrade{}, d.opts...) }),
		none("AddServerResources", func(d driven) error {
			return d.c.AddServerResources(d.ctx, "s-1", []vpcep.ServerResource{{ID: "elb-1"}}, d.opts...)
		}),
		one("ListVersions", func(d driven) ([]*vpcep.APIVersion, error) { return d.c.ListVersions(d.ctx, d.opts...) }),
		one("GetVersion", func(d driven) (*vpcep.APIVersion, error) { return d.c.GetVersion(d.ctx, "v1", d.opts...) }),
	}
}
