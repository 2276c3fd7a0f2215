package vpcep_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// secret is a text that must not leak, and its name in test failures.
type secret struct{ name, value string }

// leastPart is how many characters of a secret, at its beginning or its end, must not leak,
// either.
const leastPart = 16

// noise returns a text of a given length that looks random but is the same in every run.
func noise(seed string, length int, alphabet string) string {
	var b strings.Builder
	for i := 0; b.Len() < length; i++ {
		for _, c := range sha256.Sum256(fmt.Appendf(nil, "%s %d", seed, i)) {
			b.WriteByte(alphabet[int(c)%len(alphabet)])
		}
	}
	return b.String()[:length]
}

const (
	letters    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	tokenChars = letters + "+/="
	capitals   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

var (
	longToken      = secret{"the token of 5000 characters", noise("long", 5000, tokenChars)}
	optionToken    = secret{"the token of WithToken", noise("option", 200, tokenChars)}
	plainToken     = secret{"the token of letters", noise("plain", 80, letters)} // fit for the name of a header
	oddToken       = secret{"the odd token", `T0k"en\<odd>&+/=%` + noise("odd", 40, tokenChars)}
	escapedToken   = secret{"the token with escapes in it", "T%2Bk/e&amp;n/" + strings.ReplaceAll(noise("escaped", 30, letters), "a", "/%2F&lt;")}
	iamToken       = secret{"IAM's token", noise("iam", 300, tokenChars)}
	password       = secret{"the password", `Pä ss"w\örd&+/=<é>` + noise("password", 20, tokenChars)}
	accessKey      = secret{"the access key", noise("access", 20, capitals)}
	secretKey      = secret{"the secret key", noise("secret", 40, tokenChars)}
	securityToken  = secret{"the security token", noise("security", 150, tokenChars)}
	metadataToken  = secret{"the metadata token", noise("metadata", 56, tokenChars)}
	instanceKey    = secret{"the instance's access key", noise("instance access", 20, capitals)}
	instanceSecret = secret{"the instance's secret key", noise("instance secret", 40, tokenChars)}
	instanceToken  = secret{"the instance's security token", noise("instance security", 150, tokenChars)}
	ownHeader      = secret{"the header of the user's authenticator", noise("own", 64, tokenChars)}
	bearer         = secret{"the bearer token of the user's authenticator", noise("bearer", 64, tokenChars)}
	proxyPassword  = secret{"the proxy's password", `pr0xy p&ss/w+rd=ü"` + noise("proxy", 20, letters)}
)

// spelling is a way in which a response may repeat a secret.
type spelling struct {
	name string
	text func(string) string // into plain text
	json func(string) string // between the quotes of a JSON string; nil: text, escaped
}

// escaped returns s for a JSON string, without its quotes and with as few escapes as JSON
// allows.
func escaped(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	return strings.Trim(strings.TrimSuffix(b.String(), "\n"), `"`)
}

// each formats every character that is neither a letter nor a digit.
func each(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r < utf8.RuneSelf && strings.ContainsRune(letters, r) {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, format, r)
			}
		}
		return b.String()
	}
}

// percent formats every byte that is neither a letter nor a digit.
func percent(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if strings.IndexByte(letters, s[i]) >= 0 {
				b.WriteByte(s[i])
			} else {
				fmt.Fprintf(&b, format, s[i])
			}
		}
		return b.String()
	}
}

// based returns the base64 of the secret after a text, which determines the alignment.
func based(encoding *base64.Encoding, before string) func(string) string {
	return func(s string) string { return encoding.EncodeToString([]byte(before + s)) }
}

// part returns a part of a secret: a share of it, but at least least characters.
func part(share float64, least int, fromEnd bool) func(string) string {
	return func(s string) string {
		runes := []rune(s)
		n := min(max(int(float64(len(runes))*share), least), len(runes))
		if fromEnd {
			return string(runes[len(runes)-n:])
		}
		return string(runes[:n])
	}
}

