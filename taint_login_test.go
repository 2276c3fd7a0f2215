package vpcep_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/rawserver"
)

// behindStatusLine inserts a header into any response.
func behindStatusLine(answer, header string) string {
	line, rest, found := strings.Cut(answer, "\r\n")
	if !found {
		return answer
	}
	return line + "\r\n" + header + "\r\n" + rest
}

// loginForms are any responses of IAM, with and without a token in the header.
func loginForms() []form {
	var forms []form
	for _, f := range append(append(malformedForms(), statusForms(200, 201, 204, 302, 400, 401, 403, 429, 500)...), headerForms()[:10]...) {
		withToken := f
		withToken.name += " with a token"
		withToken.raw = func(r *http.Request, e echo) string {
			return behindStatusLine(f.raw(r, e), "X-Subject-Token: "+iamToken.value)
		}
		forms = append(forms, f, withToken)
	}
	return append(forms,
		inHeader("X-Subject-Token", 201, "X-Subject-Token: §\r\n"),
		inHeader("X-Subject-Token, unfit", 201, "X-Subject-Token: § §\r\n"),
		inJSON("token in the body alone", 201, `{"token":{"id":"§","expires_at":"§"},"access":{"token":{"id":"§"}}}`))
}

// The response to a login can repeat the password, and contains a new secret.
func TestLoginsLeakNothing(t *testing.T) {
	for _, as := range someSpellings()[:3] {
		t.Run(as.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			synctest.Test(t, func(t *testing.T) { // IAM is asked again and again
				for _, f := range loginForms() {
					s := &tainted{form: f, spelling: as, secrets: []secret{password, iamToken}}
					source := vpcep.IAMPassword(loginAt(s.client()))
					_, err := source.Token(t.Context())
					h := new(harvest)
					h.failure("Token", err)
					h.print("source", source, commonVerbs)
					l.check("IAMPassword, "+f.name+", "+as.name, h, s.secrets)
				}
			})
		})
	}
}

// A failed login fails the call, too.
func TestLoginsOfACallLeakNothing(t *testing.T) {
	for _, o := range []taintOperation{taintGet, operationNamed("CreateEndpoint with a key"), operationNamed("WaitForEndpoint")} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			synctest.Test(t, func(t *testing.T) {
				for _, f := range append(malformedForms(), statusForms(401, 500)...) {
					s := &tainted{form: f, spelling: rawSpelling(), secrets: []secret{password, iamToken}}
					auth := vpcep.TokenAuth(vpcep.CachedToken(vpcep.IAMPassword(loginAt(s.client()))))
					service := &tainted{plain: 1 << 30}
					h := callWith(t, t.Context(), o, vpcep.WithAuth(auth), vpcep.WithHTTPClient(service.client()))
					l.check(fmt.Sprintf("CachedToken of IAMPassword, %s, login: %s", o, f.name), h, s.secrets)
				}
			})
		})
	}
}

func TestProjectLookupsLeakNothing(t *testing.T) {
	var forms []form
	for _, f := range append(append(append(malformedForms(), statusForms(400, 404, 500)...), successForms()...), tripForms()...) {
		if f.name != "headers without end" {
			forms = append(forms, f)
		}
	}
	for _, name := range []string{"StaticToken of letters", "CachedToken of IAMPassword", "AKSK with a security token", "DefaultAuth of a file", "an authenticator that sets a header"} {
		cred := credentialNamed(name)
		t.Run(cred.name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			auth := cred.auth(t)
			synctest.Test(t, func(t *testing.T) {
				for _, f := range forms {
					s := &tainted{form: f, spelling: rawSpelling(), secrets: cred.secrets}
					id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{
						Region: "r-1", IAMEndpoint: "http://127.0.0.1", Auth: auth, HTTPClient: s.client(),
					})
					h := new(harvest)
					h.add("ID", id)
					h.failure("error", err)
					l.check(cred.name+", LookupProjectID, "+f.name, h, s.all())
				}
			})
		})
	}
}

// The metadata service requires a token, issues one, and returns a key for it; each of the
// three responses can go wrong.
var metadataSteps = map[string]func(r *http.Request) bool{
	"keys":                func(r *http.Request) bool { return r.Method == "GET" && r.Header.Get("X-Metadata-Token") == "" },
	"token":               func(r *http.Request) bool { return r.Method == "PUT" },
	"keys with the token": func(r *http.Request) bool { return r.Header.Get("X-Metadata-Token") != "" },
}

func TestMetadataLeaksNothing(t *testing.T) {
	secrets := []secret{metadataToken, instanceKey, instanceSecret, instanceToken}
	forms := append(malformedForms(), statusForms(200, 401, 500)...)
	for step, isStep := range metadataSteps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			var f form
			first := 0 // the number of the first request that is answered with an echo
			server := metadataAt(t, func(r *http.Request, number int) string {
				if number >= first && isStep(r) {
					return f.raw(r, echo{secrets, rawSpelling()})
				}
				return metadataAnswer(r, number < first)
			})
			for _, f = range forms {
				first = 0
				_, err := vpcep.DefaultAuthAt(func(string) string { return "" }, t.TempDir(), server.URL)
				h := new(harvest)
				h.failure("error", err)
				l.check("DefaultAuth, metadata, "+step+", "+f.name, h, secrets)

				first = server.Requests() + 4 // once it works, and then the keys are renewed
				auth, err := vpcep.DefaultAuthAt(func(string) string { return "" }, t.TempDir(), server.URL)
				require.NoError(t, err)
				service := &tainted{plain: 1 << 30}
				h = callWith(t, t.Context(), taintGet, vpcep.WithAuth(auth), vpcep.WithHTTPClient(service.client()))
				l.check("DefaultAuth, metadata renewed, "+step+", "+f.name, h, secrets)
			}
		})
	}
}

// A file that cannot be used is not quoted.
func TestCredentialsFilesLeakNothing(t *testing.T) {
	l := newLedger(t)
	secrets := append([]secret{password}, keySecrets...)
	ak, sk, st := accessKey.value, secretKey.value, securityToken.value
	for name, text := range map[string]string{
		"no section":         "ak=" + ak + "\nsk=" + sk + "\n",
		"no ak":              "[basic]\nsk=" + sk + "\nsecurity_token=" + st + "\n",
		"no sk":              "[basic]\nak=" + ak + "\n",
		"other separator":    "[basic]\nak: " + ak + "\nsk: " + sk + "\n",
		"control characters": "[basic]\nak=" + ak + "\x01\nsk=" + sk + "\x7f\nsecurity_token=" + st + "\x00\n",
		"not ASCII":          "[basic]\nak=ü" + ak + "\nsk=ü" + sk + "\nsecurity_token=ü" + st + "\n",
		"secret as a name":   "[basic]\n" + sk + "=" + ak + "\n" + st + "\n",
		"secret as section":  "[" + sk + "]\nak=" + ak + "\n[basic]\n" + ak + "\n",
		"JSON":               `{"basic":{"ak":"` + ak + `","sk":"` + sk + `"}}`,
		"IAM endpoint":       "[basic]\nak=" + ak + "\nsk=" + sk + "\niam_endpoint=https://user:" + password.value + "@iam.example/\n",
		"IAM endpoint query": "[basic]\nak=" + ak + "\nsk=" + sk + "\niam_endpoint=https://iam.example/?sk=" + sk + "\n",
		"bare line":          "[basic]\nak=" + ak + "\n" + sk + "\n",
		"no name":            "[basic]\n=" + sk + "\n",
		"section, no end":    "[" + sk + "\nak=" + ak + "\n",
		"value, no end":      "[basic]\nak=" + ak + "\nsk=\"\"\"" + sk + "\n",
		"circle":             "[basic]\nak=%(" + ak + ")s\n" + ak + "=%(" + sk + ")s\n" + sk + "=%(" + ak + ")s\nsk=" + sk + "\n",
		"long line":          "[basic]\nak=" + strings.Repeat(ak, 10000) + "\nsk=" + sk + "\n",
		"inline comments":    "[basic]\nak=" + ak + "\x01 ; " + sk + "\nsk=" + sk + "#" + ak + "\n",
		"project":            "[basic]\nak=" + ak + "\nsk=" + sk + "\nproject_id=a/b\n",
	} {
		file := filepath.Join(t.TempDir(), "credentials")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		auth, err := vpcep.DefaultAuthAt(func(name string) string { return map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}[name] }, "", "http://127.0.0.1:1")
		h := new(harvest)
		h.failure("DefaultAuth", err)
		h.print("authenticator", auth, commonVerbs)
		if err == nil {
			_, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "r-1", Auth: auth, HTTPClient: &http.Client{Transport: &tainted{plain: 1 << 30}}})
			h.failure("LookupProjectID", err)
			_, err = vpcep.NewClient(vpcep.WithRegion("r-1"), vpcep.WithAuth(auth))
			h.failure("NewClient", err)
		}
		l.check("credentials file, "+name, h, secrets)
	}
}

