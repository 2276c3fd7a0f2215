package vpcep_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// apiError returns the client's error for a response to a get.
func apiError(t *testing.T, status int, header http.Header, body string) *vpcep.APIError {
	t.Helper()
	c, mock := mocked(t, vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
	mock.RegisterResponder("GET", endpointsURL+"/e-1", func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(status, body)
		for name, values := range header {
			resp.Header[name] = values
		}
		return resp, nil
	})
	_, err := c.GetEndpoint(t.Context(), "e-1")
	var api *vpcep.APIError
	require.ErrorAs(t, err, &api)
	return api
}

func TestErrorBodies(t *testing.T) {
	tests := map[string]struct {
		body                     string
		code, message, requestID string
		encoded                  string
		details                  []vpcep.ErrorDetail
	}{
		"nested":               {body: `{"error":{"code":"EndPoint.0002","message":"Parameter error."}}`, code: "EndPoint.0002", message: "Parameter error."},
		"gateway":              {body: `{"error_code":"APIGW.0101","error_msg":"m","request_id":"r"}`, code: "APIGW.0101", message: "m", requestID: "r"},
		"plain":                {body: `{"code":"X.1","message":"m"}`, code: "X.1", message: "m"},
		"IAM":                  {body: `{"error":{"code":401,"message":"m","title":"Unauthorized"}}`, code: "401", message: "m"},
		"IAM, title alone":     {body: `{"error":{"code":401,"title":"Unauthorized"}}`, code: "401", message: "Unauthorized"},
		"both: the flat":       {body: `{"error":{"code":"X.2","message":"n"},"error_code":"X.1","error_msg":"m"}`, code: "X.1", message: "m"},
		"both, flat is null":   {body: `{"error":{"code":"X.2","message":"n"},"error_code":null,"error_msg":null}`, code: "X.2", message: "n"},
		"encoded":              {body: `{"error_code":"X","error_msg":"m","encoded_authorization_message":"abc"}`, code: "X", message: "m", encoded: "abc"},
		"encoded, nested":      {body: `{"error":{"code":"X","message":"m","encoded_authorization_message":"abc"}}`, code: "X", message: "m", encoded: "abc"},
		"encoded is null":      {body: `{"error_code":"X","error_msg":"m","encoded_authorization_message":null}`, code: "X", message: "m"},
		"details":              {body: `{"code":"C","message":"m","details":[{"code":"D","message":"d"},{"error_code":"E","error_msg":"e","encoded_authorization_message":"abc"},7]}`, code: "C", message: "m", details: []vpcep.ErrorDetail{{Code: "D", Message: "d"}, {Code: "E", Message: "e", EncodedAuthorizationMessage: "abc"}}},
		"numbers":              {body: `{"error_code":4,"error_msg":5}`, code: "4", message: "5"},
		"an array under error": {body: `{"error":[{"error_code":"X.1","error_message":"m"},{"error_code":"X.2","error_message":"n"}]}`, code: "X.1", message: "m"},
		"an empty array":       {body: `{"error":[],"error_msg":"m"}`, message: "m"},
		"breaks off":           {body: `{"error_code":"APIGW.0308","error_msg":"too many","request_`, code: "APIGW.0308", message: "too many"},
		"breaks off inside":    {body: `{"error":{"code":"EndPoint.0002","message":"Parameter error."`, code: "EndPoint.0002", message: "Parameter error."},
		"breaks off early":     {body: `{"error":{"code":"EndPoint.0002","mess`, code: "EndPoint.0002"},
		"error is a string":    {body: `{"error":"denied"}`, message: "denied"},
		"unknown members":      {body: `{"invalid_key":"invalid_value"}`},
		"HTML":                 {body: "<html><body><h1>504</h1></body></html>"},
		"text":                 {body: "upstream\r\n connect error", message: "upstream connect error"},
		"empty":                {},
		"null":                 {body: "null", message: "null"},
		"half":                 {body: `{"error":{"code":"X`},
		"message over lines":   {body: `{"code":"C","message":"a\nb\tc\u0000d\u001b[31m"}`, code: "C", message: "a\nb\tc\x00d\x1b[31m"},
		"message of any size":  {body: `{"code":"C","message":"` + strings.Repeat("m", 100_000) + `"}`, code: "C", message: strings.Repeat("m", 100_000)},
		"nested without end":   {body: strings.Repeat(`{"error":`, 9000) + `1` + strings.Repeat(`}`, 9000)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := apiError(t, 403, nil, tt.body)
			assert.Equal(t, tt.code, e.Code)
			assert.Equal(t, tt.message, e.Message)
			assert.Equal(t, tt.requestID, e.RequestID)
			assert.Equal(t, tt.encoded, e.EncodedAuthorizationMessage)
			assert.Equal(t, tt.details, e.Details)
			assert.Equal(t, tt.body[:min(len(tt.body), 64<<10)], string(e.Body))
			assert.ErrorIs(t, e, vpcep.ErrForbidden)

			text := e.Error()
			assert.True(t, strings.HasPrefix(text, "vpcep: GET /v1/p-1/vpc-endpoints/e-1: 403"), text)
			assert.Less(t, len(text), 1200)
			assert.NotContains(t, text, "<html")
			assert.False(t, strings.ContainsAny(text, "\n\r\t\x00\x1b"), "%q", text)
		})
	}
}

