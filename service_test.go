package vpcep_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

const (
	servicesURI = "/v1/p-1/vpc-endpoint-services"
	// ownService is the service's response to a create.
	ownService = `{"id":"s-1","port_id":"port-1","vpc_id":"v-1","pool_id":"pool-1","status":"available","approval_enabled":false,` +
		`"service_name":"region.test.s-1","service_type":"interface","server_type":"VM","project_id":"p-1","created_at":"2022-04-14T09:35:47Z",` +
		`"ports":[{"client_port":8080,"server_port":90,"protocol":"TCP"}]}`
)

var ownRequest = vpcep.CreateServiceRequest{
	PortID: "port-1", VPCID: "v-1", ServerType: vpcep.ServerTypeVM, Ports: []vpcep.ServicePort{{ClientPort: 8080, ServerPort: 90}},
}

func TestServiceCalls(t *testing.T) {
	all := ownRequest
	all.Name, all.Description, all.ApprovalEnabled = "test", "text", ptr(false)
	all.Tags, all.TCPProxy, all.IP, all.PoolID = []vpcep.Tag{{Key: "k", Value: ""}}, vpcep.TCPProxyTOA, "10.0.0.1", "pool-1"
	all.IPVersion, all.SNATNetworkID, all.EnablePolicy = vpcep.IPVersionIPv6, "n-1", true
	all.Extra = map[string]json.RawMessage{"service_type": json.RawMessage(`"interface"`)}
	ports := `"ports":[{"client_port":8080,"server_port":90,"protocol":"TCP"}]`
	c := exchanging(t,
		exchanged{"POST " + servicesURI, `{"port_id":"port-1","vpc_id":"v-1","server_type":"VM",` + ports + `}`, 200, ownService},
		exchanged{"POST " + servicesURI, `{"port_id":"port-1","vpc_id":"v-1","server_type":"VM",` + ports + `,"service_name":"test","description":"text",
			"approval_enabled":false,"tags":[{"key":"k","value":""}],"tcp_proxy":"toa_open","ip":"10.0.0.1","pool_id":"pool-1",
			"ip_version":"ipv6","snat_network_id":"n-1","enable_policy":true,"service_type":"interface"}`, 201, ownService},
		exchanged{"GET " + servicesURI + "/s-1", "", 200, ownService},
		exchanged{"PUT " + servicesURI + "/s-1", `{"approval_enabled":true,"service_name":"test","ports":[{"client_port":8081,"server_port":22,"protocol":"TCP"}]}`, 200, ownService},
		exchanged{"PUT " + servicesURI + "/s-1", `{"description":"","port_id":"port-2","tcp_proxy":"close"}`, 200, ownService},
		exchanged{"PUT " + servicesURI + "/s-1/name", `{"endpoint_service_name":"new_name-23"}`, 200, `{"endpoint_service_name":"new_name-23"}`},
		exchanged{"PUT " + servicesURI + "/s-1/name", `{"endpoint_service_name":""}`, 200, `{"endpoint_service_name":""}`},
		exchanged{"DELETE " + servicesURI + "/s-1", "", 204, ""},
		exchanged{"DELETE " + servicesURI + "/s-1", "", 200, ""},
	)
	want := &vpcep.EndpointService{
		ID: "s-1", PortID: "port-1", VPCID: "v-1", PoolID: "pool-1", Status: vpcep.ServiceStatusAvailable, Name: "region.test.s-1",
		Type: vpcep.ServiceTypeInterface, ServerType: "VM", ProjectID: "p-1", CreatedAt: time.Date(2022, 4, 14, 9, 35, 47, 0, time.UTC),
		Ports: []vpcep.ServicePort{{ClientPort: 8080, ServerPort: 90, Protocol: "TCP"}},
	}
	got := func(s *vpcep.EndpointService, err error) {
		t.Helper()
		require.NoError(t, err)
		assert.Equal(t, want, s)
	}
	ctx := t.Context()
	got(c.CreateService(ctx, ownRequest))
	got(c.CreateService(ctx, all))
	got(c.GetService(ctx, "s-1"))
	got(c.UpdateService(ctx, "s-1", vpcep.ServiceChange{ApprovalEnabled: ptr(true), Name: ptr("test"), Ports: []vpcep.ServicePort{{ClientPort: 8081, ServerPort: 22}}}))
	got(c.UpdateService(ctx, "s-1", vpcep.ServiceChange{Description: ptr(""), PortID: "port-2", TCPProxy: vpcep.TCPProxyClose}))
	require.NoError(t, c.RenameService(ctx, "s-1", "new_name-23"))
	require.NoError(t, c.RenameService(ctx, "s-1", ""))
	require.NoError(t, c.DeleteService(ctx, "s-1"))
	require.NoError(t, c.DeleteService(ctx, "s-1"))
}

