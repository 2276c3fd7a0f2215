package vpcep_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestServicesConnectionsAndQuotasRoundTrip(t *testing.T) {
	for _, value := range []any{
		&vpcep.EndpointService{ID: "s", Name: "n", Owner: "o", Type: "interface", IsCharged: true, CreatedAt: time.Unix(1e9, 0).UTC(), Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}},
		&vpcep.Connection{EndpointID: "e", MarkerID: 1 << 40, Status: "accepted", DomainID: "d", Errors: []vpcep.ResourceError{{Code: "c"}}, Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}},
		&vpcep.Quota{Type: "endpoint", Used: 1, Allowed: 2},
	} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		back := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		require.NoError(t, json.Unmarshal(data, back))
		assert.Equal(t, value, back)
	}
}

func TestServices(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", projectURL+"/vpc-endpoint-services/public", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "endpoint_service_name=dns&limit=2&offset=0&sort_dir=asc", r.URL.RawQuery)
		return httpmock.NewStringResponse(200, `{"endpoint_services":[{"id":"s-1","owner":"o","service_name":"DNS","service_type":"gataway","created_at":"2018-09-10T13:13:23Z","is_charge":"true","new":1},{}],"total_count":2}`), nil
	})
	var got []*vpcep.EndpointService
	for s, err := range c.ListPublicServices(t.Context(), vpcep.ServiceFilter{Name: "dns", SortDir: "asc", PageSize: 2}) {
		require.NoError(t, err)
		got = append(got, s)
	}
	assert.Equal(t, []*vpcep.EndpointService{{
		ID: "s-1", Name: "DNS", Owner: "o", Type: vpcep.ServiceTypeGateway, IsCharged: true,
		CreatedAt: time.Date(2018, 9, 10, 13, 13, 23, 0, time.UTC), Extra: map[string]json.RawMessage{"new": json.RawMessage("1")},
	}}, got)
	for _, err := range c.ListPublicServices(t.Context(), vpcep.ServiceFilter{SortKey: "x"}) {
		assert.Equal(t, "sort_key", fieldsOf(err))
	}

	for _, by := range []string{"id", "endpoint_service_name"} {
		mock.RegisterResponderWithQuery("GET", projectURL+"/vpc-endpoint-services/describe", by+"=a b", httpmock.NewStringResponder(200, `{"id":"by `+by+`","is_charge":false}`))
	}
	s, err := c.DescribeService(t.Context(), "a b")
	require.NoError(t, err)
	assert.Equal(t, "by id", s.ID)
	s, err = c.DescribeServiceByName(t.Context(), "a b")
	require.NoError(t, err)
	assert.Equal(t, "by endpoint_service_name", s.ID)
	_, err = c.DescribeServiceByName(t.Context(), "")
	assert.Equal(t, "endpoint_service_name", fieldsOf(err))
}

func TestPreflight(t *testing.T) {
	server := newServer(
		vpceptest.WithService(vpceptest.Service{ID: "if"}), vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}),
		vpceptest.WithService(vpceptest.Service{ID: "odd", Type: "hybrid"}), vpceptest.WithService(vpceptest.Service{ID: "cvs", Type: "cvs_gateway"}))
	defer server.Close()
	client := server.Client()
	tests := map[string]struct {
		req  vpcep.CreateEndpointRequest
		want string
	}{
		"interface":               {vpcep.CreateEndpointRequest{EndpointServiceID: "if", SubnetID: "n", Whitelist: []string{"10.0.0.1"}, EnableDNS: true}, ""},
		"interface wrong":         {vpcep.CreateEndpointRequest{EndpointServiceID: "if", RouteTables: []string{"rt"}, PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}}, "subnet_id routetables policy_statement"},
		"gateway":                 {vpcep.CreateEndpointRequest{EndpointServiceID: "gw", RouteTables: []string{"rt"}}, ""},
		"gateway wrong":           {vpcep.CreateEndpointRequest{EndpointServiceID: "gw", SubnetID: "n", PortIP: "10.0.0.1", Whitelist: []string{"10.0.0.1"}, EnableWhitelist: true}, "port_ip whitelist enable_whitelist"},
		"gateway, without effect": {vpcep.CreateEndpointRequest{EndpointServiceID: "gw", SubnetID: "n", EnableDNS: true}, ""},
		"interface, nobody yet":   {vpcep.CreateEndpointRequest{EndpointServiceID: "if", SubnetID: "n", EnableWhitelist: true}, ""},
		"gateway wrong, more":     {vpcep.CreateEndpointRequest{EndpointServiceID: "cvs", IPVersion: vpcep.IPVersionDualStack, IPv6Address: "2001:db8::1", PolicyDocument: json.RawMessage(`{}`)}, "ipv6_address ip_version policy_document"},
		"interface, odd":          {vpcep.CreateEndpointRequest{EndpointServiceID: "if", SubnetID: "n", IPv6Address: "2001:db8::1"}, "ipv6_address"},
		"unknown type":            {vpcep.CreateEndpointRequest{EndpointServiceID: "odd", SubnetID: "n", RouteTables: []string{"rt"}}, ""},
		"both sorts":              {vpcep.CreateEndpointRequest{EndpointServiceID: "if", Description: "<"}, "description subnet_id"},
		"no service":              {vpcep.CreateEndpointRequest{SubnetID: "n"}, "endpoint_service_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.req.VPCID = "v"
			service, err := client.PreflightCreateEndpoint(t.Context(), tt.req)
			assert.Equal(t, tt.want, fieldsOf(err), "%v", err)
			if tt.want == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.req.EndpointServiceID, service.ID)
			}
		})
	}
	_, err := client.PreflightCreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "none", VPCID: "v"})
	var answer *vpcep.APIError
	assert.ErrorAs(t, err, &answer)
	assert.Empty(t, server.Endpoints(), "nothing was made")
}

// A service says whether it accepts policies; one that does not say may accept them.
func TestPreflightOfAPolicy(t *testing.T) {
	statements := []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}
	for name, tt := range map[string]struct {
		body string
		want string
	}{
		"says no":   {`{"id":"s","service_type":"gateway","enable_policy":false}`, "policy_statement"},
		"says yes":  {`{"id":"s","service_type":"gateway","enable_policy":true,"public_border_group":"g"}`, ""},
		"says none": {`{"id":"s","service_type":"gateway"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			answering(mock, "GET", strings.Replace(endpointsURL, "vpc-endpoints", "vpc-endpoint-services/describe", 1)+"?id=s", 200, tt.body)
			_, err := c.PreflightCreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", PolicyStatement: statements})
			assert.Equal(t, tt.want, fieldsOf(err), "%v", err)
		})
	}
}
