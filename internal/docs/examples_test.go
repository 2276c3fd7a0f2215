package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exampleRow is a row of the index: the number, the name, and the command.
var exampleRow = regexp.MustCompile("^\\| (\\d+) \\| \\[(\\w+)\\].* \\| `([^`]+)` \\|$")

// Each example ends with the name of the next one in the index, so readers of the programs and
// of the index learn in the same order.
func TestExamplesAreInOneOrder(t *testing.T) {
	var names, commands []string
	for _, row := range readMarkdown(t, "examples/README.md").sections[0].rows[2:] {
		match := exampleRow.FindStringSubmatch(row)
		require.NotNil(t, match, row)
		names, commands = append(names, match[2]), append(commands, match[3])
	}
	require.Greater(t, len(names), 10)
	for i, name := range names[:len(names)-1] {
		text := exampleText(t, name)
		_, end, found := strings.Cut(text, "Next: ")
		if !found {
			_, end, found = strings.Cut(text, "What to try next:")
		}
		require.True(t, found, "examples/%s does not say what comes next", name)
		assert.Contains(t, strings.Join(strings.SplitN(end, "\n", 4)[:3], "\n"), commands[i+1], "examples/%s names another example as the next one", name)
	}
}

// exampleText returns the code of an example's programs.
func exampleText(t *testing.T, name string) string {
	t.Helper()
	var text strings.Builder
	for _, pattern := range []string{"*.go", "*/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, "examples", name, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			text.Write(data)
		}
	}
	return text.String()
}
