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
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// endpointSeeds are responses with every observed deviation in type, and similar ones.
var endpointSeeds = []string{
	`{"id":"e-1","service_type":"interface","status":"accepted","active_status":["active"],"endpoint_service_name":"cn-north-4.dns.9e2b",
		"marker_id":322312312312,"endpoint_service_id":"s-1","enable_dns":true,"dns_names":["e-1.cn-north-4"],"ip":"192.168.0.232",
		"vpc_id":"v-1","subnet_id":"n-1","project_id":"p-1","created_at":"2022-04-28T02:44:50Z","updated_at":"2018-01-30T07:42:01.174",
		"tags":[{"key":"a","value":"b"},{"key":"vpcep-idempotency-key","value":"k~abc234"}],"whitelist":["10.0.0.0/8"],"enable_whitelist":false,
		"specification_name":"default","enable_status":"enable","description":"<&>","endpoint_pool_id":"p","public_border_group":"g"}`,
	`{"id":"e-1","service_type":"gataway","routetables":["rt"],"policy_statement":[{"Effect":"Allow","Action":"obs:*:*","Resource":["*"],"Condition":{"a":[1]},"New":1}]}`,
	`{"enable_dns":"true","enable_whitelist":"false","active_status":"active","dns_name":"x","update_at":"2018-01-30T07:42:01.174"}`,
	`{"enable_dns":1,"marker_id":"422321321312321321","created_at":"","updated_at":"soon","dns_names":"x","active_status":[" frozen\n"]}`,
	`{"error":{"error_code":"EndPoint.0003","error_message":"m"}}`,
	`{"error":[{"error_code":"a","error_message":"b"},{"code":"c","message":"d"},"e",7,null]}`,
	`{"policy_statement":["{\"Effect\":\"Deny\"}","text",{"Action":{"a":1}}],"policy_document":"{\"Version\":\"5.0\"}"}`,
	`{"policy_document":{"Statement":[{"Effect":"Allow"}]},"unknown":{"a":[1, 2]},"jobId":null}`,
	`{"id":null,"tags":null,"whitelist":null,"error":null,"policy_document":null,"created_at":null,"marker_id":null}`,
	`{"id":"a","id":"b","status":{},"status":"accepted","marker_id":1.5,"marker_id":1e3}`,
	`{"id":{},"tags":{"key":"a"},"whitelist":7,"enable_dns":[],"marker_id":9223372036854775808,"ip":["10.0.0.1"],"dns_names":{},"dns_name":"x"}`,
	`{"created_at":"9999-12-31T23:59:59-23:59","updated_at":"0000-01-01T00:00:00+23:59"}`,
	"\xef\xbb\xbf {\"id\":\"\xff\\ud800\"}\n",
	`{}`, `null`, `[]`, `"id"`, `7`, ``, `<html>`, `{"id":"e-1"`, `{"id":"e-1"}{"id":"e-2"}`,
}

// errorSeeds are the formats of errors from the service and from proxies in front of it.
var errorSeeds = []string{
	`{"error":{"code":"EndPoint.0002","message":"Parameter error."}}`,
	`{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`,
	`{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information","request_id":"r-1"}`,
	`{"error_code":"PEP4.0003","error_msg":"no","encoded_authorization_message":"XQAA"}`,
	`{"code":"EndPoint.0022","message":"Too many\r\n\u001b[31mrequests"}`,
	`{"error_code":"APIGW.0101","error_msg":"m","error":{"code":"EndPoint.2006","message":"n"}}`,
	`{"error":{"code":"a","details":[{"error_code":"b","error_msg":"c"},{"code":"d","message":"e"},7]},"details":{}}`,
	`{"error":"text"}`, `{"error":["a"]}`, `{"message":{},"code":[],"request_id":7}`, `{"error":{"error":{"error":{"error":{}}}}}`,
	"upstream timed out\r\nX-Evil: 1\x00\x1b]0;title\x07\xff\x9b31m\u0085\u2028\u202e", `<html><body>502</body></html>`, `<?xml version="1.0"?>`,
	`{}`, `null`, `[]`, ``, ` `, `{"error":`, `{"id":"e-1"}`, `"text"`, "\xef\xbb\xbf{}", strings.Repeat("x", 10000),
}

