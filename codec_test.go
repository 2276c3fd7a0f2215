package vpcep_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

func decode(t *testing.T, body string) vpcep.Endpoint {
	t.Helper()
	var e vpcep.Endpoint
	require.NoError(t, json.Unmarshal([]byte(body), &e))
	return e
}

func TestCreateRequestMarshalsEveryField(t *testing.T) {
	req := vpcep.CreateEndpointRequest{
		EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net", PortIP: "10.0.0.9",
		EnableDNS: true, Tags: []vpcep.Tag{{Key: "env", Value: ""}},
		RouteTables: []string{"rt"}, Whitelist: []string{"10.0.0.0/8"}, EnableWhitelist: true,
		Description: "for billing",
		PolicyStatement: []vpcep.PolicyStatement{{
			Sid: "s", Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"obs:*:*:*:*"},
			Condition: json.RawMessage(`{"a":1}`),
		}, {
			Effect: "Deny", Extra: map[string]json.RawMessage{"NotAction": json.RawMessage(`["a"]`)},
		}, {
			Raw: json.RawMessage(`"prose"`),
		}},
		PolicyDocument: json.RawMessage(`{"Version":"5.0"}`),
		IPVersion:      vpcep.IPVersionDualStack, IPv6Address: "2001:db8::1",
		IdempotencyKey: "k-1",
	}
	body, err := json.Marshal(req)
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"endpoint_service_id":"svc","vpc_id":"vpc","subnet_id":"net","port_ip":"10.0.0.9","enable_dns":true,
		"tags":[{"key":"env","value":""},{"key":"vpcep-idempotency-key","value":"k-1~cmpbb5"}],
		"routetables":["rt"],"whitelist":["10.0.0.0/8"],"enable_whitelist":true,"description":"for billing",
		"policy_statement":[{"Sid":"s","Effect":"Allow","Action":["obs:*:*"],"Resource":["obs:*:*:*:*"],"Condition":{"a":1}},
			{"Effect":"Deny","NotAction":["a"]},"prose"],
		"policy_document":{"Version":"5.0"},"ip_version":"dualstack","ipv6_address":"2001:db8::1"}`, string(body))
	assert.Len(t, req.Tags, 1, "the caller's tags are not changed")

	var back vpcep.CreateEndpointRequest
	require.NoError(t, json.Unmarshal(body, &back))
	assert.Equal(t, req, back)
}

func TestCreateRequestLeavesOutWhatIsEmpty(t *testing.T) {
	body, err := json.Marshal(vpcep.CreateEndpointRequest{
		EndpointServiceID: "s", VPCID: "v", Tags: []vpcep.Tag{}, Whitelist: []string{}, RouteTables: []string{},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"endpoint_service_id":"s","vpc_id":"v"}`, string(body))
}

func TestCreateRequestReadsTheSpecificationsSample(t *testing.T) {
	var req vpcep.CreateEndpointRequest
	require.NoError(t, json.Unmarshal([]byte(`{"subnet_id":"n","vpc_id":"v","endpoint_service_id":"s","enable_dns":"false"}`), &req))
	assert.Equal(t, vpcep.CreateEndpointRequest{SubnetID: "n", VPCID: "v", EndpointServiceID: "s"}, req)

	require.NoError(t, json.Unmarshal([]byte(`{"enable_dns":"true","enable_whitelist":"TRUE"}`), &req))
	assert.True(t, req.EnableDNS && req.EnableWhitelist)
	assert.Empty(t, req.VPCID, "a second reading leaves nothing of the first")

	err := json.Unmarshal([]byte(`{"vpc_id":{},"enable_dns":"perhaps"}`), &req)
	assert.ErrorContains(t, err, "unexpected type of enable_dns, vpc_id")
}

