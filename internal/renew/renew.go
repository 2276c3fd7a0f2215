// Package renew caches a credential that expires, and renews it before it does.
package renew

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"time"
)

// How a credential is renewed.
const (
	// fetchTimeout bounds a fetch, because its callers may have no deadline.
	fetchTimeout = time.Minute
	// A credential is renewed in the background when between a tenth and a fifth of its
	// life is left, at random, so that a fleet of clients does not renew at once.
	leastLead, mostLead = 0.10, 0.20
	// maxMargin is the longest time before its expiry at which a credential is no longer
	// used: a request with it must still arrive.
	maxMargin = 30 * time.Second
	// The pause after a failed renewal in the background, and after a renewal whose
	// credential was refused.
	minPause, maxPause = time.Second, time.Minute
	// A credential that worked for this long was valid, whatever refuses it now.
	goodAfter = 10 * maxPause
)

// Fetch gets a new credential and its expiry, which is zero if it has none. A credential
// that has already expired when it arrives is kept until it is refused: the clocks
// differ, and fetching another would not help.
type Fetch[T any] func(ctx context.Context) (T, time.Time, error)

// Cache returns the same credential to all callers, and runs one fetch at a time. It is
// safe for concurrent use.
type Cache[T any] struct {
	fetch Fetch[T]

	mu sync.Mutex
	// value is nil if there is no credential. It is a function, because package fmt would
	// print anything else.
	value   func() T
	usable  time.Time // the credential may be used until then; zero: forever
	renewAt time.Time // when to renew in the background; zero: never
	fetched time.Time
	flight  *flight[T]
	// refusals is how many credentials in a row were dropped.
	refusals int
}

// flight is one fetch that several callers may wait for.
type flight[T any] struct {
	done       chan struct{}
	cancel     context.CancelFunc
	background bool // continues even if nobody waits
	waiters    int
	value      func() T
	err        error
}

// New returns an empty cache.
func New[T any](fetch Fetch[T]) *Cache[T] { return &Cache[T]{fetch: fetch} }

// Get returns the credential. If there is none, it waits for one until ctx ends. The
// fetch continues for other callers, and is canceled when nobody waits for it.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	c.mu.Lock()
	now := time.Now()
	if c.value != nil && (c.usable.IsZero() || now.Before(c.usable)) {
		value := c.value()
		if c.flight == nil && !c.renewAt.IsZero() && !now.Before(c.renewAt) {
			c.start(ctx, true)
		}
		c.mu.Unlock()
		return value, nil
	}
	if c.flight == nil {
		c.start(ctx, false)
	}
	f := c.flight
	f.waiters++
	c.mu.Unlock()

	select {
	case <-f.done:
		return f.value(), f.err
	case <-ctx.Done():
		c.abandon(f)
		return none, ctx.Err()
	}
}

// Drop drops the credential if refused reports that it is the refused one; one that was
// fetched in the meantime stays. The error says that the credential is kept because it
// recently replaced another refused one: a service that refuses all credentials must not
// cause a fetch for each request.
func (c *Cache[T]) Drop(refused func(T) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.value == nil || !refused(c.value()) {
		return nil
	}
	age := time.Since(c.fetched)
	if age >= goodAfter {
		c.refusals = 0
	}
	if wait := c.pause() - age; wait > 0 {
		return pausedError(wait)
	}
	c.refusals++
	c.value = nil
	return nil
}

// pause returns how long a refused credential is kept.
func (c *Cache[T]) pause() time.Duration {
	if c.refusals == 0 {
		return 0
	}
	return min(minPause<<min(c.refusals-1, 10), maxPause)
}

// pausedError says how long a refused credential is kept.
type pausedError time.Duration

func (e pausedError) Error() string {
	return fmt.Sprintf("the credentials were renewed, and the new ones were refused as well; the next renewal is due in %s",
		time.Duration(e).Round(time.Millisecond))
}

// start begins a fetch. It keeps the values of ctx, but not its cancellation.
func (c *Cache[T]) start(ctx context.Context, background bool) {
	fetchCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	f := &flight[T]{done: make(chan struct{}), cancel: cancel, background: background}
	c.flight = f
	go func() {
		defer cancel()
		var (
			value T
			end   time.Time
			err   = errEnded
		)
		// Deferred, so that waiting callers return even if the source panics or exits.
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
			c.mu.Lock()
			f.value, f.err = func() T { return value }, err
			if c.flight == f {
				c.flight = nil
				c.store(value, end, err)
			}
			c.mu.Unlock()
			close(f.done)
		}()
		value, end, err = c.fetch(fetchCtx)
	}()
}

// errEnded reports a source that called runtime.Goexit.
var errEnded = errors.New("the source of the credential ended without returning")

// panicked returns the error for a source that panicked in the cache's goroutine, where no
// caller could recover. It does not show the panic value, which may be a secret.
func panicked(p any) error {
	kind := fmt.Sprintf("%T", p)
	if err, ok := p.(runtime.Error); ok && strings.HasPrefix(strings.TrimPrefix(kind, "*"), "runtime.") {
		return fmt.Errorf("the source of the credential panicked: %w", err)
	}
	return fmt.Errorf("the source of the credential panicked with a %s", kind)
}

// store caches the fetched credential, or postpones the next renewal after an error.
func (c *Cache[T]) store(value T, end time.Time, err error) {
	now := time.Now()
	if err != nil {
		if c.value != nil && !c.renewAt.IsZero() {
			c.renewAt = now.Add(min(max(c.usable.Sub(now)/10, minPause), maxPause))
		}
		return
	}
	c.value, c.fetched = func() T { return value }, now
	c.usable, c.renewAt = time.Time{}, time.Time{}
	if !end.After(now) {
		return
	}
	life := end.Sub(now)
	lead := leastLead + (mostLead-leastLead)*rand.Float64()
	c.usable = end.Add(-min(life/20, maxMargin))
	c.renewAt = end.Add(-time.Duration(lead * float64(life)))
}

// abandon cancels a fetch if nobody waits for it any more.
func (c *Cache[T]) abandon(f *flight[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && !f.background && c.flight == f {
		c.flight = nil
		f.cancel()
	}
}
