package docs_test

import (
	"fmt"
	"go/doc/comment"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// The table of options has all of them, and no others.
func TestOptionsAreComplete(t *testing.T) {
	scope := libraryPackage(t).Scope()
	var exported []string
	for _, name := range scope.Names() {
		fn, ok := scope.Lookup(name).(*types.Func)
		if !ok || !fn.Exported() {
			continue
		}
		results := fn.Signature().Results()
		if results.Len() == 1 && types.TypeString(results.At(0).Type(), types.RelativeTo(fn.Pkg())) == "Option" {
			exported = append(exported, name)
		}
	}
	var documented []string
	for _, row := range table(t, "docs/configuration.md", "Options") {
		documented = append(documented, strings.Trim(strings.Split(row, "|")[1], " `"))
	}
	assert.ElementsMatch(t, exported, documented)
}

// The table of options has the defaults of the code.
func TestDefaultsAreDocumented(t *testing.T) {
	defaults := map[string]string{
		"WithRetry": fmt.Sprintf("%d attempts, %d ms, %d s, %d min", vpcep.DefaultMaxAttempts,
			vpcep.DefaultBaseDelay.Milliseconds(), int(vpcep.DefaultMaxDelay.Seconds()), int(vpcep.DefaultThrottleTimeout.Minutes())),
		"WithAttemptTimeout":  fmt.Sprintf("%d s", int(vpcep.DefaultAttemptTimeout.Seconds())),
		"WithReconcileWindow": fmt.Sprintf("%d s", int(vpcep.DefaultReconcileWindow.Seconds())),
	}
	for _, s := range readMarkdown(t, "docs/configuration.md").sections {
		for _, row := range s.rows {
			cells := strings.Split(row, "|")
			if option := strings.Trim(cells[1], " `"); defaults[option] != "" {
				assert.Equal(t, defaults[option], strings.TrimSpace(cells[3]), option)
				delete(defaults, option)
			}
		}
	}
	assert.Empty(t, defaults, "these have no row")
	wait := fmt.Sprintf("// default: %d minutes\n", int(vpcep.DefaultWaitTimeout.Minutes()))
	assert.Contains(t, readMarkdown(t, "docs/operations.md").blocks[0].text, wait)
}

// What the package page links to is there.
func TestLinksOfThePackagePage(t *testing.T) {
	scope := libraryPackage(t).Scope()
	links := 0
	_, _ = packageComment(t, "doc.go", &comment.Parser{
		LookupPackage: func(name string) (string, bool) {
			path, ok := comment.DefaultLookupPackage(name)
			assert.True(t, ok, "[%s…]: there is no such package", name)
			return path, ok
		},
		LookupSym: func(recv, name string) bool {
			links++
			var found types.Object
			if recv == "" {
				found = scope.Lookup(name)
			} else if named := scope.Lookup(recv); named != nil {
				found, _, _ = types.LookupFieldOrMethod(named.Type(), true, named.Pkg(), name)
				_, isMethod := found.(*types.Func)
				assert.True(t, isMethod, "[%s.%s] is no method", recv, name)
			}
			assert.NotNil(t, found, "[%s %s]: there is no such name", recv, name)
			return found != nil
		},
	})
	assert.NotZero(t, links)
}

// The index of the examples leads to each of them, in an order of its own, and each
// says first what it shows.
func TestExamplesAreListed(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "examples"))
	require.NoError(t, err)
	index := links(readMarkdown(t, "examples/README.md"))
	count := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		count++
		isListed := slices.ContainsFunc(index, func(target string) bool { return strings.HasPrefix(target, entry.Name()+"/") })
		assert.True(t, isListed, "examples/README.md does not list %s", entry.Name())
		program := filepath.Join(root, "examples", entry.Name(), "main.go")
		if entry.Name() == "create" { // which builds the example first
			program = filepath.Join(root, "examples", entry.Name(), "endpoint", "main.go")
		}
		text, err := os.ReadFile(program)
		require.NoError(t, err)
		assert.Regexp(t, "[\"`]This example ", string(text), "%s does not print what it shows", program)
	}
	assert.Len(t, readMarkdown(t, "examples/README.md").sections[0].rows, count+2)
}

// The patch releases of Go that the documentation asks for are those that CI builds with.
func TestPatchReleases(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	releases := regexp.MustCompile(`(?m)^releases=\((.*)\)$`).FindSubmatch(script)
	require.NotNil(t, releases)
	want := strings.Fields(strings.ReplaceAll(string(releases[1]), "go", ""))
	require.Len(t, want, 2)
	patch := regexp.MustCompile(`\b1\.\d+\.[1-9]\d*\b`)
	for _, path := range []string{"README.md", inChinese("README.md"), "SECURITY.md"} {
		assert.Equal(t, want, patch.FindAllString(readMarkdown(t, path).text, -1), path)
	}
}

func libraryPackage(t *testing.T) *types.Package {
	t.Helper()
	pkg, err := newCompiler(t, nil).importer.Import(library)
	require.NoError(t, err)
	return pkg
}

// CONTRIBUTING.md names each source file at the top, each page, each internal
// package, and each script.
func TestMapIsComplete(t *testing.T) {
	text := readMarkdown(t, "CONTRIBUTING.md").text
	var parts []string
	for _, dir := range []string{"", "docs", "internal", ".ci"} {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		require.NoError(t, err)
		for _, entry := range entries {
			name := entry.Name()
			isSource := strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
			if (dir != "" || isSource) && !strings.HasSuffix(name, chinese) {
				parts = append(parts, filepath.ToSlash(filepath.Join(dir, name)))
			}
		}
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.Contains(text, "`"+part+"`") })
	assert.Empty(t, parts, "CONTRIBUTING.md does not say why these exist")
}
