package readers

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// The reader that goes through a map of encoding/json: an object becomes a map, and
// each value is read once more.

// rawValue is one JSON value as it stood in the text, without white space around it.
type rawValue []byte

// errNotObject reports valid JSON that is not an object.
var errNotObject = errors.New("not a JSON object")

// mapMembers calls fn for every member of the JSON object in data. Of a repeated
// name, the last one counts. The values alias data or a copy of it and must not
// be changed. The error is a syntax error of encoding/json, or errNotObject.
func mapMembers(data []byte, fn func(name string, v rawValue)) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(withoutBOM(data), &members); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) {
			return errNotObject
		}
		return err
	}
	if members == nil { // null
		return errNotObject
	}
	for name, raw := range members {
		fn(name, rawValue(raw))
	}
	return nil
}

// sliceElements calls fn for every element of the array v and reports whether v is one.
func sliceElements(v rawValue, fn func(rawValue)) bool {
	if v.kind() != '[' {
		return false
	}
	var elements []json.RawMessage
	if json.Unmarshal(v, &elements) != nil {
		return false
	}
	for _, raw := range elements {
		fn(rawValue(raw))
	}
	return true
}

// isNull reports whether v is null, which the service sends for absent values.
func (v rawValue) isNull() bool { return string(v) == "null" }

// kind returns the first byte of the value, which determines its JSON type.
func (v rawValue) kind() byte {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// The readers below return the zero value and true for null, and false where v
// makes no sense as the type asked for; what could be read is returned even then.

// stringOf reads a string, and a number or boolean as its literal text.
func stringOf(v rawValue) (string, bool) {
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

// boolOf reads a boolean, also from a string or from 0 and 1.
func boolOf(v rawValue) (bool, bool) {
	s, ok := stringOf(v)
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

// int64Of reads an integer, also as a string, and a number written with a
// fraction or exponent where it is whole and exact.
func int64Of(v rawValue) (int64, bool) {
	s, ok := stringOf(v)
	if !ok {
		return 0, false
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, v.isNull() || v.kind() == '"'
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

// listOfStrings reads an array of strings, and a bare string as its only element.
func listOfStrings(v rawValue) ([]string, bool) { return listOf[string](v, stringOf) }

// listOf reads an array with read for its elements, and a bare value as its only
// element. sliceElements that are null are left out.
func listOf[T ~string](v rawValue, read func(rawValue) (T, bool)) ([]T, bool) {
	if v.isNull() {
		return nil, true
	}
	list, ok := []T{}, true
	isArray := sliceElements(v, func(element rawValue) {
		word, readable := read(element)
		if !readable {
			ok = false
		} else if !element.isNull() {
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

func withoutBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) }
