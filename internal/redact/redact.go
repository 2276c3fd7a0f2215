// Package redact takes credentials out of texts that come from outside: an
// answer can echo what the request carried.
//
// It finds a secret as it is, escaped for a URL, for JSON, for Go or for HTML, also
// several times over, and in base64; and what is left of one that was cut: any
// beginning or end of it of at least 16 characters.
package redact

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// Mark stands where a credential stood.
const Mark = "[redacted]"

const (
	// shortest is the length below which a text is too common to be taken for a credential.
	shortest = 4
	// shortestInAnswer is the same for answers of success: what they say must not be
	// lost to a credential that is a word of the service's.
	shortestInAnswer = 8
	// partLength is the length from which on a part of a secret gives it away.
	partLength = 16
)

// Secrets are texts to take out. The zero value and nil are none. It is safe for
// concurrent use.
type Secrets struct {
	needles []string // in every spelling that unescape does not undo
	names   []string // the same in lower case, as they might stand in names of headers
	index   *index   // of the needles that have parts; nil: they are looked for one by one
}

// New returns the secrets given, in base64 too. Those that are too short are left out.
func New(secrets ...string) *Secrets {
	s := &Secrets{index: newIndex()}
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		// Escapes of its own are undone together with those that an echo adds.
		eachLayer(secret, false, func(l layer) bool {
			s.add(l.text)
			return true
		})
		if strings.Contains(secret, " ") {
			s.add(strings.ReplaceAll(secret, " ", "+")) // as in a query
		}
		for _, encoded := range base64Forms(secret) {
			s.add(encoded)
		}
	}
	return s
}

// Plain returns secrets that are looked for once, and that nobody spells in base64:
// it costs less than New.
func Plain(secrets ...string) *Secrets {
	s := new(Secrets)
	for _, secret := range secrets {
		s.add(secret)
	}
	return s
}

func (s *Secrets) add(needle string) {
	if len(needle) < shortest || slices.Contains(s.needles, needle) {
		return
	}
	s.needles = append(s.needles, needle)
	s.names = append(s.names, strings.ToLower(needle))
	if len(needle) >= partLength && s.index != nil {
		s.index.add(needle[:partLength])
		s.index.add(needle[len(needle)-partLength:])
	}
}

// base64Forms is what stands in the base64 of any text with the secret in it, in
// both alphabets. The characters at the ends that depend on what stands beside it
// are left out.
func base64Forms(secret string) (forms []string) {
	for before := range 3 {
		padded := append(make([]byte, before), secret...)
		first := (before*8 + 5) / 6
		end := len(padded) * 8 / 6
		if end-first < shortest+2 {
			continue
		}
		form := base64.RawStdEncoding.EncodeToString(padded)[first:end]
		forms = append(forms, form)
		if strings.ContainsAny(form, "+/") {
			forms = append(forms, strings.NewReplacer("+", "-", "/", "_").Replace(form))
		}
	}
	return forms
}

// String returns text without the secrets, and text itself where it holds none.
func (s *Secrets) String(text string) string { return s.clean(text, shortest) }

// Answer is String for an answer of success, in which the shortest secrets stay.
func (s *Secrets) Answer(text string) string { return s.clean(text, shortestInAnswer) }

// Header returns h without the secrets, in values and in names, and h itself where
// it holds none.
func (s *Secrets) Header(h http.Header) http.Header {
	if s.isEmpty() {
		return h
	}
	var clean http.Header
	for name, values := range h {
		for i, value := range values {
			if text := s.String(value); text != value {
				if clean == nil {
					clean = h.Clone()
				}
				clean[name][i] = text
			}
		}
		if s.InAnyCase(name) {
			if clean == nil {
				clean = h.Clone()
			}
			delete(clean, name)
			clean[Mark] = nil
		}
	}
	if clean == nil {
		return h
	}
	return clean
}

// InAnyCase reports whether a secret is in text, whatever the case of its letters:
// names of headers change it on their way.
func (s *Secrets) InAnyCase(text string) bool {
	if s.isEmpty() || !s.mayBeIn(len(text)) {
		return false
	}
	found := false
	eachLayer(strings.ToLower(text), false, func(l layer) bool {
		found = slices.ContainsFunc(s.names, func(secret string) bool {
			part := min(len(secret), partLength)
			return strings.Contains(l.text, secret[:part]) || strings.Contains(l.text, secret[len(secret)-part:])
		})
		return !found
	})
	return found
}

