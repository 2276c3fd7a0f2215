package vpceptest_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

var ada = vpceptest.User{Name: "ada", Password: "the-password", DomainName: "acme"}

const (
	adaLogin = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"ada","password":"the-password","domain":{"name":"acme"}}}},"scope":{"project":{"name":"region-1"}}}}`
	adaByID  = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"ada","password":"the-password","domain":{"name":"acme"}}}},"scope":{"project":{"id":"p"}}}}`
)

// newIAM is a handler that knows ada and the project p.
func newIAM(opts ...vpceptest.Option) *vpceptest.Handler {
	opts = append([]vpceptest.Option{vpceptest.WithUser(ada), vpceptest.WithProjectID("p")}, opts...)
	return vpceptest.NewHandler(opts...).(*vpceptest.Handler)
}

func loginRequest(query, body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, "/v3/auth/tokens"+query, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json;charset=utf8")
	return req
}

// logIn returns a token for ada.
func logIn(t *testing.T, h http.Handler) string {
	t.Helper()
	r := serve(t, h, loginRequest("?nocatalog=true", adaLogin))
	require.Equal(t, http.StatusCreated, r.status, r.raw)
	require.NotEmpty(t, r.header.Get("X-Subject-Token"))
	return r.header.Get("X-Subject-Token")
}

// listWith lists the endpoints of project p with a token.
func listWith(t *testing.T, h http.Handler, token string) reply {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/v1/p/vpc-endpoints", nil)
	req.Header.Set("X-Auth-Token", token)
	return serve(t, h, req)
}

// wantIAMError asserts IAM's shape of an error, whose code is a number.
func wantIAMError(t *testing.T, r reply, status int) {
	t.Helper()
	assert.Equal(t, status, r.status, r.raw)
	assert.Equal(t, fmt.Sprint(status), fmt.Sprint(r.body.object("error")["code"]))
	assert.Contains(t, r.raw, fmt.Sprintf(`"code":%d,`, status))
	assert.Equal(t, http.StatusText(status), r.body.object("error")["title"])
	assert.NotEmpty(t, r.body.object("error")["message"])
	assert.NotContains(t, r.header, "X-Subject-Token")
}

func TestLogin(t *testing.T) {
	for name, body := range map[string]string{"project by name": adaLogin, "project by ID": adaByID} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newIAM()
				r := serve(t, h, loginRequest("", body))
				require.Equal(t, http.StatusCreated, r.status, r.raw)
				assert.Equal(t, http.StatusOK, listWith(t, h, r.header.Get("X-Subject-Token")).status)
				assert.NotContains(t, r.raw, r.header.Get("X-Subject-Token"))
				assert.NotEmpty(t, r.header.Get("X-Request-Id"))

				token := r.body.object("token")
				assert.Equal(t, "2000-01-01T00:00:00.000000Z", token["issued_at"]) // when bubbles begin
				assert.Equal(t, "2000-01-02T00:00:00.000000Z", token["expires_at"])
				assert.Equal(t, []any{"password"}, token.list("methods"))
				assert.Equal(t, "p", token.object("project")["id"])
				assert.Equal(t, "region-1", token.object("project")["name"])
				assert.Equal(t, "ada", token.object("user")["name"])
				assert.Equal(t, "acme", token.object("user").object("domain")["name"])
				assert.Len(t, token.list("catalog"), 2)
			})
		})
	}
}

// The vendor's Terraform provider logs in for the account, too, and asks IAM with that token.
func TestLoginForAnAccount(t *testing.T) {
	h := newIAM()
	for _, scope := range []string{`{"domain":{"name":"acme"}}`, `{"domain":{"id":"` + h.Accounts()[0].DomainID() + `"}}`} {
		r := serve(t, h, loginRequest("", strings.Replace(adaLogin, `{"project":{"name":"region-1"}}`, scope, 1)))
		require.Equal(t, http.StatusCreated, r.status, r.raw)
		assert.Equal(t, "acme", r.body.object("token").object("domain")["name"])
		assert.NotContains(t, r.body.object("token"), "project")
		token := r.header.Get("X-Subject-Token")
		req := httptest.NewRequest(http.MethodGet, "/v3/projects", nil)
		req.Header.Set("X-Auth-Token", token)
		assert.Len(t, serve(t, h, req).body.list("projects"), 1)
		wantError(t, listWith(t, h, token), http.StatusUnauthorized, "APIGW.0301")
	}
}

