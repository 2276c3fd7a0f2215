package docs_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README is one text in two languages: the same sections with the same tables,
// lists and code, in the same order.
func TestREADMEsCorrespond(t *testing.T) {
	english, chinese := readMarkdown(t, "README.md"), readMarkdown(t, "README.zh-CN.md")
	for i := range min(len(english.sections), len(chinese.sections)) {
		e, c := english.sections[i], chinese.sections[i]
		require.Equalf(t, e.level, c.level, "level of %q (line %d) and %q (line %d)", e.title, e.position, c.title, c.position)
		assert.Lenf(t, c.rows, len(e.rows), "rows of tables in %q and %q", e.title, c.title)
		assert.Equalf(t, e.items, c.items, "items of lists in %q and %q", e.title, c.title)
		assert.Equalf(t, e.blocks, c.blocks, "blocks of code in %q and %q", e.title, c.title)
	}
	require.Len(t, chinese.sections, len(english.sections))
	require.Len(t, chinese.blocks, len(english.blocks))
	for i, e := range english.blocks {
		c := chinese.blocks[i]
		assert.Equalf(t, e.language, c.language, "language of the blocks in lines %d and %d", e.line, c.line)
		assert.Equalf(t, e.text, c.text, "blocks in lines %d and %d", e.line, c.line)
	}
}
