// Package policies compares policies by meaning, because the cloud returns them in its own
// form: lists in another order, "*" for ["*"], names and empty conditions added.
package policies

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Same reports whether two policies mean the same. Each is a JSON object with a Statement,
// a list of statements, or a JSON string that contains one of these. Invalid JSON is not
// the same as anything.
func Same(a, b []byte) bool {
	x, errX := parse(a)
	y, errY := parse(b)
	if errX != nil || errY != nil {
		return false
	}
	documentX, isDocumentX := x.(map[string]any)
	documentY, isDocumentY := y.(map[string]any)
	if isDocumentX && isDocumentY {
		shareVersion(documentX, documentY)
	}
	return canonical(document(x)) == canonical(document(y))
}

// parse reads a policy, even one in a JSON string.
func parse(data []byte) (any, error) {
	v, err := decode(string(data))
	if text, isText := v.(string); isText && err == nil {
		return decode(text)
	}
	return v, err
}

// decode keeps numbers as they are written: a float64 would round large ones.
func decode(text string) (v any, err error) {
	if !json.Valid([]byte(text)) { // a decoder would ignore text after the value
		return nil, json.Unmarshal([]byte(text), new(any))
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// shareVersion ignores the version that only one of two documents has: the cloud adds it.
func shareVersion(a, b map[string]any) {
	if a["Version"] == nil || b["Version"] == nil {
		delete(a, "Version")
		delete(b, "Version")
	}
}

// document returns the normal form of a whole policy.
func document(v any) any {
	object, isObject := v.(map[string]any)
	if !isObject {
		return statements(v)
	}
	object = present(object)
	delete(object, "Id") // a name
	if list, found := object["Statement"]; found {
		object["Statement"] = statements(list)
	}
	return object
}

// statements returns the normal form of a list of statements, whose order does not matter.
// A single statement may appear without a list.
func statements(v any) []string {
	list, isList := v.([]any)
	if !isList && v != nil {
		list = []any{v}
	}
	return setOf(list, statement)
}

// statement returns the normal form of one statement.
func statement(v any) string {
	object, isObject := v.(map[string]any)
	if !isObject {
		return canonical(v)
	}
	object = present(object)
	delete(object, "Sid") // a name
	for member, value := range object {
		switch member {
		case "Effect":
			if text, isText := value.(string); isText {
				object[member] = strings.ToLower(text)
			}
		case "Action", "NotAction", "Resource", "NotResource":
			object[member] = set(value, canonical)
		case "Principal", "NotPrincipal":
			object[member] = principal(value)
		case "Condition":
			object[member] = condition(value)
		}
		if isEmpty(object[member]) {
			delete(object, member)
		}
	}
	return canonical(object)
}

// principal returns the normal form of a principal: a set, or a set for each kind.
func principal(v any) any {
	kinds, isObject := v.(map[string]any)
	if !isObject {
		return set(v, canonical)
	}
	kinds = present(kinds)
	for kind, value := range kinds {
		kinds[kind] = set(value, canonical)
	}
	return kinds
}

// condition returns the normal form of a condition: a set of values for each key of each
// operator. Their type does not matter: true is "true", and 5 is "5". An operator without
// keys is left out.
func condition(v any) any {
	operators, isObject := v.(map[string]any)
	if !isObject {
		return v
	}
	operators = present(operators)
	for operator, value := range operators {
		keys, isObject := value.(map[string]any)
		if !isObject {
			continue
		}
		keys = present(keys)
		for key, values := range keys {
			keys[key] = set(values, plain)
		}
		operators[operator] = keys
		if len(keys) == 0 {
			delete(operators, operator)
		}
	}
	return operators
}

// set returns the normal form of a list whose order and repetitions do not matter, or of a
// single value instead of a list.
func set(v any, each func(any) string) []string {
	if list, isList := v.([]any); isList {
		return setOf(list, each)
	}
	return setOf([]any{v}, each)
}

func setOf(list []any, each func(any) string) []string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = each(element)
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// present returns a copy of an object without the members that are null.
func present(object map[string]any) map[string]any {
	object = maps.Clone(object)
	maps.DeleteFunc(object, func(_ string, v any) bool { return v == nil })
	return object
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case []string:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// plain returns the text of a value without quotes.
func plain(v any) string {
	if text, isText := v.(string); isText {
		return text
	}
	return canonical(v)
}

// canonical returns a value as JSON with its members sorted, to be compared.
func canonical(v any) string {
	data, _ := json.Marshal(v) // cannot fail for a value read from JSON
	return string(data)
}