// The list has port numbers as strings, and fields that no other response has.
func TestListServices(t *testing.T) {
	c := exchanging(t,
		exchanged{"GET " + servicesURI + "?endpoint_service_name=te&id=s-1&limit=100&net_type=vxlan&offset=0&public_border_group=g&sort_dir=asc&sort_key=create_at&status=available", "", 200,
			`{"endpoint_services":[{"id":"s-1","status":"available","approval_enabled":"false","ports":[{"client_port":"8080","server_port":"80","protocol":"TCP"}],
			"domain_id":"d-1","connection_count":2,"supported_editions":["basic"],"update_at":"2022-04-14T09:36:47Z","public_border_group":"g",
			"error":{"error_code":"C","error_message":"M"}}],"total_count":1}`},
		exchanged{"GET " + servicesURI + "?limit=1", "", 200, `{"endpoint_services":[],"total_count":7}`},
	)
	got := collect(t, c.ListServices(t.Context(), vpcep.ServiceFilter{
		ID: "s-1", Name: "te", Status: vpcep.ServiceStatusAvailable, PublicBorderGroup: "g", NetType: "vxlan", SortKey: "create_at", SortDir: "asc",
	}))
	assert.Equal(t, []*vpcep.EndpointService{{
		ID: "s-1", Status: vpcep.ServiceStatusAvailable, Ports: []vpcep.ServicePort{{ClientPort: 8080, ServerPort: 80, Protocol: "TCP"}},
		DomainID: "d-1", ConnectionCount: 2, SupportedEditions: []string{"basic"}, PublicBorderGroup: "g",
		UpdatedAt: time.Date(2022, 4, 14, 9, 36, 47, 0, time.UTC), Errors: []vpcep.ResourceError{{Code: "C", Message: "M"}},
	}}, got)
	n, err := c.CountServices(t.Context(), vpcep.ServiceFilter{SortKey: "does not matter"})
	require.NoError(t, err)
	assert.EqualValues(t, 7, n)

	for _, err := range c.ListPublicServices(t.Context(), vpcep.ServiceFilter{Status: "available", NetType: "all", PublicBorderGroup: "g"}) {
		assert.Equal(t, "status public_border_group net_type", fieldsOf(err))
	}
	_, err = c.CountPublicServices(t.Context(), vpcep.ServiceFilter{Status: "available"})
	assert.Equal(t, "status", fieldsOf(err))
}

