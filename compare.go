package vpcep

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/policies"
)

// differences names the settings of req that e has otherwise. What a response leaves out
// is not a difference: an address, for example, is absent until the endpoint is accepted.
func differences(req CreateEndpointRequest, e *Endpoint) (fields []string) {
	differ := func(field string, differs bool) {
		if differs {
			fields = append(fields, field)
		}
	}
	// Some regions write IDs in upper case.
	text := func(field, asked, is string) { differ(field, asked != "" && is != "" && !strings.EqualFold(asked, is)) }
	text("endpoint_service_id", req.EndpointServiceID, e.EndpointServiceID)
	text("vpc_id", req.VPCID, e.VPCID)
	differ("description", req.Description != "" && e.Description != "" && strings.TrimSpace(req.Description) != strings.TrimSpace(e.Description))
	differ("tags", len(req.Tags) > 0 && e.Tags != nil && !sameSet(req.Tags, e.Tags))
	if e.ServiceType.isGateway() { // the settings below are for interface services
		differ("routetables", len(req.RouteTables) > 0 && e.RouteTables != nil && !sameSet(req.RouteTables, e.RouteTables))
		differ("policy_statement", len(req.PolicyStatement) > 0 && e.PolicyStatement != nil && !sameStatements(req.PolicyStatement, e.PolicyStatement))
		return fields
	}
	text("subnet_id", req.SubnetID, e.SubnetID)
	text("port_ip", req.PortIP, e.IP)
	text("ipv6_address", canonicalBlock(req.IPv6Address), canonicalBlock(e.IPv6Address))
	differ("ip_version", req.IPVersion == IPVersionIPv4 && e.IPv6Address != "")
	differ("enable_dns", req.EnableDNS && !e.EnableDNS)
	differ("whitelist", len(req.Whitelist) > 0 && e.Whitelist != nil &&
		!sameSet(canonicalBlocks(req.Whitelist), canonicalBlocks(e.Whitelist)))
	differ("enable_whitelist", req.EnableWhitelist && !e.EnableWhitelist)
	differ("policy_document", len(req.PolicyDocument) > 0 && e.PolicyDocument != nil && !policies.Same(req.PolicyDocument, e.PolicyDocument))
	return fields
}

// fixedDifferences is differences for only the settings that cannot be changed.
func fixedDifferences(req CreateEndpointRequest, e *Endpoint) []string {
	fixed := CreateEndpointRequest{
		EndpointServiceID: req.EndpointServiceID, VPCID: req.VPCID,
		SubnetID: req.SubnetID, PortIP: req.PortIP, IPv6Address: req.IPv6Address,
	}
	return differences(fixed, e)
}

// serviceDifferences is differences for endpoint services.
func serviceDifferences(req CreateServiceRequest, s *EndpointService) (fields []string) {
	differ := func(field string, differs bool) {
		if differs {
			fields = append(fields, field)
		}
	}
	text := func(field, asked, is string) { differ(field, asked != "" && is != "" && !strings.EqualFold(asked, is)) }
	text("port_id", req.PortID, s.PortID)
	text("vpc_id", req.VPCID, s.VPCID)
	text("server_type", req.ServerType, s.ServerType)
	differ("ports", len(req.Ports) > 0 && s.Ports != nil && !sameSet(withProtocol(req.Ports), s.Ports))
	// The name is one part of the full name.
	differ("service_name", req.Name != "" && s.Name != "" && !slices.Contains(strings.Split(s.Name, "."), req.Name))
	differ("approval_enabled", req.ApprovalEnabled != nil && *req.ApprovalEnabled != s.ApprovalEnabled)
	text("tcp_proxy", string(req.TCPProxy), string(s.TCPProxy))
	differ("tags", len(req.Tags) > 0 && s.Tags != nil && !sameSet(req.Tags, s.Tags))
	differ("description", req.Description != "" && s.Description != "" && strings.TrimSpace(req.Description) != strings.TrimSpace(s.Description))
	text("ip", req.IP, s.IP)
	text("ip_version", string(req.IPVersion), string(s.IPVersion))
	differ("enable_policy", req.EnablePolicy && s.EnablePolicy != nil && !*s.EnablePolicy)
	return fields
}

// fixedServiceDifferences is serviceDifferences for only the settings that cannot be
// changed.
func fixedServiceDifferences(req CreateServiceRequest, s *EndpointService) []string {
	return serviceDifferences(CreateServiceRequest{VPCID: req.VPCID, ServerType: req.ServerType, IPVersion: req.IPVersion}, s)
}

// canonicalBlocks returns addresses and blocks in a form that can be compared.
func canonicalBlocks(blocks []string) []string {
	canonical := make([]string, len(blocks))
	for i, block := range blocks {
		canonical[i] = canonicalBlock(block)
	}
	return canonical
}

func canonicalBlock(s string) string {
	if addr, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()).String()
	}
	if block, err := netip.ParsePrefix(s); err == nil {
		return block.Masked().String()
	}
	return s
}

// sameSet compares two lists, ignoring order and repetition.
func sameSet[T comparable](a, b []T) bool {
	within := func(list, other []T) bool {
		return !slices.ContainsFunc(list, func(v T) bool { return !slices.Contains(other, v) })
	}
	return within(a, b) && within(b, a)
}

// sameStatements compares two lists of statements by meaning.
func sameStatements(a, b []PolicyStatement) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && policies.Same(x, y)
}
