package vpceptest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestUnknownPathsAndMethods(t *testing.T) {
	f := start(t)
	tests := []struct{ method, path string }{
		{http.MethodPost, "/"},
		{http.MethodGet, "/v4"},
		{http.MethodGet, "/v2/" + f.ProjectID() + "/vpc-endpoints"},
		{http.MethodGet, f.endpoints() + "/"},
		{http.MethodGet, "/v1//vpc-endpoints"},
		{http.MethodGet, "//v1/" + f.ProjectID() + "/vpc-endpoints"},
		{http.MethodGet, "/x/.." + f.endpoints()},
		{http.MethodGet, f.endpoints() + "/a/b"},
		{http.MethodPatch, f.endpoints()},
		{http.MethodDelete, f.endpoints()},
		{http.MethodPut, f.endpoints()},
		{http.MethodGet, "/v1/" + f.ProjectID() + "/vpc-endpoint-services/a/b"},
		{http.MethodPost, "/v1/" + f.ProjectID() + "/endpoint//tags/action"},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			wantError(t, f.do(t, tt.method, tt.path, ""), http.StatusNotFound, "APIGW.0101")
		})
	}
}

func TestPathSegmentsAreDecodedOnce(t *testing.T) {
	f := start(t)
	wantError(t, f.get(t, "a%2Fb"), http.StatusNotFound, "EndPoint.2006")
	wantError(t, f.get(t, ".."), http.StatusNotFound, "EndPoint.2006")
}

func TestWrongProject(t *testing.T) {
	f := start(t, vpceptest.WithProjectID("mine"))
	require.Equal(t, "mine", f.ProjectID())
	wantError(t, f.do(t, http.MethodGet, "/v1/other/vpc-endpoints", ""), http.StatusBadRequest, "EndPoint.0014")
	assert.Equal(t, 200, f.list(t, "").status)
}

func TestTooLargeBody(t *testing.T) {
	f := start(t)
	r := f.create(t, with(`"description":"`+strings.Repeat("x", 1<<20)+`"`))
	wantError(t, r, http.StatusRequestEntityTooLarge, "APIGW.0201")
	assert.Empty(t, f.Endpoints())
}

func TestBasePath(t *testing.T) {
	for _, given := range []string{"/proxy/x", "proxy/x/"} {
		f := start(t, vpceptest.WithBasePath(given))
		assert.True(t, strings.HasSuffix(f.URL, "/proxy/x"), f.URL)
		id := f.mustCreate(t, minimal)
		assert.Equal(t, 200, f.get(t, id).status)
		assert.Equal(t, "/proxy/x"+f.endpoints(), f.Requests()[0].Path)
	}
	f := start(t, vpceptest.WithBasePath("/proxy/x"))
	f.URL = strings.TrimSuffix(f.URL, "/proxy/x")
	wantError(t, f.list(t, ""), http.StatusNotFound, "APIGW.0101")
}

func TestHandlerInAnotherServer(t *testing.T) {
	h := vpceptest.NewHandler(vpceptest.WithBasePath("/vpcep"), vpceptest.WithToken("t"), vpceptest.WithProjectID("p"))
	mux := http.NewServeMux()
	mux.Handle("/vpcep/", h)
	req := httptest.NewRequest(http.MethodGet, "/vpcep/v1/p/vpc-endpoints", nil)
	req.Header.Set("X-Auth-Token", "t")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, req)
	assert.Equal(t, http.StatusOK, rec.Code)
}

