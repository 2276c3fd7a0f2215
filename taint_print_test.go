package vpcep_test

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// printed is a value that holds a secret, directly or indirectly.
type printed struct {
	name  string
	value any
	// isPlain says that the secret is in a field that users read. Package fmt shows such
	// fields with %p and %w, which go vet reports as mistakes, and inside unexported fields of
	// other values.
	isPlain bool
}

// used returns a source that has already provided a token, so that it holds one.
func used(t *testing.T, src vpcep.TokenSource) vpcep.TokenSource {
	t.Helper()
	_, err := src.Token(t.Context())
	require.NoError(t, err)
	return src
}

// usedClient returns a client that has already sent a request.
func usedClient(t *testing.T, auth vpcep.Authenticator) *vpcep.Client {
	t.Helper()
	service := &tainted{plain: 1 << 30}
	c, err := vpcep.NewClient(settings(vpcep.WithAuth(auth), vpcep.WithBaseURL("http://vpcep.example"), vpcep.WithPlaintextHTTP(), vpcep.WithHTTPClient(service.client()))...)
	require.NoError(t, err)
	_, err = c.GetEndpoint(t.Context(), "e-1")
	require.NoError(t, err)
	return c
}

func printedValues(t *testing.T) []printed {
	t.Helper()
	s := &tainted{plain: 1 << 30}
	login := loginAt(s.client())
	instance := credentialNamed("DefaultAuth of the metadata service").auth(t)
	require.NoError(t, instance.Authenticate(newRequest(t)))
	values := []printed{
		{"Token", vpcep.Token{Value: plainToken.value}, true},
		{"AKSKConfig", tempKeys, true},
		{"IAMPasswordConfig", login, true},
		{"ProjectLookupConfig", vpcep.ProjectLookupConfig{Region: "r-1", Auth: vpcep.AKSK(tempKeys)}, false},
		{"StaticToken", vpcep.StaticToken(plainToken.value), false},
		{"CachedToken of StaticToken", used(t, vpcep.CachedToken(vpcep.StaticToken(plainToken.value))), false},
		{"CachedToken of IAMPassword", used(t, vpcep.CachedToken(vpcep.IAMPassword(login))), false},
		{"IAMPassword", used(t, vpcep.IAMPassword(login)), false},
		{"TokenAuth of CachedToken", vpcep.TokenAuth(used(t, vpcep.CachedToken(vpcep.IAMPassword(login)))), false},
		{"DefaultAuth of the metadata service, used", instance, false},
		{"options", []vpcep.Option{vpcep.WithToken(plainToken.value), vpcep.WithAuth(vpcep.AKSK(tempKeys))}, false},
	}
	for _, cred := range credentials() {
		if cred.name == "an authenticator around AKSK" || cred.name[:3] != "an " {
			auth := cred.auth(t)
			values = append(values, printed{"authenticator: " + cred.name, auth, false},
				printed{"client: " + cred.name, usedClient(t, auth), false}, printed{"*client: " + cred.name, *usedClient(t, auth), false})
		}
	}
	return values
}

func newRequest(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://vpcep.example", nil)
	require.NoError(t, err)
	return req
}

func credentialNamed(name string) credential {
	for _, cred := range credentials() {
		if cred.name == name {
			return cred
		}
	}
	panic("no credential " + name)
}

// holder holds a value as users might, in fields of several kinds.
type holder struct {
	Field  any
	List   []any
	Map    map[string]any
	Nested struct{ Deep struct{ Deeper any } }
}

// embedding has the methods of what it embeds. If it embedded several types with the same
// methods, encoding/json would see only their fields.
type embedding struct {
	vpcep.AKSKConfig
	Note string
}

// attributes are fields that encoding/xml writes as attributes instead of elements.
type attributes struct {
	Token vpcep.Token      `xml:",attr"`
	Keys  vpcep.AKSKConfig `xml:"keys,attr"`
	Text  vpcep.Token      `xml:",chardata"`
}

