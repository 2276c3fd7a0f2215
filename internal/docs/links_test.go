package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)[^)]*\)`)

// links returns the targets of a text's links.
func links(doc document) (targets []string) {
	for _, match := range link.FindAllStringSubmatch(doc.text, -1) {
		targets = append(targets, match[1])
	}
	return targets
}

// resolve returns the file that a link leads to, from the top of the repository.
func resolve(doc document, target string) string {
	file, _, _ := strings.Cut(target, "#")
	if file == "" {
		return doc.path
	}
	return path.Join(path.Dir(doc.path), file)
}

// Links to files and their sections resolve, and those in a Chinese text lead to Chinese texts
// if there are any.
func TestLinksToFiles(t *testing.T) {
	for _, doc := range markdownFiles(t) {
		for _, target := range links(doc) {
			if strings.Contains(target, "://") {
				continue
			}
			file := resolve(doc, target)
			if !assertLink(t, doc.path, file, target) || !strings.HasSuffix(doc.path, chinese) {
				continue
			}
			partner := inChinese(file)
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(partner))); err == nil {
				assert.Equal(t, inChinese(file), doc.path, "%s links to %s although there is %s", doc.path, file, partner)
			}
		}
	}
}

func assertLink(t *testing.T, from, file, target string) bool {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); !assert.NoError(t, err, "a link of %s", from) {
		return false
	}
	if _, section, ok := strings.Cut(target, "#"); ok {
		return assert.Contains(t, anchors(readMarkdown(t, file)), section, "a link of %s to %s", from, file)
	}
	return true
}

// anchors returns the names by which links reach the sections of a file, as GitHub
// makes them.
func anchors(doc document) (names []string) {
	for _, s := range doc.sections {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, s.title))
	}
	return names
}

var pageURL = regexp.MustCompile(`https://` + library + `/blob/main/([\w./-]+)(#[\w-]+)?`)

// The comments of Go files lead to pages and sections that exist.
func TestLinksOfComments(t *testing.T) {
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), "/blob/main/") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, group := range parsed.Comments {
			for _, match := range pageURL.FindAllStringSubmatch(group.Text(), -1) {
				assertLink(t, file, match[1], match[1]+match[2])
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// Sections have the names that GitHub gives them.
func TestAnchors(t *testing.T) {
	assert.Contains(t, anchors(readMarkdown(t, "README.md")), "an-endpoints-life")
	assert.Contains(t, anchors(readMarkdown(t, inChinese("README.md"))), "终端节点的生命周期")
}
