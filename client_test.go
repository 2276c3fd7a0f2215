package vpcep_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
)

func TestNewClientReportsWrongSettings(t *testing.T) {
	tests := map[string]struct {
		options []vpcep.Option
		want    string // the options that are wrong
	}{
		"nothing set":                  {nil, "WithRegion WithProjectID WithAuth"},
		"enough":                       {settings(), ""},
		"nil option":                   {settings(nil), ""},
		"region":                       {[]vpcep.Option{vpcep.WithRegion("eu-west-101"), vpcep.WithProjectID("p"), vpcep.WithToken("t")}, ""},
		"unknown region":               {[]vpcep.Option{vpcep.WithRegion("moon-1"), vpcep.WithProjectID("p"), vpcep.WithToken("t")}, ""},
		"empty region":                 {[]vpcep.Option{vpcep.WithRegion(""), vpcep.WithProjectID("p"), vpcep.WithToken("t")}, "WithRegion"},
		"region with another host":     {[]vpcep.Option{vpcep.WithRegion("x.evil.example/"), vpcep.WithProjectID("p"), vpcep.WithToken("t")}, "WithRegion"},
		"base URL beats region":        {settings(vpcep.WithRegion("../..")), ""},
		"base URL of the project":      {settings(vpcep.WithBaseURL("https://vpcep.example/v1/p-1/")), "WithBaseURL"},
		"base URL of another project":  {settings(vpcep.WithBaseURL("https://vpcep.example/gw/v1/0605767a3300d5762fb7c0186d9e1779")), "WithBaseURL"},
		"base URL of a catalogue":      {settings(vpcep.WithBaseURL("https://vpcep.example/v1/$(tenant_id)s")), "WithBaseURL"},
		"base URL of another API":      {settings(vpcep.WithBaseURL("https://vpcep.example/v1/vpcep")), ""},
		"base URL empty":               {settings(vpcep.WithBaseURL("")), "WithBaseURL"},
		"base URL relative":            {settings(vpcep.WithBaseURL("vpcep.example/v1")), "WithBaseURL"},
		"base URL another scheme":      {settings(vpcep.WithBaseURL("ftp://vpcep.example")), "WithBaseURL"},
		"base URL without host":        {settings(vpcep.WithBaseURL("https:///v1")), "WithBaseURL"},
		"base URL with port only":      {settings(vpcep.WithBaseURL("https://:443")), "WithBaseURL"},
		"base URL broken":              {settings(vpcep.WithBaseURL("https://a b")), "WithBaseURL"},
		"base URL with user":           {settings(vpcep.WithBaseURL("https://u:secret@vpcep.example")), "WithBaseURL"},
		"base URL with user, broken":   {settings(vpcep.WithBaseURL("user:secret@vpcep.example.com")), "WithBaseURL"},
		"base URL opaque":              {settings(vpcep.WithBaseURL("https:user:secret@host")), "WithBaseURL"},
		"base URL with query":          {settings(vpcep.WithBaseURL("https://vpcep.example?a=b")), "WithBaseURL"},
		"base URL with fragment":       {settings(vpcep.WithBaseURL("https://vpcep.example#a")), "WithBaseURL"},
		"plaintext":                    {settings(vpcep.WithBaseURL("http://vpcep.example")), "WithBaseURL"},
		"plaintext meant":              {settings(vpcep.WithBaseURL("http://vpcep.example"), vpcep.WithPlaintextHTTP()), ""},
		"plaintext to localhost":       {settings(vpcep.WithBaseURL("http://localhost:8080")), ""},
		"plaintext to 127.0.0.9":       {settings(vpcep.WithBaseURL("http://127.0.0.9")), ""},
		"plaintext to ::1":             {settings(vpcep.WithBaseURL("http://[::1]:80")), ""},
		"plaintext to localhost.evil":  {settings(vpcep.WithBaseURL("http://localhost.evil")), "WithBaseURL"},
		"project empty":                {settings(vpcep.WithProjectID("")), "WithProjectID"},
		"project of 64":                {settings(vpcep.WithProjectID(strings.Repeat("p", 64))), ""},
		"project of 65":                {settings(vpcep.WithProjectID(strings.Repeat("p", 65))), "WithProjectID"},
		"project slash":                {settings(vpcep.WithProjectID("p/x")), "WithProjectID"},
		"project dots":                 {settings(vpcep.WithProjectID("..")), "WithProjectID"},
		"project dot":                  {settings(vpcep.WithProjectID(".")), "WithProjectID"},
		"project query":                {settings(vpcep.WithProjectID("p?x")), "WithProjectID"},
		"project escape":               {settings(vpcep.WithProjectID("p%2f")), "WithProjectID"},
		"project newline":              {settings(vpcep.WithProjectID("p\n")), "WithProjectID"},
		"no credentials":               {settings(vpcep.WithAuth(nil)), "WithAuth"},
		"no token source":              {settings(vpcep.WithAuth(vpcep.TokenAuth(nil))), "WithAuth"},
		"token empty":                  {settings(vpcep.WithToken("")), "WithToken"},
		"token of 65536":               {settings(vpcep.WithToken(strings.Repeat("t", 65536))), ""},
		"token of 65537":               {settings(vpcep.WithToken(strings.Repeat("t", 65537))), "WithToken"},
		"token and authenticator":      {settings(vpcep.WithToken("t"), vpcep.WithAuth(vpcep.TokenAuth(vpcep.StaticToken("u")))), "WithToken"},
		"authenticator and token":      {settings(vpcep.WithAuth(vpcep.TokenAuth(vpcep.StaticToken("u"))), vpcep.WithToken("t")), "WithToken"},
		"no authenticator":             {settings(vpcep.WithAuth(nil)), "WithAuth"},
		"empty token of a source":      {settings(vpcep.WithAuth(vpcep.TokenAuth(vpcep.StaticToken("")))), "WithAuth"},
		"token with newline":           {settings(vpcep.WithToken("t\r\nX-Evil: 1")), "WithToken"},
		"token with space":             {settings(vpcep.WithToken("t t")), "WithToken"},
		"token not ASCII":              {settings(vpcep.WithToken("tökén")), "WithToken"},
		"HTTP client nil":              {settings(vpcep.WithHTTPClient(nil)), "WithHTTPClient"},
		"own CAs on another transport": {settings(vpcep.WithHTTPClient(&http.Client{}), vpcep.WithRootCAs(x509.NewCertPool())), "WithRootCAs"},
		"negative time-out":            {settings(vpcep.WithAttemptTimeout(-1)), "WithAttemptTimeout"},
		"negative window":              {settings(vpcep.WithReconcileWindow(-1)), "WithReconcileWindow"},
		"negative attempts":            {settings(vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: -1})), "WithRetry"},
		"negative pause":               {settings(vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: -1})), "WithRetry"},
		"negative longest pause":       {settings(vpcep.WithRetry(vpcep.RetryPolicy{MaxDelay: -1})), "WithRetry"},
		"user agent with newline":      {settings(vpcep.WithUserAgent("a\nb")), "WithUserAgent"},
		"all at once": {[]vpcep.Option{vpcep.WithBaseURL("x"), vpcep.WithToken(" "), vpcep.WithUserAgent("ü")},
			"WithBaseURL WithProjectID WithToken WithUserAgent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := vpcep.NewClient(tt.options...)
			assert.Equal(t, tt.want, fieldsOf(err), "%v", err)
			if tt.want == "" {
				assert.NoError(t, err)
				assert.NotNil(t, c)
				return
			}
			assert.Nil(t, c)
			assert.NotContains(t, err.Error(), "secret")
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestWrongSettingsSayWhatIsRight(t *testing.T) {
	for want, option := range map[string]vpcep.Option{
		"use https://vpcep.example/gw": vpcep.WithBaseURL("https://vpcep.example/gw/v1/p-1"),
		"60 * time.Second":             vpcep.WithAttemptTimeout(60),
		"5 * time.Second":              vpcep.WithReconcileWindow(5),
	} {
		_, err := vpcep.NewClient(settings(option)...)
		assert.ErrorContains(t, err, want)
	}
	_, err := vpcep.NewClient(settings(vpcep.WithAttemptTimeout(time.Millisecond), vpcep.WithReconcileWindow(time.Millisecond))...)
	assert.NoError(t, err)
	_, err = vpcep.NewClient(settings(vpcep.WithRetry(vpcep.RetryPolicy{ThrottleTimeout: -1}))...)
	assert.ErrorContains(t, err, "WithRetry")
}

func TestRequestsGoToTheServicesURL(t *testing.T) {
	tests := map[string]struct {
		option vpcep.Option
		want   string
	}{
		"region":               {vpcep.WithRegion("cn-north-4"), "https://vpcep.cn-north-4.myhuaweicloud.com/v1/p-1/vpc-endpoints"},
		"European region":      {vpcep.WithRegion("eu-west-101"), "https://vpcep.eu-west-101.myhuaweicloud.eu/v1/p-1/vpc-endpoints"},
		"new region":           {vpcep.WithRegion("eu-south-9"), "https://vpcep.eu-south-9.myhuaweicloud.com/v1/p-1/vpc-endpoints"},
		"base URL":             {vpcep.WithBaseURL("https://h.example:8443"), "https://h.example:8443/v1/p-1/vpc-endpoints"},
		"base URL with slash":  {vpcep.WithBaseURL("https://h.example/"), "https://h.example/v1/p-1/vpc-endpoints"},
		"base URL with a path": {vpcep.WithBaseURL("https://h.example/a/b%2Fc/"), "https://h.example/a/b%2Fc/v1/p-1/vpc-endpoints"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			hc := &http.Client{Transport: faketransport.Func(func(r *http.Request) (*http.Response, error) {
				got = r
				return httpmock.NewStringResponse(200, `{"id":"e"}`), nil
			})}
			c, err := vpcep.NewClient(tt.option, vpcep.WithProjectID("p-1"), vpcep.WithToken("tok"), vpcep.WithHTTPClient(hc))
			require.NoError(t, err)
			_, err = c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"})
			require.NoError(t, err)
			assert.Equal(t, tt.want, got.URL.String())
		})
	}
}