// containers are the ways in which users hold a value.
func containers(p printed) map[string]any {
	v := p.value
	all := map[string]any{
		"itself": v, "pointer to an interface": &v, "list": []any{v}, "array": [1]any{v}, "map": map[string]any{"k": v},
		"field": struct{ Field any }{v}, "pointer to a struct": &struct{ Field any }{v},
	}
	h := holder{Field: v, List: []any{v, &v}, Map: map[string]any{"k": v}}
	h.Nested.Deep.Deeper = v
	all["holder"], all["pointer to a holder"] = h, &h
	switch v := v.(type) {
	case vpcep.Token:
		all["key of a map"], all["pointer"], all["list of pointers"] = map[vpcep.Token]int{v: 1}, &v, []*vpcep.Token{&v}
		all["attributes"] = attributes{Token: v, Keys: tempKeys, Text: v}
	case vpcep.AKSKConfig:
		all["key of a map"], all["pointer"], all["embedded"] = map[vpcep.AKSKConfig]int{v: 1}, &v, embedding{v, "note"}
	case vpcep.IAMPasswordConfig:
		all["pointer"], all["array of values"] = &v, [2]vpcep.IAMPasswordConfig{v, v}
	}
	if !p.isPlain {
		all["unexported field"] = struct{ field any }{v}
		all["pointer to an unexported field"] = &struct{ field any }{v}
		all["list of unexported fields"] = []struct{ field any }{{v}}
	}
	return all
}

// shown returns a value in every way to print, log or marshal it.
func shown(v any, verbs string) *harvest {
	h := new(harvest)
	for _, verb := range verbs {
		for _, flag := range []string{"", "+", "#"} {
			format := "%" + flag + string(verb)
			h.add("fmt "+format, fmt.Sprintf(format, v))
		}
	}
	noVerb := "text" // a mistake that people make
	h.add("fmt, without a verb", fmt.Sprintf(noVerb, []any{v}...))
	h.add("fmt.Sprint", fmt.Sprint(v)+fmt.Sprintln(v))
	h.add("fmt.Errorf", fmt.Errorf("failed: %v", v).Error())
	h.add("encoding/json and encoding/xml", marshalled(v))
	if indented, err := json.MarshalIndent(map[string]any{"v": v}, "", " "); err == nil {
		h.add("encoding/json, indented", string(indented))
	}
	if element, err := xml.Marshal(struct{ V any }{v}); err == nil {
		h.add("encoding/xml, element", string(element))
	}
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText()
		h.add("MarshalText", string(text))
	}
	if m, ok := v.(encoding.TextAppender); ok {
		text, _ := m.AppendText(nil)
		h.add("AppendText", string(text))
	}
	if s, ok := v.(fmt.Stringer); ok {
		h.add("String", s.String())
	}
	if s, ok := v.(fmt.GoStringer); ok {
		h.add("GoString", s.GoString())
	}
	if s, ok := v.(slog.LogValuer); ok {
		h.add("LogValue", s.LogValue().Resolve().String())
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		logger := slog.New(handler).With("with", v).WithGroup("group")
		logger.LogAttrs(context.Background(), slog.LevelInfo, "m", slog.Any("value", v), slog.Group("inner", "value", v), slog.Any("list", []any{v}))
	}
	h.add("slog", log.String())
	return h
}

const allVerbs = "abcdefghijklmnoqrstuvxyzABCDEFGHIJKLMNOPQRSUVWXYZ" // without %p, %w and %T

// Nothing that is printed, logged or marshaled shows a credential, even inside other values.
func TestPrintedValuesLeakNothing(t *testing.T) {
	l := newLedger(t)
	secrets := []secret{
		longToken, optionToken, plainToken, oddToken, escapedToken, iamToken, password, accessKey, secretKey, securityToken,
		metadataToken, instanceKey, instanceSecret, instanceToken,
	}
	for _, p := range printedValues(t) {
		for where, v := range containers(p) {
			verbs := "vsqxd"
			if where == "itself" || where == "field" {
				verbs = allVerbs
			}
			if !p.isPlain {
				verbs += "pw"
			}
			l.check("print "+p.name+", "+where, shown(v, verbs), secrets)
		}
	}
}
