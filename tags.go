package vpcep

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
)

// AddTags puts tags on an endpoint, and gives those whose key it has another value:
// POST /v1/{project_id}/endpoint/{id}/tags/action. The rules of tags are those of
// Tag, at most 20 on an endpoint; the key of an idempotency key's tag is refused.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) AddTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return addTags(ctx, c, opts, ResourceTypeEndpoint, id, tags)
}

// AddServiceTags is AddTags for an endpoint service of this project. Errors are those
// of GetService, and *ValidationError.
func (c *Client) AddServiceTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return addTags(ctx, c, opts, ResourceTypeEndpointService, id, tags)
}

// RemoveTags takes the tags with these keys off an endpoint: POST
// /v1/{project_id}/endpoint/{id}/tags/action. The tag of an idempotency key cannot
// be removed: the create could not be repeated any more.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) RemoveTags(ctx context.Context, id string, keys []string, opts ...CallOption) error {
	return removeTags(ctx, c, opts, ResourceTypeEndpoint, id, keys)
}

// RemoveServiceTags is RemoveTags for an endpoint service of this project. Errors are
// those of GetService, and *ValidationError.
func (c *Client) RemoveServiceTags(ctx context.Context, id string, keys []string, opts ...CallOption) error {
	return removeTags(ctx, c, opts, ResourceTypeEndpointService, id, keys)
}

// RemoveExactTags is RemoveTags for tags that have these values, too: one that has
// another value by now stays.
func (c *Client) RemoveExactTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return removeExactTags(ctx, c, opts, ResourceTypeEndpoint, id, tags)
}

// RemoveExactServiceTags is RemoveExactTags for an endpoint service of this project.
// Errors are those of GetService, and *ValidationError.
func (c *Client) RemoveExactServiceTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return removeExactTags(ctx, c, opts, ResourceTypeEndpointService, id, tags)
}

// SetTags makes tags exactly the tags of an endpoint, with the fewest calls: it
// reads the endpoint, removes what is too much in one call, and adds what is
// missing in another. The tag of an idempotency key stays. A change that the
// service has not applied yet is not seen: wait for it first, with
// WaitForEndpointChange.
//
// Errors are those of GetEndpoint, and *ValidationError before anything is
// changed. Where the second call fails, the first one's change stays, and SetTags
// can be repeated.
func (c *Client) SetTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return setTags(ctx, c, opts, ResourceTypeEndpoint, endpointResource, getEndpoint(id), tags)
}

// SetServiceTags is SetTags for an endpoint service of this project. Errors are those
// of GetService, and *ValidationError.
func (c *Client) SetServiceTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return setTags(ctx, c, opts, ResourceTypeEndpointService, serviceResource, getService(id), tags)
}

// changeTags is the one call that changes tags; action is create or delete.
func changeTags(resourceType ResourceType, id, action string, tags any) request[struct{}] {
	return request[struct{}]{
		operation: retry.Update, method: http.MethodPost,
		path: "/v1/{project_id}/{resource_type}/{id}/tags/action", ids: []string{string(resourceType), id},
		body: struct {
			Action string `json:"action"`
			Tags   any    `json:"tags"`
		}{action, tags},
		decode: decodeNothing,
	}
}

func addTags(ctx context.Context, c *Client, opts []CallOption, resourceType ResourceType, id string, tags []Tag) error {
	change := changeTags(resourceType, id, "create", tags)
	change.check = func(f *fieldErrors) { f.reservedTag(tags) }
	change.validate = func(f *fieldErrors) {
		f.notEmpty("tags", len(tags))
		f.tags(tags)
		f.tagCount(len(tags))
	}
	_, err := do(ctx, c, opts, change)
	return err
}

// keyOnly is a tag to be removed whatever its value is.
type keyOnly struct {
	Key string `json:"key"`
}

