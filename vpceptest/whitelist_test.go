package vpceptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) updateWhitelist(t *testing.T, id, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPut, f.endpoints()+"/"+id, body)
}

func manyEntries(n int) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf("10.0.%d.%d", i/100, i%100+1)
	}
	b, _ := json.Marshal(map[string]any{"whitelist": entries})
	return string(b)
}

func TestUpdateWhitelist(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	id := f.mustCreate(t, with(`"whitelist":["10.0.0.1"]`))
	steps := []struct {
		name, body string
		entries    []any
		enabled    bool
	}{
		{"both", `{"whitelist":["10.0.0.2","10.1.0.0/16"],"enable_whitelist":true}`, []any{"10.0.0.2", "10.1.0.0/16"}, true},
		{"an absent switch turns it off", `{"whitelist":["10.0.0.3"]}`, []any{"10.0.0.3"}, false},
		{"absent entries are deleted", `{"enable_whitelist":true}`, []any{}, true},
		{"entries again", `{"whitelist":["10.0.0.4"],"enable_whitelist":true}`, []any{"10.0.0.4"}, true},
		{"nothing deletes and turns off", `{}`, []any{}, false},
	}
	for _, step := range steps {
		r := f.updateWhitelist(t, id, step.body)
		require.Equal(t, http.StatusOK, r.status, "%s: %s", step.name, r.raw)
		assert.Equal(t, id, r.id())
		for _, seen := range []reply{r, f.get(t, id)} {
			assert.Equal(t, step.entries, seen.body["whitelist"], step.name)
			assert.Equal(t, step.enabled, seen.body["enable_whitelist"], step.name)
		}
	}
	assert.Equal(t, vpceptest.OpUpdateWhitelist, f.Requests()[1].Operation)
	assert.Equal(t, http.StatusOK, f.updateWhitelist(t, id, manyEntries(200)).status)
	assert.Len(t, f.Endpoints()[0].Whitelist, 200)
}

func TestBadWhitelistUpdates(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	id := f.mustCreate(t, with(`"whitelist":["10.0.0.1"]`))
	tests := []struct{ name, body, code string }{
		{"empty body", "", "EndPoint.2002"},
		{"unknown field", `{"whitelists":[]}`, "EndPoint.0002"},
		{"field of a create", `{"whitelist":[],"description":"a"}`, "EndPoint.0002"},
		{"string for a boolean", `{"enable_whitelist":"true"}`, "EndPoint.0002"},
		{"a name", `{"whitelist":["example"]}`, "EndPoint.2044"},
		{"everything", `{"whitelist":["0.0.0.0/0"]}`, "EndPoint.2044"},
		{"null entry", `{"whitelist":[null]}`, "EndPoint.2044"},
		{"too many", manyEntries(201), "EndPoint.2045"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.updateWhitelist(t, id, tt.body), http.StatusBadRequest, tt.code)
		})
	}
	assert.Equal(t, []any{"10.0.0.1"}, f.get(t, id).body["whitelist"])
}

const off = `{"enable_whitelist":false}`

func TestGatewaysHaveNoWhitelist(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}))
	wantError(t, f.updateWhitelist(t, f.mustCreate(t, minimal), off), http.StatusBadRequest, "EndPoint.0002")
}

// An endpoint can be changed once it was created, unless that failed.
func TestEndpointsThatCannotBeChanged(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour), vpceptest.WithDeleteDelay(time.Hour))
	changes := map[string]func(id string) reply{
		"whitelist":     func(id string) reply { return f.updateWhitelist(t, id, off) },
		"route tables":  func(id string) reply { return f.updateRouteTables(t, id, "a") },
		"policy":        func(id string) reply { return f.updatePolicy(t, id, document) },
		"delete policy": func(id string) reply { return f.deletePolicy(t, id) },
		"connection":    func(id string) reply { return f.decide(t, "svc-1", "receive", id) },
	}
	creating, failed, deleting := f.mustCreate(t, minimal), f.mustCreate(t, minimal), f.mustCreate(t, minimal)
	require.NoError(t, f.SetStatus(failed, vpceptest.StatusFailed))
	f.delete(t, deleting)
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			wantError(t, change(creating), http.StatusBadRequest, "EndPoint.2019")
			wantError(t, change(failed), http.StatusBadRequest, "EndPoint.2047")
			wantError(t, change(deleting), http.StatusBadRequest, "EndPoint.2018")
			wantError(t, change("nothing"), http.StatusNotFound, "EndPoint.2006")
		})
	}
}
