package vpcep_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// responding returns a client whose every request gets a file of testdata as its
// response; a list is given from the requested offset on.
func responding(t *testing.T, code int, file string) *vpcep.Client {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	c, mock := mocked(t, vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
	mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
		offset, err := strconv.Atoi(r.URL.Query().Get("offset"))
		if err != nil || offset == 0 {
			return status(code, string(data))(r)
		}
		var list map[string]any
		if err := json.Unmarshal(data, &list); err != nil {
			return nil, err
		}
		for name, value := range list {
			if items, isList := value.([]any); isList {
				list[name] = items[min(offset, len(items)):]
			}
		}
		rest, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		return status(code, string(rest))(r)
	})
	return c
}

func utc(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return when.UTC()
}

// The bodies are read by the operations, as a response on the wire is.
func TestEndpointWithEveryField(t *testing.T) {
	e, err := responding(t, 200, "endpoint_interface.json").GetEndpoint(t.Context(), "e")
	require.NoError(t, err)
	// EqualExportedValues looks into neither times nor unexported fields.
	assert.Equal(t, utc(t, "2026-03-04T05:06:07Z"), e.CreatedAt)
	assert.Equal(t, utc(t, "2026-03-04T05:06:19Z"), e.UpdatedAt)
	assert.EqualExportedValues(t, vpcep.Endpoint{
		ID: "6c8b2c1e-52f4-4a0b-9d0e-0d6f7f1f0a01", ServiceType: vpcep.ServiceTypeInterface,
		Status: vpcep.StatusAccepted, ActiveStatus: []vpcep.ActiveStatus{vpcep.ActiveStatusActive},
		EnableStatus:        vpcep.EnableStatusEnable,
		EndpointServiceID:   "b0a6f2c4-2d0f-4f1c-8a43-5a1de3d9e702",
		EndpointServiceName: "eu-test-1.ledger.b0a6f2c4-2d0f-4f1c-8a43-5a1de3d9e702",
		MarkerID:            16777241, EnableDNS: true,
		DNSNames: []string{"vpcep-6c8b2c1e.eu-test-1.example.com", "ledger.internal.example.com"},
		IP:       "10.1.2.3", IPv6Address: "2001:db8::3", IPVersion: vpcep.IPVersionDualStack,
		VPCID: "1f2e3d4c-aaaa-4bbb-8ccc-0123456789ab", SubnetID: "9a8b7c6d-dddd-4eee-8fff-ba9876543210",
		ProjectID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		Tags: []vpcep.Tag{{Key: "team", Value: "ledger"}}, IdempotencyKey: "order-17",
		Whitelist: []string{"10.0.0.0/8", "192.168.7.7"}, EnableWhitelist: true,
		SpecificationName: "default", Description: "Ledger, blue",
		EndpointPoolID: "pool-4", PublicBorderGroup: "center",
	}, *e)
	written, err := json.Marshal(e)
	require.NoError(t, err)
	original, err := os.ReadFile("testdata/endpoint_interface.json")
	require.NoError(t, err)
	assert.JSONEq(t, string(original), string(written), "an endpoint is written as it was read")
}

func TestGatewayEndpointWithPolicies(t *testing.T) {
	e, err := responding(t, 200, "endpoint_gateway.json").GetEndpoint(t.Context(), "e")
	require.NoError(t, err)
	assert.Equal(t, vpcep.ServiceTypeGateway, e.ServiceType)
	assert.Equal(t, vpcep.StatusCreating, e.Status)
	assert.Empty(t, e.SubnetID)
	assert.Empty(t, e.Tags)
	assert.Equal(t, []string{"5e4d3c2b-1111-4222-8333-444455556666"}, e.RouteTables)
	assert.Equal(t, []vpcep.PolicyStatement{
		{Sid: "read", Effect: "Allow", Action: []string{"obs:object:Get*"}, Resource: []string{"obs:*:*:object:ledger/*"}},
		{
			Effect: "Deny", Action: []string{"obs:bucket:DeleteBucket"}, Resource: []string{"obs:*:*:bucket:*"},
			Condition: json.RawMessage(`{"Bool": {"g:SecureTransport": ["false"]}}`),
		},
	}, e.PolicyStatement)
	assert.JSONEq(t, `{"Version":"5.0","Statement":[]}`, string(e.PolicyDocument))
}

