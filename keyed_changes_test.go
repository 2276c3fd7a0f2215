package vpcep_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A key belongs to a request, not to the endpoint's present state.
func TestChangedEndpointIsFoundAgain(t *testing.T) {
	on := true
	tests := map[string]struct {
		request vpcep.CreateEndpointRequest
		change  func(ctx context.Context, c *vpcep.Client, id string) error
	}{
		"tag": {full, func(ctx context.Context, c *vpcep.Client, id string) error {
			return c.SetTags(ctx, id, []vpcep.Tag{{Key: "env", Value: "live"}})
		}},
		"no tags": {full, func(ctx context.Context, c *vpcep.Client, id string) error { return c.SetTags(ctx, id, nil) }},
		"whitelist": {full, func(ctx context.Context, c *vpcep.Client, id string) error {
			_, err := c.UpdateWhitelist(ctx, id, vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.9.0.0/16"), Enable: &on})
			return err
		}},
		"route tables": {gateway, func(ctx context.Context, c *vpcep.Client, id string) error {
			_, err := c.UpdateRouteTables(ctx, id, []string{"rt-3"})
			return err
		}},
		"policy": {gateway, func(ctx context.Context, c *vpcep.Client, id string) error {
			_, err := c.UpdatePolicy(ctx, id, vpcep.Policy{Statements: []vpcep.PolicyStatement{{Effect: "Deny", Action: []string{"a"}, Resource: []string{"b"}}}})
			return err
		}},
		"policy document": {full, func(ctx context.Context, c *vpcep.Client, id string) error {
			_, err := c.UpdatePolicy(ctx, id, vpcep.Policy{Document: json.RawMessage(`{"Version":"6.0"}`)})
			return err
		}},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newCatalogue()
			made := s.made(t, tt.request)
			time.Sleep(time.Minute)
			c := s.client(t)
			require.NoError(t, tt.change(t.Context(), c, made.ID))
			for _, c := range []*vpcep.Client{c, s.client(t)} {
				found, err := c.CreateEndpoint(t.Context(), tt.request)
				require.NoError(t, err)
				s.isOnly(t, found)
				assert.Equal(t, made.ID, found.ID)
			}
			_, err := c.CreateEndpoint(t.Context(), with(tt.request, func(r *vpcep.CreateEndpointRequest) { r.EnableWhitelist = !r.EnableWhitelist }))
			assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		})
	}
}

// A setting matches the request however the service writes it: after a lost response, and
// when the create is repeated.
func TestServiceWritesSettingsInItsOwnForm(t *testing.T) {
	gatewayWith := func(statement vpcep.PolicyStatement, tables ...string) vpcep.CreateEndpointRequest {
		return with(gateway, func(r *vpcep.CreateEndpointRequest) {
			r.PolicyStatement, r.RouteTables = []vpcep.PolicyStatement{statement}, tables
		})
	}
	allow := vpcep.PolicyStatement{Effect: "Allow", Action: []string{"obs:a", "obs:b"}, Resource: []string{"*"}}
	statement := func(change func(map[string]any)) func(map[string]any) {
		return func(e map[string]any) {
			for _, s := range e["policy_statement"].([]any) {
				change(s.(map[string]any))
			}
		}
	}
	tests := map[string]struct {
		request vpcep.CreateEndpointRequest
		change  func(endpoint map[string]any)
	}{
		"a tag of the platform": {full, func(e map[string]any) {
			e["tags"] = append(e["tags"].([]any), map[string]any{"key": "_sys_enterprise_project_id", "value": "0"})
		}},
		"policy lists in another order": {gatewayWith(allow, "rt-1"), statement(func(s map[string]any) { s["Action"] = []string{"obs:b", "obs:a"} })},
		"a word as a list":              {gatewayWith(allow, "rt-1"), statement(func(s map[string]any) { s["Resource"] = "*" })},
		"a condition of nothing":        {gatewayWith(allow, "rt-1"), statement(func(s map[string]any) { s["Condition"] = map[string]any{} })},
		"IDs in upper case": {full, func(e map[string]any) {
			for _, field := range []string{"endpoint_service_id", "vpc_id", "subnet_id"} {
				e[field] = strings.ToUpper(e[field].(string))
			}
		}},
		"a description without its spaces": {with(full, func(r *vpcep.CreateEndpointRequest) { r.Description = " as agreed " }),
			func(e map[string]any) { e["description"] = "as agreed" }},
		"another description":       {full, func(e map[string]any) { e["description"] = "as..." }},
		"the default route table":   {gatewayWith(allow), func(map[string]any) {}},
		"a default table, too":      {gatewayWith(allow, "rt-1"), func(e map[string]any) { e["routetables"] = []string{"rt-1", "rt-default"} }},
		"enable_dns left out":       {with(keyed, func(r *vpcep.CreateEndpointRequest) { r.EnableDNS = true }), without("enable_dns")},
		"enable_whitelist left out": {with(full, func(r *vpcep.CreateEndpointRequest) { r.EnableWhitelist = true }), without("enable_whitelist")},
		"a policy of its own":       {full, func(e map[string]any) { e["policy_document"] = `{"Version":"5.0","Statement":[]}` }},
		"nothing but the key": {full, func(e map[string]any) {
			for field := range e {
				if field != "id" && field != "tags" && field != "vpc_id" && field != "endpoint_service_id" {
					delete(e, field)
				}
			}
		}},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newCatalogue(vpceptest.WithFaults(madeAndLost))
			s.change = everywhere(tt.change)
			made := s.made(t, tt.request)
			s.isOnly(t, made)
			found := s.made(t, tt.request)
			assert.Equal(t, made.ID, found.ID)
			s.isOnly(t, found)
			assert.Equal(t, 1, s.creates())
		})
	}
}
