package vpceptest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) putRouteTables(t *testing.T, id, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPut, f.endpoints()+"/"+id+"/routetables", body)
}

func (f fixture) updateRouteTables(t *testing.T, id string, tables ...string) reply {
	t.Helper()
	b, _ := json.Marshal(map[string]any{"routetables": tables})
	return f.putRouteTables(t, id, string(b))
}

func startGateway(t *testing.T, opts ...vpceptest.Option) fixture {
	t.Helper()
	return start(t, append(opts, vpceptest.WithCreateDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}))...)
}

func TestUpdateRouteTables(t *testing.T) {
	f := startGateway(t)
	id := f.mustCreate(t, with(`"routetables":["a","b"]`))
	r := f.updateRouteTables(t, id, "c", "b")
	require.Equal(t, http.StatusOK, r.status)
	assert.JSONEq(t, `{"routetables":["c","b"]}`, r.raw)
	assert.Equal(t, []any{"c", "b"}, f.get(t, id).body["routetables"])
	assert.Equal(t, vpceptest.OpUpdateRouteTables, f.Requests()[1].Operation)
}

func TestRouteTablesThatFail(t *testing.T) {
	f := startGateway(t, vpceptest.WithFailingRouteTable("stuck", "held"), vpceptest.WithFailingRouteTable("mute", ""))
	id := f.mustCreate(t, with(`"routetables":["stuck","a","mute"]`))

	r := f.updateRouteTables(t, id, "stuck", "b")
	require.Equal(t, http.StatusOK, r.status)
	assert.JSONEq(t, `{"routetables":["stuck","b","mute"],"error":[{"bind_failed":[],
		"unbind_failed":[{"id":"mute","error_message":"Failed to remove routes from the VPC's route table."}]}]}`, r.raw,
		"what is bound already needs no binding")

	f.MendRouteTable("mute")
	f.FailRouteTable("c", "full")
	r = f.updateRouteTables(t, id, "c", "d")
	assert.JSONEq(t, `{"routetables":["d","stuck"],"error":[{"bind_failed":[{"id":"c","error_message":"full"}],
		"unbind_failed":[{"id":"stuck","error_message":"held"}]}]}`, r.raw)
	assert.Equal(t, []any{"d", "stuck"}, f.get(t, id).body["routetables"])

	f.FailRouteTable("e", "")
	assert.Contains(t, f.updateRouteTables(t, id, "d", "e").raw, "Failed to add routes")
	f.MendRouteTable("c")
	f.MendRouteTable("stuck")
	assert.JSONEq(t, `{"routetables":["c"]}`, f.updateRouteTables(t, id, "c").raw)
}

func TestAllRouteTablesFail(t *testing.T) {
	f := startGateway(t, vpceptest.WithFailingRouteTable("b", "full"))
	id := f.mustCreate(t, with(`"routetables":["a"]`))
	assert.Contains(t, f.updateRouteTables(t, id, "b").raw, `"routetables":[]`)
	assert.Equal(t, []any{}, f.get(t, id).body["routetables"])
}

func TestBadRouteTableUpdates(t *testing.T) {
	tests := []struct{ name, body, code string }{
		{"empty body", "", "EndPoint.2002"},
		{"nothing in it", "{}", "EndPoint.2002"},
		{"empty list", `{"routetables":[]}`, "EndPoint.2002"},
		{"null", `{"routetables":null}`, "EndPoint.2002"},
		{"a string", `{"routetables":"a"}`, "EndPoint.0002"},
		{"unknown field", `{"route_tables":["a"]}`, "EndPoint.0002"},
		{"empty ID", `{"routetables":[""]}`, "EndPoint.1019"},
		{"repeated ID", `{"routetables":["a","a"]}`, "EndPoint.1019"},
	}
	f := startGateway(t)
	id := f.mustCreate(t, with(`"routetables":["z"]`))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.putRouteTables(t, id, tt.body), http.StatusBadRequest, tt.code)
		})
	}
	assert.Equal(t, []any{"z"}, f.get(t, id).body["routetables"])
}

func TestInterfacesHaveNoRouteTables(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	wantError(t, f.updateRouteTables(t, f.mustCreate(t, minimal), "a"), http.StatusBadRequest, "EndPoint.2040")
}
