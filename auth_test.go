package vpcep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// service is a stand-in, and a client that logs in to it as the default user.
func iamClient(t *testing.T, options ...vpceptest.Option) (*vpceptest.Handler, *vpcep.Client) {
	t.Helper()
	h := newHandler(options...)
	hc := &http.Client{Transport: inProcess{h}}
	cfg := login(h)
	cfg.HTTPClient = hc
	c, err := vpcep.NewClient(
		vpcep.WithBaseURL("https://vpcep.example"), vpcep.WithProjectID(h.ProjectID()), vpcep.WithHTTPClient(hc),
		vpcep.WithAuth(vpcep.TokenAuth(vpcep.CachedToken(vpcep.IAMPassword(cfg)))))
	require.NoError(t, err)
	return h, c
}

func login(h *vpceptest.Handler) vpcep.IAMPasswordConfig {
	return vpcep.IAMPasswordConfig{
		IAMEndpoint: "https://iam.example", ProjectID: h.ProjectID(),
		Username: h.User().Name, Password: h.User().Password, DomainName: h.User().DomainName,
	}
}

func count(h *vpceptest.Handler, operation vpceptest.Operation) (n int) {
	for _, r := range h.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

func TestIAMPasswordLogsInOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := iamClient(t)
		for range 3 {
			_, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
			require.NoError(t, err)
		}
		assert.Equal(t, 1, h.IssuedTokens())
		first := h.Requests()[0]
		assert.Equal(t, vpceptest.OpCreateToken, first.Operation)
		assert.Equal(t, "nocatalog=true", first.Query.Encode())
		assert.Empty(t, first.Header.Get("X-Auth-Token"))
	})
}

func TestIAMPasswordReadsTokenAndEnd(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://iam.eu-west-101.myhuaweicloud.eu/v3/auth/tokens", func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		assert.JSONEq(t, `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"u","password":"p\"w","domain":{"name":"d"}}}},"scope":{"project":{"name":"eu-west-101","domain":{"name":"d"}}}}}`, string(body))
		resp := httpmock.NewStringResponse(201, `{"token":{"expires_at":"2019-02-13T06:52:13.855000Z"}}`)
		resp.Header.Set("X-Subject-Token", "t0ken")
		return resp, nil
	})
	token, err := vpcep.IAMPassword(vpcep.IAMPasswordConfig{
		Region: "eu-west-101", Username: "u", Password: `p"w`, DomainName: "d", HTTPClient: &http.Client{Transport: mock},
	}).Token(t.Context())
	require.NoError(t, err)
	assert.Equal(t, vpcep.Token{Value: "t0ken", ExpiresAt: time.Date(2019, 2, 13, 6, 52, 13, 855e6, time.UTC)}, token)
}

func TestIAMPasswordWithoutTokenInTheAnswer(t *testing.T) {
	for _, tt := range []struct {
		status int
		header string
		body   string
		ok     bool
	}{
		{201, "t0ken", "", true}, {200, "t0ken", `{"token":7}`, true}, {201, "", `{"token":{}}`, false}, {302, "t0ken", "", false}, {204, "", "", false},
	} {
		mock := httpmock.NewMockTransport()
		mock.RegisterResponder("POST", "https://iam.example/v3/auth/tokens", func(*http.Request) (*http.Response, error) {
			resp := httpmock.NewStringResponse(tt.status, tt.body)
			resp.Header.Set("X-Subject-Token", tt.header)
			return resp, nil
		})
		_, err := vpcep.IAMPassword(vpcep.IAMPasswordConfig{
			IAMEndpoint: "https://iam.example", ProjectName: "x", Username: "u", Password: "pass", DomainName: "d", HTTPClient: &http.Client{Transport: mock},
		}).Token(t.Context())
		assert.Equal(t, tt.ok, err == nil, "%+v: %v", tt, err)
	}
}

func TestWrongPasswordIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		cfg := login(h)
		cfg.Password, cfg.HTTPClient = "wrong", &http.Client{Transport: inProcess{h}}
		source := vpcep.CachedToken(vpcep.IAMPassword(cfg))
		for range 20 {
			_, err := source.Token(t.Context())
			var refusal *vpcep.APIError
			require.ErrorAs(t, err, &refusal)
			assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
			assert.Equal(t, "401", refusal.Code)
			assert.Equal(t, "/v3/auth/tokens", refusal.Path)
		}
		assert.Equal(t, 1, count(h, vpceptest.OpCreateToken))

		time.Sleep(2 * time.Minute) // the password may have been corrected
		_, err := source.Token(t.Context())
		assert.Error(t, err)
		assert.Equal(t, 2, count(h, vpceptest.OpCreateToken))
	})
}

func TestIAMIsAskedAgainAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := iamClient(t, vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpCreateToken, Status: 503, Times: 2}))
		_, err := listed(c, t.Context(), vpcep.EndpointFilter{})
		require.NoError(t, err)
		assert.Equal(t, 1, h.IssuedTokens())
		assert.Zero(t, h.PendingFaults())
	})
}

func TestWrongIAMSettings(t *testing.T) {
	source := vpcep.IAMPassword(vpcep.IAMPasswordConfig{IAMEndpoint: "http://iam.example"})
	_, err := source.Token(t.Context())
	assert.Equal(t, "IAMEndpoint Username Password DomainName ProjectID", fieldsOf(err))
	_, err = vpcep.NewClient(settings(vpcep.WithAuth(vpcep.TokenAuth(vpcep.CachedToken(source))))...)
	assert.Equal(t, "IAMEndpoint Username Password DomainName ProjectID", fieldsOf(err))
	_, err = vpcep.NewClient(settings(vpcep.WithAuth(vpcep.TokenAuth(vpcep.CachedToken(nil))))...)
	assert.Equal(t, "WithAuth", fieldsOf(err))
	_, err = vpcep.CachedToken(nil).Token(t.Context())
	assert.Error(t, err)
}

// 256 callers whose token was revoked cause one request for a new one, and none of them fails.
func TestRevokedTokenIsRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := iamClient(t)
		e, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
		require.NoError(t, err)
		h.RevokeTokens()
		var callers sync.WaitGroup
		for range 256 {
			callers.Go(func() {
				_, err := c.GetEndpoint(t.Context(), e.ID)
				assert.NoError(t, err)
			})
		}
		callers.Wait()
		assert.Equal(t, 2, h.IssuedTokens())
	})
}

func TestRevokedTokenDuringACreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := iamClient(t)
		request := vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"}
		_, err := c.CreateEndpoint(t.Context(), request)
		require.NoError(t, err)
		h.RevokeTokens()
		var meta vpcep.ResponseMeta
		_, err = c.CreateEndpoint(t.Context(), request, vpcep.WithResponse(&meta))
		require.NoError(t, err, "a 401 means that nothing was made")
		assert.Equal(t, 2, meta.Attempts)
		assert.Len(t, h.Endpoints(), 2)
	})
}

func TestTokenThatIsRefusedAgain(t *testing.T) {
	for _, tt := range []struct {
		auth  func(vpcep.TokenSource) vpcep.Authenticator
		calls int
	}{
		{func(s vpcep.TokenSource) vpcep.Authenticator { return vpcep.TokenAuth(vpcep.CachedToken(s)) }, 2},
		{vpcep.TokenAuth, 1}, // nothing to renew
	} {
		c, mock := mocked(t, vpcep.WithAuth(tt.auth(vpcep.StaticToken("static"))))
		mock.RegisterResponder("GET", "=~.*", httpmock.NewStringResponder(401, `{"error_code":"APIGW.0301","error_msg":"m"}`))
		_, err := c.GetEndpoint(t.Context(), "e")
		assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
		assert.Equal(t, tt.calls, mock.GetTotalCallCount())
	}
}

func TestExpiringTokenIsRenewedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := iamClient(t, vpceptest.WithTokenLifetime(time.Hour))
		for range 24 * 60 {
			_, err := listed(c, t.Context(), vpcep.EndpointFilter{})
			require.NoError(t, err)
			time.Sleep(time.Minute)
		}
		for _, r := range h.Requests() {
			assert.NotEqual(t, 401, r.Status)
		}
		assert.InDelta(t, 24/0.85, h.IssuedTokens(), 5)
	})
}

func TestAKSK(t *testing.T) {
	server := newServer(vpceptest.WithAccessKey("AK123456", "SK-secret"), vpceptest.WithSecurityToken("AK123456", "security-token"))
	defer server.Close()
	client := func(cfg vpcep.AKSKConfig) *vpcep.Client {
		return server.Client(vpcep.WithAuth(vpcep.AKSK(cfg)))
	}
	good := client(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret", SecurityToken: "security-token"})
	e, err := good.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "s", VPCID: "v", SubnetID: "n", Description: "für 计费", IdempotencyKey: "k",
	})
	require.NoError(t, err)
	require.NoError(t, good.DeleteEndpoint(t.Context(), e.ID))
	_, err = listed(good, t.Context(), vpcep.EndpointFilter{EndpointServiceName: "a b/&=+ü", SortKey: "update_at"})
	require.NoError(t, err)

	before := len(server.Requests())
	_, err = client(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "wrong", SecurityToken: "security-token"}).GetEndpoint(t.Context(), e.ID)
	assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
	assert.ErrorIs(t, err, vpcep.CodeGatewayAuthFailed)
	assert.Equal(t, before+1, len(server.Requests()), "a refused signature is not sent again")
}

// exchange is a token source that signs its own request with an access key.
type exchange struct{ key vpcep.Authenticator }

func (e exchange) Token(ctx context.Context) (vpcep.Token, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://sts.example", nil)
	if err != nil {
		return vpcep.Token{}, err
	}
	err = e.key.Authenticate(req)
	return vpcep.Token{Value: "for-" + req.Header.Get("X-Project-Id")}, err
}

// wrapped is an authenticator of the user's.
type wrapped struct{ vpcep.Authenticator }

// A token source that signs a request knows the project that it is for.
func TestSignatureNamesTheProject(t *testing.T) {
	key := vpcep.AKSK(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret"})
	for name, tt := range map[string]struct {
		auth          vpcep.Authenticator
		header, value string
	}{
		"access key":            {key, "X-Project-Id", "p-1"},
		"wrapped":               {wrapped{key}, "X-Project-Id", "p-1"},
		"within a token source": {vpcep.TokenAuth(vpcep.CachedToken(exchange{key})), "X-Auth-Token", "for-p-1"},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t, vpcep.WithAuth(tt.auth))
			mock.RegisterResponder("GET", endpointsURL+"/e-1", func(r *http.Request) (*http.Response, error) {
				assert.Equal(t, tt.value, r.Header.Get(tt.header))
				return httpmock.NewStringResponse(200, `{"id":"e-1"}`), nil
			})
			_, err := c.GetEndpoint(t.Context(), "e-1")
			require.NoError(t, err)
		})
	}
}

func TestAKSKSignsEachAttemptAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(vpceptest.WithAccessKey("AK123456", "SK-secret"),
			vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpList, Status: 429, Header: http.Header{"Retry-After": {"1200"}}}))
		c, err := vpcep.NewClient(vpcep.WithBaseURL("https://vpcep.example"), vpcep.WithProjectID(h.ProjectID()),
			vpcep.WithHTTPClient(&http.Client{Transport: inProcess{h}}), vpcep.WithRetry(vpcep.RetryPolicy{MaxDelay: time.Hour}),
			vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret"})))
		require.NoError(t, err)
		_, err = listed(c, t.Context(), vpcep.EndpointFilter{})
		require.NoError(t, err, "the first signature is too old by now")
		requests := h.Requests()
		require.Len(t, requests, 2)
		assert.NotEqual(t, requests[0].Header.Get("X-Sdk-Date"), requests[1].Header.Get("X-Sdk-Date"))
	})
}

func TestAKSKThatCannotWork(t *testing.T) {
	for _, tt := range []struct {
		cfg  vpcep.AKSKConfig
		want string
	}{
		{vpcep.AKSKConfig{}, "AccessKey SecretKey"},
		{vpcep.AKSKConfig{AccessKey: "a\n", SecretKey: "s", SecurityToken: "ü"}, "AccessKey SecurityToken"},
	} {
		_, err := vpcep.NewClient(settings(vpcep.WithAuth(vpcep.AKSK(tt.cfg)))...)
		assert.Equal(t, tt.want, fieldsOf(err))
		req, _ := http.NewRequest("GET", "https://x.example", nil)
		assert.Error(t, vpcep.AKSK(tt.cfg).Authenticate(req))
	}
}

