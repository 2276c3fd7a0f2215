package vpceptest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const maxTagKeys, maxTagValues = 20, 10

// tagged is an endpoint or a service in a search by tags.
type tagged struct {
	id, name string
	tags     []Tag
}

// resources calls each for an account's resources of a type, in the order of creation, while
// the store's lock is held.
func (s *store) resources(a *account, resourceType string, each func(tagged)) *apiError {
	now := s.lock()
	defer s.mu.Unlock()
	switch resourceType {
	case "endpoint":
		shown := a.endpoints.listed(now, s.cfg.listLag)
		for i := range shown.len() {
			e := shown.at(i, true)
			each(tagged{e.id, e.service.Name, e.attrs.at(e.clock(now)).Tags})
		}
	case "endpoint_service":
		for _, svc := range a.services {
			if !svc.gone && !now.Before(svc.CreatedAt.Add(s.cfg.listLag)) {
				each(tagged{svc.ID, svc.Name, svc.tags})
			}
		}
	default:
		return errResourceType.plain()
	}
	return nil
}

func (h *Handler) listProjectTags(c *call) (*answer, *apiError) {
	type values struct {
		Key    string   `json:"key"`
		Values []string `json:"values"`
	}
	out := []values{}
	at := map[string]int{}
	refusal := h.store.resources(c.account, c.params["resource_type"], func(r tagged) {
		for _, tag := range r.tags {
			i, known := at[tag.Key]
			if !known {
				i = len(out)
				at[tag.Key] = i
				out = append(out, values{Key: tag.Key})
			}
			if !slices.Contains(out[i].Values, tag.Value) {
				out[i].Values = append(out[i].Values, tag.Value)
			}
		}
	})
	if refusal != nil {
		return nil, refusal
	}
	return ok(map[string]any{"tags": out}), nil
}

// tagFilter is a key and the values that it may have; none means any.
type tagFilter struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

func (f tagFilter) fits(tags []Tag) bool {
	return slices.ContainsFunc(tags, func(t Tag) bool {
		return t.Key == f.Key && (len(f.Values) == 0 || slices.ContainsFunc(f.Values, func(v string) bool {
			if part, fuzzy := strings.CutPrefix(v, "*"); fuzzy {
				return strings.Contains(t.Value, part)
			}
			return t.Value == v
		}))
	})
}

// resourcesRequest is the body of a search by tags.
type resourcesRequest struct {
	action                          string
	limit, offset                   int
	all, anyOf, notAll, notAny, sys []tagFilter
	matches                         []Tag
	without                         bool
}

func tagFilters(at func(*resourcesRequest) *[]tagFilter) func(*resourcesRequest, json.RawMessage) *apiError {
	return func(r *resourcesRequest, raw json.RawMessage) *apiError {
		list := at(r)
		if json.Unmarshal(raw, list) != nil || len(*list) > maxTagKeys {
			return errParameter.with("The field must be an array of up to 20 keys and values.")
		}
		for _, f := range *list {
			if f.Key == "" || len(f.Values) > maxTagValues {
				return errParameter.with("A key is empty, or there are more than 10 values.")
			}
		}
		return nil
	}
}

// numberInString also accepts a number, because some working clients send one.
func numberInString(low, high int, wrong apiError, at func(*resourcesRequest) *int) func(*resourcesRequest, json.RawMessage) *apiError {
	return func(r *resourcesRequest, raw json.RawMessage) *apiError {
		n, valid := parseInt(string(unquoted(raw)), low, high)
		if !valid {
			return wrong.plain()
		}
		*at(r) = n
		return nil
	}
}

var resourcesFields = fields[resourcesRequest]{
	"action":       field("a string", func(r *resourcesRequest) *string { return &r.action }),
	"limit":        numberInString(1, maxLimit, errLimit, func(r *resourcesRequest) *int { return &r.limit }),
	"offset":       numberInString(0, 1<<31-1, errOffset, func(r *resourcesRequest) *int { return &r.offset }),
	"tags":         tagFilters(func(r *resourcesRequest) *[]tagFilter { return &r.all }),
	"tags_any":     tagFilters(func(r *resourcesRequest) *[]tagFilter { return &r.anyOf }),
	"not_tags":     tagFilters(func(r *resourcesRequest) *[]tagFilter { return &r.notAll }),
	"not_tags_any": tagFilters(func(r *resourcesRequest) *[]tagFilter { return &r.notAny }),
	"sys_tags":     tagFilters(func(r *resourcesRequest) *[]tagFilter { return &r.sys }),
	"matches": func(r *resourcesRequest, raw json.RawMessage) (refusal *apiError) {
		r.matches, refusal = readTags(raw)
		return refusal
	},
	"without_any_tag": field("a boolean", func(r *resourcesRequest) *bool { return &r.without }),
}

