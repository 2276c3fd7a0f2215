// Package readers compares ways to read the service's JSON tolerantly: through a
// map of encoding/json, and with other readers of JSON. Each reads the same
// endpoint, with the same tolerance.
package readers

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tidwall/gjson"

	"github.com/vpcep/vpcep-go"
)

// reader is what a tolerant decoder needs: the members of an object, the elements
// of an array, and a string. members checks all of data, the nested values included;
// the others get values that it has passed.
type reader struct {
	members  func(data []byte, fn func(name string, v []byte)) error
	elements func(v []byte, fn func([]byte)) bool
	str      func(v []byte) (string, bool)
}

// throughMap goes through a map of encoding/json.
var throughMap = reader{
	members: func(data []byte, fn func(string, []byte)) error {
		return mapMembers(data, func(name string, v rawValue) { fn(name, v) })
	},
	elements: func(v []byte, fn func([]byte)) bool {
		return sliceElements(v, func(v rawValue) { fn(v) })
	},
	str: func(v []byte) (string, bool) { return stringOf(v) },
}

// throughMapCutStrings is the map, with strings cut out where nothing in them is escaped.
var throughMapCutStrings = reader{members: throughMap.members, elements: throughMap.elements, str: func(v []byte) (string, bool) {
	if inner, ok := unescaped(v); ok {
		return string(inner), true
	}
	return stringOf(v)
}}

// unescaped returns the text of a JSON string in which nothing is escaped, and which
// is ASCII. v is valid JSON.
func unescaped(v []byte) ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	for _, c := range inner {
		if c == '\\' || c >= 0x80 {
			return nil, false
		}
	}
	return inner, true
}

func kind(v []byte) byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// textOptions let pass what encoding/json lets pass.
var textOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

type textDecoder struct {
	dec *jsontext.Decoder
	buf bytes.Buffer
}

var textDecoders = sync.Pool{New: func() any {
	d := &textDecoder{}
	d.dec = jsontext.NewDecoder(&d.buf, textOptions...)
	return d
}}

func newTextDecoder(data []byte) *textDecoder {
	d := textDecoders.Get().(*textDecoder)
	d.buf = *bytes.NewBuffer(data)
	d.dec.Reset(&d.buf, textOptions...)
	return d
}

func (d *textDecoder) release() {
	d.buf = bytes.Buffer{}
	d.dec.Reset(&d.buf)
	textDecoders.Put(d)
}

// end requires that nothing follows the value.
func (d *textDecoder) end() error {
	if _, err := d.dec.ReadToken(); err == nil {
		return errors.New("text behind the value")
	} else if err.Error() != "EOF" {
		return err
	}
	return nil
}

// text is jsontext in place of encoding/json, value by value.
var text = reader{
	members: func(data []byte, fn func(string, []byte)) error {
		d := newTextDecoder(data)
		defer d.release()
		switch token, err := d.dec.ReadToken(); {
		case err != nil:
			return err
		case token.Kind() != '{':
			return errNotObject
		}
		for d.dec.PeekKind() != '}' {
			name, err := d.dec.ReadToken()
			if err != nil {
				return err
			}
			key := name.String()
			value, err := d.dec.ReadValue()
			if err != nil {
				return err
			}
			fn(key, value)
		}
		if _, err := d.dec.ReadToken(); err != nil {
			return err
		}
		return d.end()
	},
	elements: func(v []byte, fn func([]byte)) bool {
		if kind(v) != '[' {
			return false
		}
		d := newTextDecoder(v)
		defer d.release()
		if _, err := d.dec.ReadToken(); err != nil {
			return false
		}
		for d.dec.PeekKind() != ']' {
			value, err := d.dec.ReadValue()
			if err != nil {
				return false
			}
			fn(value)
		}
		return true
	},
	str: func(v []byte) (string, bool) {
		switch kind(v) {
		case '"':
			if inner, ok := unescaped(v); ok {
				return string(inner), true
			}
			s, _ := jsontext.AppendUnquote(nil, v)
			return string(s), true
		case '{', '[', 0:
			return "", false
		case 'n':
			return "", true
		}
		return string(v), true
	},
}

// names are the members that are known: a name that is looked up here needs no memory.
var names = func() map[string]string {
	m := make(map[string]string)
	for name := range strings.FieldsSeq(`id service_type status active_status enable_status endpoint_service_name
		endpoint_service_id marker_id enable_dns dns_names ip ipv6_address vpc_id subnet_id project_id created_at
		updated_at tags whitelist enable_whitelist routetables specification_name description policy_statement
		key value Sid Effect Action Resource Condition`) {
		m[name] = name
	}
	return m
}()

// textKnown is text without memory for known names.
var textKnown = reader{elements: text.elements, str: text.str, members: func(data []byte, fn func(string, []byte)) error {
	d := newTextDecoder(data)
	defer d.release()
	if token, err := d.dec.ReadToken(); err != nil {
		return err
	} else if token.Kind() != '{' {
		return errNotObject
	}
	for d.dec.PeekKind() != '}' {
		raw, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		var key string
		if inner, ok := unescaped(raw); ok {
			if key, ok = names[string(inner)]; !ok {
				key = string(inner)
			}
		} else {
			unquoted, _ := jsontext.AppendUnquote(nil, raw)
			key = string(unquoted)
		}
		value, err := d.dec.ReadValue()
		if err != nil {
			return err
		}
		fn(key, value)
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return err
	}
	return d.end()
}}