func TestLookupProjectID(t *testing.T) {
	server := newServer(vpceptest.WithProjectName("eu-west-101"), vpceptest.WithAccessKey("AK123456", "SK-secret"))
	defer server.Close()
	for name, auth := range map[string]vpcep.Authenticator{
		"token": vpcep.TokenAuth(vpcep.StaticToken(server.Token())),
		"key":   vpcep.AKSK(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret"}),
	} {
		id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "eu-west-101", IAMEndpoint: server.URL, Auth: auth})
		require.NoError(t, err, name)
		assert.Equal(t, server.ProjectID(), id)
		_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "eu-west-0", IAMEndpoint: server.URL, Auth: auth})
		assert.ErrorIs(t, err, vpcep.ErrProjectNotFound)
	}
	_, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{})
	assert.Equal(t, "IAMEndpoint Auth", fieldsOf(err))
	_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "x", IAMEndpoint: server.URL, Auth: vpcep.TokenAuth(vpcep.StaticToken("wrong"))})
	assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
}

func TestEnvironmentServesWhereOptionsAreSilent(t *testing.T) {
	url := func(options ...vpcep.Option) string {
		var got string
		hc := &http.Client{Transport: faketransport.Func(func(r *http.Request) (*http.Response, error) {
			got = r.URL.Host + r.URL.Path
			return httpmock.NewStringResponse(200, `{"id":"e"}`), nil
		})}
		c, err := vpcep.NewClient(append(options, vpcep.WithToken("tok"), vpcep.WithHTTPClient(hc))...)
		require.NoError(t, err)
		_, err = c.GetEndpoint(t.Context(), "e")
		require.NoError(t, err)
		return got
	}
	t.Setenv("HW_REGION_NAME", "cn-north-4")
	t.Setenv("HW_PROJECT_ID", "terraform")
	assert.Equal(t, "vpcep.cn-north-4.myhuaweicloud.com/v1/terraform/vpc-endpoints/e", url())
	t.Setenv("HUAWEICLOUD_SDK_PROJECT_ID", "sdk")
	assert.Equal(t, "vpcep.cn-north-4.myhuaweicloud.com/v1/sdk/vpc-endpoints/e", url())
	assert.Equal(t, "x.example/v1/own/vpc-endpoints/e", url(vpcep.WithBaseURL("https://x.example"), vpcep.WithProjectID("own")))
	assert.Equal(t, "vpcep.eu-west-0.myhuaweicloud.com/v1/sdk/vpc-endpoints/e", url(vpcep.WithRegion("eu-west-0")))
	_, err := vpcep.NewClient(vpcep.WithRegion("r"), vpcep.WithProjectID(""), vpcep.WithToken("t"))
	assert.Equal(t, "WithProjectID", fieldsOf(err), "an empty option is not a silent one")
}