// The deviations in type that published bodies show, and some that they do not.
func TestEndpointReadsDrift(t *testing.T) {
	utc := time.Date(2018, 1, 30, 7, 42, 1, 174e6, time.UTC)
	tests := map[string]struct {
		body string
		want vpcep.Endpoint // without the ID
	}{
		"dns true":                    {`"enable_dns":"true"`, vpcep.Endpoint{EnableDNS: true}},
		"dns false":                   {`"enable_dns":"false"`, vpcep.Endpoint{}},
		"whitelist true":              {`"enable_whitelist":"True"`, vpcep.Endpoint{EnableWhitelist: true}},
		"bare account state":          {`"active_status":"active"`, vpcep.Endpoint{ActiveStatus: []vpcep.ActiveStatus{"active"}}},
		"account states":              {`"active_status":["frozen","new"]`, vpcep.Endpoint{ActiveStatus: []vpcep.ActiveStatus{"frozen", "new"}}},
		"bare DNS name":               {`"dns_names":"a.b"`, vpcep.Endpoint{DNSNames: []string{"a.b"}}},
		"dns_name":                    {`"dns_name":"a.b"`, vpcep.Endpoint{DNSNames: []string{"a.b"}}},
		"dns_name beside dns_names":   {`"dns_name":"old","dns_names":["new"]`, vpcep.Endpoint{DNSNames: []string{"new"}}},
		"time without zone":           {`"created_at":"2018-01-30T07:42:01.174"`, vpcep.Endpoint{CreatedAt: utc}},
		"time with long fraction":     {`"created_at":"2018-01-30T07:42:01.174000000Z"`, vpcep.Endpoint{CreatedAt: utc}},
		"time with offset":            {`"created_at":"2018-01-30T15:42:01.174+08:00"`, vpcep.Endpoint{CreatedAt: utc}},
		"update_at":                   {`"update_at":"2018-01-30T07:42:01.174"`, vpcep.Endpoint{UpdatedAt: utc}},
		"updated_at beside update_at": {`"update_at":"2001-01-01T00:00:00Z","updated_at":"2018-01-30T07:42:01.174"`, vpcep.Endpoint{UpdatedAt: utc}},
		"marker beyond 32 bits":       {`"marker_id":322312312312`, vpcep.Endpoint{MarkerID: 322312312312}},
		"marker beyond float64":       {`"marker_id":422321321312321321`, vpcep.Endpoint{MarkerID: 422321321312321321}},
		"marker as string":            {`"marker_id":"422321321312321321"`, vpcep.Endpoint{MarkerID: 422321321312321321}},
		"one error":                   {`"error":{"error_code":"E","error_message":"M"}`, vpcep.Endpoint{Errors: []vpcep.ResourceError{{Code: "E", Message: "M"}}}},
		"errors":                      {`"error":[{"error_code":"E","error_message":"M"},{"error_code":7}]`, vpcep.Endpoint{Errors: []vpcep.ResourceError{{Code: "E", Message: "M"}, {Code: "7"}}}},
		"a bare error":                {`"error":"M"`, vpcep.Endpoint{Errors: []vpcep.ResourceError{{Message: "M"}}}},
		"no errors":                   {`"error":[]`, vpcep.Endpoint{}},
		"gataway":                     {`"service_type":"gataway"`, vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway}},
		"gataway in capitals":         {`"service_type":"Gataway"`, vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway}},
		"words in capitals": {`"service_type":"Interface","status":"PENDINGACCEPTANCE","active_status":["Active","arrear_frozen"],"enable_status":"Enable","ip_version":"DualStack"`, vpcep.Endpoint{
			ServiceType: vpcep.ServiceTypeInterface, Status: vpcep.StatusPendingAcceptance, ActiveStatus: []vpcep.ActiveStatus{vpcep.ActiveStatusActive, "arrear_frozen"},
			EnableStatus: vpcep.EnableStatusEnable, IPVersion: vpcep.IPVersionDualStack,
		}},
		"IP version":                {`"ip_version":"ipv4"`, vpcep.Endpoint{IPVersion: vpcep.IPVersionIPv4}},
		"unknown IP version":        {`"ip_version":"IPv9"`, vpcep.Endpoint{IPVersion: "IPv9"}},
		"gateway that says nothing": {`"service_type":"gateway"`, vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway}},
		"gateway that says null":    {`"service_type":"gateway","enable_dns":null`, vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway}},
		"gateway without DNS": {`"enable_dns":"false","service_type":"Gateway"`,
			vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway, Extra: map[string]json.RawMessage{"enable_dns": json.RawMessage(`"false"`)}}},
		"gateway with DNS":             {`"service_type":"gateway","enable_dns":true`, vpcep.Endpoint{ServiceType: vpcep.ServiceTypeGateway, EnableDNS: true}},
		"unknown type":                 {`"service_type":"cvs_gateway"`, vpcep.Endpoint{ServiceType: "cvs_gateway"}},
		"unknown status":               {`"status":"hibernating"`, vpcep.Endpoint{Status: "hibernating"}},
		"status with a space":          {`"status":"failed "`, vpcep.Endpoint{Status: vpcep.StatusFailed}},
		"statement objects":            {`"policy_statement":[{"Effect":"Allow","Action":"a","Resource":["r"]}]`, vpcep.Endpoint{PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"a"}, Resource: []string{"r"}}}}},
		"statement strings":            {`"policy_statement":["{\"Effect\":\"Deny\"}","prose"]`, vpcep.Endpoint{PolicyStatement: []vpcep.PolicyStatement{{Effect: "Deny"}, {Raw: json.RawMessage(`"prose"`)}}}},
		"statement with more":          {`"policy_statement":[{"Effect":"Deny","NotAction":["a"]}]`, vpcep.Endpoint{PolicyStatement: []vpcep.PolicyStatement{{Effect: "Deny", Extra: map[string]json.RawMessage{"NotAction": json.RawMessage(`["a"]`)}}}}},
		"policy document":              {`"policy_document":{"a":1}`, vpcep.Endpoint{PolicyDocument: json.RawMessage(`{"a":1}`)}},
		"policy document as string":    {`"policy_document":"{\"a\":1}"`, vpcep.Endpoint{PolicyDocument: json.RawMessage(`{"a":1}`)}},
		"policy document empty string": {`"policy_document":""`, vpcep.Endpoint{}},
		"null everywhere": {`"status":null,"enable_dns":null,"active_status":null,"dns_names":null,"created_at":null,"marker_id":null,"error":null,"tags":null,"policy_statement":null,"policy_document":null`,
			vpcep.Endpoint{}},
		"repeated key":           {`"status":"creating","status":"accepted"`, vpcep.Endpoint{Status: vpcep.StatusAccepted}},
		"repeated key, odd once": {`"ip":{},"ip":"10.0.0.1"`, vpcep.Endpoint{IP: "10.0.0.1"}},
		"null in a list":         {`"whitelist":["10.0.0.1",null]`, vpcep.Endpoint{Whitelist: []string{"10.0.0.1"}}},
		"empty list":             {`"whitelist":[],"tags":[]`, vpcep.Endpoint{Whitelist: []string{}, Tags: []vpcep.Tag{}}},
		"key among the tags": {`"tags":[{"key":"a","value":"b"},{"key":"vpcep-idempotency-key","value":"k"}]`,
			vpcep.Endpoint{Tags: []vpcep.Tag{{Key: "a", Value: "b"}}, IdempotencyKey: "k"}},
		"tag with an odd value": {`"tags":[{"key":"a","value":{}},{"key":"b","value":"c"}]`,
			vpcep.Endpoint{Tags: []vpcep.Tag{{Key: "b", Value: "c"}}, Extra: map[string]json.RawMessage{"tags": json.RawMessage(`[{"key":"a","value":{}},{"key":"b","value":"c"}]`)}}},
		"unknown fields": {`"jobId":"j","new":{"x":[1]}`,
			vpcep.Endpoint{Extra: map[string]json.RawMessage{"jobId": json.RawMessage(`"j"`), "new": json.RawMessage(`{"x":[1]}`)}}},
		"hopeless fields": {`"created_at":"yesterday","marker_id":"many","whitelist":[{"a":1},"10.0.0.1"],"tags":7,"enable_dns":[true]`,
			vpcep.Endpoint{Whitelist: []string{"10.0.0.1"}, Tags: []vpcep.Tag{}, Extra: map[string]json.RawMessage{
				"created_at": json.RawMessage(`"yesterday"`), "marker_id": json.RawMessage(`"many"`),
				"whitelist": json.RawMessage(`[{"a":1},"10.0.0.1"]`), "tags": json.RawMessage(`7`), "enable_dns": json.RawMessage(`[true]`),
			}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.ID = "e-1"
			got := decode(t, `{`+tt.body+`,"id":"e-1"}`)
			assert.Equal(t, tt.want, got)

			written, err := json.Marshal(got)
			require.NoError(t, err)
			assert.Equal(t, got, decode(t, string(written)), "what was read is written back")
		})
	}
}

