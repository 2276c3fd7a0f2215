package keyed

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Listed is a resource as a list or a read shows it.
type Listed[T any] struct {
	Item[T]
	Key    string // that its tags carry, or ""
	Tagged bool   // its tags are shown, even if it has none
	Gone   bool   // it is being deleted
}

// Query is what one call searches for, and how.
type Query[T any] struct {
	Key string
	// Since is as in Port.Search.
	Since time.Time
	// Alike is the same for calls that may share their requests.
	Alike string
	// List lists all resources, newest first, in pages of about size. It passes each page
	// to take, until take returns false or the list ends.
	List func(ctx context.Context, size int, take func([]Listed[T]) bool) (Answer, error)
	// Read reads a resource. It returns nil if the resource is gone.
	Read func(ctx context.Context, id string) (*Listed[T], error)
	// MayHaveKey reports whether a resource is worth reading if lists leave tags out, and
	// MayBe whether it can be the result of the request.
	MayHaveKey, MayBe func(T) bool
}

// Answer describes the last response of a list apart from its resources.
type Answer struct {
	Date time.Time // the service's clock; zero if unknown
	Meta any       // for the port, passed through
}

// lists searches for keys in the lists of one client. Calls that search at the same moment
// share a search. It begins after each of them has asked, so it is evidence for all. A
// search does not read again what an earlier one has settled: see known.
//
// The operation ListResourceInstances finds a key by its tag with one request. It is not
// used, not even as a hint: the reference does not say whether its index lags, so a list
// must follow anyway, to show what comes earlier; a list after the first one usually costs
// one request, shared by all callers; and the operation needs its own permission, and not
// every region has it.
type lists[T any] struct {
	window time.Duration

	mu     sync.Mutex
	groups map[string]*group[T]
}

func newLists[T any](window time.Duration) *lists[T] {
	return &lists[T]{window: window, groups: make(map[string]*group[T])}
}

const (
	// maxGroups bounds the groups that are remembered while they are not in use.
	maxGroups = 8
	// impatience is how long a search may make no progress before the next one begins in
	// parallel.
	impatience = time.Second
	// spacing is the least time between the beginnings of two searches, if several callers
	// shared the first: they run in parallel, and ask for the next search within that time.
	spacing = 10 * time.Millisecond
)

// group is the searches that may share requests.
type group[T any] struct {
	latest *sharedSearch[T] // in progress, or nil
	next   *sharedSearch[T] // begins when latest has ended; nil if nobody waits
	pause  *time.Timer      // begins next when it fires; or nil
	known  known
	used   time.Time

	begun  time.Time // when latest, or the one before it, began
	shared bool      // by several callers
}

// sharedSearch is one reading of the list, for all callers who asked before it began.
type sharedSearch[T any] struct {
	ctx    context.Context
	cancel context.CancelFunc
	list   func(ctx context.Context, size int, take func([]Listed[T]) bool) (Answer, error)
	done   chan struct{}

	// Guarded by lists.mu.
	wants    []*want[T] // unchanged after it began
	users    int        // waiting for it
	began    time.Time
	progress time.Time // when it began, or last made progress

	// Unchanged after done is closed.
	answer   Answer
	err      error
	panicked any
}

// want is the result of a search for one of the callers who share it.
type want[T any] struct {
	ctx       context.Context
	query     *Query[T]
	items     []Item[T]   // that carry the key
	untagged  []Listed[T] // that show no key, but may have it
	known     []string    // IDs that carried it before
	showsTags bool
}

// errNoAnswer reports code of the caller's that called runtime.Goexit.
var errNoAnswer = errors.New("the goroutine that requested a list ended")

// search implements Port.Search. The Answer is that of the list, which another call may
// have requested.
func (l *lists[T]) search(ctx context.Context, q Query[T]) (Sighting[T], Answer, error) {
	s, w, err := l.shared(ctx, &q)
	if err != nil {
		return Sighting[T]{}, s.answer, err
	}
	seen := Sighting[T]{Items: w.items, Date: s.answer.Date, Began: s.began}
	for _, id := range w.known {
		if contains(seen.Items, id) {
			continue
		}
		read, err := q.Read(ctx, id) // it may have been deleted since
		if err != nil {
			return seen, s.answer, err
		}
		if read == nil || read.Gone || read.Key != q.Key {
			l.forget(q, id)
			continue
		}
		seen.Items = append(seen.Items, read.Item)
	}
	return seen, s.answer, w.readUntagged(ctx, &seen)
}

// readUntagged reads the resources that may have the key if lists leave tags out.
func (w *want[T]) readUntagged(ctx context.Context, seen *Sighting[T]) error {
	q := w.query
	for _, e := range w.untagged {
		if !e.Tagged && !w.showsTags {
			read, err := q.Read(ctx, e.ID)
			switch {
			case err != nil:
				return err
			case read == nil || read.Gone:
				continue
			case read.Key == q.Key:
				seen.Items = append(seen.Items, read.Item)
				continue
			case read.Key != "":
				continue
			}
			e = *read
		}
		seen.Hidden = seen.Hidden || q.MayBe(e.Value) && (!w.showsTags && !e.Tagged || w.isSince(e))
	}
	return nil
}

// shared waits for a search that begins from now on.
func (l *lists[T]) shared(ctx context.Context, q *Query[T]) (*sharedSearch[T], *want[T], error) {
	s, w := l.join(ctx, q)
	hurry := time.NewTicker(impatience)
	defer hurry.Stop()
	for {
		select {
		case <-s.done:
			if s.panicked != nil {
				panic(s.panicked) // from the caller's code: the caller must recover it
			}
			return s, w, s.err
		case <-ctx.Done():
			l.leave(q.Alike, s)
			return &sharedSearch[T]{}, nil, ctx.Err()
		case <-hurry.C:
			l.hurry(q.Alike, s)
		}
	}
}

