// Package wire reads the service's JSON tolerantly.
//
// The types in the service's responses vary between regions and years: a boolean comes as
// a string, an array as its only element, a time without a zone. The readers accept every
// plausible form and report the rest, so one invalid field never loses the others. Requests
// are written elsewhere, exactly.
package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Value is one JSON value without surrounding white space: a part of the text that it was
// read from, which it keeps in memory. It stays valid, and can be read any number of times.
type Value struct {
	text string
	// ended returns the error of the context that bounds reading. nil if there is none.
	ended func() error
}

// Of returns the value with the JSON text data, which is copied if it can change. The text
// may be invalid: Members and Elements check it.
func Of[T ~string | ~[]byte](data T) Value {
	return Value{text: strings.TrimSpace(withoutBOM(string(data)))}
}

// longText is the length of a text that takes long enough to read to be interrupted.
const longText = 64 << 10

// Within is Of, but reading a long text ends with ctx; the error of Members is then that of
// ctx.
func Within(ctx context.Context, text string) Value {
	v := Of(text)
	if len(text) > longText {
		v.ended = ctx.Err
	}
	return v
}

// end returns the error of the context that bounds reading v.
func (v Value) end() error {
	if v.ended == nil {
		return nil
	}
	return v.ended()
}

// ErrNotObject reports JSON that is valid, but not an object.
var ErrNotObject = errors.New("not a JSON object")

// errNotArray reports any other value.
var errNotArray = errors.New("not a JSON array")

// errEmpty reports no value at all.
var errEmpty = errors.New("no JSON value")

// maxMembers and maxElements bound an object and a list within an item: far more than the
// service has, and far less than a hostile response could fill the heap with.
const (
	maxMembers  = 1000
	maxElements = 1000
)

// errMembers reports an object that cannot come from the service.
var errMembers = fmt.Errorf("an object has more than %d members", maxMembers)

// errEnough ends the reading of a list.
var errEnough = errors.New("enough of it was read")

// errTrailing reports text after a value.
var errTrailing = errors.New("text after the JSON value")

// Members calls fn for every member of the object v, in order; if a name is repeated, the
// last one counts. It checks all of v, but also calls fn for the members before a syntax
// error. The error describes invalid JSON, or is ErrNotObject.
func (v Value) Members(fn func(name string, v Value)) error {
	if !v.IsObject() {
		return cmp.Or(v.check(), ErrNotObject)
	}
	members := 0
	return withoutPath(v.each(func(r *reader) error {
		if members++; members > maxMembers {
			return errMembers
		}
		name, err := r.next() // jsontext refuses anything but a string
		if err != nil {
			return err
		}
		member, err := r.next()
		if err == nil || member.isNested() {
			text, _ := String(name)
			fn(text, member)
		}
		return err
	}))
}

// Elements calls fn for every element of the array v, and reports whether v is a valid
// array.
func (v Value) Elements(fn func(Value)) bool { return v.elements(math.MaxInt, fn) == nil }

// elements is Elements for at most most elements. If there are more, it returns errEnough.
func (v Value) elements(most int, fn func(Value)) error {
	if !v.IsArray() {
		return errNotArray
	}
	n := 0
	return v.each(func(r *reader) error {
		if n++; n > most {
			return errEnough
		}
		element, err := r.next()
		if err == nil || element.isNested() {
			fn(element)
		}
		return err
	})
}

// check reads v, which may be of any type, to its end.
func (v Value) check() error {
	r := newReader(v)
	defer r.close()
	err := r.SkipValue()
	if err == nil {
		err = r.noMore()
	}
	return withoutPath(v.cause(err))
}

// cause returns why reading v failed, because jsontext would wrap the error of a context.
func (v Value) cause(err error) error {
	if err == nil {
		return nil
	}
	return cmp.Or(v.end(), err)
}

// each calls fn at the beginning of each member or element of v, until fn fails.
func (v Value) each(fn func(*reader) error) error {
	r := newReader(v)
	defer r.close()
	_, err := r.ReadToken()
	for err == nil && r.PeekKind() != '}' && r.PeekKind() != ']' {
		if err = fn(r); err == nil {
			err = v.end() // reading within fn may have ended early
		}
	}
	if err == nil {
		_, err = r.ReadToken()
	}
	if err == nil {
		err = r.noMore()
	}
	return v.cause(err)
}

