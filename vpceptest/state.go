package vpceptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// SeedEndpoint is an endpoint to add in any state. Only what the stand-in itself needs is
// validated: two endpoints may have the same idempotency key's tag, and any status is
// accepted.
type SeedEndpoint struct {
	ProjectID       string          `json:"project_id"` // default: the first account's
	ID              string          `json:"id"`         // default: a new one
	ServiceID       string          `json:"endpoint_service_id"`
	VPCID           string          `json:"vpc_id"`
	SubnetID        string          `json:"subnet_id"`
	Status          string          `json:"status"` // default: accepted
	IP              string          `json:"ip"`     // default: a free one
	EnableDNS       bool            `json:"enable_dns"`
	Tags            []Tag           `json:"tags"`
	RouteTables     []string        `json:"routetables"`
	Whitelist       []string        `json:"whitelist"`
	EnableWhitelist bool            `json:"enable_whitelist"`
	Description     string          `json:"description"`
	PolicyStatement json.RawMessage `json:"policy_statement"`
	PolicyDocument  json.RawMessage `json:"policy_document"`
	Errors          []EndpointError `json:"error"`
	CreatedAt       time.Time       `json:"created_at"` // default: now
	UpdatedAt       time.Time       `json:"updated_at"` // default: CreatedAt
}

// SeedService is an account's own service to add in any state.
type SeedService struct {
	ProjectID       string          `json:"project_id"` // default: the first account's
	ID              string          `json:"id"`         // default: a new one
	Name            string          `json:"service_name"`
	Type            string          `json:"service_type"` // default: TypeInterface
	Status          string          `json:"status"`       // default: available
	ApprovalEnabled bool            `json:"approval_enabled"`
	Tags            []Tag           `json:"tags"`
	Permissions     []string        `json:"permissions"`
	Description     string          `json:"description"`
	EnablePolicy    bool            `json:"enable_policy"` // endpoints may have a policy
	Errors          []EndpointError `json:"error"`
	CreatedAt       time.Time       `json:"created_at"` // default: now
	UpdatedAt       time.Time       `json:"updated_at"` // default: CreatedAt
}

// Seed is a state to begin with, or to add. Its JSON is the format of a seed file.
type Seed struct {
	Services  []SeedService  `json:"services"`
	Endpoints []SeedEndpoint `json:"endpoints"`
}

// Put adds services and endpoints in any state, services first. It stops at the first one
// that cannot be added, because its project does not exist, its ID or address is taken, its
// service is unknown, or a permission is invalid. The error names the field.
func (h *Handler) Put(seed Seed) error {
	for i, s := range seed.Services {
		if err := h.putService(s); err != nil {
			return fmt.Errorf("vpceptest: services[%d].%w", i, err)
		}
	}
	for i, e := range seed.Endpoints {
		if err := h.putEndpoint(e); err != nil {
			return fmt.Errorf("vpceptest: endpoints[%d].%w", i, err)
		}
	}
	return nil
}

func (h *Handler) seeded(projectID string) (*account, error) {
	if projectID == "" {
		return h.accounts[0], nil
	}
	if a := h.byProject(projectID); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("project_id: there is no project %q", projectID)
}

func (h *Handler) putService(s SeedService) error {
	a, err := h.seeded(s.ProjectID)
	if err != nil {
		return err
	}
	now := h.store.lock()
	defer h.store.mu.Unlock()
	s.CreatedAt = firstTime(s.CreatedAt, now)
	s.UpdatedAt = firstTime(s.UpdatedAt, s.CreatedAt)
	s.ID = cmp.Or(s.ID, newUUID())
	if h.store.services[s.ID] != nil {
		return fmt.Errorf("id: %q is taken", s.ID)
	}
	base := Service{ID: s.ID, Type: cmp.Or(s.Type, TypeInterface), Owner: a.DomainName, CreatedAt: s.CreatedAt, Private: true, Approval: s.ApprovalEnabled}
	svc := &service{
		Service: base, account: a, details: declaredDetails(base), tags: slices.Clone(s.Tags),
		readyAt: s.CreatedAt, updatedAt: s.UpdatedAt, status: s.Status, errs: slices.Clone(s.Errors),
	}
	svc.description, svc.enablePolicy = s.Description, s.EnablePolicy
	svc.rename(s.Name)
	for _, value := range s.Permissions {
		if permissionKind(value) == "" {
			return fmt.Errorf("permissions: %q is not a valid permission", value)
		}
		if _, refusal := svc.allow(value, permissionKind(value), "", s.CreatedAt); refusal != nil {
			return fmt.Errorf("permissions: %q: %s", value, refusal.message)
		}
	}
	h.store.services[s.ID] = svc
	at, _ := slices.BinarySearchFunc(a.services, s.CreatedAt, func(other *service, t time.Time) int {
		return cmp.Or(other.CreatedAt.Compare(t), -1)
	})
	a.services = slices.Insert(a.services, at, svc)
	return nil
}

