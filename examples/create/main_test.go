package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunsTheExample(t *testing.T) {
	_, err := os.ReadFile("endpoint/main.go") // a change there makes a cached result stale
	require.NoError(t, err)
	t.Setenv("HW_AUTH_TOKEN", "") // the stand-in, whatever is set in the environment
	code, err := run(nil)
	require.NoError(t, err)
	assert.Zero(t, code)
}

func TestPassesArgumentsAndTheExitCodeOn(t *testing.T) {
	code, err := run([]string{"-no-such-flag"})
	require.NoError(t, err)
	assert.Equal(t, 1, code)
}
