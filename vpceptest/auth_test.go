package vpceptest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func tlsConfig(pool *x509.CertPool) *tls.Config { return &tls.Config{RootCAs: pool} }

func TestToken(t *testing.T) {
	f := start(t, vpceptest.WithToken("the-token"))
	require.Equal(t, "the-token", f.Token())
	for token, status := range map[string]int{"the-token": 200, "": 401, "other": 401, "the-token ": 200} {
		req := f.request(t, http.MethodGet, f.endpoints(), "")
		req.Header.Set("X-Auth-Token", token) // spaces around a header's value do not travel
		r := f.send(t, req)
		assert.Equal(t, status, r.status, "%q", token)
		if status == 401 {
			wantError(t, r, 401, "APIGW.0301")
			assert.NotContains(t, r.raw, "the-token")
		}
	}
}

func TestServersHaveTokensOfTheirOwn(t *testing.T) {
	assert.NotEqual(t, newDirect().Token(), newDirect().Token())
}

// signed is a request to be signed by an independent reading of the algorithm: the
// canonical path and query are written down by the test, not computed.
type signed struct {
	method, target string // the target as it is sent
	path, query    string // canonical
	body           string
	headers        [][2]string // in the order of their lower-case names; X-Sdk-Date included
	accessKey      string
	secret         string
	scope          string // of a derived key
}

func sha(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

func (s signed) authorization() string {
	var names, lines []string
	date := ""
	for _, h := range s.headers {
		name := strings.ToLower(h[0])
		names = append(names, name)
		lines = append(lines, name+":"+h[1]+"\n")
		if name == "x-sdk-date" {
			date = h[1]
		}
	}
	list := strings.Join(names, ";")
	canonical := s.method + "\n" + s.path + "\n" + s.query + "\n" + strings.Join(lines, "") + "\n" + list + "\n" + sha(s.body)
	if day, older := strings.CutSuffix(s.scope, "///sdk_request"); older {
		derived := mac(mac(mac(mac([]byte("SDK"+s.secret), day), ""), ""), "sdk_request")
		signature := mac(derived, "SDK-HMAC-SHA256\n"+date+"\n"+s.scope+"\n"+sha(canonical))
		return fmt.Sprintf("SDK-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", s.accessKey, s.scope, list, signature)
	}
	if s.scope != "" {
		// HKDF for as many bytes as one hash has: to extract, and to expand once.
		derived := fmt.Sprintf("%x", mac(mac([]byte(s.accessKey), s.secret), s.scope+"\x01"))
		signature := mac([]byte(derived), "V11-HMAC-SHA256\n"+date+"\n"+s.scope+"\n"+sha(canonical))
		return fmt.Sprintf("V11-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", s.accessKey, s.scope, list, signature)
	}
	signature := mac([]byte(s.secret), "SDK-HMAC-SHA256\n"+date+"\n"+sha(canonical))
	return fmt.Sprintf("SDK-HMAC-SHA256 Access=%s, SignedHeaders=%s, Signature=%x", s.accessKey, list, signature)
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}

func (s signed) request() *http.Request {
	req := httptest.NewRequest(s.method, s.target, strings.NewReader(s.body))
	for _, h := range s.headers {
		req.Header.Set(h[0], h[1])
		if h[0] == "Host" {
			req.Host = h[1]
		}
	}
	if s.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", s.authorization())
	return req
}

func serve(t *testing.T, h http.Handler, req *http.Request) reply {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return reply{status: rec.Code, header: rec.Header(), raw: rec.Body.String(), body: decode(t, rec.Body.Bytes())}
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// signedList is a signed request that passes.
func signedList() signed {
	return signed{
		method: "GET", target: "/v1/p/vpc-endpoints", path: "/v1/p/vpc-endpoints/",
		headers:   [][2]string{{"X-Project-Id", "p"}, {"X-Sdk-Date", stamp(time.Now())}},
		accessKey: "ak", secret: "sk",
	}
}

func keyed(opts ...vpceptest.Option) http.Handler {
	return vpceptest.NewHandler(append(opts, vpceptest.WithProjectID("p"), vpceptest.WithAccessKey("ak", "sk"))...)
}

func TestRightSignatures(t *testing.T) {
	tests := map[string]func(*signed){
		"plain": func(*signed) {},
		"query out of order, with characters to encode": func(s *signed) {
			s.target += "?vpc_id=a%20b&endpoint_service_name=%E6%9C%8D~*/&limit=5"
			s.query = "endpoint_service_name=%E6%9C%8D~%2A%2F&limit=5&vpc_id=a%20b"
		},
		"space sent as plus": func(s *signed) {
			s.target += "?vpc_id=a+b"
			s.query = "vpc_id=a%20b"
		},
		"body": func(s *signed) { s.method, s.body = "POST", minimal },
		"host signed": func(s *signed) {
			s.headers = append([][2]string{{"Host", "vpcep.example"}}, s.headers...)
		},
		"fifteen minutes early": func(s *signed) { s.headers[1][1] = stamp(time.Now().Add(-15 * time.Minute)) },
		"fifteen minutes late":  func(s *signed) { s.headers[1][1] = stamp(time.Now().Add(15 * time.Minute)) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := signedList()
				change(&s)
				r := serve(t, keyed(), s.request())
				assert.Equal(t, http.StatusOK, r.status, r.raw)
			})
		})
	}
}

