package vpcep

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
)

// AddTags adds tags to an endpoint, and replaces the values of tags whose keys it
// already has: POST /v1/{project_id}/endpoint/{id}/tags/action. Tag has the rules; an
// endpoint has at most 20 tags. IdempotencyTagKey is refused.
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

// RemoveTags removes the tags with these keys from an endpoint: POST
// /v1/{project_id}/endpoint/{id}/tags/action. The tag of the idempotency key cannot be
// removed, because the create could then no longer be repeated.
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

// RemoveExactTags removes tags only if they also have these values: a tag that has
// another value by now stays. Otherwise it is RemoveTags.
func (c *Client) RemoveExactTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return removeExactTags(ctx, c, opts, ResourceTypeEndpoint, id, tags)
}

// RemoveExactServiceTags is RemoveExactTags for an endpoint service of this project.
// Errors are those of GetService, and *ValidationError.
func (c *Client) RemoveExactServiceTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return removeExactTags(ctx, c, opts, ResourceTypeEndpointService, id, tags)
}

// SetTags replaces all tags of an endpoint with tags, in as few requests as possible: it
// reads the endpoint, removes the surplus tags in one request, and adds the missing ones
// in another. The tag of the idempotency key stays. SetTags does not see a change that
// the service has not applied yet: wait for it first, with WaitForEndpointChange.
//
// Errors are those of GetEndpoint, and *ValidationError before anything is changed. If
// adding tags fails, the surplus tags are already removed; repeat SetTags.
func (c *Client) SetTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return setTags(ctx, c, opts, ResourceTypeEndpoint, endpointResource, getEndpoint(id), tags)
}

// SetServiceTags is SetTags for an endpoint service of this project. Errors are those
// of GetService, and *ValidationError.
func (c *Client) SetServiceTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	return setTags(ctx, c, opts, ResourceTypeEndpointService, serviceResource, getService(id), tags)
}

// changeTags returns the request that changes tags; action is create or delete.
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

// keyOnly is a tag to remove, whatever its value.
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

// oldTags checks the keys of tags to remove. It applies even without validation, because
// the tag of the idempotency key belongs to the library. Any other key that the service
// has is valid, whatever the rules for new ones say.
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

// setTags replaces the tags of the resource that read reads.
func setTags[T any](ctx context.Context, c *Client, opts []CallOption, resourceType ResourceType, of *resource[T], read request[*T], tags []Tag) error {
	read.check = func(f *fieldErrors) { f.reservedTag(tags) }
	read.validate = func(f *fieldErrors) { f.tags(tags) }
	value, err := do(ctx, c, opts, read)
	if err != nil {
		return err
	}
	id, has := read.ids[0], of.keyTag(value)
	if raw, unread := (*of.table.Extra(value))["tags"]; unread {
		return fmt.Errorf("vpcep: set tags of %s %s: the service returned tags that cannot be read: %s", of.name, id, text.OneLine(string(raw)))
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

// diffTags returns the keys to remove and the tags to add to turn has into want.
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

// reservedTag applies even without validation: the tag of the idempotency key belongs to
// the library.
func (f *fieldErrors) reservedTag(tags []Tag) {
	for i, tag := range tags {
		if tag.Key == IdempotencyTagKey {
			f.add(indexed("tags", i, ".key"), "%q is reserved for the idempotency key", tag.Key)
		}
	}
}

// HasTags returns a condition that holds if an endpoint has exactly these tags, not
// counting the tag of the idempotency key.
func HasTags(tags ...Tag) Condition {
	return func(e *Endpoint) bool { return sameSet(tags, e.Tags) }
}

// HasAllTags returns a condition that holds if an endpoint has at least these tags.
func HasAllTags(tags ...Tag) Condition {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(tags, func(t Tag) bool { return !slices.Contains(e.Tags, t) })
	}
}

// LacksTags returns a condition that holds if an endpoint has no tag with any of these
// keys.
func LacksTags(keys ...string) Condition {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(e.Tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	}
}
