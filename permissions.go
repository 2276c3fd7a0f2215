package vpcep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/rules"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// The paths of permissions.
const (
	permissionsPath = servicesPath + "/{service_id}/permissions"
	permissionPath  = permissionsPath + "/{permission_id}"
)

// Permission lets somebody connect to an endpoint service of this project. Your own
// account needs none. It is read as tolerantly as Endpoint.
type Permission struct {
	// ID identifies the permission. Some responses leave it out.
	ID string
	// Value says who may connect:
	//
	//	iam:domain::ID               an account by its ID, 1 to 64 letters and digits, or *
	//	iam:domainName::NAME         accounts by name, 1 to 80 of A-Z a-z 0-9 _ + * . ? { } , -
	//	organizations:orgPath::PATH  accounts of an organization, 1 to 1024 of A-Z a-z 0-9 / _ * ? -
	//	*                            everybody
	//
	// Not every region supports names and organizations.
	Value string
	// Type is domainId or orgPath. If empty, it follows from Value.
	Type string
	// Description must not contain < or >. Not every region keeps it.
	Description string
	// CreatedAt is in UTC, and zero if absent.
	CreatedAt time.Time
	// Extra holds the fields that this version does not know or whose type is
	// unexpected. It is nil if there are none. These fields are not sent.
	Extra map[string]json.RawMessage
}

// PermissionEverybody is the Value of a permission for everybody.
const PermissionEverybody = rules.Everybody

// The values of Permission.Type.
const (
	PermissionTypeAccount      = "domainId"
	PermissionTypeOrganization = "orgPath"
)

// UnmarshalJSON reads a permission tolerantly. It fails only if data is not a JSON
// object.
func (p *Permission) UnmarshalJSON(data []byte) error { return permissionResource.unmarshal(data, p) }

// MarshalJSON writes the permission as the service does, including Extra.
func (p Permission) MarshalJSON() ([]byte, error) { return permissionResource.marshal(p) }

// sentType returns the type to send a permission with; "" is the service's default,
// domainId.
func (p Permission) sentType() string {
	if p.Type == "" && strings.HasPrefix(p.Value, "organizations:") {
		return PermissionTypeOrganization
	}
	return p.Type
}

// PermissionFilter selects permissions of a service and their order. The zero value
// selects all, newest first.
type PermissionFilter struct {
	// Value selects by a part of the value, up to 1000 characters.
	Value string
	// SortKey is create_at (the default) or update_at, which not every region supports.
	SortKey string
	// SortDir is desc (the default) or asc.
	SortDir string
	// PageSize is how many permissions one request asks for, 1 to 500; 0 means 100.
	PageSize int
}

// ListPermissions lists who may connect to a service of this project: GET
// /v1/{project_id}/vpc-endpoint-services/{service_id}/permissions. It pages as
// ListEndpoints does, with the same guarantees.
func (c *Client) ListPermissions(ctx context.Context, serviceID string, filter PermissionFilter, opts ...CallOption) iter.Seq2[*Permission, error] {
	return list(ctx, c, opts, permissionsOf(serviceID, filter))
}

// CountPermissions returns how many permissions of a service filter selects, as
// CountEndpoints does.
func (c *Client) CountPermissions(ctx context.Context, serviceID string, filter PermissionFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, permissionsOf(serviceID, filter))
}

func permissionsOf(serviceID string, filter PermissionFilter) listing[Permission] {
	return listing[Permission]{
		of: permissionResource, path: permissionsPath, ids: []string{serviceID}, member: "permissions",
		filter: listFilter{
			by:      []parameter{{"permission", filter.Value, maxPermissionFilter}},
			sortKey: filter.SortKey, sortDir: filter.SortDir, pageSize: filter.PageSize, maxPageSize: maxPermissionsPage,
		},
	}
}

// PermissionsError says that some permissions of a service could not be added or
// removed. The others were.
type PermissionsError struct {
	ServiceID string
	// Done are the permissions that were added or removed.
	Done []Permission
	// Failed are the others. If Err leaves the outcome open, for example after a
	// timeout, ListPermissions shows what became of them.
	Failed []Permission
	// Err says why.
	Err error
}

