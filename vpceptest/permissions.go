package vpceptest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxPermissions     = 50
	maxPermissionLimit = 500
	typeAccount        = "domainId"
	typeOrganization   = "orgPath"
)

// permission lets accounts find a service and connect to it.
type permission struct {
	id, value, kind, description string
	createdAt                    time.Time
}

// The prefixes of a permission's value, besides "*".
const (
	byAccount      = "iam:domain::"
	byAccountName  = "iam:domainName::"
	byOrganization = "organizations:orgPath::"
)

// permissionKind returns the type of a value, or "" if the value is invalid.
func permissionKind(value string) string {
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	fits := func(s string, most int, letters string) bool {
		return s != "" && utf8.RuneCountInString(s) <= most && strings.Trim(s, letters) == ""
	}
	if value == "*" {
		return typeAccount
	}
	if id, is := strings.CutPrefix(value, byAccount); is && (id == "*" || fits(id, 64, alphanumeric)) {
		return typeAccount
	}
	if name, is := strings.CutPrefix(value, byAccountName); is && fits(name, 80, alphanumeric+"_+*.?{},-") {
		return typeAccount
	}
	if path, is := strings.CutPrefix(value, byOrganization); is && fits(path, 1024, alphanumeric+"/_*?-") {
		return typeOrganization
	}
	return ""
}

// admits reports whether a permission is for an account.
func (p permission) admits(a *account) bool {
	if p.value == "*" {
		return true
	}
	if id, is := strings.CutPrefix(p.value, byAccount); is {
		return id == "*" || id == a.DomainID()
	}
	if name, is := strings.CutPrefix(p.value, byAccountName); is {
		return like(name, a.DomainName)
	}
	path, is := strings.CutPrefix(p.value, byOrganization)
	return is && a.OrgPath != "" && like(path, a.OrgPath)
}

// like reports whether s matches a pattern, where * matches any text and ? any character.
func like(pattern, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case j < len(pattern) && pattern[j] == '*':
			star, mark = j, i
			j++
		case j < len(pattern) && (pattern[j] == '?' || pattern[j] == s[i]):
			i++
			j++
		case star >= 0: // the last star matches one more character
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[j:], "*") == ""
}

// admits reports whether an account may find the service and connect to it. Declared
// services are open to everybody; the owner needs no permission.
func (s *service) admits(a *account) bool {
	return s.account == nil || s.account == a || s.declared ||
		slices.ContainsFunc(s.permissions, func(p permission) bool { return p.admits(a) })
}

type wirePermission struct {
	ID          string `json:"id"`
	Permission  string `json:"permission"`
	Type        string `json:"permission_type"`
	Description string `json:"description"`
	CreatedAt   string `json:"created_at"`
}

func (s *settings) wirePermissions(list []permission) []wirePermission {
	out := make([]wirePermission, len(list))
	for i, p := range list {
		out[i] = wirePermission{p.id, p.value, p.kind, p.description, s.formatTime(p.createdAt)}
	}
	return out
}

// allow adds a permission, or returns the existing one with the same value.
func (s *service) allow(value, kind, description string, now time.Time) (permission, *apiError) {
	if i := slices.IndexFunc(s.permissions, func(p permission) bool { return p.value == value }); i >= 0 {
		return s.permissions[i], nil
	}
	if len(s.permissions) >= maxPermissions {
		return permission{}, errPermCount.plain()
	}
	p := permission{id: newUUID(), value: value, kind: kind, description: description, createdAt: now}
	s.permissions = append(s.permissions, p)
	return p, nil
}

// checkPermission checks a value and the type that it is sent with.
func checkPermission(value, kind string) *apiError {
	switch permissionKind(value) {
	case "":
		return errPermission.plain()
	case kind:
		return nil
	default:
		return errPermissions.with("permission_type does not fit.")
	}
}

type permissionsQuery struct {
	pageQuery
	value string
}

func (q *permissionsQuery) set(name, value string) (bool, *apiError) {
	if name == "permission" {
		q.value = value
		return true, nil
	}
	return q.pageQuery.set(name, value)
}

func (h *Handler) listPermissions(c *call) (*answer, *apiError) {
	q := permissionsQuery{pageQuery: h.page()}
	q.maxLimit = maxPermissionLimit
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	return h.store.changeService(c, func(svc *service, _ time.Time) (*answer, *apiError) {
		var found []permission
		for _, p := range svc.permissions {
			if contains(q.value, p.value) {
				found = append(found, p)
			}
		}
		return ok(map[string]any{
			"permissions": h.cfg.wirePermissions(pageOf(found, q.pageQuery)), "total_count": len(found),
		}), nil
	})
}

type permissionAction struct {
	values       []string
	action, kind string
}

var permissionActionFields = fields[permissionAction]{
	"permissions":     field("an array of strings", func(r *permissionAction) *[]string { return &r.values }),
	"action":          field("a string", func(r *permissionAction) *string { return &r.action }),
	"permission_type": field("a string", func(r *permissionAction) *string { return &r.kind }),
}

