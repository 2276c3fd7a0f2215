package vpceptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) connections(t *testing.T, service, query string) reply {
	t.Helper()
	return f.services(t, service+"/connections?"+query)
}

func (f fixture) postConnections(t *testing.T, service, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPost, "/v1/"+f.ProjectID()+"/vpc-endpoint-services/"+service+"/connections/action", body)
}

func (f fixture) decide(t *testing.T, service, action string, ids ...string) reply {
	t.Helper()
	b, _ := json.Marshal(map[string]any{"endpoints": ids, "action": action})
	return f.postConnections(t, service, string(b))
}

func connection(t *testing.T, r reply, i int) object {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.raw)
	list := r.body.list("connections")
	require.Greater(t, len(list), i, r.raw)
	return list[i].(map[string]any)
}

func startApproval(t *testing.T, opts ...vpceptest.Option) fixture {
	t.Helper()
	return start(t, append(opts, vpceptest.WithCreateDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Approval: true}),
		vpceptest.WithService(vpceptest.Service{ID: "svc-2"}))...)
}

func TestReceiveAndReject(t *testing.T) {
	f := startApproval(t)
	id := f.mustCreate(t, minimal)
	assert.Equal(t, "pendingAcceptance", connection(t, f.connections(t, "svc-1", ""), 0)["status"])
	for _, step := range []struct{ action, status string }{
		{"receive", "accepted"}, {"receive", "accepted"}, {"reject", "rejected"}, {"receive", "accepted"},
	} {
		r := f.decide(t, "svc-1", step.action, id)
		assert.Len(t, r.body.list("connections"), 1)
		assert.Equal(t, id, connection(t, r, 0)["id"])
		assert.Equal(t, step.status, connection(t, r, 0)["status"])
		assert.Equal(t, step.status, f.get(t, id).body["status"])
	}
	assert.Contains(t, f.get(t, id).body, "ip")
	assert.Equal(t, vpceptest.OpListConnections, f.Requests()[1].Operation)
	assert.Equal(t, vpceptest.OpConnectionAction, f.Requests()[2].Operation)
}

func TestBadConnectionActions(t *testing.T) {
	f := startApproval(t)
	id := f.mustCreate(t, minimal)
	action := func(endpoints string) string { return `{"endpoints":` + endpoints + `,"action":"receive"}` }
	tests := []struct{ name, service, body, code string }{
		{"empty body", "svc-1", "", "EndPoint.2002"},
		{"no endpoints", "svc-1", `{"action":"receive"}`, "EndPoint.2002"},
		{"empty endpoints", "svc-1", action(`[]`), "EndPoint.2002"},
		{"no action", "svc-1", `{"endpoints":["` + id + `"]}`, "EndPoint.2002"},
		{"a string", "svc-1", action(`"` + id + `"`), "EndPoint.0002"},
		{"unknown field", "svc-1", `{"endpoints":["a"],"action":"receive","force":true}`, "EndPoint.0002"},
		{"wrong action", "svc-1", `{"endpoints":["` + id + `"],"action":"accept"}`, "EndPoint.2027"},
		{"several endpoints", "svc-1", action(`["` + id + `","b"]`), "EndPoint.2031"},
		{"empty ID", "svc-1", action(`[""]`), "EndPoint.2017"},
		{"another service", "svc-2", action(`["` + id + `"]`), "EndPoint.2013"},
		{"unknown service", "svc-3", action(`["` + id + `"]`), "EndPoint.2003"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.postConnections(t, tt.service, tt.body), http.StatusBadRequest, tt.code)
		})
	}
	wantError(t, f.decide(t, "svc-1", "receive", "nothing"), http.StatusNotFound, "EndPoint.2006")
	assert.Equal(t, "pendingAcceptance", f.get(t, id).body["status"])
}

