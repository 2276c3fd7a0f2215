// Package wire reads the service's JSON tolerantly.
//
// The service's answers drift in type between regions and years: a boolean
// comes as a string, an array as its only element, a time without a zone. The
// readers here take every form that makes sense and report the rest, so that
// one odd field never loses the others. What is sent is not written here: that
// is exact, and encoding/json does it.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Value is one JSON value as it stood in the text, without white space around it.
type Value []byte

// ErrNotObject reports JSON that is valid, but not an object.
var ErrNotObject = errors.New("not a JSON object")

// Members calls fn for every member of the JSON object in data. Of a repeated
// name, the last one counts. The values alias data or a copy of it and must not
// be changed. The error is a syntax error of encoding/json, or ErrNotObject.
func Members(data []byte, fn func(name string, v Value)) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(withoutBOM(data), &members); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return ErrNotObject
		}
		return err
	}
	if members == nil { // null
		return ErrNotObject
	}
	for name, raw := range members {
		fn(name, Value(raw))
	}
	return nil
}

// Elements calls fn for every element of the array v and reports whether v is one.
func Elements(v Value, fn func(Value)) bool {
	if v.kind() != '[' {
		return false
	}
	var elements []json.RawMessage
	if json.Unmarshal(v, &elements) != nil {
		return false
	}
	for _, raw := range elements {
		fn(Value(raw))
	}
	return true
}

// IsNull reports whether v is null, which the service writes where it has nothing to say.
func (v Value) IsNull() bool { return string(v) == "null" }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.kind() == '{' }

// kind is the first byte of the value, which tells its JSON type.
func (v Value) kind() byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// Clone returns a copy of v that does not keep the answer's body alive.
func (v Value) Clone() json.RawMessage { return bytes.Clone(v) }

// The readers below return the zero value and true for null, and false where v
// makes no sense as the type asked for; what could be read is returned even then.

// String reads a string, and a number or boolean as its literal text.
func String(v Value) (string, bool) {
	switch v.kind() {
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return s, err == nil
	case '{', '[', 0:
		return "", false
	case 'n':
		return "", true
	default:
		return string(v), true
	}
}

// Word reads a string of an enumeration: String without white space around it,
// which the service's own samples have.
func Word[T ~string](v Value) (T, bool) {
	s, ok := String(v)
	return T(strings.TrimSpace(s)), ok
}

// Bool reads a boolean, also as a string or as 0 and 1.
func Bool(v Value) (bool, bool) {
	s, ok := String(v)
	if !ok {
		return false, false
	}
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "1":
		return true, true
	case "false", "0", "":
		return false, true
	}
	return false, false
}

// Int64 reads an integer, also as a string, and a number written with a
// fraction or exponent where it is whole and exact.
func Int64(v Value) (int64, bool) {
	s, ok := String(v)
	if !ok {
		return 0, false
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, v.IsNull() || v.kind() == '"'
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53 // beyond it, a float64 skips integers
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != float64(int64(f)) || f > exact || f < -exact {
		return 0, false
	}
	return int64(f), true
}

// Strings reads an array of strings, and a bare string as its only element.
func Strings(v Value) ([]string, bool) { return Words[string](v, String) }

// Words reads an array with read for its elements, and a bare value as its only
// element. Elements that are null are left out.
func Words[T ~string](v Value, read func(Value) (T, bool)) ([]T, bool) {
	if v.IsNull() {
		return nil, true
	}
	list, ok := []T{}, true
	isArray := Elements(v, func(element Value) {
		word, readable := read(element)
		if !readable {
			ok = false
		} else if !element.IsNull() {
			list = append(list, word)
		}
	})
	if isArray {
		return list, ok
	}
	word, ok := read(v)
	if !ok {
		return nil, false
	}
	if word != "" {
		list = append(list, word)
	}
	return list, true
}

// timeLayouts are the forms of a time that have been seen, and their near
// relatives. Go reads a fraction of any length after the seconds unasked.
var timeLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05", // no zone: UTC
	"2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00",
}

// Time reads a time and returns it in UTC. A time without a zone is in UTC.
func Time(v Value) (time.Time, bool) {
	if v.IsNull() {
		return time.Time{}, true
	}
	if v.kind() != '"' {
		return time.Time{}, false
	}
	s, ok := String(v)
	if !ok {
		return time.Time{}, false
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}, true
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Document reads a JSON document that comes as an object, or as a string that
// holds one, and returns the document. Another value is returned as it is.
func Document(v Value) (json.RawMessage, bool) {
	if v.IsNull() {
		return nil, true
	}
	if v.kind() == '"' {
		s, ok := String(v)
		if ok && strings.TrimSpace(s) == "" {
			return nil, true
		}
		if inner := []byte(strings.TrimSpace(s)); ok && inner[0] == '{' && json.Valid(inner) {
			return inner, true
		}
	}
	return v.Clone(), true
}

// CutMember returns the string member of a JSON object whose text may end
// anywhere: what a broken connection left of an answer. It is "" where the text
// ended too early.
func CutMember(data []byte, name string) string {
	d := json.NewDecoder(bytes.NewReader(withoutBOM(data)))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	found := ""
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return found
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return found
		}
		if key == name {
			found, _ = String(Value(raw))
		}
	}
	return found
}

func withoutBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }
