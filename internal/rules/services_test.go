package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/rules"
)

func TestPermission(t *testing.T) {
	x := strings.Repeat("x", 1025)
	for permission, want := range map[string]string{
		"*":                                    "",
		"iam:domain::*":                        "",
		"iam:domain::5fc973EEA":                "",
		"iam:domain::" + x[:64]:                "",
		"iam:domainName::a_b+*.?{1,2}-c":       "",
		"iam:domainName::" + x[:80]:            "",
		"organizations:orgPath::o-1/r-1/ou_*?": "",
		"organizations:orgPath::" + x[:1024]:   "",

		"":                                 "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::",
		"**":                               "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::",
		"iam:domain:5fc":                   "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::",
		"5fc973eea581490997e82ea11a1d0101": "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::",
		"iam:domain::":                     "the part after iam:domain:: must not be empty",
		"iam:domain::" + x[:65]:            "the part after iam:domain:: has 65 characters; at most 64 are allowed",
		"iam:domain::a-b":                  "the part after iam:domain:: must not contain '-'; only A-Z a-z 0-9 are allowed",
		"iam:domain::a*":                   "the part after iam:domain:: must not contain '*'; only A-Z a-z 0-9 are allowed",
		"iam:domainName::a/b":              "the part after iam:domainName:: must not contain '/'; only A-Z a-z 0-9 and _+*.?{},- are allowed",
		"iam:domainName::" + x[:81]:        "the part after iam:domainName:: has 81 characters; at most 80 are allowed",
		"organizations:orgPath::a+b":       "the part after organizations:orgPath:: must not contain '+'; only A-Z a-z 0-9 and /_*?- are allowed",
		"organizations:orgPath::" + x:      "the part after organizations:orgPath:: has 1025 characters; at most 1024 are allowed",
		"organizations:orgPath::\xff":      "the part after organizations:orgPath:: must not contain '\ufffd'; only A-Z a-z 0-9 and /_*?- are allowed",
		"organizations:orgPath::":          "the part after organizations:orgPath:: must not be empty",
	} {
		assert.Equal(t, want, rules.Permission(permission), "%q", permission)
	}
}

func TestName(t *testing.T) {
	assert.Empty(t, rules.Name("", 3))
	assert.Empty(t, rules.Name("a-_", 3))
	assert.Equal(t, "has 4 characters; at most 3 are allowed", rules.Name("a-_9", 3))
	assert.Equal(t, "must not contain 'é'; only A-Z a-z 0-9 and -_ are allowed", rules.Name("é", 3))
}

func TestPort(t *testing.T) {
	for _, n := range []int{1, 80, 65535} {
		assert.Empty(t, rules.Port(n))
	}
	for _, n := range []int{-1, 0, 65536} {
		assert.Contains(t, rules.Port(n), "is not a port number from 1 to 65535")
	}
}