func spellings() []spelling {
	same := func(s string) string { return s }
	solidus := func(s string) string { return strings.ReplaceAll(escaped(s), "/", `\/`) }
	marshalled := func(s string) string {
		data, _ := json.Marshal(s)
		return strings.Trim(string(data), `"`)
	}
	twice := func(s string) string { return escaped(escaped(s)) }
	twiceUnicode := func(s string) string { return escaped(each(`\u%04x`)(s)) }
	both := func(name string, write func(string) string) spelling { return spelling{name, write, write} }
	return []spelling{
		{name: "raw", text: same},
		both(`\u002b`, each(`\u%04x`)),
		both(`\u002B`, each(`\u%04X`)),
		both(`\/`, solidus),
		both("encoding/json", marshalled),
		{name: "%2B", text: percent("%%%02X")},
		{name: "%2b", text: percent("%%%02x")},
		{name: "url.QueryEscape", text: url.QueryEscape},
		{name: "url.PathEscape", text: url.PathEscape},
		{name: "&#43;", text: each("&#%d;")},
		{name: "&#x2B;", text: each("&#x%X;")},
		{name: "&amp;", text: html.EscapeString},
		{name: "base64", text: based(base64.StdEncoding, "")},
		{name: "base64, URL-safe", text: based(base64.RawURLEncoding, "")},
		{name: "base64 of u:secret", text: based(base64.StdEncoding, "u:")},
		{name: "base64 of us:secret", text: based(base64.StdEncoding, "us:")},
		{name: "base64 of use:secret", text: based(base64.StdEncoding, "use:")},
		{name: "base64 of u:secret, URL-safe", text: based(base64.URLEncoding, "u:")},
		both("JSON in JSON", twice),
		both("JSON in JSON, \\u002b", twiceUnicode),
		{name: "three quarters", text: part(0.75, leastPart, false)},
		{name: "the last three quarters", text: part(0.75, leastPart, true)},
		{name: "a beginning", text: part(0, leastPart, false)},
		{name: "an end", text: part(0, leastPart, true)},
	}
}

// someSpellings represent all spellings in tests about forms.
func someSpellings() []spelling {
	var some []spelling
	for _, s := range spellings() {
		switch s.name {
		case "raw", `\u002B`, "%2b", "base64 of u:secret", "three quarters":
			some = append(some, s)
		}
	}
	return some
}

func rawSpelling() spelling { return spellings()[0] }

// echo is what a response repeats from a request.
type echo struct {
	secrets  []secret
	spelling spelling
}

func (e echo) join(write func(string) string) string {
	var b strings.Builder
	for _, s := range e.secrets {
		b.WriteString("|" + write(s.value))
	}
	return b.String() + "|"
}

// text returns the echo in plain text.
func (e echo) text() string { return e.join(e.spelling.text) }

// json returns the echo for a JSON string, without its quotes.
func (e echo) json() string {
	if e.spelling.json != nil {
		return e.join(e.spelling.json)
	}
	return escaped(e.text())
}

// The places of an echo in the templates below: plain, and in JSON within a JSON string.
const (
	place      = "§"
	innerPlace = "¶"
)

func (e echo) fillText(template string) string { return strings.ReplaceAll(template, place, e.text()) }

func (e echo) fillJSON(template string) string {
	return strings.NewReplacer(place, e.json(), innerPlace, escaped(e.json())).Replace(template)
}

// form is a way to respond with an echo: bytes on a connection, or the result of a user's
// round tripper.
type form struct {
	name      string
	raw       func(r *http.Request, e echo) string
	roundTrip func(r *http.Request, e echo) (*http.Response, error)
}

