package redact_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/redact"
)

func TestSecretsOfARequest(t *testing.T) {
	h := http.Header{}
	h.Set("X-Auth-Token", "token/+1")
	h.Set("X-Security-Token", "security==")
	h.Set("Authorization", "SDK-HMAC-SHA256 Access=AK12345, SignedHeaders=x-sdk-date, Signature=abcdef")
	h.Set("X-Project-Id", "project")
	secrets := redact.Of(h)

	for text, want := range map[string]string{
		"bad token/+1 here":              "bad [redacted] here",
		"token%2F%2B1":                   "[redacted]",
		`{"m":"token\/+1"}`:              `{"m":"[redacted]"}`,
		"ak AK12345 not exist":           "ak [redacted] not exist",
		"signature abcdef, security==":   "signature [redacted], [redacted]",
		"project x-sdk-date is harmless": "project x-sdk-date is harmless",
	} {
		assert.Equal(t, want, secrets.String(text))
		assert.Equal(t, want, string(secrets.Bytes([]byte(text))))
	}
	answer := http.Header{"X-Echo": {"a", "token/+1"}, "Date": {"today"}}
	assert.Equal(t, http.Header{"X-Echo": {"a", "[redacted]"}, "Date": {"today"}}, secrets.Header(answer))
	assert.Equal(t, "token/+1", answer["X-Echo"][1], "the answer itself is left alone")
}

func TestShortTextsAreNoSecrets(t *testing.T) {
	assert.Equal(t, "a token", redact.Secrets{"tok", ""}.String("a token"))
}
