package keyed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shelf is a list of a service, each of whose pages takes its time.
type shelf struct {
	mu     sync.Mutex
	begun  []time.Time // searches
	ended  []error     // and what became of them
	takes  time.Duration
	listed []Listed[string]
	fails  func(search int) error
}

func (s *shelf) list(ctx context.Context, _ int, take func([]Listed[string]) bool) (Answer, error) {
	s.mu.Lock()
	search := len(s.begun)
	s.begun, s.ended = append(s.begun, time.Now()), append(s.ended, nil)
	takes, listed := s.takes, s.listed
	s.mu.Unlock()
	err := wait(ctx, takes)
	if err == nil && s.fails != nil {
		err = s.fails(search)
	}
	s.mu.Lock()
	s.ended[search] = err
	s.mu.Unlock()
	if err == nil {
		take(listed)
	}
	return Answer{Meta: search}, err
}

func (s *shelf) query(key string) Query[string] {
	return Query[string]{
		Key: key, List: s.list,
		Read:       func(context.Context, string) (*Listed[string], error) { return nil, nil },
		MayHaveKey: func(string) bool { return true }, MayBe: func(string) bool { return true },
	}
}

func listed(id, key string, created time.Time) Listed[string] {
	return Listed[string]{Item: item(id, created), Key: key, Tagged: true}
}

// inLists runs a test with lists in virtual time.
func inLists(t *testing.T, name string, test func(t *testing.T, l *lists[string], s *shelf)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &shelf{takes: 100 * ms}
			for i := range 10 {
				s.listed = append(s.listed, listed(fmt.Sprint("id-", i), fmt.Sprint("key-", i), time.Now().Add(-time.Hour-time.Duration(i)*time.Second)))
			}
			l := newLists[string](window)
			test(t, l, s)
			synctest.Wait()
			for _, g := range l.groups {
				assert.Nil(t, g.latest, "a search is still at work")
				assert.Nil(t, g.next)
			}
		})
	})
}

// callers search one after the other, every so often, and check what they get.
func (s *shelf) callers(t *testing.T, l *lists[string], n int, every time.Duration) {
	var all sync.WaitGroup
	for i := range n {
		time.Sleep(every)
		all.Go(func() {
			asked := time.Now()
			seen, answer, err := l.search(t.Context(), s.query(fmt.Sprint("key-", i%10)))
			assert.NoError(t, err)
			if assert.Len(t, seen.Items, 1) {
				assert.Equal(t, fmt.Sprint("id-", i%10), seen.Items[0].ID)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			assert.Equal(t, seen.Began, s.begun[answer.Meta.(int)], "what came of the search is told as its own")
			assert.False(t, seen.Began.Before(asked), "a search that was begun before proves nothing")
		})
	}
	all.Wait()
}

func TestCallersShareLooks(t *testing.T) {
	inLists(t, "at the same moment", func(t *testing.T, l *lists[string], s *shelf) {
		s.callers(t, l, 50, 0)
		assert.Len(t, s.begun, 2, "the first one begins at once, and the others with the next")
	})
	inLists(t, "all the time", func(t *testing.T, l *lists[string], s *shelf) {
		s.callers(t, l, 100, 10*ms)
		assert.LessOrEqual(t, len(s.begun), 12, "one after the other")
	})
	inLists(t, "also where lists take hardly any time", func(t *testing.T, l *lists[string], s *shelf) {
		s.takes = 2 * ms
		s.callers(t, l, 100, ms)
		assert.LessOrEqual(t, len(s.begun), 30, "those that come within some time of each other")
	})
	inLists(t, "only with those whose requests are like theirs", func(t *testing.T, l *lists[string], s *shelf) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				q := s.query("key-1")
				q.Alike = fmt.Sprint(i)
				_, _, err := l.search(t.Context(), q)
				assert.NoError(t, err)
			})
		}
		start := time.Now()
		all.Wait()
		assert.Len(t, s.begun, 20)
		assert.Equal(t, 100*ms, time.Since(start))
		_, _, err := l.search(t.Context(), s.query("key-1"))
		require.NoError(t, err)
		assert.LessOrEqual(t, len(l.groups), maxGroups)
	})
	inLists(t, "and not with one that hangs", func(t *testing.T, l *lists[string], s *shelf) {
		s.takes = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { _, _, err := l.search(ctx, s.query("key-1")); done <- err }()
		synctest.Wait()
		s.takes = 100 * ms
		start := time.Now()
		s.callers(t, l, 10, 0)
		assert.Less(t, time.Since(start), 2*impatience)
		s.callers(t, l, 10, 0)
		assert.Len(t, s.begun, 4)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestCallersOfALookThatGiveUp(t *testing.T) {
	inLists(t, "leave it to the others", func(t *testing.T, l *lists[string], s *shelf) {
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				own, start := t.Context(), time.Now()
				if i%2 == 0 {
					own = ctx
				}
				seen, _, err := l.search(own, s.query("key-1"))
				if i%2 == 0 {
					assert.ErrorIs(t, err, context.Canceled)
					assert.Equal(t, 30*ms, time.Since(start))
					return
				}
				assert.NoError(t, err)
				assert.Len(t, seen.Items, 1)
			})
		}
		time.Sleep(30 * ms)
		cancel()
		all.Wait()
	})
	inLists(t, "end it, if they are all", func(t *testing.T, l *lists[string], s *shelf) {
		s.takes = time.Hour
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				_, _, err := l.search(ctx, s.query("key-1"))
				assert.ErrorIs(t, err, context.Canceled)
			})
		}
		time.Sleep(30 * ms)
		start := time.Now()
		cancel()
		all.Wait()
		synctest.Wait()
		assert.Equal(t, []error{context.Canceled}, s.ended, "and the next one is not begun")
		assert.Equal(t, start, time.Now())
		s.takes = 100 * ms
		s.callers(t, l, 2, 0)
	})
}

