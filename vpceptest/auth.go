package vpceptest

import (
	"crypto/subtle"
	"net/http"
)

// authScheme is one way to prove who sends a request.
type authScheme interface {
	// claims tells whether the request carries the scheme's credentials.
	claims(r *http.Request) bool
	// verify returns nil, or why the credentials are refused.
	verify(c *call) *apiError
}

// newAuthSchemes returns the schemes in the order in which they are asked.
func newAuthSchemes(cfg *settings) []authScheme {
	checkKeys(cfg.keys)
	return []authScheme{
		&signatureScheme{keys: cfg.keys, projectID: cfg.projectID},
		&tokenScheme{token: cfg.token},
	}
}

// authenticate lets the first scheme decide whose credentials the request carries.
func (h *Handler) authenticate(c *call) *apiError {
	for _, scheme := range h.auth {
		if scheme.claims(c.r) {
			return scheme.verify(c)
		}
	}
	return errAuth.with("x-auth-token not found")
}

// tokenScheme is a token in X-Auth-Token.
type tokenScheme struct{ token string }

func (s *tokenScheme) claims(r *http.Request) bool {
	return r.Header.Get("X-Auth-Token") != ""
}

func (s *tokenScheme) verify(c *call) *apiError {
	got := c.r.Header.Get("X-Auth-Token")
	if subtle.ConstantTimeCompare([]byte(got), []byte(s.token)) != 1 {
		return errAuth.with("decrypt token fail")
	}
	return nil
}
