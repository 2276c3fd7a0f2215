package vpceptest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestChangesShowLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(time.Minute))
		created := d.do(t, http.MethodPost, "", with(`"whitelist":["10.0.0.1"]`))
		path := "/" + created.id()
		seen := func() object { return d.do(t, http.MethodGet, path, "").body }
		change := func(method, suffix, body string) object { return d.do(t, method, path+suffix, body).body }

		first := change(http.MethodPut, "", `{"whitelist":["10.0.0.2"]}`)
		assert.Equal(t, []any{"10.0.0.2"}, first["whitelist"], "the answer shows it")
		time.Sleep(30 * time.Second)
		second := change(http.MethodPut, "/policy", document)
		assert.Equal(t, []any{"10.0.0.2"}, second["whitelist"], "changes build on each other")
		assert.Greater(t, second["updated_at"], first["updated_at"])

		time.Sleep(30*time.Second - 1)
		assert.Equal(t, []any{"10.0.0.1"}, seen()["whitelist"])
		assert.Equal(t, created.body["updated_at"], seen()["updated_at"])

		time.Sleep(time.Nanosecond)
		assert.Equal(t, []any{"10.0.0.2"}, seen()["whitelist"])
		assert.NotContains(t, seen(), "policy_document")
		assert.Greater(t, seen()["updated_at"], created.body["updated_at"])

		time.Sleep(30 * time.Second)
		assert.Contains(t, seen(), "policy_document")
		assert.NotContains(t, change(http.MethodDelete, "/policy", ""), "policy_document")
		wantError(t, d.do(t, http.MethodDelete, path+"/policy", ""), http.StatusBadRequest, "EndPoint.2049")
		assert.Contains(t, seen(), "policy_document", "the deletion shows later too")
	})
}

func TestTagsAndRouteTablesShowLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(time.Minute),
			vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}))
		id := d.do(t, http.MethodPost, "", with(`"routetables":["a"],"tags":[{"key":"k","value":"old"}]`)).id()
		listed := func() vpceptest.Endpoint { return d.Endpoints()[0] }

		assert.JSONEq(t, `{"routetables":["b"]}`, d.do(t, http.MethodPut, "/"+id+"/routetables", `{"routetables":["b"]}`).raw)
		r := d.projectBody(t, http.MethodPost, "/endpoint/"+id+"/tags/action", tagsAction("create", "k", "v"))
		assert.Equal(t, http.StatusNoContent, r.status, r.raw)
		assert.Equal(t, []string{"a"}, listed().RouteTables)
		assert.Equal(t, []vpceptest.Tag{{Key: "k", Value: "old"}}, listed().Tags)

		time.Sleep(time.Minute)
		assert.Equal(t, []string{"b"}, listed().RouteTables)
		assert.Equal(t, []vpceptest.Tag{{Key: "k", Value: "v"}}, listed().Tags)
	})
}

func TestNothingShowsOnceTheEndpointIsBeingDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(time.Minute), vpceptest.WithDeleteDelay(time.Hour))
		path := "/" + d.do(t, http.MethodPost, "", with(`"whitelist":["10.0.0.1"]`)).id()
		d.do(t, http.MethodPut, path, `{"whitelist":[]}`)
		d.do(t, http.MethodDelete, path, "")
		time.Sleep(2 * time.Minute)
		assert.Equal(t, []any{"10.0.0.1"}, d.do(t, http.MethodGet, path, "").body["whitelist"])
	})
}

func TestFaultsHitChanges(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpUpdateWhitelist, Status: 503},
		vpceptest.Fault{Operation: vpceptest.OpUpdateWhitelist, Status: 504, AfterEffect: true}))
	id := f.mustCreate(t, minimal)
	on := `{"enable_whitelist":true}`
	assert.Equal(t, 503, f.updateWhitelist(t, id, on).status)
	assert.False(t, f.Endpoints()[0].EnableWhitelist)
	assert.Equal(t, 504, f.updateWhitelist(t, id, on).status)
	assert.True(t, f.Endpoints()[0].EnableWhitelist)
}
