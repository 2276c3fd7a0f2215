// Package fallback has the credentials of a stand-in, which give way to any that the
// caller brings: other credentials that are set twice are a mistake.
package fallback

import "net/http"

// Auth sends a token of the stand-in.
type Auth struct{ Token string }

// Authenticate sets the header X-Auth-Token.
func (a Auth) Authenticate(req *http.Request) error {
	req.Header.Set("X-Auth-Token", a.Token)
	return nil
}
