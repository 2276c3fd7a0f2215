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

const permissionsURI = servicesURI + "/s-1/permissions"

func TestListPermissions(t *testing.T) {
	c := exchanging(t,
		exchanged{"GET " + permissionsURI + "?limit=500&offset=0&permission=iam&sort_dir=asc&sort_key=create_at", "", 200,
			`{"permissions":[{"id":"a","permission":"*","description":"demo","permission_type":"domainId","created_at":"2018-10-18T13:26:40Z","new":1},
			{"permission":"iam:domain::d1"},{}],"total_count":3}`},
		exchanged{"GET " + permissionsURI + "?limit=1", "", 200, `{"permissions":[],"total_count":9}`},
	)
	got := collect(t, c.ListPermissions(t.Context(), "s-1", vpcep.PermissionFilter{Value: "iam", PageSize: 500, SortKey: "create_at", SortDir: "asc"}))
	assert.Equal(t, []*vpcep.Permission{
		{ID: "a", Value: "*", Type: vpcep.PermissionTypeAccount, Description: "demo", CreatedAt: time.Date(2018, 10, 18, 13, 26, 40, 0, time.UTC),
			Extra: map[string]json.RawMessage{"new": json.RawMessage("1")}},
		{Value: "iam:domain::d1"},
	}, got)
	n, err := c.CountPermissions(t.Context(), "s-1", vpcep.PermissionFilter{})
	require.NoError(t, err)
	assert.EqualValues(t, 9, n)
	for _, err := range c.ListPermissions(t.Context(), "s-1", vpcep.PermissionFilter{PageSize: 501, Value: strings.Repeat("x", 1001)}) {
		assert.Equal(t, "permission limit", fieldsOf(err))
	}
	for _, err := range c.ListPermissions(t.Context(), "a/b", vpcep.PermissionFilter{}) {
		assert.Equal(t, "service_id", fieldsOf(err))
	}
}

// The response has another order than the request, and omits a description that was sent.
func TestAddPermissions(t *testing.T) {
	made := time.Date(2022, 6, 16, 10, 3, 27, 0, time.UTC)
	c := exchanging(t,
		exchanged{"POST " + permissionsURI + "/batch-create", `{"permissions":[{"permission":"*","description":"all"},{"permission":"iam:domain::d1","description":"test"}]}`, 200,
			`{"permissions":[{"id":"b","permission":"iam:domain::d1","description":"test","created_at":"2022-06-16T10:03:27Z"},
			{"id":"a","permission":"*","description":"","created_at":"2022-06-16T10:03:27Z"}]}`},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1","iam:domain::d2"],"action":"add"}`, 200,
			`{"permissions":["*","iam:domain::d2","iam:domain::d0"],"permission_type":"domainId"}`},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["organizations:orgPath::o/r/*"],"action":"add","permission_type":"orgPath"}`, 204, ""},
		// Four kinds at once, each with its own request.
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1","iam:domain::d3"],"action":"add"}`, 200, `{"permissions":["iam:domain::d3","iam:domain::d1"]}`},
		exchanged{"POST " + permissionsURI + "/batch-create", `{"permissions":[{"permission":"organizations:orgPath::o","description":"org"}],"permission_type":"orgPath"}`, 200, `{"permissions":[{"id":"o","permission":"organizations:orgPath::o"}]}`},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d2"],"action":"add","permission_type":"domainId"}`, 200, `{"permissions":[]}`},
		exchanged{"POST " + permissionsURI + "/batch-create", `{"permissions":[{"permission":"iam:domainName::n","description":"name"}]}`, 200, `{}`},
	)
	for _, tt := range []struct{ asked, want []vpcep.Permission }{
		{
			[]vpcep.Permission{{Value: "*", Description: "all"}, {Value: "iam:domain::d1", Description: "test"}},
			[]vpcep.Permission{{ID: "a", Value: "*", Description: "all", CreatedAt: made}, {ID: "b", Value: "iam:domain::d1", Description: "test", CreatedAt: made}},
		},
		{[]vpcep.Permission{{Value: "iam:domain::d1"}, {Value: "iam:domain::d2"}}, []vpcep.Permission{{Value: "iam:domain::d1"}, {Value: "iam:domain::d2"}}},
		{[]vpcep.Permission{{Value: "organizations:orgPath::o/r/*"}}, []vpcep.Permission{{Value: "organizations:orgPath::o/r/*"}}},
		{
			[]vpcep.Permission{
				{Value: "iam:domain::d1"}, {Value: "organizations:orgPath::o", Description: "org"},
				{Value: "iam:domain::d2", Type: "domainId"}, {Value: "iam:domain::d3"}, {Value: "iam:domainName::n", Description: "name"},
			},
			[]vpcep.Permission{
				{Value: "iam:domain::d1"}, {ID: "o", Value: "organizations:orgPath::o", Description: "org"},
				{Value: "iam:domain::d2", Type: "domainId"}, {Value: "iam:domain::d3"}, {Value: "iam:domainName::n", Description: "name"},
			},
		},
	} {
		got, err := c.AddPermissions(t.Context(), "s-1", tt.asked)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got)
	}
}