// http1 returns a well-formed response. header has complete lines.
func http1(status int, header, body string) string {
	if !strings.Contains(header, "Content-Type:") {
		header += "Content-Type: application/json\r\n"
	}
	if status != http.StatusNoContent {
		header += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return fmt.Sprintf("HTTP/1.1 %d %s\r\n%s\r\n%s", status, http.StatusText(status), header, body)
}

// onWire returns a form whose bytes come from a template.
func onWire(name, template string) form {
	return form{name: name, raw: func(_ *http.Request, e echo) string { return e.fillText(template) }}
}

// inHeader returns a well-formed form with an echo in its headers.
func inHeader(name string, status int, header string) form {
	return form{name: fmt.Sprint(status, " with the echo in ", name), raw: func(_ *http.Request, e echo) string {
		return http1(status, e.fillText(header), "")
	}}
}

// inJSON returns a well-formed form with an echo in the JSON of its body.
func inJSON(name string, status int, template string) form {
	return form{name: fmt.Sprint(status, " ", name), raw: func(_ *http.Request, e echo) string {
		return http1(status, "", e.fillJSON(template))
	}}
}

// inText returns a well-formed form with an echo in the plain text of its body.
func inText(name string, status int, contentType, template string) form {
	return form{name: fmt.Sprint(status, " ", name), raw: func(_ *http.Request, e echo) string {
		return http1(status, "Content-Type: "+contentType+"\r\n", e.fillText(template))
	}}
}

const (
	ok1      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	chunked1 = ok1 + "Transfer-Encoding: chunked\r\n"
	chunk1   = "c\r\n{\"id\":\"e-1\"}\r\n"
)

// malformedForms are responses that are not, or barely, HTTP, with the echo where net/http
// would quote it.
func malformedForms() []form {
	return []form{
		onWire("reason", "HTTP/1.1 400 §\r\nContent-Length: 0\r\n\r\n"),
		onWire("reason of a success", "HTTP/1.1 200 §\r\nContent-Length: 0\r\n\r\n"),
		onWire("protocol name", "§/1.1 200 OK\r\n\r\n"),
		onWire("protocol version", "HTTP/§ 200 OK\r\n\r\n"),
		onWire("status", "HTTP/1.1 § OK\r\n\r\n"),
		onWire("status of four digits", "HTTP/1.1 2000§ OK\r\n\r\n"),
		onWire("status line", "§\r\n\r\n"),
		onWire("status line without an end", "§"),
		onWire("bytes before the status line", "§\r\n"+ok1+"Content-Length: 0\r\n\r\n"),
		onWire("TLS alert", "\x15\x03\x01\x00\x02\x02\x28§"),
		onWire("Content-Length", ok1+"Content-Length: §\r\n\r\n"),
		onWire("second Content-Length", ok1+"Content-Length: 5\r\nContent-Length: §\r\n\r\nabcde"),
		onWire("two words in Content-Length", ok1+"Content-Length: 5, §\r\n\r\nabcde"),
		onWire("Transfer-Encoding", ok1+"Transfer-Encoding: §\r\n\r\n"),
		onWire("second Transfer-Encoding", ok1+"Transfer-Encoding: chunked\r\nTransfer-Encoding: §\r\n\r\n"),
		onWire("Trailer", chunked1+"Trailer: Content-Length, §\r\n\r\n0\r\n\r\n"),
		onWire("header name", ok1+"§: x\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}"),
		onWire("header name with a space", ok1+"X-§ : x\r\nContent-Length: 0\r\n\r\n"),
		onWire("header value", ok1+"X-Echo: §\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}"),
		onWire("header value with a control character", ok1+"X-Echo: §\x01\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}"),
		onWire("line without a colon", ok1+"§\r\nContent-Length: 0\r\n\r\n"),
		onWire("line of a colon alone", ok1+": §\r\nContent-Length: 0\r\n\r\n"),
		onWire("folded header", ok1+"X-Echo: a\r\n §\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}"),
		onWire("folded first header", "HTTP/1.1 200 OK\r\n §\r\nContent-Length: 0\r\n\r\n"),
		onWire("headers that break off", ok1+"X-Echo: §"),
		onWire("headers without end", ok1+"X-Echo: §\r\nX-Fill: "+strings.Repeat("x", 300<<10)+"\r\n\r\n"),
		onWire("chunk size", chunked1+"\r\n§\r\n"),
		onWire("chunk extension", chunked1+"\r\nc;§\r\n{\"id\":\"e-1\"}\r\n0\r\n\r\n"),
		onWire("bytes behind a chunk", chunked1+"\r\nc\r\n{\"id\":\"e-1\"}§\r\n0\r\n\r\n"),
		onWire("trailer", chunked1+"Trailer: X-Echo\r\n\r\n"+chunk1+"0\r\nX-Echo: §\r\n\r\n"),
		onWire("trailer name", chunked1+"\r\n"+chunk1+"0\r\n§: x\r\n\r\n"),
		onWire("malformed trailer", chunked1+"\r\n"+chunk1+"0\r\n§\r\n\r\n"),
		onWire("malformed trailer of an error", strings.Replace(chunked1, "200 OK", "503 x", 1)+"\r\n"+chunk1+"0\r\n§\r\n\r\n"),
		onWire("body that is cut", ok1+"Content-Length: 1000000\r\n\r\n{\"id\":\"e-1\",\"description\":\"§"),
		onWire("ID that is cut", ok1+"Content-Length: 1000000\r\n\r\n{\"id\":\"§"),
		onWire("ID before a cut", ok1+"Content-Length: 1000000\r\n\r\n{\"id\":\"§\",\"descr"),
		onWire("error that is cut", "HTTP/1.1 500 x\r\nContent-Length: 1000000\r\n\r\n{\"error_msg\":\"§"),
		onWire("text that is cut", "HTTP/1.1 403 x\r\nContent-Length: 1000000\r\n\r\n§"),
		onWire("broken gzip", ok1+"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n§"),
		onWire("gzip broken inside", ok1+"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00§"),
		onWire("name of a file in gzip", ok1+"Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x00§\x00xx"),
		onWire("Content-Encoding", ok1+"Content-Encoding: §\r\nContent-Length: 12\r\n\r\n{\"id\":\"e-1\"}"),
		onWire("early hints", "HTTP/1.1 103 §\r\nLink: §\r\n\r\n"+ok1+"Content-Length: 0\r\n\r\n"),
		onWire("other protocol", "HTTP/1.1 101 §\r\nUpgrade: §\r\nConnection: Upgrade\r\n\r\n§"),
		onWire("redirect to what is no URL", "HTTP/1.1 307 x\r\nLocation: http://x:bad/?§\r\nContent-Length: 0\r\n\r\n"),
		onWire("redirect with a password", "HTTP/1.1 302 x\r\nLocation: https://u:§@other.example/\r\nContent-Length: 0\r\n\r\n"),
		onWire("HTML", "HTTP/1.1 200 OK\r\nContent-Type: text/html; a=§\r\nContent-Length: 1000\r\n\r\n<html>§"),
	}
}

// headerForms are responses whose headers repeat a secret.
func headerForms() []form {
	var forms []form
	for _, status := range []int{200, 302, 400, 429} {
		for _, name := range []string{"X-Request-Id", "Location", "Retry-After", "Date", "X-Other", "Set-Cookie", "Www-Authenticate", "Proxy-Authenticate", "Warning", "Content-Type"} {
			forms = append(forms, inHeader(name, status, name+": §\r\n"))
		}
	}
	return forms
}

// namedHeaderForms repeat a secret as the name of a header, also with changed case. They are
// for secrets whose characters are allowed in a name.
func namedHeaderForms() []form {
	var forms []form
	for name, change := range map[string]func(string) string{
		"as it is": func(s string) string { return s }, "in lower case": strings.ToLower, "in upper case": strings.ToUpper,
	} {
		forms = append(forms, form{name: "header name " + name, raw: func(_ *http.Request, e echo) string {
			return http1(200, change(e.text())+": x\r\nX-"+change(e.text())+": y\r\n", `{"id":"e-1"}`)
		}}, form{name: "malformed header name " + name, raw: func(_ *http.Request, e echo) string {
			return http1(200, change(e.text())+"\r\n", "")
		}}, form{name: "trailer name " + name, raw: func(_ *http.Request, e echo) string {
			return chunked1 + "Trailer: " + change(e.text()) + "\r\n\r\n" + chunk1 + "0\r\n" + change(e.text()) + ": x\r\n\r\n"
		}})
	}
	return forms
}

// errorShapes are the bodies of errors, by the name of their shape. The code can be one that means something.
func errorShapes(code string) map[string]string {
	detail := `{"error_code":"§","error_msg":"§","encoded_authorization_message":"§","§":"§"}`
	tail := `"request_id":"§","encoded_authorization_message":"§","details":[` + detail + `],"§":["§","¶"]}`
	return map[string]string{
		"flat":         `{"error_code":"` + code + `","error_msg":"§",` + tail,
		"nested":       `{"error":{"code":"` + code + `","message":"§","details":[` + detail + `],"encoded_authorization_message":"§"},"request_id":"§"}`,
		"nested array": `{"error":[{"error_code":"` + code + `","error_msg":"§ ¶"}],` + tail,
		"bare":         `{"error":"§",` + tail,
		"plain":        `{"code":"` + code + `","message":"§",` + tail,
		"title":        `{"title":"§","code":"` + code + `",` + tail,
		"JSON array":   `["§",{"error_msg":"§"}]`,
		"JSON cut":     `{"error_code":"` + code + `","error_msg":"§`,
		"JSON wrong":   `{"error_code":"` + code + `","error_msg":"§"} §`,
		"JSON in JSON": `{"error_code":"` + code + `","error_msg":"{\"message\":\"¶\"}"}`,
	}
}

var taintStatuses = []int{200, 201, 204, 299, 302, 400, 401, 403, 404, 407, 408, 409, 429, 500, 503, 599}

// statusForms are errors of every status in every format.
func statusForms(statuses ...int) []form {
	var forms []form
	for _, status := range statuses {
		for name, template := range errorShapes("§") {
			forms = append(forms, inJSON(name, status, template))
		}
		forms = append(forms,
			inText("text", status, "text/plain", "you sent §"),
			inText("HTML", status, "text/html", "<html><title>§</title>"),
			inText("XML", status, "application/xml", `<?xml version="1.0"?><Error><Code>§</Code></Error>`))
	}
	for name, code := range map[string]string{
		"gone": "EndPoint.2006", "wrong URL": "APIGW.0101", "throttled": "EndPoint.0022", "over the quota": "Endpoint.1018", "deleting": "EndPoint.2027",
	} {
		for _, status := range []int{400, 404} {
			forms = append(forms, inJSON(name, status, errorShapes(code)["nested"]))
		}
	}
	return forms
}

// longForms are errors and responses so long that they are cut off, each at another place of
// an echo.
func longForms() []form {
	var forms []form
	const length = 300 << 10
	for _, status := range []int{200, 400} {
		for _, filler := range []int{7, 3001} {
			long := func(unit string) string {
				return strings.Repeat("x", filler) + strings.Repeat(unit+" ", length/(len(unit)+1)+1)
			}
			name := fmt.Sprintf("long from %d on", filler)
			forms = append(forms, form{name: fmt.Sprint(status, " text ", name), raw: func(_ *http.Request, e echo) string {
				return http1(status, "Content-Type: text/plain\r\n", long(e.text()))
			}}, form{name: fmt.Sprint(status, " JSON ", name), raw: func(_ *http.Request, e echo) string {
				return http1(status, "", `{"error_code":"X.1","error_msg":"`+long(e.json())+`"}`)
			}}, form{name: fmt.Sprint(status, " cut JSON ", name), raw: func(_ *http.Request, e echo) string {
				return "HTTP/1.1 500 x\r\nContent-Length: 1000000\r\n\r\n" + `{"error_msg":"` + long(e.json())
			}})
		}
	}
	return forms
}

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

// zippedForms are well-formed and compressed.
func zippedForms() []form {
	compressed := func(status int, template string) form {
		return form{name: fmt.Sprint(status, " gzip"), raw: func(_ *http.Request, e echo) string {
			return http1(status, "Content-Encoding: gzip\r\n", zipped(e.fillJSON(template)))
		}}
	}
	cut := form{name: "gzip that is cut", raw: func(_ *http.Request, e echo) string {
		whole := zipped(e.fillJSON(`{"error_code":"§","error_msg":"§ ` + noise("zip", 3000, letters) + `"}`))
		return http1(500, "Content-Encoding: gzip\r\n", whole[:len(whole)-1000])
	}}
	return []form{compressed(400, errorShapes("§")["flat"]), compressed(200, `{"id":"§","description":"§","§":"§"}`), cut}
}

// fieldError is a user's error whose fields show more than its text.
type fieldError struct {
	Header http.Header
	text   string
}

func (e *fieldError) Error() string { return e.text }

// valueError is one without a pointer.
type valueError struct{ Sent string }

func (valueError) Error() string { return "failed" }

// failingBody is a body that ends with an error.
type failingBody struct {
	io.Reader
	err error
}

func (b failingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = b.err
	}
	return n, err
}

