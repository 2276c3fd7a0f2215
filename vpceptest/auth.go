package vpceptest

import "net/http"

// authScheme is one way to authenticate a request.
type authScheme interface {
	// claims reports whether the request has credentials of the scheme.
	claims(r *http.Request) bool
	// verify sets the account of the call, or returns why the credentials are refused.
	verify(c *call) *apiError
}

// authenticate uses the first scheme whose credentials the request has.
func (h *Handler) authenticate(c *call) *apiError {
	for _, scheme := range []authScheme{h.signatures, h.tokens} {
		if scheme.claims(c.r) {
			return scheme.verify(c)
		}
	}
	return errAuth.with("x-auth-token not found")
}
