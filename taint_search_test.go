package vpcep_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vpcep/vpcep-go"
)

// output is something that came out of the library.
type output struct{ name, text string }

// harvest is everything that came out of one call.
type harvest struct {
	outputs []output
	err     error // of the call
	seen    map[string]bool
}

func (h *harvest) add(name, text string) {
	if text == "" || h.seen[text] {
		return
	}
	if h.seen == nil {
		h.seen = map[string]bool{}
	}
	h.seen[text] = true
	h.outputs = append(h.outputs, output{name, text})
}

// commonVerbs are the verbs commonly used to print errors and results.
var commonVerbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x"}

func (h *harvest) print(name string, v any, verbs []string) {
	for _, verb := range verbs {
		h.add(name+" "+verb, fmt.Sprintf(verb, v))
	}
}

// value collects what a call returned.
func (h *harvest) value(name string, v any) {
	if v == nil {
		return
	}
	data, err := json.Marshal(v)
	if err != nil {
		data = []byte(err.Error())
	}
	h.add(name+" as JSON", string(data))
	h.add(name+" field by field", everything(v))
}

// failure collects an error and all of its causes.
func (h *harvest) failure(name string, err error) {
	for i, node := range chain(err) {
		what := fmt.Sprintf("%s, cause %d, %T", name, i, node)
		if i == 0 {
			what = fmt.Sprintf("%s, %T", name, node)
		}
		h.add(what+" Error", node.Error())
		h.print(what, node, commonVerbs)
		h.print(what+" in a struct", struct{ Err error }{node}, []string{"%+v"})
		h.value(what, node)
	}
	if err != nil {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Error("failed", "error", err)
		slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "error", err, "value", struct{ Err error }{err})
		h.add(name+" in a log", log.String())
	}
}

// chain returns an error with all its causes, including those of errors.Join and of several
// %w.
func chain(err error) (nodes []error) {
	for queue := []error{err}; len(queue) > 0 && len(nodes) < 100; queue = queue[1:] {
		if queue[0] == nil {
			continue
		}
		nodes = append(nodes, queue[0])
		switch node := queue[0].(type) { //nolint:errorlint // it is the chain itself that is walked
		case interface{ Unwrap() error }:
			queue = append(queue, node.Unwrap())
		case interface{ Unwrap() []error }:
			queue = append(queue, node.Unwrap()...)
		}
	}
	return nodes
}

// everything returns each string in a value, even behind pointers and in unexported fields.
func everything(v any) string {
	w := walker{visited: map[visit]bool{}}
	w.walk(reflect.ValueOf(v), 0)
	return w.text.String()
}

type visit struct {
	at uintptr
	is reflect.Type
}

type walker struct {
	text    strings.Builder
	visited map[visit]bool
}

var (
	clientType    = reflect.TypeFor[vpcep.Client]()
	transportType = reflect.TypeFor[http.Transport]()
)

func (w *walker) walk(v reflect.Value, depth int) {
	if !v.IsValid() || depth > 20 || v.Type() == clientType || v.Type() == transportType {
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.text.WriteString(v.String() + "\n")
	case reflect.Pointer:
		at := visit{v.Pointer(), v.Type()}
		if !v.IsNil() && !w.visited[at] {
			w.visited[at] = true
			w.walk(v.Elem(), depth+1)
		}
	case reflect.Interface:
		w.walk(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			w.walk(v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		w.elements(v, depth)
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			w.walk(entries.Key(), depth+1)
			w.walk(entries.Value(), depth+1)
		}
	}
}

func (w *walker) elements(v reflect.Value, depth int) {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		w.text.WriteString(string(v.Bytes()) + "\n")
		return
	}
	for i := range v.Len() {
		w.walk(v.Index(i), depth+1)
	}
}

// leak is a secret, or a part of one, in an output.
type leak struct {
	secret  secret
	reading string // how the output was read where it is not seen at once
	near    string
}

// parts returns the texts that give a secret away.
func (s secret) parts() []string {
	runes := []rune(s.value)
	if len(runes) <= leastPart {
		return []string{s.value}
	}
	return []string{string(runes[:leastPart]), string(runes[len(runes)-leastPart:])}
}

// find searches a text for secrets, in every way to read it. The name of a header may have
// changed its case.
func find(text string, secrets []secret) (found leak, leaks bool) {
	for _, reading := range readings(text) {
		for _, s := range secrets {
			for _, part := range s.parts() {
				if i := strings.Index(reading.text, part); i >= 0 {
					return leak{s, reading.name, excerpt(reading.text, i)}, true
				}
			}
		}
	}
	lower := lowerCase(text)
	for _, s := range secrets {
		for _, part := range s.parts() {
			if i := strings.Index(lower, lowerCase(part)); i >= 0 {
				return leak{s, "but for letter case", excerpt(lower, i)}, true
			}
		}
	}
	return leak{}, false
}

func lowerCase(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func excerpt(text string, i int) string {
	return strings.ToValidUTF8(text[max(0, i-40):min(len(text), i+12)], "?")
}

// readings returns the ways to read a text: unchanged, unescaped repeatedly, and what it
// contains in base64 or in hexadecimal.
func readings(text string) []output {
	all := []output{{"as it is", text}}
	add := func(name, reading string) {
		if !slices.ContainsFunc(all, func(o output) bool { return o.text == reading }) {
			all = append(all, output{name, reading})
		}
	}
	plain, name := text, "unescaped"
	for range 3 {
		for _, step := range []struct {
			name string
			read func(string) string
		}{{"JSON", unescapeJSON}, {"URL", unescapeURL}, {"HTML", html.UnescapeString}} {
			if next := step.read(plain); next != plain {
				plain, name = next, name+", "+step.name
				add(name, plain)
			}
		}
	}
	if strings.Contains(text, "%") {
		add("unescaped, query", unescapeURL(strings.ReplaceAll(unescapeJSON(text), "+", " ")))
	}
	for _, reading := range slices.Clone(all) {
		add(reading.name+", base64", unbased(reading.text))
	}
	add("hexadecimal", unhexed(text))
	return all
}

// unescapeJSON undoes backslash escapes of JSON and Go, and leaves everything else unchanged.
func unescapeJSON(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found || after == "" {
			return b.String()
		}
		text, length := escape(after)
		b.WriteString(text)
		s = after[length:]
	}
}