func TestLoginWithoutACatalog(t *testing.T) {
	r := serve(t, newIAM(), loginRequest("?nocatalog=true", adaLogin))
	assert.NotContains(t, r.body.object("token"), "catalog")
}

func TestCatalogIsReachable(t *testing.T) {
	f := start(t, vpceptest.WithUser(ada), vpceptest.WithBasePath("/proxy"))
	r := f.do(t, http.MethodPost, "/v3/auth/tokens", adaLogin)
	require.Equal(t, http.StatusCreated, r.status, r.raw)
	assert.Contains(t, r.raw, `"`+f.URL+"/v1/"+f.ProjectID()+`"`)
	assert.Contains(t, r.raw, `"`+f.URL+`/v3"`)

	req := loginRequest("", adaLogin)
	req.TLS = &tls.ConnectionState{}
	assert.Contains(t, serve(t, newIAM(), req).raw, `"https://example.com/v1/p"`)
}

func TestDefaultUser(t *testing.T) {
	f := start(t, vpceptest.WithProjectName("north-1"))
	u := f.User()
	body := strings.NewReplacer("ada", u.Name, "the-password", u.Password, "acme", u.DomainName, "region-1", f.ProjectName()).Replace(adaLogin)
	assert.Equal(t, "north-1", f.ProjectName())
	assert.Equal(t, http.StatusCreated, f.do(t, http.MethodPost, "/v3/auth/tokens", body).status)
	assert.NotEqual(t, u.Password, newDirect().User().Password)
}

func TestRefusedLogins(t *testing.T) {
	tests := map[string]struct {
		old, new string // in the right body
		status   int
		message  string
	}{
		"wrong password":      {`"the-password"`, `"other"`, 401, "The username or password is wrong."},
		"password in case":    {`"the-password"`, `"The-Password"`, 401, "The username or password is wrong."},
		"unknown user":        {`"ada"`, `"bob"`, 401, "The username or password is wrong."},
		"another's password":  {`"ada"`, `"eve"`, 401, "The username or password is wrong."},
		"unknown domain":      {`"acme"`, `"other"`, 401, "The username or password is wrong."},
		"unknown project":     {`"region-1"`, `"region-2"`, 401, "project"},
		"unknown project ID":  {`{"name":"region-1"}`, `{"id":"q"}`, 401, "project"},
		"no scope":            {`,"scope":{"project":{"name":"region-1"}}`, ``, 400, "scope"},
		"empty scope":         {`{"project":{"name":"region-1"}}`, `{}`, 400, "/auth/scope"},
		"project twice":       {`{"name":"region-1"}`, `{"name":"region-1","id":"p"}`, 400, "no more"},
		"empty project":       {`"region-1"`, `""`, 400, "/auth/scope/project/name"},
		"scope of a domain":   {`{"project":{"name":"region-1"}}`, `{"domain":{"name":"other"}}`, 401, "project"},
		"two scopes":          {`{"project":{"name":"region-1"}}`, `{"domain":{"name":"acme"},"project":{"id":"p"}}`, 400, "no more"},
		"no password":         {`"password":"the-password",`, ``, 400, "missing"},
		"password a number":   {`"the-password"`, `12345`, 400, "/password/user/password"},
		"no domain":           {`,"domain":{"name":"acme"}`, ``, 400, "missing"},
		"domain null":         {`{"name":"acme"}`, `null`, 400, "/domain"},
		"no methods":          {`"methods":["password"],`, ``, 400, "methods"},
		"another method":      {`["password"]`, `["token"]`, 400, "methods"},
		"two methods":         {`["password"]`, `["password","totp"]`, 400, "methods"},
		"method not in array": {`["password"]`, `"password"`, 400, "methods"},
		"capitals":            {`"auth"`, `"Auth"`, 400, "methods"},
		"unknown field":       {`{"auth":`, `{"more":{"a/b":1},"auth":`, 400, "/more/a~1b"},
		"unknown object":      {`{"auth":`, `{"more":{},"auth":`, 400, "/more"},
		"cut off":             {`}}}}`, ``, 400, "JSON"},
		"not UTF-8":           {`"acme"`, "\"\xff\"", 400, "JSON"},
		"an array":            {adaLogin, `[]`, 400, "JSON"},
		"null":                {adaLogin, `null`, 400, "methods"},
		"empty":               {adaLogin, ``, 400, "JSON"},
	}
	h := newIAM(vpceptest.WithUser(vpceptest.User{Name: "eve", Password: "another", DomainName: "acme"}))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, adaLogin, tt.old)
			r := serve(t, h, loginRequest("", strings.ReplaceAll(adaLogin, tt.old, tt.new)))
			wantIAMError(t, r, tt.status)
			assert.Contains(t, r.body.object("error")["message"], tt.message)
			assert.NotContains(t, r.raw, "the-password")
		})
	}
	assert.Zero(t, h.IssuedTokens())
}