// No drift costs more than the field that drifted.
func TestDriftedEndpoint(t *testing.T) {
	e, err := responding(t, 201, "endpoint_drifted.json").CreateEndpoint(t.Context(),
		vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"})
	require.NoError(t, err)
	assert.Equal(t, "6c8b2c1e-52f4-4a0b-9d0e-0d6f7f1f0a03", e.ID, "of a repeated field, the last one counts")
	assert.Equal(t, vpcep.ServiceType("quantum"), e.ServiceType)
	assert.Equal(t, vpcep.EndpointStatus("parked"), e.Status)
	assert.Equal(t, []vpcep.ActiveStatus{vpcep.ActiveStatusFrozen}, e.ActiveStatus)
	assert.Empty(t, e.EnableStatus)
	assert.Equal(t, int64(422321321312321321), e.MarkerID)
	assert.True(t, e.EnableDNS)
	assert.Equal(t, []string{"vpcep-6c8b2c1e.eu-test-1.example.com"}, e.DNSNames)
	assert.False(t, e.EnableWhitelist)
	assert.Equal(t, []string{"10.0.0.0/8"}, e.Whitelist)
	assert.Equal(t, utc(t, "2026-03-04T05:06:07.089Z"), e.CreatedAt, "without a zone it is UTC")
	assert.Equal(t, utc(t, "2026-03-04T05:06:07Z"), e.UpdatedAt)
	assert.Equal(t, []vpcep.Tag{{Key: "team", Value: "ledger"}}, e.Tags)
	assert.Equal(t, []vpcep.ResourceError{
		{Code: "EndPoint.3001", Message: "the port is in use"}, {Message: "and the quota is full"},
	}, e.Errors)
	assert.Equal(t, `"ff808082"`, string(e.Extra["jobId"]))
	assert.Equal(t, `{"a": [1, 2.50, 12345678901234567890]}`, string(e.Extra["new_in_2027"]), "as it was sent, digit by digit")
	for _, field := range []string{"tags", "routetables"} {
		assert.Contains(t, e.Extra, field, "what cannot be read is kept")
	}
}

func TestListWithElementsThatAreNone(t *testing.T) {
	endpoints := collect(t, responding(t, 200, "endpoints.json").ListEndpoints(t.Context(), vpcep.EndpointFilter{}))
	require.Len(t, endpoints, 2, "an element without an ID is skipped")
	assert.Equal(t, "e-new", endpoints[0].ID)
	assert.Equal(t, "e-old", endpoints[1].ID)
	assert.Equal(t, int64(3), endpoints[1].MarkerID)
	assert.Equal(t, []vpcep.ResourceError{{Code: "EndPoint.3001", Message: "no address left"}}, endpoints[1].Errors)

	n, err := responding(t, 200, "endpoints.json").CountEndpoints(t.Context(), vpcep.EndpointFilter{})
	require.NoError(t, err)
	assert.Equal(t, int64(2), n)
}

func TestServiceWithBooleansInStrings(t *testing.T) {
	s, err := responding(t, 200, "service.json").GetService(t.Context(), "s")
	require.NoError(t, err)
	assert.Equal(t, vpcep.ServiceStatusAvailable, s.Status)
	assert.Equal(t, vpcep.ServerTypeLB, s.ServerType)
	assert.True(t, s.ApprovalEnabled)
	assert.False(t, s.IsCharged)
	assert.Nil(t, s.EnablePolicy, "the response does not say")
	assert.Equal(t, vpcep.TCPProxyProxy, s.TCPProxy)
	assert.Equal(t, int64(2), s.ConnectionCount)
	assert.Equal(t, []vpcep.ServicePort{
		{ClientPort: 443, ServerPort: 8443, Protocol: "TCP"}, {ClientPort: 80, ServerPort: 8080, Protocol: "TCP"},
	}, s.Ports)
	assert.Equal(t, utc(t, "2026-02-03T04:05:06.5Z"), s.UpdatedAt)
	assert.Nil(t, s.Extra)
}

func TestConnectionsBeyond32Bits(t *testing.T) {
	connections := collect(t, responding(t, 200, "connections.json").ListConnections(t.Context(), "s", vpcep.ConnectionFilter{}))
	require.Len(t, connections, 2)
	assert.Equal(t, int64(322312312312), connections[0].MarkerID)
	assert.Equal(t, vpcep.StatusPendingAcceptance, connections[0].Status)
	assert.Equal(t, "from billing", connections[0].Description)
	assert.Equal(t, "d-2", connections[1].DomainID)
	assert.Equal(t, utc(t, "2026-03-03T05:06:07.123Z"), connections[1].CreatedAt)
	assert.Equal(t, []vpcep.ResourceError{{Code: "EndPoint.3002", Message: "the owner said no"}}, connections[1].Errors)
}

func TestQuotasInAnyOrder(t *testing.T) {
	quotas, err := responding(t, 200, "quotas.json").GetQuotas(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []vpcep.Quota{
		{Type: vpcep.QuotaTypeEndpointService, Used: 1, Allowed: 20}, {Type: vpcep.QuotaTypeEndpoint, Used: 49, Allowed: 50},
	}, quotas)
}

func TestErrorBodiesOfEveryShape(t *testing.T) {
	for _, tt := range []struct {
		file          string
		status        int
		code, message string
		id            string
		is            error
	}{
		{"documented.json", 404, "EndPoint.0005", "the endpoint does not exist", "r-documented", vpcep.ErrEndpointNotFound},
		{"gateway.json", 429, "APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit,limit:60,time:1 minute", "r-gateway", vpcep.ErrThrottled},
		{"flat.json", 400, "EndPoint.0022", "too many requests", "r-flat", vpcep.ErrThrottled},
		{"iam.json", 401, "401", "The username or password is wrong.", "", vpcep.ErrUnauthorized},
		{"both.json", 400, "Flat.1", "flat", "r-both", nil},
		{"denied.json", 403, "PDP5.0010", "not authorized to perform vpcep:endpoints:create", "r-denied", vpcep.ErrForbidden},
		{"proxy.html", 504, "", "", "", nil},
		{"proxy.txt", 503, "", "upstream connect error or disconnect/reset before headers", "", nil},
		{"strange.json", 400, "", "", "", nil},
	} {
		t.Run(tt.file, func(t *testing.T) {
			_, err := responding(t, tt.status, filepath.Join("errors", tt.file)).GetEndpoint(t.Context(), "e")
			var api *vpcep.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, tt.status, api.StatusCode)
			assert.Equal(t, tt.code, api.Code)
			assert.Equal(t, tt.message, api.Message)
			assert.Equal(t, tt.id, api.RequestID)
			assert.NotContains(t, err.Error(), "\n")
			if tt.is != nil {
				assert.ErrorIs(t, err, tt.is)
			}
			body, readErr := os.ReadFile(filepath.Join("testdata", "errors", tt.file))
			require.NoError(t, readErr)
			assert.Equal(t, string(body), string(api.Body), "nothing of a body is lost")
		})
	}
}

func TestReasonsBesideARefusal(t *testing.T) {
	_, err := responding(t, 403, "errors/denied.json").GetEndpoint(t.Context(), "e")
	var api *vpcep.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "ZW5jb2RlZA", api.EncodedAuthorizationMessage)
	assert.Equal(t, []vpcep.ErrorDetail{
		{Code: "PDP5.0011", Message: "no identity policy allows it"}, {Code: "PDP5.0012", Message: "a boundary forbids it"},
	}, api.Details)
}
