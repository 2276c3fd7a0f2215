package vpcep

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
)

// WhitelistChange says how to change who may use an endpoint. Set at least one of the
// two fields.
type WhitelistChange struct {
	// Entries replaces all entries: IPv4 addresses and CIDR blocks, but no /0. nil keeps
	// the entries that UpdateWhitelist reads, and a pointer to an empty list deletes all
	// entries. WhitelistEntries returns such a pointer.
	Entries *[]string
	// Enable turns the access control on or off. nil keeps the setting that
	// UpdateWhitelist reads.
	Enable *bool
}

// WhitelistEntries returns a value for WhitelistChange.Entries. Without arguments, it
// deletes all entries.
func WhitelistEntries(entries ...string) *[]string {
	entries = append([]string{}, entries...)
	return &entries
}

// UpdateWhitelist changes who may use an endpoint of an interface service: PUT
// /v1/{project_id}/vpc-endpoints/{id}. It returns the endpoint from the response. If
// the service applies the change later, wait for it with WaitForEndpointChange and
// HasWhitelist.
//
// The service takes both settings at once: a missing list deletes all entries, and a
// missing switch turns the access control off (operations.md, section 4). The call
// therefore always sends both, and first reads what change does not set, with one extra
// request. If somebody else changes that setting between the two requests, their change
// is lost: set both fields if others change the same endpoint.
//
// Errors are those of GetEndpoint, and *ValidationError for an invalid entry.
func (c *Client) UpdateWhitelist(ctx context.Context, id string, change WhitelistChange, opts ...CallOption) (*Endpoint, error) {
	read := getEndpoint(id)
	read.validate = func(f *fieldErrors) { f.whitelistChange(change) }
	update := request[*Endpoint]{
		operation: retry.Update, method: http.MethodPut, path: endpointPath, ids: []string{id},
		validate: read.validate, decode: endpointResource.decode,
	}
	if change.Entries == nil || change.Enable == nil {
		shown, err := do(ctx, c, opts, read)
		if err != nil {
			return nil, err
		}
		if change, err = change.completed(shown); err != nil {
			return nil, err
		}
	}
	update.body = struct {
		Whitelist []string `json:"whitelist"`
		Enable    bool     `json:"enable_whitelist"`
	}{append([]string{}, *change.Entries...), *change.Enable}
	return do(ctx, c, opts, update)
}

// completed returns the change with its nil fields set to what the endpoint shows.
func (w WhitelistChange) completed(shown *Endpoint) (WhitelistChange, error) {
	for field, isRead := range map[string]bool{"whitelist": w.Entries == nil, "enable_whitelist": w.Enable == nil} {
		if raw, unread := shown.Extra[field]; unread && isRead {
			return w, fmt.Errorf("vpcep: update whitelist of endpoint %s: the service returned a %s that cannot be read: %s", shown.ID, field, text.OneLine(string(raw)))
		}
	}
	if w.Entries == nil {
		w.Entries = &shown.Whitelist
	}
	if w.Enable == nil {
		w.Enable = &shown.EnableWhitelist
	}
	return w, nil
}

func (f *fieldErrors) whitelistChange(change WhitelistChange) {
	if change.Entries == nil && change.Enable == nil {
		f.add("whitelist", "the change is empty")
	}
	if change.Entries != nil {
		f.whitelistEntries(*change.Entries)
	}
}

// HasWhitelist returns a condition that holds if an endpoint shows the settings of
// change.
func HasWhitelist(change WhitelistChange) Condition {
	return func(e *Endpoint) bool {
		return (change.Entries == nil || sameSet(canonicalBlocks(*change.Entries), canonicalBlocks(e.Whitelist))) &&
			(change.Enable == nil || *change.Enable == e.EnableWhitelist)
	}
}
