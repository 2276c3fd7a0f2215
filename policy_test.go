package vpcep_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestPolicies(t *testing.T) {
	allow := vpcep.PolicyStatement{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"*"}}
	c, mock := mocked(t)
	bodies := answering(mock, "PUT", endpointsURL+"/e-1/policy", 200, `{"id":"e-1","policy_statement":[{"Effect":"Allow","Action":"obs:*:*","Resource":"*"}]}`)
	e, err := c.UpdatePolicy(t.Context(), "e-1", vpcep.Policy{Statements: []vpcep.PolicyStatement{allow}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"policy_statement":[{"Effect":"Allow","Action":["obs:*:*"],"Resource":["*"]}]}`, (*bodies)[0])
	assert.Equal(t, []vpcep.PolicyStatement{allow}, e.PolicyStatement)
	_, err = c.UpdatePolicy(t.Context(), "e-1", vpcep.Policy{Document: json.RawMessage(`{"a": 1}`)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"policy_document":{"a":1}}`, (*bodies)[1])

	for _, wrong := range []vpcep.Policy{{}, {Statements: []vpcep.PolicyStatement{allow}, Document: json.RawMessage(`{}`)}, {Document: json.RawMessage(`{`)}, {Statements: []vpcep.PolicyStatement{{}}}} {
		_, err = c.UpdatePolicy(t.Context(), "e-1", wrong)
		assert.NotEmpty(t, fieldsOf(err))
	}

	answering(mock, "DELETE", endpointsURL+"/e-1/policy", 200, `{"id":"e-1"}`)
	e, err = c.DeletePolicy(t.Context(), "e-1")
	require.NoError(t, err)
	assert.Empty(t, e.PolicyStatement)
	answering(mock, "DELETE", endpointsURL+"/e-1/policy", 400, `{"error":{"code":"EndPoint.2049","message":"m"}}`)
	_, err = c.DeletePolicy(t.Context(), "e-1")
	assert.ErrorIs(t, err, vpcep.CodePolicyNotAssociated)
}

// Deleting a policy succeeds if it was deleted and the response was lost.
func TestDeletePolicyWhoseAnswerWasLost(t *testing.T) {
	server := newServer(vpceptest.WithService(vpceptest.Service{ID: "gw", Type: vpceptest.TypeGateway}), vpceptest.WithCreateDelay(0),
		vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpDeletePolicy, AfterEffect: true, Drop: true}))
	defer server.Close()
	client := server.Client(vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "gw", VPCID: "v", PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}},
	})
	require.NoError(t, err)
	e, err = client.DeletePolicy(t.Context(), e.ID)
	require.NoError(t, err)
	assert.True(t, vpcep.HasPolicy(vpcep.Policy{})(e))
	_, err = client.DeletePolicy(t.Context(), e.ID)
	assert.ErrorIs(t, err, vpcep.CodePolicyNotAssociated)
}

// The cloud returns a policy in its own form.
func TestHasPolicyByItsMeaning(t *testing.T) {
	t.Parallel()
	statements := vpcep.Policy{Statements: []vpcep.PolicyStatement{
		{Effect: "Allow", Action: []string{"a", "b"}, Resource: []string{"*"}}, {Effect: "Deny", Action: []string{"c"}, Resource: []string{"*"}},
	}}
	document := vpcep.Policy{Document: json.RawMessage(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":["r"]}]}`)}
	for name, tt := range map[string]struct {
		policy   vpcep.Policy
		endpoint string
		want     bool
	}{
		"in another form":         {statements, `{"policy_statement":[{"Sid":"1","Effect":"Deny","Action":"c","Resource":"*","Condition":{}},{"Effect":"Allow","Action":["b","a"],"Resource":["*"]}]}`, true},
		"in strings":              {statements, `{"policy_statement":["{\"Effect\":\"Deny\",\"Action\":\"c\",\"Resource\":\"*\"}","{\"Effect\":\"Allow\",\"Action\":[\"b\",\"a\"],\"Resource\":[\"*\"]}"]}`, true},
		"of which one is missing": {statements, `{"policy_statement":[{"Effect":"Deny","Action":"c","Resource":"*"}]}`, false},
		"beside a document":       {statements, `{"policy_statement":[{"Effect":"Deny","Action":"c","Resource":"*"},{"Effect":"Allow","Action":["a","b"],"Resource":"*"}],"policy_document":{"a":1}}`, true},
		"none yet":                {statements, `{}`, false},
		"document":                {document, `{"policy_document":"{\"Version\":\"5.0\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"*\"],\"Resource\":\"r\"}}"}`, true},
		"another document":        {document, `{"policy_document":{"Statement":[{"Effect":"Deny","Action":"*","Resource":["r"]}]}}`, false},
		"no document yet":         {document, `{}`, false},
		"none":                    {vpcep.Policy{}, `{"policy_statement":[]}`, true},
		"not none":                {vpcep.Policy{}, `{"policy_document":{"a":1}}`, false},
		"a gateway's default":     {vpcep.Policy{}, `{"policy_statement":[{"Effect":"Allow","Action":"*","Resource":["*","*/*"]}]}`, true},
		"the default, shorter":    {vpcep.Policy{}, `{"policy_statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}`, true},
		"an interface's default":  {vpcep.Policy{}, `{"policy_document":{"Version":"5.0","Statement":[{"Effect":"Allow","Principal":"*","Action":["*"],"Resource":["*"]}]}}`, true},
		"more than the default":   {vpcep.Policy{}, `{"policy_statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"a","Resource":"*"}]}`, false},
		"less than the default":   {vpcep.Policy{}, `{"policy_statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"a":{"b":"c"}}}]}`, false},
		"a default and one more":  {vpcep.Policy{}, `{"policy_document":{"a":1},"policy_statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var e vpcep.Endpoint
			require.NoError(t, json.Unmarshal([]byte(tt.endpoint), &e))
			assert.Equal(t, tt.want, vpcep.HasPolicy(tt.policy)(&e))
		})
	}
}
