// Package wire reads the service's JSON tolerantly.
//
// The service's answers drift in type between regions and years: a boolean
// comes as a string, an array as its only element, a time without a zone. The
// readers here take every form that makes sense and report the rest, so that
// one odd field never loses the others. What is sent is not written here: that
// is exact, and encoding/json does it.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is one JSON value, without white space around it. The strings that are
// read from it are cut out of its text, which they keep alive.
//
// A text is read in one pass, from its first byte to its last: a list or object
// within another belongs to the function that is given it, and is of no use when
// that returns.
type Value struct {
	// text is the value's JSON. That of a list or object within another is all of in's
	// text from its beginning on: where it ends is not known before it was read.
	text string
	in   *reader // what v is a part of; nil: v stands for itself
	turn uint64  // which of in's texts it is a part of
}

// Of is the value whose JSON text is data, which is copied if it can change. The
// text need not be valid: Members and Elements find that out.
func Of[T ~string | ~[]byte](data T) Value {
	return Value{text: strings.TrimSpace(withoutBOM(string(data)))}
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
	isObject, err := v.read('{', func(r *reader) {
		name := r.scalar() // jsontext refuses any other
		if member := r.next(); r.err == nil {
			text, _ := String(name)
			fn(text, member)
			r.pass(member)
		}
	})
	switch {
	case err != nil:
		return withoutPath(err)
	case !isObject:
		return ErrNotObject
	}
	return nil
}

// Elements calls fn for every element of the array v and reports whether v is one.
func (v Value) Elements(fn func(Value)) bool {
	isArray, err := v.read('[', func(r *reader) {
		if element := r.next(); r.err == nil {
			fn(element)
			r.pass(element)
		}
	})
	return isArray && err == nil
}

// read reads v, if it begins with open, and calls fn where the next of what it
// holds begins. It reports whether v begins so. The error tells of invalid JSON.
func (v Value) read(open byte, fn func(*reader)) (bool, error) {
	is := v.kind() == open
	if v.in != nil {
		switch {
		case v.isLate():
			return false, errLate
		case !is:
			return false, v.in.err
		case !v.wasRead():
			v.in.inside(fn)
			return true, v.in.err
		}
		v = v.whole() // to be read once more
	}
	r := newReader(v.text)
	defer r.close()
	if is {
		r.inside(fn)
	} else {
		r.err = r.SkipValue()
	}
	r.end()
	return is, r.err
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

// reader reads a text. jsontext checks the syntax and bounds the depth.
type reader struct {
	jsontext.Decoder
	source  strings.Reader // of text
	text    string
	isPlain bool  // every string of the text is what stands between its quotes
	err     error // the first one: nothing can be read behind it
	turn    uint64
}

// options let pass what encoding/json lets pass.
var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(text string) *reader {
	r := readers.Get().(*reader)
	r.text, r.isPlain = text, isPlain(text)
	r.source.Reset(text)
	r.Reset(&r.source, options...)
	return r
}

// maxPooledText is the longest text whose reader is used again: the buffers that a
// longer one took would be kept for short ones.
const maxPooledText = 64 << 10

func (r *reader) close() {
	r.turn++
	isShort := len(r.text) <= maxPooledText
	r.text, r.err = "", nil // they would keep the text alive
	r.source.Reset("")
	if isShort {
		readers.Put(r)
	}
}

// errLate reports a mistake of this program.
var errLate = errors.New("the value is used after its text was read")

// isLate reports that the text that v is a part of was read to its end: in has
// another one by now.
func (v Value) isLate() bool { return v.in.turn != v.turn }

// next begins the next value. A list or object is left to be read.
func (r *reader) next() Value {
	kind := r.PeekKind()
	if kind != '{' && kind != '[' {
		return r.scalar()
	}
	rest := r.text[r.InputOffset():] // white space and a comma or colon may come first
	return Value{text: rest[strings.IndexByte(rest, byte(kind)):], in: r, turn: r.turn}
}

// scalar reads the next value, which is no list and no object.
func (r *reader) scalar() Value {
	if r.err != nil {
		return Value{}
	}
	raw, err := r.ReadValue()
	if err != nil {
		r.err = err
		return Value{}
	}
	end := int(r.InputOffset())
	return Value{text: r.text[end-len(raw) : end], in: r, turn: r.turn}
}

// inside reads the next list or object, and calls fn where the next of what it holds begins.
func (r *reader) inside(fn func(*reader)) {
	r.token()
	for r.err == nil {
		if kind := r.PeekKind(); kind == '}' || kind == ']' {
			break
		}
		fn(r)
	}
	r.token()
}

// token reads the beginning or the end of a list or object.
func (r *reader) token() {
	if r.err == nil {
		_, r.err = r.ReadToken()
	}
}

// pass reads v, if it is still to be read.
func (r *reader) pass(v Value) {
	if r.err == nil && v.isNested() && !v.wasRead() {
		r.err = r.SkipValue()
	}
}

// end demands that nothing comes behind the value.
func (r *reader) end() {
	if r.err != nil {
		return
	}
	switch _, err := r.ReadToken(); {
	case err == nil:
		r.err = errTrailing
	case err != io.EOF: //nolint:errorlint // jsontext documents the bare io.EOF
		r.err = err
	}
}

// isNested reports a list or object.
func (v Value) isNested() bool { return v.IsObject() || v.IsArray() }

// begin is where in the text of in a list or object begins.
func (v Value) begin() int { return len(v.in.text) - len(v.text) }

// wasRead reports whether a list or object was read.
func (v Value) wasRead() bool { return int(v.in.InputOffset()) > v.begin() }

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

// whole returns v as a value that stands for itself. It has no text where the JSON
// is invalid.
func (v Value) whole() Value {
	if v.in == nil || !v.isNested() {
		return Value{text: v.text}
	}
	if v.isLate() {
		return Value{}
	}
	v.in.pass(v)
	if v.in.err != nil {
		return Value{}
	}
	return Value{text: v.in.text[v.begin():v.in.InputOffset()]}
}

// Raw returns a copy of the value's JSON.
func (v Value) Raw() json.RawMessage {
	if v = v.whole(); v.text == "" {
		return nil
	}
	return json.RawMessage(v.text)
}

// Detached returns v with a text of its own: what is read from it does not keep
// alive what v is a part of.
func (v Value) Detached() Value {
	v = v.whole()
	v.text = strings.Clone(v.text)
	return v
}

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

// unquote cuts a string out of its text, if it is as it is written.
func unquote(v Value) (string, bool) {
	if len(v.text) >= 2 && (v.in != nil && !v.isLate() && v.in.isPlain || isPlain(v.text)) {
		return v.text[1 : len(v.text)-1], true
	}
	var s string
	err := json.Unmarshal([]byte(v.text), &s)
	return s, err == nil
}

// isPlain reports text without escapes, and without bytes that JSON replaces.
func isPlain(text string) bool { return strings.IndexByte(text, '\\') < 0 && utf8.ValidString(text) }

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
func CutMember(data, name string) string {
	d := json.NewDecoder(strings.NewReader(withoutBOM(data)))
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

func withoutBOM(text string) string { return strings.TrimPrefix(text, "\xef\xbb\xbf") }
