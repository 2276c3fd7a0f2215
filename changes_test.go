package vpcep_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

const projectURL = "https://vpcep.example/v1/p-1"

// answering registers an answer and gives the bodies of the requests that it answers.
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

func TestUpdateWhitelistSendsWhatIsToBeChanged(t *testing.T) {
	on, off := true, false
	for _, tt := range []struct {
		change vpcep.WhitelistChange
		want   string
	}{
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1", "10.1.0.0/16"), Enable: &on}, `{"whitelist":["10.0.0.1","10.1.0.0/16"],"enable_whitelist":true}`},
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries()}, `{"whitelist":[]}`},
		{vpcep.WhitelistChange{Entries: new([]string)}, `{"whitelist":[]}`},
		{vpcep.WhitelistChange{Enable: &off}, `{"enable_whitelist":false}`},
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries(addresses(21)...)}, ""},
	} {
		c, mock := mocked(t)
		bodies := answering(mock, "PUT", endpointsURL+"/e-1", 200, `{"id":"e-1","enable_whitelist":"true"}`)
		e, err := c.UpdateWhitelist(t.Context(), "e-1", tt.change)
		require.NoError(t, err)
		assert.True(t, e.EnableWhitelist)
		if tt.want != "" {
			assert.JSONEq(t, tt.want, (*bodies)[0])
		}
	}
	c, mock := mocked(t)
	for _, change := range []vpcep.WhitelistChange{{}, {Entries: vpcep.WhitelistEntries("0.0.0.0/0")}, {Entries: vpcep.WhitelistEntries("x")}} {
		_, err := c.UpdateWhitelist(t.Context(), "e-1", change)
		assert.NotEmpty(t, fieldsOf(err))
	}
	_, err := c.UpdateWhitelist(t.Context(), "../e", vpcep.WhitelistChange{Enable: &on})
	assert.Equal(t, "id", fieldsOf(err))
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestUpdateRouteTables(t *testing.T) {
	tests := map[string]struct {
		answer         string
		ids            []string
		bind, unbind   []vpcep.RouteTableFailure
		partial, fails bool
	}{
		"all":              {answer: `{"routetables":["a","b"]}`, ids: []string{"a", "b"}},
		"none left":        {answer: `{"routetables":[]}`, ids: []string{}},
		"no failure":       {answer: `{"routetables":["a"],"error":[]}`, ids: []string{"a"}},
		"null failure":     {answer: `{"routetables":["a"],"error":null}`, ids: []string{"a"}},
		"bind failed":      {answer: `{"routetables":["a"],"error":[{"bind_failed":[{"id":"b","error_message":"in use"}],"unbind_failed":[]}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b", Message: "in use"}}, partial: true},
		"bare error":       {answer: `{"routetables":["a"],"error":{"unbind_failed":{"id":"b","error_message":"m"}}}`, ids: []string{"a"}, unbind: []vpcep.RouteTableFailure{{ID: "b", Message: "m"}}, partial: true},
		"bare ids":         {answer: `{"routetables":["a"],"error":[{"bind_failed":["b"]}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b"}}, partial: true},
		"other names":      {answer: `{"routetables":["a"],"error":[{"bind_failed":{"routetable_id":"b","message":"x"}}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b", Message: "x"}}, partial: true},
		"odd in the list":  {answer: `{"routetables":["a",{"id":"b"}]}`, ids: []string{"a"}},
		"failure, no list": {answer: `{"error":[{"bind_failed":[{"id":"b"}]}]}`, bind: []vpcep.RouteTableFailure{{ID: "b"}}, partial: true},
		"nothing":          {answer: `{}`, fails: true},
		"HTML":             {answer: `<html>`, fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			bodies := answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, tt.answer)
			ids, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a", "b"})
			assert.JSONEq(t, `{"routetables":["a","b"]}`, (*bodies)[0])
			assert.Equal(t, tt.ids, ids)
			var partial *vpcep.RouteTablesError
			if !assert.Equal(t, tt.partial, asRouteTables(err, &partial)) || !tt.partial {
				assert.Equal(t, tt.fails, err != nil)
				return
			}
			assert.Equal(t, tt.bind, partial.BindFailed)
			assert.Equal(t, tt.unbind, partial.UnbindFailed)
			assert.Equal(t, tt.ids, partial.RouteTables)
			assert.Contains(t, err.Error(), "bind b")
		})
	}
	for _, failure := range []string{`[{"error_code":"EndPoint.4028","error_message":"m"}]`, `"could not"`, `{"surprise":[1]}`} {
		c, mock := mocked(t)
		answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, `{"routetables":["a"],"error":`+failure+`}`)
		_, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a", "b"})
		var partial *vpcep.RouteTablesError
		require.ErrorAs(t, err, &partial, "a failure that is not understood is not a success")
		assert.Len(t, partial.Errors, 1)
		assert.NotContains(t, err.Error(), "\n")
	}
	c, mock := mocked(t)
	bodies := answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, `{"routetables":[]}`)
	_, err := c.UpdateRouteTables(t.Context(), "e-1", nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"routetables":[]}`, (*bodies)[0])
	_, err = c.UpdateRouteTables(t.Context(), "e-1", []string{""})
	assert.Equal(t, "routetables[0]", fieldsOf(err))
}

func asRouteTables(err error, target **vpcep.RouteTablesError) bool {
	e, ok := err.(*vpcep.RouteTablesError) //nolint:errorlint // it is returned unwrapped
	*target = e
	return ok
}

func TestPolicies(t *testing.T) {
	allow := vpcep.PolicyStatement{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"*"}}
	c, mock := mocked(t)
	bodies := answering(mock, "PUT", endpointsURL+"/e-1/policy", 200, `{"id":"e-1","policy_statement":[{"Effect":"Allow","Action":"obs:*:*","Resource":"*"}]}`)
	e, err := c.UpdatePolicy(t.Context(), "e-1", vpcep.Policy{Statements: []vpcep.PolicyStatement{allow}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"policy_statement":[{"Effect":"Allow","Action":["obs:*:*"],"Resource":["*"]}]}`, (*bodies)[0])
	assert.Equal(t, []vpcep.PolicyStatement{allow}, e.PolicyStatement)
	_, err = c.UpdatePolicy(t.Context(), "e-1", vpcep.Policy{Document: json.RawMessage(`{"a": 1}`)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"policy_document":{"a":1}}`, (*bodies)[1])

	for _, wrong := range []vpcep.Policy{{}, {Statements: []vpcep.PolicyStatement{allow}, Document: json.RawMessage(`{}`)}, {Document: json.RawMessage(`{`)}, {Statements: []vpcep.PolicyStatement{{}}}} {
		_, err = c.UpdatePolicy(t.Context(), "e-1", wrong)
		assert.NotEmpty(t, fieldsOf(err))
	}

	answering(mock, "DELETE", endpointsURL+"/e-1/policy", 200, `{"id":"e-1"}`)
	e, err = c.DeletePolicy(t.Context(), "e-1")
	require.NoError(t, err)
	assert.Empty(t, e.PolicyStatement)
	answering(mock, "DELETE", endpointsURL+"/e-1/policy", 400, `{"error":{"code":"EndPoint.2049","message":"m"}}`)
	_, err = c.DeletePolicy(t.Context(), "e-1")
	assert.ErrorIs(t, err, vpcep.CodePolicyNotAssociated)
}

func TestTagCalls(t *testing.T) {
	c, mock := mocked(t)
	const url = projectURL + "/endpoint/e-1/tags/action"
	bodies := answering(mock, "POST", url, 204, "")
	require.NoError(t, c.AddTags(t.Context(), "e-1", []vpcep.Tag{{Key: "a", Value: ""}, {Key: "b", Value: "c"}}))
	require.NoError(t, c.RemoveTags(t.Context(), "e-1", []string{"a"}))
	assert.JSONEq(t, `{"action":"create","tags":[{"key":"a","value":""},{"key":"b","value":"c"}]}`, (*bodies)[0])
	assert.JSONEq(t, `{"action":"delete","tags":[{"key":"a"}]}`, (*bodies)[1])

	before := mock.GetTotalCallCount()
	for _, err := range []error{
		c.AddTags(t.Context(), "e-1", nil),
		c.AddTags(t.Context(), "e-1", []vpcep.Tag{{Key: "a="}}),
		c.AddTags(t.Context(), "e-1", []vpcep.Tag{{Key: vpcep.IdempotencyTagKey, Value: "other"}}),
		c.RemoveTags(t.Context(), "e-1", nil),
		c.RemoveTags(t.Context(), "e-1", []string{vpcep.IdempotencyTagKey}),
		c.SetTags(t.Context(), "e-1", []vpcep.Tag{{Key: "a"}, {Key: "a"}}),
		c.AddTags(t.Context(), "..", []vpcep.Tag{{Key: "a"}}),
	} {
		assert.NotEmpty(t, fieldsOf(err))
	}
	assert.Equal(t, before, mock.GetTotalCallCount())
	var none *vpcep.Client
	assert.Error(t, none.AddTags(t.Context(), "e-1", nil))
}

// Tags that cannot be read must not be changed blindly, nor removed in vain.
func TestSetTagsChangesNothingWhereItCannotSucceed(t *testing.T) {
	for name, answer := range map[string]string{
		"an object": `{"id":"e-1","tags":{"a":"1"}}`, "words": `{"id":"e-1","tags":["a=1"]}`, "half": `{"id":"e-1","tags":[{"key":"a","value":"1"},{"key":{}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			answering(mock, "GET", endpointsURL+"/e-1", 200, answer)
			assert.ErrorContains(t, c.SetTags(t.Context(), "e-1", nil), "cannot be read")
			assert.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
	for _, key := range []string{"", "key"} {
		server := vpceptest.NewServer()
		client := server.Client()
		e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
			EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IdempotencyKey: key, Tags: manyTags(3),
		})
		require.NoError(t, err)
		most := 20
		if key != "" {
			most--
		}
		assert.Equal(t, "tags", fieldsOf(client.SetTags(t.Context(), e.ID, manyTags(most+1))))
		assert.Len(t, server.Endpoints()[0].Tags, 3+20-most, "nothing was removed")
		assert.NoError(t, client.SetTags(t.Context(), e.ID, manyTags(most)))
		server.Close()
	}
}

func TestTheKeysTagIsNotTheCallers(t *testing.T) {
	c, mock := mocked(t, vpcep.WithoutValidation())
	for _, err := range []error{
		c.AddTags(t.Context(), "e-1", []vpcep.Tag{{Key: vpcep.IdempotencyTagKey, Value: "x"}}),
		c.RemoveTags(t.Context(), "e-1", []string{vpcep.IdempotencyTagKey}),
		c.SetTags(t.Context(), "e-1", []vpcep.Tag{{Key: vpcep.IdempotencyTagKey, Value: "x"}}),
	} {
		assert.Equal(t, "tags[0].key", fieldsOf(err))
	}
	assert.Zero(t, mock.GetTotalCallCount())
	answering(mock, "POST", projectURL+"/endpoint/e-1/tags/action", 204, "")
	c, _ = mocked(t, vpcep.WithHTTPClient(&http.Client{Transport: mock}))
	assert.NoError(t, c.RemoveTags(t.Context(), "e-1", []string{strings.Repeat("k", 100)}), "a key that the service has is right")
}

func TestConditions(t *testing.T) {
	e := &vpcep.Endpoint{Tags: []vpcep.Tag{{Key: "a", Value: "1"}, {Key: "b"}}, Whitelist: []string{"10.0.0.1", "10.1.0.0/16"}}
	assert.True(t, vpcep.HasTagsAmong(vpcep.Tag{Key: "b"})(e))
	assert.False(t, vpcep.HasTagsAmong(vpcep.Tag{Key: "a"})(e))
	assert.True(t, vpcep.LacksTags("c")(e))
	assert.False(t, vpcep.LacksTags("c", "a")(e))
	assert.False(t, vpcep.HasTags(vpcep.Tag{Key: "b"})(e))
	assert.True(t, vpcep.HasWhitelist(vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.2.3/16", "10.0.0.1/32")})(e))
	assert.False(t, vpcep.HasWhitelist(vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.0.0/16")})(e))
}

// A policy that was deleted, and whose answer was lost, is deleted.
func TestDeletePolicyWhoseAnswerWasLost(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}), vpceptest.WithCreateDelay(0),
		vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpDeletePolicy, AfterEffect: true, Drop: true}))
	defer server.Close()
	client := server.Client(vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "gw", VPCID: "v", PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}},
	})
	require.NoError(t, err)
	e, err = client.DeletePolicy(t.Context(), e.ID)
	require.NoError(t, err)
	assert.Empty(t, e.PolicyStatement)
	_, err = client.DeletePolicy(t.Context(), e.ID)
	assert.ErrorIs(t, err, vpcep.CodePolicyNotAssociated)
}

func TestWaitForConnection(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "s", Approval: true}), vpceptest.WithCreateDelay(0), vpceptest.WithChangeDelay(50*time.Millisecond))
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

// A decision that was carried out is one, however its answer looks.
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

func TestServicesConnectionsAndQuotasRoundTrip(t *testing.T) {
	for _, value := range []any{
		&vpcep.EndpointService{ID: "s", Name: "n", Owner: "o", Type: "interface", IsCharged: true, CreatedAt: time.Unix(1e9, 0).UTC(), Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}},
		&vpcep.Connection{EndpointID: "e", MarkerID: 1 << 40, Status: "accepted", DomainID: "d", Errors: []vpcep.ResourceError{{Code: "c"}}, Extra: map[string]json.RawMessage{"x": json.RawMessage("1")}},
		&vpcep.Quota{Type: "endpoint", Used: 1, Allowed: 2},
	} {
		data, err := json.Marshal(value)
		require.NoError(t, err)
		back := reflect.New(reflect.TypeOf(value).Elem()).Interface()
		require.NoError(t, json.Unmarshal(data, back))
		assert.Equal(t, value, back)
	}
}

func TestSetTagsWithTheFewestCalls(t *testing.T) {
	tests := map[string]struct {
		want  []vpcep.Tag
		calls int // beside the reading
	}{
		"the same":        {[]vpcep.Tag{{Key: "b", Value: "2"}, {Key: "a", Value: "1"}}, 0},
		"one more":        {[]vpcep.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "c"}}, 1},
		"another value":   {[]vpcep.Tag{{Key: "a", Value: "x"}, {Key: "b", Value: "2"}}, 1},
		"one less":        {[]vpcep.Tag{{Key: "a", Value: "1"}}, 1},
		"none":            {nil, 1},
		"others entirely": {[]vpcep.Tag{{Key: "x"}, {Key: "y"}}, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := vpceptest.NewServer()
			defer server.Close()
			client := server.Client()
			e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
				EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IdempotencyKey: "key",
				Tags: []vpcep.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}},
			})
			require.NoError(t, err)
			before := len(server.Requests())
			require.NoError(t, client.SetTags(t.Context(), e.ID, tt.want))
			assert.Equal(t, before+1+tt.calls, len(server.Requests()))

			e, err = client.WaitForEndpointChange(t.Context(), e.ID, vpcep.HasTags(tt.want...), vpcep.WaitOptions{})
			require.NoError(t, err)
			assert.ElementsMatch(t, tt.want, e.Tags)
			assert.Equal(t, "key", e.IdempotencyKey, "the create can still be repeated")
		})
	}
}

// Changes against the stand-in, which applies them later.
func TestChangesArrive(t *testing.T) {
	server := vpceptest.NewServer(
		vpceptest.WithService(vpceptest.Service{ID: "if"}), vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}),
		vpceptest.WithChangeDelay(20*time.Millisecond), vpceptest.WithCreateDelay(0))
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
	_, err := client.WaitForEndpointChange(t.Context(), "e", nil, wait)
	assert.Error(t, err)
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

func TestServices(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", projectURL+"/vpc-endpoint-services/public", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "endpoint_service_name=dns&limit=2&offset=0&sort_dir=asc", r.URL.RawQuery)
		return httpmock.NewStringResponse(200, `{"endpoint_services":[{"id":"s-1","owner":"o","service_name":"DNS","service_type":"gataway","created_at":"2018-09-10T13:13:23Z","is_charge":"true","new":1},{}],"total_count":2}`), nil
	})
	var got []*vpcep.EndpointService
	for s, err := range c.ListPublicServices(t.Context(), vpcep.ServiceFilter{Name: "dns", SortDir: "asc", PageSize: 2}) {
		require.NoError(t, err)
		got = append(got, s)
	}
	assert.Equal(t, []*vpcep.EndpointService{{
		ID: "s-1", Name: "DNS", Owner: "o", Type: vpcep.ServiceTypeGateway, IsCharged: true,
		CreatedAt: time.Date(2018, 9, 10, 13, 13, 23, 0, time.UTC), Extra: map[string]json.RawMessage{"new": json.RawMessage("1")},
	}}, got)
	for _, err := range c.ListPublicServices(t.Context(), vpcep.ServiceFilter{SortKey: "x"}) {
		assert.Equal(t, "sort_key", fieldsOf(err))
	}

	for _, by := range []string{"id", "endpoint_service_name"} {
		mock.RegisterResponderWithQuery("GET", projectURL+"/vpc-endpoint-services/describe", by+"=a b", httpmock.NewStringResponder(200, `{"id":"by `+by+`","is_charge":false}`))
	}
	s, err := c.GetService(t.Context(), "a b")
	require.NoError(t, err)
	assert.Equal(t, "by id", s.ID)
	s, err = c.GetServiceByName(t.Context(), "a b")
	require.NoError(t, err)
	assert.Equal(t, "by endpoint_service_name", s.ID)
	_, err = c.GetServiceByName(t.Context(), "")
	assert.Equal(t, "endpoint_service_name", fieldsOf(err))
}

func TestPreflight(t *testing.T) {
	server := vpceptest.NewServer(
		vpceptest.WithService(vpceptest.Service{ID: "if"}), vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}),
		vpceptest.WithService(vpceptest.Service{ID: "odd", Type: "hybrid"}), vpceptest.WithService(vpceptest.Service{ID: "cvs", Type: "cvs_gateway"}))
	defer server.Close()
	client := server.Client()
	tests := map[string]struct {
		req  vpcep.CreateEndpointRequest
		want string
	}{
		"interface":           {vpcep.CreateEndpointRequest{EndpointServiceID: "if", SubnetID: "n", Whitelist: []string{"10.0.0.1"}, EnableDNS: true}, ""},
		"interface wrong":     {vpcep.CreateEndpointRequest{EndpointServiceID: "if", RouteTables: []string{"rt"}, PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow"}}}, "subnet_id routetables policy_statement"},
		"gateway":             {vpcep.CreateEndpointRequest{EndpointServiceID: "gw", RouteTables: []string{"rt"}}, ""},
		"gateway wrong":       {vpcep.CreateEndpointRequest{EndpointServiceID: "gw", SubnetID: "n", PortIP: "10.0.0.1", Whitelist: []string{"10.0.0.1"}, EnableWhitelist: true, EnableDNS: true}, "subnet_id port_ip enable_dns whitelist enable_whitelist"},
		"gateway wrong, more": {vpcep.CreateEndpointRequest{EndpointServiceID: "cvs", IPVersion: vpcep.IPVersionDualStack, IPv6Address: "2001:db8::1", PolicyDocument: json.RawMessage(`{}`)}, "ipv6_address ip_version policy_document"},
		"interface, odd":      {vpcep.CreateEndpointRequest{EndpointServiceID: "if", SubnetID: "n", IPv6Address: "2001:db8::1", EnableWhitelist: true}, "ipv6_address whitelist"},
		"unknown type":        {vpcep.CreateEndpointRequest{EndpointServiceID: "odd", SubnetID: "n", RouteTables: []string{"rt"}}, ""},
		"both sorts":          {vpcep.CreateEndpointRequest{EndpointServiceID: "if", Description: "<"}, "description subnet_id"},
		"no service":          {vpcep.CreateEndpointRequest{SubnetID: "n"}, "endpoint_service_id"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.req.VPCID = "v"
			service, err := client.PreflightCreateEndpoint(t.Context(), tt.req)
			assert.Equal(t, tt.want, fieldsOf(err), "%v", err)
			if tt.want == "" {
				require.NoError(t, err)
				assert.Equal(t, tt.req.EndpointServiceID, service.ID)
			}
		})
	}
	_, err := client.PreflightCreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "none", VPCID: "v"})
	var answer *vpcep.APIError
	assert.ErrorAs(t, err, &answer)
	assert.Empty(t, server.Endpoints(), "nothing was made")
}

func TestConnections(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "s", Approval: true}), vpceptest.WithCreateDelay(0))
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
	assert.Equal(t, "service_id", fieldsOf(err))
	_, err = client.AcceptConnection(t.Context(), "s", "e/..")
	assert.Equal(t, "endpoints[0]", fieldsOf(err))
}

// The body that the service documents, with its drift.
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

func TestQuotas(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithQuota(2))
	defer server.Close()
	client := server.Client()
	for range 2 {
		_, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
		require.NoError(t, err)
	}
	quotas, err := client.GetQuotas(t.Context(), vpcep.QuotaTypeEndpoint)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.Quota{{Type: vpcep.QuotaTypeEndpoint, Used: 2, Allowed: 2}}, quotas)
	quotas, err = client.GetQuotas(t.Context(), "")
	require.NoError(t, err)
	assert.Len(t, quotas, 2)

	for _, key := range []string{"", "k"} {
		_, err = client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IdempotencyKey: key})
		var exceeded *vpcep.QuotaExceededError
		require.ErrorAs(t, err, &exceeded)
		assert.Equal(t, vpcep.Quota{Type: vpcep.QuotaTypeEndpoint, Used: 2, Allowed: 2}, exceeded.Quota)
		assert.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
		assert.ErrorIs(t, err, vpcep.ErrBadRequest)
		assert.Contains(t, err.Error(), "2 of 2 endpoints are used")
	}

	server.Inject(vpceptest.Fault{Operation: vpceptest.OpQuotas, Status: 500})
	_, err = client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
	var answer *vpcep.APIError
	require.ErrorAs(t, err, &answer, "the refusal counts, whatever becomes of the quota")
	assert.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
	var exceeded *vpcep.QuotaExceededError
	assert.NotErrorAs(t, err, &exceeded, "and the quota is not asked for again and again")
}

// A change is sent again where that is safe, with the same body.
func TestChangesAreRetried(t *testing.T) {
	c, mock := mocked(t, vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	var bodies []string
	mock.RegisterResponder("PUT", endpointsURL+"/e-1/routetables", func(r *http.Request) (*http.Response, error) {
		data, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(data))
		if len(bodies) < 3 {
			return httpmock.NewStringResponse(503, ""), nil
		}
		return httpmock.NewStringResponse(200, `{"routetables":["a"]}`), nil
	})
	_, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a"})
	require.NoError(t, err)
	assert.Equal(t, []string{bodies[0], bodies[0], bodies[0]}, bodies)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
}
