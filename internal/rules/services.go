package rules

import (
	"fmt"
	"strings"
)

// The rules of endpoint services and their permissions.

// Name demands at most most letters, digits, hyphens and underscores.
func Name(s string, most int) string {
	if rule := Length(s, 0, most); rule != "" {
		return rule
	}
	return only(s, "-_")
}

// Port demands a number that a port can have.
func Port(n int) string {
	if n < 1 || n > 65535 {
		return fmt.Sprintf("%d is not a port, 1 to 65535", n)
	}
	return ""
}

// Everybody is the permission of everybody.
const Everybody = "*"

// grammars are the forms of a permission, by what they begin with.
var grammars = []struct {
	prefix, others string // allowed beside letters and digits
	most           int
}{
	{"iam:domain::", "", 64},
	{"iam:domainName::", "_+*.?{},-", 80},
	{"organizations:orgPath::", "/_*?-", 1024},
}

// Permission demands one of the forms of a permission.
func Permission(s string) string {
	if s == Everybody || s == "iam:domain::*" {
		return ""
	}
	for _, g := range grammars {
		if name, ok := strings.CutPrefix(s, g.prefix); ok {
			if rule := Length(name, 1, g.most); rule != "" {
				return "behind " + g.prefix + ": " + rule
			}
			if rule := only(name, g.others); rule != "" {
				return "behind " + g.prefix + ": " + rule
			}
			return ""
		}
	}
	return "must be *, or begin with iam:domain::, iam:domainName:: or organizations:orgPath::"
}

// only demands letters, digits and others.
func only(s, others string) string {
	for _, r := range s {
		if !isLetterOrDigit(r) && !strings.ContainsRune(others, r) {
			if others == "" {
				return fmt.Sprintf("must not contain %q, only A-Z a-z 0-9", r)
			}
			return fmt.Sprintf("must not contain %q, only A-Z a-z 0-9 and %s", r, others)
		}
	}
	return ""
}
