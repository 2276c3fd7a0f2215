package vpceptest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	timeFormat   = "2006-01-02T15:04:05Z"
	milliseconds = "2006-01-02T15:04:05.000Z"
)

// wireEndpoint is an endpoint in a response.
type wireEndpoint struct {
	ID                  string          `json:"id"`
	ServiceType         string          `json:"service_type"`
	Status              string          `json:"status"`
	ActiveStatus        []string        `json:"active_status"`
	EndpointServiceName string          `json:"endpoint_service_name"`
	MarkerID            int64           `json:"marker_id"`
	EndpointServiceID   string          `json:"endpoint_service_id"`
	EnableDNS           *bool           `json:"enable_dns,omitempty"`
	DNSNames            []string        `json:"dns_names,omitempty"`
	IP                  string          `json:"ip,omitempty"`
	IPv6Address         string          `json:"ipv6_address,omitempty"`
	IPVersion           string          `json:"ip_version,omitempty"` // not in the reference, but observed
	SubnetID            string          `json:"subnet_id,omitempty"`
	VPCID               string          `json:"vpc_id"`
	CreatedAt           string          `json:"created_at"`
	UpdatedAt           string          `json:"updated_at"`
	ProjectID           string          `json:"project_id"`
	Tags                []Tag           `json:"tags"`
	Whitelist           []string        `json:"whitelist,omitzero"` // [] if empty, absent on gateways
	EnableWhitelist     *bool           `json:"enable_whitelist,omitempty"`
	RouteTables         []string        `json:"routetables,omitzero"` // the other way round
	SpecificationName   string          `json:"specification_name"`
	Description         string          `json:"description"`
	PolicyStatement     json.RawMessage `json:"policy_statement,omitempty"`
	PolicyDocument      json.RawMessage `json:"policy_document,omitempty"`
	EnableStatus        string          `json:"enable_status"`
	EndpointPoolID      string          `json:"endpoint_pool_id"`
	Error               []EndpointError `json:"error,omitempty"`
}

func (h *Handler) wire(e Endpoint) wireEndpoint {
	w := wireEndpoint{
		ID:                  e.ID,
		ServiceType:         e.ServiceType,
		Status:              e.Status,
		ActiveStatus:        []string{"active"},
		EndpointServiceName: e.ServiceName,
		MarkerID:            e.MarkerID,
		EndpointServiceID:   e.ServiceID,
		VPCID:               e.VPCID,
		CreatedAt:           h.cfg.formatTime(e.CreatedAt),
		UpdatedAt:           h.cfg.formatTime(e.UpdatedAt),
		ProjectID:           e.ProjectID,
		Tags:                append([]Tag{}, e.Tags...), // never null
		SpecificationName:   e.Specification,
		Description:         e.Description,
		PolicyStatement:     e.PolicyStatement,
		PolicyDocument:      e.PolicyDocument,
		EnableStatus:        "enable",
		EndpointPoolID:      endpointPoolID,
		Error:               e.Errors,
	}
	if (Service{Type: e.ServiceType}).isGateway() {
		w.RouteTables = append([]string{}, e.RouteTables...) // never null
		return w
	}
	w.EnableDNS, w.EnableWhitelist = &e.EnableDNS, &e.EnableWhitelist
	w.DNSNames, w.IP, w.IPv6Address, w.SubnetID = e.DNSNames, e.IP, e.IPv6Address, e.SubnetID
	w.IPVersion = e.IPVersion
	w.Whitelist = append([]string{}, e.Whitelist...) // never null
	return w
}

var endpointPoolID = derivedUUID("endpoint pool")

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// formatTime formats the times of endpoints and connections.
func (s *settings) formatTime(t time.Time) string {
	if s.fractional {
		return t.UTC().Format(milliseconds)
	}
	return formatTime(t)
}

// formatMicros formats a time as IAM and the metadata service do.
func formatMicros(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func ok(body any) *answer {
	return &answer{status: http.StatusOK, body: mustJSON(body)}
}

func text(status int, body string) *answer {
	return &answer{
		status: status,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(body),
	}
}

// matches reports whether a list filter, if set, equals a value.
func matches(filter, value string) bool { return filter == "" || filter == value }

// contains reports whether a value contains a list filter, if set, ignoring case.
func contains(filter, value string) bool {
	return filter == "" || strings.Contains(strings.ToLower(value), strings.ToLower(filter))
}
