package keyed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var request = []byte("request")

// worked is work that takes a second and has a new result each time.
func worked(count *atomic.Int64) func(*Past) (Result[string], error) {
	return func(*Past) (Result[string], error) {
		n := count.Add(1)
		time.Sleep(time.Second)
		return Result[string]{Item: Item[string]{ID: fmt.Sprint(n)}, Own: true}, nil
	}
}

// bubble runs a test with a registry in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T, g *Registry[string])) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, NewRegistry[string](window)) })
	})
}

func TestOnce(t *testing.T) {
	bubble(t, "a caller that waited for the same work gets its result", func(t *testing.T, g *Registry[string]) {
		var count, found atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				result, err := g.once(t.Context(), "key", window, request, false, worked(&count))
				assert.NoError(t, err)
				assert.Equal(t, "1", result.Item.ID)
				if result.Found {
					found.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, count.Load())
		assert.EqualValues(t, 19, found.Load())
	})
	bubble(t, "a later caller does its own work", func(t *testing.T, g *Registry[string]) {
		var count atomic.Int64
		for n := range 2 {
			result, err := g.once(t.Context(), "key", window, request, false, func(p *Past) (Result[string], error) { p.sent("id"); return worked(&count)(p) })
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprint(n+1), result.Item.ID)
			assert.False(t, result.Found)
		}
	})
	bubble(t, "another request takes its turn", func(t *testing.T, g *Registry[string]) {
		var count, atWork atomic.Int64
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				_, err := g.once(t.Context(), "key", window, fmt.Append(nil, i), false, func(p *Past) (Result[string], error) {
					assert.EqualValues(t, 1, atWork.Add(1))
					defer atWork.Add(-1)
					return worked(&count)(p)
				})
				assert.NoError(t, err)
			})
		}
		start := time.Now()
		all.Wait()
		assert.EqualValues(t, 3, count.Load())
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
	bubble(t, "another key does not wait", func(t *testing.T, g *Registry[string]) {
		var count atomic.Int64
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				_, err := g.once(t.Context(), fmt.Sprint(i), window, request, false, worked(&count))
				assert.NoError(t, err)
			})
		}
		start := time.Now()
		all.Wait()
		assert.Equal(t, time.Second, time.Since(start))
	})
	bubble(t, "a call with Resume shares only the result of another one with Resume", func(t *testing.T, g *Registry[string]) {
		for _, test := range []struct {
			first, second bool
			works         int64
		}{{false, false, 1}, {false, true, 2}, {true, false, 1}, {true, true, 1}} {
			var count atomic.Int64
			behind(t, g, func() {
				_, _ = g.once(t.Context(), "key", window, request, test.first, worked(&count))
			}, func() {
				_, err := g.once(t.Context(), "key", window, request, test.second, worked(&count))
				assert.NoError(t, err)
			})
			assert.Equal(t, test.works, count.Load(), "%+v", test)
		}
	})
	bubble(t, "an error is shared", func(t *testing.T, g *Registry[string]) {
		var count atomic.Int64
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				_, err := g.once(t.Context(), "key", window, request, false, func(*Past) (Result[string], error) {
					count.Add(1)
					time.Sleep(time.Second)
					return Result[string]{}, errRefused
				})
				assert.Equal(t, errRefused, err)
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, count.Load())
	})
}

// behind starts a first caller, then waits for the second one.
func behind(t *testing.T, g *Registry[string], first, second func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); first() }()
	synctest.Wait()
	second()
	<-done
	assert.Empty(t, g.keys, "nobody needs the key")
}

