package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The program names every test of the package, and no others.
func TestRunNamesTheTests(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil))
	var code []byte
	for _, file := range []string{"connect_test.go", "time_test.go"} {
		assert.Contains(t, out.String(), "  "+file+" ")
		text, err := os.ReadFile("connect/" + file)
		require.NoError(t, err)
		code = append(code, text...)
	}
	inCode := regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllSubmatch(code, -1)
	inText := regexp.MustCompile(`(?m)^ +(Test\w+) `).FindAllSubmatch(out.Bytes(), -1)
	require.NotEmpty(t, inCode)
	require.Len(t, inText, len(inCode))
	for i := range inCode {
		assert.Equal(t, string(inCode[i][1]), string(inText[i][1]))
	}
}
