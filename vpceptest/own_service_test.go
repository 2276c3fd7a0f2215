package vpceptest_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

const ports = `"ports":[{"client_port":80,"server_port":8080,"protocol":"TCP"}]`

// party is an account that talks to a handler.
type party struct {
	vpceptest.Account
	h http.Handler
}

func twoParties(opts ...vpceptest.Option) (owner, consumer party) {
	h := vpceptest.NewHandler(append([]vpceptest.Option{
		vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "declared"}),
		vpceptest.WithAccount(vpceptest.Account{ProjectID: "consumer", OrgPath: "o/dev"}),
	}, opts...)...)
	accounts := h.(*vpceptest.Handler).Accounts()
	return party{accounts[0], h}, party{accounts[1], h}
}

func (p party) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	version := "/v1/"
	if strings.HasPrefix(path, "v2") {
		version, path = "/v2/", strings.TrimPrefix(path, "v2")
	}
	req := httptest.NewRequest(method, version+p.ProjectID+path, strings.NewReader(body))
	req.Header.Set("X-Auth-Token", p.Token)
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	p.h.ServeHTTP(rec, req)
	return reply{status: rec.Code, header: rec.Header(), raw: rec.Body.String(), body: decode(t, rec.Body.Bytes())}
}

func (p party) offer(t *testing.T, members string) string {
	t.Helper()
	r := p.do(t, http.MethodPost, "/vpc-endpoint-services",
		`{"vpc_id":"v","server_type":"VM",`+ports+`,`+members+`}`)
	require.Equal(t, http.StatusOK, r.status, r.raw)
	return "/vpc-endpoint-services/" + r.id()
}

func (p party) connect(t *testing.T, service string) reply {
	t.Helper()
	id := strings.TrimPrefix(service, "/vpc-endpoint-services/")
	return p.do(t, http.MethodPost, "/vpc-endpoints", `{"endpoint_service_id":"`+id+`","vpc_id":"v","subnet_id":"n"}`)
}

func TestALifeWithTwoAccounts(t *testing.T) {
	owner, consumer := twoParties()
	service := owner.offer(t, `"port_id":"p","service_name":"db"`)
	id := strings.TrimPrefix(service, "/vpc-endpoint-services/")
	describe := "/vpc-endpoint-services/describe?id=" + id

	wantError(t, consumer.do(t, http.MethodGet, describe, ""), 400, "EndPoint.2003")
	wantError(t, consumer.connect(t, service), 400, "EndPoint.2003")
	wantError(t, consumer.do(t, http.MethodGet, service, ""), 404, "EndPoint.0005")
	allow := `{"permissions":["iam:domain::` + consumer.DomainID() + `"],"action":"add"}`
	assert.Equal(t, 200, owner.do(t, http.MethodPost, service+"/permissions/action", allow).status)
	assert.Equal(t, "region-1.db."+id, consumer.do(t, http.MethodGet, describe, "").body["service_name"])

	endpoint := consumer.connect(t, service)
	require.Equal(t, 200, endpoint.status, endpoint.raw)
	assert.Equal(t, "pendingAcceptance", endpoint.body["status"])
	connection := object(owner.do(t, http.MethodGet, service+"/connections", "").body.list("connections")[0].(map[string]any))
	assert.Equal(t, endpoint.id(), connection["id"])
	assert.Equal(t, endpoint.body["marker_id"], connection["marker_id"])
	assert.Equal(t, consumer.DomainID(), connection["domain_id"])
	wantError(t, consumer.do(t, http.MethodGet, service+"/connections", ""), 400, "EndPoint.2003")

	decide := `{"endpoints":["` + endpoint.id() + `"],"action":"receive"}`
	assert.Equal(t, 200, owner.do(t, http.MethodPost, service+"/connections/action", decide).status)
	mine := consumer.do(t, http.MethodGet, "/vpc-endpoints/"+endpoint.id(), "")
	assert.Equal(t, "accepted", mine.body["status"])
	assert.Equal(t, "consumer", mine.body["project_id"])
	wantError(t, owner.do(t, http.MethodGet, "/vpc-endpoints/"+endpoint.id(), ""), 404, "EndPoint.2006")

	said := `{"connections":[{"id":"` + endpoint.id() + `","description":"a friend"}]}`
	assert.Contains(t, owner.do(t, http.MethodPut, service+"/connections/description", said).raw, `"a friend"`)

	ip := mine.body["ip"]
	owner.do(t, http.MethodPost, service+"/connections/action", strings.Replace(decide, "receive", "reject", 1))
	assert.Equal(t, ip, consumer.do(t, http.MethodGet, "/vpc-endpoints/"+endpoint.id(), "").body["ip"], "shows in rejected after accepted")
	owner.do(t, http.MethodPost, service+"/connections/action", decide)

	wantError(t, owner.do(t, http.MethodDelete, service, ""), 400, "EndPoint.3006")
	assert.Equal(t, 204, consumer.do(t, http.MethodDelete, "/vpc-endpoints/"+endpoint.id(), "").status)
	assert.Equal(t, 204, owner.do(t, http.MethodDelete, service, "").status)
	wantError(t, owner.do(t, http.MethodGet, service, ""), 404, "EndPoint.0005")
	wantError(t, consumer.connect(t, service), 400, "EndPoint.2003")
}

