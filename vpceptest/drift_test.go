package vpceptest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// drifted are what an answer has with a drift alone.
var drifted = map[vpceptest.Drift][]string{
	vpceptest.DriftBooleans:  {`"enable_dns":"true"`, `"enable_whitelist":"false"`, `"is_charge":"false"`},
	vpceptest.DriftLists:     {`"active_status":"active"`, `"dns_names":"vpcep-`},
	vpceptest.DriftNames:     {`"update_at":"`, `"dns_name":["vpcep-`, `"gataway"`},
	vpceptest.DriftTimes:     {`"created_at":"2026-01-02T03:04:05.000"`},
	vpceptest.DriftMarkers:   {`"marker_id":322312312313`},
	vpceptest.DriftErrors:    {`"error":{"error_code":"c"`},
	vpceptest.DriftNulls:     {`"dns_names":null`, `"field_of_tomorrow"`},
	vpceptest.DriftDefaults:  {`"Resource":["*","*/*"]`, `"routetables":[]`},
	vpceptest.DriftPorts:     {`"client_port":"1"`},
	vpceptest.DriftErrorBody: {`"error_code":"Endpoint.2006"`},
	vpceptest.DriftStatus:    {"201 POST", "200 DELETE", "200 POST /endpoint/"},
	vpceptest.DriftPolicies:  {`"policy_document":"{\"a\":1}"`, `"Action":"a"`},
	vpceptest.DriftRepeats:   {`"status":"stale"`},
}

// answersWith are the answers to all sorts of requests.
func answersWith(t *testing.T, drifts ...vpceptest.Drift) string {
	t.Helper()
	opts := []vpceptest.Option{
		vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0), vpceptest.WithClock(atFixedTime),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1"}),
		vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}),
		vpceptest.WithService(vpceptest.Service{ID: "bad", Failure: vpceptest.EndpointError{Code: "c", Message: "m"}}),
	}
	if len(drifts) > 0 {
		opts = append(opts, vpceptest.WithDrift(drifts...))
	}
	d := newDirect(opts...)
	var all strings.Builder
	ask := func(method, path, body string) reply {
		r := d.projectBody(t, method, path, body)
		fmt.Fprintln(&all, r.status, method, path, r.raw)
		return r
	}
	create := func(service, members string) string {
		return ask(http.MethodPost, "/vpc-endpoints", strings.Replace(with(members), "svc-1", service, 1)).id()
	}
	id := create("svc-1", `"enable_dns":true,"policy_document":{"a":1}`)
	create("gw", `"policy_statement":[{"Effect":"Allow","Action":["a"],"Resource":["b","c"]}]`)
	create("gw", `"description":""`)
	create("bad", `"enable_dns":true`)
	ask(http.MethodGet, "/vpc-endpoints?limit=1000", "")
	ask(http.MethodGet, "/vpc-endpoint-services/public", "")
	ask(http.MethodPost, "/vpc-endpoint-services", `{"port_id":"p","vpc_id":"v","server_type":"VM","ports":[{"client_port":1,"server_port":2}]}`)
	ask(http.MethodGet, "/vpc-endpoints/none", "")
	ask(http.MethodPost, "/endpoint/"+id+"/tags/action", `{"action":"create","tags":[{"key":"k","value":"v"}]}`)
	ask(http.MethodDelete, "/vpc-endpoints/"+id, "")
	return all.String()
}

func TestEachDriftShowsAndNoneByDefault(t *testing.T) {
	documented := answersWith(t)
	for _, drift := range vpceptest.AllDrifts() {
		answers := answersWith(t, drift)
		assert.NotEmpty(t, drifted[drift], drift)
		for _, part := range drifted[drift] {
			assert.Contains(t, answers, part, drift)
			assert.NotContains(t, documented, part, drift)
		}
	}
	all := answersWith(t, vpceptest.AllDrifts()...)
	assert.Contains(t, all, `"status":"stale"`)
	assert.Panics(t, func() { vpceptest.WithDrift("none") })
}