func TestWithHTTPClientLeavesTheClientAlone(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("GET", "=~.*", httpmock.NewStringResponder(200, `{"id":"e"}`))
	check := func(*http.Request, []*http.Request) error { return nil }
	hc := &http.Client{Transport: mock, CheckRedirect: check, Timeout: time.Hour, Jar: noJar{}}
	before := *hc
	c, err := vpcep.NewClient(settings(vpcep.WithHTTPClient(hc))...)
	require.NoError(t, err)
	_, err = c.GetEndpoint(t.Context(), "e")
	require.NoError(t, err)

	assert.Equal(t, fmt.Sprintf("%p", before.CheckRedirect), fmt.Sprintf("%p", hc.CheckRedirect))
	assert.Same(t, mock, hc.Transport)
	assert.Equal(t, before.Timeout, hc.Timeout)
	assert.Equal(t, before.Jar, hc.Jar)

	empty := &http.Client{}
	_, err = vpcep.NewClient(settings(vpcep.WithHTTPClient(empty))...)
	require.NoError(t, err)
	assert.Equal(t, &http.Client{}, empty)
}

type noJar struct{}

func (noJar) SetCookies(*url.URL, []*http.Cookie) { panic("cookies are not kept") }
func (noJar) Cookies(*url.URL) []*http.Cookie     { panic("cookies are not sent") }

