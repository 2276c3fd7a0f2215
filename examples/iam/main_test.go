package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	t.Setenv("IAM_PASSWORD", "a-real-password")
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil))
	assert.Regexp(t, `\n[0-9a-f-]{36}  (creating|accepted) +\S+\nEndpoints: 1, listed with .+, which expires at 2\d{3}-`, out.String())
	assert.Regexp(t, `(?m)^Logging in as \S+ of \S+; .* \[redacted\]$`, out.String())
	assert.NotContains(t, out.String(), "vpceptest-password", "no password is printed")
	assert.NotContains(t, out.String(), "a-real-password")
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-help"}))
	assert.Empty(t, out.String(), "nothing is done")
}