func TestRequestsAreRecorded(t *testing.T) {
	f := start(t)
	begin := time.Now()
	f.mustCreate(t, minimal)
	f.list(t, "limit=5&vpc_id=a")
	f.do(t, http.MethodGet, "/unknown", "")

	all := f.Requests()
	require.Len(t, all, 3)
	assert.Equal(t, http.MethodPost, all[0].Method)
	assert.Equal(t, f.endpoints(), all[0].Path)
	assert.Equal(t, vpceptest.OpCreate, all[0].Operation)
	assert.Equal(t, minimal, string(all[0].Body))
	assert.Equal(t, 200, all[0].Status)
	assert.WithinRange(t, all[0].Time, begin, time.Now())
	assert.Equal(t, "application/json", all[0].Header.Get("Content-Type"))
	assert.Equal(t, vpceptest.OpList, all[1].Operation)
	assert.Equal(t, "5", all[1].Query.Get("limit"))
	assert.Empty(t, all[2].Operation)
	assert.Equal(t, 404, all[2].Status)

	all[0].Header.Set("Content-Type", "changed")
	all[0].Body[0] = 'x'
	assert.Equal(t, minimal, string(f.Requests()[0].Body), "what is returned is a copy")
	assert.Equal(t, "application/json", f.Requests()[0].Header.Get("Content-Type"))
}

func TestCredentialsAreNotRecorded(t *testing.T) {
	f := start(t)
	req := f.request(t, http.MethodGet, f.endpoints(), "")
	req.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=the-key, SignedHeaders=a, Signature=b")
	req.Header.Set("X-Security-Token", "secret")
	req.Header.Set("X-Metadata-Token", "secret")
	req.Header.Set("Cookie", "secret")
	f.send(t, req)
	got := f.Requests()[0].Header
	assert.Equal(t, "REDACTED", got.Get("X-Auth-Token"))
	assert.Equal(t, "SDK-HMAC-SHA256 REDACTED", got.Get("Authorization"))
	assert.Equal(t, "REDACTED", got.Get("X-Security-Token"))
	assert.Equal(t, "REDACTED", got.Get("X-Metadata-Token"))
	assert.Equal(t, "REDACTED", got.Get("Cookie"))
}

func TestWithoutRecording(t *testing.T) {
	f := start(t, vpceptest.WithoutRecording())
	f.mustCreate(t, minimal)
	assert.Empty(t, f.Requests())
}

func TestTLS(t *testing.T) {
	f := start(t, vpceptest.WithTLS())
	assert.True(t, strings.HasPrefix(f.URL, "https://"))
	require.NotNil(t, f.RootCAs())
	tr := f.hc.Transport.(*http.Transport)
	tr.TLSClientConfig = tlsConfig(f.RootCAs())
	f.mustCreate(t, minimal)
	assert.Nil(t, start(t).RootCAs())
}

func TestConcurrentUse(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithDeleteDelay(0))
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			r := f.create(t, minimal)
			f.list(t, "sort_key=update_at")
			f.Inject(vpceptest.Fault{Operation: "none"})
			f.get(t, r.id())
			f.do(t, http.MethodPut, f.endpoints()+"/"+r.id(), `{"whitelist":["10.0.0.1"]}`)
			f.postTags(t, r.id(), tagsAction("create", "a", "b"))
			f.services(t, "describe?endpoint_service_name=a")
			f.connections(t, "svc-1", "")
			f.FailRouteTable("a", "")
			f.SetStatus(r.id(), "failed")
			if i%2 == 0 {
				f.delete(t, r.id())
			}
			f.Endpoints()
			f.Requests()
			f.PendingFaults()
		})
	}
	wg.Wait()
	assert.Len(t, f.Endpoints(), 8)
}

func TestOptionsThatCannotBeMeant(t *testing.T) {
	for name, f := range map[string]func(){
		"project":        func() { vpceptest.WithProjectID("a/b") },
		"token":          func() { vpceptest.WithToken("") },
		"access key":     func() { vpceptest.WithAccessKey("", "x") },
		"security token": func() { vpceptest.WithSecurityToken("a", "") },
		"lone token":     func() { vpceptest.NewHandler(vpceptest.WithSecurityToken("a", "b")) },
		"service":        func() { vpceptest.WithService(vpceptest.Service{}) },
		"route table":    func() { vpceptest.WithFailingRouteTable("", "") },
		"project name":   func() { vpceptest.WithProjectName("") },
		"user":           func() { vpceptest.WithUser(vpceptest.User{Name: "a", Password: "b"}) },
		"metadata token": func() { vpceptest.NewHandler(vpceptest.WithMetadataToken()) },
	} {
		assert.Panics(t, f, name)
	}
}
