package docs_test

import (
	"go/types"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Every operation, every type of error and every way to authenticate has an example on the
// page of the package.
func TestEveryOperationHasAnExample(t *testing.T) {
	examples := testsIn(t, root)
	scope := libraryPackage(t).Scope()
	client := types.NewMethodSet(types.NewPointer(scope.Lookup("Client").Type()))
	var wanted []string
	parts := []string{"FieldError", "DuplicateServicesError"} // like, or within, another one that has an example
	for i := range client.Len() {
		method := client.At(i).Obj()
		if parameters := method.Type().(*types.Signature).Params(); method.Exported() && parameters.Len() > 0 {
			wanted = append(wanted, "Client_"+method.Name())
		}
	}
	for _, name := range scope.Names() {
		kind, ok := scope.Lookup(name).(*types.TypeName)
		if ok && kind.Exported() && isError(kind) && !slices.Contains(parts, name) {
			wanted = append(wanted, name)
		}
	}
	wanted = append(wanted, "NewClient", "WithBaseURL", "WithHTTPClient", "WithLogger", "WithRetry", "WithResponse",
		"WithCallTimeout", "WithCallRetry", "WithCallHeader", "LookupProjectID", "DefaultAuth", "AKSK", "IAMPassword",
		"CachedToken", "TokenAuth", "TokenSource", "Authenticator", "Token", "All",
		"CreateEndpointRequest_Validate", "CreateServiceRequest_Validate")
	assert.Greater(t, len(wanted), 60)
	var missing []string
	for _, name := range wanted {
		if !examples["Example"+name] {
			missing = append(missing, name)
		}
	}
	assert.Empty(t, missing, "these have no example in example*_test.go")
}
