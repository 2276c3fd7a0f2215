package readers

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vpcep/vpcep-go"
)

// DecodeStream reads an endpoint with jsontext in one pass: lists and objects are
// read where they stand. A value of another kind than the documented one is read
// whole, and then tolerantly.
func DecodeStream(data []byte) (*vpcep.Endpoint, error) {
	d := newTextDecoder(data)
	defer d.release()
	var s stream
	s.dec = d.dec
	if d.dec.PeekKind() != '{' {
		if err := d.dec.SkipValue(); err != nil {
			return nil, err
		}
		return nil, errNotObject
	}
	s.members(func(name []byte) { s.field(string(name)) })
	if s.err != nil {
		return nil, s.err
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return &s.e, nil
}

type stream struct {
	dec *jsontext.Decoder
	e   vpcep.Endpoint
	err error
	buf []byte
}

// members reads an object; fn reads each value.
func (s *stream) members(fn func(name []byte)) {
	s.token()
	for s.err == nil && s.dec.PeekKind() != '}' {
		raw, err := s.dec.ReadValue()
		if err != nil {
			s.err = err
			return
		}
		name, ok := unescaped(raw)
		if !ok {
			s.buf, _ = jsontext.AppendUnquote(s.buf[:0], raw)
			name = s.buf
		}
		fn(name)
	}
	s.token()
}

func (s *stream) elements(fn func()) {
	s.token()
	for s.err == nil && s.dec.PeekKind() != ']' {
		fn()
	}
	s.token()
}

func (s *stream) token() {
	if s.err == nil {
		_, s.err = s.dec.ReadToken()
	}
}

func (s *stream) value() []byte {
	if s.err != nil {
		return nil
	}
	var v []byte
	v, s.err = s.dec.ReadValue()
	return v
}

func (s *stream) str() (string, bool) { return text.str(s.value()) }

func (s *stream) strings() []string {
	if s.dec.PeekKind() != '[' {
		list, _ := listOfStrings(s.value())
		return list
	}
	list := []string{}
	s.elements(func() {
		if word, ok := s.str(); ok {
			list = append(list, word)
		}
	})
	return list
}

func (s *stream) time() time.Time {
	word, _ := s.str()
	t, _ := time.Parse(time.RFC3339, word)
	return t.UTC()
}

func (s *stream) tag() (tag vpcep.Tag) {
	if s.dec.PeekKind() != '{' {
		s.value()
		return tag
	}
	s.members(func(name []byte) {
		switch string(name) {
		case "key":
			tag.Key, _ = s.str()
		case "value":
			tag.Value, _ = s.str()
		default:
			s.value()
		}
	})
	return tag
}

func (s *stream) statement() (p vpcep.PolicyStatement) {
	if s.dec.PeekKind() != '{' {
		p.Raw = bytes.Clone(s.value())
		return p
	}
	s.members(func(name []byte) {
		switch string(name) {
		case "Sid":
			p.Sid, _ = s.str()
		case "Effect":
			p.Effect, _ = s.str()
		case "Action":
			p.Action = s.strings()
		case "Resource":
			p.Resource = s.strings()
		case "Condition":
			p.Condition = bytes.Clone(s.value())
		default:
			s.value()
		}
	})
	return p
}

func (s *stream) field(name string) {
	e := &s.e
	switch name {
	case "id":
		e.ID, _ = s.str()
	case "service_type":
		word, _ := s.str()
		e.ServiceType = vpcep.ServiceType(strings.TrimSpace(word))
	case "status":
		word, _ := s.str()
		e.Status = vpcep.EndpointStatus(strings.TrimSpace(word))
	case "active_status":
		for _, word := range s.strings() {
			e.ActiveStatus = append(e.ActiveStatus, vpcep.ActiveStatus(word))
		}
	case "enable_status":
		word, _ := s.str()
		e.EnableStatus = vpcep.EnableStatus(strings.TrimSpace(word))
	case "endpoint_service_name":
		e.EndpointServiceName, _ = s.str()
	case "endpoint_service_id":
		e.EndpointServiceID, _ = s.str()
	case "marker_id":
		e.MarkerID, _ = int64Of(s.value())
	case "enable_dns":
		e.EnableDNS, _ = boolOf(s.value())
	case "dns_names":
		e.DNSNames = s.strings()
	case "ip":
		e.IP, _ = s.str()
	case "ipv6_address":
		e.IPv6Address, _ = s.str()
	case "vpc_id":
		e.VPCID, _ = s.str()
	case "subnet_id":
		e.SubnetID, _ = s.str()
	case "project_id":
		e.ProjectID, _ = s.str()
	case "created_at":
		e.CreatedAt = s.time()
	case "updated_at":
		e.UpdatedAt = s.time()
	case "tags":
		if s.dec.PeekKind() != '[' {
			s.value()
			return
		}
		e.Tags = []vpcep.Tag{}
		s.elements(func() { e.Tags = append(e.Tags, s.tag()) })
	case "whitelist":
		e.Whitelist = s.strings()
	case "enable_whitelist":
		e.EnableWhitelist, _ = boolOf(s.value())
	case "routetables":
		e.RouteTables = s.strings()
	case "specification_name":
		e.SpecificationName, _ = s.str()
	case "description":
		e.Description, _ = s.str()
	case "policy_statement":
		if s.dec.PeekKind() != '[' {
			s.value()
			return
		}
		e.PolicyStatement = []vpcep.PolicyStatement{}
		s.elements(func() { e.PolicyStatement = append(e.PolicyStatement, s.statement()) })
	default:
		key := strings.Clone(name)
		if e.Extra == nil {
			e.Extra = make(map[string]json.RawMessage)
		}
		e.Extra[key] = bytes.Clone(s.value())
	}
}
