package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/redact"
)

const (
	token    = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/=BKcwggSjAgEAAoIBAQDZ-_x9"
	password = `pä ss"w\&<ör>d'😀`
)

func TestSpellings(t *testing.T) {
	asJSON := func(s string) string { data, _ := json.Marshal(s); return string(data[1 : len(data)-1]) }
	lower := strings.NewReplacer("+", `\u002b`, "/", `\u002f`, "=", `\u003d`)
	upper := strings.NewReplacer("+", `\u002B`, "/", `\u002F`, "=", `\u003D`)
	for name, spell := range map[string]func(string) string{
		"raw":   func(s string) string { return s },
		"query": url.QueryEscape,
		"path":  url.PathEscape,
		"query, lower case": func(s string) string {
			return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "%2B", "%2b"), "%2F", "%2f")
		},
		"JSON":                asJSON,
		"JSON, ASCII":         func(s string) string { return strings.Trim(fmt.Sprintf("%+q", s), `"`) },
		"JSON, upper case":    upper.Replace,
		"JSON, lower case":    lower.Replace,
		"JSON, slash":         func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
		"JSON within JSON":    func(s string) string { return asJSON(asJSON(upper.Replace(asJSON(s)))) },
		"Go":                  func(s string) string { return strings.Trim(fmt.Sprintf("%q", s), `"`) },
		"HTML":                html.EscapeString,
		"HTML, hexadecimal":   func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "+", "&#x2B;") },
		"HTML within JSON":    func(s string) string { return asJSON(html.EscapeString(s)) },
		"base64":              func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64 for URLs":     func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
		"base64 in a URL":     func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
		"user and password":   func(s string) string { return base64.StdEncoding.EncodeToString([]byte("user:" + s)) },
		"user and password 2": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("deploy:" + s + ";")) },
	} {
		for _, secret := range []string{token, password, `T%2Bk/e&amp;n\u002bwith escapes+`} {
			t.Run(name, func(t *testing.T) {
				spelt := spell(secret)
				text := redact.New(secret).String("before " + spelt + " after")
				assert.True(t, strings.HasPrefix(text, "before ") && strings.HasSuffix(text, " after"), text)
				assert.Contains(t, text, redact.Mark)
				rest := strings.TrimSuffix(strings.TrimPrefix(text, "before "), " after")
				if !strings.HasPrefix(name, "user") {
					assert.LessOrEqual(t, len(rest), len(redact.Mark)+6, "what depends on the neighbours may stay: %s", text)
				}
			})
		}
	}
}

func TestParts(t *testing.T) {
	s := redact.New(token)
	for text, want := range map[string]string{
		token[:16]:                          redact.Mark,
		token[:45] + "…":                    redact.Mark + "…",
		"…" + token[len(token)-16:]:         "…" + redact.Mark,
		"x" + token[20:]:                    "x" + redact.Mark,
		token[:15]:                          token[:15],
		token[20:50]:                        token[20:50], // neither its beginning nor its end
		token + token:                       redact.Mark,
		token + " " + token[:30]:            redact.Mark + " " + redact.Mark,
		strings.Repeat("a"+token[:20], 3):   strings.Repeat("a"+redact.Mark, 3),
		"1234567" + token[:16] + token[:16]: "1234567" + redact.Mark,
	} {
		assert.Equal(t, want, s.String(text), text)
	}
	for shift := range 17 { // wherever it stands
		text := strings.Repeat("x", shift)
		assert.Equal(t, text+redact.Mark+"y", s.String(text+token[:16]+"y"))
		assert.Equal(t, text+redact.Mark+"y", s.String(text+token[len(token)-16:]+"y"))
	}
}

// A secret is found if only one of its characters is escaped, even the first or the last of a
// text.
func TestSingleEscapes(t *testing.T) {
	for _, escaped := range []string{`\u004d`, `\U0000004d`, `\x4d`, "%4d", "&#77;", "&#x4D;"} {
		assert.Equal(t, redact.Mark, redact.New("Mabcdefg").String(escaped+"abcdefg"), escaped)
		assert.Equal(t, redact.Mark, redact.New("abcdefgM").String("abcdefg"+escaped), escaped)
	}
	assert.Equal(t, redact.Mark, redact.New("abcdefg/").String(`abcdefg\/`))
	assert.Equal(t, redact.Mark, redact.New("abcdefg\U0010ffff").String("abcdefg&#x10ffff;"))
}

