package vpcep

import (
	"cmp"
	"context"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// UpgradeEndpoint starts the upgrade of an endpoint from the basic to the professional
// edition: POST /v2/{project_id}/vpc-endpoints/{id}/upgrade. The service continues in
// the background. Not every region has this operation.
//
// Errors are those of GetEndpoint.
func (c *Client) UpgradeEndpoint(ctx context.Context, id string, opts ...CallOption) error {
	_, err := do(ctx, c, opts, request[struct{}]{
		operation: retry.Update, method: http.MethodPost, path: "/v2/{project_id}/vpc-endpoints/{id}/upgrade", ids: []string{id},
		body: struct {
			Action string `json:"action"`
		}{"start"},
		decode: decodeNothing,
	})
	return err
}

// ServiceUpgrade says how to upgrade an endpoint service. The zero value upgrades it.
type ServiceUpgrade struct {
	// Action is UpgradeActionUpgrade if empty.
	Action string
	// EnableMultiServer lets the service have several back ends; see AddServerResources.
	EnableMultiServer bool
}

// The values of ServiceUpgrade.Action.
const (
	UpgradeActionUpgrade  = "upgrade"
	UpgradeActionRollback = "rollback" // back to the basic edition
)

// UpgradeService upgrades an endpoint service from the basic to the professional
// edition, or rolls that back: POST
// /v2/{project_id}/vpc-endpoint-services/{id}/upgrade. Not every region has this
// operation. For the zero ServiceUpgrade, the request has no body, as in the vendor's
// SDK.
//
// Errors are those of GetService, and *ValidationError. CodeRollbackNotNeeded says that
// there is nothing to roll back.
func (c *Client) UpgradeService(ctx context.Context, id string, upgrade ServiceUpgrade, opts ...CallOption) error {
	_, err := do(ctx, c, opts, request[struct{}]{
		operation: retry.Update, method: http.MethodPost, path: "/v2/{project_id}/vpc-endpoint-services/{id}/upgrade", ids: []string{id},
		validate: func(f *fieldErrors) {
			if !oneOf(upgrade.Action, "", UpgradeActionUpgrade, UpgradeActionRollback) {
				f.add("action", "must be upgrade or rollback")
			}
		},
		body:   upgrade.body(),
		decode: decodeNothing,
	})
	return err
}

func (u ServiceUpgrade) body() any {
	if u == (ServiceUpgrade{}) {
		return nil
	}
	return struct {
		Action            string `json:"action"`
		EnableMultiServer bool   `json:"enable_multi_server,omitempty"`
	}{cmp.Or(u.Action, UpgradeActionUpgrade), u.EnableMultiServer}
}

// ServerResource is a load balancer behind an endpoint service.
type ServerResource struct {
	// ID is the ID of the load balancer. Required, 1 to 64 characters.
	ID string `json:"resource_id"`
	// AvailabilityZoneID is the zone that it serves, if it serves only one.
	AvailabilityZoneID string `json:"availability_zone_id,omitempty"`
}

// AddServerResources adds load balancers to the back end of an endpoint service of the
// professional edition: POST
// /v2/{project_id}/vpc-endpoint-services/{id}/add-server-resources. Not every region
// has this operation.
//
// Errors are those of GetService, and *ValidationError. The reference does not say what
// happens if the request is repeated, so one that may have been carried out is never
// sent again: the error is then ErrOutcomeUnknown.
func (c *Client) AddServerResources(ctx context.Context, id string, resources []ServerResource, opts ...CallOption) error {
	_, err := do(ctx, c, opts, request[struct{}]{
		operation: retry.Create, method: http.MethodPost,
		path: "/v2/{project_id}/vpc-endpoint-services/{id}/add-server-resources", ids: []string{id},
		validate: func(f *fieldErrors) { f.serverResources(resources) },
		body: struct {
			Resources []ServerResource `json:"server_resources"`
		}{resources},
		decode: decodeNothing,
	})
	return ofRequest(err)
}
