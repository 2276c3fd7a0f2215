package vpceptest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// object is a JSON object of an answer, numbers as json.Number.
type object map[string]any

func (o object) object(key string) object {
	inner, _ := o[key].(map[string]any)
	return inner
}

func (o object) list(key string) []any {
	inner, _ := o[key].([]any)
	return inner
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	raw    string
	body   object
}

func (r reply) code() string {
	if code, flat := r.body["error_code"].(string); flat {
		return code
	}
	code, _ := r.body.object("error")["code"].(string)
	return code
}

func (r reply) id() string {
	id, _ := r.body["id"].(string)
	return id
}

func decode(t *testing.T, raw []byte) object {
	t.Helper()
	var o object
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if len(raw) > 0 {
		require.NoError(t, dec.Decode(&o), "%s", raw)
	}
	return o
}

// fixture is a server and a plain client of it.
type fixture struct {
	*vpceptest.Server
	hc *http.Client
}

func start(t *testing.T, opts ...vpceptest.Option) fixture {
	t.Helper()
	srv := vpceptest.NewServer(opts...)
	tr := &http.Transport{}
	t.Cleanup(func() {
		srv.Close()
		tr.CloseIdleConnections()
	})
	return fixture{Server: srv, hc: &http.Client{Transport: tr}}
}

func (f fixture) endpoints() string { return "/v1/" + f.ProjectID() + "/vpc-endpoints" }

func (f fixture) request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("X-Auth-Token", f.Token())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (f fixture) send(t *testing.T, req *http.Request) reply {
	t.Helper()
	resp, err := f.hc.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	r := reply{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if strings.HasPrefix(r.raw, "{") {
		r.body = decode(t, raw)
	}
	return r
}

func (f fixture) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	return f.send(t, f.request(t, method, path, body))
}

func (f fixture) create(t *testing.T, body string) reply {
	t.Helper()
	return f.do(t, http.MethodPost, f.endpoints(), body)
}

// mustCreate makes an endpoint and returns its ID.
func (f fixture) mustCreate(t *testing.T, body string) string {
	t.Helper()
	r := f.create(t, body)
	require.Equal(t, http.StatusOK, r.status, r.raw)
	require.NotEmpty(t, r.id())
	return r.id()
}

func (f fixture) get(t *testing.T, id string) reply {
	t.Helper()
	return f.do(t, http.MethodGet, f.endpoints()+"/"+id, "")
}

func (f fixture) delete(t *testing.T, id string) reply {
	t.Helper()
	return f.do(t, http.MethodDelete, f.endpoints()+"/"+id, "")
}

func (f fixture) list(t *testing.T, query string) reply {
	t.Helper()
	return f.do(t, http.MethodGet, f.endpoints()+"?"+query, "")
}

// wantError asserts a status, a code and the shape that belongs to the code.
func wantError(t *testing.T, r reply, status int, code string) {
	t.Helper()
	assert.Equal(t, status, r.status, r.raw)
	assert.Equal(t, code, r.code(), r.raw)
	assert.NotEmpty(t, r.header.Get("X-Request-Id"))
	assert.Equal(t, "application/json", r.header.Get("Content-Type"))
	if strings.HasPrefix(code, "APIGW") {
		assert.NotEmpty(t, r.body["error_msg"])
		assert.Equal(t, r.header.Get("X-Request-Id"), r.body["request_id"])
		return
	}
	assert.NotEmpty(t, r.body.object("error")["message"])
}

const minimal = `{"endpoint_service_id":"svc-1","vpc_id":"vpc-1","subnet_id":"subnet-1"}`

// with returns the minimal create request with further members.
func with(members string) string {
	return strings.TrimSuffix(minimal, "}") + "," + members + "}"
}

// direct calls a handler without a connection, as in a bubble of fake time.
type direct struct{ *vpceptest.Handler }

func newDirect(opts ...vpceptest.Option) direct {
	return direct{vpceptest.NewHandler(opts...).(*vpceptest.Handler)}
}

func (d direct) do(t *testing.T, method, suffix, body string) reply {
	t.Helper()
	return d.projectBody(t, method, "/vpc-endpoints"+suffix, body)
}

// project asks for something beside endpoints.
func (d direct) project(t *testing.T, method, suffix string) reply {
	t.Helper()
	return d.projectBody(t, method, suffix, "")
}

func (d direct) projectBody(t *testing.T, method, suffix, body string) reply {
	t.Helper()
	u := url.URL{Path: "/v1/" + d.ProjectID()}
	req := httptest.NewRequest(method, u.String()+suffix, strings.NewReader(body))
	req.Header.Set("X-Auth-Token", d.Token())
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	d.ServeHTTP(rec, req)
	r := reply{status: rec.Code, header: rec.Header(), raw: rec.Body.String()}
	r.body = decode(t, rec.Body.Bytes())
	return r
}

func atFixedTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
