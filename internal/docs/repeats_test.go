package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// What the first cell of each row of the table of repeated creates begins with, and what
// a repeated create returns there.
var repeats = []struct {
	begins string
	repeat func(t *testing.T, server *vpceptest.Server, client *vpcep.Client, first *vpcep.Endpoint)
}{
	{"has changed since", func(t *testing.T, _ *vpceptest.Server, client *vpcep.Client, first *vpcep.Endpoint) {
		on := true
		_, err := client.UpdateWhitelist(t.Context(), first.ID, vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.0.0/16"), Enable: &on})
		require.NoError(t, err)
		require.NoError(t, client.SetTags(t.Context(), first.ID, []vpcep.Tag{{Key: "team", Value: "billing"}}))
		assertFound(t, client, first.ID)
	}},
	{"was created by another request", func(t *testing.T, _ *vpceptest.Server, client *vpcep.Client, _ *vpcep.Endpoint) {
		_, err := client.CreateEndpoint(t.Context(), withKey(request("another-vpc")))
		var mismatch *vpcep.IdempotencyMismatchError
		require.ErrorAs(t, err, &mismatch)
		assert.Equal(t, []string{"vpc_id"}, mismatch.Fields)
	}},
	{"has failed, or was rejected", func(t *testing.T, server *vpceptest.Server, client *vpcep.Client, first *vpcep.Endpoint) {
		for _, status := range []vpcep.EndpointStatus{vpcep.StatusFailed, vpcep.StatusRejected} {
			require.NoError(t, server.SetStatus(first.ID, string(status)))
			assert.Equal(t, status, assertFound(t, client, first.ID).Status)
		}
	}},
	{"is being deleted, or is gone", func(t *testing.T, _ *vpceptest.Server, client *vpcep.Client, first *vpcep.Endpoint) {
		require.NoError(t, client.DeleteEndpoint(t.Context(), first.ID))
		again, err := client.CreateEndpoint(t.Context(), withKey(request("vpc")))
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, again.ID)
	}},
	{"is one of several that carry the key", func(t *testing.T, server *vpceptest.Server, client *vpcep.Client, first *vpcep.Endpoint) {
		_, err := client.Do(t.Context(), vpcep.RawRequest{Method: "POST", Path: "/v1/{project_id}/vpc-endpoints", Body: withKey(request("vpc"))})
		require.NoError(t, err)
		_, err = client.CreateEndpoint(t.Context(), withKey(request("vpc")))
		require.ErrorIs(t, err, vpcep.ErrDuplicateEndpoints)
		require.Len(t, server.Endpoints(), 2)

		resumed := withKey(request("vpc"))
		resumed.Resume = true
		kept, err := client.CreateEndpoint(t.Context(), resumed)
		require.NoError(t, err)
		assert.Equal(t, first.ID, kept.ID)
	}},
}

// assertFound creates once more, and returns the endpoint, which is the first one.
func assertFound(t *testing.T, client *vpcep.Client, id string) *vpcep.Endpoint {
	t.Helper()
	var meta vpcep.ResponseMeta
	found, err := client.CreateEndpoint(t.Context(), withKey(request("vpc")), vpcep.WithResponse(&meta))
	require.NoError(t, err)
	assert.Equal(t, id, found.ID)
	assert.True(t, meta.Found)
	return found
}

// The table of repeated creates says what repeated creates return.
func TestTableOfRepeatedCreates(t *testing.T) {
	rows := table(t, "docs/retries.md", "Idempotency keys")
	require.Len(t, rows, len(repeats))
	for i, tt := range repeats {
		require.True(t, strings.HasPrefix(rows[i], "| "+tt.begins), rows[i])
		t.Run(tt.begins, func(t *testing.T) {
			t.Parallel()
			server, client := start(t, vpceptest.WithFractionalTimes(), vpceptest.WithCreateDelay(0))
			first, err := client.CreateEndpoint(t.Context(), withKey(request("vpc")))
			require.NoError(t, err)
			tt.repeat(t, server, client, first)
		})
	}
}
