package vpcep_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// provoked is how to cause an error type with an echo in it. The text of the echo is in the
// response, whatever the operation does with it.
type provoked struct {
	operation string
	form      form
	option    func(*tainted) vpcep.Option // where the error is not one of an answer
	as        error                       // a value of the type
}

// keyOfCreate is the tag of keyedCreate's key.
const keyOfCreate = `"tags":[{"key":"vpcep-idempotency-key","value":"key-1"},{"key":"§","value":"§"}]`

// errorTypes are the exported types of errors. Each must be provoked.
func errorTypes() map[string]provoked {
	listed := func(endpoints string) form {
		return form{name: "list", raw: func(_ *http.Request, e echo) string {
			return http1(200, "", e.fillJSON(fmt.Sprintf(`{"endpoints":[%s],"§":"§","total_count":%d}`, endpoints, strings.Count(endpoints, `{"id"`))))
		}}
	}
	overQuota := form{name: "over the quota", raw: func(r *http.Request, e echo) string {
		if r.Method == http.MethodPost {
			return http1(400, "", e.fillJSON(errorShapes("Endpoint.1018")["nested"]))
		}
		return http1(200, "", e.fillJSON(`{"quotas":{"resources":[{"type":"§","used":"§"},{"type":"endpoint","used":50,"quota":50,"§":"§"}]}}`))
	}}
	refusal := form{name: "refused CONNECT", raw: func(_ *http.Request, e echo) string {
		return "HTTP/1.1 407 " + e.text() + "\r\nX-Echo: " + e.text() + "\r\nContent-Length: 0\r\n\r\n"
	}}
	throughProxy := func(s *tainted) vpcep.Option {
		return vpcep.WithHTTPClient(&http.Client{Transport: &http.Transport{DialContext: piped(s.answer), Proxy: http.ProxyURL(proxyURL("proxy.example"))}})
	}
	return map[string]provoked{
		"APIError":            {operation: "GetEndpoint", form: inJSON("flat", 400, errorShapes("§")["flat"]), as: &vpcep.APIError{}},
		"OutcomeUnknownError": {operation: "CreateEndpoint", form: onWire("cut", ok1+"Content-Length: 1000\r\n\r\n{\"id\":\"§\",\"descr"), as: &vpcep.OutcomeUnknownError{}},
		"IdempotencyMismatchError": {
			operation: "CreateEndpoint with a key", form: listed(`{"id":"§","vpc_id":"§",` + keyOfCreate + `}`), as: &vpcep.IdempotencyMismatchError{}},
		"DuplicateEndpointsError": {
			operation: "CreateEndpoint with a key", as: &vpcep.DuplicateEndpointsError{},
			form: listed(`{"id":"§1","vpc_id":"v-1",` + keyOfCreate + `},{"id":"§2","vpc_id":"v-1",` + keyOfCreate + `}`)},
		"EndpointFailedError": {
			operation: "WaitForEndpoint", as: &vpcep.EndpointFailedError{},
			form: taintedSuccess("failed", `{"id":"§","status":"failed","error":[{"error_code":"§","error_message":"§"},"§"],"§":"§"}`)},
		"DuplicateServicesError": {
			operation: "CreateService with a key", as: &vpcep.DuplicateServicesError{},
			form: form{name: "list", raw: func(_ *http.Request, e echo) string {
				return http1(200, "", e.fillJSON(`{"endpoint_services":[{"id":"§1",`+keyOfCreate+`},{"id":"§2",`+keyOfCreate+`}],"total_count":2}`))
			}}},
		"PermissionsError": {
			operation: "AddPermissions", as: &vpcep.PermissionsError{},
			form: form{name: "after the first", raw: func(r *http.Request, e echo) string {
				if strings.HasSuffix(r.URL.Path, "/action") {
					return http1(200, "", e.fillJSON(`{"permissions":[{"permission":"iam:domain::d1","description":"§","§":"§"}]}`))
				}
				return http1(400, "", e.fillJSON(errorShapes("§")["flat"]))
			}}},
		"ServiceFailedError": {
			operation: "WaitForService", as: &vpcep.ServiceFailedError{},
			form: taintedSuccess("failed", `{"id":"§","status":"failed","error":[{"error_code":"§","error_message":"§"},"§"],"§":"§"}`)},
		"WaitTimeoutError": {operation: "WaitForEndpoint", form: taintedSuccess("strings", taintedObject("strings")), as: &vpcep.WaitTimeoutError{}},
		"RouteTablesError": {
			operation: "UpdateRouteTables", as: &vpcep.RouteTablesError{},
			form: inJSON("failures", 200, `{"routetables":["§"],"error":[{"bind_failed":[{"id":"§","error_message":"§"}]},{"error_code":"§"},["§"]]}`)},
		"QuotaExceededError": {operation: "CreateEndpoint", form: overQuota, as: &vpcep.QuotaExceededError{}},
		"ProxyError":         {operation: "GetEndpoint", form: refusal, option: throughProxy, as: &vpcep.ProxyError{}},
		"ValidationError": {operation: "PreflightCreateEndpoint", form: taintedSuccess("of an interface service", `{"id":"§","service_type":"interface","§":"§"}`),
			as: &vpcep.ValidationError{}},
	}
}

