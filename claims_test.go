package vpcep_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// What the page about errors says about common mistakes.
func TestWhatAMistakeLooksLike(t *testing.T) {
	for name, tt := range map[string]struct {
		answer answer
		is     []error
		isNot  []error
		says   string
	}{
		"a mistyped region": {broken(&net.DNSError{Err: "no such host", Name: "vpcep.eu-wst-101.myhuaweicloud.eu", IsNotFound: true}), nil,
			[]error{vpcep.ErrNotFound, vpcep.ErrEndpointNotFound}, "nothing was sent; check"},
		"a wrong project": {status(400, `{"error":{"code":"EndPoint.0014","message":"Invalid project ID."}}`),
			[]error{vpcep.ErrBadRequest, vpcep.CodeProjectIDInvalid}, []error{vpcep.ErrNotFound, vpcep.ErrEndpointNotFound}, "EndPoint.0014"},
		"a wrong path": {status(404, wrongURLBody),
			[]error{vpcep.ErrNotFound, vpcep.CodeAPINotFound}, []error{vpcep.ErrEndpointNotFound}, "APIGW.0101"},
		"a missing subnet": {status(404, `{"error":{"code":"EndPoint.4004","message":"The subnet is not found."}}`),
			[]error{vpcep.ErrNotFound, vpcep.CodeSubnetNotFound}, []error{vpcep.ErrEndpointNotFound}, "EndPoint.4004"},
		"an unreadable answer": {status(200, `<html>`), nil, []error{vpcep.ErrBadRequest, vpcep.ErrOutcomeUnknown}, "200"},
	} {
		bubble(t, name, func(t *testing.T) {
			c, _ := watch(t, func(time.Duration) answer { return tt.answer })
			_, err := c.GetEndpoint(t.Context(), "e-1")
			require.ErrorContains(t, err, tt.says)
			for _, target := range tt.is {
				assert.ErrorIs(t, err, target)
			}
			for _, target := range tt.isNot {
				assert.NotErrorIs(t, err, target)
			}
		})
	}
}

// A key still belongs to an endpoint that has failed, or that the owner rejected.
func TestKeyOfAnEndpointThatCannotBeUsed(t *testing.T) {
	for _, status := range []string{"failed", "rejected"} {
		bubble(t, status, func(t *testing.T) {
			server := newStandIn(vpceptest.WithService(vpceptest.Service{ID: "s"}))
			client := server.client(t)
			req := vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n", IdempotencyKey: "k"}
			made, err := client.CreateEndpoint(t.Context(), req)
			require.NoError(t, err)
			require.NoError(t, server.SetStatus(made.ID, status))

			var meta vpcep.ResponseMeta
			found, err := client.CreateEndpoint(t.Context(), req, vpcep.WithResponse(&meta))
			require.NoError(t, err)
			assert.Equal(t, made.ID, found.ID)
			assert.EqualValues(t, status, found.Status)
			assert.True(t, meta.Found)
			_, err = client.WaitForEndpoint(t.Context(), found.ID, vpcep.WaitOptions{})
			var failed *vpcep.EndpointFailedError
			require.ErrorAs(t, err, &failed)

			require.NoError(t, client.DeleteEndpoint(t.Context(), found.ID), "it has to be deleted first")
			require.NoError(t, client.WaitForEndpointDeleted(t.Context(), found.ID, vpcep.WaitOptions{}))
			again, err := client.CreateEndpoint(t.Context(), req)
			require.NoError(t, err)
			assert.NotEqual(t, made.ID, again.ID)
		})
	}
}
