package exchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

type (
	body   = exchange.ErrorBody
	detail = exchange.ErrorDetail
)

func TestErrorBodies(t *testing.T) {
	for text, want := range map[string]body{
		``:          {},
		`null`:      {},
		`"text"`:    {},
		`[{"a":1}]`: {},
		`{}`:        {},

		`{"error_code":"C","error_msg":"m","request_id":"r","encoded_authorization_message":"e"}`: {Code: "C", Message: "m", RequestID: "r", Encoded: "e"},
		`{"code":"C","message":"m"}`:           {Code: "C", Message: "m"},
		`{"code":404,"title":"Not Found"}`:     {Code: "404", Message: "Not Found"},
		`{"error_message":"m"}`:                {Message: "m"},
		`{"error":{"code":"C","message":"m"}}`: {Code: "C", Message: "m"},
		`{"error":{"error_code":"C","error_msg":"m","request_id":"r","encoded_authorization_message":"e"}}`: {Code: "C", Message: "m", RequestID: "r", Encoded: "e"},
		`{"error":"m"}`: {Message: "m"},
		`{"error":[]}`:  {},
		`{"error":[{"code":"C1"},{"code":"C2"}]}`: {Code: "C1"},

		`{"code":"plain","error":{"code":"nested"},"error_code":"flat"}`:                {Code: "flat"},
		`{"code":"plain","error":{"code":"nested"}}`:                                    {Code: "nested"},
		`{"title":"other","message":"plain","error":"nested"}`:                          {Message: "nested"},
		`{"title":"other","message":"plain"}`:                                           {Message: "plain"},
		`{"request_id":"r1","error":{"request_id":"r2"}}`:                               {RequestID: "r1"},
		`{"error_code":"C","error_msg":"m`:                                              {Code: "C"},
		`{"details":[{"error_code":"C1","error_msg":"m1"},7,{"code":"C2"}]}`:            {Details: []detail{{Code: "C1", Message: "m1"}, {Code: "C2"}}},
		`{"details":"none"}`:                                                            {},
		`{"error":{"details":[{"code":"C1","encoded_authorization_message":"e"}]}}`:     {Details: []detail{{Code: "C1", Encoded: "e"}}},
		`{"details":[{"code":"C1"}],"error":{"details":[{"code":"C2"},{"code":"C3"}]}}`: {Details: []detail{{Code: "C1"}}},

		// As deep as an error in the error of an error, and no deeper.
		`{"error":{"error":{"code":"C"}}}`:                        {Code: "C"},
		`{"error":{"error":{"error":{"code":"C"}}}}`:              {},
		`{"error":[{"error":[{"code":"C"}]}]}`:                    {Code: "C"},
		`{"error":[{"error":[{"error":[{"code":"C"}]}]}]}`:        {},
		`{"details":[{"error":{"code":"C"}}]}`:                    {Details: []detail{{Code: "C"}}},
		`{"details":[{"error":{"error":{"code":"C"}}}]}`:          {Details: []detail{{}}},
		`{"error":{"error":{"details":[{"code":"C"}]}}}`:          {},
		`{"error":{"error":{"error":{"error":{"message":"m"}}}}}`: {},
	} {
		assert.Equal(t, want, exchange.ParseErrorBody(text), text)
	}
}

func TestErrorWithinAValue(t *testing.T) {
	parsed, ok := exchange.ReadError(wire.Of(`{"error_code":"C","error_msg":"m","details":[{"code":"D"}],"error":{"code":"E"}}`))
	assert.True(t, ok)
	assert.Equal(t, body{Code: "C", Message: "m"}, parsed)
	_, ok = exchange.ReadError(wire.Of(`"m"`))
	assert.False(t, ok)
}

func TestRequestID(t *testing.T) {
	for name, tt := range map[string]struct {
		status       int
		header, body string
		want         string
	}{
		"in the header":       {200, "h", "", "h"},
		"in both":             {400, "h", `{"request_id":"b"}`, "h"},
		"in the body":         {400, "", `{"request_id":"b"}`, "b"},
		"nowhere":             {400, "", `{}`, ""},
		"of something else":   {200, "", `{"request_id":"b"}`, ""},
		"there was no answer": {0, "", "", ""},
	} {
		answer := exchange.Answer{Response: transport.Response{StatusCode: tt.status, Body: tt.body, Header: map[string][]string{"X-Request-Id": {tt.header}}}}
		assert.Equal(t, tt.want, answer.RequestID(), name)
	}
}
