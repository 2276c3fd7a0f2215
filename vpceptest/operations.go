package vpceptest

import (
	"net/http"
	"time"
)

func (h *Handler) createEndpoint(c *call) (*answer, *apiError) {
	req, refusal := parseCreate(c)
	if refusal != nil {
		return nil, refusal
	}
	e, refusal := h.store.create(c.account, req)
	if refusal != nil {
		return nil, refusal
	}
	return ok(h.wire(e)), nil
}

func (h *Handler) getEndpoint(c *call) (*answer, *apiError) {
	e, refusal := h.store.get(c.account, c.params["id"])
	if refusal != nil {
		return nil, refusal
	}
	return ok(h.wire(e)), nil
}

func (h *Handler) deleteEndpoint(c *call) (*answer, *apiError) {
	if refusal := h.store.delete(c.account, c.params["id"]); refusal != nil {
		return nil, refusal
	}
	return &answer{status: http.StatusNoContent}, nil
}

// amend changes an endpoint and returns it with the change.
func (h *Handler) amend(c *call, f func(*record, *attributes, time.Time) *apiError) (*answer, *apiError) {
	e, refusal := h.store.amend(c.account, c.params["id"], f)
	if refusal != nil {
		return nil, refusal
	}
	return ok(h.wire(e)), nil
}

func (h *Handler) listEndpoints(c *call) (*answer, *apiError) {
	q, refusal := h.parseListQuery(c.r.URL.RawQuery)
	if refusal != nil {
		return nil, refusal
	}
	page, total := h.store.list(c.account, q)
	body := struct {
		Endpoints  []wireEndpoint `json:"endpoints"`
		TotalCount int            `json:"total_count"`
	}{make([]wireEndpoint, len(page)), total}
	for i, e := range page {
		body.Endpoints[i] = h.wire(e)
	}
	return ok(body), nil
}
