// Package rules has the specification's rules for single values. Each rule is a pure
// function that returns "" for a valid value, and otherwise how the value breaks the rule,
// to be appended to the name of the field.
package rules

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/vpcep/vpcep-go/internal/text"
)

// Length requires between least and most characters.
func Length(s string, least, most int) string {
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		return "must not be empty"
	case n > most:
		return fmt.Sprintf("has %d characters; at most %d are allowed", n, most)
	}
	return ""
}

// Encoding requires UTF-8: JSON has no other encoding, and would change the text.
func Encoding(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	return ""
}

// Text requires that s contains none of the forbidden characters.
func Text(s, forbidden string) string {
	if i := strings.IndexAny(s, forbidden); i >= 0 {
		return fmt.Sprintf("must not contain %q", s[i:i+1])
	}
	return ""
}

// Spaces requires that s neither begins nor ends with a space.
func Spaces(s string) string {
	if strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return "must not begin or end with a space"
	}
	return ""
}

// PathSegment requires a string that cannot change the path of a URL that contains it.
func PathSegment(s string) string {
	if s == "." || s == ".." {
		return fmt.Sprintf("%q would change the path", s)
	}
	for _, r := range s {
		if !isUnreserved(r) {
			return fmt.Sprintf("must not contain %q; only A-Z a-z 0-9 - . _ ~ are allowed", r)
		}
	}
	return ""
}

// isUnreserved reports whether r is an unreserved character (RFC 3986, section 2.3).
func isUnreserved(r rune) bool {
	return isLetterOrDigit(r) || strings.ContainsRune("-._~", r)
}

func isLetterOrDigit(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// IPv4 requires an IPv4 address of at most most characters, other than 0.0.0.0.
func IPv4(s string, most int) string {
	if rule := Length(s, 0, most); rule != "" {
		return rule
	}
	switch addr, err := netip.ParseAddr(s); {
	case err != nil || !addr.Is4():
		return text.Quoted(s) + " is not an IPv4 address"
	case addr.IsUnspecified():
		return text.Quoted(s) + " is not the address of a host"
	}
	return ""
}

// IPv6 requires an IPv6 address without a zone, and not an IPv4-mapped one.
func IPv6(s string) string {
	if addr, err := netip.ParseAddr(s); err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "" {
		return text.Quoted(s) + " is not an IPv6 address"
	}
	return ""
}

// Block requires an IPv4 address or an IPv4 CIDR block, but not one for all addresses.
func Block(s string) string {
	const (
		neither = " is neither an IPv4 address nor an IPv4 CIDR block"
		all     = " allows every address; disable the whitelist instead"
	)
	if !strings.Contains(s, "/") {
		switch addr, err := netip.ParseAddr(s); {
		case err != nil || !addr.Is4():
			return text.Quoted(s) + neither
		case addr.IsUnspecified():
			return text.Quoted(s) + all
		}
		return ""
	}
	switch block, err := netip.ParsePrefix(s); {
	case err != nil || !block.Addr().Is4():
		return text.Quoted(s) + neither
	case block.Bits() == 0:
		return text.Quoted(s) + all
	}
	return ""
}
