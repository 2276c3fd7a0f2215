package vpceptest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestCreateAnswersEveryDocumentedField(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour))
	r := f.create(t, with(`"enable_dns":true,"description":"a","tags":[{"key":"k","value":"v"}],"whitelist":["10.0.0.0/8"],"enable_whitelist":true`))
	require.Equal(t, http.StatusOK, r.status, r.raw)
	assert.Equal(t, "application/json", r.header.Get("Content-Type"))
	assert.NotEmpty(t, r.header.Get("X-Request-Id"))

	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, r.id())
	assert.IsType(t, json.Number(""), r.body["marker_id"])
	for _, at := range []string{"created_at", "updated_at"} {
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, r.body[at])
	}
	for name, want := range map[string]any{
		"service_type": "interface", "status": "creating", "active_status": []any{"active"},
		"endpoint_service_id": "svc-1", "enable_dns": true, "subnet_id": "subnet-1", "vpc_id": "vpc-1",
		"project_id": f.ProjectID(), "tags": []any{map[string]any{"key": "k", "value": "v"}},
		"whitelist": []any{"10.0.0.0/8"}, "enable_whitelist": true, "specification_name": "default",
		"description": "a", "enable_status": "enable",
	} {
		assert.Equal(t, want, r.body[name], name)
	}
	for _, name := range []string{"ip", "dns_names", "routetables", "error", "policy_statement"} {
		assert.NotContains(t, r.body, name)
	}
}

func TestFractionalTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithFractionalTimes(), vpceptest.WithService(vpceptest.Service{ID: "svc-1"}))
		time.Sleep(1234 * time.Millisecond)
		made := d.do(t, http.MethodPost, "", minimal)
		answers := map[string]object{
			"create": made.body,
			"get":    d.do(t, http.MethodGet, "/"+made.id(), "").body,
			"list":   d.do(t, http.MethodGet, "", "").body.list("endpoints")[0].(map[string]any),
			"connection": d.project(t, http.MethodGet, "/vpc-endpoint-services/svc-1/connections").body.
				list("connections")[0].(map[string]any),
		}
		for name, answer := range answers {
			assert.Equal(t, "2000-01-01T00:00:01.234Z", answer["created_at"], name)
			assert.Equal(t, "2000-01-01T00:00:01.234Z", answer["updated_at"], name)
		}
	})
}

func TestAbsentListsAreEmptyNotNull(t *testing.T) {
	f := start(t)
	r := f.create(t, minimal)
	assert.Equal(t, []any{}, r.body["tags"])
	assert.Equal(t, []any{}, r.body["whitelist"])
	assert.Equal(t, false, r.body["enable_whitelist"])
	assert.Equal(t, false, r.body["enable_dns"])
}

func TestMarkerIDs(t *testing.T) {
	plain, err := start(t).create(t, minimal).body["marker_id"].(json.Number).Int64()
	require.NoError(t, err)
	assert.Less(t, plain, int64(1<<31), "as documented")

	f := start(t, vpceptest.WithDrift(vpceptest.DriftMarkers))
	var beyond32, beyondFloat int
	for range 3 {
		n, err := f.create(t, minimal).body["marker_id"].(json.Number).Int64()
		require.NoError(t, err)
		if n > 1<<32 {
			beyond32++
		}
		if n > 1<<53 {
			beyondFloat++
		}
	}
	assert.Equal(t, 2, beyond32)
	assert.Equal(t, 1, beyondFloat)
}

func TestEnableDNSMayBeAString(t *testing.T) {
	f := start(t)
	assert.Equal(t, false, f.create(t, with(`"enable_dns":"false"`)).body["enable_dns"])
	assert.Equal(t, true, f.create(t, with(`"enable_dns":"true"`)).body["enable_dns"])
}

func TestLifeOfAnEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(20*time.Second), vpceptest.WithDeleteDelay(10*time.Second))
		created := d.do(t, http.MethodPost, "", with(`"enable_dns":true,"port_ip":"192.168.0.7"`))
		path := "/" + created.id()

		time.Sleep(20*time.Second - 1)
		r := d.do(t, http.MethodGet, path, "")
		assert.Equal(t, "creating", r.body["status"])
		assert.NotContains(t, r.body, "ip")
		assert.Equal(t, created.body["updated_at"], r.body["updated_at"])

		time.Sleep(time.Nanosecond)
		r = d.do(t, http.MethodGet, path, "")
		assert.Equal(t, "accepted", r.body["status"])
		assert.Equal(t, "192.168.0.7", r.body["ip"])
		assert.Len(t, r.body["dns_names"], 1)
		assert.Greater(t, r.body["updated_at"], r.body["created_at"])

		assert.Equal(t, http.StatusNoContent, d.do(t, http.MethodDelete, path, "").status)
		r = d.do(t, http.MethodGet, path, "")
		assert.Equal(t, "deleting", r.body["status"])
		wantError(t, d.do(t, http.MethodDelete, path, ""), 400, "EndPoint.2018")
		require.Len(t, d.Endpoints(), 1)

		time.Sleep(10 * time.Second)
		wantError(t, d.do(t, http.MethodGet, path, ""), 404, "EndPoint.2008")
		wantError(t, d.do(t, http.MethodDelete, path, ""), 404, "EndPoint.2008")
		assert.Empty(t, d.Endpoints())
	})
}

func TestAnEndpointBeingCreatedCanBeDeleted(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour), vpceptest.WithDeleteDelay(time.Hour))
	id := f.mustCreate(t, minimal)
	assert.Equal(t, http.StatusNoContent, f.delete(t, id).status)
	r := f.get(t, id)
	assert.Equal(t, "deleting", r.body["status"])
	assert.NotContains(t, r.body, "ip")
}

func TestWithoutDelaysEverythingIsAtOnce(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0))
	r := f.create(t, minimal)
	assert.Equal(t, "accepted", r.body["status"])
	assert.Regexp(t, `^10\.0\.0\.`, r.body["ip"])
	f.delete(t, r.id())
	wantError(t, f.get(t, r.id()), 404, "EndPoint.2008")
}

func TestUnknownEndpoint(t *testing.T) {
	f := start(t)
	wantError(t, f.get(t, "nothing"), 404, "EndPoint.2006")
	wantError(t, f.delete(t, "nothing"), 404, "EndPoint.2006")
}

func TestApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(time.Second),
			vpceptest.WithService(vpceptest.Service{ID: "svc-1", Name: "the.service", Approval: true}))
		create := func() string { return d.do(t, http.MethodPost, "", minimal).id() }
		status := func(id string) any { return d.do(t, http.MethodGet, "/"+id, "").body["status"] }
		early, later, refused := create(), create(), create()

		require.NoError(t, d.Accept(early))
		assert.Equal(t, "creating", status(early), "a decision does not end the creation")

		time.Sleep(time.Second)
		assert.Equal(t, "accepted", status(early))
		assert.Equal(t, "pendingAcceptance", status(later))
		assert.NotContains(t, d.do(t, http.MethodGet, "/"+later, "").body, "ip")

		require.NoError(t, d.Accept(later))
		require.NoError(t, d.Reject(refused))
		assert.Equal(t, "accepted", status(later))
		assert.Contains(t, d.do(t, http.MethodGet, "/"+later, "").body, "ip")
		assert.Equal(t, "rejected", status(refused))

		require.Error(t, d.Accept("nothing"))
		d.do(t, http.MethodDelete, "/"+later, "")
		require.Error(t, d.Accept(later), "it is being deleted")
	})
}

func TestFailure(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithService(vpceptest.Service{
		ID: "svc-1", Failure: vpceptest.EndpointError{Code: "EndPoint.3001", Message: "Failed to create a port."},
	}))
	r := f.create(t, minimal)
	assert.Equal(t, "failed", r.body["status"])
	assert.Equal(t, []any{map[string]any{"error_code": "EndPoint.3001", "error_message": "Failed to create a port."}}, r.body["error"])
	assert.NotContains(t, r.body, "ip")
}

