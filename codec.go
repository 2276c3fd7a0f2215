package vpcep

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// errNoID reports an answer that is JSON, but no endpoint.
var errNoID = errors.New("it has no id")

// set reads v into dst and reports whether it made sense. What could be read is
// kept even where it did not.
func set[T any](dst *T, v wire.Value, read func(wire.Value) (T, bool)) bool {
	value, ok := read(v)
	*dst = value
	return ok
}

// endpointBody is the documented wire form of Endpoint. Absent and empty lists
// differ: nil is left out, an empty list is written.
type endpointBody struct {
	ID                  string            `json:"id,omitempty"`
	ServiceType         ServiceType       `json:"service_type,omitempty"`
	Status              EndpointStatus    `json:"status,omitempty"`
	ActiveStatus        []ActiveStatus    `json:"active_status,omitzero"`
	EnableStatus        EnableStatus      `json:"enable_status,omitempty"`
	EndpointServiceName string            `json:"endpoint_service_name,omitempty"`
	EndpointServiceID   string            `json:"endpoint_service_id,omitempty"`
	MarkerID            int64             `json:"marker_id,omitempty"`
	EnableDNS           *bool             `json:"enable_dns,omitempty"`
	DNSNames            []string          `json:"dns_names,omitzero"`
	IP                  string            `json:"ip,omitempty"`
	IPv6Address         string            `json:"ipv6_address,omitempty"`
	VPCID               string            `json:"vpc_id,omitempty"`
	SubnetID            string            `json:"subnet_id,omitempty"`
	ProjectID           string            `json:"project_id,omitempty"`
	CreatedAt           time.Time         `json:"created_at,omitzero"`
	UpdatedAt           time.Time         `json:"updated_at,omitzero"`
	Tags                []Tag             `json:"tags,omitzero"`
	Whitelist           []string          `json:"whitelist,omitzero"`
	EnableWhitelist     *bool             `json:"enable_whitelist,omitempty"`
	RouteTables         []string          `json:"routetables,omitzero"`
	SpecificationName   string            `json:"specification_name,omitempty"`
	Description         string            `json:"description,omitempty"`
	PolicyStatement     []PolicyStatement `json:"policy_statement,omitzero"`
	PolicyDocument      json.RawMessage   `json:"policy_document,omitempty"`
	Errors              resourceErrors    `json:"error,omitzero"`
	EndpointPoolID      string            `json:"endpoint_pool_id,omitempty"`
	PublicBorderGroup   string            `json:"public_border_group,omitempty"`
}

// MarshalJSON writes the endpoint as the service does, Extra included.
func (e Endpoint) MarshalJSON() ([]byte, error) {
	body := endpointBody{
		ID:                  e.ID,
		ServiceType:         e.ServiceType,
		Status:              e.Status,
		ActiveStatus:        e.ActiveStatus,
		EnableStatus:        e.EnableStatus,
		EndpointServiceName: e.EndpointServiceName,
		EndpointServiceID:   e.EndpointServiceID,
		MarkerID:            e.MarkerID,
		DNSNames:            e.DNSNames,
		IP:                  e.IP,
		IPv6Address:         e.IPv6Address,
		VPCID:               e.VPCID,
		SubnetID:            e.SubnetID,
		ProjectID:           e.ProjectID,
		CreatedAt:           e.CreatedAt.UTC(),
		UpdatedAt:           e.UpdatedAt.UTC(),
		Tags:                withKeyTag(e.Tags, e.IdempotencyKey, e.requestDigest),
		Whitelist:           e.Whitelist,
		RouteTables:         e.RouteTables,
		SpecificationName:   e.SpecificationName,
		Description:         e.Description,
		PolicyStatement:     e.PolicyStatement,
		PolicyDocument:      e.PolicyDocument,
		Errors:              e.Errors,
		EndpointPoolID:      e.EndpointPoolID,
		PublicBorderGroup:   e.PublicBorderGroup,
	}
	// A gateway endpoint has neither setting; for the others, false is an answer too.
	if !e.ServiceType.isGateway() || e.EnableDNS {
		body.EnableDNS = &e.EnableDNS
	}
	if !e.ServiceType.isGateway() || e.EnableWhitelist {
		body.EnableWhitelist = &e.EnableWhitelist
	}
	return marshalWithExtra(body, e.Extra)
}

// UnmarshalJSON reads an endpoint as tolerantly as Endpoint promises. Only text
// that is no JSON object is an error.
func (e *Endpoint) UnmarshalJSON(data []byte) error {
	read, err := readEndpoint(wire.Of(data))
	if err != nil {
		return fmt.Errorf("vpcep: endpoint: %w", err)
	}
	*e = *read
	return nil
}

// decodeEndpoint reads the answer of a call on one endpoint.
func decodeEndpoint(data string) (*Endpoint, error) { return readNamedEndpoint(wire.Of(data)) }

