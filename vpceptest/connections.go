package vpceptest

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// connectionsQuery is the query of a list of a service's connections.
type connectionsQuery struct {
	pageQuery
	id, status string
	markerID   *int64
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

// connectionStatuses are the statuses that a list can be filtered by.
var connectionStatuses = []string{StatusPendingAcceptance, StatusAccepted, StatusRejected, StatusFailed}

// fits returns the filter of a list, or nil.
func (q connectionsQuery) fits(now time.Time) func(*record) bool {
	if q.markerID == nil && q.status == "" {
		return nil
	}
	return func(e *record) bool {
		return (q.markerID == nil || *q.markerID == e.markerID()) &&
			(q.status == "" || q.status == e.status(now, e.standing.at(e.clock(now))))
	}
}

// connections returns a page of a service's endpoints, and how many match the filters.
func (s *store) connections(svc *service, q connectionsQuery) ([]wireConnection, int) {
	now := s.lock()
	defer s.mu.Unlock()
	var shown listed
	if q.id == "" {
		shown = svc.endpoints.listed(now, s.cfg.listLag)
	} else {
		shown = s.one(q.id, now, func(e *record) bool { return e.service == svc })
	}
	page, total := q.records(shown, now, q.fits(now))
	out := make([]wireConnection, len(page))
	for i, e := range page {
		out[i] = s.wireConnection(e, e.snapshot(now))
	}
	return out, total
}

// wireConnection is an endpoint as the owner of its service sees it. Its errors are always
// an array.
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

// wireConnection returns the connection of an endpoint; the lock is held.
func (s *store) wireConnection(e *record, as Endpoint) wireConnection {
	w := wireConnection{
		ID: as.ID, MarkerID: as.MarkerID, Status: as.Status, DomainID: e.account.DomainID(),
		CreatedAt: s.cfg.formatTime(as.CreatedAt), UpdatedAt: s.cfg.formatTime(as.UpdatedAt),
		Description: as.Description, Error: as.Errors,
	}
	if e.said != nil {
		w.Description = *e.said
	}
	return w
}

func (h *Handler) listConnections(c *call) (*answer, *apiError) {
	q := connectionsQuery{pageQuery: h.page()}
	if refusal := readQuery(c.r.URL.RawQuery, q.set); refusal != nil {
		return nil, refusal
	}
	svc, refusal := h.store.connectedTo(c)
	if refusal != nil {
		return nil, refusal
	}
	page, total := h.store.connections(svc, q)
	return ok(struct {
		Connections []wireConnection `json:"connections"`
		TotalCount  int              `json:"total_count"`
	}{page, total}), nil
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
	svc, refusal := h.store.connectedTo(c)
	if refusal != nil {
		return nil, refusal
	}
	e, refusal := h.store.receive(svc, r.endpoints[0], decisions[r.action])
	if refusal != nil {
		return nil, refusal
	}
	return ok(struct {
		Connections []wireConnection `json:"connections"`
	}{[]wireConnection{e}}), nil
}

// receive accepts or rejects an endpoint of a service, whatever was decided before. The
// decision shows after the delay; the returned connection already shows it.
func (s *store) receive(svc *service, id, status string) (wireConnection, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(nil, id)
	if refusal != nil {
		return wireConnection{}, refusal
	}
	if e.service != svc {
		return wireConnection{}, errOtherService.plain()
	}
	if refusal := e.modifiable(now); refusal != nil {
		return wireConnection{}, refusal
	}
	e.decide(now, now.Add(s.cfg.changeDelay), status)
	out := e.view(now, e.standing.last(), e.attrs.at(now))
	out.UpdatedAt = now.UTC()
	return s.wireConnection(e, out), nil
}

// connectionDescriptions is the body of an update of the descriptions of connections.
type connectionDescriptions struct{ list []describedConnection }

type describedConnection struct {
	ID          string  `json:"id"`
	Description *string `json:"description"`
}

var connectionDescriptionFields = fields[connectionDescriptions]{
	"connections": field("an array of objects", func(r *connectionDescriptions) *[]describedConnection { return &r.list }),
}

func (h *Handler) describeConnections(c *call) (*answer, *apiError) {
	var r connectionDescriptions
	if _, refusal := connectionDescriptionFields.read(c, &r); refusal != nil {
		return nil, refusal
	}
	if len(r.list) == 0 {
		return nil, errEmptyInput.with("connections is missing or empty.")
	}
	svc, refusal := h.store.connectedTo(c)
	if refusal != nil {
		return nil, refusal
	}
	list, refusal := h.store.describe(svc, r.list)
	if refusal != nil {
		return nil, refusal
	}
	return ok(map[string]any{"connections": list}), nil
}

// describe changes all of the connections or none. It returns them in another order.
func (s *store) describe(svc *service, list []describedConnection) ([]wireConnection, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	var records []*record
	for _, d := range list {
		e, refusal := s.find(nil, d.ID)
		switch {
		case refusal != nil:
			return nil, refusal
		case e.service != svc:
			return nil, errOtherService.plain()
		case d.Description == nil:
			return nil, errEmptyInput.with("description is missing.")
		case !validDescription(*d.Description):
			return nil, errParameter.with("description must not contain < or >.")
		}
		records = append(records, e)
	}
	out := make([]wireConnection, len(list))
	for i, e := range records {
		e.said = list[i].Description
		out[len(list)-1-i] = s.wireConnection(e, e.snapshot(now))
	}
	return out, nil
}
