package vpceptest

import (
	"encoding/json"
	"net/netip"
)

// createRequest is the body of a create request. Empty and absent are the same, because no
// documented default differs from the empty value.
type createRequest struct {
	ServiceID     string
	VPCID         string
	SubnetID      string
	PortIP        string
	EnableDNS     bool
	Description   string
	IPVersion     string
	IPv6Address   string
	Specification string
	attributes

	given map[string]bool // the fields that the body has
}

var createFields = fields[createRequest]{
	"endpoint_service_id": field("a string", func(r *createRequest) *string { return &r.ServiceID }),
	"vpc_id":              field("a string", func(r *createRequest) *string { return &r.VPCID }),
	"subnet_id":           field("a string", func(r *createRequest) *string { return &r.SubnetID }),
	"port_ip":             field("a string", func(r *createRequest) *string { return &r.PortIP }),
	"enable_dns":          readEnableDNS,
	"tags": func(r *createRequest, raw json.RawMessage) (refusal *apiError) {
		r.Tags, refusal = readTags(raw)
		return refusal
	},
	"routetables":        field("an array of strings", func(r *createRequest) *[]string { return &r.RouteTables }),
	"whitelist":          field("an array of strings", func(r *createRequest) *[]string { return &r.Whitelist }),
	"enable_whitelist":   field("a boolean", func(r *createRequest) *bool { return &r.EnableWhitelist }),
	"description":        field("a string", func(r *createRequest) *string { return &r.Description }),
	"policy_statement":   func(r *createRequest, raw json.RawMessage) *apiError { return readPolicyStatement(&r.policy, raw) },
	"policy_document":    func(r *createRequest, raw json.RawMessage) *apiError { return readPolicyDocument(&r.policy, raw) },
	"ip_version":         field("a string", func(r *createRequest) *string { return &r.IPVersion }),
	"ipv6_address":       field("a string", func(r *createRequest) *string { return &r.IPv6Address }),
	"specification_name": field("a string", func(r *createRequest) *string { return &r.Specification }),
}

// parseCreate reads a create request and makes the checks that need no service.
func parseCreate(c *call) (r createRequest, refusal *apiError) {
	if r.given, refusal = createFields.read(c, &r); refusal != nil {
		return r, refusal
	}
	return r, r.check()
}

// readEnableDNS also accepts a string: the specification's own sample sends "false".
func readEnableDNS(r *createRequest, raw json.RawMessage) *apiError {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return field("a boolean", func(r *createRequest) *bool { return &r.EnableDNS })(r, raw)
	}
	if text != "true" && text != "false" {
		return errEnableDNS.plain()
	}
	r.EnableDNS = text == "true"
	return nil
}

// ipv6 returns the IPv6 address of a dual-stack endpoint.
func (r createRequest) ipv6(seq int64) string {
	if r.IPVersion != "dualstack" {
		return ""
	}
	if r.IPv6Address != "" {
		return r.IPv6Address
	}
	addr := netip.MustParseAddr("2001:db8::").As16()
	for i := range 8 {
		addr[15-i] = byte((seq + 10) >> (8 * i))
	}
	return netip.AddrFrom16(addr).String()
}
