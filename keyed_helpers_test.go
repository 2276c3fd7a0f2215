package vpcep_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// window is the reconcile window of the clients of a standIn.
const window = 2 * time.Second

// keyed is a request with an idempotency key.
var keyed = vpcep.CreateEndpointRequest{
	EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net",
	Tags:           []vpcep.Tag{{Key: "env", Value: "test"}},
	IdempotencyKey: "key-1",
}

// with returns a changed copy of a request.
func with(req vpcep.CreateEndpointRequest, change func(*vpcep.CreateEndpointRequest)) vpcep.CreateEndpointRequest {
	change(&req)
	return req
}

// resumed returns the request of a run after one that was killed.
func resumed(req vpcep.CreateEndpointRequest) vpcep.CreateEndpointRequest {
	req.Resume = true
	return req
}

// The requests of a create with a key if nothing goes wrong: a list, the create, and one
// more list. The first create of a client sends another list, to measure how long lists take
// to show it.
const (
	goodCase  = "list create list"
	firstCase = goodCase + " list"
)

// isOnly asserts that e is the only endpoint, and that none was deleted.
func (s *standIn) isOnly(t *testing.T, e *vpcep.Endpoint) {
	t.Helper()
	if assert.NotNil(t, e) {
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Equal(t, keyed.IdempotencyKey, e.IdempotencyKey)
	}
	assert.Empty(t, s.deleted())
}

// made lets another client create an endpoint.
func (s *standIn) made(t *testing.T, req vpcep.CreateEndpointRequest, more ...vpcep.Option) *vpcep.Endpoint {
	t.Helper()
	e, err := s.client(t, more...).CreateEndpoint(t.Context(), req)
	require.NoError(t, err)
	return e
}

// put creates an endpoint like an earlier run that was killed right afterwards: it sends
// only the request of a create with a key.
func (s *standIn) put(t *testing.T, req vpcep.CreateEndpointRequest) (id string) {
	t.Helper()
	answer, err := s.client(t).Do(t.Context(), vpcep.RawRequest{Method: http.MethodPost, Path: "/v1/{project_id}/vpc-endpoints", Body: req})
	require.NoError(t, err)
	var e vpcep.Endpoint
	require.NoError(t, json.Unmarshal(answer, &e))
	return e.ID
}

func onCreate(f vpceptest.Fault) vpceptest.Fault {
	f.Operation = vpceptest.OpCreate
	return f
}

func onList(f vpceptest.Fault) vpceptest.Fault {
	f.Operation = vpceptest.OpList
	return f
}

// Faults of a create that leave its outcome open.
var (
	madeAndLost = onCreate(vpceptest.Fault{AfterEffect: true, Drop: true})
	notMade     = onCreate(vpceptest.Fault{Drop: true})
)

// outcome is what a call returned, and when.
type outcome struct {
	endpoint *vpcep.Endpoint
	meta     vpcep.ResponseMeta
	err      error
	at       time.Time
}

// start begins a create in the background.
func start(ctx context.Context, c *vpcep.Client, req vpcep.CreateEndpointRequest) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		o.endpoint, o.err = c.CreateEndpoint(ctx, req, vpcep.WithResponse(&o.meta))
		o.at = time.Now()
		done <- o
	}()
	synctest.Wait() // it has sent what it can
	return done
}

// areDuplicates asserts an error that names all of the endpoints, in order.
func (s *standIn) areDuplicates(t *testing.T, err error, ids ...string) {
	t.Helper()
	assert.ErrorIs(t, err, vpcep.ErrDuplicateEndpoints)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
	var duplicates *vpcep.DuplicateEndpointsError
	if assert.ErrorAs(t, err, &duplicates) {
		assert.Equal(t, ids, duplicates.EndpointIDs)
		assert.Equal(t, "key-1", duplicates.Key)
	}
	for _, id := range ids {
		assert.ErrorContains(t, err, id)
	}
}
