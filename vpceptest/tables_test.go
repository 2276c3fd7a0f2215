package vpceptest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// table is a documented table: the type of each field.
type table map[string]string

// endpointTable is the reference's table of an answer to a create.
var endpointTable = table{
	"id": "String", "service_type": "String", "status": "String", "active_status": "Array of strings",
	"endpoint_service_name": "String", "marker_id": "Integer", "endpoint_service_id": "String", "enable_dns": "Boolean",
	"dns_names": "Array of strings", "subnet_id": "String", "vpc_id": "String", "created_at": "String", "updated_at": "String",
	"project_id": "String", "tags": "Array of TagList objects", "whitelist": "Array of strings", "enable_whitelist": "Boolean",
	"routetables": "Array of strings", "specification_name": "String", "description": "String",
	"policy_statement": "Array of strings", "enable_status": "String",
}

// tagTable and errorTable are of what other tables refer to.
var (
	tagTable   = table{"key": "String", "value": "String"}
	errorTable = table{"message": "String", "code": "String"}
)

// endpointExceptions are what endpoints have beside the table, and where it is from.
var endpointExceptions = table{
	"ip":               "String",                         // the sample of the create's page; table of the get's page
	"ipv6_address":     "String",                         // table of the get's page
	"ip_version":       "String",                         // the Terraform provider's SDK reads it
	"endpoint_pool_id": "String",                         // sample of the policy update's page
	"policy_document":  "object",                         // table of the policy update's page
	"policy_statement": "Array of objects",               // sample of the policy update's page: not of strings
	"error":            "Array of EndpointError objects", // table of the list's page
}

// serviceTables are the fields of a service in the answers to a create, a list, a get and
// an update.
var serviceTables = func() map[string]table {
	all := table{
		"id": "string", "port_id": "string", "service_name": "string", "vpc_id": "string", "project_id": "string",
		"server_type": "string", "service_type": "string", "approval_enabled": "boolean", "status": "string",
		"created_at": "string", "updated_at": "string", "ports": "[PortList]", "ip": "string", "tcp_proxy": "string",
		"tags": "[{key,value}]", "description": "string", "enable_policy": "boolean",
	}
	and := func(more table) table {
		maps.Copy(more, all)
		return more
	}
	return map[string]table{
		"create": and(table{"pool_id": "string", "ip_version": "string"}),
		"list": and(table{
			"domain_id": "string", "connection_count": "int", "supported_editions": "[string]",
			"public_border_group": "string", "error": "[{message, code}]",
		}),
		"get": and(table{
			"pool_id": "string", "supported_editions": "[string]", "cidr_type": "string", "error": "[{message, code}]",
		}),
		"update": and(table{"pool_id": "string", "ip_version": "string"}),
	}
}()

var (
	permissionTable = table{
		"id": "string", "permission": "string", "permission_type": "string", "description": "string", "created_at": "string",
	}
	connectionTable = table{
		"id": "string", "marker_id": "int", "created_at": "string", "updated_at": "string", "domain_id": "string",
		"error": "[{error_code, error_message}]", "status": "string", "description": "string",
	}
)

// isOf tells whether a value of an answer has a documented type.
func isOf(kind string, value any) bool {
	each := func(fits func(any) bool) bool {
		list, is := value.([]any)
		return is && !slices.ContainsFunc(list, func(v any) bool { return !fits(v) })
	}
	of := func(fields table) func(any) bool {
		return func(v any) bool {
			o, is := v.(map[string]any)
			if !is || len(o) != len(fields) {
				return false
			}
			for name, kind := range fields {
				if !isOf(kind, o[name]) {
					return false
				}
			}
			return true
		}
	}
	switch kind {
	case "String", "string":
		_, is := value.(string)
		return is
	case "Boolean", "boolean":
		_, is := value.(bool)
		return is
	case "Integer", "int":
		n, is := value.(json.Number)
		_, err := n.Int64()
		return is && err == nil
	case "object":
		_, is := value.(map[string]any)
		return is
	case "Array of strings", "[string]":
		return each(func(v any) bool { return isOf("String", v) })
	case "Array of objects":
		return each(func(v any) bool { return isOf("object", v) })
	case "Array of TagList objects", "[{key,value}]":
		return each(of(tagTable))
	case "Array of EndpointError objects", "[{error_code, error_message}]":
		return each(of(table{"error_code": "string", "error_message": "string"}))
	case "[{message, code}]":
		return each(of(errorTable))
	case "[bindings]":
		return each(of(table{"bind_failed": "[failures]", "unbind_failed": "[failures]"}))
	case "[failures]":
		return each(of(table{"id": "string", "error_message": "string"}))
	case "[links]":
		return each(of(table{"href": "string", "type": "string", "rel": "string"}))
	case "quotas":
		return of(table{"resources": "[quotas]"})(value)
	case "[quotas]":
		return each(of(table{"type": "string", "used": "int", "quota": "int"}))
	case "[PortList]":
		return each(of(table{"client_port": "int", "server_port": "int", "protocol": "string"}))
	default:
		panic("unknown type " + kind)
	}
}