// A field of a create request that this version does not know is sent, not dropped.
func TestUnknownFieldsOfARequestAreSent(t *testing.T) {
	const body = `{"endpoint_service_id":"s","vpc_id":"v","specification_name":"large","new":{"n":9007199254740993}}`
	var req vpcep.CreateEndpointRequest
	require.NoError(t, json.Unmarshal([]byte(body), &req))
	assert.Equal(t, "large", req.SpecificationName)
	require.NoError(t, req.Validate())

	c, mock := mocked(t)
	bodies := answering(mock, "POST", endpointsURL, 200, `{"id":"e-1"}`)
	_, err := c.CreateEndpoint(t.Context(), req)
	require.NoError(t, err)
	assert.JSONEq(t, body, (*bodies)[0])
	assert.Contains(t, (*bodies)[0], "9007199254740993")
}

func TestEndpointKeepsTheDigestBehindItsKey(t *testing.T) {
	for value, key := range map[string]string{
		"k~abc234": "k", "k~abc23": "k~abc23", "k~abc2345": "k~abc2345", "~abc234": "~abc234", "k~abc234~bcd345": "k~abc234",
		"键~abc234": "键", "": "",
	} {
		e := decode(t, `{"id":"e","tags":[{"key":"a","value":"b"},{"key":"vpcep-idempotency-key","value":"`+value+`"}]}`)
		assert.Equal(t, key, e.IdempotencyKey)
		assert.Equal(t, []vpcep.Tag{{Key: "a", Value: "b"}}, e.Tags)
		written, err := json.Marshal(e)
		require.NoError(t, err)
		if value != "" {
			assert.Contains(t, string(written), `"`+value+`"`)
		}
	}
}

