package main

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-n", "40", "-parallel", "8", "-faults", "25"}), out.String())

	created, found := row(t, out.String(), "first run")
	assert.Equal(t, 40, created, "also those whose response was lost")
	assert.Zero(t, found)
	created, found = row(t, out.String(), "second run")
	assert.Zero(t, created)
	assert.Equal(t, 40, found)
	assert.Contains(t, out.String(), "Endpoints that exist: 40, duplicates: 0\n")
}

func TestRunWithoutFaults(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-n", "10", "-faults", "0"}))
	created, found := row(t, out.String(), "first run")
	assert.Equal(t, 10, created)
	assert.Zero(t, found)
}

func TestRunRefusesInvalidFlags(t *testing.T) {
	for _, args := range [][]string{{"-n", "0"}, {"-parallel", "0"}, {"-faults", "101"}} {
		assert.Error(t, run(t.Context(), &bytes.Buffer{}, args), args)
	}
}

func TestKeysAreDerivedFromNames(t *testing.T) {
	assert.Equal(t, keyOf("shop 1"), keyOf("shop 1"))
	assert.NotEqual(t, keyOf("shop 1"), keyOf("shop 2"))
}

// row reads a row of the table that counts no failures.
func row(t *testing.T, out, title string) (created, found int) {
	match := regexp.MustCompile(title + ` +(\d+) +(\d+) +0 +\d+ +\d+\.\ds`).FindStringSubmatch(out)
	require.NotNil(t, match, out)
	created, err := strconv.Atoi(match[1])
	require.NoError(t, err)
	found, err = strconv.Atoi(match[2])
	require.NoError(t, err)
	return created, found
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-help"}))
	assert.Empty(t, out.String(), "nothing is done")
}
