package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil))
	assert.Regexp(t, `\nThe project of eu-west-101 is [0-9a-f]{32}; its endpoints:\n[0-9a-f-]{36}  (creating|accepted) +\S+\n`, out.String())
	assert.NotContains(t, out.String(), "example-secret-key")
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-help"}))
	assert.Empty(t, out.String(), "nothing is done")
}
