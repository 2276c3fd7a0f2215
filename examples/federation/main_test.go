package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Contains(t, out.String(), "an ID token: authenticated\nthe identity of a pod: authenticated\na derived key: authenticated\n")
	for _, secret := range []string{"pod-secret-key", "pod-security-token", "derived-secret-key", "token of the pod"} {
		assert.NotContains(t, out.String(), secret)
	}
}