// walk holds an answer against its tables: it has every field but those that are absent
// there, each of its type, and no other field.
func walk(t *testing.T, what string, answer object, documented, exceptions table, absent ...string) {
	t.Helper()
	for name := range documented {
		assert.Equal(t, !slices.Contains(absent, name), answer[name] != nil, "%s: %s", what, name)
	}
	for name, value := range answer {
		kind, known := exceptions[name]
		if !known {
			kind, known = documented[name]
		}
		if assert.True(t, known, "%s: no table knows %s", what, name) {
			assert.True(t, isOf(kind, value), "%s: %s is no %s: %v", what, name, kind, value)
		}
	}
}

func first(t *testing.T, r reply, list string) object {
	t.Helper()
	require.NotEmpty(t, r.body.list(list), r.raw)
	return r.body.list(list)[0].(map[string]any)
}

func TestEndpointsHaveTheFieldsOfTheirTable(t *testing.T) {
	const policy = `"policy_statement":[{"Effect":"Allow","Action":["a"],"Resource":["b"]}]`
	for name, tt := range map[string]struct {
		service        vpceptest.Service
		members        string
		absent, beside []string
		change, body   string // an update that is answered with the endpoint
	}{
		"interface": {
			vpceptest.Service{}, `"enable_dns":true,"ip_version":"dualstack","policy_document":{"a":1}`,
			[]string{"routetables", "policy_statement"},
			[]string{"ip", "ipv6_address", "ip_version", "endpoint_pool_id", "policy_document"}, "", `{"whitelist":["10.0.0.1"],"enable_whitelist":true}`,
		},
		"interface without a domain name": {
			vpceptest.Service{}, `"enable_dns":false`, []string{"routetables", "policy_statement", "dns_names"}, []string{"ip"}, "", `{}`,
		},
		"gateway": {
			vpceptest.Service{Type: vpceptest.TypeGateway}, `"description":""`,
			[]string{"enable_dns", "dns_names", "subnet_id", "whitelist", "enable_whitelist", "policy_statement"}, nil, "/policy", "",
		},
		"gateway with a policy": {
			vpceptest.Service{Type: vpceptest.TypeGateway}, policy,
			[]string{"enable_dns", "dns_names", "subnet_id", "whitelist", "enable_whitelist"}, nil, "/policy", "{" + policy + "}",
		},
		"failed": {
			vpceptest.Service{Failure: vpceptest.EndpointError{Code: "c", Message: "m"}}, `"enable_dns":true`,
			[]string{"routetables", "policy_statement", "dns_names"}, []string{"error"}, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.service.ID = "svc-1"
			f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithService(tt.service))
			answers := map[string]reply{"create": f.create(t, with(tt.members))}
			require.Equal(t, http.StatusOK, answers["create"].status, answers["create"].raw)
			id := answers["create"].id()
			answers["get"] = f.get(t, id)
			list := f.list(t, "")
			answers["list"] = reply{status: list.status, body: first(t, list, "endpoints")}
			if tt.body != "" {
				answers["update"] = f.do(t, http.MethodPut, f.endpoints()+"/"+id+tt.change, tt.body)
			}
			for what, r := range answers {
				require.Equal(t, http.StatusOK, r.status, r.raw)
				walk(t, what, r.body, endpointTable, endpointExceptions, tt.absent...)
				for _, name := range tt.beside {
					assert.Contains(t, r.body, name, what)
				}
			}
			if tt.change == "/policy" && tt.body != "" {
				r := f.do(t, http.MethodDelete, f.endpoints()+"/"+id+"/policy", "")
				require.Equal(t, http.StatusOK, r.status, r.raw)
				walk(t, "delete of the policy", r.body, endpointTable, endpointExceptions, append(tt.absent, "policy_statement")...)
			}
		})
	}
}

