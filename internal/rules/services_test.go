package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/rules"
)

func TestRulesOfServices(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"name":             {rules.Name("azAZ09-_", 8), ""},
		"name, empty":      {rules.Name("", 8), ""},
		"name, too long":   {rules.Name("azAZ09-_a", 8), "has 9 characters, at most 8 are allowed"},
		"name, below a":    {rules.Name("`", 8), "must not contain '`', only A-Z a-z 0-9 and -_"},
		"name, above z":    {rules.Name("{", 8), "must not contain '{', only A-Z a-z 0-9 and -_"},
		"name, below A":    {rules.Name("@", 8), "must not contain '@', only A-Z a-z 0-9 and -_"},
		"name, above Z":    {rules.Name("[", 8), "must not contain '[', only A-Z a-z 0-9 and -_"},
		"name, below 0":    {rules.Name("/", 8), "must not contain '/', only A-Z a-z 0-9 and -_"},
		"name, above 9":    {rules.Name(":", 8), "must not contain ':', only A-Z a-z 0-9 and -_"},
		"name, letter":     {rules.Name("网", 8), "must not contain '网', only A-Z a-z 0-9 and -_"},
		"port, none":       {rules.Port(0), "0 is not a port, 1 to 65535"},
		"port, first":      {rules.Port(1), ""},
		"port, last":       {rules.Port(65535), ""},
		"port, behind it":  {rules.Port(65536), "65536 is not a port, 1 to 65535"},
		"everybody":        {rules.Permission("*"), ""},
		"every domain":     {rules.Permission("iam:domain::*"), ""},
		"domain":           {rules.Permission("iam:domain::" + strings.Repeat("a", 64)), ""},
		"domain, none":     {rules.Permission("iam:domain::"), "behind iam:domain::: must not be empty"},
		"domain, too long": {rules.Permission("iam:domain::" + strings.Repeat("a", 65)), "behind iam:domain::: has 65 characters, at most 64 are allowed"},
		"domain, hyphen":   {rules.Permission("iam:domain::a-b"), "behind iam:domain::: must not contain '-', only A-Z a-z 0-9"},
		"name of a domain": {rules.Permission("iam:domainName::a_b.*"), ""},
		"the same, space":  {rules.Permission("iam:domainName::a b"), "behind iam:domainName::: must not contain ' ', only A-Z a-z 0-9 and _+*.?{},-"},
		"path":             {rules.Permission("organizations:orgPath::o-1/r-1/*"), ""},
		"no form of it":    {rules.Permission("a"), "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::"},
	}
	for name, tt := range tests {
		assert.Equal(t, tt.want, tt.got, name)
	}
}
