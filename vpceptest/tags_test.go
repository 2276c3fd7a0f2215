package vpceptest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func (f fixture) postTags(t *testing.T, id, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPost, "/v1/"+f.ProjectID()+"/endpoint/"+id+"/tags/action", body)
}

func tagsAction(action string, pairs ...string) string {
	return `{"action":"` + action + `",` + tags(pairs...)[len(minimal):]
}

func TestChangeTags(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	id := f.mustCreate(t, tags("a", "1", "b", "2"))
	steps := []struct {
		body string
		want map[string]string
	}{
		{tagsAction("create", "b", "3", "c", ""), map[string]string{"a": "1", "b": "3", "c": ""}},
		{tagsAction("delete", "a", "another value", "none", ""), map[string]string{"a": "1", "b": "3", "c": ""}},
		{tagsAction("delete", "a", "1"), map[string]string{"b": "3", "c": ""}},
		{`{"action":"delete","tags":[{"key":"b"}]}`, map[string]string{"c": ""}},
		{`{"action":"delete","tags":[{"key":"c"}]}`, map[string]string{}},
	}
	for _, step := range steps {
		r := f.postTags(t, id, step.body)
		require.Equal(t, http.StatusNoContent, r.status, r.raw)
		assert.Empty(t, r.raw)
		got := map[string]string{}
		for _, tag := range f.get(t, id).body.list("tags") {
			tag := object(tag.(map[string]any))
			got[tag["key"].(string)] = tag["value"].(string)
		}
		assert.Equal(t, step.want, got, step.body)
	}
	assert.Equal(t, vpceptest.OpTags, f.Requests()[1].Operation)
}

func TestBadTagActions(t *testing.T) {
	many := make([]vpceptest.Tag, 21)
	for i := range many {
		many[i].Key = fmt.Sprint("key", i)
	}
	tooMany, _ := json.Marshal(many)
	tests := []struct{ name, body, code string }{
		{"empty body", "", "EndPoint.2002"},
		{"no action", `{"tags":[{"key":"a"}]}`, "EndPoint.2002"},
		{"empty action", tagsAction("", "a", "b"), "EndPoint.0007"},
		{"wrong action", tagsAction("update", "a", "b"), "EndPoint.0007"},
		{"no tags", `{"action":"create"}`, "EndPoint.3066"},
		{"empty tags", `{"action":"create","tags":[]}`, "EndPoint.3066"},
		{"null tags", `{"action":"create","tags":null}`, "EndPoint.3066"},
		{"unknown field", `{"action":"create","tag":[]}`, "EndPoint.0002"},
		{"number for a value", `{"action":"create","tags":[{"key":"a","value":1}]}`, "EndPoint.0002"},
		{"repeated key", tagsAction("create", "a", "b", "a", "c"), "EndPoint.3067"},
		{"no value", `{"action":"create","tags":[{"key":"a"}]}`, "EndPoint.3068"},
		{"no key", `{"action":"create","tags":[{"value":"b"}]}`, "EndPoint.3068"},
		{"bad characters", tagsAction("create", "a", "b<c"), "EndPoint.3068"},
		{"too many", `{"action":"create","tags":` + string(tooMany) + `}`, "EndPoint.3069"},
		{"long key", tagsAction("create", strings.Repeat("键", 37), ""), "EndPoint.3072"},
		{"long value", tagsAction("create", "a", strings.Repeat("值", 44)), "EndPoint.3073"},
	}
	f := start(t)
	id := f.mustCreate(t, minimal)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.postTags(t, id, tt.body), http.StatusBadRequest, tt.code)
		})
	}
	assert.Empty(t, f.Endpoints()[0].Tags)
}

func TestAnEndpointHasTwentyTagsAtMost(t *testing.T) {
	f := start(t)
	id := f.mustCreate(t, manyTags(20))
	wantError(t, f.postTags(t, id, tagsAction("create", "key0", "x", "one more", "")), http.StatusBadRequest, "EndPoint.3069")
	assert.Equal(t, vpceptest.Tag{Key: "key0"}, f.Endpoints()[0].Tags[0], "all or nothing")
	assert.Equal(t, http.StatusNoContent, f.postTags(t, id, tagsAction("create", "key0", "x")).status)
}

func TestTagsOfEndpointsInEveryStatus(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour), vpceptest.WithDeleteDelay(time.Hour))
	id := f.mustCreate(t, minimal)
	one := tagsAction("create", "a", "b")
	assert.Equal(t, http.StatusNoContent, f.postTags(t, id, one).status, "being created")
	require.NoError(t, f.SetStatus(id, vpceptest.StatusFailed))
	assert.Equal(t, http.StatusNoContent, f.postTags(t, id, one).status, "failed")
	f.delete(t, id)
	wantError(t, f.postTags(t, id, one), http.StatusBadRequest, "EndPoint.2018")
	wantError(t, f.postTags(t, "nothing", one), http.StatusNotFound, "EndPoint.2006")
}