func TestOnceWithoutTime(t *testing.T) {
	var count atomic.Int64
	bubble(t, "from the start", func(t *testing.T, g *Registry[string]) {
		behind(t, g, func() { _, _ = g.once(t.Context(), "key", window, request, false, worked(&count)) }, func() {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := g.once(ctx, "key", window, request, false, worked(&count))
			var search *SearchError
			require.ErrorAs(t, err, &search, "it did not wait")
			require.ErrorIs(t, err, context.Canceled)
		})
	})
	bubble(t, "while waiting", func(t *testing.T, g *Registry[string]) {
		behind(t, g, func() { _, _ = g.once(t.Context(), "key", window, request, false, worked(&count)) }, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 300*ms)
			defer cancel()
			_, err := g.once(ctx, "key", window, request, false, worked(&count))
			var wait *WaitError
			require.ErrorAs(t, err, &wait)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, "waiting for another create with the same key: context deadline exceeded", err.Error())
		})
	})
	// A caller that gives up says nothing to those that have time.
	for name, gaveUp := range map[string]error{
		"told by its context":       context.Canceled,
		"before its time is up":     &SearchError{Err: context.DeadlineExceeded},
		"with an unknown outcome":   &UnknownError{Err: context.DeadlineExceeded, Last: errPasses},
		"with duplicates to delete": &DuplicatesError{IDs: []string{"a", "b"}, Err: context.DeadlineExceeded},
	} {
		bubble(t, name, func(t *testing.T, g *Registry[string]) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			behind(t, g, func() {
				_, err := g.once(ctx, "key", window, request, false, func(*Past) (Result[string], error) {
					time.Sleep(time.Second)
					if errors.Is(gaveUp, context.Canceled) {
						cancel()
					}
					return Result[string]{}, gaveUp
				})
				assert.Equal(t, gaveUp, err)
			}, func() {
				result, err := g.once(t.Context(), "key", window, request, false, worked(&count))
				require.NoError(t, err)
				assert.True(t, result.Own)
			})
		})
	}
	bubble(t, "a result counts although the context has ended", func(t *testing.T, g *Registry[string]) {
		ctx, cancel := context.WithCancel(t.Context())
		behind(t, g, func() {
			_, err := g.once(ctx, "key", window, request, false, func(p *Past) (Result[string], error) {
				defer cancel()
				return worked(&count)(p)
			})
			assert.NoError(t, err)
		}, func() {
			result, err := g.once(t.Context(), "key", window, request, false, worked(&count))
			require.NoError(t, err)
			assert.True(t, result.Found)
		})
	})
	bubble(t, "a panic does not hold the key", func(t *testing.T, g *Registry[string]) {
		behind(t, g, func() {
			assert.Panics(t, func() {
				_, _ = g.once(t.Context(), "key", window, request, false, func(*Past) (Result[string], error) {
					time.Sleep(time.Second)
					panic("work")
				})
			})
		}, func() {
			result, err := g.once(t.Context(), "key", window, request, false, worked(&count))
			require.NoError(t, err)
			assert.True(t, result.Own)
		})
	})
}

// use makes an endpoint with a key.
func use(t *testing.T, g *Registry[string], key, id string) {
	t.Helper()
	_, err := g.once(t.Context(), key, window, request, false, func(p *Past) (Result[string], error) {
		p.sent(id)
		return Result[string]{}, nil
	})
	require.NoError(t, err)
}

// past is what the next caller knows about a key.
func past(t *testing.T, g *Registry[string], key string) (last time.Time, unnamed int) {
	t.Helper()
	_, err := g.once(t.Context(), key, window, request, false, func(p *Past) (Result[string], error) {
		last, unnamed = p.lastRequest(), p.unnamed()
		return Result[string]{}, nil
	})
	require.NoError(t, err)
	return last, unnamed
}

func TestPast(t *testing.T) {
	bubble(t, "is known within the window", func(t *testing.T, g *Registry[string]) {
		start := time.Now()
		use(t, g, "key", "")
		use(t, g, "key", "id")
		time.Sleep(window)
		last, unnamed := past(t, g, "key")
		assert.Equal(t, start, last)
		assert.Equal(t, 1, unnamed)
	})
	bubble(t, "is forgotten after it", func(t *testing.T, g *Registry[string]) {
		use(t, g, "key", "id")
		time.Sleep(window + ms)
		last, _ := past(t, g, "key")
		assert.Zero(t, last)
		assert.Empty(t, g.keys)
	})
	bubble(t, "does not grow", func(t *testing.T, g *Registry[string]) {
		most := 0
		for i := range 10_000 {
			use(t, g, fmt.Sprint(i), fmt.Sprint(i))
			most = max(most, len(g.keys))
			time.Sleep(window / 100)
		}
		assert.LessOrEqual(t, most, 300, "what was made within two windows, or so")
	})
	bubble(t, "that no list has shown is known, and does not grow", func(t *testing.T, g *Registry[string]) {
		const keys = 3 * maxUnlisted
		for i := range keys {
			_, err := g.once(t.Context(), fmt.Sprint(i), window, request, false, func(p *Past) (Result[string], error) {
				p.sent(fmt.Sprint(i))
				p.keep(fmt.Sprint(i))
				return Result[string]{}, nil
			})
			require.NoError(t, err)
			time.Sleep(window / 100)
		}
		time.Sleep(2 * window)
		use(t, g, "sweep", "id")
		assert.LessOrEqual(t, len(g.keys), maxUnlisted+1)
		known := func(i int) (ids []string) {
			_, err := g.once(t.Context(), fmt.Sprint(i), window, request, false, func(p *Past) (Result[string], error) {
				ids = p.unlisted()
				return Result[string]{}, nil
			})
			require.NoError(t, err)
			return ids
		}
		assert.Equal(t, []string{fmt.Sprint(keys - 1)}, known(keys-1))
		assert.Empty(t, known(0))
		g.Forget(fmt.Sprint(keys - 2))
		assert.Empty(t, known(keys-2))
	})
	bubble(t, "without a request leaves nothing", func(t *testing.T, g *Registry[string]) {
		past(t, g, "key")
		assert.Empty(t, g.keys)
	})
	bubble(t, "of a deleted endpoint is forgotten", func(t *testing.T, g *Registry[string]) {
		use(t, g, "key", "id")
		use(t, g, "other", "other")
		g.Forget("id")
		last, _ := past(t, g, "key")
		assert.Zero(t, last)
		last, _ = past(t, g, "other")
		assert.NotZero(t, last)
	})
	bubble(t, "of a key at work keeps others waiting", func(t *testing.T, g *Registry[string]) {
		second := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := g.once(ctx, "key", window, request, false, func(*Past) (Result[string], error) {
				return Result[string]{}, nil
			})
			return err
		}
		var waits *WaitError
		use(t, g, "key", "id")
		_, err := g.once(t.Context(), "key", window, request, false, func(*Past) (Result[string], error) {
			g.Forget("id")
			assert.ErrorAs(t, second(), &waits, "although its resource was deleted")
			time.Sleep(2 * window)
			use(t, g, "other", "other") // which sweeps
			assert.ErrorAs(t, second(), &waits, "although lists show all of it")
			return Result[string]{}, nil
		})
		require.NoError(t, err)
	})
	bubble(t, "of a key at work stays", func(t *testing.T, g *Registry[string]) {
		use(t, g, "key", "id")
		_, err := g.once(t.Context(), "key", window, request, false, func(p *Past) (Result[string], error) {
			g.Forget("id")
			time.Sleep(2 * window)
			use(t, g, "other", "other") // which sweeps
			assert.True(t, p.hasMade("id"))
			p.deleted("id")
			assert.False(t, p.hasMade("id"))
			return Result[string]{}, nil
		})
		require.NoError(t, err)
	})
}

// TestRegistryRaces is for the race detector.
func TestRegistryRaces(t *testing.T) {
	g := NewRegistry[string](window)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%5)*time.Microsecond*50)
				name := fmt.Sprint(n % 3)
				_, _ = g.once(ctx, name, time.Millisecond, fmt.Append(nil, i%2), false, func(p *Past) (Result[string], error) {
					p.sent(name)
					return Result[string]{Own: p.hasMade(name)}, ctx.Err()
				})
				g.Forget(name)
				cancel()
			}
		})
	}
	all.Wait()
}
