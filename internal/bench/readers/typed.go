package readers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/vpcep/vpcep-go"
)

// typedEndpoint is what the specification says of an endpoint.
type typedEndpoint struct {
	ID                  string               `json:"id"`
	ServiceType         vpcep.ServiceType    `json:"service_type"`
	Status              vpcep.EndpointStatus `json:"status"`
	ActiveStatus        []vpcep.ActiveStatus `json:"active_status"`
	EnableStatus        vpcep.EnableStatus   `json:"enable_status"`
	EndpointServiceName string               `json:"endpoint_service_name"`
	EndpointServiceID   string               `json:"endpoint_service_id"`
	MarkerID            int64                `json:"marker_id"`
	EnableDNS           bool                 `json:"enable_dns"`
	DNSNames            []string             `json:"dns_names"`
	IP                  string               `json:"ip"`
	IPv6Address         string               `json:"ipv6_address"`
	VPCID               string               `json:"vpc_id"`
	SubnetID            string               `json:"subnet_id"`
	ProjectID           string               `json:"project_id"`
	CreatedAt           time.Time            `json:"created_at"`
	UpdatedAt           time.Time            `json:"updated_at"`
	Tags                []vpcep.Tag          `json:"tags"`
	Whitelist           []string             `json:"whitelist"`
	EnableWhitelist     bool                 `json:"enable_whitelist"`
	RouteTables         []string             `json:"routetables"`
	SpecificationName   string               `json:"specification_name"`
	Description         string               `json:"description"`
	PolicyStatement     []typedStatement     `json:"policy_statement"`
	PolicyDocument      json.RawMessage      `json:"policy_document"`
	EndpointPoolID      string               `json:"endpoint_pool_id"`
	PublicBorderGroup   string               `json:"public_border_group"`
}

type typedStatement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        json.RawMessage
}

// decodeTyped reads an answer that is just as documented straight into a struct,
// and every other one in a second try, through the map.
func decodeTyped(data []byte) (*vpcep.Endpoint, error) {
	var t typedEndpoint
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return decodeEndpoint(throughMap, data)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return decodeEndpoint(throughMap, data)
	}
	e := &vpcep.Endpoint{
		ID: t.ID, ServiceType: t.ServiceType, Status: t.Status, ActiveStatus: t.ActiveStatus, EnableStatus: t.EnableStatus,
		EndpointServiceName: t.EndpointServiceName, EndpointServiceID: t.EndpointServiceID, MarkerID: t.MarkerID,
		EnableDNS: t.EnableDNS, DNSNames: t.DNSNames, IP: t.IP, IPv6Address: t.IPv6Address, VPCID: t.VPCID,
		SubnetID: t.SubnetID, ProjectID: t.ProjectID, CreatedAt: t.CreatedAt.UTC(), UpdatedAt: t.UpdatedAt.UTC(),
		Tags: t.Tags, Whitelist: t.Whitelist, EnableWhitelist: t.EnableWhitelist, RouteTables: t.RouteTables,
		SpecificationName: t.SpecificationName, Description: t.Description,
		PolicyDocument: t.PolicyDocument, EndpointPoolID: t.EndpointPoolID, PublicBorderGroup: t.PublicBorderGroup,
		PolicyStatement: make([]vpcep.PolicyStatement, len(t.PolicyStatement)),
	}
	for i, s := range t.PolicyStatement {
		e.PolicyStatement[i] = vpcep.PolicyStatement{Sid: s.Sid, Effect: s.Effect, Action: s.Action, Resource: s.Resource, Condition: s.Condition}
	}
	return e, nil
}
