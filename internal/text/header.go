package text

import "strings"

// FitsHeader reports whether s can stand in a header as it is.
func FitsHeader(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// FitsToken reports a token that a header carries unchanged.
func FitsToken(token string) bool {
	return token != "" && FitsHeader(token) && !strings.Contains(token, " ")
}
