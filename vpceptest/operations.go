package vpceptest

import "net/http"

func (h *Handler) createEndpoint(c *call) (*answer, *apiError) {
	req, refusal := parseCreate(c.r.Header.Get("Content-Type"), c.body)
	if refusal != nil {
		return nil, refusal
	}
	svc, refusal := h.findService(req.ServiceID)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := req.checkFor(svc); refusal != nil {
		return nil, refusal
	}
	e, refusal := h.store.create(req, svc)
	if refusal != nil {
		return nil, refusal
	}
	return ok(h.wire(e)), nil
}

// findService knows every service as long as none was declared.
func (h *Handler) findService(id string) (Service, *apiError) {
	if len(h.cfg.services) == 0 {
		return Service{ID: id}.withDefaults(), nil
	}
	svc, found := h.cfg.services[id]
	if !found {
		return Service{}, errNoService.plain()
	}
	return svc, nil
}

func (h *Handler) getEndpoint(c *call) (*answer, *apiError) {
	e, refusal := h.store.get(c.params["id"])
	if refusal != nil {
		return nil, refusal
	}
	return ok(h.wire(e)), nil
}

func (h *Handler) deleteEndpoint(c *call) (*answer, *apiError) {
	if refusal := h.store.delete(c.params["id"]); refusal != nil {
		return nil, refusal
	}
	return &answer{status: http.StatusNoContent}, nil
}

func (h *Handler) listEndpoints(c *call) (*answer, *apiError) {
	q, refusal := parseListQuery(c.r.URL.RawQuery)
	if refusal != nil {
		return nil, refusal
	}
	page, total := h.store.list(q)
	body := struct {
		Endpoints  []wireEndpoint `json:"endpoints"`
		TotalCount int            `json:"total_count"`
	}{make([]wireEndpoint, len(page)), total}
	for i, e := range page {
		body.Endpoints[i] = h.wire(e)
	}
	return ok(body), nil
}
