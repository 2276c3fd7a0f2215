package vpceptest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"unicode/utf8"
)

// fields reads each documented field of a body, by its exact name: encoding/json
// would take "VPC_ID" for "vpc_id" too.
type fields[R any] map[string]func(*R, json.RawMessage) *apiError

// field reads a value of one type into the place that at returns.
func field[R, T any](what string, at func(*R) *T) func(*R, json.RawMessage) *apiError {
	return func(r *R, raw json.RawMessage) *apiError {
		if json.Unmarshal(raw, at(r)) != nil {
			return errParameter.with("The field must be " + what + ".")
		}
		return nil
	}
}

// read reads the body of a request into r and tells which fields it has. A field that
// is unknown or null is refused.
func (known fields[R]) read(c *call, r *R) (map[string]bool, *apiError) {
	raw, refusal := readObject(c.r.Header.Get("Content-Type"), c.body)
	if refusal != nil {
		return nil, refusal
	}
	given := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		read, found := known[name]
		if !found {
			return nil, errParameter.with("The field " + name + " is unknown.")
		}
		if string(raw[name]) == "null" {
			return nil, errParameter.with("The field " + name + " is null.")
		}
		if refusal := read(r, raw[name]); refusal != nil {
			return nil, refusal.with("(" + name + ")")
		}
		given[name] = true
	}
	return given, nil
}

func readObject(contentType string, body []byte) (map[string]json.RawMessage, *apiError) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, errEmptyInput.with("The body is empty.")
	}
	if !isJSON(contentType) {
		return nil, errParameter.with("Content-Type must be application/json.")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil || !utf8.Valid(body) {
		return nil, errParameter.with("The body is not a JSON object.")
	}
	return raw, nil
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// readTags reads tags by the exact names of their fields.
func readTags(raw json.RawMessage) ([]Tag, *apiError) {
	var list []map[string]*string
	if json.Unmarshal(raw, &list) != nil {
		return nil, errParameter.with("The field must be an array of objects of strings.")
	}
	var tags []Tag
	for _, fields := range list {
		var tag Tag
		for name, value := range fields {
			switch {
			case value == nil:
				return nil, errParameter.with("A tag's field is null.")
			case name == "key":
				tag.Key = *value
			case name == "value":
				tag.Value = *value
			default:
				return nil, errParameter.with("A tag's field is unknown.")
			}
		}
		tags = append(tags, tag)
	}
	return tags, nil
}