// addSeeds adds the given seeds, and the collected bodies if they are present.
func addSeeds(f *testing.F, seeds []string, add func(body []byte)) {
	f.Helper()
	for _, seed := range seeds {
		add([]byte(seed))
	}
	files, err := filepath.Glob(filepath.Join("..", "shared", "corpus", "*"))
	require.NoError(f, err)
	for _, file := range files {
		body, err := os.ReadFile(file)
		require.NoError(f, err)
		add(body)
	}
}

func FuzzEndpointDecode(f *testing.F) {
	addSeeds(f, endpointSeeds, func(body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		var read vpcep.Endpoint
		if read.UnmarshalJSON(body) != nil {
			return
		}
		written, err := json.Marshal(read)
		require.NoError(t, err)
		if most := 16*len(body) + 4096; len(written) > most {
			t.Errorf("%d bytes became %d", len(body), len(written))
		}
		var again vpcep.Endpoint
		require.NoError(t, again.UnmarshalJSON(written))
		require.Equal(t, canonical(t, read), canonical(t, again))
	})
}

// canonical normalizes what was kept as raw JSON, because only its value counts.
func canonical(t *testing.T, e vpcep.Endpoint) vpcep.Endpoint {
	t.Helper()
	raw := func(v json.RawMessage) json.RawMessage {
		if v == nil {
			return nil
		}
		text, err := json.Marshal(v)
		require.NoError(t, err)
		return text
	}
	members := func(m map[string]json.RawMessage) {
		for name, v := range m {
			m[name] = raw(v)
		}
	}
	e.PolicyDocument = raw(e.PolicyDocument)
	members(e.Extra)
	for i := range e.PolicyStatement {
		s := &e.PolicyStatement[i]
		s.Condition, s.Raw = raw(s.Condition), raw(s.Raw)
		members(s.Extra)
	}
	return e
}

func FuzzErrorDecode(f *testing.F) {
	codes := []int{400, 401, 403, 404, 429, 500, 502, 200, 204, 302, 999}
	n := 0
	addSeeds(f, errorSeeds, func(body []byte) {
		f.Add(codes[n%len(codes)], "req-1", body)
		n++
	})
	f.Fuzz(func(t *testing.T, code int, requestID string, body []byte) {
		code = 200 + int(uint(code)%800)
		c, _ := scripted(t, []vpcep.Option{vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1})},
			status(code, string(body), "X-Request-Id", requestID))
		e, err := c.GetEndpoint(t.Context(), "e-1")
		if err == nil {
			if code >= 300 || e.ID == "" {
				t.Errorf("%d is a success: %+v", code, e)
			}
			return
		}
		var api *vpcep.APIError
		require.ErrorAs(t, err, &api)
		if api.StatusCode != code || e != nil {
			t.Errorf("%d became %d, %+v", code, api.StatusCode, e)
		}
		if len(api.Body) > 64<<10 {
			t.Errorf("a body of %d bytes is kept", len(api.Body))
		}
		requireOneLine(t, err.Error())
		requireOneLine(t, fmt.Sprintf("%v %+v %#v", api, api, api))
		unknown := vpcep.OutcomeUnknownError{EndpointID: string(body), Err: err}
		requireOneLine(t, unknown.Error())
		if errors.Is(err, vpcep.ErrEndpointNotFound) && code/100 != 4 {
			t.Errorf("%d means gone", code)
		}
		if errors.Is(err, vpcep.ErrThrottled) && code != http.StatusTooManyRequests && code != http.StatusBadRequest {
			t.Errorf("%d means throttled", code)
		}
	})
}

// requireOneLine requires a text that a log or a terminal can show.
func requireOneLine(t *testing.T, text string) {
	t.Helper()
	const most = 3 * 4 * 500 // three parts from outside, each of at most 500 characters, and some of its own
	if !utf8.ValidString(text) || len(text) > 3*most {
		t.Errorf("%d bytes: %.1000q", len(text), text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			t.Errorf("%q in %.1000q", r, text)
		}
	}
}
