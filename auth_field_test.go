package vpcep_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/fallback"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// skewed is a gateway whose clock is ahead of this machine's, and that accepts only
// signatures of its own time. It counts the requests.
func skewed(ahead *time.Duration, takes bool, requests *int) *http.Client {
	return &http.Client{Transport: faketransport.Func(func(r *http.Request) (*http.Response, error) {
		*requests++
		now := time.Now().UTC().Add(*ahead)
		signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Sdk-Date"))
		resp := httpmock.NewStringResponse(401, `{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}`)
		if takes && now.Sub(signed).Abs() <= 15*time.Minute {
			resp = httpmock.NewStringResponse(200, `{"id":"e-1"}`)
		}
		resp.Header.Set("Date", now.Format(http.TimeFormat))
		return resp, nil
	})}
}

// keyAuths are the two ways to sign.
func keyAuths(t *testing.T) map[string]vpcep.Authenticator {
	server := newServer(vpceptest.WithAgency(24 * time.Hour))
	t.Cleanup(server.Close)
	agency, err := vpcep.DefaultAuthAt(func(string) string { return "" }, t.TempDir(), server.URL)
	require.NoError(t, err)
	return map[string]vpcep.Authenticator{
		"AKSK":   vpcep.AKSK(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret"}),
		"agency": agency,
	}
}

func TestSignatureRefusedForItsTime(t *testing.T) {
	for name, auth := range keyAuths(t) {
		for _, ahead := range []time.Duration{20 * time.Minute, -10 * time.Hour} {
			t.Run(name+" "+ahead.String(), func(t *testing.T) {
				requests := 0
				c, err := vpcep.NewClient(settings(vpcep.WithAuth(auth), vpcep.WithHTTPClient(skewed(&ahead, true, &requests)))...)
				require.NoError(t, err)
				_, err = c.CreateEndpoint(t.Context(), minimal)
				require.NoError(t, err, "a refused signature did nothing")
				assert.Equal(t, 2, requests)
				_, err = c.GetEndpoint(t.Context(), "e-1")
				require.NoError(t, err)
				assert.Equal(t, 3, requests, "the corrected time is kept")
			})
		}
	}
}

func TestSignatureRefusedForItsTimeAndMore(t *testing.T) {
	for name, auth := range keyAuths(t) {
		t.Run(name, func(t *testing.T) {
			ahead, requests := 2*time.Hour, 0
			c, err := vpcep.NewClient(settings(vpcep.WithAuth(auth), vpcep.WithHTTPClient(skewed(&ahead, false, &requests)))...)
			require.NoError(t, err)
			_, err = c.GetEndpoint(t.Context(), "e-1")
			assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
			assert.Regexp(t, "this machine's clock is (2h0m0s|1h59m5.s) behind the service's|were refused as well", err.Error())
			assert.Equal(t, 2, requests, "once")
			ahead = 0
			_, err = c.GetEndpoint(t.Context(), "e-1")
			assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
			assert.NotContains(t, err.Error(), "clock")
			assert.Equal(t, 3, requests, "any other refused signature is not sent again")
		})
	}
}

// After the service refuses an agency's keys, the next request is signed with new ones.
func TestRefusedKeysOfAnAgency(t *testing.T) {
	c, mock := mocked(t, vpcep.WithAuth(keyAuths(t)["agency"]))
	var keys []string
	mock.RegisterResponder("GET", "=~.*", func(req *http.Request) (*http.Response, error) {
		keys = append(keys, strings.Split(req.Header.Get("Authorization"), ",")[0])
		return httpmock.NewStringResponse(401, `{"error_code":"APIGW.0301","error_msg":"m"}`), nil
	})
	for range 2 {
		_, err := c.GetEndpoint(t.Context(), "e")
		assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
	}
	require.Len(t, keys, 2, "too many refused signatures lock a key")
	assert.NotEqual(t, keys[0], keys[1])
}

// A service that refuses every token does not cause a login for each call.
func TestServiceThatRefusesEveryToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler()
		cfg := login(h)
		cfg.HTTPClient = &http.Client{Transport: inProcess{h}}
		c, mock := mocked(t, vpcep.WithAuth(vpcep.TokenAuth(vpcep.CachedToken(vpcep.IAMPassword(cfg)))))
		mock.RegisterResponder("GET", "=~.*", httpmock.NewStringResponder(401, `{"error_code":"APIGW.0301","error_msg":"m"}`))
		for range 100 {
			_, err := c.GetEndpoint(t.Context(), "e")
			assert.ErrorIs(t, err, vpcep.ErrUnauthorized)
			assert.ErrorContains(t, err, "the new ones were refused as well")
		}
		assert.Equal(t, 2, h.IssuedTokens())
		assert.Equal(t, 101, mock.GetTotalCallCount())
		time.Sleep(time.Minute)
		_, err := c.GetEndpoint(t.Context(), "e")
		assert.ErrorContains(t, err, "the new ones were refused as well")
		assert.Equal(t, 3, h.IssuedTokens())
	})
}