func TestEndpointKeepsANumericID(t *testing.T) {
	assert.Equal(t, "17", decode(t, `{"id":17}`).ID)
}

func TestEndpointTimesAreUTC(t *testing.T) {
	e := decode(t, `{"id":"e","created_at":"2022-04-28T10:44:50+08:00"}`)
	assert.Equal(t, time.UTC, e.CreatedAt.Location())
	written, err := json.Marshal(e)
	require.NoError(t, err)
	assert.Contains(t, string(written), `"created_at":"2022-04-28T02:44:50Z"`)
}

func TestEndpointWritesBackWhatTheServiceSent(t *testing.T) {
	const body = `{"id":"e","status":"failed","ip":"172.16.0.154","tags":[{"key":"vpcep-idempotency-key","value":"k"}],
		"whitelist":[],"marker_id":302010104,"active_status":["active"],"vpc_id":"v","service_type":"interface",
		"project_id":"p","subnet_id":"n","enable_dns":false,"created_at":"2022-04-28T02:44:50Z","updated_at":"2022-04-28T02:56:15Z",
		"endpoint_service_id":"s","endpoint_service_name":"x.y.s","enable_whitelist":false,"specification_name":"default",
		"enable_status":"enable","error":{"error_code":"E","error_message":"M"},"jobId":"j"}`
	written, err := json.Marshal(decode(t, body))
	require.NoError(t, err)
	assert.JSONEq(t, body, string(written))
}