// path is gjson, behind the check of encoding/json. What it returns is copied, so
// that one field does not keep the whole answer.
var path = reader{
	members: func(data []byte, fn func(string, []byte)) error {
		if !json.Valid(data) {
			return errors.New("not JSON")
		}
		return pathMembers(data, fn)
	},
	elements: func(v []byte, fn func([]byte)) bool {
		if kind(v) != '[' {
			return false
		}
		gjson.ParseBytes(v).ForEach(func(_, value gjson.Result) bool {
			fn([]byte(value.Raw))
			return true
		})
		return true
	},
	str: text.str,
}

func pathMembers(data []byte, fn func(string, []byte)) error {
	object := gjson.ParseBytes(data)
	if !object.IsObject() {
		return errNotObject
	}
	object.ForEach(func(name, value gjson.Result) bool {
		fn(name.Str, []byte(value.Raw))
		return true
	})
	return nil
}

// decodeEndpoint reads an endpoint with r.
func decodeEndpoint(r reader, data []byte) (*vpcep.Endpoint, error) {
	var e vpcep.Endpoint
	err := r.members(data, func(name string, v []byte) {
		if !r.setField(&e, name, v) {
			if e.Extra == nil {
				e.Extra = make(map[string]json.RawMessage)
			}
			e.Extra[name] = bytes.Clone(v)
		}
	})
	if err != nil {
		return nil, err
	}
	return &e, nil
}

func (r reader) setField(e *vpcep.Endpoint, name string, v []byte) (ok bool) {
	switch name {
	case "id":
		e.ID, ok = r.str(v)
	case "service_type":
		var s string
		s, ok = r.str(v)
		e.ServiceType = vpcep.ServiceType(strings.TrimSpace(s))
	case "status":
		var s string
		s, ok = r.str(v)
		e.Status = vpcep.EndpointStatus(strings.TrimSpace(s))
	case "active_status":
		e.ActiveStatus, ok = stringList[vpcep.ActiveStatus](r, v)
	case "enable_status":
		var s string
		s, ok = r.str(v)
		e.EnableStatus = vpcep.EnableStatus(strings.TrimSpace(s))
	case "endpoint_service_name":
		e.EndpointServiceName, ok = r.str(v)
	case "endpoint_service_id":
		e.EndpointServiceID, ok = r.str(v)
	case "marker_id":
		e.MarkerID, ok = int64Of(v)
	case "enable_dns":
		e.EnableDNS, ok = boolOf(v)
	case "dns_names":
		e.DNSNames, ok = stringList[string](r, v)
	case "ip":
		e.IP, ok = r.str(v)
	case "ipv6_address":
		e.IPv6Address, ok = r.str(v)
	case "vpc_id":
		e.VPCID, ok = r.str(v)
	case "subnet_id":
		e.SubnetID, ok = r.str(v)
	case "project_id":
		e.ProjectID, ok = r.str(v)
	case "created_at":
		e.CreatedAt, ok = r.time(v)
	case "updated_at":
		e.UpdatedAt, ok = r.time(v)
	case "tags":
		e.Tags = []vpcep.Tag{}
		ok = r.elements(v, func(v []byte) {
			var tag vpcep.Tag
			if r.members(v, func(name string, v []byte) {
				switch name {
				case "key":
					tag.Key, _ = r.str(v)
				case "value":
					tag.Value, _ = r.str(v)
				}
			}) == nil {
				e.Tags = append(e.Tags, tag)
			}
		})
	case "whitelist":
		e.Whitelist, ok = stringList[string](r, v)
	case "enable_whitelist":
		e.EnableWhitelist, ok = boolOf(v)
	case "routetables":
		e.RouteTables, ok = stringList[string](r, v)
	case "specification_name":
		e.SpecificationName, ok = r.str(v)
	case "description":
		e.Description, ok = r.str(v)
	case "policy_statement":
		e.PolicyStatement = []vpcep.PolicyStatement{}
		ok = r.elements(v, func(v []byte) {
			var s vpcep.PolicyStatement
			if r.members(v, func(name string, v []byte) {
				switch name {
				case "Sid":
					s.Sid, _ = r.str(v)
				case "Effect":
					s.Effect, _ = r.str(v)
				case "Action":
					s.Action, _ = stringList[string](r, v)
				case "Resource":
					s.Resource, _ = stringList[string](r, v)
				case "Condition":
					s.Condition = bytes.Clone(v)
				}
			}) == nil {
				e.PolicyStatement = append(e.PolicyStatement, s)
			}
		})
	}
	return ok
}

func stringList[T ~string](r reader, v []byte) ([]T, bool) {
	list := []T{}
	ok := r.elements(v, func(v []byte) {
		if s, ok := r.str(v); ok {
			list = append(list, T(s))
		}
	})
	return list, ok
}

func (r reader) time(v []byte) (time.Time, bool) {
	s, ok := r.str(v)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err == nil
}
