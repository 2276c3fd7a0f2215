package vpceptest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func newAgency(opts ...vpceptest.Option) http.Handler {
	return vpceptest.NewHandler(append(opts, vpceptest.WithProjectID("p"), vpceptest.WithAgency(time.Hour))...)
}

// getKey asks for a security key, with a session token unless it is empty.
func getKey(h http.Handler, token string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, "/openstack/latest/securitykey", nil)
	if token != "" {
		req.Header.Set("X-Metadata-Token", token)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// putToken asks for a session token.
func putToken(h http.Handler, seconds string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPut, "/meta-data/latest/api/token", nil)
	if seconds != "" {
		req.Header.Set("X-Metadata-Token-Ttl-Seconds", seconds)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// credential returns a fresh security key.
func credential(t *testing.T, h http.Handler) object {
	t.Helper()
	rec := getKey(h, "")
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	return decode(t, rec.Body.Bytes()).object("credential")
}

// signedBy lists with a security key.
func signedBy(key object) signed {
	s := signedList()
	s.accessKey, s.secret = key["access"].(string), key["secret"].(string)
	s.headers = append(s.headers, [2]string{"X-Security-Token", key["securitytoken"].(string)})
	return s
}

func TestSecurityKeysPassUntilTheyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newAgency()
		time.Sleep(855 * time.Millisecond)
		first := credential(t, h)
		assert.Equal(t, "2000-01-01T01:00:00.855000Z", first["expires_at"]) // bubbles begin in 2000
		time.Sleep(time.Hour - 1)
		second := credential(t, h)
		for _, field := range []string{"access", "secret", "securitytoken"} {
			assert.NotEmpty(t, first[field])
			assert.NotEqual(t, first[field], second[field])
		}
		assert.Equal(t, 200, serve(t, h, signedBy(first).request()).status)

		time.Sleep(time.Nanosecond)
		r := serve(t, h, signedBy(first).request())
		wantError(t, r, 401, "APIGW.0301")
		assert.Contains(t, r.raw, "expired")
		assert.Equal(t, 200, serve(t, h, signedBy(second).request()).status)
	})
}

func TestSecurityKeysNeedTheirToken(t *testing.T) {
	h := newAgency()
	key, other := credential(t, h), credential(t, h)
	s := signedBy(key)
	s.headers = s.headers[:2]
	wantError(t, serve(t, h, s.request()), 401, "APIGW.0301")

	key["securitytoken"] = other["securitytoken"]
	wantError(t, serve(t, h, signedBy(key).request()), 401, "APIGW.0301")
}

func TestMetadataTokenOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newAgency(vpceptest.WithMetadataToken())
		put := putToken(h, "60")
		require.Equal(t, 200, put.Code)
		assert.Contains(t, put.Header().Get("Content-Type"), "text/plain")
		token := put.Body.String()
		assert.Equal(t, 200, getKey(h, token).Code)
		assert.Equal(t, 401, getKey(h, "").Code)
		assert.Equal(t, 401, getKey(h, "other").Code)
		time.Sleep(time.Minute - 1)
		assert.Equal(t, 200, getKey(h, token).Code)
		time.Sleep(time.Nanosecond)
		assert.Equal(t, 401, getKey(h, token).Code)
	})
}

func TestMetadataTokenThatIsNotDemanded(t *testing.T) {
	h := newAgency()
	assert.Equal(t, 200, getKey(h, "").Code)
	assert.Equal(t, 200, getKey(h, putToken(h, "21600").Body.String()).Code)
	assert.Equal(t, 401, getKey(h, "other").Code)
}

func TestMetadataTokenNeedsALifetime(t *testing.T) {
	for _, seconds := range []string{"", "0", "-1", "21601", "1.5", "1h"} {
		assert.Equal(t, 400, putToken(newAgency(), seconds).Code, seconds)
	}
}

func TestWithoutAnAgency(t *testing.T) {
	h := vpceptest.NewHandler()
	assert.Equal(t, 404, getKey(h, "").Code)
	assert.Equal(t, 404, putToken(h, "60").Code)
}

func TestMetadataIsRecordedAndFails(t *testing.T) {
	h := newAgency(vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpMetadataToken, Status: 405},
		vpceptest.Fault{Operation: vpceptest.OpSecurityKey, Status: 500})).(*vpceptest.Handler)
	assert.Equal(t, 405, putToken(h, "60").Code)
	assert.Equal(t, 500, getKey(h, "secret").Code)
	assert.Equal(t, 200, getKey(h, "").Code)
	all := h.Requests()
	require.Len(t, all, 3)
	assert.Equal(t, vpceptest.OpMetadataToken, all[0].Operation)
	assert.Equal(t, vpceptest.OpSecurityKey, all[1].Operation)
	assert.Equal(t, "REDACTED", all[1].Header.Get("X-Metadata-Token"))
}
