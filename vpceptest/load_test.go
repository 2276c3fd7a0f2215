package vpceptest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// 256 callers make 10,000 endpoints, read pages meanwhile, and delete the half.
func TestManyCallers(t *testing.T) {
	const callers, each = 256, 40
	d := newDirect(vpceptest.WithoutRecording(), vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0),
		vpceptest.WithShuffledSeconds())
	var group sync.WaitGroup
	for caller := range callers {
		group.Go(func() {
			for i := range each {
				r := d.do(t, http.MethodPost, "", strings.Replace(minimal, "subnet-1", fmt.Sprint("subnet-", caller), 1))
				if !assert.Equal(t, http.StatusOK, r.status, r.raw) {
					return
				}
				switch i % 4 {
				case 0:
					assert.Equal(t, http.StatusOK, d.do(t, http.MethodGet, "?limit=5", "").status)
				case 1, 2:
					assert.Equal(t, http.StatusNoContent, d.do(t, http.MethodDelete, "/"+r.id(), "").status)
				}
			}
		})
	}
	group.Wait()
	assert.Len(t, d.Endpoints(), callers*each/2)
}

// A page of a large store costs about what one of a small store does, with any filter and
// in any order. Allocations are counted: they do not depend on what else the machine does.
func TestAPageDoesNotCostTheWholeStore(t *testing.T) {
	small, large := newDirect(vpceptest.WithoutRecording(), vpceptest.WithSeed(many(20))),
		newDirect(vpceptest.WithoutRecording(), vpceptest.WithSeed(many(5000)))
	for _, path := range []string{
		"/vpc-endpoints?limit=10",
		"/vpc-endpoints?limit=10&offset=5&sort_dir=asc",
		"/vpc-endpoints?limit=10&vpc_id=v",
		"/vpc-endpoints?limit=10&endpoint_service_name=STAND",
		"/vpc-endpoints?limit=10&sort_key=update_at",
		"/vpc-endpoints?limit=10&vpc_id=v&endpoint_service_name=stand-in&sort_key=update_at&sort_dir=asc",
		"/vpc-endpoint-services/s/connections?limit=10",
		"/vpc-endpoint-services/s/connections?limit=10&status=accepted",
		"/vpc-endpoint-services/s/connections?limit=10&sort_key=update_at",
	} {
		cost := func(d direct) float64 {
			require.Equal(t, http.StatusOK, d.project(t, http.MethodGet, path).status)
			return testing.AllocsPerRun(5, func() { d.project(t, http.MethodGet, path) })
		}
		assert.Less(t, cost(large), cost(small)*2, path)
	}
}

// Hiding endpoints in lists does not copy the others.
func TestAPageDoesNotCostWhatIsHidden(t *testing.T) {
	cost := func(n int) float64 {
		d := newDirect(vpceptest.WithoutRecording(), vpceptest.WithListLag(time.Hour), vpceptest.WithSeed(many(n)))
		d.do(t, http.MethodPost, "", minimal)
		return testing.AllocsPerRun(5, func() { d.do(t, http.MethodGet, "?limit=10", "") })
	}
	assert.Less(t, cost(5000), cost(20)*2)
}

// A service is renamed, described, connected to and listed at once.
func TestManyCallersOfOneService(t *testing.T) {
	d := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0),
		vpceptest.WithSeed(vpceptest.Seed{Services: []vpceptest.SeedService{{ID: "svc-1", Name: "db"}}}))
	const service = "/vpc-endpoint-services/svc-1"
	calls := []struct{ method, path, body string }{
		{http.MethodPut, service, `{"approval_enabled":true,"service_name":"a"}`}, {http.MethodPut, service + "/name", `{"endpoint_service_name":"b"}`},
		{http.MethodGet, "/vpc-endpoint-services/describe?id=svc-1", ""}, {http.MethodGet, "/vpc-endpoint-services?endpoint_service_name=b", ""},
		{http.MethodPost, "/vpc-endpoints", minimal}, {http.MethodGet, "/vpc-endpoints?endpoint_service_name=b", ""},
		{http.MethodGet, service + "/connections?status=accepted", ""}, {http.MethodGet, "/endpoint/tags", ""},
		{http.MethodPost, "/endpoint_service/svc-1/tags/action", `{"action":"create","tags":[{"key":"k","value":"v"}]}`},
		{http.MethodPost, service + "/permissions/action", `{"action":"add","permissions":["*"]}`}, {http.MethodGet, service + "/permissions", ""},
	}
	var group sync.WaitGroup
	for _, c := range calls {
		group.Go(func() {
			for range 20 {
				r := d.projectBody(t, c.method, c.path, c.body)
				assert.Less(t, r.status, 300, r.raw)
				d.StateJSON()
			}
		})
	}
	group.Wait()
	assert.Len(t, d.Endpoints(), 20)
}

