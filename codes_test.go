package vpcep

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestErrorCodeMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		code ErrorCode
		with string
		want bool
	}{
		{"same spelling", CodeSystemError, "EndPoint.0001", true},
		{"small p", CodeSystemError, "Endpoint.0001", true},
		{"capital p", CodeQuotaExceeded, "EndPoint.1018", true},
		{"all small", CodePortIPInUse, "endpoint.2042", true},
		{"all capital", CodePortIPInUse, "ENDPOINT.2042", true},
		{"gateway, same spelling", CodeAPINotFound, "APIGW.0101", true},
		{"gateway, old prefix", CodeGatewayAuthFailed, "APIG.0301", true},
		{"gateway, old prefix, small", CodeGatewayThrottled, "apig.0308", true},
		{"gateway, old prefix on the left", ErrorCode("Apig.0301"), "APIGW.0301", true},
		{"gateway, old prefix on both sides", ErrorCode("APIG.0301"), "apig.0301", true},
		{"without a constant", ErrorCode("EndPoint.9999"), "Endpoint.9999", true},

		{"another number", CodeSystemError, "EndPoint.0002", false},
		{"another family, same number", ErrorCode("EndPoint.0301"), "APIGW.0301", false},
		{"another gateway number", CodeGatewayAuthFailed, "APIG.0308", false},
		{"longer number", CodeSystemError, "EndPoint.00011", false},
		{"shorter number", CodeSystemError, "EndPoint.000", false},
		{"number alone", CodeSystemError, "0001", false},
		{"prefix alone", CodeGatewayAuthFailed, "APIG", false},
		{"longer prefix", CodeGatewayAuthFailed, "APIGWW.0301", false},
		{"surrounding text", CodeSystemError, "code EndPoint.0001", false},
		{"empty", CodeSystemError, "", false},
		{"empty on the left", ErrorCode(""), "EndPoint.0001", false},
		{"empty on both sides", ErrorCode(""), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.code.Matches(tt.with))
		})
	}
}

func TestErrorCodeIsAnError(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, CodeQuotaExceeded, "Endpoint.1018")
	assert.ErrorIs(t, error(CodeQuotaExceeded), CodeQuotaExceeded)
	assert.NotErrorIs(t, error(CodeQuotaExceeded), CodeThrottled)
}

func TestErrorCodeConstants(t *testing.T) {
	t.Parallel()
	var gateway []ErrorCode
	names := make(map[string]string) // by the code in one spelling
	for _, c := range errorCodeConstants(t) {
		assert.True(t, strings.HasPrefix(c.name, "Code"), "%s: the name does not begin with Code", c.name)
		assert.NotEmpty(t, c.doc, "%s has no comment", c.name)

		code := strings.ToLower(withGatewayPrefix(string(c.code)))
		assert.Empty(t, names[code], "%s has the same value %s", c.name, c.code)
		names[code] = c.name

		if !c.ofService() {
			gateway = append(gateway, c.code)
		}
	}
	assert.ElementsMatch(t, []ErrorCode{"APIGW.0101", "APIGW.0301", "APIGW.0308"}, gateway)
}

// documentedCode is a row of the service's own table of codes.
type documentedCode struct {
	status int
	code   ErrorCode
}

