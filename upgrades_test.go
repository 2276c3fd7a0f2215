package vpcep_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

func TestUpgrades(t *testing.T) {
	const service = "POST /v2/p-1/vpc-endpoint-services/s-1/"
	c := exchanging(t,
		exchanged{"POST /v2/p-1/vpc-endpoints/e-1/upgrade", `{"action":"start"}`, 202, ""},
		exchanged{service + "upgrade", "", 204, ""},
		exchanged{service + "upgrade", `{"action":"upgrade","enable_multi_server":true}`, 204, ""},
		exchanged{service + "upgrade", `{"action":"rollback"}`, 204, ""},
		exchanged{service + "add-server-resources", `{"server_resources":[{"resource_id":"elb-1","availability_zone_id":"az-1"},{"resource_id":"elb-2"}]}`, 204, ""},
	)
	ctx := t.Context()
	require.NoError(t, c.UpgradeEndpoint(ctx, "e-1"))
	require.NoError(t, c.UpgradeService(ctx, "s-1", vpcep.ServiceUpgrade{}))
	require.NoError(t, c.UpgradeService(ctx, "s-1", vpcep.ServiceUpgrade{EnableMultiServer: true}))
	require.NoError(t, c.UpgradeService(ctx, "s-1", vpcep.ServiceUpgrade{Action: vpcep.UpgradeActionRollback}))
	require.NoError(t, c.AddServerResources(ctx, "s-1", []vpcep.ServerResource{{ID: "elb-1", AvailabilityZoneID: "az-1"}, {ID: "elb-2"}}))
	for want, err := range map[string]error{
		"id":                              c.UpgradeEndpoint(ctx, ".."),
		"action":                          c.UpgradeService(ctx, "s-1", vpcep.ServiceUpgrade{Action: "start"}),
		"server_resources":                c.AddServerResources(ctx, "s-1", nil),
		"server_resources[0].resource_id": c.AddServerResources(ctx, "s-1", []vpcep.ServerResource{{}}),
	} {
		assert.Equal(t, want, fieldsOf(err))
	}
}

// The reference does not say what happens if load balancers are added twice.
func TestServerResourcesAreAddedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""))
		err := c.AddServerResources(t.Context(), "s-1", []vpcep.ServerResource{{ID: "elb-1"}})
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Contains(t, err.Error(), "the request may have been carried out")
		assert.Equal(t, 1, s.Calls())
		c, s = scripted(t, nil, status(503, ""), status(204, ""))
		require.NoError(t, c.UpgradeService(t.Context(), "s-1", vpcep.ServiceUpgrade{}))
		assert.Equal(t, 2, s.Calls())
	})
}

func TestVersions(t *testing.T) {
	const v1 = `{"updated":"2018-09-30T00:00:00Z","version":"1","min_version":"","status":"CURRENT","id":"v1","links":[{"href":"https://vpcep.example/v1","type":"application/json","rel":"self"}]}`
	c := exchanging(t,
		exchanged{"GET /", "", 200, `{"versions":[` + v1 + `,{"id":"v2","status":"NEW","new":1},{}]}`},
		exchanged{"GET /", "", 200, `{}`},
		exchanged{"GET /v1", "", 200, `{"version":` + v1 + `}`},
		exchanged{"GET /v1", "", 200, `{"version":{` + v1 + `}}`}, // as published, which is not JSON
		exchanged{"GET /v1", "", 200, `{}`},
	)
	want := &vpcep.APIVersion{
		ID: "v1", Status: vpcep.VersionStatusCurrent, UpdatedAt: time.Date(2018, 9, 30, 0, 0, 0, 0, time.UTC), Version: "1",
		Links: []vpcep.VersionLink{{Href: "https://vpcep.example/v1", Type: "application/json", Rel: "self"}},
	}
	versions, err := c.ListVersions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []*vpcep.APIVersion{want, {ID: "v2", Status: "NEW", Extra: map[string]json.RawMessage{"new": json.RawMessage("1")}}}, versions)
	_, err = c.ListVersions(t.Context())
	require.ErrorContains(t, err, "no list of versions")
	version, err := c.GetVersion(t.Context(), "v1")
	require.NoError(t, err)
	assert.Equal(t, want, version)
	text, err := json.Marshal(version)
	require.NoError(t, err)
	var back vpcep.APIVersion
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, *want, back)
	for range 2 {
		version, err = c.GetVersion(t.Context(), "v1")
		var unreadable *vpcep.APIError
		require.ErrorAs(t, err, &unreadable)
		assert.NotEmpty(t, unreadable.Body, "the caller can look at it")
		assert.Nil(t, version)
	}
	_, err = c.GetVersion(t.Context(), "v1/p-1")
	assert.Equal(t, "version", fieldsOf(err))
}