func many(n int) vpceptest.Seed {
	var seed vpceptest.Seed
	for range n {
		seed.Endpoints = append(seed.Endpoints, vpceptest.SeedEndpoint{ServiceID: "s", VPCID: "v", SubnetID: "n"})
	}
	return seed
}

func TestSeeds(t *testing.T) {
	old := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	tags := []vpceptest.Tag{{Key: "key", Value: "twice"}}
	d := newDirect(vpceptest.WithSeed(vpceptest.Seed{
		Services: []vpceptest.SeedService{{ID: "svc", Name: "db", Status: "failed", Permissions: []string{"*"}, CreatedAt: old}},
		Endpoints: []vpceptest.SeedEndpoint{
			{ID: "new", ServiceID: "svc", SubnetID: "n", Status: "strange", Tags: tags},
			{ID: "old", ServiceID: "svc", SubnetID: "n", CreatedAt: old, UpdatedAt: old.Add(time.Hour), Tags: tags, PolicyDocument: []byte(`{"a":1}`)},
		},
	}))
	assert.Equal(t, "strange", d.do(t, http.MethodGet, "/new", "").body["status"])
	first := object(d.do(t, http.MethodGet, "?sort_dir=asc", "").body.list("endpoints")[0].(map[string]any))
	assert.Equal(t, "old", first["id"])
	assert.Equal(t, "2020-01-02T03:04:05Z", first["created_at"])
	assert.Equal(t, "2020-01-02T04:04:05Z", first["updated_at"])
	assert.Equal(t, "1", fmt.Sprint(first.object("policy_document")["a"]))
	services := d.Services()
	require.Len(t, services, 1)
	assert.Equal(t, "failed", services[0].Status)
	assert.Equal(t, 1, services[0].Connections)
	for want, seed := range map[string]vpceptest.Seed{
		`endpoints[0].id: "old" is taken`:                          {Endpoints: []vpceptest.SeedEndpoint{{ID: "old", ServiceID: "svc"}}},
		`endpoints[1].project_id: there is no project "x"`:         {Endpoints: []vpceptest.SeedEndpoint{{ServiceID: "svc"}, {ProjectID: "x"}}},
		`endpoints[0].endpoint_service_id: there is no service ""`: {Endpoints: []vpceptest.SeedEndpoint{{}}},
		`endpoints[0].policy_document: is not valid JSON`:          {Endpoints: []vpceptest.SeedEndpoint{{ServiceID: "svc", PolicyDocument: []byte("{")}}},
		`services[0].id: "svc" is taken`:                           {Services: []vpceptest.SeedService{{ID: "svc"}}},
		`services[0].permissions: "x" is not a valid permission`:   {Services: []vpceptest.SeedService{{Permissions: []string{"x"}}}},
		`endpoints[1].ip: "10.0.0.9" is in use`:                    {Endpoints: []vpceptest.SeedEndpoint{{ServiceID: "svc", IP: "10.0.0.9"}, {ServiceID: "svc", IP: "10.0.0.9"}}},
	} {
		require.EqualError(t, d.Put(seed), "vpceptest: "+want)
	}
}

func TestLimitsOfTheRealService(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := newDirect(vpceptest.WithClock(func() time.Time { return now }), vpceptest.WithThrottling(3), vpceptest.WithPageLimit(2),
		vpceptest.WithServiceQuota(1), vpceptest.WithSeed(many(5)))
	assert.Len(t, d.do(t, http.MethodGet, "?limit=1000", "").body.list("endpoints"), 2)
	service := `{"port_id":"p","vpc_id":"v","server_type":"VM",` + ports + `}`
	assert.Equal(t, http.StatusOK, d.projectBody(t, http.MethodPost, "/vpc-endpoint-services", service).status)
	wantError(t, d.projectBody(t, http.MethodPost, "/vpc-endpoint-services", service), 400, "Endpoint.1018")
	r := d.do(t, http.MethodGet, "", "")
	wantError(t, r, http.StatusTooManyRequests, "APIGW.0308")
	assert.Empty(t, r.header.Get("Retry-After"))
	now = now.Add(time.Minute)
	assert.Equal(t, http.StatusOK, d.do(t, http.MethodGet, "", "").status)
}

// Lists of shuffled seconds have another order within a second, and are complete.
func TestShuffledSeconds(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := newDirect(vpceptest.WithClock(func() time.Time { return now }), vpceptest.WithShuffledSeconds(), vpceptest.WithSeed(many(100)))
	var listed, made []any
	for _, e := range d.do(t, http.MethodGet, "?limit=1000&sort_dir=asc", "").body.list("endpoints") {
		listed = append(listed, e.(map[string]any)["id"])
	}
	for _, e := range d.Endpoints() {
		made = append(made, e.ID)
	}
	assert.ElementsMatch(t, made, listed)
	assert.NotEqual(t, made, listed)
}