// If the clocks are apart, signatures are corrected and errors say so.
func TestClocksApartLeakNothing(t *testing.T) {
	withCredentials(t, taintGet, func(drive func(form, spelling)) {
		for _, f := range statusForms(401) {
			apart := f
			apart.name += " with another date"
			apart.raw = func(r *http.Request, e echo) string {
				return behindStatusLine(f.raw(r, e), "Date: Sat, 01 Jan 2000 00:00:00 GMT")
			}
			for _, as := range someSpellings()[:2] {
				drive(apart, as)
			}
		}
	})
}

// Incomplete or unusable variables are not quoted.
func TestEnvironmentLeaksNothing(t *testing.T) {
	l := newLedger(t)
	for _, names := range [][]string{
		{"HUAWEICLOUD_SDK_AK"}, {"HUAWEICLOUD_SDK_SK"}, {"HW_ACCESS_KEY"}, {"HW_SECRET_KEY", "HW_SECURITY_TOKEN"},
		{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"}, {"HW_AUTH_TOKEN"}, {"HUAWEICLOUD_SDK_CREDENTIALS_FILE"},
	} {
		for _, unfit := range []string{"\x00", "\n", "ü", ""} {
			t.Run("", func(t *testing.T) {
				for _, name := range names {
					if unfit == "\x00" {
						unfit = "\x01"
					}
					t.Setenv(name, secretKey.value+unfit)
				}
				t.Setenv("HOME", t.TempDir())
				auth, err := vpcep.DefaultAuthAt(os.Getenv, t.TempDir(), "http://127.0.0.1:1")
				h := new(harvest)
				if names[0] != "HUAWEICLOUD_SDK_CREDENTIALS_FILE" { // a path is no secret
					h.failure("DefaultAuth", err)
				}
				if err == nil {
					_, err = vpcep.NewClient(vpcep.WithRegion("r-1"), vpcep.WithAuth(auth), vpcep.WithProjectID("p-1"))
					h.failure("NewClient", err)
				}
				l.check(fmt.Sprintf("environment, %v, %q", names, unfit), h, []secret{secretKey})
			})
		}
	}
}

// oddURLs are where people put secrets into a URL.
var oddURLs = []string{
	"https://user:§@host.example", "https://§@host.example", "https://§:x@host.example", "user:§@host.example", "https:user:§@host.example",
	"https:/user:§@host.example", "https:///user:§@host.example", "//user:§@host.example", "https://user:§@host.example/v1/p-1",
	"https://user:§%zz@host.example", "https://user:§@", "https://user:§@host.example:port", " https://user:§@host.example", "https://user:§",
	"ftp://user:§@host.example", "ftp://host.example?token=§", "https://host.example?token=§", "https://host.example/?§", "https://host.example#§",
	"host.example?token=§", "host.example/§", "https:host.example?token=§", "https:?token=§", "?token=§", "#§", "§", "https://host.example/v1/p-1?token=§",
	"http://host.example?token=§", "https://host.example/%zz?token=§", "https://[§]/", "https://host.example:§/", "https://host.example\n?token=§", "mailto:user:§@host.example",
	"http://user:§@host.example", "https://user%3A§%40host.example", "HTTPS://user:§@host.example", "https:\\\\user:§@host.example",
}

func TestWrongURLsLeakNothing(t *testing.T) {
	l := newLedger(t)
	s := secret{"the secret of a URL", "Taint" + noise("url", 40, letters)}
	for _, template := range oddURLs {
		raw := strings.ReplaceAll(template, place, s.value)
		h := new(harvest)
		_, err := vpcep.NewClient(settings(vpcep.WithBaseURL(raw))...)
		require.Error(t, err, template)
		h.failure("NewClient", err)
		_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "r-1", IAMEndpoint: raw, Auth: vpcep.TokenAuth(vpcep.StaticToken("t"))})
		h.failure("LookupProjectID", err)
		cfg := loginAt(nil)
		cfg.IAMEndpoint = raw
		_, err = vpcep.IAMPassword(cfg).Token(t.Context())
		h.failure("IAMPassword", err)
		_, err = vpcep.DefaultAuthAt(func(string) string { return "" }, "", strings.ReplaceAll(raw, "host.example", "127.0.0.1:1"))
		require.Error(t, err)
		l.check("base URL "+template, h, []secret{s, password})
	}
}