// What is left of the base64 of a secret gives it away, too, whatever stood beside it.
func TestPartsOfBase64(t *testing.T) {
	s := redact.New(token)
	for before, first := range []int{0, 2, 3} { // the characters that the secret does not decide
		spelt := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("~", before) + token + "~~~"))
		assert.Equal(t, spelt[:first]+redact.Mark, s.String(spelt[:first+16]))
		end := (before + len(token)) * 8 / 6
		assert.Equal(t, redact.Mark+spelt[end:end+2], s.String(spelt[end-16:end+2]))
	}
}

func TestBase64OfShortSecrets(t *testing.T) {
	for before, first := range []int{0, 2, 3} {
		spelt := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("~", before) + "hunter~~~"))
		assert.Contains(t, redact.New("hunte").String(spelt), spelt[:first]+redact.Mark, "six characters of base64")
		assert.Equal(t, spelt, redact.New("hunt").String(spelt), "fewer are too common")
	}
}

func TestWhatHoldsNoSecretIsUnchanged(t *testing.T) {
	s := redact.New(token, password)
	for _, text := range []string{
		"", "a", "100 % of &amp; \\u00zz %zz \\", `{"id":"\u002b","d":"a&b;c"}`, "TUlJRXZRSUJBREFX",
		strings.Repeat(`{"a":"\"%41"}`, 1000), token[1:17], "\\ud83d", "\\ud83dx", "%", "&", "\\", "\\u", "\\x", "&#;", "%4",
	} {
		assert.Equal(t, text, s.String(text))
		assert.Equal(t, text, s.Answer(text))
	}
	assert.Equal(t, "text", (*redact.Secrets)(nil).String("text"))
	assert.Equal(t, "text", new(redact.Secrets).String("text"))
}

func TestPlain(t *testing.T) {
	s := redact.Plain(token, "")
	assert.Equal(t, "a "+redact.Mark, s.String("a "+token))
	assert.Equal(t, "a "+redact.Mark, s.String("a "+token[:16]))
	assert.Equal(t, "a "+redact.Mark, s.String("a "+token[20:]))
	assert.Equal(t, "a "+redact.Mark, s.String("a "+url.QueryEscape(token)))
	assert.Equal(t, "a", s.String("a"))
	assert.Equal(t, "abc "+redact.Mark, redact.Plain("abc", "abcd").String("abc abcd"))
}

func TestShortSecrets(t *testing.T) {
	s := redact.New("abc", "pass", "creating", "")
	assert.Equal(t, "abc [redacted] [redacted]", s.String("abc pass creating"))
	assert.Equal(t, "abc pass [redacted]", s.Answer("abc pass creating"))
}

func TestSecretThatIsNoLongerThanAPart(t *testing.T) {
	for _, length := range []int{4, 15, 16, 17} {
		secret := token[:length]
		assert.Equal(t, redact.Mark, redact.New(secret).String(secret))
		assert.True(t, redact.New(secret).InAnyCase(strings.ToLower(secret)))
		assert.False(t, redact.New(secret).InAnyCase(secret[:min(length, 16)-1]))
	}
}

func TestHeader(t *testing.T) {
	s := redact.New(token)
	name := http.CanonicalHeaderKey("x-" + strings.NewReplacer("+", "", "/", "", "=", "").Replace(token))
	answer := http.Header{"X-Echo": {"a", token}, "Date": {"today"}, name: {"v"}}
	clean := s.Header(answer)
	assert.Equal(t, []string{"a", redact.Mark}, clean["X-Echo"])
	assert.NotContains(t, clean, name)
	assert.Contains(t, answer, name, "the answer itself is left alone")
	assert.Equal(t, token, answer["X-Echo"][1])
	harmless := http.Header{"Strict-Transport-Security": {"max-age=1"}}
	assert.Equal(t, harmless, s.Header(harmless))
}

func TestLongWords(t *testing.T) {
	for text, want := range map[string]string{
		"The username or password is wrong.": "The username or password is wrong.",
		"  two  spaces ":                     "  two  spaces ",
		"you sent " + token[:24] + " again":  "you sent " + redact.Mark + " again",
		"you sent " + token[:23]:             "you sent " + token[:23],
		"":                                   "",
	} {
		assert.Equal(t, want, redact.LongWords(text))
	}
}

func FuzzString(f *testing.F) {
	f.Add("a"+token[:20], `\u002b`, "%2b")
	f.Fuzz(func(t *testing.T, before, escaped, after string) {
		s := redact.New(token)
		text := s.String(before + escaped + token + after)
		if strings.Contains(text, token[:16]) || strings.Contains(text, token[len(token)-16:]) {
			t.Errorf("left in %q", text)
		}
		if again := s.String(text); again != text && !strings.Contains(again, redact.Mark) {
			t.Errorf("%q became %q", text, again)
		}
	})
}