func TestRefusedLoginRequests(t *testing.T) {
	h := newIAM()
	for _, query := range []string{"?noCatalog=true", "?nocatalog=1&nocatalog=2", "?a=%zz"} {
		wantIAMError(t, serve(t, h, loginRequest(query, adaLogin)), 400)
	}
	req := loginRequest("", adaLogin)
	req.Header.Set("Content-Type", "text/plain")
	wantIAMError(t, serve(t, h, req), 400)
	req = loginRequest("", adaLogin)
	req.Method = http.MethodGet
	wantError(t, serve(t, h, req), 404, "APIGW.0101")
}

func TestLoginLooksAtNoCredentials(t *testing.T) {
	req := loginRequest("", adaLogin)
	req.Header.Set("X-Auth-Token", "wrong")
	assert.Equal(t, http.StatusCreated, serve(t, newIAM(), req).status)
}

func TestIssuedTokensEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newIAM(vpceptest.WithTokenLifetime(time.Hour))
		first := logIn(t, h)
		time.Sleep(time.Hour - 1)
		second := logIn(t, h)
		assert.NotEqual(t, first, second)
		assert.Equal(t, 200, listWith(t, h, first).status)
		time.Sleep(time.Nanosecond)
		r := listWith(t, h, first)
		wantError(t, r, 401, "APIGW.0301")
		assert.Contains(t, r.raw, "decrypt token fail")
		assert.NotContains(t, r.raw, first)
		assert.Equal(t, 200, listWith(t, h, second).status)
		time.Sleep(48 * time.Hour)
		assert.Equal(t, 401, listWith(t, h, second).status)
		assert.Equal(t, 200, listWith(t, h, h.Token()).status)
		assert.Equal(t, 2, h.IssuedTokens())
	})
}

func TestTokensWithoutALifetime(t *testing.T) {
	h := newIAM(vpceptest.WithTokenLifetime(0))
	assert.Equal(t, 401, listWith(t, h, logIn(t, h)).status)
}

func TestRevokedTokens(t *testing.T) {
	h := newIAM()
	a, b, c := logIn(t, h), logIn(t, h), logIn(t, h)
	h.RevokeToken(a)
	h.RevokeToken(h.Token())
	h.RevokeToken("unknown")
	wantError(t, listWith(t, h, a), 401, "APIGW.0301")
	assert.Equal(t, 200, listWith(t, h, b).status)

	h.RevokeTokens()
	for _, token := range []string{a, b, c} {
		wantError(t, listWith(t, h, token), 401, "APIGW.0301")
	}
	assert.Equal(t, 200, listWith(t, h, h.Token()).status)
	assert.Equal(t, 200, listWith(t, h, logIn(t, h)).status, "later ones pass")
	assert.Equal(t, 4, h.IssuedTokens())
}

func TestListProjects(t *testing.T) {
	h := newIAM()
	project := `{"projects":[{"id":"p","name":"region-1","enabled":true,"domain_id":"%s"}],"links":{}}`
	project = fmt.Sprintf(project, serve(t, h, loginRequest("", adaLogin)).body.
		object("token").object("project").object("domain")["id"])
	for query, want := range map[string]string{
		"":               project,
		"?name=region-1": project,
		"?name=region":   `{"projects":[],"links":{}}`,
		"?name=REGION-1": `{"projects":[],"links":{}}`,
	} {
		req := httptest.NewRequest(http.MethodGet, "/v3/projects"+query, nil)
		req.Header.Set("X-Auth-Token", logIn(t, h))
		r := serve(t, h, req)
		assert.Equal(t, http.StatusOK, r.status)
		assert.JSONEq(t, want, r.raw, query)
	}
	for _, query := range []string{"?region=a", "?name=a&name=b", "?name=%zz"} {
		req := httptest.NewRequest(http.MethodGet, "/v3/projects"+query, nil)
		req.Header.Set("X-Auth-Token", h.Token())
		wantIAMError(t, serve(t, h, req), 400)
	}
}