func (e *PermissionsError) Error() string {
	values := make([]string, len(e.Failed))
	for i, p := range e.Failed {
		values[i] = text.OneLine(cmp.Or(p.Value, p.ID))
	}
	return fmt.Sprintf("vpcep: permissions of endpoint service %s: %d changed, failed for %s",
		text.OneLine(e.ServiceID), len(e.Done), strings.Join(values, ", ")) + because(e.Err)
}

// Unwrap returns why the permissions failed, or nil.
func (e *PermissionsError) Unwrap() error { return e.Err }

// errStillThere is the error for a permission that was removed by value and still exists.
var errStillThere = errors.New("the service still lists them")

// AddPermissions lets others connect to a service of this project, and returns their
// permissions in the order of the request. A permission that already exists stays.
// Permissions with a description, the only ones whose response has an ID, are sent to
// POST /v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/batch-create; the
// others are sent to .../permissions/action, for which the reference has no description
// field. Accounts and organizations are sent separately, so the call takes at most four
// requests. A permission that a response leaves out is returned as requested;
// ListPermissions gives its ID.
//
// Errors are those of GetService, and *ValidationError before anything is sent;
// CodePermissionsExhausted says that the service has as many permissions as allowed. If
// an earlier request of the call succeeded, the error is a *PermissionsError, and the
// permissions that were added are returned too; with any other error, they are nil.
func (c *Client) AddPermissions(ctx context.Context, serviceID string, permissions []Permission, opts ...CallOption) ([]Permission, error) {
	return permissionChange{
		serviceID: serviceID, permissions: permissions, action: "add", batch: "batch-create",
		validate: func(f *fieldErrors) { f.newPermissions(permissions) },
		isBatch:  func(p Permission) bool { return p.Description != "" },
		element:  func(p Permission) any { return newPermission{p.Value, p.Description} },
		result: func(asked Permission, answered []*Permission) (Permission, error) {
			for _, p := range answered {
				if p.Value == asked.Value {
					p.Type, p.Description = cmp.Or(p.Type, asked.Type), cmp.Or(p.Description, asked.Description)
					return *p, nil
				}
			}
			return asked, nil
		},
	}.run(ctx, c, opts)
}

// RemovePermissions removes permissions from a service of this project: those with an
// ID through POST
// /v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/batch-delete, the
// others by value through .../permissions/action. Accounts and organizations are sent
// separately, so the call takes at most three requests. Connected endpoints stay
// connected; see RejectConnection.
//
// Errors are those of AddPermissions. A permission that was removed by value but that
// the service still lists also counts as failed in a *PermissionsError.
func (c *Client) RemovePermissions(ctx context.Context, serviceID string, permissions []Permission, opts ...CallOption) error {
	_, err := permissionChange{
		serviceID: serviceID, permissions: permissions, action: "remove", batch: "batch-delete",
		validate: func(f *fieldErrors) { f.oldPermissions(permissions) },
		isBatch:  func(p Permission) bool { return p.ID != "" },
		element:  func(p Permission) any { return permissionID{p.ID} },
		result: func(asked Permission, answered []*Permission) (Permission, error) {
			// The response to batch-delete is not documented: it may list the permissions
			// that are left, or those that were removed.
			if asked.ID == "" && slices.ContainsFunc(answered, func(p *Permission) bool { return p.Value == asked.Value }) {
				return asked, errStillThere
			}
			return asked, nil
		},
	}.run(ctx, c, opts)
	return err
}

type (
	newPermission struct {
		Value       string `json:"permission"`
		Description string `json:"description"`
	}
	permissionID struct {
		ID string `json:"id"`
	}
)

// permissionChange adds or removes permissions, with as many requests as it takes.
type permissionChange struct {
	serviceID     string
	permissions   []Permission
	action, batch string // the action by value, and the path of a batch
	validate      func(*fieldErrors)
	isBatch       func(Permission) bool
	element       func(Permission) any // of a batch
	// result returns what became of a permission, according to the response.
	result func(asked Permission, answered []*Permission) (Permission, error)
}

// permissionGroup is what the permissions in one request have in common.
type permissionGroup struct {
	isBatch  bool
	sentType string
}

