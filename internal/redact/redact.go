// Package redact takes credentials out of texts that come from outside: an
// answer can echo what the request carried.
package redact

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// Mark stands where a credential stood.
const Mark = "[redacted]"

// shortest is the length below which a text is too common to be taken for a credential.
const shortest = 4

// Secrets are the texts to take out.
type Secrets []string

// Of returns the credentials that the headers of a request carry: tokens, and
// the parts of a signature.
func Of(sent http.Header) Secrets {
	var s Secrets
	for _, name := range []string{"X-Auth-Token", "X-Security-Token", "X-Metadata-Token"} {
		s = append(s, sent.Values(name)...)
	}
	for _, value := range sent.Values("Authorization") {
		s = append(s, value)
		for _, part := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' }) {
			name, secret, _ := strings.Cut(part, "=")
			if name == "Access" || name == "Signature" {
				s = append(s, secret)
			}
		}
	}
	return s
}

// String returns text without the secrets, also where they are escaped for a URL or for JSON.
func (s Secrets) String(text string) string {
	for _, secret := range s {
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, Mark)
		}
	}
	return text
}

// Bytes is String for bytes, and returns text itself where it holds no secret.
func (s Secrets) Bytes(text []byte) []byte {
	for _, secret := range s {
		for _, form := range forms(secret) {
			if bytes.Contains(text, []byte(form)) {
				text = bytes.ReplaceAll(text, []byte(form), []byte(Mark))
			}
		}
	}
	return text
}

// Header returns h without the secrets, and h itself where it holds none.
func (s Secrets) Header(h http.Header) http.Header {
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
	}
	if clean == nil {
		return h
	}
	return clean
}

// marshalled is the secret as encoding/json writes it.
func marshalled(secret string) string {
	data, _ := json.Marshal(secret)
	return strings.Trim(string(data), `"`)
}

// Other ways to escape for JSON.
var unicodeEscapes = strings.NewReplacer("+", `\u002b`, "/", `\u002f`, "=", `\u003d`)

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// forms are the ways in which a secret may be written.
func forms(secret string) []string {
	if len(secret) < shortest {
		return nil
	}
	forms := []string{secret}
	for _, other := range []string{
		url.QueryEscape(secret),
		url.PathEscape(secret),
		html.EscapeString(secret),
		marshalled(secret),
		unicodeEscapes.Replace(secret),
		strings.ReplaceAll(secret, "/", `\/`),
		quotes.Replace(secret),
	} {
		if other != secret {
			forms = append(forms, other)
		}
	}
	return forms
}
