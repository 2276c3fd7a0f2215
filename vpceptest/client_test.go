package vpceptest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestClient(t *testing.T) {
	for name, opts := range map[string][]vpceptest.Option{
		"http":      nil,
		"https":     {vpceptest.WithTLS()},
		"base path": {vpceptest.WithBasePath("/proxy/x")},
	} {
		t.Run(name, func(t *testing.T) {
			srv := vpceptest.NewServer(opts...)
			defer srv.Close()
			made, err := srv.Client().CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
				EndpointServiceID: "svc-1", VPCID: "vpc-1", SubnetID: "subnet-1",
			})
			require.NoError(t, err)
			assert.Equal(t, made.ID, srv.Endpoints()[0].ID)
		})
	}
}

func TestClientThatCannotBeMade(t *testing.T) {
	srv := vpceptest.NewServer()
	defer srv.Close()
	assert.Panics(t, func() { srv.Client(vpcep.WithBaseURL("::")) })
}