// exemptErrors are the exported types of errors that never contain text from outside, and
// why.
var exemptErrors = map[string]string{
	"ErrorCode":  "it is a constant to compare with, or the text of APIError.Code",
	"FieldError": "it is a part of ValidationError",
}

// Each error type is provoked, and shows no secret.
func TestErrorTypesLeakNothing(t *testing.T) {
	for name, p := range errorTypes() {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			synctest.Test(t, func(t *testing.T) {
				for _, as := range spellings() {
					s := &tainted{form: p.form, spelling: as, secrets: []secret{plainToken}}
					options := []vpcep.Option{vpcep.WithToken(plainToken.value), vpcep.WithHTTPClient(s.client())}
					if p.option != nil {
						s.secrets = []secret{plainToken, proxyPassword}
						options = append(options, p.option(s), vpcep.WithBaseURL("https://vpcep.example"))
					}
					h := callWith(t, t.Context(), operationNamed(p.operation), options...)
					assert.True(t, slices.ContainsFunc(chain(h.err), func(err error) bool {
						return reflect.TypeOf(err) == reflect.TypeOf(p.as)
					}), "there is no %T in %v", p.as, h.err)
					l.check(name+", "+as.name, h, s.all())
				}
			})
		})
	}
}

// packageFiles are the parsed files of the package, without tests.
func packageFiles(t *testing.T) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var files []*ast.File
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// functions calls fn for every exported function and method, with the name of its receiver.
func functions(t *testing.T, fn func(receiver string, f *ast.FuncDecl)) {
	t.Helper()
	for _, file := range packageFiles(t) {
		for _, declaration := range file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			receiver := ""
			if f.Recv != nil {
				receiver = typeName(f.Recv.List[0].Type)
			}
			fn(receiver, f)
		}
	}
}

// typeName is the name of a type of this package or another, without pointers.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.IndexExpr:
		return typeName(e.X)
	}
	return fmt.Sprintf("%T", e)
}

// embeddedError reports a struct that is an error through an embedded type.
func embeddedError(s *ast.StructType) bool {
	return slices.ContainsFunc(s.Fields.List, func(f *ast.Field) bool {
		name := typeName(f.Type)
		return len(f.Names) == 0 && (name == "error" || errorTypes()[name].as != nil)
	})
}

