package vpceptest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// Every page of every filter and order is what a search through all endpoints finds.
func TestPagesOfFilteredAndSortedLists(t *testing.T) {
	now := atFixedTime()
	d := newDirect(vpceptest.WithClock(func() time.Time { return now }), vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0))
	var made []string
	for i := range 40 {
		body := fmt.Sprintf(`{"endpoint_service_id":"svc-%d","vpc_id":"vpc-%d","subnet_id":"n"}`, i%2, i%3)
		made = append(made, d.do(t, http.MethodPost, "", body).id())
		now = now.Add(time.Second)
	}
	for i, id := range made {
		switch {
		case i%5 == 0 || i%3 == 2: // no endpoint of vpc-2 is left
			require.Equal(t, http.StatusNoContent, d.do(t, http.MethodDelete, "/"+id, "").status)
		case i%4 == 0:
			require.Equal(t, http.StatusOK, d.do(t, http.MethodPut, "/"+id, `{"enable_whitelist":true}`).status)
		}
		now = now.Add(time.Second)
	}
	for _, vpc := range []string{"", "vpc-0", "vpc-1", "vpc-2", "none"} {
		for _, name := range []string{"", "SVC-1", "svc-", "none"} {
			for _, key := range []string{"create_at", "update_at"} {
				for _, dir := range []string{"asc", "desc"} {
					var want []string
					for _, e := range sorted(d.Endpoints(), key, dir) {
						if (vpc == "" || e.VPCID == vpc) && strings.Contains(e.ServiceName, strings.ToLower(name)) {
							want = append(want, e.ID)
						}
					}
					query := fmt.Sprintf("?vpc_id=%s&endpoint_service_name=%s&sort_key=%s&sort_dir=%s&limit=4", vpc, name, key, dir)
					var got []string
					for offset := 0; offset <= len(want)+4; offset += 4 {
						r := d.do(t, http.MethodGet, fmt.Sprint(query, "&offset=", offset), "")
						assert.Equal(t, fmt.Sprint(len(want)), total(r), query)
						got = append(got, ids(r)...)
					}
					assert.Equal(t, want, got, query)
				}
			}
		}
	}
}

func sorted(list []vpceptest.Endpoint, key, dir string) []vpceptest.Endpoint {
	slices.SortStableFunc(list, func(a, b vpceptest.Endpoint) int {
		if key == "update_at" {
			return a.UpdatedAt.Compare(b.UpdatedAt)
		}
		return a.CreatedAt.Compare(b.CreatedAt)
	})
	if dir == "desc" {
		slices.Reverse(list)
	}
	return list
}

// An ID is looked up in the account, the VPC and the service that the query is about.
func TestListsByID(t *testing.T) {
	d := newDirect(vpceptest.WithAccount(vpceptest.Account{ProjectID: "other"}), vpceptest.WithSeed(vpceptest.Seed{
		Services: []vpceptest.SeedService{{ID: "s1"}, {ID: "s2"}},
		Endpoints: []vpceptest.SeedEndpoint{
			{ID: "mine", ServiceID: "s1", VPCID: "v", SubnetID: "n"}, {ID: "theirs", ServiceID: "s1", VPCID: "v", SubnetID: "n", ProjectID: "other"},
		},
	}))
	for path, want := range map[string]string{
		"/vpc-endpoints?id=mine": "1", "/vpc-endpoints?id=mine&vpc_id=v": "1", "/vpc-endpoints?id=mine&vpc_id=w": "0", "/vpc-endpoints?id=theirs": "0",
		"/vpc-endpoint-services/s1/connections?id=theirs": "1", "/vpc-endpoint-services/s2/connections?id=theirs": "0",
		"/vpc-endpoint-services/s1/connections": "2", "/vpc-endpoint-services/s2/connections": "0",
	} {
		assert.Equal(t, want, total(d.project(t, http.MethodGet, path)), path)
	}
}

// Only a service's own answer tells whether its endpoints may carry policies.
func TestEnablePolicyOfAService(t *testing.T) {
	for enabled, want := range map[bool]string{true: `"enable_policy":true`, false: `"enable_policy":false`} {
		d := newDirect(vpceptest.WithSeed(vpceptest.Seed{Services: []vpceptest.SeedService{{ID: "svc", EnablePolicy: enabled}}}))
		for _, path := range []string{"describe?id=svc", "svc"} {
			assert.Contains(t, d.project(t, http.MethodGet, "/vpc-endpoint-services/"+path).raw, want)
		}
	}
}

// An upgrade shows in the state alone, and as a change.
func TestUpgradeOfAnEndpoint(t *testing.T) {
	now := atFixedTime()
	d := newDirect(vpceptest.WithClock(func() time.Time { return now }), vpceptest.WithCreateDelay(time.Second), vpceptest.WithProjectID("p"))
	id := d.do(t, http.MethodPost, "", minimal).id()
	upgrade := func() reply {
		return serve(t, d, asking(d, "/v2/p/vpc-endpoints/"+id+"/upgrade", `{"action":"start"}`))
	}
	wantError(t, upgrade(), http.StatusBadRequest, "EndPoint.2019")
	now = now.Add(2 * time.Second)
	require.Equal(t, http.StatusAccepted, upgrade().status)
	assert.Equal(t, "profession", d.Endpoints()[0].Edition)
	r := d.do(t, http.MethodGet, "/"+id, "")
	assert.NotContains(t, r.raw, "profession")
	assert.Equal(t, "2026-01-02T03:04:07Z", r.body["updated_at"])
}

func asking(d direct, path, body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("X-Auth-Token", d.Token())
	req.Header.Set("Content-Type", "application/json")
	return req
}
