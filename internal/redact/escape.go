package redact

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// layer is a text with some escapes undone, and the offsets of its bytes in the original
// text.
type layer struct {
	text string
	at   []int // of each byte, and of the end; nil for the original text
}

// span converts offsets in this layer to a span of the original text.
func (l layer) span(begin, end int) span {
	if l.at == nil {
		return span{begin, end}
	}
	return span{l.at[begin], l.at[end]}
}

// isEscaped reports whether text may contain an escape.
func isEscaped(text string) bool {
	return strings.IndexByte(text, '\\') >= 0 || strings.IndexByte(text, '%') >= 0 || strings.IndexByte(text, '&') >= 0
}

// unescaped undoes one level of escapes: %2B, \u002b, \x2b, \/, &#43; and the like. What
// only looks like an escape is left unchanged.
func (l layer) unescaped(withPlaces bool) layer {
	var next layer
	var text strings.Builder
	text.Grow(len(l.text))
	if withPlaces {
		next.at = make([]int, 0, len(l.text)+1)
	}
	note := func(from, n int) {
		for range n {
			if withPlaces {
				next.at = append(next.at, l.span(from, from).begin)
			}
		}
	}
	for i := 0; i < len(l.text); {
		meant, length := escape(l.text[i:])
		if length == 0 {
			text.WriteByte(l.text[i])
			note(i, 1)
			i++
			continue
		}
		text.WriteString(meant)
		note(i, len(meant))
		i += length
	}
	note(len(l.text), 1)
	next.text = text.String()
	return next
}

// escape reads the escape at the beginning of s, and returns its length, or 0.
func escape(s string) (meant string, length int) {
	switch s[0] {
	case '%':
		return hexByte(s, 1)
	case '&':
		const longest = len("&#x10ffff;")
		if end := strings.IndexByte(s[:min(len(s), longest)], ';'); end > 0 {
			if meant := entity(s[1:end]); meant != "" {
				return meant, end + 1
			}
		}
	case '\\':
		if len(s) < 2 {
			return "", 0
		}
		switch s[1] {
		case 'u':
			r, ok := unicodeEscape(s)
			if low, isPair := unicodeEscape(s[min(len(s), 6):]); ok && isPair && utf16.DecodeRune(r, low) != utf8.RuneError {
				return string(utf16.DecodeRune(r, low)), 12
			}
			if ok {
				return string(r), 6
			}
		case 'U':
			if len(s) >= 10 {
				if n, err := strconv.ParseUint(s[2:10], 16, 32); err == nil {
					return string(rune(n)), 10
				}
			}
		case 'x':
			return hexByte(s, 2)
		case '/', '"', '\\', '\'':
			return s[1:2], 2
		}
	}
	return "", 0
}

// entities are the HTML entities for characters of credentials. Package html has two
// thousand, which would be a tenth of the library's size.
var entities = map[string]string{
	"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'", "plus": "+", "sol": "/", "equals": "=", "nbsp": " ",
}

// entity returns the character of an HTML entity, or "".
func entity(name string) string {
	digits, isNumber := strings.CutPrefix(name, "#")
	if !isNumber {
		return entities[name]
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune {
		return ""
	}
	return string(rune(n))
}

// unicodeEscape reads the \u escape at the beginning of s.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 32)
	return rune(n), err == nil
}

// hexByte reads the two digits after the first n bytes of s.
func hexByte(s string, n int) (string, int) {
	if len(s) < n+2 {
		return "", 0
	}
	b, err := strconv.ParseUint(s[n:n+2], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(b)}), n + 2
}