func TestSignatureOfAnEncodedPath(t *testing.T) {
	s := signedList()
	s.target, s.path = "/v1/p/vpc-endpoints/a%20(b)%2Fc", "/v1/p/vpc-endpoints/a%20%28b%29%2Fc/"
	wantError(t, serve(t, keyed(), s.request()), 404, "EndPoint.2006")
}

func TestSignatureOfRepeatedParameters(t *testing.T) {
	s := signedList()
	s.target += "?id=b&A=2&id=a&id"
	s.query = "A=2&id=&id=a&id=b"
	wantError(t, serve(t, keyed(), s.request()), 400, "EndPoint.0002") // by the service, not the gateway
}

func TestSignatureOfAHeaderWithSpacesAround(t *testing.T) {
	s := signedList()
	s.headers = append(s.headers, [2]string{"X-Zone", "a  b"})
	req := s.request()
	req.Header.Set("X-Zone", " a  b\t")
	assert.Equal(t, 200, serve(t, keyed(), req).status)
}

func TestSignatureUnderABasePath(t *testing.T) {
	s := signedList()
	s.target, s.path = "/proxy"+s.target, "/proxy"+s.path
	assert.Equal(t, 200, serve(t, keyed(vpceptest.WithBasePath("/proxy")), s.request()).status)
}

func TestWrongSignatures(t *testing.T) {
	now := time.Now()
	tests := map[string]struct {
		sign func(*signed)
		sent func(*http.Request)
		want string
	}{
		"unknown key":       {sign: func(s *signed) { s.accessKey = "strange" }, want: "ak strange not exist"},
		"wrong secret":      {sign: func(s *signed) { s.secret = "other" }, want: "verify aksk signature fail"},
		"clock behind":      {sign: func(s *signed) { s.headers[1][1] = stamp(now.Add(-16 * time.Minute)) }, want: "expired"},
		"clock ahead":       {sign: func(s *signed) { s.headers[1][1] = stamp(now.Add(16 * time.Minute)) }, want: "expired"},
		"date unreadable":   {sign: func(s *signed) { s.headers[1][1] = now.Format(time.RFC3339) }, want: "X-Sdk-Date"},
		"date not signed":   {sign: func(s *signed) { s.headers = s.headers[:1] }, want: "X-Sdk-Date"},
		"other project":     {sign: func(s *signed) { s.headers[0][1] = "q" }, want: "X-Project-Id"},
		"stray token":       {sent: func(r *http.Request) { r.Header.Set("X-Security-Token", "x") }, want: "security token"},
		"changed query":     {sent: func(r *http.Request) { r.URL.RawQuery = "limit=1" }, want: "verify aksk signature fail"},
		"changed method":    {sent: func(r *http.Request) { r.Method = "POST" }, want: "verify aksk signature fail"},
		"changed body":      {sent: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) }, want: "verify aksk signature fail"},
		"no final slash":    {sign: func(s *signed) { s.path = strings.TrimSuffix(s.path, "/") }, want: "verify aksk signature fail"},
		"names in capitals": {sent: func(r *http.Request) { replaceAuth(r, "x-sdk-date", "X-Sdk-Date") }, want: "not in lower case"},
		"names unordered":   {sent: func(r *http.Request) { replaceAuth(r, "x-project-id;x-sdk-date", "x-sdk-date;x-project-id") }, want: "not in order"},
		"unreadable":        {sent: func(r *http.Request) { replaceAuth(r, "Signature=", "Sig=") }, want: "not known here"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := signedList()
			if tt.sign != nil {
				tt.sign(&s)
			}
			req := s.request()
			if tt.sent != nil {
				tt.sent(req)
			}
			r := serve(t, keyed(), req)
			wantError(t, r, http.StatusUnauthorized, "APIGW.0301")
			assert.Contains(t, r.raw, tt.want)
		})
	}
}

func replaceAuth(r *http.Request, old, new string) {
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
}

