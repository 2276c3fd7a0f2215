package vpceptest

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	defaultNamePrefix = "stand-in.service."
	defaultOwner      = "stand-in"
)

// defaultServices are public as long as no service was declared.
var defaultServices = []Service{
	Service{ID: derivedUUID("service stand-in.dns"), Name: "stand-in.dns", Charged: true}.withDefaults(),
	Service{ID: derivedUUID("service stand-in.obs"), Name: "stand-in.obs", Type: TypeGateway}.withDefaults(),
}

// catalog knows the services.
type catalog struct {
	services []Service // by time of creation
	open     bool      // none was declared: those that are asked for exist too
	since    time.Time

	mu    sync.Mutex
	named map[string]string // the names that open services were asked for by, by ID
}

func newCatalog(declared []Service) *catalog {
	c := &catalog{services: slices.Clone(declared), open: len(declared) == 0, since: time.Now(), named: map[string]string{}}
	if c.open {
		c.services = slices.Clone(defaultServices)
	}
	for i := range c.services {
		if c.services[i].CreatedAt.IsZero() {
			c.services[i].CreatedAt = c.since
		}
	}
	slices.SortStableFunc(c.services, func(a, b Service) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return c
}

func (c *catalog) find(id string) (Service, *apiError) {
	for _, svc := range c.services {
		if svc.ID == id {
			return svc, nil
		}
	}
	if !c.open {
		return Service{}, errNoService.plain()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return Service{ID: id, Name: c.named[id], CreatedAt: c.since}.withDefaults(), nil
}

// findNamed remembers the name of an open service, so that its endpoints bear it.
func (c *catalog) findNamed(name string) (Service, *apiError) {
	for _, svc := range c.services {
		if svc.Name == name {
			return svc, nil
		}
	}
	if !c.open {
		return Service{}, errNoService.plain()
	}
	id, isDefault := strings.CutPrefix(name, defaultNamePrefix)
	if isDefault && id != "" {
		return c.find(id)
	}
	id = derivedUUID("service " + name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.named[id] = name
	return Service{ID: id, Name: name, CreatedAt: c.since}.withDefaults(), nil
}

// declared is how many services there are by declaration.
func (c *catalog) declared() int {
	if c.open {
		return 0
	}
	return len(c.services)
}

// servicesQuery is what a list of services asks for.
type servicesQuery struct {
	pageQuery
	id, name string
}

func (q *servicesQuery) set(name, value string) (bool, *apiError) {
	switch name {
	case "id":
		q.id = value
	case "endpoint_service_name":
		q.name = value
	default:
		return q.pageQuery.set(name, value)
	}
	return true, nil
}

// public returns a page and how many public services the filters let through. Services
// do not change: their last update is their creation.
func (c *catalog) public(q servicesQuery) ([]Service, int) {
	var out []Service
	for _, svc := range c.services {
		if !svc.Private && matches(q.id, svc.ID) && contains(q.name, svc.Name) {
			out = append(out, svc)
		}
	}
	return pageOf(out, q.pageQuery), len(out)
}

// wireListedService is a service in the list of public ones. There is_charge is a
// string in published bodies, and documented as a boolean.
type wireListedService struct {
	ID          string `json:"id"`
	Owner       string `json:"owner"`
	ServiceName string `json:"service_name"`
	ServiceType string `json:"service_type"`
	CreatedAt   string `json:"created_at"`
	IsCharge    string `json:"is_charge"`
}

// wireServiceSummary is a service that was asked for, with is_charge as documented.
type wireServiceSummary struct {
	ID          string `json:"id"`
	ServiceName string `json:"service_name"`
	ServiceType string `json:"service_type"`
	CreatedAt   string `json:"created_at"`
	IsCharge    bool   `json:"is_charge"`
}

func (h *Handler) listPublicServices(c *call) (*answer, *apiError) {
	q := servicesQuery{pageQuery: pageQuery{limit: defaultLimit}}
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	page, total := h.services.public(q)
	body := struct {
		Services   []wireListedService `json:"endpoint_services"`
		TotalCount int                 `json:"total_count"`
	}{make([]wireListedService, len(page)), total}
	for i, svc := range page {
		body.Services[i] = wireListedService{
			ID: svc.ID, Owner: svc.Owner, ServiceName: svc.Name, ServiceType: svc.Type,
			CreatedAt: formatTime(svc.CreatedAt), IsCharge: strconv.FormatBool(svc.Charged),
		}
	}
	return ok(body), nil
}

func (h *Handler) describeService(c *call) (*answer, *apiError) {
	svc, refusal := h.services.describe(c.r.URL.RawQuery)
	if refusal != nil {
		return nil, refusal
	}
	return ok(wireServiceSummary{
		ID: svc.ID, ServiceName: svc.Name, ServiceType: svc.Type,
		CreatedAt: formatTime(svc.CreatedAt), IsCharge: svc.Charged,
	}), nil
}

// describe finds the service by its ID or its name, whichever the query gives.
func (c *catalog) describe(rawQuery string) (Service, *apiError) {
	given := map[string]string{}
	refusal := readQuery(rawQuery, func(name, value string) (bool, *apiError) {
		given[name] = value
		return name == "id" || name == "endpoint_service_name", nil
	})
	id, name := given["id"], given["endpoint_service_name"]
	switch {
	case refusal != nil:
		return Service{}, refusal
	case len(given) > 1:
		return Service{}, errParameter.with("id and endpoint_service_name exclude each other.")
	case id == "" && name == "":
		return Service{}, errEmptyInput.with("id or endpoint_service_name is missing.")
	case utf8.RuneCountInString(id) > maxIDLength:
		return Service{}, errServiceID.plain()
	case id != "":
		return c.find(id)
	default:
		return c.findNamed(name)
	}
}
