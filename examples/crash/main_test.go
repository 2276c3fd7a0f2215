package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program starts itself, which in a test is the test.
func TestMain(m *testing.M) {
	if os.Getenv(jobVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil), out.String())
	key := regexp.MustCompile(`writes the key (\w+) `).FindStringSubmatch(out.String())
	require.Len(t, key, 2, out.String())
	assert.Contains(t, out.String(), "finds the key "+key[1]+" ")
	assert.Regexp(t, `is killed before the response comes \(.+\); endpoints that exist: 1\n`, out.String())
	found := regexp.MustCompile(`  gets endpoint (.+)\n`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, found, 1, "the first process gets no response, the second one does")
	assert.Contains(t, out.String(), "Endpoints that exist: 1; create requests that reached the service: 1\n  "+found[0][1]+"\n")
}
