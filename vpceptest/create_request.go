package vpceptest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/netip"
	"slices"
	"unicode/utf8"
)

// createRequest is the body of a create request. Empty and absent are the same, as no
// documented default differs from the empty value.
type createRequest struct {
	ServiceID       string
	VPCID           string
	SubnetID        string
	PortIP          string
	EnableDNS       bool
	Tags            []Tag
	RouteTables     []string
	Whitelist       []string
	EnableWhitelist bool
	Description     string
	PolicyStatement json.RawMessage
	PolicyDocument  json.RawMessage
	IPVersion       string
	IPv6Address     string

	given map[string]bool // the fields that the body has
}

// createFields reads each documented field, by its exact name: encoding/json would
// take "VPC_ID" for "vpc_id" too.
var createFields = map[string]func(*createRequest, json.RawMessage) *apiError{
	"endpoint_service_id": field("a string", func(r *createRequest) *string { return &r.ServiceID }),
	"vpc_id":              field("a string", func(r *createRequest) *string { return &r.VPCID }),
	"subnet_id":           field("a string", func(r *createRequest) *string { return &r.SubnetID }),
	"port_ip":             field("a string", func(r *createRequest) *string { return &r.PortIP }),
	"enable_dns":          readEnableDNS,
	"tags":                readTags,
	"routetables":         field("an array of strings", func(r *createRequest) *[]string { return &r.RouteTables }),
	"whitelist":           field("an array of strings", func(r *createRequest) *[]string { return &r.Whitelist }),
	"enable_whitelist":    field("a boolean", func(r *createRequest) *bool { return &r.EnableWhitelist }),
	"description":         field("a string", func(r *createRequest) *string { return &r.Description }),
	"policy_statement":    readPolicyStatement,
	"policy_document":     readPolicyDocument,
	"ip_version":          field("a string", func(r *createRequest) *string { return &r.IPVersion }),
	"ipv6_address":        field("a string", func(r *createRequest) *string { return &r.IPv6Address }),
}

// field reads a value of one type into the field that at returns.
func field[T any](what string, at func(*createRequest) *T) func(*createRequest, json.RawMessage) *apiError {
	return func(r *createRequest, raw json.RawMessage) *apiError {
		if json.Unmarshal(raw, at(r)) != nil {
			return errParameter.with("The field must be " + what + ".")
		}
		return nil
	}
}

// parseCreate reads a create request and makes the checks that need no service.
func parseCreate(contentType string, body []byte) (createRequest, *apiError) {
	raw, refusal := readObject(contentType, body)
	if refusal != nil {
		return createRequest{}, refusal
	}
	r := createRequest{given: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		read, known := createFields[name]
		if !known {
			return r, errParameter.with("The field " + name + " is unknown.")
		}
		if string(raw[name]) == "null" {
			return r, errParameter.with("The field " + name + " is null.")
		}
		if refusal := read(&r, raw[name]); refusal != nil {
			return r, refusal.with("(" + name + ")")
		}
		r.given[name] = true
	}
	return r, r.check()
}

func readObject(contentType string, body []byte) (map[string]json.RawMessage, *apiError) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errEmptyInput.with("The body is empty.")
	}
	if !isJSON(contentType) {
		return nil, errParameter.with("Content-Type must be application/json.")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil || !utf8.Valid(body) {
		return nil, errParameter.with("The body is not a JSON object.")
	}
	return raw, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// readEnableDNS takes a string as well: the specification's own sample sends "false".
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

// readTags reads the tags by the exact names of their fields.
func readTags(r *createRequest, raw json.RawMessage) *apiError {
	var list []map[string]*string
	if json.Unmarshal(raw, &list) != nil {
		return errParameter.with("The field must be an array of objects of strings.")
	}
	for _, fields := range list {
		var tag Tag
		for name, value := range fields {
			switch {
			case value == nil:
				return errParameter.with("A tag's field is null.")
			case name == "key":
				tag.Key = *value
			case name == "value":
				tag.Value = *value
			default:
				return errParameter.with("A tag's field is unknown.")
			}
		}
		r.Tags = append(r.Tags, tag)
	}
	return nil
}

func readPolicyStatement(r *createRequest, raw json.RawMessage) *apiError {
	if !validStatements(raw) {
		return errPolicy.plain()
	}
	r.PolicyStatement = bytes.Clone(raw)
	return nil
}

// readPolicyDocument takes an object, and a string as it was documented once.
func readPolicyDocument(r *createRequest, raw json.RawMessage) *apiError {
	if raw[0] != '{' && raw[0] != '"' {
		return errPolicy.plain()
	}
	r.PolicyDocument = bytes.Clone(raw)
	return nil
}

// ipv6 is the second address of a dual-stack endpoint.
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
