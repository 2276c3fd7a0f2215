package vpcep_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

const projectURL = "https://vpcep.example/v1/p-1"

// answering registers a response and returns the bodies of the requests that get it.
func answering(mock *httpmock.MockTransport, method, url string, status int, body string) *[]string {
	var bodies []string
	mock.RegisterResponder(method, url, func(r *http.Request) (*http.Response, error) {
		data := []byte{}
		if r.Body != nil {
			data, _ = io.ReadAll(r.Body)
		}
		bodies = append(bodies, string(data))
		return httpmock.NewStringResponse(status, body), nil
	})
	return &bodies
}

func TestConditions(t *testing.T) {
	e := &vpcep.Endpoint{Tags: []vpcep.Tag{{Key: "a", Value: "1"}, {Key: "b"}}, Whitelist: []string{"10.0.0.1", "10.1.0.0/16"}}
	assert.True(t, vpcep.HasAllTags(vpcep.Tag{Key: "b"})(e))
	assert.False(t, vpcep.HasAllTags(vpcep.Tag{Key: "a"})(e))
	assert.True(t, vpcep.LacksTags("c")(e))
	assert.False(t, vpcep.LacksTags("c", "a")(e))
	assert.False(t, vpcep.HasTags(vpcep.Tag{Key: "b"})(e))
	assert.True(t, vpcep.HasWhitelist(vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.2.3/16", "10.0.0.1/32")})(e))
	assert.False(t, vpcep.HasWhitelist(vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.0.0/16")})(e))
}

// Changes to the stand-in, which applies them later.
func TestChangesArrive(t *testing.T) { changesArrive(t) }

// A region that shows a default policy instead of none, among other things.
func TestChangesArriveWithDrift(t *testing.T) { changesArrive(t, vpceptest.WithDrift()) }

func changesArrive(t *testing.T, opts ...vpceptest.Option) {
	server := newServer(append(opts,
		vpceptest.WithService(vpceptest.Service{ID: "if"}), vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}),
		vpceptest.WithChangeDelay(20*time.Millisecond), vpceptest.WithCreateDelay(0))...)
	defer server.Close()
	client := server.Client()
	wait := vpcep.WaitOptions{Interval: 10 * time.Millisecond}
	create := func(req vpcep.CreateEndpointRequest) string {
		e, err := client.CreateEndpoint(t.Context(), req)
		require.NoError(t, err)
		return e.ID
	}

	t.Run("whitelist", func(t *testing.T) {
		id := create(vpcep.CreateEndpointRequest{EndpointServiceID: "if", VPCID: "v", SubnetID: "n", Whitelist: []string{"10.0.0.1"}})
		on := true
		for _, change := range []vpcep.WhitelistChange{
			{Enable: &on}, {Entries: vpcep.WhitelistEntries("10.0.0.2", "10.1.0.0/16")}, {Entries: vpcep.WhitelistEntries()},
		} {
			_, err := client.UpdateWhitelist(t.Context(), id, change)
			require.NoError(t, err)
			e, err := client.WaitForEndpointChange(t.Context(), id, vpcep.HasWhitelist(change), wait)
			require.NoError(t, err)
			assert.True(t, e.EnableWhitelist)
		}
	})
	t.Run("route tables and policy", func(t *testing.T) {
		id := create(vpcep.CreateEndpointRequest{EndpointServiceID: "gw", VPCID: "v"})
		ids, err := client.UpdateRouteTables(t.Context(), id, []string{"rt-1", "rt-2"})
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"rt-1", "rt-2"}, ids)
		_, err = client.WaitForEndpointChange(t.Context(), id, vpcep.HasRouteTables("rt-2", "rt-1"), wait)
		require.NoError(t, err)

		policy := vpcep.Policy{Statements: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"*"}}}}
		_, err = client.UpdatePolicy(t.Context(), id, policy)
		require.NoError(t, err)
		_, err = client.WaitForEndpointChange(t.Context(), id, vpcep.HasPolicy(policy), wait)
		require.NoError(t, err)
		_, err = client.DeletePolicy(t.Context(), id)
		require.NoError(t, err)
		_, err = client.WaitForEndpointChange(t.Context(), id, vpcep.HasPolicy(vpcep.Policy{}), wait)
		require.NoError(t, err)
	})
	some := vpcep.HasTags()
	for name, condition := range map[string]vpcep.Condition{
		"nil": nil, "all with nil": vpcep.All(some, nil), "any with nil": vpcep.Any(some, nil),
		"nil deep inside": vpcep.All(vpcep.Any(nil)),
	} {
		_, err := client.WaitForEndpointChange(t.Context(), "e", condition, wait)
		assert.ErrorContains(t, err, "the condition is nil", name)
	}
}

func TestWaitForAChangeThatNeverComes(t *testing.T) {
	c, mock := mocked(t)
	answering(mock, "GET", endpointsURL+"/e-1", 200, `{"id":"e-1","status":"failed","error":{"error_code":"E","error_message":"M"}}`)
	_, err := c.WaitForEndpointChange(t.Context(), "e-1", vpcep.HasTags(vpcep.Tag{Key: "a"}), vpcep.WaitOptions{})
	var failed *vpcep.EndpointFailedError
	require.ErrorAs(t, err, &failed)
	assert.Contains(t, err.Error(), "failed: E M")
	answering(mock, "GET", endpointsURL+"/e-1", 404, `{"error":{"code":"EndPoint.2006","message":"m"}}`)
	_, err = c.WaitForEndpointChange(t.Context(), "e-1", vpcep.HasTags(), vpcep.WaitOptions{})
	assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
}

// Fields that are newer than the specification are sent and read.
func TestCreateWithWhatTheSpecificationLeavesOut(t *testing.T) {
	server := newServer(vpceptest.WithService(vpceptest.Service{ID: "s"}), vpceptest.WithCreateDelay(0))
	defer server.Close()
	e, err := server.Client().CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IPVersion: vpcep.IPVersionDualStack, SpecificationName: "large",
	})
	require.NoError(t, err)
	assert.Equal(t, vpcep.IPVersionDualStack, e.IPVersion)
	assert.Equal(t, "large", e.SpecificationName)
}