// documentedCodes reads the table, if it is next to the checkout.
func documentedCodes(t *testing.T) []documentedCode {
	t.Helper()
	table, err := os.ReadFile(filepath.Join("..", "shared", "api", "error-codes.tsv"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the table of codes is not here")
	}
	require.NoError(t, err)
	var codes []documentedCode
	for line := range strings.Lines(string(table)) {
		columns := strings.Split(line, "\t")
		if status, err := strconv.Atoi(columns[0]); err == nil {
			codes = append(codes, documentedCode{status, ErrorCode(columns[1])})
		}
	}
	require.NotEmpty(t, codes)
	return codes
}

func TestErrorCodeConstantsAreThoseDocumented(t *testing.T) {
	t.Parallel()
	documented := make(map[ErrorCode]bool)
	for _, row := range documentedCodes(t) {
		documented[row.code] = true
	}
	for _, c := range errorCodeConstants(t) {
		if c.ofService() {
			assert.True(t, documented[c.code], "%s: the table has no %s in this spelling", c.name, c.code)
			delete(documented, c.code)
		}
	}
	assert.Empty(t, documented, "codes without a constant")
}

// What an error means depends on its code, and for EndPoint.0005 on the operation.
func TestMeaningOfEachCode(t *testing.T) {
	t.Parallel()
	const (
		create      = "/v1/p/vpc-endpoints"
		endpoint    = "/v1/p/vpc-endpoints/e-1"
		routeTables = "/v1/p/vpc-endpoints/e-1/routetables"
		tags        = "/v1/p/endpoint/e-1/tags/action"
		service     = "/v1/p/vpc-endpoint-services/s-1"
		describe    = "/v1/p/vpc-endpoint-services/describe"
		serviceTags = "/v1/p/endpoint_service/s-1/tags/action"
		connections = "/v1/p/vpc-endpoint-services/s-1/connections"
		decision    = "/v1/p/vpc-endpoint-services/s-1/connections/action"
	)
	means := map[error]func(code ErrorCode, path string) bool{
		ErrThrottled:     func(code ErrorCode, _ string) bool { return code == "EndPoint.0022" },
		ErrQuotaExceeded: func(code ErrorCode, _ string) bool { return code == "Endpoint.1018" },
		ErrEndpointNotFound: func(code ErrorCode, path string) bool {
			return slices.Contains([]ErrorCode{"EndPoint.2006", "EndPoint.2007", "EndPoint.2008"}, code) ||
				code == "EndPoint.0005" && slices.Contains([]string{endpoint, routeTables, tags}, path)
		},
		ErrServiceNotFound: func(code ErrorCode, path string) bool {
			return code == "EndPoint.2003" || code == "EndPoint.0005" && slices.Contains([]string{service, describe, serviceTags, connections}, path)
		},
	}
	for _, row := range documentedCodes(t) {
		for _, path := range []string{create, endpoint, routeTables, tags, service, describe, serviceTags, connections, decision} {
			err := error(&APIError{StatusCode: row.status, Code: string(row.code), Path: path})
			assert.ErrorIs(t, err, row.code)
			assert.ErrorIs(t, err, errorOfStatus[row.status])
			for sentinel, holds := range means {
				assert.Equal(t, holds(row.code, path), errors.Is(err, sentinel), "%s to %s as %q", row.code, path, sentinel)
			}
		}
	}
}

// listOfErrors cannot be compared with ==.
type listOfErrors []error

func (listOfErrors) Error() string { return "" }

func TestAnyErrorCanBeAskedFor(t *testing.T) {
	t.Parallel()
	assert.NotErrorIs(t, &APIError{StatusCode: 404, Code: "EndPoint.2006"}, listOfErrors{ErrEndpointNotFound})
}

type errorCodeConstant struct {
	name, doc string
	code      ErrorCode
}

// ofService reports whether a code is the service's and not the gateway's.
func (c errorCodeConstant) ofService() bool {
	return strings.HasPrefix(strings.ToLower(string(c.code)), "endpoint.")
}

// errorCodeConstants reads the constants from codes.go, so none can be forgotten here.
func errorCodeConstants(t *testing.T) []errorCodeConstant {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, parser.ParseComments)
	require.NoError(t, err)

	var constants []errorCodeConstant
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		assert.NotEmpty(t, strings.TrimSpace(group.Doc.Text()), "a group of constants has no comment")
		for _, spec := range group.Specs {
			constants = append(constants, readErrorCodeConstant(t, spec.(*ast.ValueSpec)))
		}
	}
	require.NotEmpty(t, constants)
	return constants
}

func readErrorCodeConstant(t *testing.T, spec *ast.ValueSpec) errorCodeConstant {
	t.Helper()
	require.Len(t, spec.Names, 1)
	name := spec.Names[0].Name

	typ, ok := spec.Type.(*ast.Ident)
	require.True(t, ok, "%s has no type", name)
	require.Equal(t, "ErrorCode", typ.Name, "the type of %s", name)

	require.Len(t, spec.Values, 1, "the value of %s", name)
	literal, ok := spec.Values[0].(*ast.BasicLit)
	require.True(t, ok, "%s is not a literal", name)
	value, err := strconv.Unquote(literal.Value)
	require.NoError(t, err, "the value of %s", name)

	return errorCodeConstant{name: name, doc: strings.TrimSpace(spec.Doc.Text()), code: ErrorCode(value)}
}
