package vpcep

import (
	"context"
	"time"

	"github.com/vpcep/vpcep-go/internal/renew"
)

// CachedToken asks src for a token once, and shares it among all callers. It renews
// the token in the background before it ends, while the old one still serves. A
// token that the service refuses with 401 is dropped, renewed once, and the request
// sent once more; callers whose tokens are refused together cause one renewal.
//
// Where the service refuses the new token as well, the next renewal waits: a second at
// first, and up to a minute. Until then refused calls fail without one, and their
// errors say so.
//
// A token without ExpiresAt is kept until it is refused, and so is one whose ExpiresAt
// has passed when it arrives: one of the clocks is wrong.
func CachedToken(src TokenSource) TokenSource {
	c := &cachedToken{src: src}
	c.cache = renew.New(c.fetch)
	return c
}

type cachedToken struct {
	redacted

	src   TokenSource
	cache *renew.Cache[Token]
}

func (c *cachedToken) fetch(ctx context.Context) (Token, time.Time, error) {
	token, err := c.src.Token(ctx)
	return token, token.ExpiresAt, err
}

func (c *cachedToken) Token(ctx context.Context) (Token, error) {
	if c.src == nil {
		return Token{}, errNoTokenSource
	}
	return c.cache.Get(ctx)
}

// Invalidate drops the token, if it is still the one that is kept, and says when if not yet.
func (c *cachedToken) Invalidate(token Token) error {
	return c.cache.Drop(func(t Token) bool { return t.Value == token.Value })
}

func (c *cachedToken) Check() error { return checkSource(c.src) }