func TestListProjectsNeedsCredentials(t *testing.T) {
	h := newIAM(vpceptest.WithAccessKey("ak", "sk"))
	req := httptest.NewRequest(http.MethodGet, "/v3/projects?name=region-1", nil)
	wantError(t, serve(t, h, req), 401, "APIGW.0301")

	s := signedList()
	s.target, s.path, s.query = "/v3/projects?name=region-1", "/v3/projects/", "name=region-1"
	s.headers = s.headers[1:] // no X-Project-Id: it is what is asked for
	assert.Equal(t, 200, serve(t, h, s.request()).status)
	s.secret = "other"
	wantError(t, serve(t, h, s.request()), 401, "APIGW.0301")
}

func TestFaultsOfIAM(t *testing.T) {
	h := newIAM(vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpCreateToken, Status: 500, Body: vpceptest.IAMErrorBody(500, "An error.")},
		vpceptest.Fault{Operation: vpceptest.OpCreateToken, AfterEffect: true, Status: 504},
		vpceptest.Fault{Operation: vpceptest.OpCreateToken, Header: http.Header{"X-Subject-Token": nil}},
		vpceptest.Fault{Operation: vpceptest.OpListProjects, Status: 503}))
	wantIAMError(t, serve(t, h, loginRequest("", adaLogin)), 500)
	assert.Zero(t, h.IssuedTokens())
	assert.Equal(t, 504, serve(t, h, loginRequest("", adaLogin)).status)
	assert.Equal(t, 1, h.IssuedTokens())
	r := serve(t, h, loginRequest("", adaLogin))
	assert.Equal(t, 201, r.status)
	assert.Empty(t, r.header.Get("X-Subject-Token"))
	assert.Equal(t, 503, serve(t, h, httptest.NewRequest(http.MethodGet, "/v3/projects", nil)).status)
	assert.Zero(t, h.PendingFaults())
}

func TestPasswordsAreNotRecorded(t *testing.T) {
	tests := map[string]struct{ path, body, want string }{
		"right": {"/v3/auth/tokens", adaLogin, strings.ReplaceAll(adaLogin, "the-password", "REDACTED")},
		"wrong path": {
			"/x/v3/auth/tokens/", adaLogin, strings.ReplaceAll(adaLogin, "the-password", "REDACTED"),
		},
		"unknown fields": {
			"/v3/auth/tokens", `{"name":"ada","Password":"the-password","pw":["the-password",1],"methods":["password"]}`,
			`{"name":"ada","Password":"REDACTED","pw":["REDACTED","REDACTED"],"methods":["password"]}`,
		},
		"cut off": {"/v3/auth/tokens", `{"password":"the-password"`, "REDACTED"},
		"empty":   {"/v3/auth/tokens", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var asked string
			h := newIAM(vpceptest.WithFaultFunc(func(r *vpceptest.Request) *vpceptest.Fault {
				asked = string(r.Body)
				return nil
			}))
			req := loginRequest("", tt.body)
			req.URL.Path = tt.path
			serve(t, h, req)
			got := string(h.Requests()[0].Body)
			assert.Equal(t, got, asked)
			if strings.HasPrefix(tt.want, "{") {
				assert.JSONEq(t, tt.want, got)
				return
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestLoginsAreRecorded(t *testing.T) {
	h := newIAM()
	logIn(t, h)
	serve(t, h, httptest.NewRequest(http.MethodGet, "/v3/projects", nil))
	all := h.Requests()
	assert.Equal(t, vpceptest.OpCreateToken, all[0].Operation)
	assert.Equal(t, 201, all[0].Status)
	assert.Equal(t, vpceptest.OpListProjects, all[1].Operation)
	assert.Equal(t, 401, all[1].Status)
}

func TestLoginsAtOnce(t *testing.T) {
	h := newIAM()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			token := logIn(t, h)
			listWith(t, h, token)
			h.RevokeToken(token)
			assert.Equal(t, 401, listWith(t, h, token).status)
			h.IssuedTokens()
		})
	}
	wg.Wait()
	assert.Equal(t, 16, h.IssuedTokens())
}
