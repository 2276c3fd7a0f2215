package vpceptest

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// connectionsQuery is what a list of a service's connections asks for.
type connectionsQuery struct {
	pageQuery
	serviceID, id, status string
	markerID              *int64
}

func (q *connectionsQuery) set(name, value string) (bool, *apiError) {
	switch name {
	case "id":
		q.id = value
	case "marker_id":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return true, errMarkerID.plain()
		}
		q.markerID = &n
	case "status":
		q.status = value
		if !slices.Contains(connectionStatuses, value) {
			return true, errStatus.plain()
		}
	default:
		return q.pageQuery.set(name, value)
	}
	return true, nil
}

// connectionStatuses are those that a list can be filtered by.
var connectionStatuses = []string{StatusPendingAcceptance, StatusAccepted, StatusRejected, StatusFailed}

func (q connectionsQuery) fits(e *record, now time.Time) bool {
	return e.service.ID == q.serviceID && matches(q.id, e.id) &&
		(q.markerID == nil || *q.markerID == e.markerID()) &&
		(q.status == "" || q.status == e.status(now, e.standing.at(e.clock(now))))
}

// connections returns a page and how many of a service's endpoints the filters let
// through.
func (s *store) connections(q connectionsQuery) ([]Endpoint, int) {
	now := s.lock()
	defer s.mu.Unlock()
	var records []*record
	for _, e := range s.listed(now) {
		if q.fits(e, now) {
			records = append(records, e)
		}
	}
	if q.byUpdate {
		records = byUpdate(records, now)
	}
	return snapshots(pageOf(records, q.pageQuery), now), len(records)
}

// wireConnection is an endpoint as the owner of its service sees it. Here errors are an
// array always.
type wireConnection struct {
	ID          string          `json:"id"`
	MarkerID    int64           `json:"marker_id"`
	Status      string          `json:"status"`
	DomainID    string          `json:"domain_id"`
	CreatedAt   string          `json:"created_at"`
	UpdatedAt   string          `json:"updated_at"`
	Description string          `json:"description"`
	Error       []EndpointError `json:"error,omitempty"`
}

func (h *Handler) wireConnections(list []Endpoint) []wireConnection {
	out := make([]wireConnection, len(list))
	for i, e := range list {
		out[i] = wireConnection{
			ID: e.ID, MarkerID: e.MarkerID, Status: e.Status, DomainID: h.domain().ID,
			CreatedAt: h.formatTime(e.CreatedAt), UpdatedAt: h.formatTime(e.UpdatedAt),
			Description: e.Description, Error: e.Errors,
		}
	}
	return out
}

func (h *Handler) listConnections(c *call) (*answer, *apiError) {
	q := connectionsQuery{pageQuery: pageQuery{limit: defaultLimit}, serviceID: c.params["service_id"]}
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	if _, refusal := h.services.find(q.serviceID); refusal != nil {
		return nil, refusal
	}
	page, total := h.store.connections(q)
	return ok(struct {
		Connections []wireConnection `json:"connections"`
		TotalCount  int              `json:"total_count"`
	}{h.wireConnections(page), total}), nil
}

// connectionAction is the body of an action on connections.
type connectionAction struct {
	endpoints []string
	action    string
}

var connectionActionFields = fields[connectionAction]{
	"endpoints": field("an array of strings", func(r *connectionAction) *[]string { return &r.endpoints }),
	"action":    field("a string", func(r *connectionAction) *string { return &r.action }),
}

// decisions are the actions, and the statuses that they lead to.
var decisions = map[string]string{"receive": StatusAccepted, "reject": StatusRejected}

func parseConnectionAction(c *call) (connectionAction, *apiError) {
	var r connectionAction
	given, refusal := connectionActionFields.read(c, &r)
	switch {
	case refusal != nil:
		return r, refusal
	case !given["action"] || len(r.endpoints) == 0:
		return r, errEmptyInput.with("action or endpoints is missing or empty.")
	case decisions[r.action] == "":
		return r, errDecision.plain()
	case len(r.endpoints) > 1:
		return r, errOneEndpoint.plain()
	case r.endpoints[0] == "" || utf8.RuneCountInString(r.endpoints[0]) > maxIDLength:
		return r, errEndpointID.plain()
	}
	return r, nil
}

func (h *Handler) actOnConnection(c *call) (*answer, *apiError) {
	r, refusal := parseConnectionAction(c)
	if refusal != nil {
		return nil, refusal
	}
	svc, refusal := h.services.find(c.params["service_id"])
	if refusal != nil {
		return nil, refusal
	}
	e, refusal := h.store.receive(svc.ID, r.endpoints[0], decisions[r.action])
	if refusal != nil {
		return nil, refusal
	}
	return ok(struct {
		Connections []wireConnection `json:"connections"`
	}{h.wireConnections([]Endpoint{e})}), nil
}

// receive lets an endpoint of a service in or keeps it out, whatever was decided
// before. The decision shows after the delay; what receive returns shows it already.
func (s *store) receive(serviceID, id, status string) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(id)
	if refusal != nil {
		return Endpoint{}, refusal
	}
	if e.service.ID != serviceID {
		return Endpoint{}, errOtherService.plain()
	}
	if refusal := e.modifiable(now); refusal != nil {
		return Endpoint{}, refusal
	}
	e.decide(now, now.Add(s.cfg.changeDelay), status)
	out := e.view(now, e.standing.last(), e.attrs.at(now))
	out.UpdatedAt = now.UTC()
	return out, nil
}
