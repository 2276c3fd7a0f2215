package vpcep_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/rawserver"
)

// piped dials in-memory connections to a service that reads one request and writes whatever
// answer returns for it.
func piped(answer func(*http.Request) string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			r, err := http.ReadRequest(bufio.NewReader(far))
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			_, _ = io.WriteString(far, answer(r))
		}()
		return near, nil
	}
}

// tainted is a service that responds normally at first, and then with an echo in some form.
type tainted struct {
	form     form
	plain    int // how many requests are answered plainly
	spelling spelling
	secrets  []secret

	mu         sync.Mutex
	requests   int
	signatures []secret // of the requests that came
}

// next counts a request, and reports whether its response is an echo.
func (s *tainted) next(r *http.Request) (e echo, isEcho bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	e = echo{s.secrets, s.spelling}
	if _, signature, ok := strings.Cut(r.Header.Get("Authorization"), "Signature="); ok {
		s.signatures = append(s.signatures, secret{"the signature", signature})
		if !strings.HasPrefix(s.spelling.name, "base64") { // it is known by itself, and nobody spells it so
			e.secrets = append(e.secrets[:len(e.secrets):len(e.secrets)], s.signatures[len(s.signatures)-1])
		}
	}
	return e, s.requests > s.plain
}

// all returns the secrets that must not leak.
func (s *tainted) all() []secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(s.secrets[:len(s.secrets):len(s.secrets)], s.signatures...)
}

func (s *tainted) answer(r *http.Request) string {
	e, isEcho := s.next(r)
	if !isEcho {
		return plainAnswer(r)
	}
	return s.form.raw(r, e)
}

// RoundTrip serves the forms that are not bytes.
func (s *tainted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	e, isEcho := s.next(r)
	if !isEcho {
		return http.ReadResponse(bufio.NewReader(strings.NewReader(plainAnswer(r))), r)
	}
	return s.form.roundTrip(r, e)
}

func (s *tainted) client() *http.Client {
	if s.form.roundTrip != nil {
		return &http.Client{Transport: s}
	}
	return &http.Client{Transport: &http.Transport{DialContext: piped(s.answer), DisableKeepAlives: true}}
}

// plainAnswer is the service's normal response.
func plainAnswer(r *http.Request) string {
	const endpoint = `{"id":"e-1","status":"creating","tags":[{"key":"old","value":"1"}]}`
	is := func(method, suffix string) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	if body, isKnown := plainProviderAnswer(r); isKnown {
		return http1(200, "", body)
	}
	switch {
	case is("POST", "/vpc-endpoints"), is("GET", "/vpc-endpoints/e-1"), is("PUT", "/policy"), is("PUT", "/vpc-endpoints/e-1"):
		return http1(200, "", endpoint)
	case is("GET", "/vpc-endpoints"):
		return http1(200, "", `{"endpoints":[],"total_count":0}`)
	case is("PUT", "/routetables"):
		return http1(200, "", `{"routetables":["rt-1"]}`)
	case is("GET", "/describe"):
		return http1(200, "", `{"id":"s-1","service_type":"interface"}`)
	case is("GET", "/public"):
		return http1(200, "", `{"endpoint_services":[{"id":"s-1"}],"total_count":2}`)
	case is("GET", "/connections"), is("POST", "/connections/action"):
		return http1(200, "", `{"connections":[{"id":"e-1","status":"pendingAcceptance"}],"total_count":1}`)
	case is("GET", "/quotas"):
		return http1(200, "", `{"quotas":{"resources":[{"type":"endpoint","used":1,"quota":50}]}}`)
	case is("GET", "/v3/projects"):
		return http1(200, "", `{"projects":[{"id":"p-1","name":"r-1"}]}`)
	case is("POST", "/v3/auth/tokens"):
		return http1(201, "X-Subject-Token: "+iamToken.value+"\r\n", `{"token":{"expires_at":"2999-01-01T00:00:00Z"}}`)
	}
	return http1(204, "", "")
}