func (p permissionChange) run(ctx context.Context, c *Client, opts []CallOption) ([]Permission, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	var f fieldErrors
	f.pathSegment("service_id", p.serviceID)
	f.notEmpty("permissions", len(p.permissions))
	if c.validates {
		p.validate(&f)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	settings.timeout = 0 // it bounds the whole call
	outcome := &PermissionsError{ServiceID: p.serviceID}
	results := make(map[int]Permission, len(p.permissions))
	for _, members := range p.groups() {
		answered, err := doWith(ctx, c, settings, p.request(members))
		if err != nil && len(results) == 0 && outcome.Err == nil {
			return nil, err
		}
		for _, i := range members {
			result, failure := p.permissions[i], err
			if err == nil {
				result, failure = p.result(result, answered)
			}
			if failure == nil {
				results[i] = result
			} else {
				outcome.Err = cmp.Or(outcome.Err, failure)
			}
		}
		if err != nil {
			break
		}
	}
	for i, permission := range p.permissions {
		if result, isDone := results[i]; isDone {
			outcome.Done = append(outcome.Done, result)
		} else {
			outcome.Failed = append(outcome.Failed, permission)
		}
	}
	if len(outcome.Failed) > 0 {
		return outcome.Done, outcome
	}
	return outcome.Done, nil
}

// groups returns the indexes of the permissions in each request.
func (p permissionChange) groups() (groups [][]int) {
	at := map[permissionGroup]int{}
	for i, permission := range p.permissions {
		group := p.groupOf(permission)
		n, isKnown := at[group]
		if !isKnown {
			n = len(groups)
			at[group], groups = n, append(groups, nil)
		}
		groups[n] = append(groups[n], i)
	}
	return groups
}

func (p permissionChange) groupOf(permission Permission) permissionGroup {
	group := permissionGroup{p.isBatch(permission), permission.sentType()}
	if group.isBatch && p.batch == "batch-delete" {
		group.sentType = "" // an ID needs no type
	}
	return group
}

// request returns the request that changes the permissions of one group.
func (p permissionChange) request(members []int) request[[]*Permission] {
	group := p.groupOf(p.permissions[members[0]])
	action, kind := p.action, "action"
	if group.isBatch {
		action, kind = "", p.batch
	}
	elements := make([]any, len(members))
	for n, i := range members {
		if permission := p.permissions[i]; group.isBatch {
			elements[n] = p.element(permission)
		} else {
			elements[n] = permission.Value
		}
	}
	return request[[]*Permission]{
		operation: retry.Update, method: http.MethodPost, path: permissionsPath + "/" + kind, ids: []string{p.serviceID},
		body: struct {
			Permissions []any  `json:"permissions"`
			Action      string `json:"action,omitempty"`
			Type        string `json:"permission_type,omitempty"`
		}{elements, action, group.sentType},
		decode: decodePermissions,
	}
}

// UpdatePermissionDescription changes the description of a permission, which must not
// contain < or >: PUT
// /v1/{project_id}/vpc-endpoint-services/{service_id}/permissions/{permission_id}. It
// returns the permission from the response, with at least its ID and description.
//
// Errors are those of GetService, and *ValidationError.
func (c *Client) UpdatePermissionDescription(ctx context.Context, serviceID, permissionID, description string, opts ...CallOption) (*Permission, error) {
	type change struct {
		Description string `json:"description"`
	}
	return do(ctx, c, opts, request[*Permission]{
		operation: retry.Update, method: http.MethodPut, path: permissionPath, ids: []string{serviceID, permissionID},
		validate: func(f *fieldErrors) { f.text("description", description, forbiddenInDescription) },
		body: struct {
			Permission change `json:"permission"`
		}{change{description}},
		decode: func(ctx context.Context, body string) (*Permission, error) {
			answered, err := decodePermissions(ctx, body)
			if err != nil {
				return nil, err
			}
			for _, p := range answered {
				if p.ID == permissionID {
					return p, nil
				}
			}
			return &Permission{ID: permissionID, Description: description}, nil
		},
	})
}

// decodePermissions reads a response that lists permissions, as objects or as plain
// values. An empty body is valid.
func decodePermissions(ctx context.Context, body string) (permissions []*Permission, err error) {
	err = decodeMember(ctx, body, "permissions", func(v wire.Value) {
		permissions = nil
		wire.Each(v, func(v wire.Value) {
			if p, err := permissionResource.read(v); err == nil {
				permissions = append(permissions, p)
			} else if value, ok := wire.String(v); ok {
				permissions = append(permissions, &Permission{Value: value})
			}
		})
	})
	return permissions, err
}