func TestDefaultAuth(t *testing.T) {
	noMetadata := newServer()
	defer noMetadata.Close()
	home := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	file := write("own", "# comment\n[other]\nak = no\n[basic]\nak = FILEKEY1\nsk=file-secret=\nproject_id = file-project\n")
	tests := map[string]struct {
		env     map[string]string
		home    string
		access  string // the key that signs
		project string
		token   string
		err     []string
	}{
		"SDK keys":       {env: map[string]string{"HUAWEICLOUD_SDK_AK": "SDKKEY12", "HUAWEICLOUD_SDK_SK": "s", "HW_ACCESS_KEY": "no", "HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}, access: "SDKKEY12"},
		"Terraform keys": {env: map[string]string{"HW_ACCESS_KEY": "HWKEY123", "HW_SECRET_KEY": "s", "HW_AUTH_TOKEN": "no"}, access: "HWKEY123"},
		"token":          {env: map[string]string{"HW_AUTH_TOKEN": "the-token"}, token: "the-token"},
		"file named":     {env: map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}, access: "FILEKEY1", project: "file-project"},
		"half a key":     {env: map[string]string{"HUAWEICLOUD_SDK_AK": "SDKKEY12"}, err: []string{"HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK", "SecretKey: must not be empty"}},
		"half a file":    {env: map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": write("half", "[basic]\nsk = s\n")}, err: []string{"half", "[basic]", "AccessKey: must not be empty"}},
		"no such file":   {env: map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": home + "/none"}, err: []string{home + "/none"}},
		"nothing": {home: t.TempDir(), err: []string{
			"HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK", "HW_ACCESS_KEY", "HW_AUTH_TOKEN", ".huaweicloud/credentials: it does not exist", "metadata service", noMetadata.URL}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			asked := len(noMetadata.Requests())
			auth, err := vpcep.DefaultAuthAt(func(name string) string { return tt.env[name] }, tt.home, noMetadata.URL)
			if tt.err != nil {
				for _, text := range tt.err {
					assert.ErrorContains(t, err, text)
				}
				assert.NotContains(t, err.Error(), "\n")
				return
			}
			require.NoError(t, err)
			assert.Len(t, noMetadata.Requests(), asked, "the metadata service is asked only when nothing else is set")
			req, _ := http.NewRequest("GET", "https://x.example/v1/p", nil)
			require.NoError(t, auth.Authenticate(req))
			assert.Equal(t, tt.token, req.Header.Get("X-Auth-Token"))
			if tt.access != "" {
				assert.Contains(t, req.Header.Get("Authorization"), "Access="+tt.access+",")
			}
			c, err := vpcep.NewClient(vpcep.WithRegion("r"), vpcep.WithAuth(auth), vpcep.WithProjectID("p"))
			assert.NoError(t, err)
			assert.NotNil(t, c)
			_, err = vpcep.NewClient(vpcep.WithRegion("r"), vpcep.WithAuth(auth))
			assert.Equal(t, tt.project != "", err == nil, "the file's project serves where the options are silent")
		})
	}
	t.Run("file at home", func(t *testing.T) {
		write(".huaweicloud/credentials", "\xef\xbb\xbf[basic]\r\nak = HOMEKEY1\r\nsk = s\r\nsecurity_token = st\r\n")
		auth, err := vpcep.DefaultAuthAt(func(string) string { return "" }, home, "")
		require.NoError(t, err)
		req, _ := http.NewRequest("GET", "https://x.example/v1/p", nil)
		require.NoError(t, auth.Authenticate(req))
		assert.Contains(t, req.Header.Get("Authorization"), "Access=HOMEKEY1,")
		assert.Equal(t, "st", req.Header.Get("X-Security-Token"))
	})
}

func TestDefaultAuthOfAnInstance(t *testing.T) {
	for name, options := range map[string][]vpceptest.Option{
		"open":                  {vpceptest.WithAgency(time.Hour)},
		"with a metadata token": {vpceptest.WithAgency(time.Hour), vpceptest.WithMetadataToken()},
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer(options...)
			defer server.Close()
			auth, err := vpcep.DefaultAuthAt(func(string) string { return "" }, t.TempDir(), server.URL)
			require.NoError(t, err)
			c := server.Client(vpcep.WithAuth(auth))
			for range 3 {
				_, err = c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
				require.NoError(t, err)
			}
			keys := 0
			for _, r := range server.Requests() {
				if r.Operation == vpceptest.OpSecurityKey && r.Status == 200 {
					keys++
				}
			}
			assert.Equal(t, 1, keys, "keys are kept until they end")
		})
	}
}

// Nothing that is printed, logged or marshaled shows a credential, even inside other values.
func TestCredentialsPrintRedacted(t *testing.T) {
	const secret = "S3CRET-value"
	values := map[string]any{
		"token":  vpcep.Token{Value: secret},
		"AKSK":   vpcep.AKSKConfig{AccessKey: secret, SecretKey: secret, SecurityToken: secret},
		"IAM":    vpcep.IAMPasswordConfig{Username: "u", Password: secret},
		"401":    vpcep.Refusal{Request: http.Header{"X-Auth-Token": {secret}}},
		"source": vpcep.StaticToken(secret),
		"auth":   vpcep.TokenAuth(vpcep.StaticToken(secret)),
		"cached": vpcep.CachedToken(vpcep.StaticToken(secret)),
		"signer": vpcep.AKSK(vpcep.AKSKConfig{AccessKey: secret, SecretKey: secret}),
		"login":  vpcep.IAMPassword(vpcep.IAMPasswordConfig{Password: secret}),
	}
	c, err := vpcep.NewClient(settings(vpcep.WithToken(secret))...)
	require.NoError(t, err)
	values["client"] = c
	type outer struct {
		Inner any
		inner any
	}
	for name, v := range values {
		for _, value := range []any{v, &v, outer{Inner: v}, &outer{Inner: v}, []any{v}, map[string]any{"k": v}} {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&out, verb+"\n", value)
			}
			for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
				slog.New(handler).Info("m", "value", value)
			}
			data, _ := json.Marshal(value)
			out.Write(data)
			for _, form := range []string{secret, fmt.Sprintf("%x", secret)} {
				assert.NotContains(t, out.String(), form, name)
			}
		}
		// Where methods cannot be called, a function hides the secret of the library's types.
		if name != "token" && name != "AKSK" && name != "IAM" && name != "401" {
			assert.NotContains(t, fmt.Sprintf("%+v %#v", outer{inner: v}, outer{inner: v}), secret, name)
		}
	}
}