func TestAServiceIsCreatingThenAvailable(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	owner, _ := twoParties(vpceptest.WithCreateDelay(time.Minute), vpceptest.WithDeleteDelay(time.Minute),
		vpceptest.WithClock(func() time.Time { return now }))
	service := owner.offer(t, `"port_id":"p","approval_enabled":false`)
	assert.Equal(t, "creating", owner.do(t, http.MethodGet, service, "").body["status"])
	wantError(t, owner.do(t, http.MethodPut, service, `{"description":"a"}`), 400, "EndPoint.3045")
	now = now.Add(time.Minute)
	r := owner.do(t, http.MethodGet, service, "")
	assert.Equal(t, "available", r.body["status"])
	assert.Equal(t, "2026-01-02T03:05:05Z", r.body["updated_at"])
	owner.do(t, http.MethodDelete, service, "")
	assert.Equal(t, "deleting", owner.do(t, http.MethodGet, service, "").body["status"])
	now = now.Add(time.Minute)
	assert.Equal(t, 404, owner.do(t, http.MethodGet, service, "").status)
}

func TestWhoIsLetIn(t *testing.T) {
	owner, consumer := twoParties()
	for value, let := range map[string]bool{
		"*": true, "iam:domain::*": true, "iam:domain::" + consumer.DomainID(): true, "iam:domain::other": false,
		"iam:domainName::domain-of-c*": true, "iam:domainName::x*": false,
		"organizations:orgPath::o/*": true, "organizations:orgPath::p/*": false,
	} {
		service := owner.offer(t, fmt.Sprintf(`"port_id":"%x"`, sha256.Sum256([]byte(value))))
		kind := "domainId"
		if strings.HasPrefix(value, "org") {
			kind = "orgPath"
		}
		r := owner.do(t, http.MethodPost, service+"/permissions/batch-create",
			`{"permissions":[{"permission":"`+value+`","description":"d"}],"permission_type":"`+kind+`"}`)
		require.Equal(t, 200, r.status, r.raw)
		assert.Equal(t, let, consumer.connect(t, service).status == 200, value)

		p := object(r.body.list("permissions")[0].(map[string]any))
		path := service + "/permissions/" + p["id"].(string)
		assert.Contains(t, owner.do(t, http.MethodPut, path, `{"permission":{"description":"new"}}`).raw, `"description":"new"`)
		assert.Contains(t, owner.do(t, http.MethodGet, service+"/permissions?permission=IAM", "").raw, "total_count")
		gone := owner.do(t, http.MethodPost, service+"/permissions/batch-delete", `{"permissions":[{"id":"`+p["id"].(string)+`"}]}`)
		assert.JSONEq(t, `{"permissions":[]}`, gone.raw)
		assert.Equal(t, 400, consumer.connect(t, service).status, value)
	}
}

