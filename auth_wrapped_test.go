package vpcep_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// unwrapping implements Unwrap.
type unwrapping struct{ inner vpcep.Authenticator }

func (w unwrapping) Authenticate(r *http.Request) error { return w.inner.Authenticate(r) }
func (w unwrapping) Unwrap() vpcep.Authenticator        { return w.inner }

// forwarding forwards each call.
type forwarding struct{ vpcep.Authenticator }

func (w forwarding) Renew(refused vpcep.Refusal) (bool, error) {
	return w.Authenticator.(vpcep.Renewer).Renew(refused)
}
func (w forwarding) Check() error { return w.Authenticator.(vpcep.Checker).Check() }
func (w forwarding) ProjectID() string {
	p, ok := w.Authenticator.(vpcep.ProjectProvider)
	if !ok {
		return ""
	}
	return p.ProjectID()
}
func (w forwarding) IAMEndpoint() string {
	return w.Authenticator.(vpcep.IAMEndpointProvider).IAMEndpoint()
}

type unwrappingSource struct{ inner vpcep.TokenSource }

func (w unwrappingSource) Token(ctx context.Context) (vpcep.Token, error) { return w.inner.Token(ctx) }
func (w unwrappingSource) Unwrap() vpcep.TokenSource                      { return w.inner }

type forwardingSource struct{ vpcep.TokenSource }

func (w forwardingSource) Invalidate(token vpcep.Token) error {
	return w.TokenSource.(vpcep.Invalidator).Invalidate(token)
}
func (w forwardingSource) Check() error { return w.TokenSource.(vpcep.Checker).Check() }

var wrappers = map[string]struct {
	auth   func(vpcep.Authenticator) vpcep.Authenticator
	source func(vpcep.TokenSource) vpcep.TokenSource
}{
	"Unwrap": {
		func(a vpcep.Authenticator) vpcep.Authenticator { return unwrapping{unwrapping{a}} },
		func(s vpcep.TokenSource) vpcep.TokenSource { return unwrappingSource{unwrappingSource{s}} },
	},
	"forwarded": {
		func(a vpcep.Authenticator) vpcep.Authenticator { return forwarding{a} },
		func(s vpcep.TokenSource) vpcep.TokenSource { return forwardingSource{s} },
	},
}

func TestWrappedAuthenticatorsRenew(t *testing.T) {
	for name, w := range wrappers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHandler()
				cfg := login(h)
				hc := &http.Client{Transport: inProcess{h}}
				cfg.HTTPClient = hc
				auth := w.auth(vpcep.TokenAuth(w.source(vpcep.CachedToken(vpcep.IAMPassword(cfg)))))
				c, err := vpcep.NewClient(vpcep.WithBaseURL("https://vpcep.example"), vpcep.WithProjectID(h.ProjectID()), vpcep.WithHTTPClient(hc), vpcep.WithAuth(auth))
				require.NoError(t, err)
				_, err = listed(c, t.Context(), vpcep.EndpointFilter{})
				require.NoError(t, err)
				h.RevokeTokens()
				_, err = listed(c, t.Context(), vpcep.EndpointFilter{})
				assert.NoError(t, err)
				assert.Equal(t, 2, h.IssuedTokens())
			})
		})
	}
}

func TestWrappedAuthenticatorsAreChecked(t *testing.T) {
	for name, w := range wrappers {
		_, err := vpcep.NewClient(settings(vpcep.WithAuth(w.auth(vpcep.AKSK(vpcep.AKSKConfig{}))))...)
		assert.Equal(t, "AccessKey SecretKey", fieldsOf(err), name)
		_, err = vpcep.NewClient(settings(vpcep.WithAuth(w.auth(vpcep.TokenAuth(w.source(vpcep.StaticToken(""))))))...)
		assert.Equal(t, "WithAuth", fieldsOf(err), name)
		_, err = vpcep.NewClient(settings(vpcep.WithAuth(w.auth(vpcep.TokenAuth(w.source(vpcep.CachedToken(vpcep.IAMPassword(vpcep.IAMPasswordConfig{Region: "r"})))))))...)
		assert.Equal(t, "Username Password DomainName", fieldsOf(err), name)
		_, err = vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "r", Auth: vpcep.TokenAuth(w.source(vpcep.StaticToken(" ")))})
		assert.Equal(t, "Auth", fieldsOf(err), name)
	}
}

func TestWrappedAuthenticatorsKnowProjectAndIAM(t *testing.T) {
	server := newServer(vpceptest.WithProjectName("region-9"), vpceptest.WithAccessKey("FILEKEY1", "file-secret"))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[basic]\nak=FILEKEY1\nsk=file-secret\nproject_id=file-project\niam_endpoint=" + server.URL + "\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	found, err := vpcep.DefaultAuthAt(func(name string) string { return map[string]string{"HUAWEICLOUD_SDK_CREDENTIALS_FILE": file}[name] }, "", "")
	require.NoError(t, err)
	for name, w := range wrappers {
		c, err := vpcep.NewClient(vpcep.WithRegion("r"), vpcep.WithAuth(w.auth(found)))
		require.NoError(t, err, name)
		assert.Equal(t, "file-project", c.ProjectID(), name)
		id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{Region: "region-9", Auth: w.auth(found)})
		require.NoError(t, err, name)
		assert.Equal(t, server.ProjectID(), id)
	}
}

// circular unwraps to itself.
type circular struct{ vpcep.Authenticator }

func (c circular) Unwrap() vpcep.Authenticator { return c }

func TestWrapperAroundItself(t *testing.T) {
	_, err := vpcep.NewClient(settings(vpcep.WithAuth(circular{}))...)
	assert.NoError(t, err, "what it hides is not found, and nothing hangs")
}

// hopeful always has better credentials.
type hopeful struct{ vpcep.Authenticator }

func (hopeful) Renew(vpcep.Refusal) (bool, error) { return true, nil }

func TestRenewalIsDoneOnceInACall(t *testing.T) {
	requests := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hc := &http.Client{Transport: faketransport.Func(func(*http.Request) (*http.Response, error) {
		if requests++; requests > 10 {
			cancel()
		}
		return httpmock.NewStringResponse(401, `{}`), nil
	})}
	c, err := vpcep.NewClient(settings(vpcep.WithAuth(hopeful{vpcep.TokenAuth(vpcep.StaticToken("t"))}), vpcep.WithHTTPClient(hc))...)
	require.NoError(t, err)
	_, err = c.GetEndpoint(ctx, "e")
	assert.ErrorContains(t, err, "the credentials were renewed, and the new ones were refused as well")
	assert.Equal(t, 2, requests)
}
