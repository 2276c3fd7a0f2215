package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
)

// endingBody calls end when it has been read completely.
type endingBody struct {
	io.Reader
	end func()
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil {
		b.end()
	}
	return n, err
}

func (b *endingBody) Close() error { return nil }

// The context ends a call while a long response is read, and the ID in it is not lost. A
// short response that has arrived is returned.
func TestContextEndsTheReadingOfALongAnswer(t *testing.T) {
	long := `{"id":"e-1","unknown":[` + strings.Repeat(`[1],`, 1<<19) + `1]}`
	answering := func(body string) (context.Context, *vpcep.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		return ctx, clientOf(t, faketransport.Func(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: &endingBody{strings.NewReader(body), cancel}}, nil
		}))
	}
	ctx, c := answering(long)
	_, err := c.GetEndpoint(ctx, "e-1")
	assert.ErrorIs(t, err, context.Canceled)

	ctx, c = answering(long)
	_, err = c.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"})
	assert.ErrorIs(t, err, context.Canceled)
	var unknown *vpcep.OutcomeUnknownError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "e-1", unknown.EndpointID)

	_, c = answering(long)
	e, err := c.GetEndpoint(t.Context(), "e-1")
	require.NoError(t, err)
	assert.Equal(t, "e-1", e.ID)
}

// The ID of a created endpoint is found wherever it is in the response, beyond every limit.
func TestCreateNeverLosesTheID(t *testing.T) {
	var members strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&members, `"m%d":1,`, i)
	}
	long := `"unknown":[` + strings.Repeat(`[1],`, 1<<19) + `1]`
	for name, tt := range map[string]struct {
		body string
		ends bool // the context, once the body is read
	}{
		"the ID stands last":      {`{` + long + `,"id":"e-1"}`, true},
		"too many members":        {`{"id":"e-1",` + members.String() + `"end":1}`, false},
		"too many members before": {`{` + members.String() + `"id":"e-1"}`, false},
		"too many, and it ends":   {`{` + members.String() + long + `,"id":"e-1"}`, true},
		"a mistake far behind":    {`{"id":"e-1",` + long + `,]`, false},
		"text behind it":          {`{` + long + `,"id":"e-1"} and more`, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := clientOf(t, faketransport.Func(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: &endingBody{strings.NewReader(tt.body), func() {
					if tt.ends {
						cancel()
					}
				}}}, nil
			}))
			_, err := c.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"})
			var unknown *vpcep.OutcomeUnknownError
			require.ErrorAs(t, err, &unknown)
			assert.Equal(t, "e-1", unknown.EndpointID)
			assert.Equal(t, tt.ends, errors.Is(err, context.Canceled))
			assert.Less(t, len(err.Error()), 500)
		})
	}
}
