// Package renew keeps a credential that ends, and replaces it before it does.
package renew

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// How a credential is renewed.
const (
	// fetchTimeout bounds a fetch, whose callers may all have unlimited time.
	fetchTimeout = time.Minute
	// A credential is renewed in the background when at most a fifth and at least a
	// tenth of its life is left: not all clients of a fleet at once.
	leastLead, mostLead = 0.10, 0.20
	// maxMargin is how long before its end a credential is not given out any more,
	// at most: a request that carries it has to arrive.
	maxMargin = 30 * time.Second
	// The pause after a renewal in the background that failed.
	minPause, maxPause = time.Second, time.Minute
)

// Fetch gets a new credential and its end, which is zero where it has none.
type Fetch[T any] func(ctx context.Context) (T, time.Time, error)

// Cache gives the same credential to all callers, and fetches one at a time. It is
// safe for concurrent use.
type Cache[T any] struct {
	fetch Fetch[T]

	mu      sync.Mutex
	has     bool
	value   T
	usable  time.Time // until then; zero: without end
	renewAt time.Time // from then on in the background; zero: never
	flight  *flight[T]
}

// flight is one fetch that several callers may wait for.
type flight[T any] struct {
	done       chan struct{}
	cancel     context.CancelFunc
	background bool // goes on without anyone who waits
	waiters    int
	value      T
	err        error
}

// New returns an empty cache.
func New[T any](fetch Fetch[T]) *Cache[T] { return &Cache[T]{fetch: fetch} }

// Get returns the credential. It waits where there is none, for as long as ctx
// allows; the fetch goes on for the others, and ends when no one waits for it.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	c.mu.Lock()
	now := time.Now()
	if c.has && (c.usable.IsZero() || now.Before(c.usable)) {
		value := c.value
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
		return f.value, f.err
	case <-ctx.Done():
		c.abandon(f)
		return none, ctx.Err()
	}
}

// Drop forgets the credential if refused says that it is the one meant. One that
// was fetched in the meantime stays.
func (c *Cache[T]) Drop(refused func(T) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has && refused(c.value) {
		var none T
		c.has, c.value = false, none
	}
}

// start begins a fetch. It keeps the values of ctx, and not its end.
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
		// Deferred, so that those who wait hear of a source that does not return.
		defer func() {
			if p := recover(); p != nil {
				err = panicked(p)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			f.value, f.err = value, err
			if c.flight == f {
				c.flight = nil
				c.store(value, end, err)
			}
			close(f.done)
		}()
		value, end, err = c.fetch(fetchCtx)
	}()
}

// errEnded reports a source that called runtime.Goexit.
var errEnded = errors.New("the source of the credential ended without an answer")

// panicked is the error of a source that panicked: in a goroutine of the cache's own,
// where none of its callers could recover. What it panicked with may be a secret.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("the source of the credential panicked: %w", err)
	}
	return fmt.Errorf("the source of the credential panicked with a %T", p)
}

// store keeps what was fetched, or puts the next try off.
func (c *Cache[T]) store(value T, end time.Time, err error) {
	now := time.Now()
	if err != nil {
		if c.has && !c.renewAt.IsZero() {
			c.renewAt = now.Add(min(max(c.usable.Sub(now)/10, minPause), maxPause))
		}
		return
	}
	c.has, c.value = true, value
	c.usable, c.renewAt = time.Time{}, time.Time{}
	if end.IsZero() {
		return
	}
	life := end.Sub(now)
	lead := leastLead + (mostLead-leastLead)*rand.Float64()
	c.usable = end.Add(-min(life/20, maxMargin))
	c.renewAt = end.Add(-time.Duration(lead * float64(life)))
}

// abandon ends a fetch that no one waits for any more.
func (c *Cache[T]) abandon(f *flight[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.waiters--
	if f.waiters == 0 && !f.background && c.flight == f {
		c.flight = nil
		f.cancel()
	}
}
