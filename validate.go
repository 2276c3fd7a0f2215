package vpcep

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/rules"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// The limits of the specification: tables 1, 3 and 4. Lengths are in characters.
const (
	maxIDLength            = 64
	maxPortIPLength        = 128
	maxTagKeyLength        = 36
	maxTagValueLength      = 43
	maxWhitelistEntries    = 20
	maxStatements          = 10 // from the pages of the policy operations
	maxTags                = 20 // not in the specification: the cloud's usual limit for a resource
	maxPageSize            = 1000
	maxServiceNameLength   = 128 // of a filter, from the pages of the list operations
	forbiddenInTags        = `=*<>\,|/`
	forbiddenInDescription = "<>"
	maxTokenLength         = 64 << 10 // table 2 says 2048, but IAM issues longer ones
)

// fieldErrors collects the invalid fields.
type fieldErrors []FieldError

func (f *fieldErrors) add(field, format string, args ...any) {
	*f = append(*f, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// err returns a *ValidationError, or nil if there are no errors.
func (f fieldErrors) err() error {
	if len(f) == 0 {
		return nil
	}
	return &ValidationError{Fields: f}
}

// Validate reports every field that the service would refuse, by its name on the
// wire ("tags[2].key"): specification, tables 3 and 4. It returns nil or a
// *ValidationError. CreateEndpoint calls it unless WithoutValidation is set.
//
// It does not know the service that the endpoint connects to. What the type of the
// service requires or forbids (SubnetID, RouteTables, Whitelist) is left to the service;
// PreflightCreateEndpoint checks it.
func (r CreateEndpointRequest) Validate() error {
	var f fieldErrors
	f.createEndpoint(r)
	return f.err()
}

func (f *fieldErrors) createEndpoint(r CreateEndpointRequest) {
	f.length("endpoint_service_id", r.EndpointServiceID, 1, maxIDLength)
	f.length("vpc_id", r.VPCID, 1, maxIDLength)
	f.length("subnet_id", r.SubnetID, 0, maxIDLength)
	f.portIP("port_ip", r.PortIP)
	f.keyedTags(r.Tags, r.IdempotencyKey, r.Resume)
	f.routeTables(r.RouteTables)
	f.whitelist(r.Whitelist)
	f.text("description", r.Description, forbiddenInDescription)
	f.policyStatements(r.PolicyStatement)
	f.policyDocument(r.PolicyDocument)
	f.oneOf("ip_version", string(r.IPVersion), "", string(IPVersionIPv4), string(IPVersionDualStack))
	f.text("specification_name", r.SpecificationName, "")
	f.ipv6Address("ipv6_address", r.IPv6Address)
	f.extra(r.Extra, createFields.Has)
}

// broken adds an error for a field that breaks a rule of internal/rules; rule is "" if
// it breaks none. For lists, use element, which formats the field's name only if a rule
// is broken, because formatting takes longer than checking.
func (f *fieldErrors) broken(field, rule string) {
	if rule != "" {
		f.add(field, "%s", rule)
	}
}

// length requires between least and most characters.
func (f *fieldErrors) length(field, s string, least, most int) {
	f.broken(field, rules.Length(s, least, most))
	f.broken(field, rules.Encoding(s))
}

// text requires that s contains none of the forbidden characters.
func (f *fieldErrors) text(field, s, forbidden string) {
	f.broken(field, rules.Text(s, forbidden))
	f.broken(field, rules.Encoding(s))
}

func (f *fieldErrors) portIP(field, s string) {
	if s != "" {
		f.broken(field, rules.IPv4(s, maxPortIPLength))
	}
}

func (f *fieldErrors) ipv6Address(field, s string) {
	if s != "" {
		f.broken(field, rules.IPv6(s))
	}
}

func (f *fieldErrors) tags(tags []Tag) {
	for i, tag := range tags {
		f.tagText("tags", i, ".key", tag.Key, 1, maxTagKeyLength)
		// More tags than maxTags are invalid anyway, and comparing so few is faster than
		// hashing them.
		earlier := tags[:min(i, maxTags)]
		if first := slices.IndexFunc(earlier, func(t Tag) bool { return t.Key == tag.Key }); first >= 0 {
			f.add(indexed("tags", i, ".key"), "repeats the key of tags[%d]", first)
		}
		f.tagText("tags", i, ".value", tag.Value, 0, maxTagValueLength)
	}
}

// keyedTags checks the tags of a create and the key that is sent with them.
func (f *fieldErrors) keyedTags(tags []Tag, key string, resume bool) {
	f.tags(tags)
	f.reservedTag(tags)
	f.tagCount(len(withKeyTag(tags, key, "")))
	f.idempotencyKey(key)
	if resume && key == "" {
		f.add("Resume", "requires an IdempotencyKey")
	}
}

// element adds an error for each rule that a field of a list breaks.
func (f *fieldErrors) element(list string, i int, member string, broken ...string) {
	for _, rule := range broken {
		if rule != "" {
			f.add(indexed(list, i, member), "%s", rule)
		}
	}
}

// notEmpty requires that a list has elements.
func (f *fieldErrors) notEmpty(list string, n int) {
	if n == 0 {
		f.add(list, "must not be empty")
	}
}

// tagCount checks the number of tags, including the tag of the idempotency key.
func (f *fieldErrors) tagCount(n int) {
	if n > maxTags {
		f.add("tags", "has %d tags, including the tag of the idempotency key; at most %d are allowed", n, maxTags)
	}
}

// indexed returns the name of a field of a list.
func indexed(list string, i int, member string) string {
	return fmt.Sprintf("%s[%d]%s", list, i, member)
}

// tagText checks the rules that keys and values of tags share.
func (f *fieldErrors) tagText(list string, i int, member, s string, least, most int) {
	for _, rule := range [...]string{rules.Length(s, least, most), rules.Encoding(s), rules.Text(s, forbiddenInTags), rules.Spaces(s)} {
		if rule != "" {
			f.add(indexed(list, i, member), "%s", rule)
		}
	}
}

// idempotencyKey checks the key as a tag value, which it is sent as.
func (f *fieldErrors) idempotencyKey(key string) {
	f.length("idempotency_key", key, 0, maxKeyLength)
	f.broken("idempotency_key", rules.Text(key, forbiddenInTags))
	f.broken("idempotency_key", rules.Spaces(key))
}

// whitelist checks the whitelist of a create; a change may have more entries.
func (f *fieldErrors) whitelist(entries []string) {
	if len(entries) > maxWhitelistEntries {
		f.add("whitelist", "has %d entries; at most %d are allowed", len(entries), maxWhitelistEntries)
	}
	f.whitelistEntries(entries)
}

func (f *fieldErrors) routeTables(ids []string) {
	for i, id := range ids {
		for _, rule := range [...]string{rules.Length(id, 1, maxIDLength), rules.Encoding(id)} {
			if rule != "" {
				f.add(indexed("routetables", i, ""), "%s", rule)
			}
		}
	}
}

func (f *fieldErrors) whitelistEntries(entries []string) {
	for i, entry := range entries {
		if rule := rules.Block(entry); rule != "" {
			f.add(indexed("whitelist", i, ""), "%s", rule)
		}
	}
}

func (f *fieldErrors) policyStatements(statements []PolicyStatement) {
	if len(statements) > maxStatements {
		f.add("policy_statement", "has %d statements; at most %d are allowed", len(statements), maxStatements)
	}
	for i, s := range statements {
		field := func(member string) string { return indexed("policy_statement", i, member) }
		if len(s.Raw) > 0 {
			if !json.Valid(s.Raw) {
				f.add(field(""), "Raw is not valid JSON")
			}
			continue
		}
		f.oneOf(field(".Effect"), s.Effect, "Allow", "Deny")
		for _, member := range [...]struct {
			name string
			list []string
		}{{"Action", s.Action}, {"Resource", s.Resource}} {
			if _, negated := s.Extra["Not"+member.name]; len(member.list) == 0 && !negated {
				f.add(field("."+member.name), "must not be empty")
			}
		}
		if len(s.Condition) > 0 && !json.Valid(s.Condition) {
			f.add(field(".Condition"), "is not valid JSON")
		}
		for name, raw := range s.Extra {
			if !json.Valid(raw) {
				f.add(field("."+name), "is not valid JSON")
			}
		}
	}
}

func (f *fieldErrors) policyDocument(document json.RawMessage) {
	if len(document) == 0 {
		return
	}
	// The service's pages document both an object and a string that holds one.
	if object, ok := wire.Document(wire.Of(document)); !ok || !wire.Of(object).IsObject() || !json.Valid(object) || !json.Valid(document) {
		f.add("policy_document", "is not a JSON object")
	}
}

// oneOf requires one of the allowed values.
func (f *fieldErrors) oneOf(field, s string, allowed ...string) {
	if slices.Contains(allowed, s) {
		return
	}
	named := slices.DeleteFunc(slices.Clone(allowed), func(a string) bool { return a == "" })
	f.add(field, "must be %s, not %s", strings.Join(named, " or "), text.Quoted(s))
}

// pathSegment requires an ID that cannot change the path of a URL. It applies even
// without validation, because the path decides where credentials are sent.
func (f *fieldErrors) pathSegment(field, id string) {
	f.length(field, id, 1, maxIDLength)
	f.broken(field, rules.PathSegment(id))
}

// extra requires fields that are JSON and that the request does not already have.
func (f *fieldErrors) extra(extra map[string]json.RawMessage, has func(name string) bool) {
	for name, raw := range extra {
		if !json.Valid(raw) {
			f.add(name, "is not valid JSON")
		}
		if has(name) {
			f.add(name, "must not be in Extra, because the request has this field")
		}
	}
}

func oneOf(s string, allowed ...string) bool { return slices.Contains(allowed, s) }