func TestErrorIsOneLineThatSaysIt(t *testing.T) {
	e := apiError(t, 400, http.Header{"X-Request-Id": {"req-9"}}, `{"error":{"code":"EndPoint.2001","message":"The VPC does not exist."},"request_id":"another"}`)
	assert.Equal(t, "vpcep: GET /v1/p-1/vpc-endpoints/e-1: 400 EndPoint.2001: The VPC does not exist. (request ID req-9)", e.Error())
	assert.Equal(t, e.Error(), fmt.Sprintf("%v", e))
	assert.Equal(t, e.Error(), fmt.Sprintf("%#v", e))
	data, err := json.Marshal(e)
	require.NoError(t, err)
	assert.NotContains(t, string(data), "Body")

	assert.Equal(t, "vpcep: GET /v1/p-1/vpc-endpoints/e-1: 504: Gateway Timeout", apiError(t, 504, nil, "<html>").Error())
	assert.Equal(t, "vpcep: GET /v1/p-1/vpc-endpoints/e-1: 599", apiError(t, 599, nil, "").Error())
}

func TestErrorsByMeaning(t *testing.T) {
	tests := []struct {
		status                 int
		code                   string
		throttled, quota, gone bool
	}{
		{429, "APIGW.0308", true, false, false},
		{429, "", true, false, false},
		{400, "EndPoint.0022", true, false, false},
		{400, "endpoint.0022", true, false, false},
		{403, "EndPoint.0022", false, false, false},
		{503, "EndPoint.0022", false, false, false},
		{400, "Endpoint.1018", false, true, false},
		{400, "EndPoint.1018", false, true, false},
		{404, "EndPoint.2006", false, false, true},
		{500, "EndPoint.2006", false, false, false},
		{404, "APIGW.0101", false, false, false},
		{404, "", false, false, false},
	}
	for _, tt := range tests {
		e := apiError(t, tt.status, nil, `{"error":{"code":"`+tt.code+`"}}`)
		assert.Equal(t, tt.throttled, errors.Is(e, vpcep.ErrThrottled), "%+v", tt)
		assert.Equal(t, tt.quota, errors.Is(e, vpcep.ErrQuotaExceeded), "%+v", tt)
		assert.Equal(t, tt.gone, errors.Is(e, vpcep.ErrEndpointNotFound), "%+v", tt)
	}
}

func TestRetryAfterOfAnError(t *testing.T) {
	e := apiError(t, 429, http.Header{"Retry-After": {"7"}}, "")
	assert.Equal(t, 7*time.Second, e.RetryAfter)
}

// Published error bodies, if the folder is present. bodies_test.go reads those of testdata.
func TestPublishedErrors(t *testing.T) {
	files, err := filepath.Glob("../shared/corpus/err_*")
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("no published bodies beside the project")
	}
	codes := map[string]string{
		"err_apig_decrypt_token_fail_401.json": "APIG.0301", "err_apigw_0101_404.json": "APIGW.0101",
		"err_apigw_0301_ak_not_exist_401.json": "APIGW.0301", "err_apigw_0308_throttled_429.json": "APIGW.0308",
		"err_iam_keystone_401_numeric_code.json": "401", "err_sdkgo_1_flat_encoded_auth.json": "XXX.0001",
		"err_sdkgo_2_nested_error.json": "XXX.0001", "err_sdkgo_3_both_shapes.json": "XXX.0001",
		"err_sdkgo_6_null_encoded.json": "XXX.0001", "err_sdkgo_7_details.json": "C.XXXX",
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		e := apiError(t, 403, nil, string(data))
		assert.Equal(t, codes[filepath.Base(file)], e.Code, file)
		assert.NotContains(t, e.Error(), "\n", file)
	}
}
