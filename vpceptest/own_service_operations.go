package vpceptest

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

func noContent() *answer { return &answer{status: http.StatusNoContent} }

func (h *Handler) createService(c *call) (*answer, *apiError) {
	r, refusal := parseServiceCreate(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.store.createService(c.account, r)
}

func (h *Handler) getService(c *call) (*answer, *apiError) {
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		return ok(h.store.wireService(svc, now, inGet)), nil
	})
}

func (h *Handler) deleteService(c *call) (*answer, *apiError) { return h.store.deleteService(c) }

func (h *Handler) updateService(c *call) (*answer, *apiError) {
	r, refusal := parseServiceUpdate(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if refusal := svc.modifiable(now); refusal != nil {
			return nil, refusal
		}
		portID, ports := svc.portID, svc.ports
		if r.given["port_id"] {
			portID = r.portID
		}
		if r.given["ports"] {
			ports = r.ports
		}
		if refusal := c.account.conflict(svc, portID, ports); refusal != nil {
			return nil, refusal
		}
		r.apply(svc)
		svc.updatedAt = now
		return ok(h.store.wireService(svc, now, inUpdate)), nil
	})
}

type renameRequest struct{ name string }

var renameFields = fields[renameRequest]{
	"endpoint_service_name": field("a string", func(r *renameRequest) *string { return &r.name }),
}

func (h *Handler) renameService(c *call) (*answer, *apiError) {
	var r renameRequest
	given, refusal := renameFields.read(c, &r)
	switch {
	case refusal != nil:
		return nil, refusal
	case !given["endpoint_service_name"]:
		return nil, errEmptyInput.with("endpoint_service_name is missing.")
	case !validServiceName(r.name):
		return nil, errServiceName.plain()
	}
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if refusal := svc.modifiable(now); refusal != nil {
			return nil, refusal
		}
		svc.rename(r.name)
		svc.updatedAt = now
		return ok(map[string]string{"endpoint_service_name": r.name}), nil
	})
}

// setOwn reads the parameters that only a list of own services has.
func (q *servicesQuery) setOwn(name, value string) (bool, *apiError) {
	switch name {
	case "status":
		q.status = value
		if !slices.Contains([]string{StatusCreating, StatusAvailable, StatusFailed, StatusDeleting}, value) {
			return true, errStatus.plain()
		}
	case "server_type":
		q.serverType = value
	case "net_type":
		q.netType = value
		if !slices.Contains([]string{"vlan", "vxlan", "all"}, value) {
			return true, errNetType.plain()
		}
	case "public_border_group":
		q.publicBorderGroup = value
	default:
		return false, nil
	}
	return true, nil
}

func (q servicesQuery) fits(svc *service, now time.Time) bool {
	vlan := svc.ip != ""
	return !svc.gone && matches(q.id, svc.ID) && contains(q.name, svc.Name) && matches(q.serverType, svc.serverType) &&
		matches(q.status, svc.statusAt(now)) && q.publicBorderGroup == "" && // none is at an edge
		(q.netType == "" || q.netType == "all" || vlan == (q.netType == "vlan"))
}

func (h *Handler) listServices(c *call) (*answer, *apiError) {
	q := servicesQuery{pageQuery: h.page(), own: true}
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	now := h.store.lock()
	defer h.store.mu.Unlock()
	var found []*service
	for _, svc := range c.account.services {
		if q.fits(svc, now) && !now.Before(svc.CreatedAt.Add(h.cfg.listLag)) {
			found = append(found, svc)
		}
	}
	if q.byUpdate {
		slices.SortStableFunc(found, func(a, b *service) int { return cmp.Or(a.updated(now).Compare(b.updated(now))) })
	}
	page := pageOf(found, q.pageQuery)
	body := struct {
		Services   []wireOwnService `json:"endpoint_services"`
		TotalCount int              `json:"total_count"`
	}{make([]wireOwnService, len(page)), len(found)}
	for i, svc := range page {
		body.Services[i] = h.store.wireService(svc, now, inList)
	}
	return ok(body), nil
}
