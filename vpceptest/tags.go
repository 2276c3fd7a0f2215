package vpceptest

import (
	"encoding/json"
	"slices"
	"time"
)

// tagsRequest is the body of an action on tags.
type tagsRequest struct {
	action string
	tags   []Tag
	valued []bool // which tags have a value, even an empty one
}

var tagsFields = fields[tagsRequest]{
	"action": field("a string", func(r *tagsRequest) *string { return &r.action }),
	"tags": func(r *tagsRequest, raw json.RawMessage) (refusal *apiError) {
		r.tags, r.valued, refusal = readValuedTags(raw)
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
	case r.action == "create" && slices.Contains(r.valued, false):
		return r, errTag.with("value is missing.")
	}
	return r, checkTags(r.tags)
}

// changeTags changes the tags of an endpoint in any status but "deleting".
func (h *Handler) changeTags(c *call) (*answer, *apiError) {
	r, refusal := parseTags(c)
	if refusal != nil {
		return nil, refusal
	}
	_, refusal = h.store.amend(c.account, c.params["id"], func(_ *record, a *attributes, _ time.Time) (refusal *apiError) {
		a.Tags, refusal = r.apply(a.Tags)
		return refusal
	})
	if refusal != nil {
		return nil, refusal
	}
	return noContent(), nil
}

// changeServiceTags changes the tags of a service in any status but "deleting".
func (h *Handler) changeServiceTags(c *call) (*answer, *apiError) {
	r, refusal := parseTags(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.store.changeService(c, func(svc *service, now time.Time) (*answer, *apiError) {
		if svc.deleted() {
			return nil, errServiceState.plain()
		}
		tags, refusal := r.apply(svc.tags)
		if refusal != nil {
			return nil, refusal
		}
		svc.tags, svc.updatedAt = tags, now
		return noContent(), nil
	})
}

// refuseTags refuses any other type of resource.
func refuseTags(*Handler, *call) (*answer, *apiError) { return nil, errResourceType.plain() }

// apply returns the tags after the request. It adds tags and overwrites the values of
// existing ones; it deletes by key and value, or only by key if there is no value.
func (r tagsRequest) apply(tags []Tag) ([]Tag, *apiError) {
	tags = slices.Clone(tags) // snapshots share the old ones
	for n, tag := range r.tags {
		i := slices.IndexFunc(tags, func(t Tag) bool { return t.Key == tag.Key })
		switch {
		case i < 0 && r.action == "create":
			tags = append(tags, tag)
		case i < 0:
		case r.action == "create":
			tags[i] = tag
		case !r.valued[n] || tag.Value == tags[i].Value:
			tags = slices.Delete(tags, i, i+1)
		}
	}
	if len(tags) > maxTags {
		return nil, errTagCount.plain()
	}
	return tags, nil
}
