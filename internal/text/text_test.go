package text_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/text"
)

func TestOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                         "",
		" a \r\n\tb  c ":           "a b c",
		"a\x00b\u202ec":            "a b c",
		"\xff":                     "\uFFFD",
		strings.Repeat("ä", 500):   strings.Repeat("ä", 500),
		strings.Repeat("ä", 501):   strings.Repeat("ä", 500) + "…",
		strings.Repeat("a\n", 400): strings.Repeat("a ", 250) + "…",
	} {
		assert.Equal(t, want, text.OneLine(s))
	}
}

func TestQuoted(t *testing.T) {
	assert.Equal(t, `"a\"b\n"`, text.Quoted("a\"b\n"))
	assert.Equal(t, `"`+strings.Repeat("ä", 80)+`…"`, text.Quoted(strings.Repeat("ä", 81)))
	assert.Equal(t, `"`+strings.Repeat("ä", 80)+`"`, text.Quoted(strings.Repeat("ä", 80)))
}

// A header may hold all that is printed, and nothing that would end it or be changed
// on the way.
func TestFits(t *testing.T) {
	for _, tt := range []struct {
		s             string
		header, token bool
	}{
		{"MIIT~!abc/+=", true, true},
		{"", true, false},
		{"a b", true, false},
		{" ", true, false},
		{"~", true, true},
		{"a\r\nX-Other: b", false, false},
		{"a\tb", false, false},
		{"a\x1fb", false, false},
		{"a\x7fb", false, false},
		{"a\x00", false, false},
		{"ä", false, false},
	} {
		assert.Equal(t, tt.header, text.FitsHeader(tt.s), "%q", tt.s)
		assert.Equal(t, tt.token, text.FitsToken(tt.s), "%q", tt.s)
	}
}