// The VM was resumed, and its clock is a day ahead: IAM says when the token ends.
func TestTokenThatHasEndedOnArrival(t *testing.T) {
	for name, date := range map[string]string{"with a date": "Thu, 30 Dec 1999 00:00:00 GMT", "without": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // in the year 2000
				logins := 0
				cfg := loginAt(&http.Client{Transport: faketransport.Func(func(*http.Request) (*http.Response, error) {
					logins++
					resp := httpmock.NewStringResponse(201, `{"token":{"expires_at":"1999-12-31T00:00:00Z"}}`)
					resp.Header.Set("X-Subject-Token", "t")
					resp.Header.Set("Date", date)
					return resp, nil
				})})
				source := vpcep.CachedToken(vpcep.IAMPassword(cfg))
				for range 50 {
					token, err := source.Token(t.Context())
					require.NoError(t, err)
					assert.Equal(t, date != "", token.ExpiresAt.After(time.Now()))
				}
				assert.Equal(t, 1, logins)
			})
		})
	}
}

// Tokens of IAM are signed documents.
func TestLongTokens(t *testing.T) {
	long := strings.Repeat("t", 32<<10)
	server := newServer(vpceptest.WithToken(long))
	defer server.Close()
	fromEnvironment, err := vpcep.DefaultAuthAt(func(name string) string { return map[string]string{"HW_AUTH_TOKEN": long}[name] }, "", "")
	require.NoError(t, err)
	for name, option := range map[string]vpcep.Option{"WithToken": vpcep.WithToken(long), "HW_AUTH_TOKEN": vpcep.WithAuth(fromEnvironment)} {
		_, err := listed(server.Client(option), t.Context(), vpcep.EndpointFilter{})
		assert.NoError(t, err, name)
	}
}

func TestLookupOfASubProject(t *testing.T) {
	server := newServer(vpceptest.WithProjectName("eu-west-101_billing"))
	defer server.Close()
	auth := vpcep.TokenAuth(vpcep.StaticToken(server.Token()))
	for _, region := range []string{"", "eu-west-101"} {
		id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: region, ProjectName: "eu-west-101_billing", IAMEndpoint: server.URL, Auth: auth})
		require.NoError(t, err)
		assert.Equal(t, server.ProjectID(), id)
	}
	_, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "eu-west-101", IAMEndpoint: server.URL, Auth: auth})
	assert.ErrorIs(t, err, vpcep.ErrProjectNotFound)

	var host string
	hc := &http.Client{Transport: faketransport.Func(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host + "?" + r.URL.RawQuery
		return httpmock.NewStringResponse(200, `{"projects":[]}`), nil
	})}
	_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{ProjectName: "eu-west-101_billing", Auth: auth, HTTPClient: hc})
	assert.ErrorIs(t, err, vpcep.ErrProjectNotFound)
	assert.Equal(t, "iam.eu-west-101.myhuaweicloud.eu?name=eu-west-101_billing", host)
}

func TestKeyForAnotherProject(t *testing.T) {
	key := vpcep.AKSK(vpcep.AKSKConfig{AccessKey: "AK123456", SecretKey: "SK-secret", ProjectID: "p-2"})
	c, mock := mocked(t, vpcep.WithAuth(key))
	mock.RegisterResponder("GET", endpointsURL+"/e-1", func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "p-2", r.Header.Get("X-Project-Id"))
		return httpmock.NewStringResponse(200, `{"id":"e-1"}`), nil
	})
	_, err := c.GetEndpoint(t.Context(), "e-1")
	require.NoError(t, err)
	c, err = vpcep.NewClient(vpcep.WithRegion("r"), vpcep.WithAuth(key))
	require.NoError(t, err)
	assert.Equal(t, "p-2", c.ProjectID())
}

func TestNewClientNamesTheVariables(t *testing.T) {
	_, err := vpcep.NewClient()
	for _, name := range []string{"HW_REGION_NAME", "HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID", "HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY", "HW_AUTH_TOKEN", "DefaultAuth"} {
		assert.ErrorContains(t, err, name)
	}
}

func TestCredentialsOfAStandInGiveWay(t *testing.T) {
	standIn := vpcep.WithAuth(fallback.Auth{Token: "stand-in"})
	for want, options := range map[string][]vpcep.Option{
		"stand-in": {standIn},
		"own":      {vpcep.WithToken("own"), standIn},
		"source":   {standIn, vpcep.WithAuth(vpcep.TokenAuth(vpcep.StaticToken("source")))},
	} {
		c, mock := mocked(t, options...)
		mock.RegisterResponder("GET", endpointsURL+"/e-1", func(r *http.Request) (*http.Response, error) {
			assert.Equal(t, want, r.Header.Get("X-Auth-Token"))
			return httpmock.NewStringResponse(200, `{"id":"e-1"}`), nil
		})
		_, err := c.GetEndpoint(t.Context(), "e-1")
		require.NoError(t, err)
	}
}
