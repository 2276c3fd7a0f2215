package vpcep

import (
	"context"
	"net/http"
	"slices"
)

// tagAction is the body of a change of tags.
type tagAction struct {
	Action string `json:"action"` // create or delete
	Tags   any    `json:"tags"`
}

// AddTags puts tags on an endpoint, and gives those whose key it has another value:
// POST /v1/{project_id}/endpoint/{id}/tags/action. The rules of tags are those of
// Tag; the key of an idempotency key's tag is refused.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) AddTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	if c.usable() == nil && c.validates {
		var f fieldErrors
		if len(tags) == 0 {
			f.add("tags", "must not be empty")
		}
		f.tags(tags)
		if err := f.err(); err != nil {
			return err
		}
	}
	return c.changeTags(ctx, id, "create", tags, opts)
}

// RemoveTags takes the tags with these keys off an endpoint: POST
// /v1/{project_id}/endpoint/{id}/tags/action. The tag of an idempotency key cannot
// be removed: the create could not be repeated any more.
//
// Errors are those of GetEndpoint, and *ValidationError.
func (c *Client) RemoveTags(ctx context.Context, id string, keys []string, opts ...CallOption) error {
	tags := make([]Tag, len(keys))
	for i, key := range keys {
		tags[i].Key = key
	}
	if c.usable() == nil && c.validates {
		var f fieldErrors
		if len(keys) == 0 {
			f.add("tags", "must not be empty")
		}
		f.tags(tags)
		if err := f.err(); err != nil {
			return err
		}
	}
	return c.removeTags(ctx, id, keys, opts)
}

// SetTags makes tags exactly the tags of an endpoint, with the fewest calls: it
// reads the endpoint, removes what is too much in one call, and adds what is
// missing in another. The tag of an idempotency key stays.
//
// It returns the first error; what was changed before it stays changed, and the call
// can be repeated.
func (c *Client) SetTags(ctx context.Context, id string, tags []Tag, opts ...CallOption) error {
	if c.usable() == nil && c.validates {
		var f fieldErrors
		f.tags(tags)
		if err := f.err(); err != nil {
			return err
		}
	}
	endpoint, err := c.GetEndpoint(ctx, id, opts...)
	if err != nil {
		return err
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
		if err := c.removeTags(ctx, id, surplus, opts); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return c.changeTags(ctx, id, "create", missing, opts)
	}
	return nil
}

// removeTags checks nothing: keys that the service gave may break rules that are
// newer, or of another region.
func (c *Client) removeTags(ctx context.Context, id string, keys []string, opts []CallOption) error {
	type keyOnly struct {
		Key string `json:"key"`
	}
	body := make([]keyOnly, len(keys))
	for i, key := range keys {
		body[i] = keyOnly{key}
	}
	return c.changeTags(ctx, id, "delete", body, opts)
}

func (c *Client) changeTags(ctx context.Context, id, action string, tags any, opts []CallOption) error {
	if err := c.ready(ctx); err != nil {
		return err
	}
	var f fieldErrors
	if f.pathSegment("id", id); len(f) > 0 {
		return f.err()
	}
	path := c.projectPath("/endpoint/" + id + "/tags/action")
	_, err := update(ctx, c, http.MethodPost, path, tagAction{action, tags}, opts, decodeNothing)
	return err
}
