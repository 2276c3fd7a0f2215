package vpcep_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestWaitForConnection(t *testing.T) {
	server := newServer(vpceptest.WithService(vpceptest.Service{ID: "s", Approval: true}), vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(50*time.Millisecond))
	defer server.Close()
	client := server.Client()
	wait := vpcep.WaitOptions{Interval: 10 * time.Millisecond}
	create := func() string {
		e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
		require.NoError(t, err)
		return e.ID
	}
	accepted, rejected := create(), create()
	_, err := client.AcceptConnection(t.Context(), "s", accepted)
	require.NoError(t, err)
	k, err := client.WaitForConnection(t.Context(), "s", accepted, wait)
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusAccepted, k.Status)

	_, err = client.RejectConnection(t.Context(), "s", rejected)
	require.NoError(t, err)
	_, err = client.WaitForConnection(t.Context(), "s", rejected, wait)
	var failed *vpcep.EndpointFailedError
	require.ErrorAs(t, err, &failed)
	wait.Targets = []vpcep.EndpointStatus{vpcep.StatusRejected}
	_, err = client.WaitForConnection(t.Context(), "s", rejected, wait)
	require.NoError(t, err)
	_, err = client.WaitForConnection(t.Context(), "..", rejected, wait)
	assert.Equal(t, "service_id", fieldsOf(err))
	wait.Timeout = 50 * time.Millisecond
	_, err = client.WaitForConnection(t.Context(), "s", "none", wait)
	var timeout *vpcep.WaitTimeoutError
	assert.ErrorAs(t, err, &timeout)
}

// A decision that was carried out succeeds, whatever its response looks like.
func TestDecisionsWithOddAnswers(t *testing.T) {
	for body, status := range map[string]vpcep.EndpointStatus{
		`{"connections":[{"id":"e-1","status":"accepted"}]}`: "accepted", `{"connections":{"id":"e-1","status":"accepted"}}`: "accepted",
		`{"connections":[]}`: "", `{"connections":null}`: "", `{}`: "", ``: "", `{"connections":[7,{"id":"other","status":"rejected"}]}`: "",
	} {
		c, mock := mocked(t)
		answering(mock, "POST", projectURL+"/vpc-endpoint-services/s/connections/action", 200, body)
		k, err := c.AcceptConnection(t.Context(), "s", "e-1")
		require.NoError(t, err, body)
		assert.Equal(t, "e-1", k.EndpointID)
		assert.Equal(t, status, k.Status, body)
	}
	for _, body := range []string{`<html>`, `{"error_code":"EndPoint.0001","error_msg":"m"}`, `{"code":"EndPoint.0001","message":"m"}`} {
		c, mock := mocked(t)
		answering(mock, "POST", projectURL+"/vpc-endpoint-services/s/connections/action", 200, body)
		_, err := c.AcceptConnection(t.Context(), "s", "e-1")
		assert.Error(t, err, body)
	}
}

func TestConnections(t *testing.T) {
	server := newServer(vpceptest.WithService(vpceptest.Service{ID: "s", Approval: true}), vpceptest.WithCreateDelay(0))
	defer server.Close()
	client := server.Client()
	ids := []string{}
	for range 3 {
		e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
		require.NoError(t, err)
		assert.Equal(t, vpcep.StatusPendingAcceptance, e.Status)
		ids = append(ids, e.ID)
	}
	k, err := client.AcceptConnection(t.Context(), "s", ids[0])
	require.NoError(t, err)
	assert.Equal(t, ids[0], k.EndpointID)
	_, err = client.RejectConnection(t.Context(), "s", ids[1])
	require.NoError(t, err)
	e, err := client.WaitForEndpoint(t.Context(), ids[0], vpcep.WaitOptions{Targets: []vpcep.EndpointStatus{vpcep.StatusAccepted}})
	require.NoError(t, err)
	assert.NotEmpty(t, e.IP)

	statuses := map[string]vpcep.EndpointStatus{}
	for k, err := range client.ListConnections(t.Context(), "s", vpcep.ConnectionFilter{PageSize: 2}) {
		require.NoError(t, err)
		statuses[k.EndpointID] = k.Status
		assert.NotZero(t, k.MarkerID)
		assert.False(t, k.CreatedAt.IsZero())
	}
	assert.Equal(t, map[string]vpcep.EndpointStatus{ids[0]: vpcep.StatusAccepted, ids[1]: vpcep.StatusRejected, ids[2]: vpcep.StatusPendingAcceptance}, statuses)

	_, err = client.AcceptConnection(t.Context(), "s", "none")
	var answer *vpcep.APIError
	assert.ErrorAs(t, err, &answer)
	_, err = client.AcceptConnection(t.Context(), "../s", "e/..")
	assert.Equal(t, "service_id endpoint_id", fieldsOf(err))
}

