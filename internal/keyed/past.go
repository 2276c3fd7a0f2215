package keyed

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxUnlisted bounds the keys whose resources no list has shown.
const maxUnlisted = 1000

// Registry is what one process knows about its keys: which are in use, and which were,
// for as long as lists may not show their resources.
type Registry[T any] struct {
	lag   Lag
	lists *lists[T]

	mu        sync.Mutex
	keys      map[string]*Key[T]
	unlisted  []string // keys whose resources no list has shown, oldest first
	nextSweep time.Time
}

// NewRegistry returns an empty registry, for lists that show new resources within window.
func NewRegistry[T any](window time.Duration) *Registry[T] {
	return &Registry[T]{keys: make(map[string]*Key[T]), lists: newLists[T](window)}
}

// Search implements Port.Search with lists that callers share: see lists.
func (g *Registry[T]) Search(ctx context.Context, q Query[T]) (Sighting[T], Answer, error) {
	return g.lists.search(ctx, q)
}

// Key is one key of a registry. Callers with the same key take turns.
type Key[T any] struct {
	name    string
	past    Past
	users   int          // guarded by Registry.mu
	results atomic.Int64 // how many so far

	turn    chan struct{} // held by the caller whose turn it is; it guards what follows
	request []byte        // of the last result
	resume  bool          // the call had Resume
	result  Result[T]
	err     error
}

// Past is what is known about earlier requests with a key.
type Past struct {
	mu      sync.Mutex
	at      time.Time // of the last request that may have created a resource
	count   int       // of requests whose resource no response has named
	created []string  // IDs of the resources that responses have named
	kept    []string  // those of them that no list has shown
}

func (p *Past) lastRequest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

func (p *Past) unnamed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// sent notes a request that created the resource id or, if id is "", may have created one.
func (p *Past) sent(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = time.Now()
	if id == "" {
		p.count++
	} else {
		p.created = append(p.created, id)
	}
}

// deleted notes that a resource of this process was deleted.
func (p *Past) deleted(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.created, p.kept = without(p.created, id), without(p.kept, id)
}

// keep remembers a resource that no list has shown.
func (p *Past) keep(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Contains(p.kept, id) {
		p.kept = append(p.kept, id)
	}
}

// listed notes that a list has shown a resource.
func (p *Past) listed(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = without(p.kept, id)
}

// unlisted returns the resources that this process created and no list has shown.
func (p *Past) unlisted() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.kept)
}

func without(ids []string, id string) []string {
	return slices.DeleteFunc(ids, func(other string) bool { return other == id })
}

// isOver reports whether lists show all resources of the key.
func (p *Past) isOver(window time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.kept) == 0 && (p.at.IsZero() || time.Since(p.at) > window)
}

// mayHaveMade reports whether an earlier request may have created a resource that was not
// named, or that lists may not show yet.
func (p *Past) mayHaveMade(window time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count > 0 || !p.at.IsZero() && time.Since(p.at) <= window
}

// forget drops the resources that no list has shown.
func (p *Past) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = nil
}

func (p *Past) hasMade(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.created, id)
}

// Run creates the one resource of a key, or finds it. request is what the call sends:
// callers with the same request get the result of a call in progress; all others take
// turns. The error is that of the port, *UnknownError, *DuplicatesError, *SearchError or
// *WaitError.
func (g *Registry[T]) Run(ctx context.Context, name string, request []byte, c Call[T]) (Result[T], error) {
	return g.once(ctx, name, c.Window, request, c.Resume, func(past *Past) (Result[T], error) {
		c.past, c.measured = past, &g.lag
		return c.run(ctx)
	})
}

// once lets one caller at a time work on a key. A caller that waited while another one did
// the same work gets its result, unless only the waiting one has Resume.
func (g *Registry[T]) once(ctx context.Context, name string, window time.Duration, request []byte, resume bool, work func(*Past) (Result[T], error)) (Result[T], error) {
	key := g.join(name, window)
	defer g.leave(key, window)
	seen := key.results.Load() // a later result is for this caller, too
	if err := ctx.Err(); err != nil {
		return Result[T]{}, &SearchError{Err: err}
	}
	select {
	case key.turn <- struct{}{}:
		defer func() { <-key.turn }()
	case <-ctx.Done():
		return Result[T]{}, &WaitError{Err: ctx.Err()}
	}
	if key.results.Load() > seen && bytes.Equal(key.request, request) && (key.resume || !resume) {
		shared := key.result
		shared.Found = true
		return shared, key.err
	}
	result, err := work(&key.past)
	if err == nil || !hasGivenUp(ctx, err) {
		key.request, key.resume, key.result, key.err = request, resume, result, err
		key.results.Add(1)
	}
	return result, err
}

// hasGivenUp reports whether a caller ran out of time, so its error is not for others. A
// caller gives up early if a wait would outlast its deadline.
func hasGivenUp(ctx context.Context, err error) bool {
	var (
		unknown    *UnknownError
		duplicates *DuplicatesError
	)
	switch {
	case errors.As(err, &unknown):
		err = unknown.Err
	case errors.As(err, &duplicates):
		err = duplicates.Err
	}
	return ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded)
}

// WaitError says that the context ended while another caller was working on the key.
type WaitError struct{ Err error }

func (e *WaitError) Error() string {
	return "waiting for another create with the same key: " + e.Err.Error()
}

func (e *WaitError) Unwrap() error { return e.Err }

func (g *Registry[T]) join(name string, window time.Duration) *Key[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sweep(window)
	key := g.keys[name]
	if key == nil {
		key = &Key[T]{name: name, turn: make(chan struct{}, 1)}
		g.keys[name] = key
	}
	key.users++
	return key
}

func (g *Registry[T]) leave(key *Key[T], window time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key.users--
	if key.users > 0 {
		return
	}
	if len(key.past.unlisted()) > 0 {
		g.unlisted = append(without(g.unlisted, key.name), key.name)
	}
	for len(g.unlisted) > maxUnlisted {
		if oldest := g.keys[g.unlisted[0]]; oldest != nil {
			oldest.past.forget()
			g.dropIfOver(oldest, window)
		}
		g.unlisted = g.unlisted[1:]
	}
	g.dropIfOver(key, window)
}

// dropIfOver drops a key that is no longer needed.
func (g *Registry[T]) dropIfOver(key *Key[T], window time.Duration) {
	if key.users == 0 && key.past.isOver(window) {
		delete(g.keys, key.name)
	}
}

// sweep drops keys whose resources lists show by now.
func (g *Registry[T]) sweep(window time.Duration) {
	if now := time.Now(); now.After(g.nextSweep) {
		for _, key := range g.keys {
			g.dropIfOver(key, window)
		}
		g.nextSweep = now.Add(window)
	}
}

// Forget drops the key of a deleted resource, which is free again.
func (g *Registry[T]) Forget(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, key := range g.keys {
		if key.users == 0 && key.past.hasMade(id) {
			delete(g.keys, name)
		}
	}
}
