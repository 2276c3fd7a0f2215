package vpceptest

import (
	"net/http"
	"net/url"
	"strings"
)

// Operation is the operation of a request, in [Fault] and [Request].
type Operation string

// The operations that the stand-in serves.
const (
	OpCreate Operation = "CreateEndpoint"
	OpGet    Operation = "GetEndpoint"
	OpList   Operation = "ListEndpoints"
	OpDelete Operation = "DeleteEndpoint"

	OpUpdateWhitelist   Operation = "UpdateWhitelist"
	OpUpdateRouteTables Operation = "UpdateRouteTables"
	OpUpdatePolicy      Operation = "UpdatePolicy"
	OpDeletePolicy      Operation = "DeletePolicy"
	OpTags              Operation = "ChangeTags" // create and delete

	OpListPublicServices Operation = "ListPublicServices"
	OpDescribeService    Operation = "DescribeService"
	OpListConnections    Operation = "ListConnections"
	OpConnectionAction   Operation = "ConnectionAction" // receive and reject
	OpQuotas             Operation = "ListQuotas"

	OpCreateService       Operation = "CreateService"
	OpListServices        Operation = "ListServices"
	OpGetService          Operation = "GetService"
	OpUpdateService       Operation = "UpdateService"
	OpRenameService       Operation = "RenameService"
	OpDeleteService       Operation = "DeleteService"
	OpDescribeConnections Operation = "UpdateConnectionDescriptions"
	OpListPermissions     Operation = "ListPermissions"
	OpPermissionAction    Operation = "PermissionAction" // add and remove
	OpAddPermissions      Operation = "BatchAddPermissions"
	OpRemovePermissions   Operation = "BatchRemovePermissions"
	OpDescribePermission  Operation = "UpdatePermissionDescription"
	OpProjectTags         Operation = "ListProjectTags"
	OpListResources       Operation = "ListResources"
	OpUpgradeEndpoint     Operation = "UpgradeEndpoint"
	OpUpgradeService      Operation = "UpgradeService"
	OpAddServerResources  Operation = "AddServerResources"
	OpListVersions        Operation = "ListVersions"
	OpGetVersion          Operation = "GetVersion"

	OpCreateToken  Operation = "CreateToken"  // IAM: log in
	OpListProjects Operation = "ListProjects" // IAM
	OpShowCatalog  Operation = "ShowCatalog"  // IAM
	OpListDomains  Operation = "ListDomains"  // IAM
	OpShowIAM      Operation = "ShowIAM"      // IAM: its version

	OpMetadataToken Operation = "CreateMetadataToken" // of an instance's metadata
	OpSecurityKey   Operation = "GetSecurityKey"      // of an instance's agency
)

// route binds a method and a path to the function that serves it. The zero route
// serves nothing.
type route struct {
	method    string
	pattern   []string // segments; {name} matches any one segment that is not empty
	operation Operation
	serve     func(*Handler, *call) (*answer, *apiError)
	public    bool // needs no credentials
}