// endpointFields are the members of an endpoint other than its ID.
var endpointFields = []string{
	"service_type", "status", "active_status", "enable_status", "endpoint_service_name", "endpoint_service_id",
	"marker_id", "enable_dns", "dns_names", "dns_name", "ip", "ipv6_address", "vpc_id", "subnet_id", "project_id", "created_at",
	"create_at", "updated_at", "update_at", "tags", "whitelist", "enable_whitelist", "routetables", "specification_name",
	"description", "policy_statement", "policy_document", "error", "endpoint_pool_id", "public_border_group", "domain_id",
	"service_name", "owner", "is_charge", "something new", "port_id", "server_type", "approval_enabled", "ports", "tcp_proxy",
	"ip_version", "enable_policy", "connection_count", "supported_editions", "pool_id", "cidr_type", "permission", "permission_type",
}

// taintedObject returns an endpoint, a service or a connection with an echo in every member.
func taintedObject(kind string) string {
	if kind == "of the right types" {
		return `{"id":"§","status":"creating","service_type":"§","description":"§","endpoint_service_name":"§","owner":"§",` +
			`"service_name":"§","dns_names":["§"],"ip":"§","active_status":["§"],"whitelist":["§"],"routetables":["§"],` +
			`"tags":[{"key":"§","value":"§"},{"key":"vpcep-idempotency-key","value":"§"}],` +
			`"error":[{"error_code":"§","error_message":"§"},"§"],"policy_document":"{\"¶\":\"¶\"}",` +
			`"policy_statement":[{"Sid":"§","Effect":"§","Action":["§"],"Resource":"§","Condition":{"§":"§"},"§":"§"},"§","{\"Sid\":\"¶\"}"],` +
			`"§":"§","new":{"§":["§",{"a":"§"}]}}`
	}
	value := map[string]string{"strings": `"§"`, "lists": `["§",{"§":"§"}]`, "objects": `{"§":"§","error_code":"§"}`}[kind]
	var b strings.Builder
	b.WriteString(`{"id":"§"`)
	for _, name := range endpointFields {
		fmt.Fprintf(&b, `,%q:%s`, name, value)
	}
	return b.String() + `,"§":` + value + `}`
}

// taintedSuccess returns a form that every operation accepts as success, with an echo in every
// member.
func taintedSuccess(name, object string) form {
	return form{name: "success " + name, raw: func(r *http.Request, e echo) string {
		body := object
		is := func(suffix string) bool { return strings.HasSuffix(r.URL.Path, suffix) }
		provided, isProvided := taintedProviderBody(r, object)
		switch {
		case isProvided:
			body = provided
		case r.Method == "GET" && is("/vpc-endpoints"):
			body = `{"endpoints":[` + object + `],"total_count":1,"§":"§"}`
		case is("/public"):
			body = `{"endpoint_services":[` + object + `],"total_count":1}`
		case is("/connections"), is("/connections/action"):
			body = `{"connections":[` + object + `,{"id":"e-1","status":"§","description":"§","domain_id":"§","error":"§","§":"§"}]}`
		case is("/quotas"):
			body = `{"quotas":{"resources":[{"type":"§","used":"§","quota":"§"}]}}`
		case is("/v3/projects"):
			body = `{"projects":[{"id":"§","name":"r-1"},{"id":"§","name":"§"}]}`
		}
		return http1(200, "", e.fillJSON(body))
	}}
}

// successForms are successful responses that repeat a secret.
func successForms() []form {
	var forms []form
	for _, kind := range []string{"of the right types", "strings", "lists", "objects"} {
		forms = append(forms, taintedSuccess("with members "+kind, taintedObject(kind)))
	}
	return append(forms,
		taintedSuccess("of a failed endpoint", `{"id":"§","status":"failed","error":[{"error_code":"§","error_message":"§"},"§"]}`),
		taintedSuccess("of route tables that failed", `{"routetables":["§"],"error":[{"bind_failed":[{"id":"§","error_message":"§"},"§",["§"]],`+
			`"unbind_failed":{"id":"§","message":"§"}},{"error_code":"§","error_message":"§"},["§"]]}`),
		taintedSuccess("without an ID", `{"name":"§","§":"§"}`),
		taintedSuccess("with an ID that is none", `{"id":{"§":"§"},"name":"§"}`),
		inJSON("success with an error", 200, `{"error":"§","request_id":"§"}`),
		inJSON("success with a list that is none", 200, `{"id":"§","endpoints":"§","connections":"§","quotas":"§","projects":"§"}`),
		inJSON("success behind which something stands", 200, `{"id":"§"}§`),
		inJSON("success with an invalid escape", 200, `{"id":"§\q"}`),
		inJSON("success that is cut inside", 200, `{"id":"§","endpoints":[{"id":"§`))
}

