package vpcep_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

func TestListProjectTags(t *testing.T) {
	c := exchanging(t,
		exchanged{"GET /v1/p-1/endpoint_service/tags", "", 200, `{"tags":[{"key":"k","values":["*v","w"]},{"key":"e","values":[]},{"key":"vpcep-idempotency-key","values":["a~b"]},{"values":["x"]}]}`},
		exchanged{"GET /v1/p-1/endpoint/tags", "", 200, `{"tags":[]}`},
		exchanged{"GET /v1/p-1/endpoint/tags", "", 200, `{}`},
	)
	got, err := c.ListProjectTags(t.Context(), vpcep.ResourceTypeEndpointService)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.TagValues{{Key: "k", Values: []string{"*v", "w"}}, {Key: "e", Values: []string{}}}, got)
	got, err = c.ListProjectTags(t.Context(), vpcep.ResourceTypeEndpoint)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.TagValues{}, got)
	_, err = c.ListProjectTags(t.Context(), vpcep.ResourceTypeEndpoint)
	require.ErrorContains(t, err, "no list of tags")
	_, err = c.ListProjectTags(t.Context(), "vpc")
	assert.Equal(t, "resource_type", fieldsOf(err))
}

// Limit and offset are sent as strings, and count has neither.
func TestListResources(t *testing.T) {
	const uri = "POST /v1/p-1/endpoint/resource_instances/action"
	by := `"tags":[{"key":"k","values":["*v","w"]}],"tags_any":[{"key":"a","values":[]}],"not_tags":[{"key":"n","values":["x"]}],` +
		`"not_tags_any":[{"key":"m","values":[""]}],"sys_tags":[{"key":"s","values":["y"]}],"matches":[{"key":"resource_name","value":"name"}]`
	c := exchanging(t,
		exchanged{uri, `{"action":"filter","limit":"2","offset":"0",` + by + `}`, 200,
			`{"resources":[{"resource_detail":null,"resource_id":"a","resource_name":"A","tags":[{"key":"k","value":"v"},{"key":"vpcep-idempotency-key","value":"key~abcdef"}]},
			{"resource_id":"b","resource_detail":{"x":1},"new":true}],"total_count":3}`},
		exchanged{uri, `{"action":"filter","limit":"3","offset":"1",` + by + `}`, 200, `{"resources":[{"resource_id":"b"},{"resource_id":"c"}],"total_count":3}`},
		exchanged{uri, `{"action":"count",` + by + `}`, 200, `{"total_count":3}`},
		exchanged{"POST /v1/p-1/endpoint_service/resource_instances/action", `{"action":"filter","limit":"100","offset":"0","without_any_tag":true}`, 200, `{"resources":[],"total_count":0}`},
	)
	filter := vpcep.ResourceFilter{
		Tags: []vpcep.TagValues{{Key: "k", Values: []string{"*v", "w"}}}, TagsAny: []vpcep.TagValues{{Key: "a"}},
		NotTags: []vpcep.TagValues{{Key: "n", Values: []string{"x"}}}, NotTagsAny: []vpcep.TagValues{{Key: "m", Values: []string{""}}},
		SysTags: []vpcep.TagValues{{Key: "s", Values: []string{"y"}}}, Name: "name", PageSize: 2,
	}
	got := collect(t, c.ListResources(t.Context(), vpcep.ResourceTypeEndpoint, filter))
	require.Len(t, got, 3)
	assert.Equal(t, "a A key [{k v}]", got[0].ID+" "+got[0].Name+" "+got[0].IdempotencyKey+" "+strings.ReplaceAll(tagText(got[0].Tags), ",", ""))
	assert.JSONEq(t, `{"x":1}`, string(got[1].Detail))
	assert.Equal(t, map[string]json.RawMessage{"new": json.RawMessage("true")}, got[1].Extra)
	assert.Equal(t, "c", got[2].ID)
	text, err := json.Marshal(got[0])
	require.NoError(t, err)
	assert.Contains(t, string(text), `key~abcdef`, "what was read is written")
	n, err := c.CountResources(t.Context(), vpcep.ResourceTypeEndpoint, filter)
	require.NoError(t, err)
	assert.EqualValues(t, 3, n)
	assert.Empty(t, collect(t, c.ListResources(t.Context(), vpcep.ResourceTypeEndpointService, vpcep.ResourceFilter{WithoutAnyTag: true})))
	assert.Nil(t, filter.TagsAny[0].Values, "the filter is the caller's")
}

func tagText(tags []vpcep.Tag) string {
	texts := make([]string, len(tags))
	for i, tag := range tags {
		texts[i] = "{" + tag.Key + " " + tag.Value + "}"
	}
	return "[" + strings.Join(texts, " ") + "]"
}

// A list by POST only reads, so it is sent again.
func TestListResourcesIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""), status(200, `{"resources":[],"total_count":0}`))
		assert.Empty(t, collect(t, c.ListResources(t.Context(), vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{})))
		assert.Equal(t, 2, s.Calls())
	})
}

