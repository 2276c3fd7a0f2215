package vpcep_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestQuotas(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithQuota(2))
	defer server.Close()
	client := server.Client()
	for range 2 {
		_, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
		require.NoError(t, err)
	}
	quotas, err := client.GetQuotas(t.Context(), vpcep.QuotaTypeEndpoint)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.Quota{{Type: vpcep.QuotaTypeEndpoint, Used: 2, Allowed: 2}}, quotas)
	quotas, err = client.GetQuotas(t.Context(), "")
	require.NoError(t, err)
	assert.Len(t, quotas, 2)

	for _, key := range []string{"", "k"} {
		_, err = client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IdempotencyKey: key})
		var exceeded *vpcep.QuotaExceededError
		require.ErrorAs(t, err, &exceeded)
		assert.Equal(t, vpcep.Quota{Type: vpcep.QuotaTypeEndpoint, Used: 2, Allowed: 2}, exceeded.Quota)
		assert.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
		assert.ErrorIs(t, err, vpcep.ErrBadRequest)
		assert.Contains(t, err.Error(), "2 of 2 endpoints are used")
	}

	server.Inject(vpceptest.Fault{Operation: vpceptest.OpQuotas, Status: 500})
	_, err = client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
	var answer *vpcep.APIError
	require.ErrorAs(t, err, &answer, "the refusal counts, whatever becomes of the quota")
	assert.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
	var exceeded *vpcep.QuotaExceededError
	assert.NotErrorAs(t, err, &exceeded, "and the quota is not asked for again and again")
}