func TestSetStatus(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour))
	id := f.mustCreate(t, minimal)
	require.NoError(t, f.SetStatus(id, "failed",
		vpceptest.EndpointError{Code: "a", Message: "b"}, vpceptest.EndpointError{Code: "c", Message: "d"}))
	r := f.get(t, id)
	assert.Equal(t, "failed", r.body["status"])
	assert.Len(t, r.body.list("error"), 2, "several errors are an array")
	assert.Equal(t, "failed", f.Endpoints()[0].Status)
	assert.Len(t, f.Endpoints()[0].Errors, 2)

	require.NoError(t, f.SetStatus(id, "brandNew"))
	r = f.get(t, id)
	assert.Equal(t, "brandNew", r.body["status"])
	assert.NotContains(t, r.body, "error")
	require.Error(t, f.SetStatus("nothing", "failed"))
}

func TestGateway(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}))
	r := f.create(t, with(`"enable_dns":true,"port_ip":"10.1.1.1","whitelist":["10.0.0.1"],"routetables":["rt-1","rt-2"],`+
		`"policy_statement":[{"Effect":"Allow","Action":"obs:*:*","Resource":["obs:*:*:*:*"]}]`))
	require.Equal(t, http.StatusOK, r.status, r.raw)
	assert.Equal(t, "gateway", r.body["service_type"])
	assert.Equal(t, []any{"rt-1", "rt-2"}, r.body["routetables"])
	assert.Len(t, r.body["policy_statement"], 1)
	for _, name := range []string{"subnet_id", "ip", "enable_dns", "dns_names", "whitelist", "enable_whitelist"} {
		assert.NotContains(t, r.body, name)
	}

	bare := `{"endpoint_service_id":"svc-1","vpc_id":"vpc-1"}`
	first, second := f.create(t, bare), f.create(t, bare)
	assert.Len(t, first.body["routetables"], 1, "the VPC's default table")
	assert.Equal(t, first.body["routetables"], second.body["routetables"])
	assert.Equal(t, http.StatusNoContent, f.delete(t, first.id()).status)
}

func TestGatewayAsTheSpecificationSpellsIt(t *testing.T) {
	f := start(t, vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: "gataway"}))
	r := f.create(t, minimal)
	assert.Equal(t, "gataway", r.body["service_type"])
	assert.NotContains(t, r.body, "subnet_id")
}

func TestDualStack(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	assert.Regexp(t, `^2001:db8::`, f.create(t, with(`"ip_version":"dualstack"`)).body["ipv6_address"])
	assert.Equal(t, "2001:db8::7", f.create(t, with(`"ip_version":"dualstack","ipv6_address":"2001:db8::7"`)).body["ipv6_address"])
	assert.NotContains(t, f.create(t, with(`"ip_version":"ipv4"`)).body, "ipv6_address")
}

func TestPolicyDocumentIsKept(t *testing.T) {
	f := start(t)
	for _, doc := range []string{`{"Version":"5.0"}`, `"{}"`} {
		id := f.mustCreate(t, with(`"policy_document":`+doc))
		assert.Contains(t, f.get(t, id).raw, `"policy_document":`+doc)
	}
}

func TestSnapshot(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	id := f.mustCreate(t, with(`"port_ip":"10.1.1.1","tags":[{"key":"k","value":""}]`))
	all := f.Endpoints()
	require.Len(t, all, 1)
	e := all[0]
	assert.Equal(t, id, e.ID)
	assert.Equal(t, "accepted", e.Status)
	assert.Equal(t, "svc-1", e.ServiceID)
	assert.Equal(t, "vpc-1", e.VPCID)
	assert.Equal(t, "subnet-1", e.SubnetID)
	assert.Equal(t, "10.1.1.1", e.IP)
	assert.Equal(t, []vpceptest.Tag{{Key: "k"}}, e.Tags)
	assert.WithinDuration(t, time.Now(), e.CreatedAt, time.Minute)

	e.Tags[0].Key = "changed"
	assert.Equal(t, "k", f.Endpoints()[0].Tags[0].Key, "a snapshot is a copy")
}
