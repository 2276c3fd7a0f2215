package vpcep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
)

const endpointsURL = "https://vpcep.example/v1/p-1/vpc-endpoints"

var minimal = vpcep.CreateEndpointRequest{EndpointServiceID: "svc", VPCID: "vpc"}

func TestCreateEndpointSendsTheSpecification(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("POST", endpointsURL, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "tok", r.Header.Get("X-Auth-Token"))
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		assert.Contains(t, r.Header.Get("User-Agent"), "vpcep-go/")
		assert.Empty(t, r.Header.Get("Idempotency-Key"))
		assert.Empty(t, r.URL.RawQuery)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		assert.EqualValues(t, len(body), r.ContentLength)
		assert.JSONEq(t, `{"endpoint_service_id":"svc","vpc_id":"vpc","subnet_id":"net","enable_dns":true}`, string(body))
		resp := httpmock.NewStringResponse(200, `{"id":"e-1","status":"creating","enable_dns":"true"}`)
		resp.Header.Set("X-Request-Id", "req-1")
		return resp, nil
	})
	req := minimal
	req.SubnetID, req.EnableDNS = "net", true
	var meta vpcep.ResponseMeta
	e, err := c.CreateEndpoint(t.Context(), req, vpcep.WithResponse(&meta))
	require.NoError(t, err)
	assert.Equal(t, &vpcep.Endpoint{ID: "e-1", Status: vpcep.StatusCreating, EnableDNS: true}, e)
	assert.Equal(t, 200, meta.StatusCode)
	assert.Equal(t, "req-1", meta.RequestID)
	assert.Equal(t, "req-1", meta.Header.Get("X-Request-Id"))
	assert.Equal(t, 1, meta.Attempts)
}

func TestCreateEndpointTakesEveryReadableSuccess(t *testing.T) {
	for _, status := range []int{200, 201, 202, 299} {
		for _, contentType := range []string{"application/json", "text/html", ""} {
			c, mock := mocked(t)
			resp := httpmock.NewStringResponse(status, "\xef\xbb\xbf \n"+`{"id":"e-1","marker_id":{}}`+"\n")
			resp.Header.Set("Content-Type", contentType)
			mock.RegisterResponder("POST", endpointsURL, httpmock.ResponderFromResponse(resp))
			e, err := c.CreateEndpoint(t.Context(), minimal)
			require.NoError(t, err, "%d %s", status, contentType)
			assert.Equal(t, "e-1", e.ID)
		}
	}
}