// credential is a way to authenticate, and the secrets in its requests.
type credential struct {
	name    string
	secrets []secret
	auth    func(t *testing.T) vpcep.Authenticator
}

// always returns the same authenticator.
func always(a vpcep.Authenticator) func(*testing.T) vpcep.Authenticator {
	return func(*testing.T) vpcep.Authenticator { return a }
}

func sourceOf(s secret) vpcep.TokenSource {
	return sourceFunc(func(context.Context) (vpcep.Token, error) { return vpcep.Token{Value: s.value}, nil })
}

// authFunc is a user's authenticator.
type authFunc func(*http.Request) error

func (f authFunc) Authenticate(r *http.Request) error { return f(r) }

var (
	pairOfKeys = vpcep.AKSKConfig{AccessKey: accessKey.value, SecretKey: secretKey.value}
	tempKeys   = vpcep.AKSKConfig{AccessKey: accessKey.value, SecretKey: secretKey.value, SecurityToken: securityToken.value}
	keySecrets = []secret{accessKey, secretKey, securityToken}
)

func credentials() []credential {
	login := func() vpcep.Authenticator {
		return vpcep.TokenAuth(vpcep.CachedToken(vpcep.IAMPassword(loginAt(&http.Client{Transport: &http.Transport{
			DialContext: piped(plainAnswer), DisableKeepAlives: true,
		}}))))
	}
	return []credential{
		{"StaticToken", []secret{optionToken}, always(vpcep.TokenAuth(vpcep.StaticToken(optionToken.value)))},
		{"StaticToken of letters", []secret{plainToken}, always(vpcep.TokenAuth(vpcep.StaticToken(plainToken.value)))},
		{"TokenAuth of an own source", []secret{longToken}, always(vpcep.TokenAuth(sourceOf(longToken)))},
		{"CachedToken of an own source", []secret{oddToken}, always(vpcep.TokenAuth(vpcep.CachedToken(sourceOf(oddToken))))},
		{"TokenAuth of a token with escapes in it", []secret{escapedToken}, always(vpcep.TokenAuth(sourceOf(escapedToken)))},
		{"CachedToken of IAMPassword", []secret{iamToken}, func(*testing.T) vpcep.Authenticator { return login() }},
		{"AKSK", keySecrets[:2], always(vpcep.AKSK(pairOfKeys))},
		{"AKSK with a security token", keySecrets, always(vpcep.AKSK(tempKeys))},
		{"DefaultAuth of the environment", keySecrets, func(t *testing.T) vpcep.Authenticator {
			return defaultAuth(t, map[string]string{
				"HUAWEICLOUD_SDK_AK": accessKey.value, "HUAWEICLOUD_SDK_SK": secretKey.value, "HUAWEICLOUD_SDK_SECURITY_TOKEN": securityToken.value,
			})
		}},
		{"DefaultAuth of a token in the environment", []secret{oddToken}, func(t *testing.T) vpcep.Authenticator {
			return defaultAuth(t, map[string]string{"HW_AUTH_TOKEN": oddToken.value})
		}},
		{"DefaultAuth of a file", keySecrets, func(t *testing.T) vpcep.Authenticator {
			file := filepath.Join(t.TempDir(), "credentials")
			text := "[basic]\nak=" + accessKey.value + "\nsk=" + secretKey.value + "\nsecurity_token=" + securityToken.value + "\n"
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			return defaultAuth(t, map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file})
		}},
		{"DefaultAuth of the metadata service", []secret{instanceKey, instanceSecret, instanceToken}, func(t *testing.T) vpcep.Authenticator {
			s := metadataAt(t, func(r *http.Request, _ int) string { return metadataAnswer(r, false) })
			auth, err := vpcep.DefaultAuthAt(func(string) string { return "" }, t.TempDir(), s.URL)
			require.NoError(t, err)
			return auth
		}},
		{"an authenticator that sets a header", []secret{ownHeader}, always(authFunc(func(r *http.Request) error {
			r.Header.Set("X-Api-Key", ownHeader.value)
			return nil
		}))},
		{"an authenticator that sets Authorization", []secret{bearer}, always(authFunc(func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+bearer.value)
			return nil
		}))},
		{"an authenticator around AKSK", keySecrets, always(wrapped{vpcep.AKSK(tempKeys)})},
	}
}