// New operations, errors and ways to authenticate must be added here, too.
func TestTaintTestIsComplete(t *testing.T) {
	driven := map[string]bool{}
	for _, o := range taintOperations() {
		driven[o.method] = true
	}
	var methods []string
	client := reflect.TypeFor[*vpcep.Client]()
	for i := range client.NumMethod() {
		methods = append(methods, client.Method(i).Name)
	}
	wanted("operation of Client", methods, slices.Collect(maps.Keys(driven)), exempt, t)

	var failures []string
	functions(t, func(receiver string, f *ast.FuncDecl) {
		if f.Name.Name == "Error" && ast.IsExported(receiver) {
			failures = append(failures, receiver)
		}
	})
	for _, file := range packageFiles(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				if s, ok := spec.Type.(*ast.StructType); ok && embeddedError(s) {
					failures = append(failures, spec.Name.Name)
				}
			}
			return true
		})
	}
	wanted("error type", failures, slices.Collect(maps.Keys(errorTypes())), exemptErrors, t)
	wanted("error type without fields", failures, slices.Collect(maps.Keys(emptyErrors())), nil, t)

	var others []string
	functions(t, func(receiver string, f *ast.FuncDecl) {
		if receiver == "" && authenticates(f.Type) {
			others = append(others, f.Name.Name)
		}
	})
	wanted("function", others, drivenFunctions, nil, t)
}

// drivenFunctions send requests, or create what authenticates them. The tests of credentials,
// logins and lookups drive them.
var drivenFunctions = []string{"AKSK", "CachedToken", "DefaultAuth", "IAMPassword", "LookupProjectID", "StaticToken", "TokenAuth"}

// authenticates reports whether a function handles credentials or requests.
func authenticates(f *ast.FuncType) bool {
	if slices.ContainsFunc(f.Params.List, func(field *ast.Field) bool { return typeName(field.Type) == "context.Context" }) {
		return true
	}
	return f.Results != nil && slices.ContainsFunc(f.Results.List, func(field *ast.Field) bool {
		return slices.Contains([]string{"Authenticator", "TokenSource", "Token"}, typeName(field.Type))
	})
}

// wanted compares what exists with what is driven or exempt.
func wanted(kind string, there, driven []string, exempt map[string]string, t *testing.T) {
	t.Helper()
	for _, name := range there {
		_, isExempt := exempt[name]
		switch isDriven := slices.Contains(driven, name); {
		case !isDriven && !isExempt:
			t.Errorf("the taint test does not drive the %s %s: add it to its table, or to the exceptions with a reason", kind, name)
		case isDriven && isExempt:
			t.Errorf("the %s %s is driven and exempt", kind, name)
		}
	}
	for _, name := range append(slices.Collect(maps.Keys(exempt)), driven...) {
		if !slices.Contains(there, name) {
			t.Errorf("the taint test names a %s %s, which is not there", kind, name)
		}
	}
}

// emptyErrors are errors without values, or with only empty values.
func emptyErrors() map[string][]error {
	none := &vpcep.Endpoint{}
	return map[string][]error{
		"APIError":                 {&vpcep.APIError{}, &vpcep.APIError{StatusCode: -1, Details: make([]vpcep.ErrorDetail, 2)}},
		"OutcomeUnknownError":      {&vpcep.OutcomeUnknownError{}, &vpcep.OutcomeUnknownError{Err: &vpcep.OutcomeUnknownError{}}},
		"IdempotencyMismatchError": {&vpcep.IdempotencyMismatchError{}, &vpcep.IdempotencyMismatchError{Fields: make([]string, 2)}},
		"DuplicateEndpointsError":  {&vpcep.DuplicateEndpointsError{}, &vpcep.DuplicateEndpointsError{EndpointIDs: make([]string, 2), Err: &vpcep.APIError{}}},
		"DuplicateServicesError":   {&vpcep.DuplicateServicesError{}, &vpcep.DuplicateServicesError{ServiceIDs: make([]string, 2), Err: &vpcep.APIError{}}},
		"PermissionsError":         {&vpcep.PermissionsError{}, &vpcep.PermissionsError{Failed: make([]vpcep.Permission, 2), Err: &vpcep.PermissionsError{}}},
		"ServiceFailedError":       {&vpcep.ServiceFailedError{}, &vpcep.ServiceFailedError{Service: &vpcep.EndpointService{Errors: make([]vpcep.ResourceError, 2)}}},
		"EndpointFailedError":      {&vpcep.EndpointFailedError{}, &vpcep.EndpointFailedError{Endpoint: none}, &vpcep.EndpointFailedError{Endpoint: &vpcep.Endpoint{Errors: make([]vpcep.ResourceError, 2)}}},
		"WaitTimeoutError":         {&vpcep.WaitTimeoutError{}, &vpcep.WaitTimeoutError{ServiceID: "s", LastService: &vpcep.EndpointService{}}, &vpcep.WaitTimeoutError{Last: none, Err: &vpcep.WaitTimeoutError{}}},
		"RouteTablesError":         {&vpcep.RouteTablesError{}, &vpcep.RouteTablesError{BindFailed: make([]vpcep.RouteTableFailure, 2), Errors: make([]vpcep.ResourceError, 2)}},
		"QuotaExceededError":       {&vpcep.QuotaExceededError{}, &vpcep.QuotaExceededError{Err: &vpcep.QuotaExceededError{}}},
		"ProxyError":               {&vpcep.ProxyError{}, &vpcep.ProxyError{StatusCode: 407}},
		"ValidationError":          {&vpcep.ValidationError{}, &vpcep.ValidationError{Fields: make([]vpcep.FieldError, 2)}},
		"FieldError":               {vpcep.FieldError{}, &vpcep.FieldError{}},
		"ErrorCode":                {vpcep.ErrorCode(""), new(vpcep.ErrorCode)},
	}
}

