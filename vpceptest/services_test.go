package vpceptest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) services(t *testing.T, suffix string) reply {
	t.Helper()
	return f.do(t, http.MethodGet, "/v1/"+f.ProjectID()+"/vpc-endpoint-services/"+suffix, "")
}

func serviceIDs(r reply) string {
	var ids []string
	for _, svc := range r.body.list("endpoint_services") {
		ids = append(ids, svc.(map[string]any)["id"].(string))
	}
	return strings.Join(ids, " ")
}

var someServices = []vpceptest.Option{
	vpceptest.WithService(vpceptest.Service{ID: "s1", Name: "region.dns.s1", Owner: "NetworkService", Charged: true,
		CreatedAt: time.Date(2019, 3, 28, 9, 30, 27, 0, time.UTC)}),
	vpceptest.WithService(vpceptest.Service{ID: "s2", Name: "OBS", Type: vpceptest.TypeGateway,
		CreatedAt: time.Date(2018, 9, 10, 13, 13, 23, 0, time.UTC)}),
	vpceptest.WithService(vpceptest.Service{ID: "s3"}),
	vpceptest.WithService(vpceptest.Service{ID: "s4", Name: "region.secret.s4", Private: true}),
}

func TestListPublicServices(t *testing.T) {
	f := start(t, someServices...)
	tests := []struct{ query, want, total string }{
		{"", "s3 s1 s2", "3"},
		{"sort_dir=asc", "s2 s1 s3", "3"},
		{"sort_dir=asc&sort_key=update_at", "s2 s1 s3", "3"},
		{"limit=1&offset=1", "s1", "3"},
		{"offset=3", "", "3"},
		{"endpoint_service_name=dns", "s1", "1"},
		{"endpoint_service_name=secret", "", "0"},
		{"id=s2", "s2", "1"},
		{"id=s", "", "0"},
		{"id=s4", "", "0"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			r := f.services(t, "public?"+tt.query)
			require.Equal(t, http.StatusOK, r.status, r.raw)
			assert.Equal(t, tt.want, serviceIDs(r))
			assert.Equal(t, tt.total, total(r))
		})
	}
	assert.JSONEq(t, `{"endpoint_services":[{"id":"s1","owner":"NetworkService","service_name":"region.dns.s1",
		"service_type":"interface","created_at":"2019-03-28T09:30:27Z","is_charge":true,"enable_policy":true}],"total_count":1}`,
		f.services(t, "public?id=s1").raw)
	assert.JSONEq(t, `{"endpoint_services":[],"total_count":0}`, f.services(t, "public?id=none").raw)
	assert.Equal(t, vpceptest.OpListPublicServices, f.Requests()[0].Operation)
}

func TestBadServiceQueries(t *testing.T) {
	tests := []struct{ suffix, code string }{
		{"public?limit=1001", "EndPoint.0006"},
		{"public?offset=x", "EndPoint.0010"},
		{"public?sort_key=created", "EndPoint.0017"},
		{"public?sort_dir=up", "EndPoint.0018"},
		{"public?vpc_id=a", "EndPoint.0002"},
		{"public?service_name=a", "EndPoint.0002"},
		{"describe", "EndPoint.2002"},
		{"describe?id=", "EndPoint.2002"},
		{"describe?id=s1&endpoint_service_name=OBS", "EndPoint.0002"},
		{"describe?id=s1&endpoint_service_name=", "EndPoint.0002"},
		{"describe?id=s1&id=s1", "EndPoint.0002"},
		{"describe?service_name=OBS", "EndPoint.0002"},
		{"describe?id=" + strings.Repeat("x", 65), "EndPoint.3062"},
		{"describe?id=unknown", "EndPoint.2003"},
		{"describe?endpoint_service_name=OB", "EndPoint.2003"},
	}
	f := start(t, someServices...)
	for _, tt := range tests {
		t.Run(tt.suffix, func(t *testing.T) {
			wantError(t, f.services(t, tt.suffix), http.StatusBadRequest, tt.code)
		})
	}
}

func TestDescribeService(t *testing.T) {
	f := start(t, someServices...)
	want := `{"id":"s1","service_name":"region.dns.s1","service_type":"interface","created_at":"2019-03-28T09:30:27Z","is_charge":true,"enable_policy":true}`
	assert.JSONEq(t, want, f.services(t, "describe?id=s1").raw)
	assert.JSONEq(t, want, f.services(t, "describe?endpoint_service_name=region.dns.s1").raw)
	assert.Equal(t, "gateway", f.services(t, "describe?endpoint_service_name=OBS").body["service_type"])
	assert.Equal(t, "s4", f.services(t, "describe?endpoint_service_name=region.secret.s4").body["id"], "a private one")
	assert.Equal(t, vpceptest.OpDescribeService, f.Requests()[0].Operation)
}

func TestADeclarationReplacesTheEarlierOne(t *testing.T) {
	f := start(t, vpceptest.WithService(vpceptest.Service{ID: "s1", Name: "old"}),
		vpceptest.WithService(vpceptest.Service{ID: "s1", Name: "new"}))
	assert.Equal(t, "1", total(f.services(t, "public")))
	assert.Equal(t, "new", f.services(t, "describe?id=s1").body["service_name"])
}

func TestServicesWithoutDeclaration(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	types := map[string]any{}
	list := f.services(t, "public").body.list("endpoint_services")
	for _, svc := range list {
		svc := object(svc.(map[string]any))
		types[svc["service_name"].(string)] = svc["service_type"]
		r := f.services(t, "describe?id="+svc["id"].(string))
		assert.Equal(t, svc["service_name"], r.body["service_name"])
		assert.Equal(t, svc["service_type"], r.body["service_type"])
		assert.Equal(t, svc["is_charge"], r.body["is_charge"])
		created := f.create(t, strings.Replace(minimal, "svc-1", svc["id"].(string), 1))
		assert.Equal(t, svc["service_type"], created.body["service_type"])
		assert.Equal(t, svc["service_name"], created.body["endpoint_service_name"])
	}
	assert.Equal(t, map[string]any{"stand-in.dns": "interface", "stand-in.obs": "gateway"}, types)
}

// From any name to an endpoint, and from an ID to the name and back.
func TestAnyServiceWithoutDeclaration(t *testing.T) {
	f := start(t)
	byName := f.services(t, "describe?endpoint_service_name=my.service")
	require.Equal(t, http.StatusOK, byName.status)
	assert.Equal(t, "interface", byName.body["service_type"])
	created := f.create(t, strings.Replace(minimal, "svc-1", byName.id(), 1))
	assert.Equal(t, "my.service", created.body["endpoint_service_name"])
	assert.Equal(t, "my.service", f.services(t, "describe?id="+byName.id()).body["service_name"])

	byID := f.services(t, "describe?id=svc-1")
	assert.Equal(t, "svc-1", byID.id())
	assert.Equal(t, f.create(t, minimal).body["endpoint_service_name"], byID.body["service_name"])
	assert.Equal(t, "svc-1", f.services(t, "describe?endpoint_service_name="+byID.body["service_name"].(string)).id())
}
