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
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is one JSON value, without white space around it. The strings that are
// read from it are cut out of its text, which they keep alive.
type Value struct {
	raw  []byte
	text string // the same as raw
}

// Of is the value whose JSON text is data. The text need not be valid: Members and
// Elements find that out. data is not changed, and not kept.
func Of(data []byte) Value {
	data = bytes.TrimSpace(withoutBOM(data))
	return Value{data, string(data)}
}

// ErrNotObject reports JSON that is valid, but not an object.
var ErrNotObject = errors.New("not a JSON object")

// errEmpty reports no value at all.
var errEmpty = errors.New("it is empty")

// errTrailing reports text behind a value.
var errTrailing = errors.New("text behind the JSON value")

// Members calls fn for every member of the object v, in their order: of a repeated
// name, the last one counts. All of v is checked, but fn is called for the members
// before a mistake, too. The error tells of invalid JSON, or is ErrNotObject.
func (v Value) Members(fn func(name string, v Value)) error {
	d := open(v)
	defer d.close()
	if err := d.members(fn); err != nil {
		return withoutPath(err)
	}
	return nil
}

// withoutPath leaves out of a syntax error where in the text it is: the names on
// the way there are the answer's, of any number and length.
func withoutPath(err error) error {
	if err == io.EOF { //nolint:errorlint // jsontext documents the bare io.EOF
		return errEmpty
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("invalid JSON after byte %d: %w", syntax.ByteOffset, syntax.Err)
	}
	return err
}

func (d *decoder) members(fn func(name string, v Value)) error {
	if d.PeekKind() != '{' {
		if err := d.skip(); err != nil {
			return err
		}
		return ErrNotObject
	}
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() != '}' {
		var name, member Value
		if name, err = d.next(); err != nil {
			break
		}
		if member, err = d.next(); err == nil {
			text, _ := String(name)
			fn(text, member)
		}
	}
	if err == nil {
		_, err = d.ReadToken()
	}
	if err == nil {
		err = d.end()
	}
	return err
}

// Elements calls fn for every element of the array v and reports whether v is one.
func (v Value) Elements(fn func(Value)) bool {
	if v.kind() != '[' {
		return false
	}
	d := open(v)
	defer d.close()
	_, err := d.ReadToken()
	for err == nil && d.PeekKind() != ']' {
		var element Value
		if element, err = d.next(); err == nil {
			fn(element)
		}
	}
	return err == nil
}

// decoder reads the values within a value. jsontext checks the syntax, bounds the
// depth, and reads from memory without a copy.
type decoder struct {
	jsontext.Decoder
	of  Value
	buf bytes.Buffer
}

// options let pass what encoding/json lets pass.
var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

var decoders = sync.Pool{New: func() any { return new(decoder) }}

func open(v Value) *decoder {
	d := decoders.Get().(*decoder)
	d.of = v
	d.buf = *bytes.NewBuffer(v.raw)
	d.Reset(&d.buf, options...)
	return d
}

func (d *decoder) close() {
	d.of, d.buf = Value{}, bytes.Buffer{} // they would keep an answer alive
	d.Reset(&d.buf)
	decoders.Put(d)
}

// next reads the next value, or name.
func (d *decoder) next() (Value, error) {
	raw, err := d.ReadValue()
	if err != nil {
		return Value{}, err
	}
	end := int(d.InputOffset())
	return Value{d.of.raw[end-len(raw) : end], d.of.text[end-len(raw) : end]}, nil
}

// skip reads a value of another kind than was hoped for, and checks it.
func (d *decoder) skip() error {
	if err := d.SkipValue(); err != nil {
		return err
	}
	return d.end()
}

// end demands that nothing comes behind the value.
func (d *decoder) end() error {
	switch _, err := d.ReadToken(); {
	case err == nil:
		return errTrailing
	case err == io.EOF: //nolint:errorlint // jsontext documents the bare io.EOF
		return nil
	default:
		return err
	}
}

// IsNull reports whether v is null, which the service writes where it has nothing to say.
func (v Value) IsNull() bool { return v.text == "null" }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.kind() == '{' }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.kind() == '[' }

// kind is the first byte of the value, which tells its JSON type.
func (v Value) kind() byte {
	if v.text == "" {
		return 0
	}
	return v.text[0]
}

// Raw returns a copy of the value's JSON.
func (v Value) Raw() json.RawMessage { return bytes.Clone(v.raw) }

// Detached returns v with a text of its own: what is read from it does not keep
// alive what v is a part of.
func (v Value) Detached() Value { return Value{v.raw, strings.Clone(v.text)} }

// The readers below return the zero value and true for null, and false where v
// makes no sense as the type asked for; what could be read is returned even then.

// String reads a string, and a number or boolean as its literal text.
func String(v Value) (string, bool) {
	switch v.kind() {
	case '"':
		return unquote(v)
	case '{', '[', 0:
		return "", false
	case 'n':
		return "", true
	default:
		return v.text, true
	}
}

// unquote cuts a string out of its text where nothing in it is escaped.
func unquote(v Value) (string, bool) {
	isPlain := len(v.text) >= 2
	for i := range len(v.text) {
		if c := v.text[i]; c == '\\' || c >= 0x80 {
			isPlain = false
			break
		}
	}
	if isPlain {
		return v.text[1 : len(v.text)-1], true
	}
	var s string
	err := json.Unmarshal(v.raw, &s)
	return s, err == nil
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
	isArray := v.Elements(func(element Value) {
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
			t = t.UTC()
			if year := t.Year(); year < 0 || year > 9999 {
				return time.Time{}, false // JSON cannot carry it
			}
			return t, true
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
	return v.Raw(), true
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
			found, _ = String(Of(raw))
		}
	}
	return found
}

func withoutBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }
