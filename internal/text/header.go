package text

import "strings"

// FitsHeader reports whether s can be the value of a header.
func FitsHeader(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// FitsToken reports whether token can be sent in a header unchanged.
func FitsToken(token string) bool {
	return token != "" && FitsHeader(token) && !strings.Contains(token, " ")
}
