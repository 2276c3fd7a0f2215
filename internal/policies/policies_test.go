package policies_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/policies"
)

const allow = `{"Effect":"Allow","Action":["obs:*:*"],"Resource":["obs:*:*:*:*/*"]}`

func TestSame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ a, b string }{
		"itself":                      {allow, allow},
		"members in another order":    {`{"Statement":[` + allow + `],"Version":"1.1"}`, `{"Version":"1.1","Statement":[` + allow + `]}`},
		"statements in another order": {`[` + allow + `,{"Effect":"Deny","Action":["a"],"Resource":["b"]}]`, `[{"Effect":"Deny","Action":["a"],"Resource":["b"]},` + allow + `]`},
		"a repeated statement":        {`[` + allow + `,` + allow + `]`, `[` + allow + `]`},
		"a single statement":          {`{"Statement":` + allow + `}`, `{"Statement":[` + allow + `]}`},
		"actions in another order":    {`[{"Effect":"Allow","Action":["a","b"],"Resource":"*"}]`, `[{"Effect":"Allow","Action":["b","a","b"],"Resource":"*"}]`},
		"one for a list of one":       {`[{"Effect":"Allow","Action":"*","Resource":["*"]}]`, `[{"Effect":"Allow","Action":["*"],"Resource":"*"}]`},
		"an added Sid":                {`[` + allow + `]`, `[` + strings.Replace(allow, "{", `{"Sid":"1",`, 1) + `]`},
		"another Sid":                 {`[{"Sid":"a","Effect":"Allow"}]`, `[{"Sid":"b","Effect":"Allow"}]`},
		"an added Id":                 {`{"Statement":[` + allow + `]}`, `{"Id":"x","Statement":[` + allow + `]}`},
		"an added version":            {`{"Statement":[` + allow + `]}`, `{"Version":"5.0","Statement":[` + allow + `]}`},
		"an empty condition":          {`[` + allow + `]`, `[` + strings.Replace(allow, "{", `{"Condition":{},`, 1) + `]`},
		"a null condition":            {`[` + allow + `]`, `[` + strings.Replace(allow, "{", `{"Condition":null,`, 1) + `]`},
		"a condition without keys":    {`[` + allow + `]`, `[` + strings.Replace(allow, "{", `{"Condition":{"StringEquals":{}},`, 1) + `]`},
		"values of a condition":       {`[{"Condition":{"Bool":{"tls":true},"NumericEquals":{"n":5}}}]`, `[{"Condition":{"NumericEquals":{"n":["5"]},"Bool":{"tls":"true"}}}]`},
		"values in another order":     {`[{"Condition":{"StringEquals":{"v":["a","b"]}}}]`, `[{"Condition":{"StringEquals":{"v":["b","a"]}}}]`},
		"principals":                  {`[{"Principal":"*"}]`, `[{"Principal":["*"]}]`},
		"principals by kind":          {`[{"Principal":{"IAM":"a"}}]`, `[{"Principal":{"IAM":["a"]}}]`},
		"an effect in small letters":  {`[{"Effect":"allow"}]`, `[{"Effect":"Allow"}]`},
		"an empty list":               {`[{"Effect":"Allow","Resource":[]}]`, `[{"Effect":"Allow"}]`},
		"a document in a string":      {`"{\"Statement\":[]}"`, `{"Statement":[]}`},
		"white space":                 {"[ " + allow + " ]\n", `[` + allow + `]`},
		"no statements":               {`[]`, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.True(t, policies.Same([]byte(tt.a), []byte(tt.b)))
			assert.True(t, policies.Same([]byte(tt.b), []byte(tt.a)))
		})
	}
}

func TestNotSame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ a, b string }{
		"another effect":              {`[{"Effect":"Allow","Action":["a"]}]`, `[{"Effect":"Deny","Action":["a"]}]`},
		"another action":              {`[{"Action":["a"]}]`, `[{"Action":["b"]}]`},
		"one action more":             {`[{"Action":["a"]}]`, `[{"Action":["a","b"]}]`},
		"actions and their opposite":  {`[{"Action":["a"]}]`, `[{"NotAction":["a"]}]`},
		"one statement more":          {`[{"Action":["a"]}]`, `[{"Action":["a"]},{"Action":["b"]}]`},
		"a condition":                 {`[{"Action":["a"]}]`, `[{"Action":["a"],"Condition":{"Bool":{"tls":true}}}]`},
		"a condition on nothing":      {`[{"Action":["a"]}]`, `[{"Action":["a"],"Condition":{"StringEquals":{"v":[]}}}]`},
		"another operator":            {`[{"Condition":{"StringEquals":{"v":"a"}}}]`, `[{"Condition":{"StringLike":{"v":"a"}}}]`},
		"another value":               {`[{"Condition":{"StringEquals":{"v":"a"}}}]`, `[{"Condition":{"StringEquals":{"v":"b"}}}]`},
		"a large number":              {`[{"Condition":{"NumericEquals":{"n":9007199254740993}}}]`, `[{"Condition":{"NumericEquals":{"n":9007199254740992}}}]`},
		"another version":             {`{"Version":"1.1","Statement":[]}`, `{"Version":"5.0","Statement":[]}`},
		"an unknown member":           {`[{"Action":["a"]}]`, `[{"Action":["a"],"MaxAge":5}]`},
		"another principal":           {`[{"Principal":{"IAM":"a"}}]`, `[{"Principal":{"Service":"a"}}]`},
		"another case of an action":   {`[{"Action":["A"]}]`, `[{"Action":["a"]}]`},
		"none and one that is a text": {`[]`, `["a"]`},
		"no JSON":                     {`[`, `[`},
		"two values":                  {`[] []`, `[]`},
		"nothing":                     {``, `[]`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.False(t, policies.Same([]byte(tt.a), []byte(tt.b)))
			assert.False(t, policies.Same([]byte(tt.b), []byte(tt.a)))
		})
	}
}

// Any text is compared without a panic, and valid JSON is the same as itself.
func FuzzSame(f *testing.F) {
	f.Add(`[`+allow+`]`, `{"Statement":[{"Condition":{"a":{"b":[1]}},"Principal":{"IAM":null}}]}`)
	f.Add(`"\"[]\""`, `[[{"Action":{}}]]`)
	f.Fuzz(func(t *testing.T, a, b string) {
		assert.Equal(t, policies.Same([]byte(a), []byte(b)), policies.Same([]byte(b), []byte(a)))
		if policies.Same([]byte(a), []byte(b)) {
			assert.True(t, policies.Same([]byte(a), []byte(a)))
		}
	})
}
