package vpcep_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
)

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

// Tags that cannot be read must not be changed or removed blindly.
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
		server := newServer()
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
			server := newServer()
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