// readNamedEndpoint demands an ID: what has none is no endpoint.
func readNamedEndpoint(v wire.Value) (*Endpoint, error) {
	e, err := readEndpoint(v)
	if err == nil && e.ID == "" {
		return nil, errNoID
	}
	return e, err
}

func readEndpoint(v wire.Value) (*Endpoint, error) {
	d := new(endpointDecoder)
	if err := v.Members(d.member); err != nil {
		return nil, err
	}
	return d.finish(), nil
}

// endpointDecoder gathers an endpoint from its members, which come in any order.
type endpointDecoder struct {
	Endpoint
	// The values of other spellings, which count where the documented one is absent.
	dnsName            []string
	createAt, updateAt time.Time
}

func (d *endpointDecoder) member(name string, v wire.Value) {
	d.Extra = keepUnknown(d.Extra, name, v, d.setField(name, v))
}

// keepUnknown puts a member that was not understood into extra. One that was
// replaces an earlier member of its name, which may not have been. extra is nil
// where nothing is in it.
func keepUnknown(extra map[string]json.RawMessage, name string, v wire.Value, understood bool) map[string]json.RawMessage {
	if understood {
		if delete(extra, name); len(extra) == 0 {
			return nil
		}
		return extra
	}
	if extra == nil {
		extra = make(map[string]json.RawMessage)
	}
	extra[name] = v.Raw()
	return extra
}

// setField reports false for a name that it does not know and for a value that
// makes no sense.
func (d *endpointDecoder) setField(name string, v wire.Value) bool {
	switch name {
	case "id":
		return set(&d.ID, v, wire.String)
	case "service_type":
		return set(&d.ServiceType, v, readServiceType)
	case "status":
		return set(&d.Status, v, wire.Word[EndpointStatus])
	case "active_status":
		return set(&d.ActiveStatus, v, readActiveStatus)
	case "enable_status":
		return set(&d.EnableStatus, v, wire.Word[EnableStatus])
	case "endpoint_service_name":
		return set(&d.EndpointServiceName, v, wire.String)
	case "endpoint_service_id":
		return set(&d.EndpointServiceID, v, wire.String)
	case "marker_id":
		return set(&d.MarkerID, v, wire.Int64)
	case "enable_dns":
		return set(&d.EnableDNS, v, wire.Bool)
	case "dns_names":
		return set(&d.DNSNames, v, wire.Strings)
	case "dns_name":
		return set(&d.dnsName, v, wire.Strings)
	case "ip":
		return set(&d.IP, v, wire.String)
	case "ipv6_address":
		return set(&d.IPv6Address, v, wire.String)
	case "vpc_id":
		return set(&d.VPCID, v, wire.String)
	case "subnet_id":
		return set(&d.SubnetID, v, wire.String)
	case "project_id":
		return set(&d.ProjectID, v, wire.String)
	case "created_at":
		return set(&d.CreatedAt, v, wire.Time)
	case "create_at":
		return set(&d.createAt, v, wire.Time)
	case "updated_at":
		return set(&d.UpdatedAt, v, wire.Time)
	case "update_at":
		return set(&d.updateAt, v, wire.Time)
	case "tags":
		return set(&d.Tags, v, readTags)
	case "whitelist":
		return set(&d.Whitelist, v, wire.Strings)
	case "enable_whitelist":
		return set(&d.EnableWhitelist, v, wire.Bool)
	case "routetables":
		return set(&d.RouteTables, v, wire.Strings)
	case "specification_name":
		return set(&d.SpecificationName, v, wire.String)
	case "description":
		return set(&d.Description, v, wire.String)
	case "policy_statement":
		return set(&d.PolicyStatement, v, readPolicyStatements)
	case "policy_document":
		return set(&d.PolicyDocument, v, wire.Document)
	case "error":
		return set(&d.Errors, v, readResourceErrors)
	case "endpoint_pool_id":
		return set(&d.EndpointPoolID, v, wire.String)
	case "public_border_group":
		return set(&d.PublicBorderGroup, v, wire.String)
	}
	return false
}

func (d *endpointDecoder) finish() *Endpoint {
	e := &d.Endpoint
	if len(e.DNSNames) == 0 && len(d.dnsName) > 0 {
		e.DNSNames = d.dnsName
		e.Extra = keepUnknown(e.Extra, "dns_names", wire.Value{}, true)
	}
	if e.CreatedAt.IsZero() && !d.createAt.IsZero() {
		e.CreatedAt = d.createAt
		e.Extra = keepUnknown(e.Extra, "created_at", wire.Value{}, true)
	}
	if e.UpdatedAt.IsZero() && !d.updateAt.IsZero() {
		e.UpdatedAt = d.updateAt
		e.Extra = keepUnknown(e.Extra, "updated_at", wire.Value{}, true)
	}
	e.Tags, e.IdempotencyKey, e.requestDigest = splitKeyTag(e.Tags)
	return e
}

