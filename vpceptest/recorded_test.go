package vpceptest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// recorded is a request as another client sends it. {v1} stands for the path of the
// project, {endpoint}, {service} and {permission} for what was made before.
type recorded struct {
	method, path, body string
	status             int
	holds              string // part of the answer's body
}

// life is what a client sends in a row, with a token or its own signatures.
type life struct {
	signs    bool
	headers  map[string]string // beside or in place of the usual ones
	requests []recorded
}

const owner = "iam:domain::0123456789abcdef0123456789abcdef"

// lives are the requests of clients that others wrote, from the start of a service and an
// endpoint on. They are written down, so that no test needs these large modules.
var lives = map[string]life{
	"github.com/opentelekomcloud/gophertelekomcloud": {requests: []recorded{
		{"POST", "{v1}/vpc-endpoint-services", `{"approval_enabled":true,"port_id":"port","ports":[{"client_port":80,"protocol":"TCP","server_port":8080}],"server_type":"VM","service_name":"db","service_type":"interface","tags":[{"key":"a","value":"b"}],"tcp_proxy":"close","vpc_id":"vpc"}`, 200, `"approval_enabled":true`},
		{"GET", "{v1}/vpc-endpoint-services/{service}", "", 200, `"status":"available"`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}", `{"approval_enabled":false,"ports":[{"client_port":81,"protocol":"TCP","server_port":8081}]}`, 200, `"approval_enabled":false`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}", `{"service_name":"dbtwo"}`, 200, ".dbtwo."},
		{"GET", "{v1}/vpc-endpoint-services?endpoint_service_name=DB&id={service}&sort_dir=asc&sort_key=created_at&status=available", "", 200, `"total_count":1`},
		{"GET", "{v1}/vpc-endpoint-services/public", "", 200, `"is_charge":false`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"action":"add","permissions":["` + owner + `"]}`, 200, owner},
		{"GET", "{v1}/vpc-endpoint-services/{service}/permissions", "", 200, `"total_count":1`},
		{"POST", "{v1}/vpc-endpoints", `{"enable_dns":true,"enable_whitelist":true,"endpoint_service_id":"{service}","port_ip":"10.0.0.77","subnet_id":"subnet","tags":[{"key":"fizz","value":"buzz"}],"vpc_id":"vpc","whitelist":["127.0.0.1"]}`, 200, `"ip":"10.0.0.77"`},
		{"GET", "{v1}/vpc-endpoints/{endpoint}", "", 200, `"status":"accepted"`},
		{"GET", "{v1}/vpc-endpoints?endpoint_service_name=DBTWO&sort_dir=desc&sort_key=create_at&vpc_id=vpc", "", 200, `"total_count":1`},
		{"GET", "{v1}/vpc-endpoints?sort_key=updated_at", "", 200, `"total_count":1`},
		{"POST", "{v1}/endpoint/{endpoint}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
		{"POST", "{v1}/endpoint/{endpoint}/tags/action", `{"action":"delete","tags":[{"key":"fizz","value":"buzz"}]}`, 204, ""},
		{"POST", "{v1}/endpoint_service/{service}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
		{"GET", "{v1}/endpoint/tags", "", 200, `"muh"`},
	}},
	"github.com/chnsz/golangsdk": {requests: []recorded{
		{"POST", "{v1}/vpc-endpoint-services", `{"approval_enabled":true,"description":"d","enable_policy":true,"ip_version":"ipv4","port_id":"port","ports":[{"client_port":80,"protocol":"TCP","server_port":8080}],"server_type":"VM","service_name":"db","service_type":"interface","tags":[{"key":"a","value":"b"}],"tcp_proxy":"close","vpc_id":"vpc"}`, 200, `"approval_enabled":true`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}", `{"approval_enabled":true,"description":"","ports":[{"client_port":81,"protocol":"TCP","server_port":8081}],"service_name":"dbtwo","tcp_proxy":"toa_open"}`, 200, `"tcp_proxy":"toa_open"`},
		{"GET", "{v1}/vpc-endpoint-services?limit=5&sort_dir=asc&sort_key=create_at", "", 200, `"{service}"`},
		{"GET", "{v1}/vpc-endpoint-services?limit=5&offset=5&sort_dir=asc&sort_key=create_at", "", 200, `"endpoint_services":[]`},
		{"GET", "{v1}/vpc-endpoint-services?id={service}&server_type=VM&status=available", "", 200, `"total_count":1`},
		{"GET", "{v1}/vpc-endpoint-services/public?offset=2", "", 200, `"endpoint_services":[]`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"action":"add","permission_type":"domainId","permissions":["` + owner + `"]}`, 200, owner},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"action":"remove","permissions":["` + owner + `"]}`, 200, ""},
		{"POST", "{v1}/vpc-endpoints", `{"description":"d","enable_dns":true,"enable_whitelist":true,"endpoint_service_id":"{service}","ip_version":"ipv4","port_ip":"10.0.0.77","subnet_id":"subnet","tags":[{"key":"fizz","value":"buzz"}],"vpc_id":"vpc","whitelist":["127.0.0.1"]}`, 200, `"vpc_id":"vpc"`},
		{"GET", "{v1}/vpc-endpoint-services/{service}/connections?id={endpoint}", "", 200, `"status":"pendingAcceptance"`},
		{"GET", "{v1}/vpc-endpoint-services/{service}/connections?id={endpoint}&offset=1", "", 200, `"connections":[]`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/connections/action", `{"action":"receive","endpoints":["{endpoint}"]}`, 200, `"status":"accepted"`},
		{"GET", "{v1}/vpc-endpoints?endpoint_service_name=DBTWO&vpc_id=vpc", "", 200, `"total_count":1`},
		{"PUT", "{v1}/vpc-endpoints/{endpoint}", `{"enable_whitelist":true,"whitelist":["10.0.0.0/8"]}`, 200, `"whitelist":["10.0.0.0/8"]`},
		{"PUT", "{v1}/vpc-endpoints/{endpoint}", `{"enable_whitelist":false,"whitelist":null}`, 200, `"whitelist":[]`},
		{"PUT", "{v1}/vpc-endpoints/{endpoint}", `{"whitelist":[]}`, 200, `"enable_whitelist":false`},
		{"PUT", "{v1}/vpc-endpoints/{endpoint}/policy", `{"policy_document":{"Statement":[{"Action":["*"],"Effect":"Allow","Principal":"*","Resource":["*"]}],"Version":"5.0"}}`, 200, `"policy_document"`},
		{"POST", "{v1}/endpoint/{endpoint}/tags/action", `{"action":"create","tags":[{"key":"muh","value":"kuh"}]}`, 204, ""},
	}},
	// The vendor's SDK for Python signs every header that it sends itself.
	"huaweicloudsdkvpcep": {signs: true, headers: map[string]string{
		"User-Agent": "huaweicloud-usdk-python/3.0; os/Linux##1_SMP#x86_64 python/3.11.2 impl/CPython", "Accept": "*/*",
		"Accept-Encoding": "gzip, deflate", "Content-Type": "application/json;charset=utf-8",
	}, requests: []recorded{
		{"GET", "/v3/projects?name=region-1", "", 200, `"{project}"`},
		{"POST", "{v1}/vpc-endpoint-services", `{"port_id": "p", "service_name": "db", "vpc_id": "v", "approval_enabled": true, "server_type": "VM", "ports": [{"client_port": 80, "server_port": 8080, "protocol": "TCP"}], "tags": [{"key": "a", "value": "b"}]}`, 200, ".db."},
		{"POST", "{v1}/vpc-endpoints", `{"subnet_id": "n", "endpoint_service_id": "{service}", "vpc_id": "v", "enable_dns": true, "tags": [{"key": "\u4e2d\u6587", "value": "b c"}], "description": "\u63cf\u8ff0"}`, 200, `"description":"描述"`},
		{"GET", "{v1}/vpc-endpoints?limit=5&offset=0&sort_dir=asc&sort_key=create_at", "", 200, `"key":"中文"`},
		{"GET", "{v1}/vpc-endpoint-services?endpoint_service_name=DB", "", 200, `"total_count":1`},
		{"GET", "{v1}/vpc-endpoint-services/public", "", 200, `"is_charge":false`},
		{"GET", "{v1}/vpc-endpoint-services/describe?id={service}", "", 200, `"is_charge":false`},
		{"GET", "{v1}/vpc-endpoint-services/{service}/connections", "", 200, `"pendingAcceptance"`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/connections/action", `{"action": "receive", "endpoints": ["{endpoint}"]}`, 200, `"accepted"`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}/connections/description", `{"connections": [{"id": "{endpoint}", "description": "d"}]}`, 200, `"description":"d"`},
		{"PUT", "{v1}/vpc-endpoints/{endpoint}", `{"whitelist": ["10.0.0.0/8"], "enable_whitelist": true}`, 200, `"whitelist":["10.0.0.0/8"]`},
		{"POST", "{v1}/endpoint/{endpoint}/tags/action", `{"tags": [{"key": "x", "value": "y"}], "action": "create"}`, 204, ""},
		{"GET", "{v1}/endpoint/tags", "", 200, `{"key":"x","values":["y"]}`},
		{"POST", "{v1}/endpoint/resource_instances/action", `{"tags": [{"key": "x", "values": ["y"]}], "action": "filter"}`, 200, `"total_count":1`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"permissions": ["` + owner + `"], "action": "add"}`, 200, owner},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/batch-create", `{"permissions": [{"permission": "*", "description": "d"}]}`, 200, `"permission":"*"`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}/permissions/{permission}", `{"permission": {"description": "e"}}`, 200, `"description":"e"`},
		{"GET", "{v1}/vpc-endpoint-services/{service}/permissions", "", 200, `"total_count":2`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/batch-delete", `{"permissions": [{"id": "{permission}"}]}`, 200, `"permissions":[]`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}", `{"approval_enabled": false}`, 200, `"approval_enabled":false`},
		{"PUT", "{v1}/vpc-endpoint-services/{service}/name", `{"endpoint_service_name": "two"}`, 200, `"two"`},
		{"POST", "/v2/{project}/vpc-endpoint-services/{service}/upgrade", "", 204, ""},
		{"POST", "/v2/{project}/vpc-endpoints/{endpoint}/upgrade", `{"action": "start"}`, 202, ""},
		{"POST", "/v2/{project}/vpc-endpoint-services/{service}/add-server-resources", `{"server_resources": [{"resource_id": "r", "availability_zone_id": "z"}]}`, 204, ""},
		{"GET", "{v1}/quotas?type=endpoint", "", 200, `"used":1`},
		{"GET", "/", "", 200, `"id":"v1"`},
		{"GET", "/v1", "", 200, `"id":"v1"`},
	}},
	// The SDK of OpenStack discovers versions and looks names up as IDs first.
	"python-otcextensions": {headers: map[string]string{
		"User-Agent": "openstacksdk/0.101.0 keystoneauth1/5.0.0 python-requests/2.28.1 CPython/3.11.2",
		"Accept":     "*/*", "Accept-Encoding": "gzip, deflate", "Content-Type": "application/json",
	}, requests: []recorded{
		{"GET", "/v3", "", 200, `"status":"stable"`},
		{"GET", "/v3/auth/catalog", "", 200, `/v1/{project}"`},
		{"GET", "/v1", "", 200, `"CURRENT"`},
		{"POST", "{v1}/vpc-endpoint-services", `{"tags": [{"key": "a", "value": "b"}], "service_name": "db", "ports": [{"client_port": 80, "server_port": 8080, "protocol": "TCP"}], "approval_enabled": true, "vpc_id": "vpc-1", "server_type": "VM", "port_id": "port-1"}`, 200, ".db."},
		{"GET", "{v1}/vpc-endpoint-services", "", 200, `"total_count":1`},
		{"GET", "{v1}/vpc-endpoint-services/public", "", 200, `"total_count":2`},
		{"GET", "{v1}/vpc-endpoint-services/region-1.db.{service}", "", 404, "EndPoint.0005"},
		{"GET", "{v1}/vpc-endpoint-services?endpoint_service_name=region-1.db.{service}", "", 200, `"{service}"`},
		{"GET", "{v1}/vpc-endpoint-services/describe?id={service}", "", 200, `"interface"`},
		{"GET", "{v1}/vpc-endpoint-services/describe?endpoint_service_name=region-1.db.{service}", "", 200, `"{service}"`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"permissions": ["` + owner + `"], "action": "add"}`, 200, owner},
		{"GET", "{v1}/vpc-endpoint-services/{service}/permissions", "", 200, owner},
		{"PUT", "{v1}/vpc-endpoint-services/{service}", `{"service_name": "dbtwo"}`, 200, ".dbtwo."},
		{"POST", "{v1}/vpc-endpoints", `{"tags": [{"key": "k", "value": "v"}], "endpoint_service_id": "{service}", "subnet_id": "subnet-1", "enable_dns": true, "vpc_id": "vpc-1"}`, 200, `"enable_dns":true`},
		{"GET", "{v1}/vpc-endpoints", "", 200, `"{endpoint}"`},
		{"GET", "{v1}/vpc-endpoints?limit=5", "", 200, `"{endpoint}"`},
		{"GET", "{v1}/vpc-endpoint-services/{service}/connections", "", 200, `"pendingAcceptance"`},
		{"POST", "{v1}/vpc-endpoint-services/{service}/connections/action", `{"endpoints": ["{endpoint}"], "action": "receive"}`, 200, `"accepted"`},
		{"GET", "{v1}/quotas", "", 200, `"endpoint_service"`},
	}},
}

var ending = []recorded{
	{"DELETE", "{v1}/vpc-endpoints/{endpoint}", "", 204, ""},
	{"GET", "{v1}/vpc-endpoints/{endpoint}", "", 404, "EndPoint."},
	{"DELETE", "{v1}/vpc-endpoint-services/{service}", "", 204, ""},
	{"GET", "{v1}/vpc-endpoint-services/{service}", "", 404, "EndPoint."},
}

func TestClientsThatOthersWrote(t *testing.T) {
	for client, l := range lives {
		t.Run(client, func(t *testing.T) {
			f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0), vpceptest.WithAccessKey("ak", "sk"))
			known := []string{"{v1}", "/v1/" + f.ProjectID(), "{project}", f.ProjectID()}
			token := ""
			if !l.signs {
				token = l.logIn(t, f)
			}
			for _, r := range append(l.requests[:len(l.requests):len(l.requests)], ending...) {
				fill := strings.NewReplacer(known...)
				req := f.request(t, r.method, fill.Replace(r.path), fill.Replace(r.body))
				req.Header = l.header(req, fill.Replace(r.body), f.ProjectID(), token)
				got := f.send(t, req)
				require.Equal(t, r.status, got.status, "%s %s: %s", r.method, r.path, got.raw)
				assert.Contains(t, got.raw, fill.Replace(r.holds), "%s %s", r.method, r.path)
				switch {
				case r.path == "{v1}/vpc-endpoint-services" && r.method == http.MethodPost:
					known = append(known, "{service}", got.id())
				case r.path == "{v1}/vpc-endpoints" && r.method == http.MethodPost:
					known = append(known, "{endpoint}", got.id())
				case strings.HasSuffix(r.path, "/batch-create"):
					known = append(known, "{permission}", first(t, got, "permissions")["id"].(string))
				}
			}
			assert.Empty(t, f.Endpoints())
		})
	}
}

// logIn asks for a token by the name of the project, with its domain in the scope.
func (l life) logIn(t *testing.T, f fixture) string {
	t.Helper()
	user := f.User()
	req := f.request(t, http.MethodPost, "/v3/auth/tokens",
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"`+user.DomainName+`"},"name":"`+user.Name+
			`","password":"`+user.Password+`"}}},"scope":{"project":{"domain":{"name":"`+user.DomainName+`"},"name":"`+f.ProjectName()+`"}}}}`)
	req.Header.Del("X-Auth-Token")
	got := f.send(t, req)
	require.Equal(t, http.StatusCreated, got.status, got.raw)
	assert.Contains(t, got.raw, f.URL+"/v1/"+f.ProjectID())
	return got.header.Get("X-Subject-Token")
}

// header is what the client sends beside the body, with a token or a signature.
func (l life) header(req *http.Request, body, projectID, token string) http.Header {
	header := http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	for name, value := range l.headers {
		header.Set(name, value)
	}
	if !l.signs {
		header.Set("X-Auth-Token", token)
		return header
	}
	header.Set("X-Project-Id", projectID)
	header.Set("X-Sdk-Date", stamp(time.Now()))
	s := signed{
		method: req.Method, path: strings.TrimSuffix(req.URL.Path, "/") + "/", query: req.URL.RawQuery, body: body,
		accessKey: "ak", secret: "sk",
	}
	for _, name := range []string{"Content-Type", "Host", "User-Agent", "X-Project-Id", "X-Sdk-Date"} {
		value := header.Get(name)
		if name == "Host" {
			value = req.URL.Host
		}
		s.headers = append(s.headers, [2]string{name, value})
	}
	header.Set("Authorization", s.authorization())
	return header
}