func TestUserAgentNamesProductAndLibrary(t *testing.T) {
	c, mock := mocked(t, vpcep.WithUserAgent("terraform-provider-x/1.2"))
	var got string
	mock.RegisterResponder("GET", "=~.*", func(r *http.Request) (*http.Response, error) {
		got = r.Header.Get("User-Agent")
		return httpmock.NewStringResponse(200, `{"id":"e"}`), nil
	})
	_, err := c.GetEndpoint(t.Context(), "e")
	require.NoError(t, err)
	assert.Regexp(t, `^terraform-provider-x/1\.2 vpcep-go/`+regexp.QuoteMeta(vpcep.Version())+` \(go.+; .+/.+\)$`, got)
}

func TestZeroClientIsAnError(t *testing.T) {
	var zero vpcep.Client
	var none *vpcep.Client
	for _, c := range []*vpcep.Client{&zero, none} {
		_, err := c.GetEndpoint(t.Context(), "e")
		assert.ErrorContains(t, err, "NewClient")
		for _, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{}) {
			assert.ErrorContains(t, err, "NewClient")
		}
		c.CloseIdleConnections()
	}
	c, _ := mocked(t)
	//lint:ignore SA1012 a nil context is the very case
	_, err := c.GetEndpoint(nil, "e") //nolint:staticcheck // a nil context is what is tested
	assert.ErrorContains(t, err, "context")
}

type failingAuth struct{ err error }

func (a failingAuth) Authenticate(*http.Request) error { return a.err }

func TestFailedAuthenticationSendsNothing(t *testing.T) {
	cause := errors.New("no token today")
	c, mock := mocked(t, vpcep.WithAuth(failingAuth{cause}))
	_, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"})
	assert.ErrorIs(t, err, cause)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
	assert.Equal(t, "vpcep: POST /v1/p-1/vpc-endpoints: authenticate: no token today", err.Error())
	assert.Zero(t, mock.GetTotalCallCount())
}

type sourceFunc func(context.Context) (vpcep.Token, error)

func (f sourceFunc) Token(ctx context.Context) (vpcep.Token, error) { return f(ctx) }

func TestUnfitTokenOfASourceIsNotSent(t *testing.T) {
	for _, token := range []string{"", "a b", "a\r\nX-Evil: 1"} {
		c, mock := mocked(t, vpcep.WithAuth(vpcep.TokenAuth(sourceFunc(func(context.Context) (vpcep.Token, error) {
			return vpcep.Token{Value: token}, nil
		}))))
		_, err := c.GetEndpoint(t.Context(), "e")
		assert.ErrorContains(t, err, "not allowed in a header")
		assert.Zero(t, mock.GetTotalCallCount())
	}
}