func TestRefusalsHaveTheFieldsOfTheirTable(t *testing.T) {
	r := start(t).create(t, `{}`)
	require.Equal(t, http.StatusBadRequest, r.status)
	walk(t, "refusal", r.body, table{"error": "object"}, nil)
	walk(t, "error", r.body.object("error"), errorTable, nil)
}

func TestServicesHaveTheFieldsOfTheirTable(t *testing.T) {
	h := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithSeed(vpceptest.Seed{Services: []vpceptest.SeedService{
		{ID: "failed", Status: vpceptest.StatusFailed, Errors: []vpceptest.EndpointError{{Code: "c", Message: "m"}}},
	}}))
	const path = "/vpc-endpoint-services"
	answers := map[string]reply{"create": h.projectBody(t, http.MethodPost, path,
		`{"port_id":"p","vpc_id":"v","server_type":"VM","ip":"10.0.0.1","tags":[{"key":"k","value":"v"}],`+ports+`}`)}
	id := answers["create"].id()
	answers["get"] = h.project(t, http.MethodGet, path+"/"+id)
	answers["list"] = h.project(t, http.MethodGet, path+"?id="+id)
	answers["update"] = h.projectBody(t, http.MethodPut, path+"/"+id, `{"description":"d"}`)
	for what, r := range answers {
		require.Equal(t, http.StatusOK, r.status, r.raw)
		if what == "list" {
			r.body = first(t, r, "endpoint_services")
		}
		// Errors are of a failed service, and no service here is at an edge.
		walk(t, what, r.body, serviceTables[what], nil, "error", "public_border_group")
	}
	walk(t, "get", h.project(t, http.MethodGet, path+"/failed").body, serviceTables["get"], nil, "ip")
	failed := first(t, h.project(t, http.MethodGet, path+"?id=failed"), "endpoint_services")
	walk(t, "list", failed, serviceTables["list"], nil, "ip", "public_border_group")
}

func TestConnectionsAndPermissionsHaveTheFieldsOfTheirTables(t *testing.T) {
	h := newDirect(vpceptest.WithCreateDelay(0), vpceptest.WithService(vpceptest.Service{ID: "svc-1"}))
	endpoint := h.do(t, http.MethodPost, "", minimal).id()
	const path = "/vpc-endpoint-services/svc-1"
	for what, r := range map[string]reply{
		"list":        h.project(t, http.MethodGet, path+"/connections"),
		"action":      h.projectBody(t, http.MethodPost, path+"/connections/action", `{"endpoints":["`+endpoint+`"],"action":"receive"}`),
		"description": h.projectBody(t, http.MethodPut, path+"/connections/description", `{"connections":[{"id":"`+endpoint+`","description":"d"}]}`),
	} {
		walk(t, what, first(t, r, "connections"), connectionTable, nil, "error")
	}
	require.NoError(t, h.SetStatus(endpoint, vpceptest.StatusFailed, vpceptest.EndpointError{Code: "c", Message: "m"}))
	walk(t, "failed", first(t, h.project(t, http.MethodGet, path+"/connections"), "connections"), connectionTable, nil)

	added := first(t, h.projectBody(t, http.MethodPost, path+"/permissions/batch-create", `{"permissions":[{"permission":"*","description":"d"}]}`), "permissions")
	walk(t, "batch-create", added, permissionTable, nil)
	walk(t, "list", first(t, h.project(t, http.MethodGet, path+"/permissions"), "permissions"), permissionTable, nil)
	described := h.projectBody(t, http.MethodPut, path+"/permissions/"+added["id"].(string), `{"permission":{"description":"e"}}`)
	walk(t, "description", first(t, described, "permissions"), permissionTable, nil)
}