func TestBadServices(t *testing.T) {
	owner, _ := twoParties()
	service := owner.offer(t, `"port_id":"taken"`)
	for body, code := range map[string]string{
		`{}`: "EndPoint.3003",
		`{"port_id":"p","vpc_id":"v","server_type":"X",` + ports + `}`:                                    "EndPoint.3021",
		`{"port_id":"p","vpc_id":"v","server_type":"VM"}`:                                                 "EndPoint.3043",
		`{"port_id":"taken","vpc_id":"v","server_type":"VM",` + ports + `}`:                               "EndPoint.3044",
		`{"port_id":"p","vpc_id":"v","server_type":"VM","service_name":"a b",` + ports + `}`:              "EndPoint.3076",
		`{"port_id":"p","vpc_id":"v","server_type":"VM","description":"<",` + ports + `}`:                 "EndPoint.0002",
		`{"port_id":"p","vpc_id":"v","server_type":"VM","nonsense":1,` + ports + `}`:                      "EndPoint.0002",
		`{"port_id":"p","vpc_id":"v","server_type":"VM","ports":[{"client_port":0}]}`:                     "EndPoint.3043",
		`{"port_id":"p","vpc_id":"v","server_type":"VM",` + strings.ReplaceAll(ports, "TCP", "UDP") + `}`: "EndPoint.3075",
	} {
		wantError(t, owner.do(t, http.MethodPost, "/vpc-endpoint-services", body), 400, code)
	}
	for body, code := range map[string]string{
		`{"permissions":["nobody"],"action":"add"}`:                   "EndPoint.3002",
		`{"permissions":["organizations:orgPath::a"],"action":"add"}`: "EndPoint.3036",
		`{"permissions":["*"],"action":"invite"}`:                     "EndPoint.3035",
		`{"permissions":[],"action":"add"}`:                           "EndPoint.3036",
		`{"permissions":["iam:domain::a-b"],"action":"remove"}`:       "EndPoint.3002",
	} {
		wantError(t, owner.do(t, http.MethodPost, service+"/permissions/action", body), 400, code)
	}
	wantError(t, owner.do(t, http.MethodPut, service, `{"port_id":"a","ip":"10.0.0.1"}`), 400, "EndPoint.3052")
	wantError(t, owner.do(t, http.MethodPost, "/server/x/tags/action", `{}`), 400, "EndPoint.3070")
}

func TestServicesChangeListAndUpgrade(t *testing.T) {
	owner, _ := twoParties()
	service := owner.offer(t, `"port_id":"p","service_name":"DB"`)
	id := strings.TrimPrefix(service, "/vpc-endpoint-services/")
	assert.Equal(t, "x", owner.do(t, http.MethodPut, service, `{"description":"x","ports":[{"client_port":1,"server_port":2}]}`).body["description"])
	assert.JSONEq(t, `{"endpoint_service_name":"new"}`, owner.do(t, http.MethodPut, service+"/name", `{"endpoint_service_name":"new"}`).raw)
	list := owner.do(t, http.MethodGet, "/vpc-endpoint-services?endpoint_service_name=NEW&limit=0&sort_key=created_at", "")
	assert.Len(t, list.body.list("endpoint_services"), 1)
	assert.Equal(t, 204, owner.do(t, http.MethodPost, "/endpoint_service/"+id+"/tags/action", `{"action":"create","tags":[{"key":"k","value":"v"}]}`).status)
	assert.JSONEq(t, `{"tags":[{"key":"k","values":["v"]}]}`, owner.do(t, http.MethodGet, "/endpoint_service/tags", "").raw)
	for filter, n := range map[string]int{
		`"tags":[{"key":"k","values":["v"]}]`: 1, `"tags":[{"key":"k","values":["*V"]}]`: 0, `"tags_any":[{"key":"k","values":[]},{"key":"z","values":[]}]`: 1,
		`"not_tags":[{"key":"k","values":["v"]}]`: 1, `"not_tags_any":[{"key":"k","values":["v"]}]`: 1, `"without_any_tag":true`: 1,
		`"matches":[{"key":"resource_name","value":"NEW"}]`: 1,
	} {
		r := owner.do(t, http.MethodPost, "/endpoint_service/resource_instances/action", `{"action":"count",`+filter+`}`)
		assert.Equal(t, fmt.Sprintf(`{"total_count":%d}`, n), r.raw, filter)
	}
	for path, status := range map[string]int{
		"/upgrade": 204, "/add-server-resources": 204,
	} {
		body := `{"server_resources":[{"resource_id":"elb"}]}`
		if path == "/upgrade" {
			body = ""
		}
		assert.Equal(t, status, owner.do(t, http.MethodPost, "v2"+service+path, body).status, path)
	}
	assert.Equal(t, []any{"profession", "basic"}, owner.do(t, http.MethodGet, service, "").body["supported_editions"])
}