func TestEndpointIsNotReadFromOtherJSON(t *testing.T) {
	for _, body := range []string{`null`, `[]`, `"x"`, `7`, `true`} {
		var e vpcep.Endpoint
		if body == "null" { // encoding/json passes null only to UnmarshalJSON
			assert.Error(t, e.UnmarshalJSON([]byte(body)))
			continue
		}
		assert.ErrorContains(t, json.Unmarshal([]byte(body), &e), "not a JSON object", body)
	}
}

// Published bodies, if the folder is present. bodies_test.go reads those of testdata.
func TestPublishedBodies(t *testing.T) {
	files, err := filepath.Glob("../shared/corpus/*.json")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no published bodies beside the project")
	}
	endpoints := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		if !json.Valid(data) || strings.Contains(file, "_request_") {
			continue
		}
		var body struct{ Endpoints []json.RawMessage }
		require.NoError(t, json.Unmarshal(data, &body), file)
		if body.Endpoints == nil && strings.Contains(string(data), `"marker_id"`) && !strings.Contains(string(data), `"connections"`) {
			body.Endpoints = append(body.Endpoints, data)
		}
		for _, raw := range body.Endpoints {
			endpoints++
			e := decode(t, string(raw))
			assert.NotEmpty(t, e.ID, file)
			assert.NotEmpty(t, e.Status, file)
			assert.NotZero(t, e.MarkerID, file)
			assert.False(t, e.CreatedAt.IsZero(), file)
			assert.False(t, e.UpdatedAt.IsZero(), file)
			for name := range e.Extra {
				assert.Equal(t, "jobId", name, file)
			}
			written, err := json.Marshal(e)
			require.NoError(t, err)
			assert.Equal(t, e, decode(t, string(written)), file)
		}
	}
	assert.Greater(t, endpoints, 10)
}

// Reading the largest response takes memory proportional to its size.
func TestHostileAnswersAreBounded(t *testing.T) {
	const size = 4 << 20
	fill := func(begin, element, end string) string {
		n := (size - len(begin) - len(end)) / len(element)
		return begin + strings.TrimSuffix(strings.Repeat(element, n), ",") + end
	}
	var unknown strings.Builder
	unknown.WriteString(`{"id":"e"`)
	for i := 0; unknown.Len() < size; i++ {
		unknown.WriteString(`,"` + strconv.FormatInt(int64(i), 36) + `":1`)
	}
	unknown.WriteString("}")
	for name, body := range map[string]string{
		"statements":            fill(`{"id":"e","policy_statement":[`, `{},`, `]}`),
		"statements in strings": fill(`{"id":"e","policy_statement":[`, `"{}",`, `]}`),
		"account states":        fill(`{"id":"e","active_status":[`, `"",`, `]}`),
		"errors":                fill(`{"id":"e","error":[`, `"a",`, `]}`),
		"error details":         fill(`{"id":"e","error":{"details":[`, `{"code":"a"},`, `]}}`),
		"tags":                  fill(`{"id":"e","tags":[`, `{"key":"a"},`, `]}`),
		"unknown list":          fill(`{"id":"e","unknown":[`, `[],`, `]}`),
		"unknown members":       unknown.String(),
		"one text":              `{"id":"e","description":"` + strings.Repeat("a", size) + `"}`,
		"one escaped text":      `{"id":"e","description":"` + strings.Repeat(`\n`, size/2) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(body)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var e vpcep.Endpoint
			err := e.UnmarshalJSON(data)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc // no less than what the heap grew by
			t.Logf("×%.1f", float64(allocated)/float64(len(data)))
			assert.Less(t, allocated, uint64(8*len(data)))
			if name == "unknown members" {
				assert.ErrorContains(t, err, "more than 1000 members")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "e", e.ID)
		})
	}
}
