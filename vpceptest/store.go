package vpceptest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// store keeps the endpoints. Its lock is held for short, pure work alone.
type store struct {
	cfg *settings

	mu      sync.Mutex
	seq     int64
	live    int                // endpoints that are not gone
	byID    map[string]*record // also those that are gone: they answer another code
	order   []*record          // in order of creation; those that are gone are swept out
	leaving []*record          // being deleted, in order of deletion
	subnets map[string]*subnet
	failing map[string]string // route tables that fail, and the messages that say so
}

func newStore(cfg *settings) *store {
	return &store{cfg: cfg, byID: map[string]*record{}, subnets: map[string]*subnet{}, failing: maps.Clone(cfg.failing)}
}

// lock takes the lock and brings the state up to the present, which it returns. Times
// never run backwards from one holder of the lock to the next.
func (s *store) lock() time.Time {
	s.mu.Lock()
	now := time.Now()
	s.expire(now)
	return now
}

// expire removes the endpoints whose deletion has come to its end. They leave in the
// order of their deletion, as all take equally long.
func (s *store) expire(now time.Time) {
	n := 0
	for n < len(s.leaving) && !now.Before(s.leaving[n].goneAt) {
		e := s.leaving[n]
		e.gone = true
		s.live--
		s.subnets[e.request.SubnetID].release(e.ip)
		n++
	}
	s.leaving = s.leaving[n:]
	// Sweeping at the half keeps the cost of it constant for each deletion.
	if len(s.order) > 2*s.live {
		s.sweep()
	}
}

// sweep removes those that are gone from the order.
func (s *store) sweep() {
	s.order = slices.DeleteFunc(s.order, func(e *record) bool { return e.gone })
}

// create makes an endpoint of a request that was found valid.
func (s *store) create(req createRequest, svc Service) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	if s.cfg.quota > 0 && s.live >= s.cfg.quota {
		return Endpoint{}, errQuota.plain()
	}
	e := &record{
		seq: s.seq, id: newUUID(), request: req, service: svc,
		createdAt: now, listedAt: now.Add(s.cfg.lag()), readyAt: now.Add(s.cfg.createDelay),
		standing: newTimeline(now, svc.firstStanding()),
		attrs:    newTimeline(now, req.attributes),
	}
	if refusal := s.connect(e); refusal != nil {
		return Endpoint{}, refusal
	}
	s.seq++
	s.live++
	s.byID[e.id] = e
	s.order = append(s.order, e)
	return e.snapshot(now), nil
}

// connect gives an endpoint its place in the VPC: route tables or addresses.
func (s *store) connect(e *record) *apiError {
	if e.service.isGateway() {
		if attrs := e.request.attributes; len(attrs.RouteTables) == 0 {
			attrs.RouteTables = []string{derivedUUID("default route table of " + e.request.VPCID)}
			e.attrs = newTimeline(e.createdAt, attrs)
		}
		return nil
	}
	net := s.subnets[e.request.SubnetID]
	if net == nil {
		net = newSubnet()
		s.subnets[e.request.SubnetID] = net
	}
	var free bool
	if e.ip, free = net.take(e.request.PortIP); !free {
		return errPortIPInUse.plain()
	}
	e.ipv6 = e.request.ipv6(e.seq)
	return nil
}

// find returns an endpoint that exists, those being deleted included.
func (s *store) find(id string) (*record, *apiError) {
	switch e := s.byID[id]; {
	case e == nil:
		return nil, errNoEndpoint.plain()
	case e.gone:
		return nil, errEndpointDeleted.plain()
	default:
		return e, nil
	}
}

func (s *store) get(id string) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(id)
	if refusal != nil {
		return Endpoint{}, refusal
	}
	if now.Before(e.createdAt.Add(s.cfg.readLag)) {
		return Endpoint{}, errNoEndpoint.plain()
	}
	return e.snapshot(now), nil
}

// delete begins a deletion. One that is under way already is EndPoint.2018 by the list
// of codes ("The endpoint is being deleted."). An endpoint that is still being created
// can be deleted: clean-up after a failed wait depends on it.
func (s *store) delete(id string) *apiError {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(id)
	if refusal != nil {
		return refusal
	}
	if e.deleted() {
		return errBeingDeleted.plain()
	}
	e.deletedAt, e.goneAt = now, now.Add(s.cfg.deleteDelay)
	s.leaving = append(s.leaving, e)
	return nil
}

// amend lets f change the attributes of an endpoint that is not being deleted. The
// change shows after the delay; what amend returns shows it already.
func (s *store) amend(id string, f func(*record, *attributes, time.Time) *apiError) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(id)
	if refusal != nil {
		return Endpoint{}, refusal
	}
	if e.deleted() {
		return Endpoint{}, errBeingDeleted.plain()
	}
	attrs := e.attrs.last()
	if refusal := f(e, &attrs, now); refusal != nil {
		return Endpoint{}, refusal
	}
	e.attrs.add(now, now.Add(s.cfg.changeDelay), attrs)
	out := e.view(now, e.standing.at(now), attrs)
	out.UpdatedAt = now.UTC()
	return out, nil
}

// change lets f change an endpoint that is not being deleted.
func (s *store) change(id string, f func(e *record, now time.Time)) error {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(id)
	if refusal != nil || e.deleted() {
		return fmt.Errorf("vpceptest: endpoint %q does not exist or is being deleted", id)
	}
	f(e, now)
	return nil
}

func (s *store) decide(id, status string) error {
	return s.change(id, func(e *record, now time.Time) { e.decide(now, now.Add(s.cfg.changeDelay), status) })
}

func (s *store) all() []Endpoint {
	now := s.lock()
	defer s.mu.Unlock()
	out := make([]Endpoint, 0, s.live)
	for _, e := range s.order {
		if !e.gone {
			out = append(out, e.snapshot(now).clone())
		}
	}
	return out
}

// Endpoints returns the endpoints that exist, those being deleted included, in the
// order of their creation. Lags do not hide them here.
func (h *Handler) Endpoints() []Endpoint { return h.store.all() }

// Accept does what the owner of a service does to let an endpoint in: it becomes
// "accepted" after the time of [WithChangeDelay], at the earliest when it is created.
// It fails for an endpoint that does not exist or is being deleted.
func (h *Handler) Accept(endpointID string) error { return h.store.decide(endpointID, StatusAccepted) }

// Reject does what the owner of a service does to keep an endpoint out: it becomes
// "rejected" after the time of [WithChangeDelay], at the earliest when it is created.
// It fails for an endpoint that does not exist or is being deleted.
func (h *Handler) Reject(endpointID string) error { return h.store.decide(endpointID, StatusRejected) }

// SetStatus gives an endpoint a status at once, known or not, with the errors that
// explain it, which replace earlier ones. It fails for an endpoint that does not exist
// or is being deleted.
func (h *Handler) SetStatus(endpointID, status string, errs ...EndpointError) error {
	errs = slices.Clone(errs)
	return h.store.change(endpointID, func(e *record, now time.Time) { e.set(now, status, errs) })
}
