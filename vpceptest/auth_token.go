package vpceptest

import (
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// tokenScheme is a token in X-Auth-Token: the fixed one, or one that was issued and has
// neither ended nor been revoked.
type tokenScheme struct {
	fixed    string
	lifetime time.Duration

	mu     sync.Mutex
	issued int
	ends   map[string]time.Time // of the tokens that were issued and not revoked
}

func (s *tokenScheme) claims(r *http.Request) bool {
	return r.Header.Get("X-Auth-Token") != ""
}

func (s *tokenScheme) verify(c *call) *apiError {
	if !s.passes(c.r.Header.Get("X-Auth-Token")) {
		return errAuth.with("decrypt token fail")
	}
	return nil
}

func (s *tokenScheme) passes(token string) bool {
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.fixed)) == 1 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.ends[token])
}

// issue makes a token that passes from one time to the other.
func (s *tokenScheme) issue() (token string, begin, end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin = time.Now()
	end = begin.Add(s.lifetime)
	token = "vpceptest-issued-token-" + randomHex(16)
	s.ends[token] = end
	s.issued++
	return token, begin, end
}

// IssuedTokens returns how many tokens logins were given so far, whether or not they
// still pass.
func (h *Handler) IssuedTokens() int {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	return h.tokens.issued
}

// RevokeTokens makes every token that was issued so far be refused from now on. The one
// of [Handler.Token] still passes.
func (h *Handler) RevokeTokens() {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	clear(h.tokens.ends)
}

// RevokeToken makes one token that was issued be refused from now on. It does nothing
// to the one of [Handler.Token].
func (h *Handler) RevokeToken(token string) {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	delete(h.tokens.ends, token)
}