func defaultAuth(t *testing.T, environment map[string]string) vpcep.Authenticator {
	t.Helper()
	auth, err := vpcep.DefaultAuthAt(func(name string) string { return environment[name] }, t.TempDir(), "http://127.0.0.1:1")
	require.NoError(t, err)
	return auth
}

// loginAt logs in through a client of HTTP.
func loginAt(hc *http.Client) vpcep.IAMPasswordConfig {
	return vpcep.IAMPasswordConfig{
		IAMEndpoint: "http://127.0.0.1", ProjectID: "p-1", Username: "user", Password: password.value, DomainName: "domain", HTTPClient: hc,
	}
}

// driven is one call with its output.
type driven struct {
	ctx  context.Context
	c    *vpcep.Client
	opts []vpcep.CallOption
	out  *harvest
}

// taintOperation is an operation of the client.
type taintOperation struct {
	method string // of *vpcep.Client
	name   string // what is special about it
	plain  int    // after how many plain answers an echo leads somewhere else
	do     func(d driven) error
}

func (o taintOperation) String() string { return strings.TrimSpace(o.method + " " + o.name) }

// one is an operation that returns a value.
func one[T any](method string, do func(d driven) (T, error)) taintOperation {
	return taintOperation{method: method, do: func(d driven) error {
		value, err := do(d)
		d.out.value("value", value)
		d.out.print("value", value, commonVerbs[:2])
		return err
	}}
}

// none is an operation that returns only an error.
func none(method string, do func(d driven) error) taintOperation {
	return taintOperation{method: method, do: do}
}

// several is an operation that iterates.
func several[T any](method string, do func(d driven) iter.Seq2[T, error]) taintOperation {
	return taintOperation{method: method, do: func(d driven) error {
		for value, err := range do(d) {
			if err != nil {
				return err
			}
			d.out.value("item", value)
		}
		return nil
	}}
}

func (o taintOperation) after(name string, plain int) taintOperation {
	o.name, o.plain = name, plain
	return o
}

var taintRequest = vpcep.CreateEndpointRequest{EndpointServiceID: "s-1", VPCID: "v-1", SubnetID: "n-1"}

func keyedCreate(d driven) (*vpcep.Endpoint, error) {
	request := taintRequest
	request.IdempotencyKey = "key-1"
	return d.c.CreateEndpoint(d.ctx, request, d.opts...)
}

func (d driven) waitOptions() vpcep.WaitOptions {
	return vpcep.WaitOptions{Timeout: 2 * time.Second, OnPoll: func(e *vpcep.Endpoint) { d.out.value("polled", e) }}
}

func setTags(d driven) error {
	return d.c.SetTags(d.ctx, "e-1", []vpcep.Tag{{Key: "new", Value: "1"}}, d.opts...)
}

func deletePolicy(d driven) (*vpcep.Endpoint, error) {
	return d.c.DeletePolicy(d.ctx, "e-1", d.opts...)
}