// A zero value of an error type, as users may have in their tests, does not panic.
func TestEmptyErrorsDoNotPanic(t *testing.T) {
	sentinels := []error{
		vpcep.ErrThrottled, vpcep.ErrOutcomeUnknown, vpcep.ErrNotFound, vpcep.ErrEndpointNotFound, vpcep.ErrQuotaExceeded,
		vpcep.ErrIdempotencyMismatch, vpcep.ErrProxyAuthRequired, vpcep.CodeThrottled, vpcep.ErrorCode(""), errors.New("other"), nil,
	}
	for name, empty := range emptyErrors() {
		for _, err := range empty {
			assert.NotPanics(t, func() {
				_ = err.Error()
				for _, target := range sentinels {
					_ = errors.Is(err, target)
					_ = errors.Is(fmt.Errorf("wrapped: %w", err), target)
				}
				var answer *vpcep.APIError
				_ = errors.As(err, &answer)
				new(harvest).failure("error", err)
				for _, verb := range allVerbs {
					if text := fmt.Sprintf("%"+string(verb), err); strings.Contains(text, "PANIC=") {
						t.Errorf("%s with %%%c: %s", name, verb, text)
					}
				}
			}, "%s %#v", name, err)
		}
	}
}

// A round tripper that returns nothing, or half of a response, is an error of the call.
func TestRoundTripperThatGivesNothing(t *testing.T) {
	for name, answer := range map[string]*http.Response{"nothing": nil, "an empty answer": {}, "an answer without a body": {StatusCode: 200}} {
		for _, o := range taintOperations() {
			f := form{name: name, roundTrip: func(*http.Request, echo) (*http.Response, error) {
				if answer == nil {
					return nil, nil
				}
				copied := *answer
				return &copied, nil
			}}
			synctest.Test(t, func(t *testing.T) {
				s := &tainted{form: f, plain: o.plain}
				h := callWith(t, t.Context(), o, vpcep.WithToken("tok"), vpcep.WithHTTPClient(s.client()))
				isFine := name == "an answer without a body" && h.err == nil // an empty 200 is one, to a delete
				assert.True(t, isFine || h.err != nil, "%s, %s", o, name)
			})
		}
		hc := &http.Client{Transport: &tainted{form: form{roundTrip: func(*http.Request, echo) (*http.Response, error) { return nil, nil }}}}
		synctest.Test(t, func(t *testing.T) {
			_, err := vpcep.IAMPassword(loginAt(hc)).Token(t.Context())
			assert.Error(t, err)
			_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "r-1", IAMEndpoint: "http://127.0.0.1", Auth: vpcep.AKSK(tempKeys), HTTPClient: hc})
			assert.Error(t, err)
		})
	}
}
