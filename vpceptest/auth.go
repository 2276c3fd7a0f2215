package vpceptest

import "net/http"

// authScheme is one way to prove who sends a request.
type authScheme interface {
	// claims tells whether the request carries the scheme's credentials.
	claims(r *http.Request) bool
	// verify sets the account of the call, or returns why the credentials are refused.
	verify(c *call) *apiError
}

// authenticate lets the first scheme decide whose credentials the request carries.
func (h *Handler) authenticate(c *call) *apiError {
	for _, scheme := range []authScheme{h.signatures, h.tokens} {
		if scheme.claims(c.r) {
			return scheme.verify(c)
		}
	}
	return errAuth.with("x-auth-token not found")
}
