package fields

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// Kind is how the values of one type are read, written and copied.
type Kind[V any] struct {
	// Read returns the zero value and true for null, and false if the value is invalid;
	// what could be read is returned even then.
	Read  func(wire.Value) (V, bool)
	Write func(*jsontext.Encoder, *V) error
	// Clone is nil if an assignment copies the value.
	Clone func(V) V
	// IsSet is false for a zero or nil value. IsEmpty is also true for a list without
	// elements.
	IsSet, IsEmpty func(V) bool
}

// The basic kinds.
var (
	Text = Enum(wire.String)
	Int  = scalar(wire.Int64, func(w *jsontext.Encoder, n *int64) error { return w.WriteToken(jsontext.Int(*n)) })
	// Number is an integer that fits an int.
	Number = scalar(readNumber, func(w *jsontext.Encoder, n *int) error { return w.WriteToken(jsontext.Int(int64(*n))) })
	Bool   = scalar(wire.Bool, func(w *jsontext.Encoder, b *bool) error { return w.WriteToken(jsontext.Bool(*b)) })
	Time   = &Kind[time.Time]{
		Read: wire.Time, Write: writeTime,
		IsSet: func(t time.Time) bool { return !t.IsZero() }, IsEmpty: time.Time.IsZero,
	}
	Texts = Enums(wire.String)
	// Document is a JSON object, or a string that contains one.
	Document = raw(wire.Document)
	// Raw is a value that is kept as received.
	Raw = raw(func(v wire.Value) (json.RawMessage, bool) {
		if v.IsNull() {
			return nil, true
		}
		return v.Raw(), true
	})
)

func scalar[V comparable](read func(wire.Value) (V, bool), write func(*jsontext.Encoder, *V) error) *Kind[V] {
	var zero V
	return &Kind[V]{
		Read: read, Write: write,
		IsSet: func(v V) bool { return v != zero }, IsEmpty: func(v V) bool { return v == zero },
	}
}

func readNumber(v wire.Value) (int, bool) {
	n, ok := wire.Int64(v)
	if int64(int(n)) != n {
		return 0, false
	}
	return int(n), ok
}

// Optional is a value for which absent differs from zero.
func Optional[V any](kind *Kind[V]) *Kind[*V] {
	return &Kind[*V]{
		Read: func(v wire.Value) (*V, bool) {
			if v.IsNull() {
				return nil, true
			}
			value, ok := kind.Read(v)
			if !ok {
				return nil, false
			}
			return &value, true
		},
		Write: func(w *jsontext.Encoder, v **V) error { return kind.Write(w, *v) },
		Clone: func(v *V) *V {
			if v == nil {
				return nil
			}
			value := *v
			if kind.Clone != nil {
				value = kind.Clone(value)
			}
			return &value
		},
		IsSet: func(v *V) bool { return v != nil }, IsEmpty: func(v *V) bool { return v == nil },
	}
}

// Enum is a string of an enumeration.
func Enum[S ~string](read func(wire.Value) (S, bool)) *Kind[S] {
	return scalar(read, func(w *jsontext.Encoder, s *S) error { return w.WriteToken(jsontext.String(string(*s))) })
}

// Enums is a list of strings, or a single string instead of a list.
func Enums[S ~string](read func(wire.Value) (S, bool)) *Kind[[]S] {
	element := Enum(read)
	return list(element, func(v wire.Value) ([]S, bool) { return wire.Enums(v, read) })
}

// List is a list, or a single element instead of a list.
func List[E any](element *Kind[E]) *Kind[[]E] {
	return list(element, func(v wire.Value) ([]E, bool) { return wire.List(v, element.Read) })
}

func list[E any](element *Kind[E], read func(wire.Value) ([]E, bool)) *Kind[[]E] {
	return &Kind[[]E]{
		Read: read,
		Write: func(w *jsontext.Encoder, list *[]E) error {
			if err := w.WriteToken(jsontext.BeginArray); err != nil {
				return err
			}
			for i := range *list {
				if err := element.Write(w, &(*list)[i]); err != nil {
					return err
				}
			}
			return w.WriteToken(jsontext.EndArray)
		},
		Clone: func(list []E) []E {
			list = slices.Clone(list)
			for i := range list {
				if element.Clone != nil {
					list[i] = element.Clone(list[i])
				}
			}
			return list
		},
		IsSet:   func(list []E) bool { return list != nil },
		IsEmpty: func(list []E) bool { return len(list) == 0 },
	}
}

func raw(read func(wire.Value) (json.RawMessage, bool)) *Kind[json.RawMessage] {
	return &Kind[json.RawMessage]{
		Read: read, Clone: slices.Clone[json.RawMessage],
		Write: func(w *jsontext.Encoder, v *json.RawMessage) error { return WriteRaw(w, *v) },
		IsSet: func(v json.RawMessage) bool { return len(v) > 0 }, IsEmpty: func(v json.RawMessage) bool { return len(v) == 0 },
	}
}

// WriteRaw writes v, which must be valid JSON.
func WriteRaw(w *jsontext.Encoder, v json.RawMessage) error {
	if v == nil {
		return w.WriteToken(jsontext.Null)
	}
	return w.WriteValue(jsontext.Value(v))
}

// writeTime writes a time in UTC. It fails if JSON cannot represent the time.
func writeTime(w *jsontext.Encoder, t *time.Time) error {
	text, err := t.UTC().MarshalText()
	if err != nil {
		return err
	}
	return w.WriteToken(jsontext.String(string(text)))
}

// options make jsontext write what encoding/json writes: duplicate members, and a
// replacement for invalid UTF-8. Raw values are written unchanged.
var options = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true)}

// writer writes one value.
type writer struct {
	jsontext.Encoder
	out bytes.Buffer
}

// writers are reused: growing a new one takes more allocations than the rest of a small
// request.
var writers = sync.Pool{New: func() any { return new(writer) }}

// maxPooled is the size of the largest text whose writer is reused.
const maxPooled = 64 << 10

// Marshal returns what write writes for v.
func Marshal[V any](v *V, write func(*jsontext.Encoder, *V) error) ([]byte, error) {
	w := writers.Get().(*writer)
	w.out.Reset()
	w.Reset(&w.out, options...)
	if err := write(&w.Encoder, v); err != nil {
		return nil, err
	}
	text := bytes.Clone(bytes.TrimSuffix(w.out.Bytes(), []byte("\n")))
	if len(text) <= maxPooled {
		writers.Put(w)
	}
	return text, nil
}
