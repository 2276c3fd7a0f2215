package vpcep

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// tagAction is the body of a change of tags.
type tagAction struct {
	Action string `json:"action"` // create or delete
	Tags   any    `json:"tags"`
}

// AddTags puts tags on an endpoint, and gives those whose key it has another value:
// POST /v1/{project_id}/endpoint/{id}/tags/action. The rules of tags are those of
// Tag, at most 20 on an endpoint; the key of an idempotency key's tag is refused.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) AddTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	path, err := c.tagsPath(ctx, id)
	if err != nil {
		return err
	}
	var f fieldErrors
	f.reservedTag(tags)
	if c.validates {
		if len(tags) == 0 {
			f.add("tags", "must not be empty")
		}
		f.tags(tags)
		f.tagCount(len(tags))
	}
	if err := f.err(); err != nil {
		return err
	}
	return c.changeTags(ctx, path, "create", tags, opts)
}

// RemoveTags takes the tags with these keys off an endpoint: POST
// /v1/{project_id}/endpoint/{id}/tags/action. The tag of an idempotency key cannot
// be removed: the create could not be repeated any more.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) RemoveTags(ctx context.Context, id string, keys []string, opts ...CallOption) error {
	path, err := c.tagsPath(ctx, id)
	if err != nil {
		return err
	}
	var f fieldErrors
	if len(keys) == 0 {
		f.add("tags", "must not be empty")
	}
	// A key that the service has is right, whatever the rules for new ones say.
	for i, key := range keys {
		if key == "" {
			f.add(indexed("tags", i, ".key"), "must not be empty")
		}
		if key == IdempotencyTagKey {
			f.add(indexed("tags", i, ".key"), "%q is reserved for the idempotency key", key)
		}
	}
	if err := f.err(); err != nil {
		return err
	}
	return c.removeTags(ctx, path, keys, opts)
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
	path, err := c.tagsPath(ctx, id)
	if err != nil {
		return err
	}
	var f fieldErrors
	f.reservedTag(tags)
	if c.validates {
		f.tags(tags)
	}
	if err := f.err(); err != nil {
		return err
	}
	endpoint, err := c.GetEndpoint(ctx, id, opts...)
	if err != nil {
		return err
	}
	if raw, unread := endpoint.Extra["tags"]; unread {
		return fmt.Errorf("vpcep: set tags of endpoint %s: the service gave tags that cannot be read: %s", id, oneLine(string(raw)))
	}
	if c.validates {
		f.tagCount(len(withIdempotencyTag(tags, endpoint.IdempotencyKey)))
		if err := f.err(); err != nil {
			return err
		}
	}
	var surplus []string
	for _, has := range endpoint.Tags {
		if !slices.ContainsFunc(tags, func(wanted Tag) bool { return wanted.Key == has.Key }) {
			surplus = append(surplus, has.Key)
		}
	}
	var missing []Tag
	for _, wanted := range tags {
		if !slices.Contains(endpoint.Tags, wanted) {
			missing = append(missing, wanted)
		}
	}
	if len(surplus) > 0 { // first, because the number of tags is limited
		if err := c.removeTags(ctx, path, surplus, opts); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return c.changeTags(ctx, path, "create", missing, opts)
	}
	return nil
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

func (c *Client) removeTags(ctx context.Context, path string, keys []string, opts []CallOption) error {
	type keyOnly struct {
		Key string `json:"key"`
	}
	body := make([]keyOnly, len(keys))
	for i, key := range keys {
		body[i].Key = key
	}
	return c.changeTags(ctx, path, "delete", body, opts)
}

func (c *Client) changeTags(ctx context.Context, path, action string, tags any, opts []CallOption) error {
	_, err := update(ctx, c, http.MethodPost, path, tagAction{action, tags}, opts, decodeNothing)
	return err
}

func (c *Client) tagsPath(ctx context.Context, id string) (string, error) {
	if err := c.ready(ctx); err != nil {
		return "", err
	}
	var f fieldErrors
	f.pathSegment("id", id)
	return "/endpoint/" + id + "/tags/action", f.err()
}

func readTags(v wire.Value) ([]Tag, bool) { return readList(v, readTag) }

// readTag needs a key: a tag cannot be told without.
func readTag(v wire.Value) (tag Tag, ok bool) {
	ok = true
	err := v.Members(func(name string, v wire.Value) {
		switch name {
		case "key":
			ok = set(&tag.Key, v, wire.String) && ok
		case "value":
			ok = set(&tag.Value, v, wire.String) && ok
		}
	})
	return tag, ok && err == nil && tag.Key != ""
}

// HasTags reports whether an endpoint has exactly these tags; that of an
// idempotency key does not count.
func HasTags(tags ...Tag) func(*Endpoint) bool {
	return func(e *Endpoint) bool { return sameSet(tags, e.Tags) }
}

// HasTagsAmong reports whether an endpoint has at least these tags.
func HasTagsAmong(tags ...Tag) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(tags, func(t Tag) bool { return !slices.Contains(e.Tags, t) })
	}
}

// LacksTags reports whether an endpoint has no tag with any of these keys.
func LacksTags(keys ...string) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(e.Tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	}
}
