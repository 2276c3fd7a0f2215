package vpcep_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// Callers cannot tell whether responses are as documented or deviate.
func TestDriftDoesNotShow(t *testing.T) {
	drifts := map[string][]vpceptest.Option{"none": nil, "all": {vpceptest.WithDrift()}}
	for _, d := range vpceptest.AllDrifts() {
		drifts[string(d)] = []vpceptest.Option{vpceptest.WithDrift(d)}
	}
	for name, opts := range drifts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := vpceptest.NewServer(append(opts, vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0),
				vpceptest.WithAccount(vpceptest.Account{ProjectID: "consumer"}))...)
			defer server.Close()
			owner := server.Client()
			other := server.Accounts()[1]
			consumer := server.Client(vpcep.WithProjectID(other.ProjectID), vpcep.WithToken(other.Token))
			defer owner.CloseIdleConnections()
			defer consumer.CloseIdleConnections()
			liveWithDrift(t, owner, consumer, other)
		})
	}
}

func liveWithDrift(t *testing.T, owner, consumer *vpcep.Client, other vpceptest.Account) {
	ctx, wait := t.Context(), vpcep.WaitOptions{Interval: time.Millisecond}
	service, err := owner.CreateService(ctx, vpcep.CreateServiceRequest{
		Name: "db", VPCID: "v", PortID: "p", ServerType: vpcep.ServerTypeVM, Ports: []vpcep.ServicePort{{ClientPort: 80, ServerPort: 8080}},
	})
	require.NoError(t, err)
	service, err = owner.WaitForService(ctx, service.ID, wait)
	require.NoError(t, err)
	assert.Equal(t, 8080, service.Ports[0].ServerPort)
	_, err = consumer.DescribeService(ctx, service.ID)
	require.ErrorIs(t, err, vpcep.ErrServiceNotFound)
	_, err = owner.AddPermissions(ctx, service.ID, []vpcep.Permission{{Value: "iam:domain::" + other.DomainID(), Description: "d"}})
	require.NoError(t, err)

	request := vpcep.CreateEndpointRequest{EndpointServiceID: service.ID, VPCID: "v", SubnetID: "n", EnableDNS: true, IdempotencyKey: "k"}
	made, err := consumer.CreateEndpoint(ctx, request)
	require.NoError(t, err)
	_, err = owner.AcceptConnection(ctx, service.ID, made.ID)
	require.NoError(t, err)
	for connection, err := range owner.ListConnections(ctx, service.ID, vpcep.ConnectionFilter{}) {
		require.NoError(t, err)
		assert.Equal(t, made.MarkerID, connection.MarkerID)
	}
	ready, err := consumer.WaitForEndpoint(ctx, made.ID, wait)
	require.NoError(t, err)
	assert.True(t, ready.EnableDNS)
	assert.Len(t, ready.DNSNames, 1)
	assert.Equal(t, []vpcep.ActiveStatus{vpcep.ActiveStatusActive}, ready.ActiveStatus)
	assert.WithinDuration(t, time.Now(), ready.UpdatedAt, time.Minute)
	assert.Equal(t, time.UTC, ready.CreatedAt.Location())
	again, err := consumer.CreateEndpoint(ctx, request)
	require.NoError(t, err)
	assert.Equal(t, made.ID, again.ID)

	require.ErrorContains(t, owner.DeleteService(ctx, service.ID), "3006")
	require.NoError(t, consumer.DeleteEndpoint(ctx, made.ID))
	require.NoError(t, consumer.WaitForEndpointDeleted(ctx, made.ID, wait))
	require.NoError(t, owner.DeleteService(ctx, service.ID))
	require.NoError(t, owner.WaitForServiceDeleted(ctx, service.ID, wait))
}
