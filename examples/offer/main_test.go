package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each account says what it sees, in this order, and nothing is left behind.
func TestTwoAccounts(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Regexp(t, `\n\n`+
		`(?:owner:    service \S+ is creating\n)?owner:    service \S+ is available\n`+
		`owner:    allows account \S+ to connect\n`+
		`(?:consumer: endpoint \S+ is creating\n)?consumer: endpoint \S+ is pendingAcceptance\n`+
		`owner:    accepts endpoint \S+ of account \S+\n`+
		`(?:consumer: endpoint \S+ is \w+\n)*consumer: endpoint \S+ is accepted\n`+
		`consumer: endpoint \S+ is deleted\n`+
		`owner:    service \S+ is deleted\n\nNext: `, out.String())
}
