package vpceptest

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"unicode/utf8"
)

// fields reads each documented field of a body by its exact name: encoding/json would
// accept "VPC_ID" for "vpc_id".
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

// read reads the body of a request into r and returns which fields it has. An unknown field
// is refused; a null field counts as absent.
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
		if string(raw[name]) == "null" { // some clients send null for unset fields
			continue
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
	tags, _, refusal := readValuedTags(raw)
	return tags, refusal
}

// readValuedTags also returns which of the tags have a value, even an empty one.
func readValuedTags(raw json.RawMessage) ([]Tag, []bool, *apiError) {
	var list []map[string]*string
	if json.Unmarshal(raw, &list) != nil {
		return nil, nil, errParameter.with("The field must be an array of objects of strings.")
	}
	var tags []Tag
	var valued []bool
	for _, fields := range list {
		var tag Tag
		given := false
		for name, value := range fields {
			switch {
			case value == nil: // as if it were not there
			case name == "key":
				tag.Key = *value
			case name == "value":
				tag.Value, given = *value, true
			default:
				return nil, nil, errParameter.with("A tag's field is unknown.")
			}
		}
		tags, valued = append(tags, tag), append(valued, given)
	}
	return tags, valued, nil
}
