// Package fallback has the credentials of the stand-in. Unlike other credentials, which
// must not be set twice, they yield to any that the caller sets.
package fallback

import "net/http"

// Auth sends the stand-in's token.
type Auth struct{ Token string }

// Authenticate sets the header X-Auth-Token.
func (a Auth) Authenticate(req *http.Request) error {
	req.Header.Set("X-Auth-Token", a.Token)
	return nil
}