func (failingBody) Close() error { return nil }

// tripForms are what a user's round tripper can return: errors that quote the request in
// their text or hold it in their fields, in one chain or several.
func tripForms() []form {
	plain := func(e echo) error { return fmt.Errorf("cannot send %s", e.text()) }
	kinds := map[string]func(r *http.Request, e echo) error{
		"text":          func(_ *http.Request, e echo) error { return plain(e) },
		"cause":         func(_ *http.Request, e echo) error { return fmt.Errorf("failed: %w", plain(e)) },
		"joined causes": func(_ *http.Request, e echo) error { return errors.Join(io.ErrUnexpectedEOF, plain(e)) },
		"two causes": func(_ *http.Request, e echo) error {
			return fmt.Errorf("%w after %w", io.ErrUnexpectedEOF, &fieldError{text: e.text()})
		},
		"URL": func(r *http.Request, e echo) error {
			return &url.Error{Op: "Get", URL: "https://x/?" + e.text(), Err: errors.New("failed")}
		},
		"field": func(r *http.Request, _ echo) error { return &fieldError{Header: r.Header, text: "failed"} },
		"field below": func(r *http.Request, _ echo) error {
			return fmt.Errorf("failed: %w", &fieldError{Header: r.Header, text: "failed"})
		},
		"value":        func(_ *http.Request, e echo) error { return valueError{e.text()} },
		"joined value": func(_ *http.Request, e echo) error { return errors.Join(valueError{e.text()}, io.EOF) },
	}
	var forms []form
	for name, kind := range kinds {
		forms = append(forms, form{name: "failure with the echo in its " + name, roundTrip: func(r *http.Request, e echo) (*http.Response, error) {
			return nil, kind(r, e)
		}})
		for _, status := range []int{200, 500} {
			forms = append(forms, form{name: fmt.Sprint(status, ", body with the echo in the ", name, " of its failure"), roundTrip: func(r *http.Request, e echo) (*http.Response, error) {
				body := failingBody{strings.NewReader(`{"id":"e-1",`), kind(r, e)}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: body, ContentLength: -1, Request: r}, nil
			}})
		}
	}
	return forms
}