func TestCreateEndpointWithUnknownOutcome(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	tests := map[string]struct {
		status int
		body   string
		cut    bool
		err    error
		want   []error // beside ErrOutcomeUnknown
		id     string  // that the answer named
		text   string
	}{
		"HTML with 200":     {status: 200, body: "<html>login</html>", text: "200"},
		"text with 200":     {status: 200, body: "OK", text: "200"},
		"empty with 200":    {status: 200, text: "200"},
		"empty object":      {status: 200, body: "{}", text: "no id"},
		"null":              {status: 200, body: "null", text: "not a JSON object"},
		"array":             {status: 200, body: `[{"id":"e"}]`, text: "not a JSON object"},
		"id empty":          {status: 200, body: `{"id":""}`, text: "no id"},
		"id null":           {status: 200, body: `{"id":null}`, text: "no id"},
		"id an object":      {status: 200, body: `{"id":{"a":1}}`, text: "no id"},
		"half JSON":         {status: 200, body: `{"id":"e-1","stat`, id: "e-1", text: "may exist as e-1"},
		"cut":               {status: 200, body: `{"id":"e-1","ip":"10.`, cut: true, want: []error{io.ErrUnexpectedEOF}, id: "e-1", text: "broke off"},
		"cut at once":       {status: 200, cut: true, want: []error{io.ErrUnexpectedEOF}},
		"cut, yet complete": {status: 200, body: `{"id":"e-1"}`, cut: true, want: []error{io.ErrUnexpectedEOF}, id: "e-1"},
		"no content":        {status: 204, text: "204"},
		"redirect":          {status: 302, body: "", text: "redirects are not followed"},
		"not modified":      {status: 304},
		"permanent":         {status: 308, body: `{"id":"e"}`},
		"error with 200":    {status: 200, body: `{"error":{"code":"EndPoint.0002","message":"Parameter error."}}`, want: []error{vpcep.CodeParameterInvalid}, text: "200 EndPoint.0002: Parameter error."},
		"408":               {status: 408, want: []error{vpcep.ErrRequestTimeout}},
		"500":               {status: 500, body: `{"error":{"code":"EndPoint.0001","message":"System error. Please retry."}}`, want: []error{vpcep.ErrInternalServerError, vpcep.CodeSystemError}},
		"501":               {status: 501, want: []error{vpcep.ErrNotImplemented}},
		"502":               {status: 502, body: "<html>", want: []error{vpcep.ErrBadGateway}},
		"503":               {status: 503, want: []error{vpcep.ErrServiceUnavailable}},
		"504":               {status: 504, body: "upstream timed out", want: []error{vpcep.ErrGatewayTimeout}, text: "upstream timed out"},
		"599":               {status: 599},
		"reset":             {err: reset, want: []error{reset}, text: "connection reset by peer"},
		"unknown failure":   {err: io.ErrUnexpectedEOF, want: []error{io.ErrUnexpectedEOF}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			mock.RegisterResponder("POST", endpointsURL, func(*http.Request) (*http.Response, error) {
				if tt.err != nil {
					return nil, tt.err
				}
				resp := httpmock.NewStringResponse(tt.status, tt.body)
				resp.Header.Set("Location", "https://evil.example/")
				if tt.cut {
					resp.Body = faketransport.NewCutBody(tt.body)
				}
				return resp, nil
			})
			e, err := c.CreateEndpoint(t.Context(), minimal)
			assert.Nil(t, e)
			require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			for _, want := range tt.want {
				assert.ErrorIs(t, err, want)
			}
			var unknown *vpcep.OutcomeUnknownError
			require.ErrorAs(t, err, &unknown)
			assert.Equal(t, tt.id, unknown.EndpointID)
			var api *vpcep.APIError
			if assert.Equal(t, tt.err == nil, errors.As(err, &api)) && api != nil {
				assert.Equal(t, tt.status, api.StatusCode)
			}
			assert.Contains(t, err.Error(), tt.text)
			assert.NotContains(t, err.Error(), "\n")
			assert.Equal(t, 1, mock.GetTotalCallCount(), "a create that may have happened is not sent again")
		})
	}
}

func TestCreateEndpointRefused(t *testing.T) {
	sentinels := map[int]error{
		400: vpcep.ErrBadRequest, 401: vpcep.ErrUnauthorized, 403: vpcep.ErrForbidden, 404: vpcep.ErrNotFound,
		405: vpcep.ErrMethodNotAllowed, 406: vpcep.ErrNotAcceptable, 407: vpcep.ErrProxyAuthRequired, 409: vpcep.ErrConflict,
		410: nil, 418: nil, 499: nil,
	}
	for status, sentinel := range sentinels {
		for _, body := range []string{`{"error":{"code":"EndPoint.2041","message":"Invalid Port IP address."}}`, "", "<html>"} {
			c, mock := mocked(t)
			mock.RegisterResponder("POST", endpointsURL, func(*http.Request) (*http.Response, error) {
				resp := httpmock.NewStringResponse(status, body)
				resp.Body = faketransport.NewCutBody(body) // the status alone says it
				return resp, nil
			})
			_, err := c.CreateEndpoint(t.Context(), minimal)
			require.Error(t, err)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown, "%d", status)
			if sentinel != nil {
				assert.ErrorIs(t, err, sentinel)
			}
			for other, otherSentinel := range sentinels {
				if other != status && otherSentinel != nil {
					assert.NotErrorIs(t, err, otherSentinel)
				}
			}
			assert.Equal(t, body != "" && body[0] == '{', errors.Is(err, vpcep.CodePortIPInvalid))
		}
	}
}