func TestListConnections(t *testing.T) {
	f := startApproval(t, vpceptest.WithDeleteDelay(time.Hour))
	a := f.mustCreate(t, with(`"description":"first"`))
	b, c := f.mustCreate(t, minimal), f.mustCreate(t, minimal)
	f.mustCreate(t, `{"endpoint_service_id":"svc-2","vpc_id":"v","subnet_id":"s"}`)
	f.decide(t, "svc-1", "receive", a)
	require.NoError(t, f.SetStatus(b, "failed", vpceptest.EndpointError{Code: "EndPoint.3001", Message: "CREATE PORT FAILED"}))
	marker := fmt.Sprint(f.get(t, b).body["marker_id"])

	tests := []struct {
		query string
		want  []string
		total string
	}{
		{"", []string{c, b, a}, "3"},
		{"sort_dir=asc", []string{a, b, c}, "3"},
		{"sort_key=update_at", []string{b, a, c}, "3"},
		{"limit=1&offset=1", []string{b}, "3"},
		{"id=" + a, []string{a}, "1"},
		{"marker_id=" + marker, []string{b}, "1"},
		{"marker_id=" + marker + "&id=" + a, nil, "0"},
		{"status=pendingAcceptance", []string{c}, "1"},
		{"status=accepted", []string{a}, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			r := f.connections(t, "svc-1", tt.query)
			require.Equal(t, http.StatusOK, r.status, r.raw)
			var got []string
			for _, conn := range r.body.list("connections") {
				got = append(got, conn.(map[string]any)["id"].(string))
			}
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.total, total(r))
		})
	}

	one := connection(t, f.connections(t, "svc-1", "id="+a), 0)
	assert.Equal(t, "first", one["description"])
	assert.Len(t, one["domain_id"], 32)
	assert.NotContains(t, one, "error")
	for _, at := range []string{"created_at", "updated_at"} {
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, one[at])
	}
	failed := connection(t, f.connections(t, "svc-1", "status=failed"), 0)
	assert.Equal(t, json.Number(marker), failed["marker_id"])
	assert.Equal(t, []any{map[string]any{"error_code": "EndPoint.3001", "error_message": "CREATE PORT FAILED"}}, failed["error"])
	f.delete(t, c)
	assert.Equal(t, "deleting", connection(t, f.connections(t, "svc-1", "id="+c), 0)["status"])
	assert.JSONEq(t, `{"connections":[],"total_count":0}`, f.connections(t, "svc-2", "id=none").raw)
}

func TestBadConnectionQueries(t *testing.T) {
	f := startApproval(t)
	for query, code := range map[string]string{
		"marker_id=x": "EndPoint.0021", "marker_id=": "EndPoint.0021", "status=open": "EndPoint.0019",
		"limit=1001": "EndPoint.0006", "vpc_id=a": "EndPoint.0002",
	} {
		wantError(t, f.connections(t, "svc-1", query), http.StatusBadRequest, code)
	}
	wantError(t, f.connections(t, "unknown", ""), http.StatusBadRequest, "EndPoint.2003")
}

func TestADecisionShowsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(time.Minute),
			vpceptest.WithService(vpceptest.Service{ID: "svc-1", Approval: true}))
		create := func() string { return d.do(t, http.MethodPost, "", minimal).id() }
		status := func(id string) any { return d.do(t, http.MethodGet, "/"+id, "").body["status"] }
		asked, steered, set := create(), create(), create()

		const service = "/vpc-endpoint-services/svc-1/connections"
		r := d.projectBody(t, http.MethodPost, service+"/action", `{"endpoints":["`+asked+`"],"action":"receive"}`)
		assert.Equal(t, "accepted", connection(t, r, 0)["status"], "the answer shows it")
		require.NoError(t, d.Reject(steered))
		require.NoError(t, d.Accept(set))
		require.NoError(t, d.SetStatus(set, "brandNew"))

		time.Sleep(time.Minute - 1)
		assert.Equal(t, "pendingAcceptance", status(asked))
		assert.Equal(t, "pendingAcceptance", status(steered))
		assert.Equal(t, "pendingAcceptance", connection(t, d.project(t, http.MethodGet, service+"?id="+asked), 0)["status"])

		time.Sleep(time.Nanosecond)
		assert.Equal(t, "accepted", status(asked))
		assert.Equal(t, "rejected", status(steered))
		assert.Equal(t, "brandNew", status(set), "at once, and for good")
	})
}