// withoutPath removes the path from a syntax error: its names come from the response, in
// any number and length.
func withoutPath(err error) error {
	if err == nil {
		return nil
	}
	if err == io.EOF { //nolint:errorlint // jsontext documents the bare io.EOF
		return errEmpty
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("invalid JSON after byte %d: %w", syntax.ByteOffset, syntax.Err)
	}
	return err
}

// reader reads a text. jsontext checks the syntax and limits the depth.
type reader struct {
	jsontext.Decoder
	source source
	of     Value
}

// source is the text of a reader. It returns small chunks, so the end of a context is
// noticed even while a value is skipped.
type source struct {
	strings.Reader // of the text
	ended          func() error
}

// maxChunk is how much is read between two checks of the context.
const maxChunk = 64 << 10

func (s *source) Read(p []byte) (int, error) {
	if s.ended != nil {
		if err := s.ended(); err != nil {
			return 0, err
		}
		p = p[:min(len(p), maxChunk)]
	}
	return s.Reader.Read(p)
}

// options accept what encoding/json accepts.
var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// readers are reused, because each list and object in a response takes one. No Value refers
// to its reader.
var readers = sync.Pool{New: func() any { return new(reader) }}

func newReader(v Value) *reader {
	r := readers.Get().(*reader)
	r.of = v
	r.source.Reset(v.text)
	r.source.ended = v.ended
	r.Reset(&r.source, options...)
	return r
}

// maxPooledText is the longest text whose reader is reused: otherwise, large buffers would
// be kept for short texts.
const maxPooledText = 64 << 10

func (r *reader) close() {
	isShort := len(r.of.text) <= maxPooledText
	r.of = Value{} // to free its memory
	r.source.Reset("")
	r.source.ended = nil
	if isShort {
		readers.Put(r)
	}
}

// next reads the next value. If a list or object contains a syntax error, next returns the
// rest of the text: what comes before the error can be read.
func (r *reader) next() (Value, error) {
	kind := r.PeekKind() // 0 if there is no valid value
	rest := r.of.text[r.InputOffset():]
	raw, err := r.ReadValue()
	if err != nil {
		if kind == '{' || kind == '[' {
			return r.part(rest[strings.IndexByte(rest, byte(kind)):]), err
		}
		return Value{}, err
	}
	end := int(r.InputOffset())
	return r.part(r.of.text[end-len(raw) : end]), nil
}

// part returns a part of the text, bounded by the same context.
func (r *reader) part(text string) Value { return Value{text, r.of.ended} }

// noMore requires that nothing follows the value.
func (r *reader) noMore() error {
	switch _, err := r.ReadToken(); {
	case err == nil:
		return errTrailing
	case err == io.EOF: //nolint:errorlint // jsontext documents the bare io.EOF
		return nil
	default:
		return err
	}
}

// isNested reports whether v is a list or an object.
func (v Value) isNested() bool { return v.IsObject() || v.IsArray() }

// IsNull reports whether v is null, which the service sends for absent values.
func (v Value) IsNull() bool { return v.text == "null" }

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return v.kind() == '{' }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.kind() == '[' }

// kind returns the first byte of the value, which determines its JSON type.
func (v Value) kind() byte {
	if v.text == "" {
		return 0
	}
	return v.text[0]
}

// Raw returns a copy of the value's JSON.
func (v Value) Raw() json.RawMessage {
	if v.text == "" {
		return nil
	}
	return json.RawMessage(v.text)
}

// Detached returns v with a copy of its text: what is read from it does not keep the
// original text in memory.
func (v Value) Detached() Value { return Value{strings.Clone(v.text), v.ended} }

// The readers below return the zero value and true for null, and false if v is not valid as
// the type; what could be read is returned even then.

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

// unquote returns the content of a string, without copying if it has no escapes.
func unquote(v Value) (string, bool) {
	if len(v.text) >= 2 && isPlain(v.text) {
		return v.text[1 : len(v.text)-1], true
	}
	var s string
	err := json.Unmarshal([]byte(v.text), &s)
	return s, err == nil
}