// taintOperations are all operations. A method that sends several requests appears once for
// each request whose response can be an echo.
func taintOperations() []taintOperation {
	return append([]taintOperation{
		one("CreateEndpoint", func(d driven) (*vpcep.Endpoint, error) { return d.c.CreateEndpoint(d.ctx, taintRequest, d.opts...) }),
		one("CreateEndpoint", keyedCreate).after("with a key", 0),
		one("CreateEndpoint", keyedCreate).after("with a key, after the look", 1),
		one("GetEndpoint", func(d driven) (*vpcep.Endpoint, error) { return d.c.GetEndpoint(d.ctx, "e-1", d.opts...) }),
		several("ListEndpoints", func(d driven) iter.Seq2[*vpcep.Endpoint, error] {
			return d.c.ListEndpoints(d.ctx, vpcep.EndpointFilter{PageSize: 1}, d.opts...)
		}),
		one("CountEndpoints", func(d driven) (int64, error) { return d.c.CountEndpoints(d.ctx, vpcep.EndpointFilter{}, d.opts...) }),
		none("DeleteEndpoint", func(d driven) error { return d.c.DeleteEndpoint(d.ctx, "e-1", d.opts...) }),
		one("WaitForEndpoint", func(d driven) (*vpcep.Endpoint, error) { return d.c.WaitForEndpoint(d.ctx, "e-1", d.waitOptions()) }),
		one("WaitForEndpoint", func(d driven) (*vpcep.Endpoint, error) { return d.c.WaitForEndpoint(d.ctx, "e-1", d.waitOptions()) }).after("after a poll", 1),
		none("WaitForEndpointDeleted", func(d driven) error { return d.c.WaitForEndpointDeleted(d.ctx, "e-1", d.waitOptions()) }),
		one("WaitForEndpointChange", func(d driven) (*vpcep.Endpoint, error) {
			return d.c.WaitForEndpointChange(d.ctx, "e-1", func(e *vpcep.Endpoint) bool {
				d.out.value("shown to the condition", e)
				return false
			}, d.waitOptions())
		}),
		one("UpdateWhitelist", func(d driven) (*vpcep.Endpoint, error) {
			return d.c.UpdateWhitelist(d.ctx, "e-1", vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")}, d.opts...)
		}),
		one("UpdateRouteTables", func(d driven) ([]string, error) {
			return d.c.UpdateRouteTables(d.ctx, "e-1", []string{"rt-1"}, d.opts...)
		}),
		one("UpdatePolicy", func(d driven) (*vpcep.Endpoint, error) {
			return d.c.UpdatePolicy(d.ctx, "e-1", vpcep.Policy{Document: []byte(`{}`)}, d.opts...)
		}),
		one("DeletePolicy", deletePolicy),
		one("DeletePolicy", deletePolicy).after("after the delete", 1),
		none("AddTags", func(d driven) error { return d.c.AddTags(d.ctx, "e-1", []vpcep.Tag{{Key: "new"}}, d.opts...) }),
		none("RemoveTags", func(d driven) error { return d.c.RemoveTags(d.ctx, "e-1", []string{"old"}, d.opts...) }),
		none("SetTags", setTags),
		none("SetTags", setTags).after("after the look", 1),
		none("SetTags", setTags).after("after the removal", 2),
		several("ListPublicServices", func(d driven) iter.Seq2[*vpcep.EndpointService, error] {
			return d.c.ListPublicServices(d.ctx, vpcep.ServiceFilter{PageSize: 1}, d.opts...)
		}),
		several("ListPublicServices", func(d driven) iter.Seq2[*vpcep.EndpointService, error] {
			return d.c.ListPublicServices(d.ctx, vpcep.ServiceFilter{PageSize: 1}, d.opts...)
		}).after("after a page", 1),
		one("CountPublicServices", func(d driven) (int64, error) {
			return d.c.CountPublicServices(d.ctx, vpcep.ServiceFilter{}, d.opts...)
		}),
		one("DescribeService", func(d driven) (*vpcep.EndpointService, error) { return d.c.DescribeService(d.ctx, "s-1", d.opts...) }),
		one("DescribeServiceByName", func(d driven) (*vpcep.EndpointService, error) {
			return d.c.DescribeServiceByName(d.ctx, "name", d.opts...)
		}),
		one("PreflightCreateEndpoint", func(d driven) (*vpcep.EndpointService, error) {
			request := taintRequest
			request.SubnetID = "" // which an interface service demands
			return d.c.PreflightCreateEndpoint(d.ctx, request, d.opts...)
		}),
		several("ListConnections", func(d driven) iter.Seq2[*vpcep.Connection, error] {
			return d.c.ListConnections(d.ctx, "s-1", vpcep.ConnectionFilter{}, d.opts...)
		}),
		one("CountConnections", func(d driven) (int64, error) {
			return d.c.CountConnections(d.ctx, "s-1", vpcep.ConnectionFilter{}, d.opts...)
		}),
		one("AcceptConnection", func(d driven) (*vpcep.Connection, error) {
			return d.c.AcceptConnection(d.ctx, "s-1", "e-1", d.opts...)
		}),
		one("RejectConnection", func(d driven) (*vpcep.Connection, error) {
			return d.c.RejectConnection(d.ctx, "s-1", "e-1", d.opts...)
		}),
		one("WaitForConnection", func(d driven) (*vpcep.Connection, error) {
			return d.c.WaitForConnection(d.ctx, "s-1", "e-1", d.waitOptions())
		}),
		one("GetEndpointByIdempotencyKey", func(d driven) (*vpcep.Endpoint, error) {
			return d.c.GetEndpointByIdempotencyKey(d.ctx, "key-1", d.opts...)
		}),
		one("Do", func(d driven) ([]byte, error) {
			return d.c.Do(d.ctx, vpcep.RawRequest{Method: "GET", Path: "/v1/{project_id}/new"}, d.opts...)
		}),
		one("Do", func(d driven) ([]byte, error) {
			return d.c.Do(d.ctx, vpcep.RawRequest{Method: "POST", Path: "/v2/new", Body: map[string]string{"a": "b"}}, d.opts...)
		}).after("with a body", 0),
		one("GetQuotas", func(d driven) ([]vpcep.Quota, error) { return d.c.GetQuotas(d.ctx, "", d.opts...) }),
	}, providerOperations()...)
}

// exempt are the methods of *vpcep.Client that the taint tests do not drive, and why.
var exempt = map[string]string{
	"BaseURL":              "a setting, which holds no secret where NewClient took it",
	"CloseIdleConnections": "it sends nothing and gives nothing",
	"ProjectID":            "a setting, which is no secret",
}

// callWith drives an operation of a client and collects its output.
func callWith(t *testing.T, ctx context.Context, o taintOperation, options ...vpcep.Option) *harvest {
	t.Helper()
	var log bytes.Buffer
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	logger := slog.New(both{slog.NewJSONHandler(&log, level), slog.NewTextHandler(&log, level)})
	c, err := vpcep.NewClient(append([]vpcep.Option{
		vpcep.WithBaseURL("http://vpcep.example"), vpcep.WithPlaintextHTTP(), vpcep.WithProjectID("p-1"), vpcep.WithLogger(logger),
		vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1, BaseDelay: 1, MaxDelay: 1}), vpcep.WithReconcileWindow(10 * time.Millisecond),
	}, options...)...)
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	var meta vpcep.ResponseMeta
	h := new(harvest)
	err = o.do(driven{ctx, c, []vpcep.CallOption{vpcep.WithResponse(&meta)}, h})
	h.err = err
	h.failure("error", err)
	h.value("meta", meta)
	h.add("log", log.String())
	return h
}

