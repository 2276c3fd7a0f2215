package vpceptest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// recorded is a request as another client sends it. {endpoint} and {service} stand
// for what was made before.
type recorded struct {
	method, path, body string
	status             int
	holds              string // part of the answer's body
}

const owner = "iam:domain::0123456789abcdef0123456789abcdef"

// lives are the requests of clients that others wrote in Go, from the start of a service
// and an endpoint on. They are written down, so that no test needs these large modules.
var lives = map[string][]recorded{
	"github.com/opentelekomcloud/gophertelekomcloud": {
		{"POST", "/vpc-endpoint-services", `{"approval_enabled":true,"port_id":"port","ports":[{"client_port":80,"protocol":"TCP","server_port":8080}],"server_type":"VM","service_name":"db","service_type":"interface","tags":[{"key":"a","value":"b"}],"tcp_proxy":"close","vpc_id":"vpc"}`, 200, `"approval_enabled":true`},
		{"GET", "/vpc-endpoint-services/{service}", "", 200, `"status":"available"`},
		{"PUT", "/vpc-endpoint-services/{service}", `{"approval_enabled":false,"ports":[{"client_port":81,"protocol":"TCP","server_port":8081}]}`, 200, `"approval_enabled":false`},
		{"PUT", "/vpc-endpoint-services/{service}", `{"service_name":"dbtwo"}`, 200, ".dbtwo."},
		{"GET", "/vpc-endpoint-services?endpoint_service_name=DB&id={service}&sort_dir=asc&sort_key=created_at&status=available", "", 200, `"total_count":1`},
		{"GET", "/vpc-endpoint-services/public", "", 200, `"is_charge":false`},
		{"POST", "/vpc-endpoint-services/{service}/permissions/action", `{"action":"add","permissions":["` + owner + `"]}`, 200, owner},
		{"GET", "/vpc-endpoint-services/{service}/permissions", "", 200, `"total_count":1`},
		{"POST", "/vpc-endpoints", `{"enable_dns":true,"enable_whitelist":true,"endpoint_service_id":"{service}","port_ip":"10.0.0.77","subnet_id":"subnet","tags":[{"key":"fizz","value":"buzz"}],"vpc_id":"vpc","whitelist":["127.0.0.1"]}`, 200, `"ip":"10.0.0.77"`},
		{"GET", "/vpc-endpoints/{endpoint}", "", 200, `"status":"accepted"`},
		{"GET", "/vpc-endpoints?endpoint_service_name=DBTWO&sort_dir=desc&sort_key=create_at&vpc_id=vpc", "", 200, `"total_count":1`},
		{"GET", "/vpc-endpoints?sort_key=updated_at", "", 200, `"total_count":1`},
		{"POST", "/endpoint/{endpoint}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
		{"POST", "/endpoint/{endpoint}/tags/action", `{"action":"delete","tags":[{"key":"fizz","value":"buzz"}]}`, 204, ""},
		{"POST", "/endpoint_service/{service}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
		{"GET", "/endpoint/tags", "", 200, `"muh"`},
	},
	"github.com/chnsz/golangsdk": {
		{"POST", "/vpc-endpoint-services", `{"approval_enabled":true,"description":"d","enable_policy":true,"ip_version":"ipv4","port_id":"port","ports":[{"client_port":80,"protocol":"TCP","server_port":8080}],"server_type":"VM","service_name":"db","service_type":"interface","tags":[{"key":"a","value":"b"}],"tcp_proxy":"close","vpc_id":"vpc"}`, 200, `"approval_enabled":true`},
		{"PUT", "/vpc-endpoint-services/{service}", `{"approval_enabled":true,"description":"","ports":[{"client_port":81,"protocol":"TCP","server_port":8081}],"service_name":"dbtwo","tcp_proxy":"toa_open"}`, 200, `"tcp_proxy":"toa_open"`},
		{"GET", "/vpc-endpoint-services?limit=5&sort_dir=asc&sort_key=create_at", "", 200, `"{service}"`},
		{"GET", "/vpc-endpoint-services?limit=5&offset=5&sort_dir=asc&sort_key=create_at", "", 200, `"endpoint_services":[]`},
		{"GET", "/vpc-endpoint-services?id={service}&server_type=VM&status=available", "", 200, `"total_count":1`},
		{"GET", "/vpc-endpoint-services/public?offset=2", "", 200, `"endpoint_services":[]`},
		{"POST", "/vpc-endpoint-services/{service}/permissions/action", `{"action":"add","permission_type":"domainId","permissions":["` + owner + `"]}`, 200, owner},
		{"POST", "/vpc-endpoint-services/{service}/permissions/action", `{"action":"remove","permissions":["` + owner + `"]}`, 200, ""},
		{"POST", "/vpc-endpoints", `{"description":"d","enable_dns":true,"enable_whitelist":true,"endpoint_service_id":"{service}","ip_version":"ipv4","port_ip":"10.0.0.77","subnet_id":"subnet","tags":[{"key":"fizz","value":"buzz"}],"vpc_id":"vpc","whitelist":["127.0.0.1"]}`, 200, `"vpc_id":"vpc"`},
		{"GET", "/vpc-endpoint-services/{service}/connections?id={endpoint}", "", 200, `"status":"pendingAcceptance"`},
		{"GET", "/vpc-endpoint-services/{service}/connections?id={endpoint}&offset=1", "", 200, `"connections":[]`},
		{"POST", "/vpc-endpoint-services/{service}/connections/action", `{"action":"receive","endpoints":["{endpoint}"]}`, 200, `"status":"accepted"`},
		{"GET", "/vpc-endpoints?endpoint_service_name=DBTWO&vpc_id=vpc", "", 200, `"total_count":1`},
		{"PUT", "/vpc-endpoints/{endpoint}", `{"enable_whitelist":true,"whitelist":["10.0.0.0/8"]}`, 200, `"whitelist":["10.0.0.0/8"]`},
		{"PUT", "/vpc-endpoints/{endpoint}", `{"enable_whitelist":false,"whitelist":null}`, 200, `"whitelist":[]`},
		{"PUT", "/vpc-endpoints/{endpoint}", `{"whitelist":[]}`, 200, `"enable_whitelist":false`},
		{"PUT", "/vpc-endpoints/{endpoint}/policy", `{"policy_document":{"Statement":[{"Action":["*"],"Effect":"Allow","Principal":"*","Resource":["*"]}],"Version":"5.0"}}`, 200, `"policy_document"`},
		{"POST", "/endpoint/{endpoint}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
	},
}

var ending = []recorded{
	{"DELETE", "/vpc-endpoints/{endpoint}", "", 204, ""},
	{"GET", "/vpc-endpoints/{endpoint}", "", 404, "EndPoint."},
	{"DELETE", "/vpc-endpoint-services/{service}", "", 204, ""},
	{"GET", "/vpc-endpoint-services/{service}", "", 404, "EndPoint."},
}

func TestClientsThatOthersWrote(t *testing.T) {
	for client, life := range lives {
		t.Run(client, func(t *testing.T) {
			f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0))
			user := f.User()
			known := []string{"{project}", f.ProjectID()}
			send := func(token, path string, r recorded) reply {
				fill := strings.NewReplacer(known...)
				req := f.request(t, r.method, fill.Replace(path), fill.Replace(r.body))
				req.Header.Set("Accept", "application/json")
				if req.Header.Del("X-Auth-Token"); token != "" {
					req.Header.Set("X-Auth-Token", token)
				}
				got := f.send(t, req)
				require.Equal(t, r.status, got.status, "%s %s: %s", r.method, path, got.raw)
				assert.Contains(t, got.raw, fill.Replace(r.holds), "%s %s", r.method, path)
				return got
			}

			login := send("", "/v3/auth/tokens", recorded{method: http.MethodPost, status: http.StatusCreated, holds: f.URL + "/v1/" + f.ProjectID(),
				body: `{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"` + user.DomainName + `"},"name":"` + user.Name +
					`","password":"` + user.Password + `"}}},"scope":{"project":{"domain":{"name":"` + user.DomainName + `"},"name":"` + f.ProjectName() + `"}}}}`})
			token := login.header.Get("X-Subject-Token")
			for _, r := range append(life[:len(life):len(life)], ending...) {
				got := send(token, "/v1/{project}"+r.path, r)
				switch r.method + r.path {
				case "POST/vpc-endpoint-services":
					known = append(known, "{service}", got.id())
				case "POST/vpc-endpoints":
					known = append(known, "{endpoint}", got.id())
				}
			}
			assert.Empty(t, f.Endpoints())
		})
	}
}
