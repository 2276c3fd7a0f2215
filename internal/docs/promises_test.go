package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	testCommand = regexp.MustCompile(`^(?:\(cd (\S+) && )?go test -run '\^\((\S+)\)\$' (\S+?)\)?$`)
	testName    = regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
)

// Each promise has commands, and each test that they or the text name exists where
// they look for it.
func TestPromisesAreHeldByTests(t *testing.T) {
	doc := readMarkdown(t, "docs/promises.md")
	promises := doc.sections[1:]
	require.Greater(t, len(promises), 5)
	require.Len(t, doc.blocks, len(promises), "one block of commands for each promise")
	for i, promise := range promises {
		tests := map[string]bool{}
		for line := range strings.Lines(doc.blocks[i].text) {
			command := testCommand.FindStringSubmatch(strings.TrimSpace(line))
			if !assert.NotNil(t, command, "%s: %s", promise.title, line) {
				continue
			}
			exist := testsIn(t, filepath.Join(root, command[1], command[3]))
			for _, name := range strings.Split(command[2], "|") {
				assert.True(t, exist[name], "%s: there is no %s in %s", promise.title, name, filepath.Join(command[1], command[3]))
				tests[name] = true
			}
		}
		for _, match := range testName.FindAllStringSubmatch(promise.text, -1) {
			assert.True(t, tests[match[1]], "%s: no command runs %s", promise.title, match[1])
		}
	}
}

// testsIn returns the tests and fuzz targets of a package.
func testsIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	tests := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				tests[fn.Name.Name] = true
			}
		}
	}
	return tests
}

// No text names a test that does not exist.
func TestNamedTestsExist(t *testing.T) {
	all := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			for name := range testsIn(t, path) {
				all[name] = true
			}
		}
		return err
	})
	require.NoError(t, err)
	for _, doc := range markdownFiles(t) {
		for _, match := range testName.FindAllStringSubmatch(doc.text, -1) {
			assert.True(t, all[match[1]], "%s: there is no %s", doc.path, match[1])
		}
	}
}
