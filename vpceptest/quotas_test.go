package vpceptest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) quotas(t *testing.T, query string) reply {
	t.Helper()
	return f.do(t, http.MethodGet, "/v1/"+f.ProjectID()+"/quotas"+query, "")
}

func TestQuotas(t *testing.T) {
	f := start(t, vpceptest.WithQuota(2), vpceptest.WithDeleteDelay(time.Hour), vpceptest.WithService(vpceptest.Service{ID: "svc-1"}))
	f.mustCreate(t, minimal)
	f.delete(t, f.mustCreate(t, minimal))
	wantError(t, f.create(t, minimal), http.StatusBadRequest, "Endpoint.1018")

	assert.JSONEq(t, `{"quotas":{"resources":[{"type":"endpoint_service","used":1,"quota":20},{"type":"endpoint","used":2,"quota":2}]}}`,
		f.quotas(t, "").raw, "those being deleted count")
	assert.JSONEq(t, `{"quotas":{"resources":[{"type":"endpoint","used":2,"quota":2}]}}`, f.quotas(t, "?type=endpoint").raw)
	assert.JSONEq(t, `{"quotas":{"resources":[{"type":"endpoint_service","used":1,"quota":20}]}}`, f.quotas(t, "?type=endpoint_service").raw)
	assert.Equal(t, vpceptest.OpQuotas, f.Requests()[4].Operation)
}

func TestQuotasWithoutLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithDeleteDelay(time.Second))
		endpoints := func() string { return d.project(t, http.MethodGet, "/quotas?type=endpoint").raw }
		assert.Contains(t, endpoints(), `"used":0,"quota":50`)
		var id string
		for range 51 {
			id = d.do(t, http.MethodPost, "", minimal).id()
		}
		assert.Contains(t, endpoints(), `"used":51,"quota":51`)
		d.do(t, http.MethodDelete, "/"+id, "")
		time.Sleep(time.Second)
		assert.Contains(t, endpoints(), `"used":50,"quota":50`)
		assert.Contains(t, d.project(t, http.MethodGet, "/quotas").raw, `"type":"endpoint_service","used":0`)
	})
}

func TestBadQuotaQueries(t *testing.T) {
	f := start(t)
	for query, code := range map[string]string{
		"?type=router": "EndPoint.3070", "?type=": "EndPoint.3070",
		"?kind=endpoint": "EndPoint.0002", "?type=endpoint&type=endpoint": "EndPoint.0002",
	} {
		wantError(t, f.quotas(t, query), http.StatusBadRequest, code)
	}
}