func TestLoggerWritesOneLineForEachAttempt(t *testing.T) {
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, mock := mocked(t, vpcep.WithLogger(logger), vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	answers := []int{503, 200}
	mock.RegisterResponder("GET", endpointsURL+"/e-1", func(*http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(answers[0], `{"id":"e-1","secret":"x"}`)
		resp.Header.Set("X-Request-Id", fmt.Sprint("req-", answers[0]))
		answers = answers[1:]
		return resp, nil
	})
	_, err := c.GetEndpoint(t.Context(), "e-1")
	require.NoError(t, err)

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 2)
	for i, status := range []int{503, 200} {
		var line map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[i]), &line))
		assert.Equal(t, "DEBUG", line["level"])
		assert.Equal(t, "GET", line["method"])
		assert.Equal(t, "/v1/p-1/vpc-endpoints/e-1", line["path"])
		assert.EqualValues(t, status, line["status"])
		assert.Equal(t, fmt.Sprint("req-", status), line["request_id"])
		assert.EqualValues(t, i+1, line["attempt"])
		assert.Contains(t, line, "duration")
		assert.Len(t, line, 9, "and time, level and msg: nothing else")
	}

	out.Reset()
	quiet := slog.New(slog.NewJSONHandler(&out, nil))
	c, _ = mocked(t, vpcep.WithLogger(quiet))
	_, _ = c.GetEndpoint(context.Background(), "e-1")
	assert.Empty(t, out.String(), "nothing above debug level")
}

// net/http may quote the token from a malformed response.
func TestMalformedAnswersDoNotShowTheToken(t *testing.T) {
	token := "T0KEN" + strings.Repeat("t", 900)
	for _, answer := range []string{"HTTP/1.1 200 OK\r\nX-Auth-Token %s\r\n\r\n", "HTTP/1.1 %s x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n", "HTTP/1.1 307 x\r\nLocation: http://x:bad/?%s\r\n\r\n"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, buf, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer conn.Close()
			fmt.Fprintf(buf, answer, r.Header.Get("X-Auth-Token"))
			buf.Flush()
		}))
		c, err := vpcep.NewClient(vpcep.WithBaseURL(server.URL), vpcep.WithProjectID("p"), vpcep.WithToken(token))
		require.NoError(t, err)
		_, err = c.CreateEndpoint(t.Context(), minimal)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		for text := err; text != nil; text = errors.Unwrap(text) {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", text, text, text), token[:50], answer)
		}
		server.Close()
	}
}

func TestConcurrentLoginsWithAWrongPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		cfg := login(h)
		cfg.Password, cfg.HTTPClient = "wrong", &http.Client{Transport: inProcess{h}}
		source := vpcep.IAMPassword(cfg)
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				_, err := source.Token(t.Context())
				assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
			})
		}
		callers.Wait()
		assert.Equal(t, 1, count(h, vpceptest.OpCreateToken), "more would lock the user")
	})
}

func TestIAMEndpointOfTheEnvironmentAndTheFile(t *testing.T) {
	server := newServer(vpceptest.WithProjectName("region-9"), vpceptest.WithAccessKey("FILEKEY1", "file-secret"))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[basic]\nak=FILEKEY1\nsk=file-secret\niam_endpoint="+server.URL+"\n"), 0o600))
	auth, err := vpcep.DefaultAuthAt(func(name string) string { return map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}[name] }, "", "")
	require.NoError(t, err)
	id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "region-9", Auth: auth})
	require.NoError(t, err)
	assert.Equal(t, server.ProjectID(), id)

	t.Setenv("HUAWEICLOUD_SDK_IAM_ENDPOINT", server.URL)
	user := server.User()
	_, err = vpcep.IAMPassword(vpcep.IAMPasswordConfig{Region: "region-9", Username: user.Name, Password: user.Password, DomainName: user.DomainName}).Token(t.Context())
	require.NoError(t, err)
}
