package vpceptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func tags(pairs ...string) string {
	var list []map[string]string
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]string{"key": pairs[i], "value": pairs[i+1]})
	}
	b, _ := json.Marshal(list)
	return with(`"tags":` + string(b))
}

func whitelist(entries ...string) string {
	b, _ := json.Marshal(entries)
	return with(`"whitelist":` + string(b))
}

func policy(statement string) string { return with(`"policy_statement":[` + statement + `]`) }

func manyTags(n int) string {
	var pairs []string
	for i := range n {
		pairs = append(pairs, fmt.Sprint("key", i), "")
	}
	return tags(pairs...)
}

func TestBadCreateRequests(t *testing.T) {
	tests := []struct{ name, body, code string }{
		{"empty body", "", "EndPoint.2002"},
		{"blank body", " \n", "EndPoint.2002"},
		{"no JSON", "{", "EndPoint.0002"},
		{"trailing data", minimal + "{}", "EndPoint.0002"},
		{"an array", "[]", "EndPoint.0002"},
		{"null", "null", "EndPoint.0002"},
		{"not UTF-8", with(`"description":"` + "\xff" + `"`), "EndPoint.0002"},
		{"nothing in it", "{}", "EndPoint.2002"},
		{"no service", `{"vpc_id":"v","subnet_id":"s"}`, "EndPoint.2002"},
		{"empty service", `{"endpoint_service_id":"","vpc_id":"v","subnet_id":"s"}`, "EndPoint.2002"},
		{"long service", `{"endpoint_service_id":"` + strings.Repeat("s", 65) + `","vpc_id":"v","subnet_id":"s"}`, "EndPoint.3062"},
		{"no VPC", `{"endpoint_service_id":"e","subnet_id":"s"}`, "EndPoint.2011"},
		{"long VPC", `{"endpoint_service_id":"e","vpc_id":"` + strings.Repeat("v", 65) + `","subnet_id":"s"}`, "EndPoint.0020"},
		{"no subnet", `{"endpoint_service_id":"e","vpc_id":"v"}`, "EndPoint.2010"},
		{"long subnet", `{"endpoint_service_id":"e","vpc_id":"v","subnet_id":"` + strings.Repeat("s", 65) + `"}`, "EndPoint.0023"},
		{"unknown field", with(`"portIp":"10.0.0.1"`), "EndPoint.0002"},
		{"field in capitals", `{"Endpoint_Service_ID":"e","vpc_id":"v","subnet_id":"s"}`, "EndPoint.0002"},
		{"number for a string", with(`"description":1`), "EndPoint.0002"},
		{"string for a list", with(`"whitelist":"10.0.0.1"`), "EndPoint.0002"},
		{"string for enable_whitelist", with(`"enable_whitelist":"true"`), "EndPoint.0002"},
		{"number for enable_dns", with(`"enable_dns":1`), "EndPoint.0002"},
		{"other string for enable_dns", with(`"enable_dns":"yes"`), "EndPoint.2033"},
		{"description with <", with(`"description":"a<b"`), "EndPoint.0002"},
		{"description with >", with(`"description":"a>b"`), "EndPoint.0002"},
		{"tags of a wrong type", with(`"tags":[{"key":1}]`), "EndPoint.0002"},
		{"tag with an unknown field", with(`"tags":[{"key":"a","Value":"b"}]`), "EndPoint.0002"},
		{"tag without key", with(`"tags":[{"value":"b"}]`), "EndPoint.3068"},
		{"tag key with /", tags("a/b", "c"), "EndPoint.3068"},
		{"tag value with =", tags("a", "b=c"), "EndPoint.3068"},
		{"tag key with a space at its end", tags("a ", "b"), "EndPoint.3068"},
		{"tag value with a space at its beginning", tags("a", " b"), "EndPoint.3068"},
		{"long tag key", tags(strings.Repeat("键", 37), ""), "EndPoint.3072"},
		{"long tag value", tags("k", strings.Repeat("值", 44)), "EndPoint.3073"},
		{"repeated tag key", tags("k", "a", "k", "b"), "EndPoint.3067"},
		{"too many tags", manyTags(21), "EndPoint.3069"},
		{"port_ip empty", with(`"port_ip":""`), "EndPoint.2041"},
		{"port_ip no address", with(`"port_ip":"10.0.0"`), "EndPoint.2041"},
		{"port_ip IPv6", with(`"port_ip":"::1"`), "EndPoint.2041"},
		{"port_ip unspecified", with(`"port_ip":"0.0.0.0"`), "EndPoint.2041"},
		{"whitelist with a name", whitelist("example"), "EndPoint.2044"},
		{"whitelist with everything", whitelist("0.0.0.0"), "EndPoint.2044"},
		{"whitelist with /0", whitelist("10.0.0.0/0"), "EndPoint.2044"},
		{"whitelist with IPv6", whitelist("2001:db8::/32"), "EndPoint.2044"},
		{"whitelist too long", whitelist(strings.Split(strings.Repeat("10.0.0.1,", 20)+"10.0.0.1", ",")...), "EndPoint.2045"},
		{"ip_version unknown", with(`"ip_version":"ipv5"`), "EndPoint.0002"},
		{"ipv6_address no address", with(`"ip_version":"dualstack","ipv6_address":"10.0.0.1"`), "EndPoint.0002"},
		{"ipv6_address without dualstack", with(`"ipv6_address":"2001:db8::1"`), "EndPoint.0002"},
		{"policy_statement on an interface endpoint", policy(`{"Effect":"Allow","Action":"a","Resource":"b"}`), "EndPoint.2048"},
		{"policy_document a number", with(`"policy_document":1`), "EndPoint.2048"},
	}
	f := start(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := f.create(t, tt.body)
			wantError(t, r, http.StatusBadRequest, tt.code)
		})
	}
	assert.Empty(t, f.Endpoints())
}