func TestCreateEndpointThatWasNeverWritten(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	c, mock := mocked(t)
	mock.RegisterResponder("POST", endpointsURL, httpmock.NewErrorResponder(refused))
	_, err := c.CreateEndpoint(t.Context(), minimal)
	assert.ErrorIs(t, err, refused)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.CreateEndpoint(ctx, minimal)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
}

func TestCreateEndpointValidatesUnlessTold(t *testing.T) {
	c, mock := mocked(t)
	_, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{})
	assert.Equal(t, "endpoint_service_id vpc_id", fieldsOf(err))
	assert.Zero(t, mock.GetTotalCallCount())

	c, mock = mocked(t, vpcep.WithoutValidation())
	mock.RegisterResponder("POST", endpointsURL, func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		assert.Equal(t, `{}`, string(body))
		return httpmock.NewStringResponse(400, `{"error":{"code":"EndPoint.2002","message":"The request input parameter is empty."}}`), nil
	})
	_, err = c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{})
	assert.ErrorIs(t, err, vpcep.CodeParameterMissing)
}

func TestIDsCannotChangeThePath(t *testing.T) {
	for _, options := range [][]vpcep.Option{nil, {vpcep.WithoutValidation()}} {
		c, mock := mocked(t, options...)
		for _, id := range []string{"", ".", "..", "../x", "a/b", `a\b`, "a?b", "a#b", "a%2fb", "a b", "a\n", "ä", strings.Repeat("a", 65)} {
			_, err := c.GetEndpoint(t.Context(), id)
			assert.NotEmpty(t, fieldsOf(err), "%q", id)
			assert.NotEmpty(t, fieldsOf(c.DeleteEndpoint(t.Context(), id)), "%q", id)
		}
		assert.Zero(t, mock.GetTotalCallCount())
	}
}

func TestGetEndpoint(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", endpointsURL+"/e-1", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "tok", r.Header.Get("X-Auth-Token"))
		return httpmock.NewStringResponse(200, `{"id":"e-1","status":"accepted"}`), nil
	})
	e, err := c.GetEndpoint(t.Context(), "e-1")
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusAccepted, e.Status)
}