// Unusable settings are not quoted if they may be secret.
func TestWrongCredentialsLeakNothing(t *testing.T) {
	l := newLedger(t)
	for name, option := range map[string]vpcep.Option{
		"token with a line":    vpcep.WithToken(plainToken.value + "\n"),
		"token with a space":   vpcep.WithToken(plainToken.value + " x"),
		"token, not ASCII":     vpcep.WithToken(plainToken.value + "ü"),
		"token, too long":      vpcep.WithToken(strings.Repeat(plainToken.value, 1000)),
		"keys, not ASCII":      vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{AccessKey: plainToken.value + "\n", SecretKey: plainToken.value + "ü", SecurityToken: plainToken.value + "\x00"})),
		"half a key":           vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{SecretKey: plainToken.value})),
		"login without a user": vpcep.WithAuth(vpcep.TokenAuth(vpcep.IAMPassword(vpcep.IAMPasswordConfig{Password: plainToken.value}))),
	} {
		_, err := vpcep.NewClient(settings(option)...)
		require.NoError(t, ignoreUnchecked(name, err))
		h := new(harvest)
		h.failure("NewClient", err)
		l.check("NewClient, "+name, h, []secret{plainToken})
	}
	for _, value := range []string{plainToken.value + "\n", plainToken.value + " x", plainToken.value + "ü"} {
		h := callWith(t, t.Context(), taintGet, vpcep.WithAuth(vpcep.TokenAuth(sourceOf(secret{"", value}))))
		l.check("unfit token of a source", h, []secret{plainToken})
	}
}

// ignoreUnchecked returns an error for a setting that was accepted.
func ignoreUnchecked(name string, err error) error {
	if err == nil {
		return fmt.Errorf("%s was taken", name)
	}
	return nil
}

// proxyForms are possible responses of a proxy.
func proxyForms() []form {
	return append(append(malformedForms(), statusForms(200, 400, 403, 407, 429, 500, 503)...), headerForms()...)
}

func proxyURL(host string) *url.URL {
	return &url.URL{Scheme: "http", User: url.UserPassword("user", proxyPassword.value), Host: host}
}

// A proxy sees its password, and with http:// the whole request.
func TestProxiesLeakNothing(t *testing.T) {
	secrets := []secret{proxyPassword, plainToken}
	for _, base := range []string{"http://vpcep.example", "https://vpcep.example"} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			for _, f := range proxyForms() {
				for _, as := range spellingsFor(f) {
					s := &tainted{form: f, spelling: as, secrets: secrets}
					pool := &http.Transport{DialContext: piped(s.answer), DisableKeepAlives: true, Proxy: http.ProxyURL(proxyURL("proxy.example:3128"))}
					h := callWith(t, t.Context(), taintGet, vpcep.WithToken(plainToken.value), vpcep.WithBaseURL(base), vpcep.WithHTTPClient(&http.Client{Transport: pool}))
					l.check("proxy, "+base+", "+f.name+", "+as.name, h, secrets)
				}
			}
		})
	}
}

