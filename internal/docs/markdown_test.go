package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the top of the repository.
var root = filepath.Join("..", "..")

// document is what the checks look at in a Markdown file.
type document struct {
	path     string // from the top of the repository
	sections []*section
	blocks   []block
	text     string // without the blocks
}

// section is a heading and what follows it.
type section struct {
	level    int
	title    string
	rows     []string // of its tables
	items    int      // of its lists
	text     string   // without tables and blocks
	blocks   int
	position int // its line
}

// block is a block of code.
type block struct {
	path     string
	line     int // its first one
	language string
	text     string
}

var heading = regexp.MustCompile(`^(#+) (.*)$`)

func readMarkdown(t *testing.T, path string) document {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	doc := document{path: path}
	current := &section{}
	var inside *block
	var text strings.Builder
	for i, line := range strings.Split(string(data), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		title := heading.FindStringSubmatch(line)
		switch {
		case isFence && inside == nil:
			inside = &block{path: path, line: i + 2, language: fence}
			current.blocks++
		case isFence:
			doc.blocks = append(doc.blocks, *inside)
			inside = nil
		case inside != nil:
			inside.text += line + "\n"
		default:
			text.WriteString(line + "\n")
			switch {
			case title != nil:
				current = &section{level: len(title[1]), title: title[2], position: i + 1}
				doc.sections = append(doc.sections, current)
			case strings.HasPrefix(line, "|"):
				current.rows = append(current.rows, line)
			default:
				if strings.HasPrefix(line, "- ") {
					current.items++
				}
				current.text += line + "\n"
			}
		}
	}
	require.Nil(t, inside, "%s: the last block has no end", path)
	doc.text = text.String()
	return doc
}

// table returns the rows of the table in a section, without its heading.
func table(t *testing.T, path, title string) []string {
	t.Helper()
	for _, s := range readMarkdown(t, path).sections {
		if s.title == title {
			require.Greater(t, len(s.rows), 2, "%s: %q has no table", path, title)
			return s.rows[2:]
		}
	}
	require.Fail(t, "no such section", "%s: %q", path, title)
	return nil
}

// markdownFiles are all of the repository.
func markdownFiles(t *testing.T) (docs []document) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		path, err = filepath.Rel(root, path)
		docs = append(docs, readMarkdown(t, filepath.ToSlash(path)))
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(docs), 10)
	return docs
}

// No comment is left in the documentation: each marks a gap to be filled.
func TestNoMarkersAreLeft(t *testing.T) {
	for _, doc := range markdownFiles(t) {
		for line := range strings.Lines(doc.text) {
			assert.NotContains(t, line, "<!--", doc.path)
		}
	}
}
