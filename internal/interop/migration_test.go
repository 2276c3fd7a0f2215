package interop_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	sdk "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

var code = regexp.MustCompile("`([A-Z]\\w+)`")

// The page about moving over has each operation of the vendor's SDK, by the name that
// it has there, and leads to methods that exist here.
func TestMigrationTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/migration.md")
	require.NoError(t, err)
	theirs, ours := reflect.TypeFor[*sdk.VpcepClient](), reflect.TypeFor[*vpcep.Client]()
	isOperation := false
	listed := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		// Above the first operation are the rows about the client, its settings and errors.
		isOperation = isOperation || strings.TrimSpace(cells[1]) == "`CreateEndpoint`"
		if !isOperation {
			continue
		}
		for _, name := range code.FindAllStringSubmatch(cells[1], -1) {
			_, exists := theirs.MethodByName(name[1])
			assert.True(t, exists, "the vendor's SDK has no %s", name[1])
			listed[name[1]] = true
		}
		for _, name := range code.FindAllStringSubmatch(cells[2], -1) {
			_, exists := ours.MethodByName(name[1])
			assert.True(t, exists, "the library has no %s", name[1])
		}
	}
	for i := range theirs.NumMethod() {
		method := theirs.Method(i)
		if strings.HasSuffix(method.Name, "Invoker") {
			continue
		}
		assert.True(t, listed[method.Name], "docs/migration.md does not list %s", method.Name)
	}
}