const childVariable = "VPCEP_TAINT_CHILD"

// isChild runs the test again in a separate process, and reports whether this is that
// process.
func isChild(t *testing.T, environment ...string) bool {
	t.Helper()
	if os.Getenv(childVariable) != "" {
		return true
	}
	executable, err := os.Executable()
	require.NoError(t, err)
	name := strings.Split(t.Name(), "/")
	for i := range name {
		name[i] = "^" + name[i] + "$"
	}
	cmd := exec.CommandContext(t.Context(), executable, "-test.run="+strings.Join(name, "/"), "-test.count=1", "-test.timeout=20s")
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), environment...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in a process of its own: %v\n%.3000s", err, out)
	}
	return false
}

// A process reads the proxy from the environment only once.
func TestProxyOfTheEnvironmentLeaksNothing(t *testing.T) {
	const variable = "VPCEP_TAINT_PROXY"
	for name, setting := range map[string]string{
		"fit": "", "broken": "http://user:§@proxy.example:port", "unfit": "http://user:§ %zz@proxy.example", "no URL": "user:§@proxy.example:80:90",
	} {
		t.Run(name, func(t *testing.T) {
			if !isChild(t, variable+"="+setting) {
				return
			}
			setProxy(t, os.Getenv(variable))
		})
	}
}

// setProxy drives calls through the proxy from the environment: setting, or one that echoes.
func setProxy(t *testing.T, setting string) {
	t.Helper()
	l := newLedger(t)
	secrets := []secret{proxyPassword, plainToken}
	var f form
	var as spelling
	forms := append(malformedForms(), statusForms(407)...)
	if setting == "" {
		server := rawserver.HTTP1(t, func(x *rawserver.Exchange) {
			if r := x.ReadHead(); r != nil {
				x.ReadBody()
				x.Write(f.raw(r, echo{secrets, as}))
			}
			x.Close()
		})
		setting = proxyURL(strings.TrimPrefix(server.URL, "http://")).String()
	} else {
		password := secret{"the proxy's password", noise("proxy setting", 40, letters)}
		setting, secrets, forms = strings.ReplaceAll(setting, place, password.value), []secret{password, plainToken}, forms[:1]
	}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		t.Setenv(name, setting)
	}
	for _, f = range forms {
		for _, as = range someSpellings()[:1] {
			for _, base := range []string{"http://vpcep.example", "https://vpcep.example"} {
				for kind, options := range map[string][]vpcep.Option{"own pool": nil, "default transport": {vpcep.WithHTTPClient(&http.Client{})}} {
					h := callWith(t, t.Context(), taintGet, append(options, vpcep.WithToken(plainToken.value), vpcep.WithBaseURL(base))...)
					l.check("proxy of the environment, "+kind+", "+base+", "+f.name+", "+as.name, h, secrets)
				}
			}
		}
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// The library's own pool gets the same responses as a user's transport.
func TestOwnPoolLeaksNothing(t *testing.T) {
	l := newLedger(t)
	secrets := []secret{optionToken}
	var f form
	var as spelling
	server := rawserver.HTTP1(t, func(x *rawserver.Exchange) {
		if r := x.ReadHead(); r != nil {
			x.ReadBody()
			x.Write(f.raw(r, echo{secrets, as}))
		}
		x.Close()
	})
	for _, f = range append(malformedForms(), zippedForms()...) {
		for _, as = range someSpellings()[:2] {
			for _, o := range []taintOperation{taintGet, operationNamed("CreateEndpoint")} {
				h := callWith(t, t.Context(), o, vpcep.WithToken(optionToken.value), vpcep.WithBaseURL(server.URL))
				l.check(fmt.Sprintf("own pool, %s, %s, %s", o, f.name, as.name), h, secrets)
			}
		}
	}
}
