package vpceptest

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

const maxMetadataTTL = 21600 // seconds

// metadataTokens are the session tokens of the metadata service.
type metadataTokens struct {
	required bool
	now      func() time.Time

	mu   sync.Mutex
	ends map[string]time.Time
}

func (m *metadataTokens) issue(lifetime time.Duration) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	token := "vpceptest-metadata-token-" + randomHex(16)
	m.ends[token] = m.now().Add(lifetime)
	return token
}

func (m *metadataTokens) passes(token string) bool {
	if token == "" {
		return !m.required
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now().Before(m.ends[token])
}

func (h *Handler) createMetadataToken(c *call) (*answer, *apiError) {
	if !h.cfg.agency {
		return nil, errNoAPI.plain()
	}
	seconds, valid := parseInt(c.r.Header.Get("X-Metadata-Token-Ttl-Seconds"), 1, maxMetadataTTL)
	if !valid {
		return nil, errMetadataTTL.plain()
	}
	return text(http.StatusOK, h.metadata.issue(time.Duration(seconds)*time.Second)), nil
}

func (h *Handler) getSecurityKey(c *call) (*answer, *apiError) {
	if !h.cfg.agency {
		return nil, errNoAPI.plain()
	}
	if !h.metadata.passes(c.r.Header.Get("X-Metadata-Token")) {
		return nil, errMetadataToken.plain()
	}
	key := &accessKey{
		id:            strings.ToUpper(randomHex(10)),
		secret:        randomHex(20),
		securityToken: "vpceptest-security-token-" + randomHex(32),
		account:       h.accounts[0],
		end:           h.cfg.now().Add(h.cfg.agencyLifetime),
	}
	h.signatures.add(key)
	var body struct {
		Credential struct {
			Access        string `json:"access"`
			Secret        string `json:"secret"`
			SecurityToken string `json:"securitytoken"`
			ExpiresAt     string `json:"expires_at"`
		} `json:"credential"`
	}
	body.Credential.Access, body.Credential.Secret = key.id, key.secret
	body.Credential.SecurityToken, body.Credential.ExpiresAt = key.securityToken, formatMicros(key.end)
	return ok(body), nil
}