// actOnPermissions adds or removes by value, all or none, and returns the resulting
// permissions.
func (h *Handler) actOnPermissions(c *call) (*answer, *apiError) {
	r := permissionAction{kind: typeAccount}
	if _, refusal := permissionActionFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if r.action != "add" && r.action != "remove" {
		return nil, errPermAction.plain()
	}
	if len(r.values) == 0 {
		return nil, errPermissions.with("permissions is missing or empty.")
	}
	for _, value := range r.values {
		if refusal := checkPermission(value, r.kind); refusal != nil {
			return nil, refusal
		}
	}
	return h.changePermissions(c, func(svc *service, now time.Time) (any, *apiError) {
		for _, value := range r.values {
			if r.action == "remove" {
				svc.permissions = slices.DeleteFunc(svc.permissions, func(p permission) bool { return p.value == value })
			} else if _, refusal := svc.allow(value, r.kind, "", now); refusal != nil {
				return nil, refusal
			}
		}
		left := []string{}
		for _, p := range svc.permissions {
			if p.kind == r.kind {
				left = append(left, p.value)
			}
		}
		return map[string]any{"permissions": left, "permission_type": r.kind}, nil
	})
}

// changePermissions lets f change the permissions of a service; a refusal changes nothing.
func (h *Handler) changePermissions(c *call, f func(*service, time.Time) (any, *apiError)) (*answer, *apiError) {
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if svc.deleted() {
			return nil, errServiceState.plain()
		}
		before := slices.Clone(svc.permissions)
		body, refusal := f(svc, now)
		if refusal != nil {
			svc.permissions = before
			return nil, refusal
		}
		return ok(body), nil
	})
}

type describedPermission struct {
	ID          string  `json:"id"`
	Permission  string  `json:"permission"`
	Description *string `json:"description"`
}

type permissionBatch struct {
	list []describedPermission
	kind string
}

var permissionBatchFields = fields[permissionBatch]{
	"permissions":     field("an array of objects", func(r *permissionBatch) *[]describedPermission { return &r.list }),
	"permission_type": field("a string", func(r *permissionBatch) *string { return &r.kind }),
}

func parsePermissionBatch(c *call) (permissionBatch, *apiError) {
	r := permissionBatch{kind: typeAccount}
	if _, refusal := permissionBatchFields.read(c, &r); refusal != nil {
		return r, refusal
	}
	if len(r.list) == 0 {
		return r, errPermissions.with("permissions is missing or empty.")
	}
	return r, nil
}

// addPermissions returns the permissions in another order, and without the description of
// "*", as the published sample does.
func (h *Handler) addPermissions(c *call) (*answer, *apiError) {
	r, refusal := parsePermissionBatch(c)
	if refusal != nil {
		return nil, refusal
	}
	for _, p := range r.list {
		if refusal := checkPermission(p.Permission, r.kind); refusal != nil {
			return nil, refusal
		}
		if p.Description == nil || !validDescription(*p.Description) {
			return nil, errParameter.with("description is missing or contains < or >.")
		}
	}
	return h.changePermissions(c, func(svc *service, now time.Time) (any, *apiError) {
		var added []permission
		for _, p := range r.list {
			made, refusal := svc.allow(p.Permission, r.kind, *p.Description, now)
			if refusal != nil {
				return nil, refusal
			}
			if made.value == "*" && h.cfg.drift[DriftNulls] {
				made.description = ""
			}
			added = append(added, made)
		}
		slices.Reverse(added)
		return map[string]any{"permissions": h.cfg.wirePermissions(added)}, nil
	})
}

// removePermissions removes by ID, all or none, and returns an empty list, as the published
// sample does.
func (h *Handler) removePermissions(c *call) (*answer, *apiError) {
	r, refusal := parsePermissionBatch(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.changePermissions(c, func(svc *service, _ time.Time) (any, *apiError) {
		for _, p := range r.list {
			i := slices.IndexFunc(svc.permissions, func(q permission) bool { return q.id == p.ID })
			if i < 0 {
				return nil, errNoOwnService.with("(permission " + p.ID + ")")
			}
			svc.permissions = slices.Delete(svc.permissions, i, i+1)
		}
		return map[string]any{"permissions": []wirePermission{}}, nil
	})
}

type permissionDescription struct {
	permission struct {
		Description *string `json:"description"`
	}
}

var permissionDescriptionFields = fields[permissionDescription]{
	"permission": field("an object", func(r *permissionDescription) *struct {
		Description *string `json:"description"`
	} {
		return &r.permission
	}),
}

func (h *Handler) describePermission(c *call) (*answer, *apiError) {
	var r permissionDescription
	if _, refusal := permissionDescriptionFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	text := r.permission.Description
	if text == nil || !validDescription(*text) {
		return nil, errParameter.with("description is missing or contains < or >.")
	}
	return h.changePermissions(c, func(svc *service, _ time.Time) (any, *apiError) {
		i := slices.IndexFunc(svc.permissions, func(p permission) bool { return p.id == c.params["permission_id"] })
		if i < 0 {
			return nil, errNoOwnService.with("(permission)")
		}
		svc.permissions[i].description = *text
		return map[string]any{"permissions": h.cfg.wirePermissions(svc.permissions[i : i+1])}, nil
	})
}
