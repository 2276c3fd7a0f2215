// Package text makes texts from outside fit for a message.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lengths, in characters, beyond which a text is cut off.
const (
	maxLine   = 500
	maxQuoted = 80
)

// OneLine puts s on one line of bounded length, without what cannot be printed.
func OneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	return cut(s, maxLine)
}

// Quoted shows a value between quotes, and not at any length.
func Quoted(s string) string { return fmt.Sprintf("%q", cut(s, maxQuoted)) }

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