func TestSignatureWithASecurityToken(t *testing.T) {
	h := keyed(vpceptest.WithSecurityToken("ak", "st"))
	for token, status := range map[string]int{"st": 200, "other": 401, "": 401} {
		s := signedList()
		if token != "" {
			s.headers = append(s.headers, [2]string{"X-Security-Token", token})
		}
		assert.Equal(t, status, serve(t, h, s.request()).status, token)
	}
	s := signedList()
	req := s.request()
	req.Header.Set("X-Security-Token", "st") // sent, not signed
	assert.Equal(t, http.StatusOK, serve(t, h, req).status, "clients set it after they signed")
}

func TestSignatureWithoutAProject(t *testing.T) {
	s := signedList()
	s.headers = s.headers[1:]
	assert.Equal(t, http.StatusOK, serve(t, keyed(), s.request()).status, "documents call it optional")
	req := s.request()
	req.Header.Set("X-Project-Id", "p") // sent, not signed
	assert.Equal(t, http.StatusOK, serve(t, keyed(), req).status)
	req.Header.Set("X-Project-Id", "another")
	assert.Equal(t, http.StatusUnauthorized, serve(t, keyed(), req).status)
}

func TestDerivedSignatures(t *testing.T) {
	now := time.Now().UTC()
	today, yesterday := now.Format("20060102"), now.AddDate(0, 0, -1).Format("20060102")
	for scope, want := range map[string]string{
		today + "/region-1/vpcep":             "",
		today + "/region-1/iam":               "", // the stand-in answers for it, too
		today + "/eu-west-101/vpcep":          "for the region eu-west-101",
		yesterday + "/region-1/vpcep":         "another day",
		today + "/region-1":                   "date/region/service",
		today + "/region-1/":                  "date/region/service",
		today + "/region-1/vpcep/sdk_request": "date/region/service",
		today + "///sdk_request":              "", // the older way
		yesterday + "///sdk_request":          "another day",
	} {
		s := signedList()
		s.headers[1][1], s.scope = stamp(now), scope
		r := serve(t, keyed(), s.request())
		if want == "" {
			assert.Equal(t, http.StatusOK, r.status, r.raw)
			continue
		}
		wantError(t, r, http.StatusUnauthorized, "APIGW.0301")
		assert.Contains(t, r.raw, want)
	}
	for _, scope := range []string{today + "/region-1/vpcep", today + "///sdk_request"} {
		s := signedList()
		s.headers[1][1], s.scope, s.secret = stamp(now), scope, "other"
		r := serve(t, keyed(), s.request())
		wantError(t, r, http.StatusUnauthorized, "APIGW.0301")
		assert.Contains(t, r.raw, "verify aksk signature fail")
	}
	for scope, want := range map[string]string{today + "//vpcep/sdk_requests": "/sdk_request", today + "/x/vpcep/sdk_request": "for the region x", "": "not known here"} {
		req := signedList().request()
		req.Header.Set("Authorization", "SDK-HMAC-SHA256 Credential=ak/"+scope+", SignedHeaders=x-sdk-date, Signature=00")
		r := serve(t, keyed(), req)
		assert.Equal(t, http.StatusUnauthorized, r.status)
		assert.Contains(t, r.raw, want)
	}
}

func TestUnknownSignatures(t *testing.T) {
	for _, header := range []string{
		"SDK-HMAC-SM3 Access=ak, SignedHeaders=x-sdk-date, Signature=00",
		"V11-HMAC-SHA256 Access=ak, SignedHeaders=x-sdk-date, Signature=00",
		"SDK-HMAC-SHA256 Credential=ak, SignedHeaders=x-sdk-date, Signature=00",
	} {
		req := signedList().request()
		req.Header.Set("Authorization", header)
		r := serve(t, keyed(), req)
		wantError(t, r, http.StatusUnauthorized, "APIGW.0301")
		assert.Contains(t, r.raw, "not known here")
	}
}

func TestFiveWrongSignaturesLockTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := keyed(vpceptest.WithAccessKey("ak2", "sk2"))
		right := func() reply { return serve(t, h, signedList().request()) }
		wrong := func() reply {
			s := signedList()
			s.secret = "other"
			return serve(t, h, s.request())
		}
		for range 4 {
			wrong()
		}
		require.Equal(t, http.StatusOK, right().status, "four do not lock, and a right one starts over")
		for range 5 {
			assert.NotContains(t, wrong().raw, "locked")
		}
		r := right()
		wantError(t, r, http.StatusUnauthorized, "APIGW.0301")
		assert.Contains(t, r.raw, "locked")

		other := signedList()
		other.accessKey, other.secret = "ak2", "sk2"
		assert.Equal(t, http.StatusOK, serve(t, h, other.request()).status, "another key is not locked")

		time.Sleep(5*time.Minute - 1)
		assert.Equal(t, http.StatusUnauthorized, right().status)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, http.StatusOK, right().status)
	})
}