// isPlain reports whether text has no escapes and no bytes that JSON replaces.
func isPlain(text string) bool { return strings.IndexByte(text, '\\') < 0 && utf8.ValidString(text) }

// Enum reads a value of an enumeration: String without surrounding white space, which the
// service's own samples have.
func Enum[T ~string](v Value) (T, bool) {
	s, ok := String(v)
	return T(strings.TrimSpace(s)), ok
}

// Bool reads a boolean, also from a string or from 0 and 1.
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
	const exact = 1 << 53 // from there on, one float64 stands for several integers
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= exact {
		return 0, false
	}
	return int64(f), true
}

// Strings reads an array of strings, or a single string as its only element.
func Strings(v Value) ([]string, bool) { return Enums[string](v, String) }

// Enums reads an array with read for its elements, or a single value as its only element.
// Null elements are left out. If a list is too long, its beginning is returned.
func Enums[T ~string](v Value, read func(Value) (T, bool)) ([]T, bool) {
	if v.IsNull() {
		return nil, true
	}
	list, ok := []T{}, true
	err := v.elements(maxElements, func(element Value) {
		item, readable := read(element)
		if !readable {
			ok = false
		} else if !element.IsNull() {
			list = append(list, item)
		}
	})
	if v.IsArray() && (err == nil || err == errEnough) { //nolint:errorlint // it is its own
		return list, ok && err == nil
	}
	item, ok := read(v)
	if !ok {
		return nil, false
	}
	if item != "" {
		list = append(list, item)
	}
	return list, true
}

// List reads an array with read for its elements, or a single value as its only element. It
// returns false if an element is invalid; the others are returned. If a list is too long,
// its beginning is returned.
func List[T any](v Value, read func(Value) (T, bool)) ([]T, bool) {
	if v.IsNull() {
		return nil, true
	}
	list, ok := []T{}, true
	add := func(element Value) {
		if item, readable := read(element); readable {
			list = append(list, item)
		} else {
			ok = false
		}
	}
	if err := v.elements(maxElements, add); err == errEnough { //nolint:errorlint // it is its own
		return list, false
	} else if err != nil && v.end() == nil {
		add(v)
	}
	return list, ok
}

// Each calls fn for the elements of an array, or for a single value that is not null.
func Each(v Value, fn func(Value)) {
	if !v.IsNull() && !v.Elements(fn) && v.end() == nil {
		fn(v)
	}
}

// timeLayouts are the observed formats of a time, and similar ones. Go also accepts a
// fraction of any length after the seconds.
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
				return time.Time{}, false // JSON cannot represent it
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// Document reads a JSON document that is an object, or a string that contains one, and
// returns the document. Another value is returned unchanged.
func Document(v Value) (json.RawMessage, bool) {
	if v.IsNull() {
		return nil, true
	}
	if v.kind() == '"' {
		s, ok := String(v)
		if ok && strings.TrimSpace(s) == "" {
			return nil, true
		}
		inner := Value{strings.TrimSpace(s), v.ended}
		if ok && inner.IsObject() && inner.check() == nil {
			return inner.Raw(), true
		}
	}
	return v.Raw(), true
}

// CutMember returns a string member of a JSON object whose text may end anywhere: what a
// broken connection left of a response. It returns "" if the text ends too early. If a name
// is repeated, the first non-empty value counts, so no more is read than necessary.
func CutMember(data, name string) string {
	v := Of(data)
	r := newReader(v)
	defer r.close()
	if t, err := r.ReadToken(); err != nil || t.Kind() != '{' {
		return ""
	}
	for {
		key, err := r.next()
		if err != nil {
			return ""
		}
		if text, _ := String(key); text != name {
			if r.SkipValue() != nil {
				return ""
			}
			continue
		}
		member, err := r.next()
		if err != nil || member.kind() != '"' && int(r.InputOffset()) == len(v.text) { // more of a number may be missing
			return ""
		}
		if found, _ := String(member); found != "" {
			return found
		}
	}
}

func withoutBOM(text string) string { return strings.TrimPrefix(text, "\xef\xbb\xbf") }
