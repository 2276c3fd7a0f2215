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
	for _, line := range []string{
		`first process: .*\n   vpcep: outcome unknown, .*context canceled\n`,
		`second process: .*\n   [0-9a-f-]{36} is accepted; endpoints that exist: 1\n`,
		`updated: whitelist \[10\.0\.0\.0/8\], 2 tags\n`,
		`deleted: read gives <nil>; endpoints that exist: 0\n$`,
	} {
		assert.Regexp(t, line, out.String())
	}
}
