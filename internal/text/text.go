// Package text makes text from outside fit for an error message.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lengths, in characters, at which a text is cut off.
const (
	maxLine   = 500
	maxQuoted = 80
)

// OneLine returns s on one line of bounded length, without unprintable characters.
func OneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	return cut(s, maxLine)
}

// Quoted returns s in quotes, with a bounded length.
func Quoted(s string) string { return fmt.Sprintf("%q", cut(s, maxQuoted)) }

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