func TestRemovePermissions(t *testing.T) {
	c := exchanging(t,
		exchanged{"POST " + permissionsURI + "/batch-delete", `{"permissions":[{"id":"a"},{"id":"b"}]}`, 200, `{"permissions":[]}`},
		exchanged{"POST " + permissionsURI + "/batch-delete", `{"permissions":[{"id":"a"}]}`, 200, `{"permissions":[{"id":"a","permission":"*"}]}`},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1","not:valid:any:more"],"action":"remove"}`, 200, `{"permissions":["*"]}`},
	)
	require.NoError(t, c.RemovePermissions(t.Context(), "s-1", []vpcep.Permission{{ID: "a", Value: "*"}, {ID: "b", Value: "organizations:orgPath::o"}}))
	require.NoError(t, c.RemovePermissions(t.Context(), "s-1", []vpcep.Permission{{ID: "a", Value: "*"}}), "nothing says what batch-delete answers")
	require.NoError(t, c.RemovePermissions(t.Context(), "s-1", []vpcep.Permission{{Value: "iam:domain::d1"}, {Value: "not:valid:any:more"}}))
}

func TestPermissionsThatFail(t *testing.T) {
	mixed := []vpcep.Permission{{Value: "iam:domain::d1"}, {Value: "*", Description: "all"}, {Value: "organizations:orgPath::o"}}
	added := exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1"],"action":"add"}`, 200, `{"permissions":["iam:domain::d1"]}`}
	const refusal = `{"error":{"code":"EndPoint.3049","message":"too many"}}`
	c := exchanging(t, added,
		exchanged{"POST " + permissionsURI + "/batch-create", `{"permissions":[{"permission":"*","description":"all"}]}`, 400, refusal},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1"],"action":"add"}`, 400, refusal},
		exchanged{"POST " + permissionsURI + "/batch-delete", `{"permissions":[{"id":"a"}]}`, 200, ``},
		exchanged{"POST " + permissionsURI + "/action", `{"permissions":["iam:domain::d1","iam:domain::d2"],"action":"remove"}`, 200, `{"permissions":["iam:domain::d2"]}`},
	)
	got, err := c.AddPermissions(t.Context(), "s-1", mixed)
	var partial *vpcep.PermissionsError
	require.ErrorAs(t, err, &partial)
	require.ErrorIs(t, err, vpcep.CodePermissionsExhausted)
	assert.Equal(t, mixed[:1], got)
	assert.Equal(t, mixed[:1], partial.Done)
	assert.Equal(t, mixed[1:], partial.Failed, "what was not sent failed, too")
	assert.Contains(t, err.Error(), "vpcep: permissions of endpoint service s-1: 1 changed, failed for *, organizations:orgPath::o: POST ")

	got, err = c.AddPermissions(t.Context(), "s-1", mixed[:1])
	require.ErrorIs(t, err, vpcep.CodePermissionsExhausted)
	assert.NotErrorAs(t, err, new(*vpcep.PermissionsError), "nothing was done")
	assert.Nil(t, got)

	err = c.RemovePermissions(t.Context(), "s-1", []vpcep.Permission{{ID: "a"}, {Value: "iam:domain::d1"}, {Value: "iam:domain::d2"}})
	require.ErrorAs(t, err, &partial)
	assert.Equal(t, []vpcep.Permission{{Value: "iam:domain::d2"}}, partial.Failed)
	assert.Equal(t, []vpcep.Permission{{ID: "a"}, {Value: "iam:domain::d1"}}, partial.Done)
}

// Adding and removing lead to the same state no matter how often they are carried out.
func TestPermissionsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""), status(200, `{"permissions":["*"]}`))
		_, err := c.AddPermissions(t.Context(), "s-1", []vpcep.Permission{{Value: vpcep.PermissionEverybody}})
		require.NoError(t, err)
		assert.Equal(t, 2, s.Calls())
	})
}

func TestPermissionsAreValidated(t *testing.T) {
	c := exchanging(t)
	for want, permissions := range map[string][]vpcep.Permission{
		"permissions":                {},
		"permissions[0].permission":  {{Value: "iam:user::x"}},
		"permissions[1].permission":  {{Value: "*"}, {Value: "*", Description: "again"}},
		"permissions[0].description": {{Value: "*", Description: "<"}},
		"permissions[0].permission permissions[0].permission_type": {{Value: "", Type: "user"}},
	} {
		_, err := c.AddPermissions(t.Context(), "s-1", permissions)
		assert.Equal(t, want, fieldsOf(err))
	}
	assert.Equal(t, "service_id permissions", fieldsOf(c.RemovePermissions(t.Context(), "..", nil)))
	assert.Equal(t, "permissions[1]", fieldsOf(c.RemovePermissions(t.Context(), "s-1", []vpcep.Permission{{ID: "a"}, {Type: "domainId"}})))
	_, err := c.UpdatePermissionDescription(t.Context(), "s-1", "a/b", "<")
	assert.Equal(t, "permission_id description", fieldsOf(err))
	var none *vpcep.Client
	_, err = none.AddPermissions(t.Context(), "s-1", nil)
	assert.Error(t, err)
}

// The request has an object, and the response a list.
func TestUpdatePermissionDescription(t *testing.T) {
	sent := exchanged{"PUT " + permissionsURI + "/a", `{"permission":{"description":"text"}}`, 200, ""}
	listed, other := sent, sent
	listed.answer = `{"permissions":[{"id":"b"},{"id":"a","permission":"*","description":"text"}]}`
	other.answer = `{"permissions":[]}`
	c := exchanging(t, listed, other)
	got, err := c.UpdatePermissionDescription(t.Context(), "s-1", "a", "text")
	require.NoError(t, err)
	assert.Equal(t, &vpcep.Permission{ID: "a", Value: "*", Description: "text"}, got)
	got, err = c.UpdatePermissionDescription(t.Context(), "s-1", "a", "text")
	require.NoError(t, err)
	assert.Equal(t, &vpcep.Permission{ID: "a", Description: "text"}, got)
}
