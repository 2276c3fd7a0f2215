package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each scenario leads to the error that it is about, and the table says so.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, nil))
	parts := strings.SplitN(out.String(), "\n\n", 3)
	require.Len(t, parts, 3)
	table, messages := parts[1], parts[2]
	want := map[string][2]string{
		"two fields are wrong":                {"ValidationError", "correct vpc_id, tags[0].key"},
		"the response to a create is lost":    {"ErrOutcomeUnknown", "look for the endpoint before creating again"},
		"a key is used with other settings":   {"ErrIdempotencyMismatch", "use another key"},
		"killed processes left two endpoints": {"DuplicateEndpointsError", "delete all but one of the 2"},
		"too many requests":                   {"ErrThrottled", "call again in 30s"},
		"the quota is used up":                {"ErrQuotaExceeded", "delete an endpoint (1 of 1 are used)"},
		"the endpoint does not exist":         {"ErrEndpointNotFound", "treat it as gone"},
		"the token is not valid":              {"ErrUnauthorized", "get a new token"},
		"the user lacks a permission":         {"ErrForbidden", "get the permission granted"},
		"the URL is wrong":                    {"ErrNotFound", "correct the client's URL"},
		"the endpoint could not be set up":    {"EndpointFailedError", "read Endpoint.Errors"},
		"a wait takes too long":               {"WaitTimeoutError", "wait again; it was creating"},
		"the endpoint service does not exist": {"ErrServiceNotFound", "correct EndpointServiceID"},
		"the address is in use":               {"APIError", "EndPoint.2042"},
		"the caller cancels a read":           {"context.Canceled", "nothing"},
		"the deadline passes during a read":   {"context.DeadlineExceeded", "with more time"},
		"there is no connection":              {"another error", "call again"},
	}
	rows := strings.Split(table, "\n")[1:]
	assert.Len(t, rows, len(want))
	for happened, explained := range want {
		assert.Regexp(t, `(?m)^`+happened+` {2,}`+explained[0]+` {2,}\S`, table)
		for _, row := range rows {
			if strings.HasPrefix(row, happened+"  ") {
				assert.Contains(t, row, explained[1])
			}
		}
		assert.Contains(t, messages, "\n"+happened+":\n    ")
	}
}

func TestExplainAnythingElse(t *testing.T) {
	name, _ := explain(errors.New("out of the blue"))
	assert.Equal(t, "another error", name)
}
