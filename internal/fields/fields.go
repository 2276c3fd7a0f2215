// Package fields reads, writes and copies a type by one table with a row for each member
// of its JSON object, so reader and writer cannot drift apart.
package fields

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// Field is a row of a table: one member of the JSON object that stands for a T.
type Field[T any] struct {
	name      string
	alias     string
	isWritten func(*T) bool // nil: written if the field is set
	value     value[T]
}

// Of returns the row of the field that at points to.
func Of[T, V any](name string, at func(*T) *V, kind *Kind[V]) Field[T] {
	return Field[T]{name: name, value: pointer[T, V]{at, kind}}
}

// Or adds another name for the member. It is read if the member is absent or empty, and
// never written.
func (f Field[T]) Or(alias string) Field[T] {
	f.alias = alias
	return f
}

// If sets when the member is written, instead of whenever the field is set.
func (f Field[T]) If(isWritten func(*T) bool) Field[T] {
	f.isWritten = isWritten
	return f
}

// Always writes the member even if the field is not set.
func (f Field[T]) Always() Field[T] { return f.If(func(*T) bool { return true }) }

// value handles the type of a row's value.
type value[T any] interface {
	read(dst *T, v wire.Value) bool
	write(w *jsontext.Encoder, src *T) error
	copy(dst, src *T)
	clone(dst *T)
	isSet(src *T) bool
	isEmpty(src *T) bool
}

// pointer is a value that a field of T holds.
type pointer[T, V any] struct {
	at   func(*T) *V
	kind *Kind[V]
}

func (p pointer[T, V]) read(dst *T, v wire.Value) bool {
	value, ok := p.kind.Read(v)
	*p.at(dst) = value // keep what could be read, even if not all of it was valid
	return ok
}

func (p pointer[T, V]) write(w *jsontext.Encoder, src *T) error { return p.kind.Write(w, p.at(src)) }

func (p pointer[T, V]) copy(dst, src *T) { *p.at(dst) = *p.at(src) }

func (p pointer[T, V]) clone(dst *T) {
	if p.kind.Clone != nil {
		*p.at(dst) = p.kind.Clone(*p.at(dst))
	}
}

func (p pointer[T, V]) isSet(src *T) bool { return p.kind.IsSet(*p.at(src)) }

func (p pointer[T, V]) isEmpty(src *T) bool { return p.kind.IsEmpty(*p.at(src)) }

// Table reads and writes a T as JSON.
type Table[T any] struct {
	// Fields are the rows, in the order in which they are written.
	Fields []Field[T]
	// Extra points to the members that no row knows, and to those with an invalid value.
	// They are written in place of the row's value. If nil, such members are dropped.
	Extra func(*T) *map[string]json.RawMessage
	// OmitsEmpty leaves out lists that are empty, not only those that are nil.
	OmitsEmpty bool

	index map[string]row
}

// row is the row of a name.
type row struct {
	at      int
	isAlias bool
}

// Indexed returns the table ready for use.
func (t Table[T]) Indexed() *Table[T] {
	t.index = make(map[string]row, len(t.Fields))
	for i, f := range t.Fields {
		t.index[f.name] = row{at: i}
		if f.alias != "" {
			t.index[f.alias] = row{at: i, isAlias: true}
		}
	}
	return &t
}

// Has reports whether a member of this name is written.
func (t *Table[T]) Has(name string) bool {
	r, known := t.index[name]
	return known && !r.isAlias
}

// Read reads the object v into dst, which must be zero, and returns the names of the
// members with an invalid value. The error is that of wire.Value.Members.
func (t *Table[T]) Read(v wire.Value, dst *T) (odd []string, err error) {
	var aliases *T // the members with other names
	err = v.Members(func(name string, v wire.Value) {
		r, known := t.index[name]
		if !known {
			t.keep(dst, name, v)
			return
		}
		to := dst
		if r.isAlias {
			if aliases == nil {
				aliases = new(T)
			}
			to = aliases
		}
		if !t.Fields[r.at].value.read(to, v) {
			odd = append(odd, name)
			t.keep(dst, name, v)
		} else {
			t.drop(dst, name)
		}
	})
	if aliases == nil {
		return odd, err
	}
	for _, f := range t.Fields {
		if f.alias != "" && f.value.isEmpty(dst) && !f.value.isEmpty(aliases) {
			f.value.copy(dst, aliases)
			t.drop(dst, f.name)
		}
	}
	return odd, err
}

// ReadWhole reads the object v. ok is false if any value is invalid; the others are
// returned even then.
func (t *Table[T]) ReadWhole(v wire.Value) (value T, ok bool) {
	odd, err := t.Read(v, &value)
	return value, err == nil && len(odd) == 0
}

// keep puts an unknown or invalid member into Extra.
func (t *Table[T]) keep(dst *T, name string, v wire.Value) {
	if t.Extra == nil {
		return
	}
	extra := t.Extra(dst)
	if *extra == nil {
		*extra = make(map[string]json.RawMessage)
	}
	(*extra)[name] = v.Raw()
}

// drop removes an earlier, invalid member with the name from Extra.
func (t *Table[T]) drop(dst *T, name string) {
	if t.Extra == nil {
		return
	}
	extra := t.Extra(dst)
	if delete(*extra, name); len(*extra) == 0 {
		*extra = nil
	}
}

// Clone returns a copy that shares nothing with src.
func (t *Table[T]) Clone(src T) T {
	for _, f := range t.Fields {
		f.value.clone(&src)
	}
	if t.Extra != nil {
		extra := t.Extra(&src)
		*extra = maps.Clone(*extra)
		for name, raw := range *extra {
			(*extra)[name] = bytes.Clone(raw)
		}
	}
	return src
}

// Marshal returns the JSON object for src.
func (t *Table[T]) Marshal(src *T) ([]byte, error) {
	return Marshal(src, t.Write)
}

// Write writes the JSON object for src.
func (t *Table[T]) Write(w *jsontext.Encoder, src *T) error {
	var extra map[string]json.RawMessage
	if t.Extra != nil {
		extra = *t.Extra(src)
	}
	if err := w.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := range t.Fields {
		f := &t.Fields[i]
		if _, replaced := extra[f.name]; replaced || !t.isWritten(f, src) {
			continue
		}
		if err := w.WriteToken(jsontext.String(f.name)); err != nil {
			return err
		}
		if err := f.value.write(w, src); err != nil {
			return err
		}
	}
	if err := writeExtra(w, extra); err != nil {
		return err
	}
	return w.WriteToken(jsontext.EndObject)
}

func (t *Table[T]) isWritten(f *Field[T], src *T) bool {
	if f.isWritten != nil {
		return f.isWritten(src)
	}
	return f.value.isSet(src) && (!t.OmitsEmpty || !f.value.isEmpty(src))
}

func writeExtra(w *jsontext.Encoder, extra map[string]json.RawMessage) error {
	if len(extra) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if err := w.WriteToken(jsontext.String(name)); err != nil {
			return err
		}
		if err := WriteRaw(w, extra[name]); err != nil {
			return err
		}
	}
	return nil
}