// parameter is a documented field of a request. A length of 0 is not limited.
type parameter struct {
	kind     string
	required bool
	most     int
}

// createTable is the reference's table of a create request.
var createTable = map[string]parameter{
	"subnet_id": {kind: "String", most: 64}, "endpoint_service_id": {kind: "String", required: true, most: 64},
	"vpc_id": {kind: "String", required: true, most: 64}, "enable_dns": {kind: "Boolean"}, "tags": {kind: "Array of TagList objects"},
	"routetables": {kind: "Array of strings"}, "port_ip": {kind: "String", most: 128}, "whitelist": {kind: "Array of strings"},
	"enable_whitelist": {kind: "Boolean"}, "description": {kind: "String"},
}

// tagLimits is the reference's table of a tag.
var tagLimits = map[string]parameter{"key": {kind: "String", most: 36}, "value": {kind: "String", most: 43}}

func TestCreateTakesTheFieldsOfItsTable(t *testing.T) {
	valid := map[string]any{"port_ip": "10.0.0.9", "whitelist": []string{"10.0.0.1"}, "routetables": []string{"r"}}
	for name, p := range createTable {
		t.Run(name, func(t *testing.T) {
			create := func(value any) reply {
				f := start(t)
				request := map[string]any{"endpoint_service_id": "s", "vpc_id": "v", "subnet_id": "n", name: value}
				body, err := json.Marshal(request)
				require.NoError(t, err)
				return f.create(t, string(body))
			}
			fits := valid[name]
			switch {
			case fits != nil:
			case p.kind == "Boolean":
				fits = true
			case p.kind == "String":
				fits = strings.Repeat("x", max(p.most, 1))
			default:
				fits = []vpceptest.Tag{{Key: "k", Value: "v"}}
			}
			assert.Equal(t, http.StatusOK, create(fits).status)
			assert.Equal(t, http.StatusBadRequest, create(map[string]int{"a": 1}).status, "of a wrong type")
			if p.most > 0 {
				assert.Equal(t, http.StatusBadRequest, create(strings.Repeat("x", p.most+1)).status, "too long")
				assert.Equal(t, http.StatusBadRequest, create("").status, "empty")
			}
			if p.required {
				assert.Equal(t, http.StatusBadRequest, create(nil).status, "missing")
			}
		})
	}
	f := start(t)
	assert.Equal(t, http.StatusBadRequest, f.create(t, with(`"description":"a<b"`)).status)
	for name, p := range tagLimits {
		for length, status := range map[int]int{p.most: http.StatusOK, p.most + 1: http.StatusBadRequest} {
			tag := map[string]string{"key": "k", "value": ""} // the text allows an empty value
			tag[name] = strings.Repeat("x", length)
			body := with(fmt.Sprintf(`"tags":[{"key":%q,"value":%q}]`, tag["key"], tag["value"]))
			assert.Equal(t, status, f.create(t, body).status, "%s of %d", name, length)
		}
	}
}

func TestAPolicyNeedsTheServicesLeave(t *testing.T) {
	for enabled, status := range map[bool]int{false: http.StatusBadRequest, true: http.StatusOK} {
		f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithSeed(vpceptest.Seed{
			Services: []vpceptest.SeedService{{ID: "svc-1", EnablePolicy: enabled}},
		}))
		assert.Equal(t, status, f.create(t, with(document[1:len(document)-1])).status)
		id := f.mustCreate(t, minimal)
		r := f.updatePolicy(t, id, document)
		assert.Equal(t, status, r.status, r.raw)
		if !enabled {
			wantError(t, r, http.StatusBadRequest, "EndPoint.2048")
		}
	}
}

func TestDriftShowsDefaults(t *testing.T) {
	f := startGateway(t, vpceptest.WithDrift(vpceptest.DriftDefaults), vpceptest.WithService(vpceptest.Service{ID: "if"}))
	gateway := f.get(t, f.mustCreate(t, minimal)).body
	assert.True(t, isOf("Array of objects", gateway["policy_statement"]))
	assert.NotEmpty(t, gateway["policy_statement"])
	other := f.get(t, f.mustCreate(t, strings.Replace(minimal, "svc-1", "if", 1))).body
	assert.Equal(t, []any{}, other["routetables"])
}
