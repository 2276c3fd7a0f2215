package vpceptest

import (
	"cmp"
	"slices"
	"time"
)

// The default messages for a route table that fails.
const (
	messageNotBound   = "Failed to add routes to the VPC's route table."
	messageNotUnbound = "Failed to remove routes from the VPC's route table."
)

// routeTablesRequest is the body of an update of route tables.
type routeTablesRequest struct{ tables []string }

var routeTablesFields = fields[routeTablesRequest]{
	"routetables": field("an array of strings", func(r *routeTablesRequest) *[]string { return &r.tables }),
}

// parseRouteTables reads an update of route tables. An empty list is refused, because a
// gateway endpoint is useless without a route table.
func parseRouteTables(c *call) ([]string, *apiError) {
	var r routeTablesRequest
	if _, refusal := routeTablesFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if len(r.tables) == 0 {
		return nil, errEmptyInput.with("routetables is missing or empty.")
	}
	return r.tables, checkRouteTables(r.tables)
}

// wireRouteTables is the response to an update: the tables that are then bound.
type wireRouteTables struct {
	RouteTables []string               `json:"routetables"`
	Error       []wireRouteTableErrors `json:"error,omitempty"`
}

type wireRouteTableErrors struct {
	BindFailed   []wireRouteTableError `json:"bind_failed"`
	UnbindFailed []wireRouteTableError `json:"unbind_failed"`
}

type wireRouteTableError struct {
	ID      string `json:"id"`
	Message string `json:"error_message"`
}

func (h *Handler) updateRouteTables(c *call) (*answer, *apiError) {
	wanted, refusal := parseRouteTables(c)
	if refusal != nil {
		return nil, refusal
	}
	var w wireRouteTables
	_, refusal = h.store.amend(c.account, c.params["id"], func(e *record, a *attributes, now time.Time) *apiError {
		if refusal := e.modifiable(now); refusal != nil {
			return refusal
		}
		if !e.service.isGateway() {
			return errNoRouteTable.with("Route tables are for gateway endpoints.")
		}
		w = h.store.rebind(a.RouteTables, wanted)
		a.RouteTables = w.RouteTables
		return nil
	})
	if refusal != nil {
		return nil, refusal
	}
	return ok(w), nil
}

// rebind binds the wanted tables that are not bound and unbinds those that are bound but not
// wanted, as far as that succeeds.
func (s *store) rebind(bound, wanted []string) wireRouteTables {
	w := wireRouteTables{RouteTables: []string{}}
	failed := wireRouteTableErrors{BindFailed: []wireRouteTableError{}, UnbindFailed: []wireRouteTableError{}}
	for _, id := range wanted {
		message, fails := s.failing[id]
		if fails && !slices.Contains(bound, id) {
			failed.BindFailed = append(failed.BindFailed, wireRouteTableError{id, cmp.Or(message, messageNotBound)})
			continue
		}
		w.RouteTables = append(w.RouteTables, id)
	}
	for _, id := range bound {
		message, fails := s.failing[id]
		if fails && !slices.Contains(wanted, id) {
			failed.UnbindFailed = append(failed.UnbindFailed, wireRouteTableError{id, cmp.Or(message, messageNotUnbound)})
			w.RouteTables = append(w.RouteTables, id)
		}
	}
	if len(failed.BindFailed)+len(failed.UnbindFailed) > 0 {
		w.Error = []wireRouteTableErrors{failed}
	}
	return w
}

// FailRouteTable makes a route table fail to be bound and unbound from now on, as
// [WithFailingRouteTable] does from the start.
func (h *Handler) FailRouteTable(id, message string) {
	h.store.lock()
	defer h.store.mu.Unlock()
	h.store.failing[id] = message
}

// MendRouteTable undoes [WithFailingRouteTable] or [Handler.FailRouteTable].
func (h *Handler) MendRouteTable(id string) {
	h.store.lock()
	defer h.store.mu.Unlock()
	delete(h.store.failing, id)
}
