// Package policies compares policies by what they mean, because the cloud gives them back
// in its own form: lists in another order, "*" for ["*"], names and empty conditions
// added.
package policies

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Same reports whether two policies mean the same. Each is a JSON object with a
// Statement, a list of statements, or a JSON string that holds one of them. What is no
// JSON is the same as nothing else.
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

// parse reads a policy, also one that is written as a string.
func parse(data []byte) (any, error) {
	v, err := decode(string(data))
	if text, isText := v.(string); isText && err == nil {
		return decode(text)
	}
	return v, err
}

// decode keeps numbers as they are written: a float64 would round large ones.
func decode(text string) (v any, err error) {
	if !json.Valid([]byte(text)) { // a decoder alone would not mind what comes behind the value
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

// document is the normal form of a whole policy.
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

// statements is the normal form of a list of statements, whose order does not matter.
// A single one may stand without its list.
func statements(v any) []string {
	list, isList := v.([]any)
	if !isList && v != nil {
		list = []any{v}
	}
	return setOf(list, statement)
}

// statement is the normal form of one statement.
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

// principal is a set, or one for each kind of principal.
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

// condition has a set of values for each key of each operator. Their type does not
// matter: true is "true", and 5 is "5". An operator without keys says nothing.
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

// set is the normal form of a list whose order and repetitions do not matter, and of a
// value that stands for a list of one.
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

// present is a copy of an object without the members that are null, as if they were absent.
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

// plain is the text of a value without quotes.
func plain(v any) string {
	if text, isText := v.(string); isText {
		return text
	}
	return canonical(v)
}

// canonical writes a value in the one way that can be compared: members in order.
func canonical(v any) string {
	data, _ := json.Marshal(v) // it was read from JSON, which cannot fail to be written
	return string(data)
}