// mayBeIn reports whether a text of a length has room for a secret, or a part of one.
func (s *Secrets) mayBeIn(length int) bool {
	return slices.ContainsFunc(s.names, func(secret string) bool { return length >= min(len(secret), partLength) })
}

func (s *Secrets) isEmpty() bool { return s == nil || len(s.needles) == 0 }

// maxDepth is how many times over a secret may be escaped.
const maxDepth = 3

func (s *Secrets) clean(text string, least int) string {
	if s.isEmpty() || !s.isIn(text, least) {
		return text
	}
	var found []span
	eachLayer(text, true, func(l layer) bool {
		found = append(found, s.find(l, least)...)
		return true
	})
	return replace(text, found)
}

// eachLayer calls fn for text, and then for what it means, one level of escapes
// after the other, until fn returns false.
func eachLayer(text string, withPlaces bool, fn func(layer) bool) {
	l := layer{text: text}
	for range maxDepth {
		if !fn(l) || !isEscaped(l.text) {
			return
		}
		next := l.unescaped(withPlaces)
		if next.text == l.text {
			return
		}
		l = next
	}
	fn(l)
}

// isIn reports whether a secret may be in text. It is quick where none is.
func (s *Secrets) isIn(text string, least int) bool {
	isIn := false
	eachLayer(text, false, func(l layer) bool {
		isIn = s.index.mayHit(l.text) || slices.ContainsFunc(s.needles, func(needle string) bool {
			part := min(len(needle), partLength)
			if len(needle) < least || s.index != nil && part == partLength {
				return false
			}
			return strings.Contains(l.text, needle[:part]) || strings.Contains(l.text, needle[len(needle)-part:])
		})
		return !isIn
	})
	return isIn
}

// span is a part of a text.
type span struct{ begin, end int }

// find returns where in the first layer the secrets of this one are.
func (s *Secrets) find(l layer, least int) (found []span) {
	for _, needle := range s.needles {
		if len(needle) < least {
			continue
		}
		part := min(len(needle), partLength)
		each(l.text, needle[:part], func(begin int) {
			end := begin + part
			for end < len(l.text) && end-begin < len(needle) && l.text[end] == needle[end-begin] {
				end++
			}
			found = append(found, l.span(begin, end))
		})
		each(l.text, needle[len(needle)-part:], func(begin int) {
			end := begin + part
			for begin > 0 && end-begin < len(needle) && l.text[begin-1] == needle[len(needle)-(end-begin)-1] {
				begin--
			}
			found = append(found, l.span(begin, end))
		})
	}
	return found
}

// each calls fn for every place of part in text.
func each(text, part string, fn func(begin int)) {
	for from := 0; ; {
		i := strings.Index(text[from:], part)
		if i < 0 {
			return
		}
		fn(from + i)
		from += i + 1
	}
}

// replace puts the mark in place of what was found.
func replace(text string, found []span) string {
	if len(found) == 0 {
		return text
	}
	slices.SortFunc(found, func(a, b span) int { return a.begin - b.begin })
	var b strings.Builder
	at := 0
	for i := 0; i < len(found); {
		whole := found[i]
		for i++; i < len(found) && found[i].begin <= whole.end; i++ {
			whole.end = max(whole.end, found[i].end)
		}
		b.WriteString(text[at:whole.begin])
		b.WriteString(Mark)
		at = whole.end
	}
	b.WriteString(text[at:])
	return b.String()
}

// longWord is the length from which on a word may be a token: no word of a message is so long.
const longWord = 24

// LongWords returns text without words so long that they may be a credential that
// nobody knows yet.
func LongWords(text string) string {
	isLong := func(word string) bool { return len(word) >= longWord }
	if !slices.ContainsFunc(strings.Fields(text), isLong) {
		return text
	}
	words := strings.Fields(text)
	for i, word := range words {
		if isLong(word) {
			words[i] = Mark
		}
	}
	return strings.Join(words, " ")
}
