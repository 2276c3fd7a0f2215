package vpcep_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
)

func TestUpdateRouteTables(t *testing.T) {
	tests := map[string]struct {
		answer         string
		ids            []string
		bind, unbind   []vpcep.RouteTableFailure
		partial, fails bool
	}{
		"all":              {answer: `{"routetables":["a","b"]}`, ids: []string{"a", "b"}},
		"none left":        {answer: `{"routetables":[]}`, ids: []string{}},
		"no failure":       {answer: `{"routetables":["a"],"error":[]}`, ids: []string{"a"}},
		"null failure":     {answer: `{"routetables":["a"],"error":null}`, ids: []string{"a"}},
		"bind failed":      {answer: `{"routetables":["a"],"error":[{"bind_failed":[{"id":"b","error_message":"in use"}],"unbind_failed":[]}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b", Message: "in use"}}, partial: true},
		"bare error":       {answer: `{"routetables":["a"],"error":{"unbind_failed":{"id":"b","error_message":"m"}}}`, ids: []string{"a"}, unbind: []vpcep.RouteTableFailure{{ID: "b", Message: "m"}}, partial: true},
		"bare ids":         {answer: `{"routetables":["a"],"error":[{"bind_failed":["b"]}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b"}}, partial: true},
		"other names":      {answer: `{"routetables":["a"],"error":[{"bind_failed":{"routetable_id":"b","message":"x"}}]}`, ids: []string{"a"}, bind: []vpcep.RouteTableFailure{{ID: "b", Message: "x"}}, partial: true},
		"odd in the list":  {answer: `{"routetables":["a",{"id":"b"}]}`, ids: []string{"a"}},
		"failure, no list": {answer: `{"error":[{"bind_failed":[{"id":"b"}]}]}`, bind: []vpcep.RouteTableFailure{{ID: "b"}}, partial: true},
		"nothing":          {answer: `{}`, fails: true},
		"HTML":             {answer: `<html>`, fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			bodies := answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, tt.answer)
			ids, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a", "b"})
			assert.JSONEq(t, `{"routetables":["a","b"]}`, (*bodies)[0])
			assert.Equal(t, tt.ids, ids)
			var partial *vpcep.RouteTablesError
			if !assert.Equal(t, tt.partial, asRouteTables(err, &partial)) || !tt.partial {
				assert.Equal(t, tt.fails, err != nil)
				return
			}
			assert.Equal(t, tt.bind, partial.BindFailed)
			assert.Equal(t, tt.unbind, partial.UnbindFailed)
			assert.Equal(t, tt.ids, partial.RouteTables)
			assert.Contains(t, err.Error(), "bind b")
		})
	}
	for _, failure := range []string{`[{"error_code":"EndPoint.4028","error_message":"m"}]`, `"could not"`, `{"surprise":[1]}`} {
		c, mock := mocked(t)
		answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, `{"routetables":["a"],"error":`+failure+`}`)
		_, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a", "b"})
		var partial *vpcep.RouteTablesError
		require.ErrorAs(t, err, &partial, "a failure that is not understood is not a success")
		assert.Len(t, partial.Errors, 1)
		assert.NotContains(t, err.Error(), "\n")
	}
	c, mock := mocked(t)
	bodies := answering(mock, "PUT", endpointsURL+"/e-1/routetables", 200, `{"routetables":[]}`)
	_, err := c.UpdateRouteTables(t.Context(), "e-1", nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"routetables":[]}`, (*bodies)[0])
	_, err = c.UpdateRouteTables(t.Context(), "e-1", []string{""})
	assert.Equal(t, "routetables[0]", fieldsOf(err))
}

func asRouteTables(err error, target **vpcep.RouteTablesError) bool {
	e, ok := err.(*vpcep.RouteTablesError) //nolint:errorlint // it is returned unwrapped
	*target = e
	return ok
}

// A change is sent again if that is safe, with the same body.
func TestChangesAreRetried(t *testing.T) {
	c, mock := mocked(t, vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	var bodies []string
	mock.RegisterResponder("PUT", endpointsURL+"/e-1/routetables", func(r *http.Request) (*http.Response, error) {
		data, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(data))
		if len(bodies) < 3 {
			return httpmock.NewStringResponse(503, ""), nil
		}
		return httpmock.NewStringResponse(200, `{"routetables":["a"]}`), nil
	})
	_, err := c.UpdateRouteTables(t.Context(), "e-1", []string{"a"})
	require.NoError(t, err)
	assert.Equal(t, []string{bodies[0], bodies[0], bodies[0]}, bodies)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
}