// both is two log handlers.
type both [2]slog.Handler

func (b both) Enabled(context.Context, slog.Level) bool { return true }

func (b both) Handle(ctx context.Context, r slog.Record) error {
	for _, h := range b {
		if err := h.Handle(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (b both) WithAttrs(attrs []slog.Attr) slog.Handler {
	return both{b[0].WithAttrs(attrs), b[1].WithAttrs(attrs)}
}

func (b both) WithGroup(name string) slog.Handler {
	return both{b[0].WithGroup(name), b[1].WithGroup(name)}
}

// drive calls an operation with a tainted service and records leaks.
func (l *ledger) drive(o taintOperation, cred credential, auth vpcep.Authenticator, f form, as spelling) {
	l.t.Helper()
	s := &tainted{form: f, plain: o.plain, spelling: as, secrets: cred.secrets}
	h := callWith(l.t, l.t.Context(), o, vpcep.WithAuth(auth), vpcep.WithHTTPClient(s.client()))
	l.check(fmt.Sprintf("%s, %s, %s, %s", cred.name, o, f.name, as.name), h, s.all())
}

// metadataAt starts a stand-in for the metadata service; answer gets the number of the
// request.
func metadataAt(t *testing.T, answer func(r *http.Request, number int) string) *rawserver.Server {
	t.Helper()
	return rawserver.HTTP1(t, func(x *rawserver.Exchange) {
		if r := x.ReadHead(); r != nil {
			x.ReadBody()
			x.Write(answer(r, x.Number()))
		}
		x.Close()
	})
}

// metadataAnswer returns the token, and keys for it. If renewed is set, the keys expire at
// once.
func metadataAnswer(r *http.Request, renewed bool) string {
	end := "2999-01-01T00:00:00Z"
	if renewed {
		end = "2000-01-01T00:00:00Z"
	}
	switch {
	case r.Method == http.MethodPut:
		return http1(200, "Content-Type: text/plain\r\n", metadataToken.value)
	case r.Header.Get("X-Metadata-Token") == "":
		return http1(401, "Content-Type: text/html\r\n", "<html>401</html>")
	}
	return http1(200, "", fmt.Sprintf(`{"credential":{"access":%q,"secret":%q,"securitytoken":%q,"expires_at":%q}}`,
		instanceKey.value, instanceSecret.value, instanceToken.value, end))
}