func TestNotFoundByMeaning(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		gone   bool
	}{
		"0005":                {404, `{"error":{"code":"EndPoint.0005","message":"m"}}`, true},
		"2006":                {404, `{"error":{"code":"Endpoint.2006","message":"m"}}`, true},
		"2007":                {404, `{"error_code":"ENDPOINT.2007","error_msg":"m"}`, true},
		"2008":                {404, `{"code":"EndPoint.2008","message":"m"}`, true},
		"gateway's wrong URL": {404, `{"error_msg":"The API does not exist","error_code":"APIGW.0101","request_id":"r"}`, false},
		"HTML":                {404, `<html>`, false},
		"nothing":             {404, ``, false},
		"subnet":              {404, `{"error":{"code":"EndPoint.4004","message":"m"}}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			mock.RegisterResponder("GET", endpointsURL+"/e-1", httpmock.NewStringResponder(tt.status, tt.body))
			mock.RegisterResponder("DELETE", endpointsURL+"/e-1", httpmock.NewStringResponder(tt.status, tt.body))
			_, err := c.GetEndpoint(t.Context(), "e-1")
			for _, err := range []error{err, c.DeleteEndpoint(t.Context(), "e-1")} {
				assert.ErrorIs(t, err, vpcep.ErrNotFound)
				assert.Equal(t, tt.gone, errors.Is(err, vpcep.ErrEndpointNotFound))
			}
		})
	}
}

func TestGetEndpointWithoutReadableAnswer(t *testing.T) {
	for _, body := range []string{"", "{}", "null", "<html>", `{"id":"e`} {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL+"/e-1", httpmock.NewStringResponder(200, body))
		_, err := c.GetEndpoint(t.Context(), "e-1")
		var api *vpcep.APIError
		require.ErrorAs(t, err, &api, "%q", body)
		assert.Equal(t, 200, api.StatusCode)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
	}
}

func TestDeleteEndpoint(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		ok     bool
	}{
		"204":                {204, "", true},
		"200":                {200, "", true},
		"200 with endpoint":  {200, `{"id":"e-1","status":"deleting","error":[]}`, true},
		"200 with object":    {200, `{}`, true},
		"200 with HTML":      {200, `<html>login</html>`, false},
		"200 with an error":  {200, `{"error_code":"EndPoint.0001","error_msg":"m"}`, false},
		"200 with an error2": {200, `{"error":{"code":"EndPoint.0001"}}`, false},
		"302":                {302, "", false},
		"400":                {400, `{"error":{"code":"EndPoint.2018","message":"The endpoint is being deleted."}}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			mock.RegisterResponder("DELETE", endpointsURL+"/e-1", httpmock.NewStringResponder(tt.status, tt.body))
			err := c.DeleteEndpoint(t.Context(), "e-1")
			if tt.ok {
				assert.NoError(t, err)
				return
			}
			var api *vpcep.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, tt.status, api.StatusCode)
		})
	}
}

// listServer answers lists from a number of endpoints, e-0, e-1, …
func listServer(total int, change func(body map[string]any)) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		var limit, offset int
		fmt.Sscan(r.URL.Query().Get("limit"), &limit)
		fmt.Sscan(r.URL.Query().Get("offset"), &offset)
		endpoints := []map[string]string{}
		for i := offset; i < min(offset+limit, total); i++ {
			endpoints = append(endpoints, map[string]string{"id": fmt.Sprintf("e-%d", i)})
		}
		body := map[string]any{"endpoints": endpoints, "total_count": total}
		if change != nil {
			change(body)
		}
		return httpmock.NewJsonResponse(200, body)
	}
}

func listed(c *vpcep.Client, ctx context.Context, filter vpcep.EndpointFilter) (ids []string, err error) {
	for e, err := range c.ListEndpoints(ctx, filter) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, e.ID)
	}
	return ids, nil
}

func TestListEndpointsAsksPageByPage(t *testing.T) {
	for _, tt := range []struct{ total, size, pages int }{
		{0, 10, 1}, {1, 10, 1}, {10, 10, 1}, {11, 10, 2}, {25, 10, 3}, {250, 0, 3},
	} {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, listServer(tt.total, nil))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: tt.size})
		require.NoError(t, err)
		assert.Len(t, ids, tt.total)
		assert.Equal(t, tt.pages, mock.GetTotalCallCount(), "%+v", tt)
	}
}

func TestListEndpointsWithoutTotal(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", endpointsURL, listServer(20, func(body map[string]any) { delete(body, "total_count") }))
	ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 10})
	require.NoError(t, err)
	assert.Len(t, ids, 20)
	assert.Equal(t, 4, mock.GetTotalCallCount(), "only an empty page tells that a full one was the last")
}

func TestListEndpointsSendsTheFilter(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "endpoint_service_name=a%26b&id=e-1&limit=7&offset=0&sort_dir=asc&sort_key=update_at&vpc_id=v", r.URL.RawQuery)
		return httpmock.NewStringResponse(200, `{"endpoints":null,"total_count":"0"}`), nil
	})
	ids, err := listed(c, t.Context(), vpcep.EndpointFilter{
		ID: "e-1", VPCID: "v", EndpointServiceName: "a&b", SortKey: "update_at", SortDir: "asc", PageSize: 7,
	})
	require.NoError(t, err)
	assert.Empty(t, ids)
}

func TestListEndpointsRefusesAWrongFilter(t *testing.T) {
	c, mock := mocked(t)
	_, err := listed(c, t.Context(), vpcep.EndpointFilter{SortKey: "created_at", SortDir: "up", PageSize: 1001, ID: strings.Repeat("x", 65)})
	assert.Equal(t, "id sort_key sort_dir limit", fieldsOf(err))
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestListEndpointsStopsWithTheCaller(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", endpointsURL, listServer(100, nil))
	for e, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 10}) {
		require.NoError(t, err)
		if e.ID == "e-4" { // from the middle on, the next page is on its way
			break
		}
	}
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

func TestListEndpointsOfAMisbehavingService(t *testing.T) {
	t.Run("the same page again and again", func(t *testing.T) {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, httpmock.NewStringResponder(200, `{"endpoints":[{"id":"a"},{"id":"b"}],"total_count":1000000}`))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 2})
		assert.Equal(t, []string{"a", "b"}, ids)
		assert.ErrorContains(t, err, "brought nothing new")
		assert.Less(t, mock.GetTotalCallCount(), 30, "a few repetitions can be chance")
	})
	t.Run("a total that is too small", func(t *testing.T) {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, listServer(25, func(body map[string]any) { body["total_count"] = 0 }))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 10})
		require.NoError(t, err)
		assert.Len(t, ids, 25)
	})
	t.Run("an endpoint created within the loop", func(t *testing.T) {
		c, mock := mocked(t)
		var total atomic.Int64
		total.Store(5)
		mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
			var offset int64
			fmt.Sscan(r.URL.Query().Get("offset"), &offset)
			now := total.Load()
			return httpmock.NewJsonResponse(200, map[string]any{"endpoints": []any{map[string]string{"id": fmt.Sprintf("e-%d", now-offset)}}, "total_count": now})
		})
		var ids []string
		for e, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 1}) {
			require.NoError(t, err)
			if ids = append(ids, e.ID); len(ids) == 2 {
				total.Add(1) // newest first: the rest moves
			}
		}
		assert.Equal(t, []string{"e-5", "e-4", "e-3", "e-2", "e-1"}, ids)
	})
	t.Run("smaller pages than requested", func(t *testing.T) {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
			query := r.URL.Query()
			query.Set("limit", "10")
			r.URL.RawQuery = query.Encode()
			return listServer(35, nil)(r)
		})
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 1000})
		require.NoError(t, err)
		assert.Len(t, ids, 35)
	})
	t.Run("an endpoint that moves to the next page", func(t *testing.T) {
		c, mock := mocked(t)
		mock.RegisterResponderWithQuery("GET", endpointsURL, "limit=2&offset=0", httpmock.NewStringResponder(200, `{"endpoints":[{"id":"c"},{"id":"b"}],"total_count":3}`))
		mock.RegisterResponderWithQuery("GET", endpointsURL, "limit=3&offset=1", httpmock.NewStringResponder(200, `{"endpoints":[{"id":"c"},{"id":"b"},{"id":"a"}],"total_count":4}`))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 2})
		require.NoError(t, err)
		assert.Equal(t, []string{"c", "b", "a"}, ids)
	})
	t.Run("elements that are not endpoints", func(t *testing.T) {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, httpmock.NewStringResponder(200, `{"endpoints":[7,{"id":"a"},null,{}],"total_count":4}`))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{})
		require.NoError(t, err)
		assert.Equal(t, []string{"a"}, ids)
	})
	for _, body := range []string{"", "{}", "null", "[]", "<html>", `{"endpoints":7}`, `{"total_count":0}`, `{"endpoints":null,"total_count":3}`, `{"endpoints":[{"id":"a"}`} {
		t.Run("no list: "+body, func(t *testing.T) {
			c, mock := mocked(t)
			mock.RegisterResponder("GET", endpointsURL, httpmock.NewStringResponder(200, body))
			ids, err := listed(c, t.Context(), vpcep.EndpointFilter{})
			assert.Error(t, err, "the absence of an endpoint is evidence")
			assert.Empty(t, ids)
		})
	}
}

func TestRawMessageThatIsNoJSONIsNotSent(t *testing.T) {
	c, mock := mocked(t, vpcep.WithoutValidation())
	_, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{PolicyDocument: json.RawMessage(`{`)})
	assert.ErrorContains(t, err, "POST /v1/p-1/vpc-endpoints: ")
	_, err = c.UpdatePolicy(t.Context(), "e-1", vpcep.Policy{Document: json.RawMessage(`{`)})
	assert.ErrorContains(t, err, "PUT /v1/p-1/vpc-endpoints/e-1/policy: ")
	assert.Zero(t, mock.GetTotalCallCount())
}