func (h *Handler) putEndpoint(s SeedEndpoint) error {
	a, err := h.seeded(s.ProjectID)
	if err != nil {
		return err
	}
	now := h.store.lock()
	defer h.store.mu.Unlock()
	svc, err := h.store.seedService(a, s.ServiceID, now)
	if err != nil {
		return err
	}
	s.CreatedAt = firstTime(s.CreatedAt, now)
	s.UpdatedAt = firstTime(s.UpdatedAt, s.CreatedAt)
	s.ID = cmp.Or(s.ID, newUUID())
	if h.store.byID[s.ID] != nil {
		return fmt.Errorf("id: %q is taken", s.ID)
	}
	for name, policy := range map[string]json.RawMessage{"policy_statement": s.PolicyStatement, "policy_document": s.PolicyDocument} {
		if policy != nil && !json.Valid(policy) {
			return fmt.Errorf("%s: is not valid JSON", name)
		}
	}
	req := createRequest{
		ServiceID: s.ServiceID, VPCID: s.VPCID, SubnetID: s.SubnetID, PortIP: s.IP, EnableDNS: s.EnableDNS, Description: s.Description,
		attributes: attributes{
			Tags: slices.Clone(s.Tags), RouteTables: slices.Clone(s.RouteTables),
			Whitelist: slices.Clone(s.Whitelist), EnableWhitelist: s.EnableWhitelist,
			policy: policy{PolicyStatement: bytes.Clone(s.PolicyStatement), PolicyDocument: bytes.Clone(s.PolicyDocument)},
		},
	}
	e := &record{
		account: a, id: s.ID, request: req, service: svc, createdAt: s.CreatedAt, listedAt: s.CreatedAt, readyAt: s.CreatedAt,
		standing: newTimeline(s.UpdatedAt, standing{status: cmp.Or(s.Status, StatusAccepted), errors: slices.Clone(s.Errors)}),
		attrs:    newTimeline(s.UpdatedAt, req.attributes),
	}
	if refusal := h.store.connect(e); refusal != nil {
		return fmt.Errorf("ip: %q is in use", s.IP)
	}
	h.store.add(e)
	return nil
}

func firstTime(t, otherwise time.Time) time.Time {
	if t.IsZero() {
		return otherwise
	}
	return t
}

// seedService returns the service of an endpoint, whoever may connect to it.
func (s *store) seedService(a *account, id string, now time.Time) (*service, error) {
	if svc := s.services[id]; svc != nil && !svc.gone {
		return svc, nil
	}
	svc, refusal := s.reachable(a, id, now)
	if refusal != nil || id == "" {
		return nil, fmt.Errorf("endpoint_service_id: there is no service %q", id)
	}
	return svc, nil
}

// OwnService is an account's own service as the stand-in shows it to tests.
type OwnService struct {
	ID              string    `json:"id"`
	ProjectID       string    `json:"project_id"`
	Name            string    `json:"service_name"`
	Status          string    `json:"status"`
	ApprovalEnabled bool      `json:"approval_enabled"`
	Connections     int       `json:"connection_count"` // endpoints that are creating or accepted
	Tags            []Tag     `json:"tags,omitempty"`
	Permissions     []string  `json:"permissions,omitempty"`
	Edition         string    `json:"edition,omitempty"` // "profession" after an upgrade
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
}

// Services returns the accounts' own services, including those of [WithService] and those
// being deleted, account by account in the order of their creation.
func (h *Handler) Services() []OwnService {
	now := h.store.lock()
	defer h.store.mu.Unlock()
	var out []OwnService
	for _, a := range h.accounts {
		for _, s := range a.services {
			about := OwnService{
				ID: s.ID, ProjectID: a.ProjectID, Name: s.Name, Status: s.statusAt(now), ApprovalEnabled: s.Approval,
				Connections: s.connections(now), Tags: slices.Clone(s.tags), Edition: s.edition,
				CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.updated(now).UTC(),
			}
			for _, p := range s.permissions {
				about.Permissions = append(about.Permissions, p.value)
			}
			out = append(out, about)
		}
	}
	return out
}

// WithSeed adds a state from the start, as [Handler.Put] does later. If something cannot be
// added, creating the server panics.
func WithSeed(seed Seed) Option {
	return func(s *settings) { s.seeds = append(s.seeds, seed) }
}

// StateJSON returns the whole state: accounts without their secrets, services, endpoints. The
// names of fields are those of a [Seed].
func (h *Handler) StateJSON() []byte {
	type account struct {
		ProjectID   string `json:"project_id"`
		ProjectName string `json:"project_name"`
		DomainName  string `json:"domain_name"`
		DomainID    string `json:"domain_id"`
	}
	state := struct {
		Accounts  []account    `json:"accounts"`
		Services  []OwnService `json:"services"`
		Endpoints []Endpoint   `json:"endpoints"`
	}{Services: []OwnService{}}
	for _, a := range h.Accounts() {
		state.Accounts = append(state.Accounts, account{a.ProjectID, a.ProjectName, a.DomainName, a.DomainID()})
	}
	state.Services, state.Endpoints = append(state.Services, h.Services()...), h.Endpoints()
	data, _ := json.MarshalIndent(state, "", "  ") // of this package's own types
	return append(data, '\n')
}
