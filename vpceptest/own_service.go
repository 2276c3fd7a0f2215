package vpceptest

import (
	"slices"
	"time"
)

// StatusAvailable is the status of a service that endpoints can connect to.
const StatusAvailable = "available"

// service is a stored endpoint service; the store's lock guards it. What a reader sees of
// it depends on the time.
type service struct {
	Service
	account   *account // the owner; nil: the cloud
	declared  bool     // by an option: open to everybody
	endpoints shelf

	details
	tags        []Tag
	permissions []permission
	edition     string // "" is basic
	servers     []serverResource

	readyAt   time.Time // when it stops being "creating"
	updatedAt time.Time
	status    string // in place of the one that follows from the times
	errs      []EndpointError

	deletedAt time.Time // zero: not deleted
	goneAt    time.Time
	gone      bool
}

// details are the settings of a service, which can be changed.
type details struct {
	short                            string // the part of its name that the owner chose
	portID, vpcID, serverType        string
	tcpProxy, description, ip        string
	ipVersion, snatNetworkID, poolID string
	ports                            []port
	enablePolicy                     bool
}

type port struct {
	Client   int    `json:"client_port"`
	Server   int    `json:"server_port"`
	Protocol string `json:"protocol"`
}

type serverResource struct {
	ID   string `json:"resource_id"`
	Zone string `json:"availability_zone_id,omitempty"`
}

// declaredDetails returns the details of a service that was not created over HTTP.
func declaredDetails(svc Service) details {
	return details{
		short:  svc.Name,
		portID: derivedUUID("port of " + svc.ID), vpcID: derivedUUID("vpc of " + svc.ID),
		serverType: "VM", tcpProxy: "close", ipVersion: "ipv4", poolID: endpointPoolID, enablePolicy: true,
		ports: []port{{Client: 80, Server: 80, Protocol: "TCP"}},
	}
}

func (s *service) deleted() bool { return !s.deletedAt.IsZero() }

// statusAt returns the service's status at a time.
func (s *service) statusAt(now time.Time) string {
	switch {
	case s.deleted():
		return StatusDeleting
	case s.status != "":
		return s.status
	case now.Before(s.readyAt):
		return StatusCreating
	default:
		return StatusAvailable
	}
}

// updated returns when the service last changed.
func (s *service) updated(now time.Time) time.Time {
	switch {
	case s.deleted():
		return s.deletedAt
	case s.readyAt.After(s.updatedAt) && !now.Before(s.readyAt):
		return s.readyAt
	default:
		return s.updatedAt
	}
}

// connectable returns why no endpoint can connect now, or nil.
func (s *service) connectable(now time.Time) *apiError {
	if s.gone || s.statusAt(now) != StatusAvailable {
		return errNoService.with("(It is not available.)")
	}
	return nil
}

// modifiable returns why the service cannot be changed now, or nil.
func (s *service) modifiable(now time.Time) *apiError {
	if s.statusAt(now) != StatusAvailable {
		return errServiceState.plain()
	}
	return nil
}

// connections counts the endpoints that are creating or accepted.
func (s *service) connections(now time.Time) int {
	return s.count(now, StatusCreating, StatusAccepted)
}

func (s *service) count(now time.Time, statuses ...string) int {
	n := 0
	for _, e := range s.endpoints.order {
		if !e.gone && slices.Contains(statuses, e.status(now, e.standing.at(e.clock(now)))) {
			n++
		}
	}
	return n
}

// rename sets the owner's part of the service's name.
func (s *service) rename(short string) {
	s.short = short
	s.Name = s.account.ProjectName + "." + s.ID
	if short != "" {
		s.Name = s.account.ProjectName + "." + short + "." + s.ID
	}
}

// own returns a service of the account that exists, even one being deleted.
func (s *store) own(a *account, id string) (*service, *apiError) {
	svc := s.services[id]
	if svc == nil || svc.gone || svc.account != a {
		return nil, errNoOwnService.plain()
	}
	return svc, nil
}

// changeService lets f read or change a service of the account while holding the lock, and
// returns the response of f.
func (s *store) changeService(c *call, f func(*service, time.Time) (*answer, *apiError)) (*answer, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	svc, refusal := s.own(c.account, c.params["service_id"])
	if refusal != nil {
		return nil, refusal
	}
	return f(svc, now)
}

func (s *store) createService(a *account, r serviceRequest) (*answer, *apiError) {
	now := s.lock()
	defer s.mu.Unlock()
	if s.cfg.svcQuota > 0 && len(a.services) >= s.cfg.svcQuota {
		return nil, errQuota.plain()
	}
	if refusal := a.conflict(nil, r.portID, r.ports); refusal != nil {
		return nil, refusal
	}
	svc := &service{
		Service: Service{ID: newUUID(), Type: TypeInterface, Owner: a.DomainName, CreatedAt: now, Private: true, Approval: r.approval},
		account: a, details: r.details, tags: r.tags, readyAt: now.Add(s.cfg.createDelay), updatedAt: now,
	}
	svc.rename(r.short)
	s.services[svc.ID] = svc
	a.services = append(a.services, svc)
	return ok(s.wireService(svc, now, inCreate)), nil
}

// conflict returns a refusal if another service of the account has one of the ports.
func (a *account) conflict(except *service, portID string, ports []port) *apiError {
	for _, other := range a.services {
		if other == except || other.gone || other.portID != portID {
			continue
		}
		for _, p := range ports {
			if slices.ContainsFunc(other.ports, func(q port) bool { return p.Server == q.Server && p.Protocol == q.Protocol }) {
				return errPortsConflict.plain()
			}
		}
	}
	return nil
}

func (s *store) deleteService(c *call) (*answer, *apiError) {
	return s.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if svc.deleted() {
			return nil, errServiceState.with("(It is being deleted.)")
		}
		if svc.count(now, StatusCreating, StatusAccepted, StatusPendingAcceptance, StatusDeleting) > 0 {
			return nil, errServiceInUse.plain()
		}
		svc.deletedAt, svc.goneAt = now, now.Add(s.cfg.deleteDelay)
		s.closing = append(s.closing, svc)
		s.expireServices(now)
		return noContent(), nil
	})
}

// expireServices removes the services whose deletion is complete.
func (s *store) expireServices(now time.Time) {
	for len(s.closing) > 0 && !now.Before(s.closing[0].goneAt) {
		svc := s.closing[0]
		svc.gone = true
		svc.account.services = slices.DeleteFunc(svc.account.services, func(other *service) bool { return other == svc })
		s.closing = s.closing[1:]
	}
}