func TestServicesAreValidated(t *testing.T) {
	with := func(change func(*vpcep.CreateServiceRequest)) vpcep.CreateServiceRequest {
		r := ownRequest
		change(&r)
		return r
	}
	long := strings.Repeat("x", 65)
	for name, tt := range map[string]struct {
		req  vpcep.CreateServiceRequest
		want string
	}{
		"right":           {ownRequest, ""},
		"nothing":         {vpcep.CreateServiceRequest{}, "port_id vpc_id server_type ports"},
		"deprecated type": {with(func(r *vpcep.CreateServiceRequest) { r.ServerType = "BMS" }), ""},
		"long": {with(func(r *vpcep.CreateServiceRequest) {
			r.PortID, r.VPCID, r.PoolID, r.SNATNetworkID = long, long, long, long
		}), "port_id vpc_id snat_network_id pool_id"},
		"type":    {with(func(r *vpcep.CreateServiceRequest) { r.ServerType = "vm" }), "server_type"},
		"numbers": {with(func(r *vpcep.CreateServiceRequest) { r.Ports = []vpcep.ServicePort{{ClientPort: 0, ServerPort: 65536}} }), "ports[0].client_port ports[0].server_port"},
		"limits":  {with(func(r *vpcep.CreateServiceRequest) { r.Ports = []vpcep.ServicePort{{ClientPort: 1, ServerPort: 65535}} }), ""},
		"repeated": {with(func(r *vpcep.CreateServiceRequest) {
			r.Ports = []vpcep.ServicePort{{1, 2, ""}, {1, 3, ""}, {1, 2, "TCP"}}
		}), "ports[2]"},
		"200 ports":          {with(func(r *vpcep.CreateServiceRequest) { r.Ports = manyPorts(200) }), ""},
		"201 ports":          {with(func(r *vpcep.CreateServiceRequest) { r.Ports = manyPorts(201) }), "ports"},
		"name of 16":         {with(func(r *vpcep.CreateServiceRequest) { r.Name = "abc_DEF-01234567" }), ""},
		"name of 17":         {with(func(r *vpcep.CreateServiceRequest) { r.Name = "abc_DEF-012345678" }), "service_name"},
		"name":               {with(func(r *vpcep.CreateServiceRequest) { r.Name = "a.b" }), "service_name"},
		"texts":              {with(func(r *vpcep.CreateServiceRequest) { r.Description, r.TCPProxy, r.IPVersion = "<", "\xff", "\xff" }), "description tcp_proxy ip_version"},
		"IPv6":               {with(func(r *vpcep.CreateServiceRequest) { r.IPVersion = vpcep.IPVersionIPv6 }), "snat_network_id"},
		"tags":               {with(func(r *vpcep.CreateServiceRequest) { r.Tags = []vpcep.Tag{{Key: "a="}, {Key: vpcep.IdempotencyTagKey}} }), "tags[0].key tags[1].key"},
		"tags with the key":  {with(func(r *vpcep.CreateServiceRequest) { r.Tags, r.IdempotencyKey = manyTags(20), "key" }), "tags"},
		"resumed by nothing": {with(func(r *vpcep.CreateServiceRequest) { r.Resume = true }), "Resume"},
		"key":                {with(func(r *vpcep.CreateServiceRequest) { r.IdempotencyKey = strings.Repeat("k", 37) }), "idempotency_key"},
		"extra":              {with(func(r *vpcep.CreateServiceRequest) { r.Extra = map[string]json.RawMessage{"ip": json.RawMessage("1")} }), "ip"},
	} {
		assert.Equal(t, tt.want, fieldsOf(tt.req.Validate()), name)
	}
	c := exchanging(t)
	_, err := c.CreateService(t.Context(), vpcep.CreateServiceRequest{})
	assert.Equal(t, "port_id vpc_id server_type ports", fieldsOf(err))
	assert.Equal(t, "endpoint_service_name", fieldsOf(c.RenameService(t.Context(), "s-1", "abc_DEF-012345678")))
	for want, change := range map[string]vpcep.ServiceChange{
		"service":                  {},
		"service_name description": {Name: ptr("a b"), Description: ptr(">")},
		"ports":                    {Ports: []vpcep.ServicePort{}},
		"ip":                       {PortID: "p", IP: "10.0.0.1"},
		"port_id ip ip tcp_proxy":  {PortID: long, IP: strings.Repeat("x", 129), TCPProxy: "\xff"},
	} {
		_, err := c.UpdateService(t.Context(), "s-1", change)
		assert.Equal(t, want, fieldsOf(err))
	}
	for _, err := range []error{
		c.DeleteService(t.Context(), ".."), c.RenameService(t.Context(), "a/b", "n"), c.WaitForServiceDeleted(t.Context(), "", vpcep.WaitOptions{}),
	} {
		assert.Equal(t, "id", fieldsOf(err))
	}
}

func manyPorts(n int) (ports []vpcep.ServicePort) {
	for i := range n {
		ports = append(ports, vpcep.ServicePort{ClientPort: i + 1, ServerPort: 80})
	}
	return ports
}

