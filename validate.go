package vpcep

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of the specification: tables 1, 3 and 4. Lengths are in characters.
const (
	maxIDLength               = 64
	maxPortIPLength           = 128
	maxTagKeyLength           = 36
	maxTagValueLength         = 43
	maxWhitelistEntries       = 20
	maxPageSize               = 1000
	forbiddenInTags           = `=*<>\,|/`
	forbiddenInDescription    = "<>"
	maxTokenLength            = 2048
	maxCharactersInOneMessage = 80
)

// fieldErrors gathers what is wrong, field by field.
type fieldErrors []FieldError

func (f *fieldErrors) add(field, format string, args ...any) {
	*f = append(*f, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// err is nil where nothing is wrong.
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
// It knows nothing of the service connected to; what a type of service demands
// or forbids (SubnetID, RouteTables, Whitelist) is left to the service.
func (r CreateEndpointRequest) Validate() error {
	var f fieldErrors
	f.length("endpoint_service_id", r.EndpointServiceID, 1, maxIDLength)
	f.length("vpc_id", r.VPCID, 1, maxIDLength)
	f.length("subnet_id", r.SubnetID, 0, maxIDLength)
	f.portIP("port_ip", r.PortIP)
	f.tags(r.Tags)
	f.idempotencyKey(r.IdempotencyKey)
	f.routeTables(r.RouteTables)
	f.whitelist(r.Whitelist)
	f.text("description", r.Description, forbiddenInDescription)
	f.policyStatements(r.PolicyStatement)
	f.policyDocument(r.PolicyDocument)
	f.text("ip_version", string(r.IPVersion), "")
	f.ipv6Address("ipv6_address", r.IPv6Address)
	return f.err()
}

// length demands between least and most characters.
func (f *fieldErrors) length(field, s string, least, most int) {
	switch n := utf8.RuneCountInString(s); {
	case n < least && n == 0:
		f.add(field, "must not be empty")
	case n > most:
		f.add(field, "has %d characters, at most %d are allowed", n, most)
	}
	f.encoding(field, s)
}

// encoding demands UTF-8: JSON has no other, and would carry something else than was meant.
func (f *fieldErrors) encoding(field, s string) {
	if !utf8.ValidString(s) {
		f.add(field, "is not valid UTF-8")
	}
}

// text demands that none of the forbidden characters is in s.
func (f *fieldErrors) text(field, s, forbidden string) {
	if i := strings.IndexAny(s, forbidden); i >= 0 {
		f.add(field, "must not contain %q", s[i:i+1])
	}
	f.encoding(field, s)
}

func (f *fieldErrors) portIP(field, s string) {
	if s == "" {
		return
	}
	if n := utf8.RuneCountInString(s); n > maxPortIPLength {
		f.add(field, "has %d characters, at most %d are allowed", n, maxPortIPLength)
		return
	}
	if addr, err := netip.ParseAddr(s); err != nil || !addr.Is4() {
		f.add(field, "%s is not an IPv4 address", quoted(s))
	}
}

func (f *fieldErrors) ipv6Address(field, s string) {
	if s == "" {
		return
	}
	if addr, err := netip.ParseAddr(s); err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "" {
		f.add(field, "%s is not an IPv6 address", quoted(s))
	}
}

func (f *fieldErrors) tags(tags []Tag) {
	firstIndex := make(map[string]int, len(tags))
	for i, tag := range tags {
		key := fmt.Sprintf("tags[%d].key", i)
		f.length(key, tag.Key, 1, maxTagKeyLength)
		f.tagText(key, tag.Key)
		if tag.Key == IdempotencyTagKey {
			f.add(key, "%q is reserved for the idempotency key", tag.Key)
		}
		if first, repeated := firstIndex[tag.Key]; repeated {
			f.add(key, "repeats the key of tags[%d]", first)
		} else {
			firstIndex[tag.Key] = i
		}
		value := fmt.Sprintf("tags[%d].value", i)
		f.length(value, tag.Value, 0, maxTagValueLength)
		f.tagText(value, tag.Value)
	}
}

// tagText holds the rules that keys and values of tags share.
func (f *fieldErrors) tagText(field, s string) {
	if i := strings.IndexAny(s, forbiddenInTags); i >= 0 {
		f.add(field, "must not contain %q", s[i:i+1])
	}
	if strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		f.add(field, "must not begin or end with a space")
	}
}

// idempotencyKey checks the key as the tag value that it travels as.
func (f *fieldErrors) idempotencyKey(key string) {
	f.length("idempotency_key", key, 0, maxTagValueLength)
	f.tagText("idempotency_key", key)
}

// whitelist holds for a create; a change may give more entries.
func (f *fieldErrors) whitelist(entries []string) {
	if len(entries) > maxWhitelistEntries {
		f.add("whitelist", "has %d entries, at most %d are allowed", len(entries), maxWhitelistEntries)
	}
	f.whitelistEntries(entries)
}

func (f *fieldErrors) routeTables(ids []string) {
	for i, id := range ids {
		f.length(fmt.Sprintf("routetables[%d]", i), id, 1, maxIDLength)
	}
}

func (f *fieldErrors) whitelistEntries(entries []string) {
	for i, entry := range entries {
		if rule := brokenWhitelistRule(entry); rule != "" {
			f.add(fmt.Sprintf("whitelist[%d]", i), "%s %s", quoted(entry), rule)
		}
	}
}

// brokenWhitelistRule is "" for an entry that the service takes.
func brokenWhitelistRule(entry string) string {
	const neither = "is neither an IPv4 address nor an IPv4 CIDR block"
	address, _, isBlock := strings.Cut(entry, "/")
	if !isBlock {
		switch addr, err := netip.ParseAddr(address); {
		case err != nil || !addr.Is4():
			return neither
		case addr.IsUnspecified():
			return "allows every address; leave the whitelist off instead"
		}
		return ""
	}
	switch block, err := netip.ParsePrefix(entry); {
	case err != nil || !block.Addr().Is4():
		return neither
	case block.Bits() == 0:
		return "allows every address; leave the whitelist off instead"
	}
	return ""
}

func (f *fieldErrors) policyStatements(statements []PolicyStatement) {
	for i, s := range statements {
		field := fmt.Sprintf("policy_statement[%d]", i)
		if len(s.Raw) > 0 {
			if !json.Valid(s.Raw) {
				f.add(field, "Raw is not valid JSON")
			}
			continue
		}
		if s.Effect == "" {
			f.add(field+".Effect", "must not be empty")
		}
		if len(s.Condition) > 0 && !json.Valid(s.Condition) {
			f.add(field+".Condition", "is not valid JSON")
		}
		for name, raw := range s.Extra {
			if !json.Valid(raw) {
				f.add(field+"."+name, "is not valid JSON")
			}
		}
	}
}

func (f *fieldErrors) policyDocument(document json.RawMessage) {
	if len(document) > 0 && !json.Valid(document) {
		f.add("policy_document", "is not valid JSON")
	}
}

// pathSegment demands an ID that cannot change the path of a URL. It holds even
// without validation, because a token goes where the path points.
func (f *fieldErrors) pathSegment(field, id string) {
	f.length(field, id, 1, maxIDLength)
	if id == "." || id == ".." {
		f.add(field, "%q would change the path", id)
		return
	}
	for _, r := range id {
		if !isUnreserved(r) {
			f.add(field, "must not contain %q, only A-Z a-z 0-9 - . _ ~", r)
			return
		}
	}
}

// isUnreserved reports a character that stands for itself in a URL's path (RFC 3986, section 2.3).
func isUnreserved(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}

// validate reports every wrong setting of the filter.
func (filter EndpointFilter) validate() error {
	var f fieldErrors
	f.length("id", filter.ID, 0, maxIDLength)
	f.length("vpc_id", filter.VPCID, 0, maxIDLength)
	f.encoding("endpoint_service_name", filter.EndpointServiceName)
	if !oneOf(filter.SortKey, "", "create_at", "update_at") {
		f.add("sort_key", "%s is neither create_at nor update_at", quoted(filter.SortKey))
	}
	if !oneOf(filter.SortDir, "", "asc", "desc") {
		f.add("sort_dir", "%s is neither asc nor desc", quoted(filter.SortDir))
	}
	if filter.PageSize < 0 || filter.PageSize > maxPageSize {
		f.add("limit", "the page size %d is not between 1 and %d", filter.PageSize, maxPageSize)
	}
	return f.err()
}

func oneOf(s string, allowed ...string) bool { return slices.Contains(allowed, s) }

// quoted shows a value on one line and not at any length.
func quoted(s string) string {
	if utf8.RuneCountInString(s) > maxCharactersInOneMessage {
		s = string([]rune(s)[:maxCharactersInOneMessage]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
