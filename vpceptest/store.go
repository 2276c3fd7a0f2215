package vpceptest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// store keeps endpoints and services. Its lock is held only for short work without I/O.
type store struct {
	cfg      *settings
	accounts []*account // set once
	open     bool       // no service was declared: any requested one exists
	since    time.Time  // when the stand-in was made

	mu       sync.Mutex
	seq      int64
	byID     map[string]*record // including those that are gone, which have another code
	leaving  []*record          // being deleted, in order of deletion
	subnets  map[string]*subnet
	failing  map[string]string // route tables that fail, and the messages that say so
	services map[string]*service
	public   []*service        // in order of creation
	closing  []*service        // being deleted, in order of deletion
	named    map[string]string // the names that open services were asked for by, by ID
}

func newStore(cfg *settings, accounts []*account) *store {
	s := &store{
		cfg: cfg, accounts: accounts, open: len(cfg.services) == 0, since: cfg.now(),
		byID: map[string]*record{}, subnets: map[string]*subnet{}, failing: maps.Clone(cfg.failing),
		services: map[string]*service{}, named: map[string]string{},
	}
	s.declare()
	return s
}

// lock takes the lock, updates the state to the current time, and returns that time. Time
// never runs backwards from one holder of the lock to the next.
func (s *store) lock() time.Time {
	s.mu.Lock()
	now := s.cfg.now()
	s.expire(now)
	return now
}

// expire removes the endpoints and services whose deletion is complete. They leave in the
// order of their deletion, because all take equally long.
func (s *store) expire(now time.Time) {
	n := 0
	for n < len(s.leaving) && !now.Before(s.leaving[n].goneAt) {
		e := s.leaving[n]
		e.gone = true
		for _, f := range e.shelves() {
			f.left()
		}
		if vpc := e.request.VPCID; e.account.vpcs[vpc].live == 0 {
			delete(e.account.vpcs, vpc)
		}
		s.subnets[e.request.SubnetID].release(e.ip)
		n++
	}
	s.leaving = s.leaving[n:]
	s.expireServices(now)
}

// create creates an endpoint from a request that is valid, except for the rules that depend
// on the service.
func (s *store) create(a *account, req createRequest) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	svc, refusal := s.reachable(a, req.ServiceID, now)
	if refusal != nil {
		return Endpoint{}, refusal
	}
	if refusal := req.checkFor(svc.Service); refusal != nil {
		return Endpoint{}, refusal
	}
	if refusal := svc.takes(req.policy); refusal != nil {
		return Endpoint{}, refusal
	}
	if s.cfg.quota > 0 && a.endpoints.live >= s.cfg.quota {
		return Endpoint{}, errQuota.plain()
	}
	if refusal := svc.connectable(now); refusal != nil {
		return Endpoint{}, refusal
	}
	e := &record{
		account: a, id: newUUID(), request: req, service: svc,
		createdAt: now, listedAt: now.Add(s.cfg.lag()), readyAt: now.Add(s.cfg.createDelay),
		standing: newTimeline(now, svc.firstStanding()),
		attrs:    newTimeline(now, req.attributes),
	}
	if refusal := s.connect(e); refusal != nil {
		return Endpoint{}, refusal
	}
	s.add(e)
	return e.snapshot(now), nil
}

// add adds an endpoint, and its service if that is open and this is its first endpoint.
func (s *store) add(e *record) {
	e.seq, e.rank, e.drifts = s.seq, s.cfg.rank(), s.cfg.drift[DriftMarkers]
	s.seq++
	s.byID[e.id] = e
	for _, f := range e.shelves() {
		f.add(e)
	}
	if s.services[e.service.ID] == nil {
		s.services[e.service.ID] = e.service
	}
}

// shelves returns the shelves that an endpoint is on.
func (e *record) shelves() [3]*shelf {
	a, vpc := e.account, e.request.VPCID
	if a.vpcs[vpc] == nil {
		if a.vpcs == nil {
			a.vpcs = map[string]*shelf{}
		}
		a.vpcs[vpc] = &shelf{}
	}
	return [3]*shelf{&a.endpoints, &e.service.endpoints, a.vpcs[vpc]}
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

// find returns an endpoint that exists, even one being deleted. A nil account finds the
// endpoints of all accounts.
func (s *store) find(a *account, id string) (*record, *apiError) {
	switch e := s.byID[id]; {
	case e == nil || a != nil && e.account != a:
		return nil, errNoEndpoint.plain()
	case e.gone:
		return nil, errEndpointDeleted.plain()
	default:
		return e, nil
	}
}

func (s *store) get(a *account, id string) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(a, id)
	if refusal != nil {
		return Endpoint{}, refusal
	}
	if now.Before(e.createdAt.Add(s.cfg.readLag)) {
		return Endpoint{}, errNoEndpoint.plain()
	}
	return e.snapshot(now), nil
}

// delete begins a deletion. If one is already in progress, the error is EndPoint.2018, as in
// the list of codes ("The endpoint is being deleted."). An endpoint that is still being
// created can be deleted: clean-up after a failed wait depends on that.
func (s *store) delete(a *account, id string) *apiError {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(a, id)
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

// amend lets f change the attributes of an endpoint that is not being deleted. The change
// shows after the delay; the returned endpoint already shows it.
func (s *store) amend(a *account, id string, f func(*record, *attributes, time.Time) *apiError) (Endpoint, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	e, refusal := s.find(a, id)
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
	e, refusal := s.find(nil, id)
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
	var records []*record
	for _, a := range s.accounts {
		a.endpoints.sweep()
		records = append(records, a.endpoints.order...)
	}
	slices.SortFunc(records, func(a, b *record) int { return cmp.Compare(a.seq, b.seq) })
	out := make([]Endpoint, len(records))
	for i, e := range records {
		out[i] = e.snapshot(now).clone()
	}
	return out
}

// Endpoints returns the endpoints of all accounts, including those being deleted, in the
// order of their creation. Lags do not hide them.
func (h *Handler) Endpoints() []Endpoint { return h.store.all() }

// Accept accepts an endpoint, as the owner of a service would: it becomes "accepted" after
// the time of [WithChangeDelay], at the earliest when it has been created. It fails for an
// endpoint that does not exist or is being deleted.
func (h *Handler) Accept(endpointID string) error { return h.store.decide(endpointID, StatusAccepted) }

// Reject rejects an endpoint, as the owner of a service would: it becomes "rejected" after
// the time of [WithChangeDelay], at the earliest when it has been created. It fails for an
// endpoint that does not exist or is being deleted.
func (h *Handler) Reject(endpointID string) error { return h.store.decide(endpointID, StatusRejected) }

// SetStatus sets the status of an endpoint at once, to any value, and replaces its errors.
// It fails for an endpoint that does not exist or is being deleted.
func (h *Handler) SetStatus(endpointID, status string, errs ...EndpointError) error {
	errs = slices.Clone(errs)
	return h.store.change(endpointID, func(e *record, now time.Time) { e.set(now, status, errs) })
}
