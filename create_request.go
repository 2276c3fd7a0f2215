package vpcep

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// createEndpointBody is the wire form of CreateEndpointRequest: specification,
// tables 3 and 4, and the newer fields.
type createEndpointBody struct {
	SubnetID          string          `json:"subnet_id,omitempty"`
	EndpointServiceID string          `json:"endpoint_service_id,omitempty"`
	VPCID             string          `json:"vpc_id,omitempty"`
	EnableDNS         bool            `json:"enable_dns,omitempty"`
	Tags              []Tag           `json:"tags,omitempty"`
	RouteTables       []string        `json:"routetables,omitempty"`
	PortIP            string          `json:"port_ip,omitempty"`
	Whitelist         []string        `json:"whitelist,omitempty"`
	EnableWhitelist   bool            `json:"enable_whitelist,omitempty"`
	Description       string          `json:"description,omitempty"`
	PolicyStatement   []any           `json:"policy_statement,omitempty"`
	PolicyDocument    json.RawMessage `json:"policy_document,omitempty"`
	IPVersion         IPVersion       `json:"ip_version,omitempty"`
	IPv6Address       string          `json:"ipv6_address,omitempty"`
}

// MarshalJSON writes the body of a create request. What is empty is left out;
// IdempotencyKey becomes a tag.
func (r CreateEndpointRequest) MarshalJSON() ([]byte, error) { return r.encode() }

// encode is MarshalJSON without the checks that encoding/json makes of what a
// MarshalJSON returns.
func (r *CreateEndpointRequest) encode() ([]byte, error) {
	digest := ""
	if r.IdempotencyKey != "" {
		digest = requestDigest(*r)
	}
	return marshalWithExtra(&createEndpointBody{
		SubnetID:          r.SubnetID,
		EndpointServiceID: r.EndpointServiceID,
		VPCID:             r.VPCID,
		EnableDNS:         r.EnableDNS,
		Tags:              withKeyTag(r.Tags, r.IdempotencyKey, digest),
		RouteTables:       r.RouteTables,
		PortIP:            r.PortIP,
		Whitelist:         r.Whitelist,
		EnableWhitelist:   r.EnableWhitelist,
		Description:       r.Description,
		PolicyStatement:   policyStatementBodies(r.PolicyStatement),
		PolicyDocument:    r.PolicyDocument,
		IPVersion:         r.IPVersion,
		IPv6Address:       r.IPv6Address,
	}, r.Extra)
}

// UnmarshalJSON reads the body of a create request. It takes the same drift in
// types as Endpoint does, but a field that makes no sense is an error here: a
// request that says something else than its author meant must not be sent.
// Fields that this version does not know are kept in Extra.
func (r *CreateEndpointRequest) UnmarshalJSON(data []byte) error {
	var read CreateEndpointRequest
	var odd []string
	err := wire.Of(data).Members(func(name string, v wire.Value) {
		if !isCreateField(name) {
			read.Extra = keepUnknown(read.Extra, name, v, false)
		} else if !read.setField(name, v) {
			odd = append(odd, name)
		}
	})
	if err != nil {
		return fmt.Errorf("vpcep: create request: %w", err)
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		return fmt.Errorf("vpcep: create request: unexpected type of %s", strings.Join(odd, ", "))
	}
	read.Tags, read.IdempotencyKey, _ = splitKeyTag(read.Tags)
	*r = read
	return nil
}

func (r *CreateEndpointRequest) setField(name string, v wire.Value) bool {
	switch name {
	case "subnet_id":
		return set(&r.SubnetID, v, wire.String)
	case "endpoint_service_id":
		return set(&r.EndpointServiceID, v, wire.String)
	case "vpc_id":
		return set(&r.VPCID, v, wire.String)
	case "enable_dns":
		return set(&r.EnableDNS, v, wire.Bool)
	case "tags":
		return set(&r.Tags, v, readTags)
	case "routetables":
		return set(&r.RouteTables, v, wire.Strings)
	case "port_ip":
		return set(&r.PortIP, v, wire.String)
	case "whitelist":
		return set(&r.Whitelist, v, wire.Strings)
	case "enable_whitelist":
		return set(&r.EnableWhitelist, v, wire.Bool)
	case "description":
		return set(&r.Description, v, wire.String)
	case "policy_statement":
		return set(&r.PolicyStatement, v, readPolicyStatements)
	case "policy_document":
		return set(&r.PolicyDocument, v, wire.Document)
	case "ip_version":
		return set(&r.IPVersion, v, wire.Word[IPVersion])
	case "ipv6_address":
		return set(&r.IPv6Address, v, wire.String)
	}
	return true
}

// isCreateField reports a name that CreateEndpointRequest has a field for.
func isCreateField(name string) bool {
	switch name {
	case "subnet_id", "endpoint_service_id", "vpc_id", "enable_dns", "tags", "routetables", "port_ip", "whitelist",
		"enable_whitelist", "description", "policy_statement", "policy_document", "ip_version", "ipv6_address":
		return true
	}
	return false
}
