package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, line := range []string{
		`first process .*: .*\n   vpcep: outcome unknown, .*context canceled\n`,
		`second process .*: .*\n   [0-9a-f-]{36} is accepted; endpoints that exist: 1\n`,
		`updated: whitelist \[10\.0\.0\.0/8\], 2 tags\n`,
		`deleted: read finds nothing; endpoints that exist: 0\n`,
	} {
		assert.Regexp(t, line, out.String())
	}
}

var example = config{ServiceID: "service", VPCID: "vpc", SubnetID: "subnet", Tags: map[string]string{"team": "billing"}}

// cutOff returns a resource whose create was cut off after or before the endpoint was
// created.
func cutOff(t *testing.T, isCreated bool) (*vpceptest.Server, *resource) {
	t.Helper()
	const lag = 100 * time.Millisecond
	server := vpceptest.NewServer(vpceptest.WithListLag(lag))
	t.Cleanup(server.Close)
	client := server.Client(vpcep.WithReconcileWindow(2 * lag))
	t.Cleanup(client.CloseIdleConnections)
	r := &resource{api: client, stateFile: filepath.Join(t.TempDir(), "state.json"), listLag: 2 * lag}
	server.Inject(vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: isCreated, Stall: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), lag)
	defer cancel()
	_, err := r.create(ctx, example, rand.Text)
	require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
	if isCreated {
		require.Len(t, server.Endpoints(), 1)
	}
	return server, r
}

func TestDeleteFindsTheEndpointOfACreateThatWasCutOff(t *testing.T) {
	server, r := cutOff(t, true)
	require.NoError(t, r.delete(t.Context()))
	assert.Empty(t, server.Endpoints())
	assert.NoFileExists(t, r.stateFile)
}

func TestDeleteAfterACreateThatCreatedNothing(t *testing.T) {
	server, r := cutOff(t, false)
	require.NoError(t, r.delete(t.Context()))
	for _, request := range server.Requests() {
		assert.NotEqual(t, http.MethodDelete, request.Method)
	}
	assert.NoFileExists(t, r.stateFile)
	assert.NoError(t, r.delete(t.Context()), "there is nothing, not even a state")
}

func TestCreateWithAnotherConfigurationSaysWhatToDo(t *testing.T) {
	_, r := cutOff(t, true)
	changed := example
	changed.VPCID = "another-vpc"
	time.Sleep(r.listLag)
	_, err := r.create(t.Context(), changed, rand.Text)
	assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
	assert.ErrorContains(t, err, "delete the resource")
	_, err = r.update(t.Context(), changed)
	assert.ErrorContains(t, err, "create the resource first")
}

func TestSaveReplacesTheStateAndLeavesNoOtherFile(t *testing.T) {
	r := &resource{stateFile: filepath.Join(t.TempDir(), "state.json")}
	for _, s := range []state{{Key: "key"}, {Key: "key", ID: "id"}} {
		require.NoError(t, r.save(s))
		loaded, err := r.load()
		require.NoError(t, err)
		assert.Equal(t, s, loaded)
	}
	entries, err := os.ReadDir(filepath.Dir(r.stateFile))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
