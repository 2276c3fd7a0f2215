package vpcep_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

func TestRawRequest(t *testing.T) {
	var sent *http.Request
	c, s := scripted(t, nil, func(r *http.Request) (*http.Response, error) {
		sent = r
		return status(201, `{"a":1}`, "X-Request-Id", "r-1")(r)
	})
	var meta vpcep.ResponseMeta
	body, err := c.Do(t.Context(), vpcep.RawRequest{
		Method: "POST", Path: "/v2/{project_id}/things", Query: url.Values{"q": {"a b"}}, Body: map[string]int{"x": 1},
	}, vpcep.WithResponse(&meta))
	require.NoError(t, err)
	assert.JSONEq(t, `{"a":1}`, string(body))
	assert.Equal(t, "/v2/p-1/things?q=a+b", sent.URL.RequestURI())
	assert.JSONEq(t, `{"x":1}`, s.Sent()[0].Body)
	assert.NotEmpty(t, sent.Header.Get("X-Auth-Token"))
	assert.Equal(t, 201, meta.StatusCode)
	assert.Equal(t, "r-1", meta.RequestID)
}

func TestRawRequestIsRepeatedOnlyWhereThatIsSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		req   vpcep.RawRequest
		again bool
	}{
		"get":             {vpcep.RawRequest{Method: "GET", Path: "/v1"}, true},
		"post":            {vpcep.RawRequest{Method: "POST", Path: "/v1"}, false},
		"put":             {vpcep.RawRequest{Method: "PUT", Path: "/v1"}, false},
		"repeatable post": {vpcep.RawRequest{Method: "POST", Path: "/v1", Repeatable: true}, true},
	} {
		bubble(t, name, func(t *testing.T) {
			c, s := scripted(t, nil, status(503, ""), status(200, ""))
			body, err := c.Do(t.Context(), tt.req)
			if tt.again {
				assert.NoError(t, err)
				assert.Empty(t, body)
				assert.Equal(t, 2, s.Calls())
				return
			}
			assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			assert.ErrorContains(t, err, "the request may have been carried out")
			assert.NotContains(t, err.Error(), "endpoint may exist")
			assert.Equal(t, 1, s.Calls())
		})
	}
	c, _ := scripted(t, nil, status(403, `{"error_code":"APIGW.0302"}`))
	_, err := c.Do(t.Context(), vpcep.RawRequest{Method: "POST", Path: "/v1"})
	assert.ErrorIs(t, err, vpcep.ErrForbidden)
}

func TestRawRequestThatIsWrongIsNotSent(t *testing.T) {
	c, s := scripted(t, nil, status(200, ""))
	for want, req := range map[string]vpcep.RawRequest{
		"Method": {Method: "CONNECT", Path: "/v1"},
		"Path":   {Method: "GET", Path: "/v1/../other"},
	} {
		_, err := c.Do(t.Context(), req)
		assert.Equal(t, want, fieldsOf(err))
	}
	for _, path := range []string{"/v1/{id}", "/v1/{project_id", "/{", "", "v1", "/", "//x", "/a?b", "/a#b", "/a%2fb", "/a b", "https://evil.example/"} {
		_, err := c.Do(t.Context(), vpcep.RawRequest{Method: "GET", Path: path})
		assert.Error(t, err, path)
	}
	_, err := (*vpcep.Client)(nil).Do(t.Context(), vpcep.RawRequest{Method: "GET", Path: "/v1"})
	assert.Error(t, err)
	assert.Zero(t, s.Calls())
}

func TestSettingsOfOneCall(t *testing.T) {
	bubble(t, "a time-out for the whole call", func(t *testing.T) {
		c, s := scripted(t, nil, status(503, "", "Retry-After", "5"))
		err := get.do(t.Context(), c, vpcep.WithCallTimeout(12e9))
		assert.ErrorIs(t, err, vpcep.ErrServiceUnavailable)
		assert.ErrorContains(t, err, "deadline")
		assert.Equal(t, 3, s.Calls())
	})
	bubble(t, "a retry policy", func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""))
		assert.Error(t, get.do(t.Context(), c, vpcep.WithCallRetry(vpcep.RetryPolicy{MaxAttempts: 2})))
		assert.Equal(t, 2, s.Calls())
		assert.Error(t, get.do(t.Context(), c))
		assert.Equal(t, 2+4, s.Calls(), "the client's own is as it was")
	})
	t.Run("a header", func(t *testing.T) {
		var sent http.Header
		c, _ := scripted(t, nil, func(r *http.Request) (*http.Response, error) {
			sent = r.Header
			return get.ok(r)
		})
		require.NoError(t, get.do(t.Context(), c, vpcep.WithCallHeader("x-trace", "1"), vpcep.WithCallHeader("X-Other", "2"), nil))
		assert.Equal(t, "1", sent.Get("X-Trace"))
		assert.Equal(t, "2", sent.Get("X-Other"))
		require.NoError(t, get.do(t.Context(), c))
		assert.Empty(t, sent.Get("X-Trace"))
	})
	t.Run("wrong ones", func(t *testing.T) {
		c, s := scripted(t, nil, get.ok)
		for _, opt := range []vpcep.CallOption{
			vpcep.WithCallTimeout(-1), vpcep.WithCallTimeout(60), vpcep.WithCallRetry(vpcep.RetryPolicy{MaxAttempts: -1}),
			vpcep.WithCallHeader("X-Auth-Token", "x"), vpcep.WithCallHeader("authorization", "x"), vpcep.WithCallHeader("", "x"),
			vpcep.WithCallHeader("X Y", "x"), vpcep.WithCallHeader("X-Y", "a\r\nb"),
			vpcep.WithCallHeader("Accept-Encoding", "br"), // a response in it could not be read
		} {
			var invalid *vpcep.ValidationError
			assert.True(t, errors.As(get.do(t.Context(), c, opt), &invalid))
		}
		assert.Zero(t, s.Calls())
	})
}