// routes is the whole API. Add operations here.
var routes = []route{
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoints", OpCreate, (*Handler).createEndpoint),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoints", OpList, (*Handler).listEndpoints),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoints/{id}", OpGet, (*Handler).getEndpoint),
	newRoute(http.MethodDelete, "/v1/{project_id}/vpc-endpoints/{id}", OpDelete, (*Handler).deleteEndpoint),

	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoints/{id}", OpUpdateWhitelist, (*Handler).updateWhitelist),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoints/{id}/routetables", OpUpdateRouteTables, (*Handler).updateRouteTables),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoints/{id}/policy", OpUpdatePolicy, (*Handler).updatePolicy),
	newRoute(http.MethodDelete, "/v1/{project_id}/vpc-endpoints/{id}/policy", OpDeletePolicy, (*Handler).deletePolicy),
	newRoute(http.MethodPost, "/v1/{project_id}/endpoint/{id}/tags/action", OpTags, (*Handler).changeTags),

	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services/public", OpListPublicServices, (*Handler).listPublicServices),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services/describe", OpDescribeService, (*Handler).describeService),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services/{service_id}/connections", OpListConnections, (*Handler).listConnections),
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoint-services/{service_id}/connections/action", OpConnectionAction, (*Handler).actOnConnection),
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoint-services", OpCreateService, (*Handler).createService),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services", OpListServices, (*Handler).listServices),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services/{service_id}", OpGetService, (*Handler).getService),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoint-services/{service_id}", OpUpdateService, (*Handler).updateService),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoint-services/{service_id}/name", OpRenameService, (*Handler).renameService),
	newRoute(http.MethodDelete, "/v1/{project_id}/vpc-endpoint-services/{service_id}", OpDeleteService, (*Handler).deleteService),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoint-services/{service_id}/connections/description", OpDescribeConnections, (*Handler).describeConnections),
	newRoute(http.MethodGet, "/v1/{project_id}/vpc-endpoint-services/{service_id}/permissions", OpListPermissions, (*Handler).listPermissions),
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/action", OpPermissionAction, (*Handler).actOnPermissions),
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/batch-create", OpAddPermissions, (*Handler).addPermissions),
	newRoute(http.MethodPost, "/v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/batch-delete", OpRemovePermissions, (*Handler).removePermissions),
	newRoute(http.MethodPut, "/v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/{permission_id}", OpDescribePermission, (*Handler).describePermission),

	newRoute(http.MethodPost, "/v1/{project_id}/endpoint_service/{service_id}/tags/action", OpTags, (*Handler).changeServiceTags),
	newRoute(http.MethodPost, "/v1/{project_id}/{resource_type}/{id}/tags/action", OpTags, refuseTags),
	newRoute(http.MethodGet, "/v1/{project_id}/{resource_type}/tags", OpProjectTags, (*Handler).listProjectTags),
	newRoute(http.MethodPost, "/v1/{project_id}/{resource_type}/resource_instances/action", OpListResources, (*Handler).listResources),

	newRoute(http.MethodPost, "/v2/{project_id}/vpc-endpoints/{id}/upgrade", OpUpgradeEndpoint, (*Handler).upgradeEndpoint),
	newRoute(http.MethodPost, "/v2/{project_id}/vpc-endpoint-services/{service_id}/upgrade", OpUpgradeService, (*Handler).upgradeService),
	newRoute(http.MethodPost, "/v2/{project_id}/vpc-endpoint-services/{service_id}/add-server-resources", OpAddServerResources, (*Handler).addServerResources),

	newRoute(http.MethodGet, "/v1/{project_id}/quotas", OpQuotas, (*Handler).listQuotas),

	newRoute(http.MethodPost, "/v3/auth/tokens", OpCreateToken, (*Handler).createToken).withoutCredentials(),
	newRoute(http.MethodGet, "/v3/projects", OpListProjects, (*Handler).listProjects),

	newRoute(http.MethodGet, "/v3/auth/catalog", OpShowCatalog, (*Handler).showCatalog),
	newRoute(http.MethodGet, "/v3/auth/domains", OpListDomains, (*Handler).listDomains),
	newRoute(http.MethodGet, "/v3", OpShowIAM, (*Handler).showIAM).withoutCredentials(),

	newRoute(http.MethodPut, "/meta-data/latest/api/token", OpMetadataToken, (*Handler).createMetadataToken).withoutCredentials(),
	newRoute(http.MethodGet, "/openstack/latest/securitykey", OpSecurityKey, (*Handler).getSecurityKey).withoutCredentials(),

	newRoute(http.MethodGet, "/", OpListVersions, (*Handler).listVersions).withoutCredentials(),
	newRoute(http.MethodGet, "/v1", OpGetVersion, (*Handler).getVersion).withoutCredentials(),
}

func newRoute(method, pattern string, op Operation, serve func(*Handler, *call) (*answer, *apiError)) route {
	return route{method: method, pattern: strings.Split(pattern[1:], "/"), operation: op, serve: serve}
}

func (rt route) withoutCredentials() route {
	rt.public = true
	return rt
}

// findRoute finds the route of a request and the values in its path. http.ServeMux would
// redirect an unclean path, which the service does not do.
func findRoute(method string, u *url.URL, basePath string) (route, map[string]string) {
	path, ok := strings.CutPrefix(u.EscapedPath(), basePath+"/")
	if !ok {
		return route{}, nil
	}
	if path != "" && strings.Count(path, "/") == 1 { // clients request "/v3/", too
		path = strings.TrimSuffix(path, "/")
	}
	segments := strings.Split(path, "/")
	for _, rt := range routes {
		if rt.method != method {
			continue
		}
		if params, ok := rt.match(segments); ok {
			return rt, params
		}
	}
	return route{}, nil
}

func (rt route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(rt.pattern) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range rt.pattern {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		name, isParam := strings.CutPrefix(want, "{")
		switch {
		case isParam && got != "":
			params[strings.TrimSuffix(name, "}")] = got
		case isParam || got != want:
			return nil, false
		}
	}
	return params, true
}
