package vpcep_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
)

// exchanged is one request, its response, and what the caller gets.
type exchanged struct {
	request string // method, path and query
	body    string // "": none
	status  int
	answer  string
}

// exchanging returns a client whose requests must be those of exchanges, in order.
func exchanging(t *testing.T, exchanges ...exchanged) *vpcep.Client {
	t.Helper()
	sent := 0
	t.Cleanup(func() { assert.Equal(t, len(exchanges), sent, "as many requests as expected") })
	return clientOf(t, faketransport.Func(func(r *http.Request) (*http.Response, error) {
		body := []byte{}
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		if !assert.Less(t, sent, len(exchanges), "%s %s %s", r.Method, r.URL, body) {
			return httpmock.NewStringResponse(500, ""), nil
		}
		want := exchanges[sent]
		sent++
		assert.Equal(t, want.request, r.Method+" "+r.URL.RequestURI())
		if want.body == "" {
			assert.Empty(t, string(body))
		} else {
			assert.JSONEq(t, want.body, string(body))
		}
		return httpmock.NewStringResponse(want.status, want.answer), nil
	}))
}

// collect reads an iterator to the end.
func collect[T any](t *testing.T, seq func(yield func(T, error) bool)) (items []T) {
	t.Helper()
	for item, err := range seq {
		require.NoError(t, err)
		items = append(items, item)
	}
	return items
}

func ptr[T any](v T) *T { return &v }
