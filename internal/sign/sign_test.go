package sign_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/sign"
)

var at = time.Date(2026, 3, 1, 20, 0, 0, 0, time.FixedZone("+08", 8*3600))

func signed(t *testing.T, method, url, body string, key sign.Key, project string) http.Header {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "a proxy may change it")
	sign.Request(req, []byte(body), key, project, at)
	return req.Header
}

// The expected signatures were computed apart from this library, with a shell's
// openssl from the canonical requests that the comments give.
func TestRequest(t *testing.T) {
	key := sign.Key{AccessKey: "AK", SecretKey: "SK"}
	h := signed(t, "GET", "https://x.example/v1/p", "", key, "")
	assert.Equal(t, "20260301T120000Z", h.Get("X-Sdk-Date"))
	// GET\n/v1/p/\n\nx-sdk-date:20260301T120000Z\n\nx-sdk-date\ne3b0c442…
	assert.Equal(t, "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=95b0d822541987ea24e07ef3a362717cd75fe2771b22dd26425af7870225313a", h.Get("Authorization"))
	assert.Empty(t, h.Get("X-Project-Id"))

	key.SecurityToken = "ST"
	h = signed(t, "POST", "https://x.example/a%20b/%2F/?b=2&a=%20&b=1&a-=x&a=", `{"ü":1}`, key, "p")
	// POST\n/a%20b/%2F/\na=&a=%20&a-=x&b=1&b=2\nx-project-id:p\n…
	assert.Contains(t, h.Get("Authorization"), "SignedHeaders=x-project-id;x-sdk-date;x-security-token, Signature=df836da30cbdec7fa794efd882088c617e0dca52c999fddd27879b0e7bf42bc4")
	assert.Equal(t, "p", h.Get("X-Project-Id"))
	assert.Equal(t, "ST", h.Get("X-Security-Token"))
}

// Letters, digits and -_.~ are signed as they are, whatever stands beside them in ASCII
// is encoded.
func TestCharactersOfAPath(t *testing.T) {
	h := signed(t, "GET", "https://x.example/azAZ09-_.~%60%7B%40%5B%2F%3A", "", sign.Key{AccessKey: "AK", SecretKey: "SK"}, "")
	// GET\n/azAZ09-_.~%60%7B%40%5B%2F%3A/\n\nx-sdk-date:20260301T120000Z\n\nx-sdk-date\ne3b0c442…
	assert.Contains(t, h.Get("Authorization"), "Signature=614afe7c6bd134357b6a0159f2fea162e0c2966eff5dcc56c52c41e926d52cb6")
}

func TestSignatureCoversTheRequest(t *testing.T) {
	key := sign.Key{AccessKey: "AK", SecretKey: "SK"}
	base := signed(t, "POST", "https://x.example/v1/p?a=1", "body", key, "p").Get("Authorization")
	for name, other := range map[string]http.Header{
		"method":  signed(t, "PUT", "https://x.example/v1/p?a=1", "body", key, "p"),
		"path":    signed(t, "POST", "https://x.example/v1/q?a=1", "body", key, "p"),
		"query":   signed(t, "POST", "https://x.example/v1/p?a=2", "body", key, "p"),
		"body":    signed(t, "POST", "https://x.example/v1/p?a=1", "Body", key, "p"),
		"project": signed(t, "POST", "https://x.example/v1/p?a=1", "body", key, "q"),
		"secret":  signed(t, "POST", "https://x.example/v1/p?a=1", "body", sign.Key{AccessKey: "AK", SecretKey: "sk"}, "p"),
	} {
		assert.NotEqual(t, base, other.Get("Authorization"), name)
	}
	assert.Equal(t, base, signed(t, "POST", "https://y.example/v1/p/?a=1", "body", key, "p").Get("Authorization"), "the final slash and the host are not part of it")
}
