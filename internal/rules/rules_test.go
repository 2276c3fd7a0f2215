package rules_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/rules"
)

func TestRules(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"length":                  {rules.Length("网网", 1, 2), ""},
		"length, least":           {rules.Length("网", 1, 2), ""},
		"length, empty":           {rules.Length("", 1, 2), "must not be empty"},
		"length, may be empty":    {rules.Length("", 0, 2), ""},
		"length, too long":        {rules.Length("网网网", 1, 2), "has 3 characters; at most 2 are allowed"},
		"length, ASCII":           {rules.Length("abc", 1, 2), "has 3 characters; at most 2 are allowed"},
		"encoding":                {rules.Encoding("网"), ""},
		"encoding, broken":        {rules.Encoding("a\xff"), "is not valid UTF-8"},
		"text":                    {rules.Text("a b", "<>"), ""},
		"text, forbidden":         {rules.Text("a>b", "<>"), `must not contain ">"`},
		"text, first forbidden":   {rules.Text("<a", "<>"), `must not contain "<"`},
		"spaces":                  {rules.Spaces("a b"), ""},
		"spaces, before":          {rules.Spaces(" a"), "must not begin or end with a space"},
		"spaces, behind":          {rules.Spaces("a "), "must not begin or end with a space"},
		"path segment":            {rules.PathSegment("azAZ09-._~"), ""},
		"path segment, dots":      {rules.PathSegment("..."), ""},
		"path segment, up":        {rules.PathSegment(".."), `".." would change the path`},
		"path segment, here":      {rules.PathSegment("."), `"." would change the path`},
		"path segment, slash":     {rules.PathSegment("a/b"), `must not contain '/'; only A-Z a-z 0-9 - . _ ~ are allowed`},
		"path segment, percent":   {rules.PathSegment("%2e"), `must not contain '%'; only A-Z a-z 0-9 - . _ ~ are allowed`},
		"path segment, letter":    {rules.PathSegment("ä"), `must not contain 'ä'; only A-Z a-z 0-9 - . _ ~ are allowed`},
		"path segment, brace":     {rules.PathSegment("{"), `must not contain '{'; only A-Z a-z 0-9 - . _ ~ are allowed`},
		"IPv4":                    {rules.IPv4("10.0.0.1", 128), ""},
		"IPv4, leading zero":      {rules.IPv4("10.0.0.01", 128), `"10.0.0.01" is not an IPv4 address`},
		"IPv4, IPv6":              {rules.IPv4("::1", 128), `"::1" is not an IPv4 address`},
		"IPv4, long":              {rules.IPv4(strings.Repeat("1", 129), 128), "has 129 characters; at most 128 are allowed"},
		"IPv6":                    {rules.IPv6("2001:db8::1"), ""},
		"IPv6, IPv4":              {rules.IPv6("10.0.0.1"), `"10.0.0.1" is not an IPv6 address`},
		"IPv6, mapped":            {rules.IPv6("::ffff:10.0.0.1"), `"::ffff:10.0.0.1" is not an IPv6 address`},
		"IPv6, zone":              {rules.IPv6("fe80::1%eth0"), `"fe80::1%eth0" is not an IPv6 address`},
		"block":                   {rules.Block("10.0.0.0/8"), ""},
		"block, host":             {rules.Block("10.0.0.1/32"), ""},
		"block, address":          {rules.Block("10.0.0.1"), ""},
		"block, all addresses":    {rules.Block("0.0.0.0/0"), `"0.0.0.0/0" allows every address; disable the whitelist instead`},
		"block, of everything":    {rules.Block("10.0.0.0/0"), `"10.0.0.0/0" allows every address; disable the whitelist instead`},
		"block, no address":       {rules.Block("0.0.0.0"), `"0.0.0.0" allows every address; disable the whitelist instead`},
		"block, IPv6":             {rules.Block("2001:db8::/32"), `"2001:db8::/32" is neither an IPv4 address nor an IPv4 CIDR block`},
		"block, 33":               {rules.Block("10.0.0.0/33"), `"10.0.0.0/33" is neither an IPv4 address nor an IPv4 CIDR block`},
		"block, IPv6 address":     {rules.Block("::1"), `"::1" is neither an IPv4 address nor an IPv4 CIDR block`},
		"block, nothing":          {rules.Block(""), `"" is neither an IPv4 address nor an IPv4 CIDR block`},
		"block, slash and no end": {rules.Block("10.0.0.0/"), `"10.0.0.0/" is neither an IPv4 address nor an IPv4 CIDR block`},
	}
	for name, tt := range tests {
		assert.Equal(t, tt.want, tt.got, name)
	}
}
