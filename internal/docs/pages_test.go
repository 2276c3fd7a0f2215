package docs_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const chinese = ".zh-CN.md"

// translations returns the English path of each text that comes in two languages.
func translations(t *testing.T) (paths []string) {
	t.Helper()
	for _, pattern := range []string{"README.md", "docs/*.md", "examples/README.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		for _, path := range found {
			path, err := filepath.Rel(root, path)
			require.NoError(t, err)
			if path = filepath.ToSlash(path); !strings.HasSuffix(path, chinese) {
				paths = append(paths, path)
			}
		}
	}
	require.Greater(t, len(paths), 5)
	return paths
}

func inChinese(path string) string { return strings.TrimSuffix(path, ".md") + chinese }

// The README and each page of docs are one text in two languages: the same sections
// with the same tables, lists, names, links and code, in the same order.
func TestLanguagesCorrespond(t *testing.T) {
	for _, path := range translations(t) {
		t.Run(path, func(t *testing.T) { correspond(t, readMarkdown(t, path), readMarkdown(t, inChinese(path))) })
	}
}

func correspond(t *testing.T, english, other document) {
	t.Helper()
	for i := range min(len(english.sections), len(other.sections)) {
		e, c := english.sections[i], other.sections[i]
		where := func(what string) string { return what + " of " + e.title + " and " + c.title }
		require.Equalf(t, e.level, c.level, "level of %q (line %d) and %q (line %d)", e.title, e.position, c.title, c.position)
		assert.Equal(t, e.items, c.items, where("items of lists"))
		assert.Equal(t, e.blocks, c.blocks, where("blocks of code"))
		assert.Equal(t, names(e.text), names(c.text), where("names in the text"))
		if assert.Len(t, c.rows, len(e.rows), where("rows of tables")) {
			for j := range e.rows {
				assert.Equal(t, names(e.rows[j]), names(c.rows[j]), where("names in a row"))
			}
		}
	}
	require.Len(t, other.sections, len(english.sections))
	require.Len(t, other.blocks, len(english.blocks))
	for i, e := range english.blocks {
		c := other.blocks[i]
		assert.Equalf(t, e.language, c.language, "language of the blocks in lines %d and %d", e.line, c.line)
		assert.Equalf(t, e.text, c.text, "blocks in lines %d and %d", e.line, c.line)
	}
	var targets []string
	for _, target := range links(english) {
		target, _, _ = strings.Cut(target, "#") // sections have translated names
		if page, ok := strings.CutSuffix(target, ".md"); ok && slices.Contains(translations(t), resolve(english, target)) {
			target = page + chinese
		}
		targets = append(targets, target)
	}
	assert.ElementsMatch(t, withoutLanguages(targets), withoutLanguages(links(other)), "links")
}

var span = regexp.MustCompile("`[^`]+`")

// names returns what is between backquotes, each name once: a sentence of one
// language may need it twice.
func names(text string) []string {
	found := span.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// withoutLanguages drops the links to the same text in the other language, and the
// sections of links, whose titles are translated.
func withoutLanguages(targets []string) (kept []string) {
	for _, target := range targets {
		target, _, _ = strings.Cut(target, "#")
		if target != "" {
			kept = append(kept, target)
		}
	}
	return kept[1:]
}

// Each page says first who should read it, and leads to the same page in the other
// language.
func TestPagesBeginAlike(t *testing.T) {
	for _, path := range translations(t) {
		for _, doc := range []document{readMarkdown(t, path), readMarkdown(t, inChinese(path))} {
			first := strings.Split(doc.text, "\n")
			require.Greater(t, len(first), 3, doc.path)
			assert.Regexp(t, `^# `, first[0], doc.path)
			partner := filepath.Base(inChinese(path))
			if doc.path != path {
				partner = filepath.Base(path)
			}
			assert.Contains(t, strings.Join(first[1:4], "\n"), "("+partner+")", doc.path)
			if path == "README.md" {
				continue
			}
			assert.Regexp(t, `^(For|本页写给)`, first[2], doc.path)
		}
	}
}

// The front page leads to every page, in both languages.
func TestFrontPageLeadsToAllPages(t *testing.T) {
	english, other := links(readMarkdown(t, "README.md")), links(readMarkdown(t, inChinese("README.md")))
	for _, path := range translations(t) {
		if path != "README.md" {
			assert.Contains(t, english, path)
			assert.Contains(t, other, inChinese(path))
		}
	}
}

// The front page fits few screens, and its first shell block holds the two commands
// that CI runs as they are printed.
func TestFrontPageIsShort(t *testing.T) {
	doc := readMarkdown(t, "README.md")
	first := slices.IndexFunc(doc.blocks, func(b block) bool { return b.language == "sh" })
	require.GreaterOrEqual(t, first, 0)
	assert.Equal(t, "go run ./examples/create\ngo test ./...\n", doc.blocks[first].text)
	lines := strings.Count(doc.text, "\n")
	for _, b := range doc.blocks {
		lines += strings.Count(b.text, "\n")
	}
	assert.Less(t, lines, 140, "what is longer than a screen belongs into a page of docs")
}
