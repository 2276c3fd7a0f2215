package docs_test

import (
	"go/types"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The page about errors knows every exported error and error type, and no others. The
// errors of the statuses that the page gives as a range are those in between.
func TestErrorsAreDocumented(t *testing.T) {
	doc := readMarkdown(t, "docs/errors.md")
	text := doc.text
	scope := libraryPackage(t).Scope()
	ofStatuses := []string{"ErrBadRequest", "ErrConflict", "ErrMethodNotAllowed", "ErrNotAcceptable", "ErrRequestTimeout",
		"ErrProxyAuthRequired", "ErrInternalServerError", "ErrNotImplemented", "ErrBadGateway", "ErrServiceUnavailable", "ErrGatewayTimeout"}
	var missing []string
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() || !isError(object) || slices.Contains(ofStatuses, name) {
			continue
		}
		if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, "`*"+name+"`") {
			missing = append(missing, name)
		}
	}
	assert.Empty(t, missing, "docs/errors.md does not say what to do about these")
	for _, match := range regexp.MustCompile("`\\*?(Err\\w+|\\w+Error)`").FindAllStringSubmatch(text, -1) {
		assert.NotNil(t, scope.Lookup(match[1]), "docs/errors.md: there is no %s", match[1])
	}
}

// isError reports whether a name is an error, or the type of one.
func isError(object types.Object) bool {
	builtin := types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
	switch object.(type) {
	case *types.Var:
		return types.Implements(object.Type(), builtin)
	case *types.TypeName:
		return strings.HasSuffix(object.Name(), "Error") && types.Implements(types.NewPointer(object.Type()), builtin)
	}
	return false
}
