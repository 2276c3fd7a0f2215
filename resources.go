package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// ResourceType is a type of resource that can have tags.
type ResourceType string

// The types of resources.
const (
	ResourceTypeEndpoint        ResourceType = "endpoint"
	ResourceTypeEndpointService ResourceType = "endpoint_service"
)

// TagValues is the key of a tag with several values.
type TagValues struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// ListProjectTags lists the tag keys of the project's endpoints, or of its endpoint
// services, with all their values: GET /v1/{project_id}/{resource_type}/tags. The
// service returns them all in one response. The tags of idempotency keys are left out.
//
// The error is a *ValidationError or an *APIError.
func (c *Client) ListProjectTags(ctx context.Context, resourceType ResourceType, opts ...CallOption) ([]TagValues, error) {
	return do(ctx, c, opts, request[[]TagValues]{
		operation: retry.Read, method: http.MethodGet,
		path: "/v1/{project_id}/{resource_type}/tags", ids: []string{string(resourceType)},
		validate: func(f *fieldErrors) { f.resourceType(resourceType) },
		decode:   decodeProjectTags,
	})
}

func decodeProjectTags(ctx context.Context, body string) (tags []TagValues, err error) {
	isList := false
	err = wire.Within(ctx, body).Members(func(name string, v wire.Value) {
		if name != "tags" {
			return
		}
		tags, isList = []TagValues{}, true
		wire.Each(v, func(v wire.Value) {
			// Invalid elements are left out.
			if tag, _ := tagValuesFields.ReadWhole(v); tag.Key != "" && tag.Key != IdempotencyTagKey {
				tags = append(tags, tag)
			}
		})
	})
	if err == nil && !isList {
		err = errors.New("the body has no list of tags")
	}
	return tags, err
}

// ResourceFilter selects resources by their tags and name. The zero value selects all.
//
// Each list of tags has at most 20 different keys of 1 to 128 characters; some regions
// allow only 10. Each key has at most 10 values of up to 255 characters, one of which
// must match. A key without values matches any value. A value that begins with * matches
// a part of the tag's value.
type ResourceFilter struct {
	// Tags selects resources that match all keys, TagsAny those that match at least one.
	Tags, TagsAny []TagValues
	// NotTags selects resources that do not match all keys, NotTagsAny those that match
	// none.
	NotTags, NotTagsAny []TagValues
	// SysTags selects by tags of the cloud itself.
	SysTags []TagValues
	// Name selects by a part of the name, up to 255 characters, ignoring case.
	Name string
	// WithoutAnyTag selects resources without tags. It cannot be combined with the lists
	// of tags.
	WithoutAnyTag bool
	// PageSize is how many resources one request asks for, 1 to 1000; 0 means 100.
	PageSize int
}

// TaggedResource is an endpoint or an endpoint service with its tags. It is read as
// tolerantly as Endpoint.
type TaggedResource struct {
	// ID and Name are those of the endpoint or the endpoint service.
	ID, Name string
	// Tags are its tags, without the one for the IdempotencyKey.
	Tags []Tag
	// Detail is the field "resource_detail", usually empty.
	Detail json.RawMessage
	// IdempotencyKey is the key that it was created with, if any.
	IdempotencyKey string
	requestDigest  string // digest of the create request, from the key's tag
	// Extra holds the fields that this version does not know or whose type is
	// unexpected. It is nil if there are none.
	Extra map[string]json.RawMessage
}

// UnmarshalJSON reads a resource tolerantly. It fails only if data is not a JSON object.
func (t *TaggedResource) UnmarshalJSON(data []byte) error { return taggedResource.unmarshal(data, t) }

// MarshalJSON writes the resource as the service does, including Extra.
func (t TaggedResource) MarshalJSON() ([]byte, error) { return taggedResource.marshal(t) }

// ListResources lists the endpoints, or the endpoint services, that filter selects by
// their tags: POST /v1/{project_id}/{resource_type}/resource_instances/action. It pages
// as ListEndpoints does, with the same guarantees.
func (c *Client) ListResources(ctx context.Context, resourceType ResourceType, filter ResourceFilter, opts ...CallOption) iter.Seq2[*TaggedResource, error] {
	return list(ctx, c, opts, resources(resourceType, filter))
}

// CountResources returns how many resources filter selects, as CountEndpoints does.
func (c *Client) CountResources(ctx context.Context, resourceType ResourceType, filter ResourceFilter, opts ...CallOption) (int64, error) {
	return count(ctx, c, opts, resources(resourceType, filter))
}

func resources(resourceType ResourceType, filter ResourceFilter) listing[TaggedResource] {
	return listing[TaggedResource]{
		of: taggedResource, path: "/v1/{project_id}/{resource_type}/resource_instances/action",
		ids: []string{string(resourceType)}, member: "resources",
		filter: listFilter{
			pageSize: filter.PageSize,
			rules: func(f *fieldErrors) {
				f.resourceType(resourceType)
				f.resourceFilter(filter)
			},
		},
		body: func(offset, limit int) any { return filter.body(offset, limit) },
	}
}

// resourceQuery is the body of a list of resources. The service takes numbers as strings.
type resourceQuery struct {
	Action        string         `json:"action"`
	Limit         string         `json:"limit,omitempty"`
	Offset        string         `json:"offset,omitempty"`
	Tags          []TagValues    `json:"tags,omitempty"`
	TagsAny       []TagValues    `json:"tags_any,omitempty"`
	NotTags       []TagValues    `json:"not_tags,omitempty"`
	NotTagsAny    []TagValues    `json:"not_tags_any,omitempty"`
	SysTags       []TagValues    `json:"sys_tags,omitempty"`
	Matches       []resourceName `json:"matches,omitempty"`
	WithoutAnyTag bool           `json:"without_any_tag,omitempty"`
}

type resourceName struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (filter ResourceFilter) body(offset, limit int) resourceQuery {
	query := resourceQuery{
		Action: "filter", Limit: strconv.Itoa(limit), Offset: strconv.Itoa(offset),
		Tags: withValues(filter.Tags), TagsAny: withValues(filter.TagsAny),
		NotTags: withValues(filter.NotTags), NotTagsAny: withValues(filter.NotTagsAny),
		SysTags: withValues(filter.SysTags), WithoutAnyTag: filter.WithoutAnyTag,
	}
	if limit == 0 {
		query.Action, query.Limit, query.Offset = "count", "", ""
	}
	if filter.Name != "" {
		query.Matches = []resourceName{{"resource_name", filter.Name}}
	}
	return query
}

// withValues replaces nil values with an empty list, because nil would be written as null.
func withValues(tags []TagValues) []TagValues {
	tags = slices.Clone(tags)
	for i := range tags {
		tags[i].Values = append([]string{}, tags[i].Values...)
	}
	return tags
}
