// Package connect is a small program that uses the library: it connects shops to a payment
// service, each by an endpoint in the shop's VPC.
package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vpcep/vpcep-go"
)

// patience is how long a shop waits for its endpoint.
const patience = 5 * time.Minute

// Endpoints is what this package needs of a *vpcep.Client: small enough to fake in tests.
type Endpoints interface {
	CreateEndpoint(ctx context.Context, req vpcep.CreateEndpointRequest, opts ...vpcep.CallOption) (*vpcep.Endpoint, error)
	WaitForEndpoint(ctx context.Context, id string, opts vpcep.WaitOptions) (*vpcep.Endpoint, error)
	DeleteEndpoint(ctx context.Context, id string, opts ...vpcep.CallOption) error
}

// Shop is what to connect.
type Shop struct{ Name, VPCID, SubnetID string }

// Connect connects a shop to a service and returns the address to reach it by. It
// can be called again after any failure; an endpoint that failed is not left behind.
func Connect(ctx context.Context, api Endpoints, serviceID string, shop Shop) (address string, err error) {
	endpoint, err := api.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: serviceID,
		VPCID:             shop.VPCID,
		SubnetID:          shop.SubnetID,
		Tags:              []vpcep.Tag{{Key: "shop", Value: shop.Name}},
		IdempotencyKey:    "connect-" + shop.Name,
	})
	if err != nil {
		return "", fmt.Errorf("connect %s: %w", shop.Name, err)
	}
	ready, err := api.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{
		Timeout: patience,
		Targets: []vpcep.EndpointStatus{vpcep.StatusAccepted},
	})
	var failed *vpcep.EndpointFailedError
	if errors.As(err, &failed) {
		err = errors.Join(err, api.DeleteEndpoint(ctx, endpoint.ID))
	}
	if err != nil {
		return "", fmt.Errorf("connect %s: %w", shop.Name, err)
	}
	return ready.IP, nil
}