func TestServiceNotFound(t *testing.T) {
	for name, tt := range map[string]struct {
		status     int
		body       string
		isNotFound bool
	}{
		"its own code":         {404, `{"error_code":"EndPoint.2003","error_msg":"m"}`, true},
		"nested":               {400, `{"error":{"code":"endpoint.2003","message":"m"}}`, true},
		"unavailable":          {404, `{"error":{"code":"EndPoint.0005","message":"m"}}`, true},
		"a wrong URL":          {404, `{"error_code":"APIGW.0101","error_msg":"m"}`, false},
		"without a code":       {404, ``, false},
		"a failure of service": {500, `{"error":{"code":"EndPoint.0005","message":"m"}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := exchanging(t, exchanged{"GET " + servicesURI + "/s-1", "", tt.status, tt.body})
			_, err := c.GetService(t.Context(), "s-1", vpcep.WithCallRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
			require.Error(t, err)
			assert.Equal(t, tt.isNotFound, errors.Is(err, vpcep.ErrServiceNotFound))
			assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
		})
	}
	c := exchanging(t, exchanged{"POST /v1/p-1/endpoint_service/s-1/tags/action", `{"action":"delete","tags":[{"key":"k"}]}`, 404, `{"error":{"code":"EndPoint.0005","message":"m"}}`})
	err := c.RemoveServiceTags(t.Context(), "s-1", []string{"k"})
	assert.ErrorIs(t, err, vpcep.ErrServiceNotFound)
	assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
}

// A create that may have been carried out is not sent again, and the error names a service.
func TestCreateServiceWithUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, nil, status(502, "<html>"))
		_, err := c.CreateService(t.Context(), ownRequest)
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Contains(t, err.Error(), "the endpoint service may exist")
		assert.Equal(t, 1, s.Calls())

		c, _ = scripted(t, nil, cutAnswer(200, `{"id":"s-1","po`))
		_, err = c.CreateService(t.Context(), ownRequest)
		var unknown *vpcep.OutcomeUnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, "s-1", unknown.ServiceID)
		assert.Empty(t, unknown.EndpointID)

		c, _ = scripted(t, nil, status(400, `{"error_code":"Endpoint.1018","error_msg":"m"}`),
			status(200, `{"quotas":{"resources":[{"type":"endpoint","used":1,"quota":2},{"type":"endpoint_service","used":20,"quota":20}]}}`))
		_, err = c.CreateService(t.Context(), ownRequest)
		require.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
		assert.Contains(t, err.Error(), "20 of 20 endpoint services are used")
	})
}

// A delete that was carried out before its response was lost succeeds.
func TestDeleteServiceRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""), status(404, `{"error_code":"EndPoint.2003","error_msg":"m"}`))
		assert.NoError(t, c.DeleteService(t.Context(), "s-1"))
		assert.Equal(t, 2, s.Calls())
		c, _ = scripted(t, nil, status(404, `{"error_code":"EndPoint.2003","error_msg":"m"}`))
		assert.ErrorIs(t, c.DeleteService(t.Context(), "s-1"), vpcep.ErrServiceNotFound)
		c, _ = scripted(t, nil, status(400, `{"error":{"code":"EndPoint.3006","message":"m"}}`))
		assert.ErrorIs(t, c.DeleteService(t.Context(), "s-1"), vpcep.CodeServiceInUse)
	})
}

