package vpcep

import (
	"context"
	"time"

	"github.com/vpcep/vpcep-go/internal/renew"
)

// CachedToken asks src for a token once and shares it among all callers. It renews the
// token in the background before it expires, while the old one still works. If the
// service refuses the token with 401, CachedToken drops it and gets a new one, and the
// request is sent once more; callers whose tokens are refused at the same time cause one
// renewal.
//
// If the service refuses the new token as well, the next renewal waits, one second at
// first and up to a minute. Until then, refused calls fail without a renewal, and their
// errors say so.
//
// A token without ExpiresAt is kept until it is refused. So is one whose ExpiresAt has
// already passed when it arrives: one of the clocks must be wrong.
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

// Invalidate drops the token, if it is still the cached one. The error says when the
// next renewal is due, if it is not due yet.
func (c *cachedToken) Invalidate(token Token) error {
	return c.cache.Drop(func(t Token) bool { return t.Value == token.Value })
}

func (c *cachedToken) Check() error { return checkSource(c.src) }
