package vpceptest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

var (
	publicServiceTable = table{
		"id": "string", "owner": "string", "service_name": "string", "service_type": "string", "created_at": "string",
		"is_charge": "boolean", "enable_policy": "boolean",
	}
	serviceSummaryTable = table{
		"id": "string", "service_name": "string", "service_type": "string", "created_at": "string",
		"is_charge": "boolean", "enable_policy": "boolean",
	}
	resourceTable = table{"resource_id": "string", "resource_name": "string", "tags": "[{key,value}]"}
	versionTable  = table{
		"id": "string", "status": "string", "updated": "string", "version": "string", "min_version": "string", "links": "[links]",
	}
)

// answers are the operations that answer neither with an endpoint nor with what a service,
// its connections and its permissions are; {endpoint} is of the gateway {service}.
var answers = []struct {
	operation    vpceptest.Operation
	method, path string
	body         string
	status       int
	table        table  // of the body
	list         string // where it holds entries
	entries      table
}{
	{vpceptest.OpUpdateRouteTables, "PUT", "{v1}/vpc-endpoints/{endpoint}/routetables", `{"routetables":["rt-1"]}`, 200, table{"routetables": "[string]"}, "", nil},
	{vpceptest.OpUpdateRouteTables, "PUT", "{v1}/vpc-endpoints/{endpoint}/routetables", `{"routetables":["failing"]}`, 200, table{"routetables": "[string]", "error": "[bindings]"}, "", nil},
	{vpceptest.OpTags, "POST", "{v1}/endpoint/{endpoint}/tags/action", `{"action":"create","tags":[{"key":"k","value":"v"}]}`, 204, nil, "", nil},
	{vpceptest.OpTags, "POST", "{v1}/endpoint_service/{service}/tags/action", `{"action":"create","tags":[{"key":"k","value":"v"}]}`, 204, nil, "", nil},
	{vpceptest.OpProjectTags, "GET", "{v1}/endpoint/tags", "", 200, table{"tags": "Array of objects"}, "tags", table{"key": "string", "values": "[string]"}},
	{vpceptest.OpListResources, "POST", "{v1}/endpoint/resource_instances/action", `{"action":"filter"}`, 200, table{"resources": "Array of objects", "total_count": "int"}, "resources", resourceTable},
	{vpceptest.OpListResources, "POST", "{v1}/endpoint/resource_instances/action", `{"action":"count"}`, 200, table{"total_count": "int"}, "", nil},
	{vpceptest.OpListPublicServices, "GET", "{v1}/vpc-endpoint-services/public", "", 200, table{"endpoint_services": "Array of objects", "total_count": "int"}, "endpoint_services", publicServiceTable},
	{vpceptest.OpDescribeService, "GET", "{v1}/vpc-endpoint-services/describe?id={service}", "", 200, serviceSummaryTable, "", nil},
	{vpceptest.OpPermissionAction, "POST", "{v1}/vpc-endpoint-services/{service}/permissions/action", `{"action":"add","permissions":["*"]}`, 200, table{"permissions": "[string]", "permission_type": "string"}, "", nil},
	{vpceptest.OpListPermissions, "GET", "{v1}/vpc-endpoint-services/{service}/permissions", "", 200, table{"permissions": "Array of objects", "total_count": "int"}, "permissions", permissionTable},
	{vpceptest.OpRemovePermissions, "POST", "{v1}/vpc-endpoint-services/{service}/permissions/batch-delete", `{"permissions":[{"id":"{permission}"}]}`, 200, table{"permissions": "Array of objects"}, "", nil},
	{vpceptest.OpListConnections, "GET", "{v1}/vpc-endpoint-services/{service}/connections", "", 200, table{"connections": "Array of objects", "total_count": "int"}, "", nil},
	{vpceptest.OpList, "GET", "{v1}/vpc-endpoints", "", 200, table{"endpoints": "Array of objects", "total_count": "int"}, "", nil},
	{vpceptest.OpListServices, "GET", "{v1}/vpc-endpoint-services", "", 200, table{"endpoint_services": "Array of objects", "total_count": "int"}, "", nil},
	{vpceptest.OpUpgradeService, "POST", "/v2/{project}/vpc-endpoint-services/{service}/upgrade", "", 204, nil, "", nil},
	{vpceptest.OpUpgradeEndpoint, "POST", "/v2/{project}/vpc-endpoints/{endpoint}/upgrade", `{"action":"start"}`, 202, nil, "", nil},
	{vpceptest.OpAddServerResources, "POST", "/v2/{project}/vpc-endpoint-services/{service}/add-server-resources", `{"server_resources":[{"resource_id":"r"}]}`, 204, nil, "", nil},
	{vpceptest.OpQuotas, "GET", "{v1}/quotas", "", 200, table{"quotas": "quotas"}, "", nil},
	{vpceptest.OpListVersions, "GET", "/", "", 200, table{"versions": "Array of objects"}, "versions", versionTable},
	{vpceptest.OpGetVersion, "GET", "/v1", "", 200, table{"version": "object"}, "", nil},
	{vpceptest.OpDelete, "DELETE", "{v1}/vpc-endpoints/{endpoint}", "", 204, nil, "", nil},
	{vpceptest.OpRenameService, "PUT", "{v1}/vpc-endpoint-services/{own}/name", `{"endpoint_service_name":"new"}`, 200, table{"endpoint_service_name": "string"}, "", nil},
	{vpceptest.OpDeleteService, "DELETE", "{v1}/vpc-endpoint-services/{own}", "", 204, nil, "", nil},
}

