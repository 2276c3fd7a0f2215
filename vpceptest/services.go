package vpceptest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	defaultNamePrefix = "stand-in.service."
	defaultOwner      = "stand-in"
)

// defaultServices are the public services if none was declared.
var defaultServices = []Service{
	Service{ID: derivedUUID("service stand-in.dns"), Name: "stand-in.dns", Charged: true}.withDefaults(),
	Service{ID: derivedUUID("service stand-in.obs"), Name: "stand-in.obs", Type: TypeGateway}.withDefaults(),
}

// declare adds the services of the options, which belong to the first account and are open
// to everybody, or the default ones, which belong to the cloud.
func (s *store) declare() {
	list, owner := slices.Clone(s.cfg.services), s.accounts[0]
	if s.open {
		list, owner = slices.Clone(defaultServices), nil
	}
	for i := range list {
		if list[i].CreatedAt.IsZero() {
			list[i].CreatedAt = s.since
		}
	}
	slices.SortStableFunc(list, func(a, b Service) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for _, svc := range list {
		made := &service{Service: svc, account: owner, declared: true, readyAt: svc.CreatedAt, details: declaredDetails(svc)}
		made.updatedAt = svc.CreatedAt
		s.services[svc.ID] = made
		if owner != nil {
			owner.services = append(owner.services, made)
		}
		if !svc.Private {
			s.public = append(s.public, made)
		}
	}
}

// reach returns a service that an account may find and connect to: its own, the cloud's, or
// one whose permissions allow it.
func (s *store) reach(a *account, id string) (*service, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	return s.reachable(a, id, now)
}

func (s *store) reachable(a *account, id string, now time.Time) (*service, *apiError) {
	switch svc := s.services[id]; {
	case svc != nil && svc.gone:
		return nil, errNoService.plain()
	case svc != nil && svc.admits(a):
		return svc, nil
	case svc != nil || !s.open:
		return nil, errNoService.plain()
	default:
		made := Service{ID: id, Name: s.named[id], CreatedAt: s.since}.withDefaults()
		return &service{Service: made, readyAt: s.since, details: declaredDetails(made)}, nil
	}
}

// reachNamed remembers the name of an open service, so that its endpoints have it.
func (s *store) reachNamed(a *account, name string) (*service, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	for _, svc := range s.services {
		if svc.Name == name && !svc.gone && svc.admits(a) {
			return svc, nil
		}
	}
	if !s.open {
		return nil, errNoService.plain()
	}
	id, isDefault := strings.CutPrefix(name, defaultNamePrefix)
	if !isDefault || id == "" {
		id = derivedUUID("service " + name)
		s.named[id] = name
	}
	return s.reachable(a, id, now)
}

// connectedTo returns the service whose connections a request is about: one of the
// account's own. The cloud's services have no owner here; the first account acts for it.
func (s *store) connectedTo(c *call) (*service, *apiError) {
	svc, refusal := s.reach(c.account, c.params["service_id"])
	if refusal != nil {
		return nil, refusal
	}
	if svc.account != c.account && (svc.account != nil || c.account != s.accounts[0]) {
		return nil, errNoService.plain()
	}
	return svc, nil
}

// servicesQuery is the query of a list of services.
type servicesQuery struct {
	pageQuery
	id, name string

	// Only for own services.
	own                                            bool
	status, serverType, netType, publicBorderGroup string
}

func (q *servicesQuery) set(name, value string) (bool, *apiError) {
	switch name {
	case "id":
		q.id = value
	case "endpoint_service_name":
		q.name = value
	default:
		if known, refusal := q.pageQuery.set(name, value); known || !q.own {
			return known, refusal
		}
		return q.setOwn(name, value)
	}
	return true, nil
}

// listPublic returns a page, and how many public services match the filters.
func (s *store) listPublic(q servicesQuery) ([]wireListedService, int) {
	s.lock()
	defer s.mu.Unlock()
	var found []*service
	for _, svc := range s.public {
		if !svc.gone && matches(q.id, svc.ID) && contains(q.name, svc.Name) {
			found = append(found, svc)
		}
	}
	page := []wireListedService{}
	for _, svc := range pageOf(found, q.pageQuery) {
		page = append(page, wireListedService{
			ID: svc.ID, Owner: svc.Owner, ServiceName: svc.Name, ServiceType: svc.Type,
			CreatedAt: formatTime(svc.CreatedAt), IsCharge: svc.Charged, EnablePolicy: svc.enablePolicy,
		})
	}
	return page, len(found)
}

// wireListedService is a service in the list of public ones.
type wireListedService struct {
	ID           string `json:"id"`
	Owner        string `json:"owner"`
	ServiceName  string `json:"service_name"`
	ServiceType  string `json:"service_type"`
	CreatedAt    string `json:"created_at"`
	IsCharge     bool   `json:"is_charge"`
	EnablePolicy bool   `json:"enable_policy"`
}

// wireServiceSummary is a described service.
type wireServiceSummary struct {
	ID           string `json:"id"`
	ServiceName  string `json:"service_name"`
	ServiceType  string `json:"service_type"`
	CreatedAt    string `json:"created_at"`
	IsCharge     bool   `json:"is_charge"`
	EnablePolicy bool   `json:"enable_policy"` // whether endpoints may have a policy
}

func (h *Handler) listPublicServices(c *call) (*answer, *apiError) {
	q := servicesQuery{pageQuery: h.page()}
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	page, total := h.store.listPublic(q)
	return ok(struct {
		Services   []wireListedService `json:"endpoint_services"`
		TotalCount int                 `json:"total_count"`
	}{page, total}), nil
}

func (h *Handler) describeService(c *call) (*answer, *apiError) {
	svc, refusal := h.describe(c.account, c.r.URL.RawQuery)
	if refusal != nil {
		return nil, refusal
	}
	h.store.lock() // its owner may be renaming it
	defer h.store.mu.Unlock()
	return ok(wireServiceSummary{
		ID: svc.ID, ServiceName: svc.Name, ServiceType: svc.Type,
		CreatedAt: formatTime(svc.CreatedAt), IsCharge: svc.Charged, EnablePolicy: svc.enablePolicy,
	}), nil
}

// describe finds a service by its ID or its name, whichever the query has.
func (h *Handler) describe(a *account, rawQuery string) (*service, *apiError) {
	given := map[string]string{}
	refusal := readQuery(rawQuery, func(name, value string) (bool, *apiError) {
		given[name] = value
		return name == "id" || name == "endpoint_service_name", nil
	})
	id, name := given["id"], given["endpoint_service_name"]
	switch {
	case refusal != nil:
		return nil, refusal
	case len(given) > 1:
		return nil, errParameter.with("id and endpoint_service_name exclude each other.")
	case id == "" && name == "":
		return nil, errEmptyInput.with("id or endpoint_service_name is missing.")
	case utf8.RuneCountInString(id) > maxIDLength:
		return nil, errServiceID.plain()
	case id != "":
		return h.store.reach(a, id)
	default:
		return h.store.reachNamed(a, name)
	}
}
