package rules

import (
	"fmt"
	"strings"
)

// Name requires at most most letters, digits, hyphens and underscores.
func Name(s string, most int) string {
	if rule := Length(s, 0, most); rule != "" {
		return rule
	}
	return only(s, "-_")
}

// Port requires a port number.
func Port(n int) string {
	if n < 1 || n > 65535 {
		return fmt.Sprintf("%d is not a port number from 1 to 65535", n)
	}
	return ""
}

// Everybody is the permission for everybody.
const Everybody = "*"

// grammars are the formats of a permission, by prefix.
var grammars = []struct {
	prefix, others string // others are allowed in addition to letters and digits
	most           int
}{
	{"iam:domain::", "", 64},
	{"iam:domainName::", "_+*.?{},-", 80},
	{"organizations:orgPath::", "/_*?-", 1024},
}

// Permission requires one of the formats of a permission.
func Permission(s string) string {
	if s == Everybody || s == "iam:domain::*" {
		return ""
	}
	for _, g := range grammars {
		if name, ok := strings.CutPrefix(s, g.prefix); ok {
			if rule := Length(name, 1, g.most); rule != "" {
				return "the part after " + g.prefix + " " + rule
			}
			if rule := only(name, g.others); rule != "" {
				return "the part after " + g.prefix + " " + rule
			}
			return ""
		}
	}
	return "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::"
}

// only requires letters, digits and others.
func only(s, others string) string {
	for _, r := range s {
		if !isLetterOrDigit(r) && !strings.ContainsRune(others, r) {
			if others == "" {
				return fmt.Sprintf("must not contain %q; only A-Z a-z 0-9 are allowed", r)
			}
			return fmt.Sprintf("must not contain %q; only A-Z a-z 0-9 and %s are allowed", r, others)
		}
	}
	return ""
}