func (r resourcesRequest) fits(t tagged) bool {
	for _, m := range r.matches {
		if m.Key != "resource_name" || !contains(m.Value, t.name) {
			return false
		}
	}
	if r.without {
		return len(t.tags) == 0
	}
	count := func(filters []tagFilter) (n int) {
		for _, f := range filters {
			if f.fits(t.tags) {
				n++
			}
		}
		return n
	}
	return count(r.all) == len(r.all) && (len(r.anyOf) == 0 || count(r.anyOf) > 0) &&
		(len(r.notAll) == 0 || count(r.notAll) < len(r.notAll)) && count(r.notAny) == 0 &&
		len(r.sys) == 0 // nothing has system tags
}

func (h *Handler) listResources(c *call) (*answer, *apiError) {
	r := resourcesRequest{limit: maxLimit}
	if _, refusal := resourcesFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if r.action != "filter" && r.action != "count" {
		return nil, errAction.plain()
	}
	var list []tagged
	refusal := h.store.resources(c.account, c.params["resource_type"], func(t tagged) {
		if r.fits(t) {
			list = append(list, t)
		}
	})
	if refusal != nil {
		return nil, refusal
	}
	if r.action == "count" {
		return ok(map[string]any{"total_count": len(list)}), nil
	}
	type resource struct {
		ID     string    `json:"resource_id"`
		Name   string    `json:"resource_name"`
		Tags   []Tag     `json:"tags"`
		Detail *struct{} `json:"resource_detail"`
	}
	out := []resource{}
	for _, t := range pageOf(list, pageQuery{limit: r.limit, offset: r.offset, most: h.cfg.pageLimit, ascending: true}) {
		out = append(out, resource{ID: t.id, Name: t.name, Tags: append([]Tag{}, t.tags...)})
	}
	return ok(map[string]any{"resources": out, "total_count": len(list)}), nil
}

// editionProfessional is the edition after an upgrade. No documented response shows it for an
// endpoint: see Endpoint.Edition. For a service, it is in supported_editions.
const editionProfessional = "profession"

type upgradeRequest struct {
	action string
	multi  bool
}

var upgradeFields = fields[upgradeRequest]{
	"action":              field("a string", func(r *upgradeRequest) *string { return &r.action }),
	"enable_multi_server": field("a boolean", func(r *upgradeRequest) *bool { return &r.multi }),
}

func (h *Handler) upgradeEndpoint(c *call) (*answer, *apiError) {
	var r upgradeRequest
	if _, refusal := upgradeFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if r.action != "start" {
		return nil, errAction.plain()
	}
	_, refusal := h.store.amend(c.account, c.params["id"], func(e *record, a *attributes, now time.Time) *apiError {
		if refusal := e.modifiable(now); refusal != nil {
			return refusal
		}
		a.Edition = editionProfessional
		return nil
	})
	if refusal != nil {
		return nil, refusal
	}
	return &answer{status: http.StatusAccepted}, nil
}

// upgradeService also accepts a request without a body, as it was first documented.
func (h *Handler) upgradeService(c *call) (*answer, *apiError) {
	r := upgradeRequest{action: "upgrade"}
	if len(c.body) > 0 {
		if _, refusal := upgradeFields.read(c, &r); refusal != nil {
			return nil, refusal
		}
	}
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if refusal := svc.modifiable(now); refusal != nil {
			return nil, refusal
		}
		switch {
		case r.action == "upgrade":
			svc.edition = editionProfessional
		case r.action == "rollback" && svc.edition == editionProfessional:
			svc.edition = ""
		case r.action == "rollback":
			return nil, errNoRollback.plain()
		default:
			return nil, errAction.plain()
		}
		svc.updatedAt = now
		return noContent(), nil
	})
}

type serverResourcesRequest struct{ list []serverResource }

var serverResourcesFields = fields[serverResourcesRequest]{
	"server_resources": field("an array of objects", func(r *serverResourcesRequest) *[]serverResource { return &r.list }),
}

func (h *Handler) addServerResources(c *call) (*answer, *apiError) {
	var r serverResourcesRequest
	if _, refusal := serverResourcesFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if len(r.list) == 0 || slices.ContainsFunc(r.list, func(s serverResource) bool { return s.ID == "" }) {
		return nil, errEmptyInput.with("server_resources or a resource_id is missing.")
	}
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if refusal := svc.modifiable(now); refusal != nil {
			return nil, refusal
		}
		svc.servers = append(svc.servers, r.list...)
		svc.updatedAt = now
		return noContent(), nil
	})
}

type wireVersion struct {
	ID      string              `json:"id"`
	Status  string              `json:"status"`
	Updated string              `json:"updated"`
	Version string              `json:"version"`
	Min     string              `json:"min_version"`
	Links   []map[string]string `json:"links"`
}

func (h *Handler) version(c *call) wireVersion {
	return wireVersion{
		ID: "v1", Status: "CURRENT", Updated: "2018-09-30T00:00:00Z", Version: "1",
		Links: []map[string]string{{"href": h.address(c.r) + "/v1", "type": "application/json", "rel": "self"}},
	}
}

func (h *Handler) listVersions(c *call) (*answer, *apiError) {
	return ok(map[string]any{"versions": []wireVersion{h.version(c)}}), nil
}

func (h *Handler) getVersion(c *call) (*answer, *apiError) {
	return ok(map[string]any{"version": h.version(c)}), nil
}
