package docs_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	// The examples are compiled against these two: a change in them makes the results
	// of the tests old.
	_ "github.com/vpcep/vpcep-go"
	_ "github.com/vpcep/vpcep-go/vpceptest"
)

const library = "github.com/vpcep/vpcep-go"

// fragmentImports are the packages that a fragment can use without an import.
var fragmentImports = []string{
	"context", "crypto/tls", "crypto/x509", "errors", "fmt", "log", "log/slog", "net/http", "os", "time",
	library, library + "/vpceptest",
}

// prelude declares what a fragment can use without a declaration.
const prelude = `
var (
	ctx      context.Context
	client   *vpcep.Client
	endpoint *vpcep.Endpoint
	err      error

	projectID, token, serviceID, vpcID, subnetID string
)
`

// Every Go block of the Markdown files, and every block of the package comments, compiles.
func TestCodeCompiles(t *testing.T) {
	var blocks []block
	for _, doc := range markdownFiles(t) {
		for _, b := range doc.blocks {
			if b.language == "go" {
				blocks = append(blocks, b)
			}
		}
	}
	for _, path := range []string{"doc.go", "vpceptest/doc.go"} {
		blocks = append(blocks, commentBlocks(t, path)...)
	}
	require.Greater(t, len(blocks), 10)
	c := newCompiler(t, blocks)
	for _, b := range blocks {
		t.Run(fmt.Sprintf("%s:%d", b.path, b.line), func(t *testing.T) {
			for _, err := range c.compile(b) {
				assert.NoError(t, err)
			}
		})
	}
}

// What is no Go is told apart: without this, TestCodeCompiles could pass for nothing.
func TestWrongCodeDoesNotCompile(t *testing.T) {
	wrong := []string{
		`client.NoSuchCall(ctx)`,
		`endpoint, err := client.CreateEndpoint(ctx)`,
		`vpcep.WithNothing()`,
		`if err != nil {`,
		`endpoint.Status = 1`,
		"package main\n\nfunc main() { unused := 1 }",
		"package main\n\nimport \"os\"\n\nfunc main() {}",
	}
	c := newCompiler(t, nil)
	for _, text := range wrong {
		assert.NotEmpty(t, c.compile(block{path: "wrong.md", line: 1, text: text}), text)
	}
	assert.Empty(t, c.compile(block{path: "right.md", line: 1, text: `endpoint, err := client.GetEndpoint(ctx, "id")`}))
}

// compiler checks blocks as the compiler does, without writing anything.
type compiler struct {
	fset     *token.FileSet
	importer types.Importer
}

var importLine = regexp.MustCompile(`(?m)^(?:import )?\s*(?:\w+ )?"([^"]+)"$`)

func newCompiler(t *testing.T, blocks []block) *compiler {
	t.Helper()
	imports := slices.Clone(fragmentImports)
	for _, b := range blocks {
		if isFile(b) {
			for _, match := range importLine.FindAllStringSubmatch(b.text, -1) {
				imports = append(imports, match[1])
			}
		}
	}
	slices.Sort(imports)
	exports := exportFiles(t, slices.Compact(imports))
	fset := token.NewFileSet()
	open := func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("no package %q", path)
		}
		return os.Open(file)
	}
	return &compiler{fset, importer.ForCompiler(fset, "gc", open)}
}

// exportFiles has the packages built, with all that they import, and returns what
// the compiler knows about each.
func exportFiles(t *testing.T, packages []string) map[string]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go",
		append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, packages...)...)
	list.Dir = root
	out, err := list.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%s: %s", list, failed.Stderr)
	}
	require.NoError(t, err)
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return files
}

func isFile(b block) bool { return strings.HasPrefix(b.text, "package ") }

// compile returns everything that is wrong with a block.
func (c *compiler) compile(b block) (wrong []error) {
	source := fmt.Sprintf("//line %s:%d:1\n%s", b.path, b.line, b.text)
	if !isFile(b) {
		source = "package fragment\n" + importsOf(fragmentImports) + prelude +
			"func _() {\n" + source + "\n}\n"
	}
	file, err := parser.ParseFile(c.fset, b.path, source, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	config := types.Config{Importer: c.importer, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) && e.Soft && !isFile(b) {
			return // something is not used
		}
		wrong = append(wrong, err)
	}}
	_, _ = config.Check(file.Name.Name, c.fset, []*ast.File{file}, nil) // config.Error has the errors
	return wrong
}

func importsOf(packages []string) string {
	var b strings.Builder
	for _, path := range packages {
		fmt.Fprintf(&b, "import %q\n", path)
	}
	return b.String()
}

// packageComment parses the comment above a file's package clause.
func packageComment(t *testing.T, path string, p *comment.Parser) (*comment.Doc, int) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, filepath.Join(root, path), nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	require.NotNil(t, file.Doc, "%s has no package comment", path)
	return p.Parse(file.Doc.Text()), fset.Position(file.Doc.Pos()).Line
}

// commentBlocks returns the code in a package comment.
func commentBlocks(t *testing.T, path string) (blocks []block) {
	t.Helper()
	doc, line := packageComment(t, path, new(comment.Parser))
	for i, content := range doc.Content {
		if code, ok := content.(*comment.Code); ok {
			blocks = append(blocks, block{path: fmt.Sprintf("%s, part %d", path, i+1), line: line, language: "go", text: code.Text})
		}
	}
	require.NotEmpty(t, blocks, "%s has no code", path)
	return blocks
}
