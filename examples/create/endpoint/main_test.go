package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

func TestRun(t *testing.T) {
	t.Setenv("HW_AUTH_TOKEN", "") // the stand-in, whatever is set in the environment
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil))
	assert.Regexp(t, `\n +0\.0s  creating\n +[1-9]\.\ds  accepted\n`, out.String(), "1.5 seconds later")
	_, text, found := strings.Cut(out.String(), "\n3. The endpoint is ready")
	require.True(t, found, out.String())
	var endpoint vpcep.Endpoint
	_, object, found := strings.Cut(text, "{")
	require.True(t, found, text)
	require.NoError(t, json.NewDecoder(strings.NewReader("{"+object)).Decode(&endpoint))
	assert.Equal(t, vpcep.StatusAccepted, endpoint.Status)
	assert.Equal(t, []vpcep.Tag{{Key: "example", Value: "create"}}, endpoint.Tags)
	assert.Contains(t, out.String(), "returns the ID at once: "+endpoint.ID+"\n")
	assert.Contains(t, text, "reach the service at "+endpoint.IP+".\n")
	assert.True(t, strings.HasSuffix(out.String(), next), "what to try next")
}

func TestExplain(t *testing.T) {
	for err, advice := range map[error]string{
		vpcep.ErrOutcomeUnknown: "Look for the endpoint",
		vpcep.ErrQuotaExceeded:  "Delete an endpoint",
		vpcep.ErrUnauthorized:   "The token is not valid",
	} {
		assert.Contains(t, explain(err), "\n"+advice)
	}
	assert.Equal(t, vpcep.ErrConflict.Error(), explain(vpcep.ErrConflict))
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-help"}))
	assert.Empty(t, out.String(), "nothing is done")
}
