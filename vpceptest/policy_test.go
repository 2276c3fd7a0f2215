package vpceptest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

const (
	statements = `{"policy_statement":[{"Effect":"Allow","Action":["obs:*:*"],"Resource":["obs:*:*:*:*"]}]}`
	document   = `{"policy_document":{"Version":"5.0"}}`
)

func (f fixture) updatePolicy(t *testing.T, id, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPut, f.endpoints()+"/"+id+"/policy", body)
}

func (f fixture) deletePolicy(t *testing.T, id string) reply {
	t.Helper()
	return f.do(t, http.MethodDelete, f.endpoints()+"/"+id+"/policy", "")
}

func TestPolicyOfAGateway(t *testing.T) {
	f := startGateway(t)
	id := f.mustCreate(t, minimal)
	wantError(t, f.deletePolicy(t, id), http.StatusBadRequest, "EndPoint.2049")

	r := f.updatePolicy(t, id, statements)
	require.Equal(t, http.StatusOK, r.status, r.raw)
	assert.Equal(t, id, r.id())
	want := decode(t, []byte(statements))["policy_statement"]
	assert.Equal(t, want, r.body["policy_statement"])
	assert.Equal(t, want, f.get(t, id).body["policy_statement"])

	r = f.deletePolicy(t, id)
	require.Equal(t, http.StatusOK, r.status, r.raw)
	assert.Equal(t, id, r.id())
	assert.NotContains(t, r.body, "policy_statement")
	assert.NotContains(t, f.get(t, id).body, "policy_statement")
	wantError(t, f.deletePolicy(t, id), http.StatusBadRequest, "EndPoint.2049")

	assert.Equal(t, vpceptest.OpDeletePolicy, f.Requests()[1].Operation)
	assert.Equal(t, vpceptest.OpUpdatePolicy, f.Requests()[2].Operation)
}

func TestPolicyOfAnInterface(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	id := f.mustCreate(t, with(`"policy_document":{"Version":"1"}`))
	wantError(t, f.updatePolicy(t, id, statements), http.StatusBadRequest, "EndPoint.2048")
	assert.Contains(t, f.updatePolicy(t, id, document).raw, `"policy_document":{"Version":"5.0"}`)
	assert.Contains(t, f.get(t, id).raw, `"policy_document":{"Version":"5.0"}`)
	assert.NotContains(t, f.deletePolicy(t, id).body, "policy_document")
}

func TestAPolicyReplacesAllOfTheOther(t *testing.T) {
	f := startGateway(t)
	id := f.mustCreate(t, with(`"policy_document":{"Version":"1"}`))
	r := f.updatePolicy(t, id, statements)
	assert.Contains(t, r.body, "policy_statement")
	assert.NotContains(t, r.body, "policy_document")
}

func TestBadPolicyUpdates(t *testing.T) {
	tests := []struct{ name, body, code string }{
		{"empty body", "", "EndPoint.2002"},
		{"nothing in it", "{}", "EndPoint.2002"},
		{"null", `{"policy_statement":null}`, "EndPoint.2002"},
		{"unknown field", `{"policy":{}}`, "EndPoint.0002"},
		{"both", `{"policy_document":{},` + statements[1:], "EndPoint.2048"},
		{"no statements", `{"policy_statement":[]}`, "EndPoint.2048"},
		{"an object", `{"policy_statement":{}}`, "EndPoint.2048"},
		{"no Effect", `{"policy_statement":[{"Action":"a","Resource":"b"}]}`, "EndPoint.2048"},
		{"document a list", `{"policy_document":[]}`, "EndPoint.2048"},
	}
	f := startGateway(t)
	id := f.mustCreate(t, minimal)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, f.updatePolicy(t, id, tt.body), http.StatusBadRequest, tt.code)
		})
	}
	assert.Nil(t, f.Endpoints()[0].PolicyStatement)
}
