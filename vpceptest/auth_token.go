package vpceptest

import (
	"crypto/subtle"
	"net/http"
	"sync"
	"time"
)

// issuedToken is the owner of a token, and when it expires.
type issuedToken struct {
	account   *account
	ofAccount bool // valid only for IAM, not for a project
	end       time.Time
}

// tokenScheme is a token in X-Auth-Token: a fixed one, or one that was issued and has
// neither expired nor been revoked.
type tokenScheme struct {
	accounts []*account // whose fixed tokens are always valid
	lifetime time.Duration
	now      func() time.Time

	mu     sync.Mutex
	issued int
	ends   map[string]issuedToken // that were not revoked
}

func (s *tokenScheme) claims(r *http.Request) bool {
	return r.Header.Get("X-Auth-Token") != ""
}

func (s *tokenScheme) verify(c *call) *apiError {
	t := s.read(c.r.Header.Get("X-Auth-Token"))
	if t.account == nil {
		return errAuth.with("decrypt token fail")
	}
	if _, scoped := c.params["project_id"]; scoped && t.ofAccount {
		return errAuth.with("the token is of an account, not of a project")
	}
	c.account = t.account
	return nil
}

// read returns the owner of a token, or nobody if it is not valid.
func (s *tokenScheme) read(token string) issuedToken {
	for _, a := range s.accounts {
		if subtle.ConstantTimeCompare([]byte(token), []byte(a.Token)) == 1 {
			return issuedToken{account: a}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, found := s.ends[token]; found && s.now().Before(t.end) {
		return t
	}
	return issuedToken{}
}

// issue creates a token that is valid from begin to end.
func (s *tokenScheme) issue(a *account, ofAccount bool) (token string, begin, end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin = s.now()
	end = begin.Add(s.lifetime)
	token = "vpceptest-issued-token-" + randomHex(16)
	s.ends[token] = issuedToken{account: a, ofAccount: ofAccount, end: end}
	s.issued++
	return token, begin, end
}

// IssuedTokens returns how many tokens were issued so far, whether or not they are still
// valid.
func (h *Handler) IssuedTokens() int {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	return h.tokens.issued
}

// RevokeTokens revokes every token issued so far. The token of [Handler.Token] stays valid.
func (h *Handler) RevokeTokens() {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	clear(h.tokens.ends)
}

// RevokeToken revokes one issued token. It has no effect on the token of [Handler.Token].
func (h *Handler) RevokeToken(token string) {
	h.tokens.mu.Lock()
	defer h.tokens.mu.Unlock()
	delete(h.tokens.ends, token)
}