// join joins the next search, and begins it if none is in progress.
func (l *lists[T]) join(ctx context.Context, q *Query[T]) (*sharedSearch[T], *want[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.group(q.Alike)
	s := g.next
	if s == nil {
		s = &sharedSearch[T]{list: q.List, done: make(chan struct{})}
		s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx)) // a caller who gives up does not end it for the others
		g.next = s
	}
	w := &want[T]{ctx: ctx, query: q}
	s.wants = append(s.wants, w)
	s.users++
	l.proceed(g)
	return s, w
}

// group returns a group. If there are too many, it drops the least recently used one.
func (l *lists[T]) group(alike string) *group[T] {
	g := l.groups[alike]
	if g == nil {
		g = &group[T]{}
		l.groups[alike] = g
	}
	g.used = time.Now()
	for len(l.groups) > maxGroups {
		oldest := ""
		for name, other := range l.groups {
			if other != g && other.latest == nil && other.next == nil && (oldest == "" || other.used.Before(l.groups[oldest].used)) {
				oldest = name
			}
		}
		if oldest == "" {
			break
		}
		delete(l.groups, oldest)
	}
	return g
}

// proceed begins the next search of a group, if somebody waits for it and none is in
// progress.
func (l *lists[T]) proceed(g *group[T]) {
	switch wait := spacing - time.Since(g.begun); {
	case g.next == nil || g.latest != nil || g.pause != nil:
	case !g.next.isWanted():
		g.next.cancel()
		g.next = nil
	case g.shared && wait > 0:
		g.pause = time.AfterFunc(wait, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			g.pause, g.shared = nil, false // the pause is over
			l.proceed(g)
		})
	default:
		l.begin(g)
	}
}

// begin begins the next search of a group.
func (l *lists[T]) begin(g *group[T]) {
	s := g.next
	g.latest, g.next = s, nil
	g.begun, g.shared = time.Now(), len(s.wants) > 1
	s.began, s.progress = g.begun, g.begun
	p := g.known.start(s.began, s.since())
	for _, w := range s.wants {
		w.known = g.known.carriers(w.query.Key)
	}
	go l.read(g, s, p)
}

// hurry begins a search in parallel to one that makes no progress.
func (l *lists[T]) hurry(alike string, s *sharedSearch[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.groups[alike]
	if g != nil && g.next == s && g.latest != nil && time.Since(g.latest.progress) >= impatience {
		l.begin(g)
	}
}

// leave ends a search if nobody waits for it any more.
func (l *lists[T]) leave(alike string, s *sharedSearch[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	s.cancel()
	if g := l.groups[alike]; g != nil && g.next == s {
		g.next = nil
		if g.pause != nil && g.pause.Stop() {
			g.pause = nil
		}
	}
}

// read reads the list, and lets the next search begin.
func (l *lists[T]) read(g *group[T], s *sharedSearch[T], p *progress) {
	s.err = errNoAnswer
	defer func() {
		s.panicked = recover()
		s.cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		if s.err == nil && s.panicked == nil {
			g.known.settle(p, l.window, clockAt(s.began, s.answer.Date))
		}
		close(s.done)
		if g.latest != s {
			return // another one has overtaken it
		}
		g.latest = nil
		l.proceed(g)
	}()
	s.answer, s.err = s.list(s.ctx, p.pageSize, func(page []Listed[T]) bool {
		l.mu.Lock()
		s.progress = time.Now()
		l.mu.Unlock()
		for _, e := range page {
			p.see(e.ID, e.Key, e.Created, e.Tagged)
			s.hand(e, p.tagged)
		}
		return p.mustGoOn()
	})
	for _, w := range s.wants {
		w.showsTags = p.tagged
	}
}

// isWanted reports whether anybody still waits for it.
func (s *sharedSearch[T]) isWanted() bool {
	return slices.ContainsFunc(s.wants, func(w *want[T]) bool { return w.ctx.Err() == nil })
}

// hand passes a resource to the callers who search for it. If lists show tags, a resource
// without a key matters only to callers who sent a request before it appeared.
func (s *sharedSearch[T]) hand(e Listed[T], showsTags bool) {
	if e.Gone {
		return
	}
	for _, w := range s.wants {
		switch {
		case e.Key == w.query.Key:
			w.items = append(w.items, e.Item)
		case e.Key == "" && (!showsTags || w.isSince(e)) && w.query.MayHaveKey(e.Value):
			w.untagged = append(w.untagged, e)
		}
	}
}

// isSince reports whether a resource appeared after the first request of the call.
func (w *want[T]) isSince(e Listed[T]) bool {
	since := w.query.Since
	return !since.IsZero() && !e.Created.Before(since.Truncate(time.Second))
}

// since returns how far back the callers who share the search must see everything; zero:
// no further than what is settled.
func (s *sharedSearch[T]) since() (since time.Time) {
	for _, w := range s.wants {
		if t := w.query.Since; !t.IsZero() && (since.IsZero() || t.Before(since)) {
			since = t
		}
	}
	return since
}

// forget forgets a resource that does not carry a key any more.
func (l *lists[T]) forget(q Query[T], id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g := l.groups[q.Alike]; g != nil {
		g.known.forget(q.Key, id)
	}
}

// clockAt returns the earliest that the service's clock can have shown at a time, given
// what it shows now; zero if unknown.
func clockAt(at, date time.Time) time.Time {
	if date.IsZero() {
		return date
	}
	return date.Add(-time.Since(at))
}