func TestTheOtherAnswersHaveTheFieldsOfTheirTables(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithFailingRouteTable("failing", ""),
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Type: vpceptest.TypeGateway}),
		vpceptest.WithSeed(vpceptest.Seed{Services: []vpceptest.SeedService{{ID: "own"}}}))
	known := []string{"{v1}", "/v1/" + f.ProjectID(), "{project}", f.ProjectID(), "{endpoint}", f.mustCreate(t, minimal), "{service}", "svc-1", "{own}", "own"}
	for _, a := range answers {
		fill := strings.NewReplacer(known...)
		r := f.do(t, a.method, fill.Replace(a.path), fill.Replace(a.body))
		what := fmt.Sprintf("%s %s", a.operation, a.body)
		require.Equal(t, a.status, r.status, "%s: %s", what, r.raw)
		walk(t, what, r.body, a.table, nil)
		if a.list != "" {
			entry := first(t, r, a.list)
			if detail, there := entry["resource_detail"]; there { // not in the vendor's SDK
				assert.Nil(t, detail)
				delete(entry, "resource_detail")
			}
			walk(t, what, entry, a.entries, nil)
			if a.operation == vpceptest.OpListPermissions {
				known = append(known, "{permission}", entry["id"].(string))
			}
		}
	}
	walk(t, "version", f.do(t, http.MethodGet, "/v1", "").body.object("version"), versionTable, nil)
}

// Each operation is served, and its answer is held against its table here or in another
// test of these files.
func TestNoOperationIsWithoutATable(t *testing.T) {
	elsewhere := []vpceptest.Operation{
		vpceptest.OpCreate, vpceptest.OpGet, vpceptest.OpUpdateWhitelist, vpceptest.OpUpdatePolicy, vpceptest.OpDeletePolicy, // with an endpoint
		vpceptest.OpCreateService, vpceptest.OpGetService, vpceptest.OpUpdateService, // with a service
		vpceptest.OpConnectionAction, vpceptest.OpDescribeConnections, vpceptest.OpAddPermissions, vpceptest.OpDescribePermission,
	}
	for _, a := range answers {
		if !slices.Contains(elsewhere, a.operation) {
			elsewhere = append(elsewhere, a.operation)
		}
	}
	assert.Len(t, elsewhere, 33)
}