// The body that the service documents, with deviations.
func TestConnectionReadsDrift(t *testing.T) {
	var k vpcep.Connection
	require.NoError(t, json.Unmarshal([]byte(`{"id":"e","marker_id":"422321321312321321","status":"failed ","domain_id":"d","created_at":"2018-01-30T07:42:01.174",
		"error":[{"error_code":"C","error_message":"M"}],"updated_at":7,"new":null}`), &k))
	assert.Equal(t, vpcep.Connection{
		EndpointID: "e", MarkerID: 422321321312321321, Status: vpcep.StatusFailed, DomainID: "d",
		CreatedAt: time.Date(2018, 1, 30, 7, 42, 1, 174e6, time.UTC), Errors: []vpcep.ResourceError{{Code: "C", Message: "M"}},
		Extra: map[string]json.RawMessage{"updated_at": json.RawMessage("7"), "new": json.RawMessage("null")},
	}, k)
}

// A decision whose response was lost can be repeated.
func TestRepeatedDecision(t *testing.T) {
	const refusal = `{"error":{"code":"EndPoint.2014","message":"The endpoint has connected to the endpoint service."}}`
	accept, reject := (*vpcep.Client).AcceptConnection, (*vpcep.Client).RejectConnection
	for name, tt := range map[string]struct {
		decide func(*vpcep.Client, context.Context, string, string, ...vpcep.CallOption) (*vpcep.Connection, error)
		status int
		shown  string
		want   bool
		reads  int
	}{
		"accepted already":         {accept, 400, `{"id":"e-1","status":"accepted"}`, true, 1},
		"accepted already, 409":    {accept, 409, `{"id":"e-1","status":"Accepted"}`, true, 1},
		"rejected already":         {reject, 400, `{"id":"e-1","status":"rejected"}`, true, 1},
		"accepted, to be rejected": {reject, 400, `{"id":"e-1","status":"accepted"}`, false, 1},
		"failed":                   {accept, 400, `{"id":"e-1","status":"failed"}`, false, 1},
		"of another endpoint":      {accept, 400, `{"id":"e-2","status":"accepted"}`, false, 1},
		"not there":                {accept, 400, ``, false, 1},
		"unreadable":               {accept, 400, `<`, false, 1},
		"forbidden":                {accept, 403, `{"id":"e-1","status":"accepted"}`, false, 0},
		"not found":                {accept, 404, `{"id":"e-1","status":"accepted"}`, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			answering(mock, "POST", projectURL+"/vpc-endpoint-services/s/connections/action", tt.status, refusal)
			reads := answering(mock, "GET", projectURL+"/vpc-endpoint-services/s/connections", 200, `{"connections":[`+tt.shown+`],"total_count":1}`)
			var meta vpcep.ResponseMeta
			k, err := tt.decide(c, t.Context(), "s", "e-1", vpcep.WithResponse(&meta))
			assert.Len(t, *reads, tt.reads)
			assert.Equal(t, tt.status, meta.StatusCode)
			if tt.want {
				require.NoError(t, err)
				assert.Equal(t, "e-1", k.EndpointID)
				return
			}
			assert.ErrorIs(t, err, vpcep.CodeAlreadyConnected)
			assert.Nil(t, k)
		})
	}
}
