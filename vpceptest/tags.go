package vpceptest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// tagsRequest is the body of an action on tags.
type tagsRequest struct {
	action string
	tags   []Tag
}

var tagsFields = fields[tagsRequest]{
	"action": field("a string", func(r *tagsRequest) *string { return &r.action }),
	"tags": func(r *tagsRequest, raw json.RawMessage) (refusal *apiError) {
		r.tags, refusal = readTags(raw)
		return refusal
	},
}

func parseTags(c *call) (tagsRequest, *apiError) {
	var r tagsRequest
	given, refusal := tagsFields.read(c, &r)
	switch {
	case refusal != nil:
		return r, refusal
	case !given["action"]:
		return r, errEmptyInput.with("action is missing.")
	case r.action != "create" && r.action != "delete":
		return r, errAction.plain()
	case len(r.tags) == 0:
		return r, errTagEmpty.plain()
	}
	return r, checkTags(r.tags)
}

// changeTags serves an endpoint of any status but "deleting".
func (h *Handler) changeTags(c *call) (*answer, *apiError) {
	r, refusal := parseTags(c)
	if refusal != nil {
		return nil, refusal
	}
	_, refusal = h.store.amend(c.params["id"], func(_ *record, a *attributes, _ time.Time) *apiError {
		a.Tags = r.apply(a.Tags)
		if len(a.Tags) > maxTags {
			return errTagCount.plain()
		}
		return nil
	})
	if refusal != nil {
		return nil, refusal
	}
	return &answer{status: http.StatusNoContent}, nil
}

// apply returns the tags as the request makes them: it adds tags and overwrites the
// values of those that are there, or deletes by the key alone.
func (r tagsRequest) apply(tags []Tag) []Tag {
	tags = slices.Clone(tags) // snapshots share the old ones
	for _, tag := range r.tags {
		i := slices.IndexFunc(tags, func(t Tag) bool { return t.Key == tag.Key })
		switch {
		case i < 0 && r.action == "create":
			tags = append(tags, tag)
		case i < 0:
		case r.action == "create":
			tags[i] = tag
		default:
			tags = slices.Delete(tags, i, i+1)
		}
	}
	return tags
}
