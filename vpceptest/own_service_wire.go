package vpceptest

import "time"

// wireOwnService is a service as its owner sees it. Each response has the fields that its
// table lists.
type wireOwnService struct {
	ID               string          `json:"id"`
	PortID           string          `json:"port_id"`
	PoolID           string          `json:"pool_id,omitempty"`
	ServiceName      string          `json:"service_name"`
	ServerType       string          `json:"server_type"`
	ServiceType      string          `json:"service_type"`
	VPCID            string          `json:"vpc_id"`
	ApprovalEnabled  bool            `json:"approval_enabled"`
	Status           string          `json:"status"`
	CreatedAt        string          `json:"created_at"`
	UpdatedAt        string          `json:"updated_at"`
	ProjectID        string          `json:"project_id"`
	DomainID         string          `json:"domain_id,omitempty"`
	Ports            []port          `json:"ports"`
	IP               string          `json:"ip,omitempty"`
	TCPProxy         string          `json:"tcp_proxy"`
	Tags             []Tag           `json:"tags"`
	Description      string          `json:"description"`
	EnablePolicy     bool            `json:"enable_policy"`
	IPVersion        string          `json:"ip_version,omitempty"`
	ConnectionCount  *int            `json:"connection_count,omitempty"`
	SupportedEdition []string        `json:"supported_editions,omitempty"`
	CIDRType         string          `json:"cidr_type,omitempty"`
	Error            []wireErrorCode `json:"error,omitempty"`
}

// wireErrorCode is how the error of a service is documented.
type wireErrorCode struct {
	Message string `json:"message"`
	Code    string `json:"code"`
}

// where is the response that shows a service.
type where int

const (
	inCreate where = iota
	inGet
	inList
	inUpdate
)

func (s *store) wireService(svc *service, now time.Time, in where) wireOwnService {
	w := wireOwnService{
		ID: svc.ID, PortID: svc.portID, ServiceName: svc.Name, ServerType: svc.serverType, ServiceType: svc.Type,
		VPCID: svc.vpcID, ApprovalEnabled: svc.Approval, Status: svc.statusAt(now),
		CreatedAt: s.cfg.formatTime(svc.CreatedAt), UpdatedAt: s.cfg.formatTime(svc.updated(now)),
		ProjectID: svc.account.ProjectID, Ports: svc.ports, IP: svc.ip, TCPProxy: svc.tcpProxy,
		Tags: append([]Tag{}, svc.tags...), Description: svc.description, EnablePolicy: svc.enablePolicy,
	}
	if in != inList {
		w.PoolID = svc.poolID
	}
	if in == inCreate || in == inUpdate {
		w.IPVersion = svc.ipVersion
	}
	if in == inList {
		n := svc.connections(now)
		w.ConnectionCount, w.DomainID = &n, svc.account.DomainID()
	}
	if in == inGet {
		w.CIDRType = "internal"
	}
	if in == inGet || in == inList {
		w.SupportedEdition = svc.editions()
		for _, e := range svc.errs {
			w.Error = append(w.Error, wireErrorCode{Message: e.Message, Code: e.Code})
		}
	}
	return w
}

// editions returns the editions of the endpoints that can connect.
func (s *service) editions() []string {
	if s.edition == editionProfessional {
		return []string{editionProfessional, "basic"}
	}
	return []string{"basic"}
}
