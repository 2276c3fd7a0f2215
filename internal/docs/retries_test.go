package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// What the first cell of each row of the table of retries begins with, and what came of
// an attempt there. The row about an empty body is about the operation, too, and is
// tested where responses are read.
var events = map[string][]retry.Event{
	"no byte of the request was sent":              {retry.Unsent},
	"written, and refused before it was processed": {retry.Unprocessed},
	"throttled: 429":                               {retry.Throttled},
	"no such host":                                 {retry.Permanent},
	"401 and `CachedToken` can get a new token":    {retry.Renewed},
	"408, 5xx, any other reset or close after":     {retry.TimedOut, retry.ServerError, retry.Broken},
	"neither a result nor a refusal":               {retry.Unreadable},
	"404: the resource does not exist":             {retry.Gone},
	"any other 4xx":                                {retry.Unauthorized, retry.Refused},
	"204 or an empty body":                         nil,
}

var verdicts = map[string]retry.Verdict{
	"again":                      retry.Again,
	"again, for up to 2 minutes": retry.Again,
	"again, once":                retry.Again,
	"error":                      retry.No,
	"**`ErrOutcomeUnknown`**":    retry.Unknown,
	"looks for it, then again":   retry.Search,
}

// The table of what is sent again matches the rules.
func TestTableOfRetries(t *testing.T) {
	rows := table(t, "docs/retries.md", "What is sent again, and what is not")
	require.Len(t, rows, len(events))
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		require.Len(t, cells, 5, row)
		found := false
		for beginning, of := range events {
			if strings.HasPrefix(cells[0], beginning) {
				found = true
				for _, event := range of {
					assertRow(t, cells, event)
				}
			}
		}
		assert.True(t, found, "the test does not know the row %q", cells[0])
	}
}

func assertRow(t *testing.T, cells []string, event retry.Event) {
	t.Helper()
	columns := [][]retry.Operation{{retry.Create}, {retry.KeyedCreate}, {retry.Read, retry.Update}, {retry.Delete}}
	for i, operations := range columns {
		cell := strings.TrimSpace(cells[i+1])
		for _, operation := range operations {
			if cell == "success if an earlier attempt may have deleted it, otherwise error" {
				assert.Equal(t, retry.Done, retry.Decide(operation, event, true), "%s: %s", cells[0], cell)
				assert.Equal(t, retry.No, retry.Decide(operation, event, false), "%s: %s", cells[0], cell)
				continue
			}
			want, known := verdicts[cell]
			require.True(t, known, "%s: %q", cells[0], cell)
			assert.Equal(t, want, retry.Decide(operation, event, false), "%s: %s", cells[0], cell)
		}
	}
}