func removeTags(ctx context.Context, c *Client, opts []CallOption, resourceType ResourceType, id string, keys []string) error {
	tags := make([]keyOnly, len(keys))
	for i, key := range keys {
		tags[i].Key = key
	}
	change := changeTags(resourceType, id, "delete", tags)
	change.check = func(f *fieldErrors) { f.oldTags(keys) }
	_, err := do(ctx, c, opts, change)
	return err
}

func removeExactTags(ctx context.Context, c *Client, opts []CallOption, resourceType ResourceType, id string, tags []Tag) error {
	keys := make([]string, len(tags))
	for i, tag := range tags {
		keys[i] = tag.Key
	}
	change := changeTags(resourceType, id, "delete", tags)
	change.check = func(f *fieldErrors) { f.oldTags(keys) }
	_, err := do(ctx, c, opts, change)
	return err
}

// oldTags holds even without validation, as the tag of an idempotency key is not the
// caller's. Any other key that the service has is right, whatever the rules for new
// ones say.
func (f *fieldErrors) oldTags(keys []string) {
	f.notEmpty("tags", len(keys))
	for i, key := range keys {
		if key == "" {
			f.add(indexed("tags", i, ".key"), "must not be empty")
		}
		if key == IdempotencyTagKey {
			f.add(indexed("tags", i, ".key"), "%q is reserved for the idempotency key", key)
		}
	}
}

// setTags makes tags exactly the tags of what read reads.
func setTags[T any](ctx context.Context, c *Client, opts []CallOption, resourceType ResourceType, of *resource[T], read request[*T], tags []Tag) error {
	read.check = func(f *fieldErrors) { f.reservedTag(tags) }
	read.validate = func(f *fieldErrors) { f.tags(tags) }
	value, err := do(ctx, c, opts, read)
	if err != nil {
		return err
	}
	id, has := read.ids[0], of.keyTag(value)
	if raw, unread := (*of.table.Extra(value))["tags"]; unread {
		return fmt.Errorf("vpcep: set tags of %s %s: the service gave tags that cannot be read: %s", of.name, id, text.OneLine(string(raw)))
	}
	if c.validates {
		var f fieldErrors
		f.tagCount(len(withKeyTag(tags, *has.key, "")))
		if err := f.err(); err != nil {
			return err
		}
	}
	surplus, missing := diffTags(*has.tags, tags)
	if len(surplus) > 0 { // first, because the number of tags is limited
		if err := removeTags(ctx, c, opts, resourceType, id, surplus); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		_, err = do(ctx, c, opts, changeTags(resourceType, id, "create", missing))
	}
	return err
}

// diffTags returns the keys to remove and the tags to add, to come from one list to another.
func diffTags(has, want []Tag) (surplus []string, missing []Tag) {
	for _, tag := range has {
		if !slices.ContainsFunc(want, func(t Tag) bool { return t.Key == tag.Key }) {
			surplus = append(surplus, tag.Key)
		}
	}
	for _, tag := range want {
		if !slices.Contains(has, tag) {
			missing = append(missing, tag)
		}
	}
	return surplus, missing
}

// reservedTag holds even without validation: the tag of an idempotency key is not
// the caller's.
func (f *fieldErrors) reservedTag(tags []Tag) {
	for i, tag := range tags {
		if tag.Key == IdempotencyTagKey {
			f.add(indexed("tags", i, ".key"), "%q is reserved for the idempotency key", tag.Key)
		}
	}
}

// HasTags reports whether an endpoint has exactly these tags; that of an
// idempotency key does not count.
func HasTags(tags ...Tag) Condition {
	return func(e *Endpoint) bool { return sameSet(tags, e.Tags) }
}

// HasAllTags reports whether an endpoint has at least these tags.
func HasAllTags(tags ...Tag) Condition {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(tags, func(t Tag) bool { return !slices.Contains(e.Tags, t) })
	}
}

// LacksTags reports whether an endpoint has no tag with any of these keys.
func LacksTags(keys ...string) Condition {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(e.Tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	}
}