func TestLookThatFails(t *testing.T) {
	inLists(t, "fails for all who share it, and for nobody else", func(t *testing.T, l *lists[string], s *shelf) {
		s.fails = func(search int) error {
			if search == 1 {
				return errPasses
			}
			return nil
		}
		go func() { _, _, err := l.search(t.Context(), s.query("key-1")); assert.NoError(t, err) }()
		synctest.Wait()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				_, answer, err := l.search(t.Context(), s.query("key-1"))
				assert.Equal(t, errPasses, err)
				assert.Equal(t, 1, answer.Meta)
			})
		}
		all.Wait()
		s.callers(t, l, 5, 0)
	})
	inLists(t, "with a panic of the caller's own code", func(t *testing.T, l *lists[string], s *shelf) {
		s.fails = func(int) error { panic("no") }
		assert.PanicsWithValue(t, "no", func() { _, _, _ = l.search(t.Context(), s.query("key-1")) })
		s.fails = func(int) error { runtime.Goexit(); return nil }
		_, _, err := l.search(t.Context(), s.query("key-1"))
		require.ErrorIs(t, err, errNoAnswer)
		s.fails = nil
		s.callers(t, l, 5, 0)
	})
}

// A settled resource is read again, by ID, by callers who search for it.
func TestWhatIsSettledIsRead(t *testing.T) {
	settled := func(t *testing.T, name string, test func(t *testing.T, l *lists[string], s *shelf, q Query[string])) {
		inLists(t, name, func(t *testing.T, l *lists[string], s *shelf) {
			s.callers(t, l, 2, 0)
			time.Sleep(time.Minute)
			s.callers(t, l, 2, 0)
			s.listed = s.listed[:1] // the page that is read
			test(t, l, s, s.query("key-5"))
		})
	}
	reads := func(q *Query[string], read *Listed[string], err error) *int {
		n := 0
		q.Read = func(_ context.Context, id string) (*Listed[string], error) {
			n++
			if read != nil {
				read.ID = id
			}
			return read, err
		}
		return &n
	}
	settled(t, "it is there", func(t *testing.T, l *lists[string], _ *shelf, q Query[string]) {
		n := reads(&q, &Listed[string]{Key: "key-5"}, nil)
		for range 2 {
			seen, _, err := l.search(t.Context(), q)
			require.NoError(t, err)
			require.Len(t, seen.Items, 1)
			assert.Equal(t, "id-5", seen.Items[0].ID)
		}
		assert.Equal(t, 2, *n, "each time")
	})
	for name, read := range map[string]*Listed[string]{
		"it is gone": nil, "it is being deleted": {Key: "key-5", Gone: true}, "it carries another key": {Key: "key-6"}, "it carries none": {},
	} {
		settled(t, name, func(t *testing.T, l *lists[string], _ *shelf, q Query[string]) {
			n := reads(&q, read, nil)
			for range 2 {
				seen, _, err := l.search(t.Context(), q)
				require.NoError(t, err)
				assert.Empty(t, seen.Items)
				assert.False(t, seen.Hidden)
			}
			assert.Equal(t, 1, *n, "it is forgotten")
		})
	}
	settled(t, "it cannot be read", func(t *testing.T, l *lists[string], _ *shelf, q Query[string]) {
		n := reads(&q, nil, errPasses)
		for range 2 {
			_, _, err := l.search(t.Context(), q)
			require.ErrorIs(t, err, errPasses)
		}
		assert.Equal(t, 2, *n)
	})
	settled(t, "and the list, all of it, now and then", func(t *testing.T, l *lists[string], s *shelf, q Query[string]) {
		n := reads(&q, &Listed[string]{Key: "key-5"}, nil)
		time.Sleep(freshFor)
		s.listed = append(s.listed, listed("late", "key-5", time.Now().Add(-24*time.Hour)))
		seen, _, err := l.search(t.Context(), q)
		require.NoError(t, err)
		require.Len(t, seen.Items, 1)
		assert.Equal(t, "late", seen.Items[0].ID, "somebody gave an old one the tag")
		assert.Zero(t, *n)
	})
}

// TestListsRace is for the race detector.
func TestListsRace(t *testing.T) {
	l, s := newLists[string](time.Millisecond), &shelf{takes: 50 * time.Microsecond}
	old := time.Now().Add(-time.Hour)
	for i := range 20 {
		s.listed = append(s.listed, listed(fmt.Sprint(i), fmt.Sprint(i%3), old))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%5)*50*time.Microsecond)
				q := s.query(fmt.Sprint(i % 3))
				q.Alike = fmt.Sprint(n % 2)
				_, _, err := l.search(ctx, q)
				assert.True(t, err == nil || errors.Is(err, context.DeadlineExceeded))
				cancel()
			}
		})
	}
	all.Wait()
}