// escape reads what follows a backslash.
func escape(s string) (text string, length int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits > 0 && len(s) > digits {
		if n, err := strconv.ParseUint(s[1:1+digits], 16, 32); err == nil {
			if s[0] == 'x' {
				return string([]byte{byte(n)}), 1 + digits
			}
			return string(rune(n)), 1 + digits
		}
	}
	if s[0] < utf8.RuneSelf && strings.IndexByte(`"\/'`, s[0]) >= 0 {
		return s[:1], 1
	}
	return `\`, 0
}

// unescapeURL decodes each percent sign followed by two digits.
func unescapeURL(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// runs returns the longest pieces of a text that consist only of the given characters.
func runs(text string, least int, isOne func(byte) bool) (all []string) {
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isOne(text[i]) {
			continue
		}
		if i-start >= least {
			all = append(all, text[start:i])
		}
		start = i + 1
	}
	return all
}

// unbased returns what a text contains in base64, at any offset.
func unbased(text string) string {
	var b strings.Builder
	isOne := func(c byte) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
	}
	urlSafe := strings.NewReplacer("-", "+", "_", "/")
	for _, run := range runs(text, leastPart*4/3, isOne) {
		run = urlSafe.Replace(run)
		for at := range 4 {
			piece := run[at:]
			piece = piece[:len(piece)/4*4]
			data, _ := base64.StdEncoding.DecodeString(piece)
			b.Write(data)
			b.WriteByte('\n')
			rest, _ := base64.RawStdEncoding.DecodeString(run[at+len(piece):])
			if len(rest) > 0 && len(data) > 0 {
				b.Write(data[max(0, len(data)-3*leastPart):])
				b.Write(rest)
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

// unhexed returns what a text contains in hexadecimal.
func unhexed(text string) string {
	var b strings.Builder
	isOne := func(c byte) bool {
		return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	}
	for _, run := range runs(text, 2*leastPart, isOne) {
		for at := range 2 {
			piece := run[at:]
			data, _ := hex.DecodeString(piece[:len(piece)/2*2])
			b.Write(data)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// ledger records what was driven and what leaked.
type ledger struct {
	t     *testing.T
	tried int
	leaks []string
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{t: t}
	t.Cleanup(func() { l.in(t).report() })
	return l
}

// in returns the ledger for a bubble within l's test, which has another context.
func (l *ledger) in(t *testing.T) *ledger {
	l.t = t
	return l
}

// check searches the output of a path, and records one line if it leaks.
func (l *ledger) check(path string, h *harvest, secrets []secret) {
	l.tried++
	var all strings.Builder
	for _, o := range h.outputs {
		all.WriteString(o.text + "\n")
	}
	if _, leaks := find(all.String(), secrets); !leaks {
		return
	}
	var first leak
	var names []string
	for _, o := range h.outputs {
		if found, leaks := find(o.text, secrets); leaks {
			if names = append(names, o.name); len(names) == 1 {
				first = found
			}
		}
	}
	if len(names) == 0 {
		return // two outputs in a row, by chance
	}
	more := ""
	if len(names) > 1 {
		more = fmt.Sprintf(" and %d more outputs", len(names)-1)
	}
	l.leaks = append(l.leaks, fmt.Sprintf("%s: %s%s: %s (%s): …%s…", path, names[0], more, first.secret.name, first.reading, first.near))
}

// mostLines is how many leaks a test prints, unless it is run with -v.
const mostLines = 25

func (l *ledger) report() {
	l.t.Helper()
	l.t.Logf("%d combinations", l.tried)
	slices.Sort(l.leaks)
	for i, line := range l.leaks {
		if i == mostLines && !testing.Verbose() {
			l.t.Errorf("and %d more leaks of %d combinations", len(l.leaks)-i, l.tried)
			return
		}
		l.t.Errorf("%.600q", line)
	}
}

// marshalled returns a value in the formats that call its methods.
func marshalled(v any) string {
	var b strings.Builder
	for _, write := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
		data, err := write(v)
		b.Write(data)
		if err != nil {
			b.WriteString(err.Error())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The search finds secrets, and nothing else.
func TestSecretsAreFoundInEverySpelling(t *testing.T) {
	for _, s := range []secret{longToken, oddToken, password, accessKey, secretKey, proxyPassword} {
		for _, spelling := range spellings() {
			e := echo{[]secret{s}, spelling}
			encoded, err := json.Marshal(map[string]string{"m": e.text()})
			if err != nil {
				t.Fatal(err)
			}
			for how, text := range map[string]string{
				"text": "x" + e.text() + "y", "JSON": `{"m":"` + e.json() + `"}`, "text in JSON": string(encoded),
				"quoted": fmt.Sprintf("%q", e.text()), "hexadecimal": fmt.Sprintf("{%x}", e.text()),
			} {
				if how == "hexadecimal" && spelling.name != "raw" {
					continue
				}
				if _, leaks := find(text, []secret{s}); !leaks {
					t.Errorf("%s as %s in %s is not found in %.300q", s.name, spelling.name, how, text)
				}
			}
		}
	}
	for _, text := range []string{"", "[redacted]", longToken.value[100:4000], longToken.value[:leastPart-1], password.value[3:10]} {
		if found, leaks := find(text, []secret{longToken, password}); leaks {
			t.Errorf("%q is taken for %s", text, found.secret.name)
		}
	}
}

// Every error in a tree of causes is searched.
func TestAllCausesAreWalked(t *testing.T) {
	hidden := errors.New("hidden")
	err := fmt.Errorf("a: %w", errors.Join(errors.New("b"), fmt.Errorf("%w and %w", errors.New("c"), &vpcep.OutcomeUnknownError{Err: hidden})))
	if !slices.Contains(chain(err), hidden) {
		t.Errorf("not among %v", chain(err))
	}
}
