package vpcep

import (
	"context"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// WhitelistChange says what to change about who may use an endpoint. At least one
// of the two is set.
type WhitelistChange struct {
	// Entries replaces all entries: IPv4 addresses and CIDR blocks, no /0. nil leaves
	// them as they are, and an empty list deletes every one. WhitelistEntries makes it.
	Entries *[]string
	// Enable turns the access control on or off. nil leaves it as it is.
	Enable *bool
}

// WhitelistEntries is the value of WhitelistChange.Entries; without arguments, the
// list that deletes every entry.
func WhitelistEntries(entries ...string) *[]string {
	entries = append([]string{}, entries...)
	return &entries
}

// UpdateWhitelist changes who may use an endpoint of an interface service: PUT
// /v1/{project_id}/vpc-endpoints/{id}. It returns the endpoint as the service
// answers it; a change that the service applies later is waited for with
// WaitForEndpointChange and HasWhitelist.
//
// Errors are those of GetEndpoint, and *ValidationError for a wrong entry.
func (c *Client) UpdateWhitelist(ctx context.Context, id string, change WhitelistChange, opts ...CallOption) (*Endpoint, error) {
	return do(ctx, c, opts, request[*Endpoint]{
		operation: retry.Update, method: http.MethodPut, path: endpointPath, ids: []string{id},
		validate: func(f *fieldErrors) {
			if change.Entries == nil && change.Enable == nil {
				f.add("whitelist", "nothing is to be changed")
			}
			if change.Entries != nil {
				f.whitelistEntries(*change.Entries)
			}
		},
		body: struct {
			Whitelist *[]string `json:"whitelist,omitempty"`
			Enable    *bool     `json:"enable_whitelist,omitempty"`
		}{notNil(change.Entries), change.Enable},
		decode: endpointResource.decode,
	})
}

// notNil makes a nil list an empty one: it would be written as null.
func notNil(list *[]string) *[]string {
	if list != nil && *list == nil {
		return &[]string{}
	}
	return list
}

// HasWhitelist reports whether an endpoint shows the settings of change.
func HasWhitelist(change WhitelistChange) Condition {
	return func(e *Endpoint) bool {
		return (change.Entries == nil || sameSet(canonicalBlocks(*change.Entries), canonicalBlocks(e.Whitelist))) &&
			(change.Enable == nil || *change.Enable == e.EnableWhitelist)
	}
}