func TestBadGatewayRequests(t *testing.T) {
	tests := []struct{ name, body, code string }{
		{"empty route table", with(`"routetables":[""]`), "EndPoint.1019"},
		{"null route table", with(`"routetables":[null]`), "EndPoint.1019"},
		{"repeated route table", with(`"routetables":["a","a"]`), "EndPoint.1019"},
		{"no Effect", policy(`{"Action":"a","Resource":"b"}`), "EndPoint.2048"},
		{"Effect in small letters", policy(`{"Effect":"allow","Action":"a","Resource":"b"}`), "EndPoint.2048"},
		{"no Resource", policy(`{"Effect":"Deny","Action":["a"]}`), "EndPoint.2048"},
		{"no actions", policy(`{"Effect":"Deny","Action":[],"Resource":"b"}`), "EndPoint.2048"},
		{"null action", policy(`{"Effect":"Deny","Action":[null],"Resource":"b"}`), "EndPoint.2048"},
		{"Condition a string", policy(`{"Effect":"Deny","Action":"a","Resource":"b","Condition":"c"}`), "EndPoint.2048"},
		{"unknown field", policy(`{"Effect":"Deny","Action":"a","Resource":"b","sid":"c"}`), "EndPoint.2048"},
		{"a string", policy(`"x"`), "EndPoint.2048"},
	}
	f := start(t, vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.create(t, tt.body), http.StatusBadRequest, tt.code)
		})
	}
}

func TestGoodCreateRequests(t *testing.T) {
	tests := map[string]string{
		"minimal":            minimal,
		"longest tag":        tags(strings.Repeat("键", 36), strings.Repeat("值", 43)),
		"tag without value":  with(`"tags":[{"key":"k"}]`),
		"inner space":        tags("a b", "c d"),
		"most tags":          manyTags(20),
		"no tags":            with(`"tags":[]`),
		"longest whitelist":  whitelist(strings.Split(strings.Repeat("10.0.0.0/1,", 19)+"10.0.0.1", ",")...),
		"longest ID":         strings.Replace(minimal, "vpc-1", strings.Repeat("v", 64), 1),
		"route tables":       with(`"routetables":["ignored"]`),
		"repeated JSON name": with(`"vpc_id":"vpc-2"`),
	}
	f := start(t)
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			r := f.create(t, body)
			assert.Equal(t, http.StatusOK, r.status, r.raw)
		})
	}
}

func TestMissingFieldsAreNamed(t *testing.T) {
	f := start(t)
	assert.Contains(t, f.create(t, `{}`).raw, "endpoint_service_id")
	assert.Contains(t, f.create(t, `{"endpoint_service_id":"e"}`).raw, "vpc_id")
	assert.Contains(t, f.create(t, with(`"description":1`)).raw, "(description)")
}

func TestContentTypeIsDemanded(t *testing.T) {
	f := start(t)
	for contentType, status := range map[string]int{
		"": 400, "text/plain": 400, "application/json": 200, "application/json; charset=utf-8": 200,
	} {
		req := f.request(t, http.MethodPost, f.endpoints(), minimal)
		req.Header.Set("Content-Type", contentType)
		assert.Equal(t, status, f.send(t, req).status, contentType)
	}
}

func TestUnknownService(t *testing.T) {
	f := start(t, vpceptest.WithService(vpceptest.Service{ID: "other"}))
	wantError(t, f.create(t, minimal), 400, "EndPoint.2003")
}

func TestQuota(t *testing.T) {
	f := start(t, vpceptest.WithQuota(2), vpceptest.WithDeleteDelay(0))
	id := f.mustCreate(t, minimal)
	f.mustCreate(t, minimal)
	wantError(t, f.create(t, minimal), 400, "Endpoint.1018")
	require.Equal(t, http.StatusNoContent, f.delete(t, id).status)
	f.mustCreate(t, minimal)
}

// Clients of other languages write null for what they were not given.
func TestNullCountsAsAbsent(t *testing.T) {
	f := start(t)
	id := f.mustCreate(t, with(`"whitelist":null,"tags":null,"port_ip":null,"description":null`))
	assert.Equal(t, []any{}, f.get(t, id).body["whitelist"])
}

func TestPortIPInUse(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour), vpceptest.WithDeleteDelay(0))
	body := with(`"port_ip":"10.0.0.10"`)
	id := f.mustCreate(t, body)
	wantError(t, f.create(t, body), http.StatusBadRequest, "EndPoint.2042")
	f.mustCreate(t, strings.Replace(body, "subnet-1", "subnet-2", 1))
	f.mustCreate(t, minimal) // is given another address

	require.Equal(t, http.StatusNoContent, f.delete(t, id).status)
	f.mustCreate(t, body)
}

func TestAssignedAddressesDiffer(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithoutRecording())
	seen := map[string]bool{}
	for range 300 {
		f.mustCreate(t, minimal)
	}
	for _, e := range f.Endpoints() {
		assert.NotRegexp(t, `\.(0|255)$`, e.IP)
		seen[e.IP] = true
	}
	assert.Len(t, seen, 300)
}
