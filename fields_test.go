package vpcep

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// encoding/json writes tags and quotas by their struct tags, which the tables must match.
func TestTablesAndStructTagsAgree(t *testing.T) {
	tag, quota := Tag{Key: "k", Value: "v"}, Quota{Type: "t", Used: 1, Allowed: 2}
	own, err := tagFields.Marshal(&tag)
	require.NoError(t, err)
	plain, err := json.Marshal(tag)
	require.NoError(t, err)
	assert.Equal(t, string(plain), string(own))

	own, err = quotaFields.Marshal(&quota)
	require.NoError(t, err)
	plain, err = json.Marshal(quota)
	require.NoError(t, err)
	assert.Equal(t, string(plain), string(own))
	var read Quota
	_, err = quotaFields.Read(wire.Of(plain), &read)
	require.NoError(t, err)
	assert.Equal(t, quota, read)
}

// A reason is read in every format, including the one in which it is written.
func TestResourceErrorIsReadAsItIsWritten(t *testing.T) {
	for _, reasons := range [][]ResourceError{{{"E", "M"}}, {{"E", "M"}, {"F", "N"}}, {{"E", ""}}, {{"", "M"}}} {
		text, err := Endpoint{ID: "e", Errors: reasons}.MarshalJSON()
		require.NoError(t, err)
		read, err := endpointResource.decode(t.Context(), string(text))
		require.NoError(t, err)
		assert.Equal(t, reasons, read.Errors)
	}
}

func TestCloneOfAnEndpointSharesNothing(t *testing.T) {
	fresh := func() *Endpoint {
		return &Endpoint{
			ID: "e", ActiveStatus: []ActiveStatus{"a"}, DNSNames: []string{"a"}, Tags: []Tag{{"a", "a"}}, Whitelist: []string{"a"},
			RouteTables: []string{"a"}, PolicyDocument: json.RawMessage("a"), Errors: []ResourceError{{"a", "a"}},
			Extra: map[string]json.RawMessage{"a": json.RawMessage("a")}, IdempotencyKey: "k",
			PolicyStatement: []PolicyStatement{{
				Action: []string{"a"}, Resource: []string{"a"}, Condition: json.RawMessage("a"), Raw: json.RawMessage("a"),
				Extra: map[string]json.RawMessage{"a": json.RawMessage("a")},
			}},
		}
	}
	e := fresh()
	c := endpointResource.clone(e)
	assert.Equal(t, e, c)
	s := c.PolicyStatement[0]
	c.ActiveStatus[0], c.Tags[0].Key, c.Errors[0].Code = "x", "x", "x"
	for _, list := range [][]string{c.DNSNames, c.Whitelist, c.RouteTables, s.Action, s.Resource} {
		list[0] = "x"
	}
	for _, raw := range []json.RawMessage{c.PolicyDocument, s.Condition, s.Raw, c.Extra["a"], s.Extra["a"]} {
		raw[0] = 'x'
	}
	c.Extra["b"], s.Extra["b"] = nil, nil
	assert.Equal(t, fresh(), e)
	assert.Nil(t, endpointResource.clone(nil))
}

// Every service says whether it costs money.
func TestServiceIsWrittenWithItsCharge(t *testing.T) {
	text, err := EndpointService{ID: "s"}.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"s","is_charge":false}`, string(text))
}