func TestWaitForService(t *testing.T) {
	is := func(s string) answer {
		return status(200, `{"id":"s-1","status":"`+s+`","error":[{"code":"C","message":"M"}]}`)
	}
	gone := status(404, `{"error_code":"EndPoint.2003","error_msg":"m"}`)
	bubble(t, "until it is available", func(t *testing.T) {
		c, s := scripted(t, nil, gone, status(503, ""), is("creating"), is("new"), is("available"))
		var polled []vpcep.ServiceStatus
		service, err := c.WaitForService(t.Context(), "s-1", vpcep.WaitOptions{
			OnServicePoll: func(s *vpcep.EndpointService) { polled = append(polled, s.Status); s.Errors[0].Code = "changed" },
			OnPoll:        func(*vpcep.Endpoint) { t.Error("it is no endpoint") },
		})
		require.NoError(t, err)
		assert.Equal(t, []vpcep.ServiceStatus{"creating", "new", "available"}, polled)
		assert.Equal(t, "C", service.Errors[0].Code, "the callback got a copy")
		assert.Equal(t, 5, s.Calls())
	})
	for _, dead := range []string{"failed", "deleting"} {
		bubble(t, dead, func(t *testing.T) {
			c, _ := scripted(t, nil, is("creating"), is(dead))
			service, err := c.WaitForService(t.Context(), "s-1", vpcep.WaitOptions{})
			var failed *vpcep.ServiceFailedError
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, "vpcep: endpoint service s-1 is "+dead+": C M", err.Error())
			assert.Same(t, failed.Service, service)
		})
	}
	bubble(t, "not there", func(t *testing.T) {
		c, _ := scripted(t, nil, gone)
		start := time.Now()
		_, err := c.WaitForService(t.Context(), "s-1", vpcep.WaitOptions{})
		assert.ErrorIs(t, err, vpcep.ErrServiceNotFound)
		assert.GreaterOrEqual(t, time.Since(start), 5*time.Second)
	})
	bubble(t, "too long", func(t *testing.T) {
		c, _ := scripted(t, nil, is("creating"))
		_, err := c.WaitForService(t.Context(), "s-1", vpcep.WaitOptions{Timeout: time.Minute})
		var timeout *vpcep.WaitTimeoutError
		require.ErrorAs(t, err, &timeout)
		assert.Equal(t, "vpcep: timed out waiting for endpoint service s-1, last seen creating", err.Error())
		assert.Equal(t, "s-1", timeout.ServiceID)
		assert.Equal(t, vpcep.ServiceStatusCreating, timeout.LastService.Status)
		assert.Nil(t, timeout.Last)
	})
	bubble(t, "until it is gone", func(t *testing.T) {
		c, s := scripted(t, nil, is("deleting"), is("deleting"), gone)
		require.NoError(t, c.WaitForServiceDeleted(t.Context(), "s-1", vpcep.WaitOptions{}))
		assert.Equal(t, 3, s.Calls())
		c, _ = scripted(t, nil, status(404, `{"error_code":"APIGW.0101","error_msg":"m"}`))
		assert.ErrorIs(t, c.WaitForServiceDeleted(t.Context(), "s-1", vpcep.WaitOptions{}), vpcep.CodeAPINotFound)
	})
}

// What is read of a service is written back, whichever operation it came from.
func TestServiceRoundTrip(t *testing.T) {
	for _, body := range []string{
		`{"id":"s","owner":"o","service_name":"n","service_type":"interface","created_at":"2018-09-10T13:13:23Z","is_charge":true}`,
		`{"id":"s","status":"available","approval_enabled":false,"ports":[{"client_port":1,"server_port":2,"protocol":"TCP"}],"tcp_proxy":"close",
			"ip_version":"ipv4","enable_policy":true,"connection_count":3,"tags":[{"key":"k","value":"v"},{"key":"vpcep-idempotency-key","value":"key~abcdef"}],
			"supported_editions":["profession","basic"],"cidr_type":"internal","error":{"error_code":"C","error_message":"M"},"new":{"a":[1]}}`,
		`{"id":"s","status":"creating","approval_enabled":true,"ports":[{"client_port":{}}]}`,
	} {
		var s vpcep.EndpointService
		require.NoError(t, json.Unmarshal([]byte(body), &s))
		text, err := json.Marshal(s)
		require.NoError(t, err)
		assert.JSONEq(t, body, string(text))
	}
	var s vpcep.EndpointService
	require.NoError(t, json.Unmarshal([]byte(`{"id":"s","tags":[{"key":"vpcep-idempotency-key","value":"key~abcdef"}]}`), &s))
	assert.Equal(t, "key", s.IdempotencyKey)
	assert.Empty(t, s.Tags)

	var r vpcep.CreateServiceRequest
	require.NoError(t, json.Unmarshal([]byte(`{"port_id":"p","vpc_id":"v","approval_enabled":"false","service_type":"interface","server_type":"VM",
		"ports":[{"client_port":"8080","server_port":90,"protocol":"TCP"}],"tags":[{"key":"vpcep-idempotency-key","value":"key"}]}`), &r))
	assert.Equal(t, vpcep.CreateServiceRequest{
		PortID: "p", VPCID: "v", ApprovalEnabled: ptr(false), ServerType: "VM", Ports: []vpcep.ServicePort{{8080, 90, "TCP"}}, IdempotencyKey: "key",
		Tags: []vpcep.Tag{}, Extra: map[string]json.RawMessage{"service_type": json.RawMessage(`"interface"`)},
	}, r)
	assert.ErrorContains(t, json.Unmarshal([]byte(`{"ports":[{"client_port":"http"}],"approval_enabled":[]}`), &r), "approval_enabled, ports")
}
