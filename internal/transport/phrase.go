package transport

import (
	"net/http"
	"strings"
)

// otherPhrases are reason phrases of proxies that net/http does not have.
var otherPhrases = map[string]int{
	"Request Time-out":                http.StatusRequestTimeout,
	"Gateway Time-out":                http.StatusGatewayTimeout,
	"Service Temporarily Unavailable": http.StatusServiceUnavailable,
}

// statusOf returns the status for a text that begins with a known reason phrase, or 0. The
// reason phrase is all that net/http keeps of a proxy's refusal.
func statusOf(phrase string) int {
	for status := 300; status < 600; status++ {
		if beginsWith(phrase, http.StatusText(status)) {
			return status
		}
	}
	for known, status := range otherPhrases {
		if beginsWith(phrase, known) {
			return status
		}
	}
	return 0
}

// beginsWith reports whether text begins with these words, ignoring case.
func beginsWith(text, words string) bool {
	if words == "" || len(text) < len(words) || !strings.EqualFold(text[:len(words)], words) {
		return false
	}
	rest := text[len(words):]
	return rest == "" || !isLetter(rest[0])
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