func readServiceType(v wire.Value) (ServiceType, bool) {
	t, ok := wire.Word[ServiceType](v)
	if t == "gataway" {
		t = ServiceTypeGateway
	}
	return t, ok
}

func readActiveStatus(v wire.Value) ([]ActiveStatus, bool) {
	return wire.Words(v, wire.Word[ActiveStatus])
}

// readList reads an array with read for its elements, and a bare element as the
// only one. ok is false where an element made no sense; the others are returned.
func readList[T any](v wire.Value, read func(wire.Value) (T, bool)) (list []T, ok bool) {
	if v.IsNull() {
		return nil, true
	}
	list, ok = []T{}, true
	add := func(element wire.Value) {
		if item, readable := read(element); readable {
			list = append(list, item)
		} else {
			ok = false
		}
	}
	if !v.Elements(add) {
		add(v)
	}
	return list, ok
}

func readResourceErrors(v wire.Value) ([]ResourceError, bool) {
	list, ok := readList(v, readResourceError)
	if len(list) == 0 {
		list = nil
	}
	return list, ok
}

// readResourceError reads {error_code, error_message} and, as errors elsewhere
// are spelt, {code, message} and a bare message.
func readResourceError(v wire.Value) (ResourceError, bool) {
	if !v.IsObject() {
		message, ok := wire.String(v)
		return ResourceError{Message: message}, ok && message != ""
	}
	body, ok := exchange.ReadError(v)
	return ResourceError{Code: body.Code, Message: body.Message}, ok && (body.Code != "" || body.Message != "")
}

// resourceErrors writes a single reason as the object that the service
// documents, and several as the array that it writes then.
type resourceErrors []ResourceError

func (list resourceErrors) MarshalJSON() ([]byte, error) {
	type body struct {
		Code    string `json:"error_code"`
		Message string `json:"error_message"`
	}
	bodies := make([]body, len(list))
	for i, e := range list {
		bodies[i] = body(e)
	}
	if len(bodies) == 1 {
		return json.Marshal(bodies[0])
	}
	return json.Marshal(bodies)
}

// marshalWithExtra writes the object of known, with the members of extra in
// place of its own where both have a name.
func marshalWithExtra(known any, extra map[string]json.RawMessage) ([]byte, error) {
	data, err := json.Marshal(known)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(data, &own); err != nil {
		return nil, err
	}
	maps.Copy(own, extra)
	return json.Marshal(own)
}

// clone returns a copy that shares nothing with e.
func (e *Endpoint) clone() *Endpoint {
	if e == nil {
		return nil
	}
	c := *e
	c.ActiveStatus = slices.Clone(e.ActiveStatus)
	c.DNSNames = slices.Clone(e.DNSNames)
	c.Tags = slices.Clone(e.Tags)
	c.Whitelist = slices.Clone(e.Whitelist)
	c.RouteTables = slices.Clone(e.RouteTables)
	c.PolicyDocument = slices.Clone(e.PolicyDocument)
	c.Errors = slices.Clone(e.Errors)
	c.Extra = cloneMembers(e.Extra)
	c.PolicyStatement = slices.Clone(e.PolicyStatement)
	for i, s := range c.PolicyStatement {
		s.Action, s.Resource = slices.Clone(s.Action), slices.Clone(s.Resource)
		s.Condition, s.Raw = slices.Clone(s.Condition), slices.Clone(s.Raw)
		s.Extra = cloneMembers(s.Extra)
		c.PolicyStatement[i] = s
	}
	return &c
}

func cloneMembers(members map[string]json.RawMessage) map[string]json.RawMessage {
	c := maps.Clone(members)
	for name, raw := range c {
		c[name] = slices.Clone(raw)
	}
	return c
}

// decodeNothing reads the answer of a call that answers nothing. A page of a
// proxy, or an error under a status of success, is no answer of the service.
func decodeNothing(body string) (struct{}, error) {
	var none struct{}
	if strings.TrimSpace(body) == "" {
		return none, nil
	}
	var hasID, hasError, hasCode, hasMessage bool
	err := wire.Of(body).Members(func(name string, v wire.Value) {
		switch name {
		case "id":
			hasID = true
		case "error", "error_code", "error_msg":
			hasError = hasError || !v.IsNull()
		case "code":
			hasCode = true
		case "message":
			hasMessage = true
		}
	})
	if err == nil && (hasError || hasCode && hasMessage) && !hasID {
		err = errors.New("it is an error")
	}
	return none, err
}

// readEach calls fn for the elements of an array, or for a bare element that is not null.
func readEach(v wire.Value, fn func(wire.Value)) {
	if !v.IsNull() && !v.Elements(fn) {
		fn(v)
	}
}