func TestResourceFiltersAreValidated(t *testing.T) {
	many := func(n int) (tags []vpcep.TagValues) {
		for i := range n {
			tags = append(tags, vpcep.TagValues{Key: strings.Repeat("k", i+1)})
		}
		return tags
	}
	for name, tt := range map[string]struct {
		filter vpcep.ResourceFilter
		want   string
	}{
		"20 keys":       {vpcep.ResourceFilter{Tags: many(20)}, ""},
		"21 keys":       {vpcep.ResourceFilter{NotTags: many(21)}, "not_tags"},
		"repeated":      {vpcep.ResourceFilter{TagsAny: append(many(2), many(1)...)}, "tags_any[2].key"},
		"empty key":     {vpcep.ResourceFilter{SysTags: []vpcep.TagValues{{}}}, "sys_tags[0].key"},
		"11 values":     {vpcep.ResourceFilter{Tags: []vpcep.TagValues{{Key: "k", Values: make([]string, 11)}}}, "tags[0].values"},
		"long value":    {vpcep.ResourceFilter{Tags: []vpcep.TagValues{{Key: "k", Values: []string{strings.Repeat("v", 256)}}}}, "tags[0].values"},
		"long name":     {vpcep.ResourceFilter{Name: strings.Repeat("n", 256)}, "matches[0].value"},
		"contradiction": {vpcep.ResourceFilter{WithoutAnyTag: true, NotTagsAny: many(1)}, "without_any_tag"},
		"page":          {vpcep.ResourceFilter{PageSize: 1001}, "limit"},
	} {
		c, _ := scripted(t, nil, status(200, `{"resources":[],"total_count":0}`))
		_, err := c.CountResources(t.Context(), vpcep.ResourceTypeEndpoint, tt.filter)
		if name == "page" {
			require.NoError(t, err, "the page size does not matter to a count")
			for _, err = range c.ListResources(t.Context(), vpcep.ResourceTypeEndpoint, tt.filter) {
				break
			}
		}
		assert.Equal(t, tt.want, fieldsOf(err), name)
	}
	c := exchanging(t)
	_, err := c.CountResources(t.Context(), "vpc", vpcep.ResourceFilter{})
	assert.Equal(t, "resource_type", fieldsOf(err))
}

func TestServiceTagCalls(t *testing.T) {
	const uri = "POST /v1/p-1/endpoint_service/s-1/tags/action"
	c := exchanging(t,
		exchanged{uri, `{"action":"create","tags":[{"key":"a","value":""}]}`, 204, ""},
		exchanged{uri, `{"action":"delete","tags":[{"key":"a"}]}`, 200, ""},
		exchanged{uri, `{"action":"delete","tags":[{"key":"a","value":""}]}`, 204, ""},
		exchanged{"POST /v1/p-1/endpoint/e-1/tags/action", `{"action":"delete","tags":[{"key":"a","value":"1"}]}`, 204, ""},
		exchanged{"GET " + servicesURI + "/s-1", "", 200, `{"id":"s-1","tags":[{"key":"old","value":"1"},{"key":"vpcep-idempotency-key","value":"key"}]}`},
		exchanged{uri, `{"action":"delete","tags":[{"key":"old"}]}`, 204, ""},
		exchanged{uri, `{"action":"create","tags":[{"key":"new","value":"2"}]}`, 204, ""},
	)
	ctx := t.Context()
	require.NoError(t, c.AddServiceTags(ctx, "s-1", []vpcep.Tag{{Key: "a"}}))
	require.NoError(t, c.RemoveServiceTags(ctx, "s-1", []string{"a"}))
	require.NoError(t, c.RemoveExactServiceTags(ctx, "s-1", []vpcep.Tag{{Key: "a"}}))
	require.NoError(t, c.RemoveExactTags(ctx, "e-1", []vpcep.Tag{{Key: "a", Value: "1"}}))
	require.NoError(t, c.SetServiceTags(ctx, "s-1", []vpcep.Tag{{Key: "new", Value: "2"}}))
	for _, err := range []error{
		c.RemoveExactTags(ctx, "e-1", []vpcep.Tag{{Key: vpcep.IdempotencyTagKey}}), c.RemoveExactServiceTags(ctx, "s-1", []vpcep.Tag{{}}),
		c.AddServiceTags(ctx, "s-1", []vpcep.Tag{{Key: "="}}), c.SetServiceTags(ctx, "s-1", []vpcep.Tag{{Key: vpcep.IdempotencyTagKey}}),
	} {
		assert.Contains(t, fieldsOf(err), "tags[0].key")
	}
	assert.Equal(t, "tags", fieldsOf(c.RemoveExactServiceTags(ctx, "s-1", nil)))
}

// The response has another order than the request.
func TestUpdateConnectionDescriptions(t *testing.T) {
	c := exchanging(t,
		exchanged{"PUT " + servicesURI + "/s-1/connections/description", `{"connections":[{"id":"a","description":"A"},{"id":"b","description":""},{"id":"c","description":"C"}]}`, 200,
			`{"connections":[{"id":"b","status":"accepted","description":"","marker_id":302008767,"domain_id":"d","created_at":"2022-04-14T02:09:08Z"},{"id":"a","marker_id":1,"description":"A"}]}`},
	)
	got, err := c.UpdateConnectionDescriptions(t.Context(), "s-1", []vpcep.ConnectionDescription{{"a", "A"}, {"b", ""}, {"c", "C"}})
	require.NoError(t, err)
	assert.Equal(t, []*vpcep.Connection{
		{EndpointID: "a", MarkerID: 1, Description: "A"},
		{EndpointID: "b", Status: "accepted", MarkerID: 302008767, DomainID: "d", CreatedAt: time.Date(2022, 4, 14, 2, 9, 8, 0, time.UTC)},
		{EndpointID: "c", Description: "C"},
	}, got)
	for want, descriptions := range map[string][]vpcep.ConnectionDescription{
		"connections": nil,
		"connections[0].id connections[1].description": {{"", "x"}, {"a", ">"}},
	} {
		_, err := c.UpdateConnectionDescriptions(t.Context(), "s-1", descriptions)
		assert.Equal(t, want, fieldsOf(err))
	}
}
