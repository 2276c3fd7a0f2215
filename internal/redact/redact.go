// Package redact removes credentials from texts that come from outside: a response can
// echo what the request contained.
//
// It finds a secret unchanged, escaped for a URL, for JSON, for Go or for HTML, even
// several times over, and in base64. It also finds the rest of a truncated secret: any
// beginning or end of at least 16 characters.
package redact

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// Mark replaces a credential.
const Mark = "[redacted]"

const (
	// shortest is the length below which a text is too common to be a credential.
	shortest = 4
	// shortestInAnswer is the same for successful responses, whose content must not be lost
	// to a credential that happens to be one of the service's words.
	shortestInAnswer = 8
	// partLength is the length at which a part of a secret gives it away.
	partLength = 16
)

// Secrets are texts to remove. The zero value and nil are empty. It is safe for concurrent
// use.
type Secrets struct {
	needles []string // in every spelling that unescaping does not undo
	names   []string // the same in lower case, as in names of headers
	index   *index   // of the needles that have parts; nil: search for each needle
}

// New returns Secrets for the given texts and their base64 forms. Texts that are too short
// are left out.
func New(secrets ...string) *Secrets {
	s := &Secrets{index: newIndex()}
	for _, secret := range secrets {
		if len(secret) < shortest {
			continue
		}
		// The secret's own escapes are undone together with those that an echo adds.
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

// Plain returns Secrets without base64 forms, for secrets that are used only once. It costs
// less than New.
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

// base64Forms returns what the base64 of any text that contains the secret has in it, in
// both alphabets. The characters at the ends that depend on adjacent text are left out.
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

// String returns text without the secrets, or text itself if it contains none.
func (s *Secrets) String(text string) string { return s.clean(text, shortest) }

// Answer is String for a successful response, in which the shortest secrets stay.
func (s *Secrets) Answer(text string) string { return s.clean(text, shortestInAnswer) }

// Header returns h without the secrets, in values and in names, or h itself if it contains
// none.
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

// InAnyCase reports whether a secret is in text, ignoring case: the case of header names is
// changed in transit.
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

// mayBeIn reports whether a text of the given length has room for a secret, or a part of
// one.
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

// eachLayer calls fn for text, and then with one more level of escapes undone each time,
// until fn returns false.
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

// isIn reports whether a secret may be in text. It is fast if there is none.
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

// find returns where in the original text the secrets of this layer are.
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

// each calls fn for every occurrence of part in text.
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

// replace replaces what was found with the mark.
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

// longWord is the length at which a word may be a token: words of messages are shorter.
const longWord = 24

// LongWords returns text without words so long that they may be an unknown credential.
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
