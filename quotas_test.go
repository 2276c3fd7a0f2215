package vpcep_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestQuotas(t *testing.T) {
	server := newServer(vpceptest.WithQuota(2))
	defer server.Close()
	client := server.Client(vpcep.WithReconcileWindow(10 * time.Millisecond))
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

// A refusal has the quota of its own type, whatever else the service lists.
func TestQuotaOfARefusal(t *testing.T) {
	const refusal = `{"error":{"code":"EndPoint.1018","message":"quota exceeded"}}`
	req := vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"}
	for name, tt := range map[string]struct {
		listed string
		want   string
	}{
		"beside another": {`{"type":"endpoint_service","used":20,"quota":20},{"type":"endpoint","used":50,"quota":50}`, "50 of 50 endpoints are used"},
		"another alone":  {`{"type":"endpoint_service","used":20,"quota":20}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			answering(mock, "POST", endpointsURL, 400, refusal)
			answering(mock, "GET", strings.TrimSuffix(endpointsURL, "vpc-endpoints")+"quotas", 200, `{"quotas":{"resources":[`+tt.listed+`]}}`)
			_, err := c.CreateEndpoint(t.Context(), req)
			require.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
			var exceeded *vpcep.QuotaExceededError
			require.Equal(t, tt.want != "", errors.As(err, &exceeded))
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

// If an earlier request may have created what the quota now counts, the error says so, and
// not that the quota is the reason.
func TestQuotaAfterAnUnknownOutcome(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		s := newStandIn(vpceptest.WithQuota(1))
		s.made(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
		s.Inject(onCreate(vpceptest.Fault{Status: 503}))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		var exceeded *vpcep.QuotaExceededError
		assert.NotErrorAs(t, err, &exceeded)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, vpcep.ErrQuotaExceeded)
		assert.Empty(t, s.requests(vpceptest.OpQuotas))
	})
}
