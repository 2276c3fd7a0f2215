package vpceptest

import (
	"encoding/json"
	"net/netip"
	"strings"
	"unicode/utf8"
)

const (
	maxIDLength         = 64
	maxWhitelist        = 20  // at creation
	maxUpdatedWhitelist = 200 // not documented: far more than for a create
	maxTags             = 20
	maxTagKeyLength     = 36 // characters
	maxTagValueLength   = 43
)

// check checks the fields that do not depend on the service.
func (r createRequest) check() *apiError {
	if r.ServiceID == "" {
		return errEmptyInput.with("endpoint_service_id is missing.")
	}
	if r.VPCID == "" {
		return errEmptyVPC.with("vpc_id is missing.")
	}
	if utf8.RuneCountInString(r.ServiceID) > maxIDLength {
		return errServiceID.plain()
	}
	if utf8.RuneCountInString(r.VPCID) > maxIDLength {
		return errVPCID.plain()
	}
	if strings.ContainsAny(r.Description, "<>") {
		return errParameter.with("description must not contain < or >.")
	}
	return checkTags(r.Tags)
}

// checkFor checks the fields that depend on the type of the service. For a gateway, the
// service ignores the fields of an interface, and vice versa.
func (r createRequest) checkFor(svc Service) *apiError {
	if svc.isGateway() {
		return checkRouteTables(r.RouteTables)
	}
	if r.SubnetID == "" {
		return errEmptySubnet.with("subnet_id is missing.")
	}
	if utf8.RuneCountInString(r.SubnetID) > maxIDLength {
		return errSubnetID.plain()
	}
	if r.given["policy_statement"] {
		return errPolicy.with("policy_statement is for gateway endpoints.")
	}
	if r.given["port_ip"] && !validPortIP(r.PortIP) {
		return errPortIP.plain()
	}
	if refusal := r.checkIPv6(); refusal != nil {
		return refusal
	}
	return checkWhitelist(r.Whitelist, maxWhitelist)
}

func checkRouteTables(ids []string) *apiError {
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || utf8.RuneCountInString(id) > maxIDLength || seen[id] {
			return errRouteTable.plain()
		}
		seen[id] = true
	}
	return nil
}

// validPortIP: an IPv4 address of a host.
func validPortIP(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is4() && !ip.IsUnspecified() && !ip.IsMulticast() && !ip.IsLoopback() &&
		s != "255.255.255.255"
}

func (r createRequest) checkIPv6() *apiError {
	if r.given["ip_version"] && r.IPVersion != "ipv4" && r.IPVersion != "dualstack" {
		return errParameter.with("ip_version must be ipv4 or dualstack.")
	}
	if !r.given["ipv6_address"] {
		return nil
	}
	if ip, err := netip.ParseAddr(r.IPv6Address); err != nil || !ip.Is6() || ip.Zone() != "" {
		return errParameter.with("ipv6_address is not an IPv6 address.")
	}
	if r.IPVersion != "dualstack" {
		return errParameter.with("ipv6_address requires ip_version dualstack.")
	}
	return nil
}

func checkWhitelist(entries []string, most int) *apiError {
	if len(entries) > most {
		return errWhitelistSize.plain()
	}
	for _, entry := range entries {
		if !validWhitelistEntry(entry) {
			return errWhitelist.plain()
		}
	}
	return nil
}

// validWhitelistEntry: an IPv4 address or network, but not one for all addresses.
func validWhitelistEntry(s string) bool {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Addr().Is4() && p.Bits() > 0
	}
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is4() && !ip.IsUnspecified()
}

func checkTags(tags []Tag) *apiError {
	if len(tags) > maxTags {
		return errTagCount.plain()
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		if refusal := tag.check(); refusal != nil {
			return refusal
		}
		if seen[tag.Key] {
			return errTagDuplicate.plain()
		}
		seen[tag.Key] = true
	}
	return nil
}

func (t Tag) check() *apiError {
	switch {
	case utf8.RuneCountInString(t.Key) > maxTagKeyLength:
		return errTagKeySize.plain()
	case utf8.RuneCountInString(t.Value) > maxTagValueLength:
		return errTagValueSize.plain()
	case t.Key == "" || !validTagText(t.Key) || !validTagText(t.Value):
		return errTag.plain()
	default:
		return nil
	}
}

func validTagText(s string) bool {
	return !strings.ContainsAny(s, `=*<>\,|/`) && s == strings.Trim(s, " ")
}

// statementFields are the fields of a policy statement, and whether they are optional.
var statementFields = map[string]struct {
	valid    func(json.RawMessage) bool
	optional bool
}{
	"Effect":    {valid: isEffect},
	"Action":    {valid: isStringOrStrings},
	"Resource":  {valid: isStringOrStrings},
	"Condition": {valid: isObject, optional: true},
	"Sid":       {valid: isString, optional: true},
}

// validStatements: an array of objects of the documented fields.
func validStatements(raw json.RawMessage) bool {
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return false
	}
	for _, statement := range list {
		if !validStatement(statement) {
			return false
		}
	}
	return true
}

func validStatement(statement map[string]json.RawMessage) bool {
	for name, value := range statement {
		if f, known := statementFields[name]; !known || !f.valid(value) {
			return false
		}
	}
	for name, f := range statementFields {
		if _, given := statement[name]; !given && !f.optional {
			return false
		}
	}
	return true
}

func isEffect(raw json.RawMessage) bool {
	return string(raw) == `"Allow"` || string(raw) == `"Deny"`
}

func isString(raw json.RawMessage) bool { return raw[0] == '"' }

func isObject(raw json.RawMessage) bool { return raw[0] == '{' }

func isStringOrStrings(raw json.RawMessage) bool {
	if isString(raw) {
		return true
	}
	var list []*string
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return false
	}
	for _, s := range list {
		if s == nil {
			return false
		}
	}
	return true
}
