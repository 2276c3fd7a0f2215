package vpcep_test

import (
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go"
)

// plainProviderAnswer is plainAnswer for what the owner of a service asks for.
func plainProviderAnswer(r *http.Request) (body string, isKnown bool) {
	const service = `{"id":"s-1","status":"creating","service_type":"interface","tags":[{"key":"old","value":"1"}]}`
	is := func(method, suffix string) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	switch {
	case is("POST", "/vpc-endpoint-services"), is("GET", "/vpc-endpoint-services/s-1"), is("PUT", "/vpc-endpoint-services/s-1"):
		return service, true
	case is("GET", "/vpc-endpoint-services"):
		return `{"endpoint_services":[],"total_count":0}`, true
	}
	return "", false
}

// taintedProviderBody is what taintedSuccess puts an object into.
func taintedProviderBody(r *http.Request, object string) (body string, isKnown bool) {
	is := func(method, suffix string) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	if is("GET", "/vpc-endpoint-services") {
		return `{"endpoint_services":[` + object + `],"total_count":1}`, true
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

// providerOperations are those of taintOperations that the owner of a service calls.
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
	}
}
