package vpceptest_test

import (
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reference reads a page of the reference, which is not part of the module.
func reference(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "shared", "api", name))
	if os.IsNotExist(err) {
		t.Skip("the reference is not here")
	}
	require.NoError(t, err)
	return string(page)
}

var (
	row  = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	cell = regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`)
	tag  = regexp.MustCompile(`<[^>]*>`)
	most = regexp.MustCompile(`最大长度：\s*(\d+)`)
)

// htmlTable returns the cells of a table of the page, row by row.
func htmlTable(t *testing.T, page, number string) (rows [][]string) {
	t.Helper()
	_, page, found := strings.Cut(page, "**表 "+number+"**")
	require.True(t, found, number)
	page, _, _ = strings.Cut(page, "</table>")
	for _, r := range row.FindAllStringSubmatch(page, -1) {
		var cells []string
		for _, c := range cell.FindAllStringSubmatch(r[1], -1) {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(c[1], ""))))
		}
		if cells != nil {
			rows = append(rows, cells)
		}
	}
	return rows
}

func TestTheTablesOfACreateAreTheReferences(t *testing.T) {
	page := reference(t, "CreateEndpoint.zh.md")
	request := func(number string) map[string]parameter {
		fields := map[string]parameter{}
		for _, cells := range htmlTable(t, page, number) {
			p := parameter{kind: cells[2], required: cells[1] == "是"}
			if length := most.FindStringSubmatch(cells[3]); length != nil {
				p.most, _ = strconv.Atoi(length[1])
			}
			fields[cells[0]] = p
		}
		return fields
	}
	answer := func(number string) table {
		fields := table{}
		for _, cells := range htmlTable(t, page, number) {
			fields[cells[0]] = cells[1]
		}
		return fields
	}
	assert.Equal(t, createTable, request("3"))
	assert.Equal(t, tagLimits, request("4"))
	assert.Equal(t, endpointTable, answer("5"))
	assert.Equal(t, tagTable, answer("6"))
	assert.Equal(t, table{"error": "Error object"}, answer("7"))
	assert.Equal(t, errorTable, answer("8"))
}

func TestTheTablesOfServicesAreTheReferences(t *testing.T) {
	_, section, found := strings.Cut(reference(t, "operations.md"), "### ServiceObject")
	require.True(t, found)
	services, rest, _ := strings.Cut(section, "### PermissionObject")
	permissions, connections, _ := strings.Cut(rest, "### ConnectionEndpoints")
	connections, _, _ = strings.Cut(connections, "## 3")

	documented := map[string]table{"create": {}, "list": {}, "get": {}, "update": {}}
	numbers := map[string]string{"10": "create", "11": "list", "12": "get", "13": "update"}
	number := regexp.MustCompile(`\b1[0-3]\b`)
	for line := range strings.Lines(services) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		in := number.FindAllString(cells[3], -1)
		if strings.Contains(cells[3], "all") || strings.Contains(cells[3], "10–13") {
			in = []string{"10", "11", "12", "13"}
		}
		for name := range strings.SplitSeq(cells[1], ",") {
			for _, n := range in {
				documented[numbers[n]][strings.TrimSpace(name)] = strings.TrimSpace(cells[2])
			}
		}
	}
	// The error's cell gives another region's form, too.
	for _, what := range []string{"list", "get"} {
		kind, known := documented[what]["error"]
		assert.True(t, known)
		assert.Contains(t, kind, serviceTables[what]["error"])
		documented[what]["error"] = serviceTables[what]["error"]
	}
	assert.Equal(t, serviceTables, documented)
	for name := range permissionTable {
		assert.Contains(t, permissions, "`"+name+"`")
	}
	assert.Equal(t, len(connectionTable), len(slices.Compact(regexp.MustCompile("`[a-z_]+`").FindAllString(connections, -1))))
	for name := range connectionTable {
		assert.Contains(t, connections, "`"+name+"`")
	}
}

// Each refusal has the status and the message that the reference's table gives its code.
func TestRefusalsAreTheReferences(t *testing.T) {
	documented := map[string]string{}
	for line := range strings.Lines(reference(t, "error-codes.tsv")) {
		if cells := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(cells) == 3 {
			documented[cells[1]] = cells[0] + " " + cells[2]
		}
	}
	source, err := os.ReadFile("errors.go")
	require.NoError(t, err)
	refusals := regexp.MustCompile(`refuse\(http\.(\w+), "(.+?)", "(.+)"\)`).FindAllStringSubmatch(string(source), -1)
	require.Greater(t, len(refusals), 50)
	statuses := map[string]string{"StatusBadRequest": "400", "StatusNotFound": "404"}
	for _, r := range refusals {
		assert.Equal(t, documented[r[2]], statuses[r[1]]+" "+r[3], r[2])
	}
}
