package keyed

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Where lists leave tags out, what may have the key is read: only that says whose it is.
func TestListsWithoutTags(t *testing.T) {
	untagged := func(key string, tagged bool) *Listed[string] {
		e := Listed[string]{Item: item("id", time.Now().Add(-time.Hour)), Key: key, Tagged: tagged}
		return &e
	}
	for name, tt := range map[string]struct {
		read          func() (*Listed[string], error)
		mayBe         bool
		found, hidden bool
	}{
		"with the key":                {read: func() (*Listed[string], error) { return untagged("key", true), nil }, mayBe: true, found: true},
		"with another one":            {read: func() (*Listed[string], error) { return untagged("other", true), nil }, mayBe: true},
		"gone":                        {read: func() (*Listed[string], error) { return nil, nil }, mayBe: true},
		"without tags even when read": {read: func() (*Listed[string], error) { return untagged("", false), nil }, mayBe: true, hidden: true},
		"the same, of another kind":   {read: func() (*Listed[string], error) { return untagged("", false), nil }},
		"being deleted": {read: func() (*Listed[string], error) {
			e := untagged("key", true)
			e.Gone = true
			return e, nil
		}, mayBe: true},
	} {
		inLists(t, name, func(t *testing.T, l *lists[string], s *shelf) {
			s.listed = []Listed[string]{*untagged("", false)}
			q := s.query("key")
			reads := 0
			q.Read = func(context.Context, string) (*Listed[string], error) { reads++; return tt.read() }
			q.MayBe = func(string) bool { return tt.mayBe }
			seen, _, err := l.search(t.Context(), q)
			require.NoError(t, err)
			assert.Equal(t, tt.found, contains(seen.Items, "id"))
			assert.Equal(t, tt.hidden, seen.Hidden)
			assert.Equal(t, 1, reads)
		})
	}
	inLists(t, "a read that fails", func(t *testing.T, l *lists[string], s *shelf) {
		s.listed = []Listed[string]{*untagged("", false)}
		q := s.query("key")
		q.Read = func(context.Context, string) (*Listed[string], error) { return nil, errStays }
		_, _, err := l.search(t.Context(), q)
		assert.Equal(t, errStays, err)
	})
	inLists(t, "what cannot have it is not read", func(t *testing.T, l *lists[string], s *shelf) {
		s.listed = []Listed[string]{*untagged("", false)}
		q := s.query("key")
		q.Read = func(context.Context, string) (*Listed[string], error) { t.Error("it is read"); return nil, nil }
		q.MayHaveKey = func(string) bool { return false }
		seen, _, err := l.search(t.Context(), q)
		require.NoError(t, err)
		assert.Empty(t, seen.Items)
		assert.False(t, seen.Hidden)
	})
	inLists(t, "nor what shows its tags", func(t *testing.T, l *lists[string], s *shelf) {
		q := s.query("key")
		q.Read = func(context.Context, string) (*Listed[string], error) { t.Error("it is read"); return nil, nil }
		seen, _, err := l.search(t.Context(), q)
		require.NoError(t, err)
		assert.Empty(t, seen.Items)
	})
}

// Eight kinds of calls are remembered, the last ones that searched.
func TestGroupsThatAreRemembered(t *testing.T) {
	inLists(t, "", func(t *testing.T, l *lists[string], s *shelf) {
		search := func(alike string) {
			q := s.query("key-1")
			q.Alike = alike
			_, _, err := l.search(t.Context(), q)
			require.NoError(t, err)
			synctest.Wait()
			time.Sleep(time.Second)
		}
		for i := range 8 {
			search(fmt.Sprint(i))
		}
		search("0")
		assert.Len(t, l.groups, 8)
		search("ninth")
		assert.Len(t, l.groups, 8)
		assert.Contains(t, l.groups, "0")
		assert.NotContains(t, l.groups, "1")
	})
}

// Looks that several have shared keep some time between them, in which the others come
// for the next one. Who searches alone does not wait.
func TestSpacingOfLooks(t *testing.T) {
	inLists(t, "shared", func(t *testing.T, l *lists[string], s *shelf) {
		s.takes = 2 * ms
		start := time.Now()
		for range 3 { // the first one begins, and the others share the next search
			go func() { _, _, _ = l.search(t.Context(), s.query("key-1")) }()
			synctest.Wait()
		}
		time.Sleep(5 * ms)
		_, _, err := l.search(t.Context(), s.query("key-1"))
		require.NoError(t, err)
		require.Len(t, s.begun, 3)
		assert.Equal(t, 2*ms, s.begun[1].Sub(start))
		assert.Equal(t, 2*ms+spacing, s.begun[2].Sub(start))
	})
	inLists(t, "alone", func(t *testing.T, l *lists[string], s *shelf) {
		s.takes = 2 * ms
		start := time.Now()
		for range 3 {
			_, _, err := l.search(t.Context(), s.query("key-1"))
			require.NoError(t, err)
		}
		assert.Equal(t, 6*ms, time.Since(start))
	})
}

// The service's clock showed so much less when a search was begun as has passed since.
func TestClockAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, date := time.Now(), time.Now().Add(time.Hour)
		time.Sleep(3 * time.Second)
		assert.Equal(t, date.Add(-3*time.Second), clockAt(began, date))
		assert.Zero(t, clockAt(began, time.Time{}))
	})
}

// A wait that would last to the very deadline is not begun.
func TestWaitToTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		assert.Equal(t, context.DeadlineExceeded, wait(ctx, time.Second))
		assert.Zero(t, time.Since(start))
		assert.NoError(t, wait(ctx, time.Second-1))
		assert.Equal(t, time.Second-1, time.Since(start))
	})
}

// Of a request that was sent long ago, and named what it made, something may be left:
// the refusal of the next one does not say that nothing was made.
func TestRefusedAfterANamedOne(t *testing.T) {
	inTime(t, "", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{{Outcome: Unknown, Tries: 1, Named: "a", Err: errPasses}, {Outcome: Refused, Tries: 1, Err: errRefused}}
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, "a", unknown.Named)
		assert.Equal(t, errRefused, unknown.Last)
	})
}

// Of the keys whose resources no list has shown, a thousand are remembered: the others
// take no place of theirs.
func TestUnlistedAreRemembered(t *testing.T) {
	bubble(t, "", func(t *testing.T, g *Registry[string]) {
		keep := func(key string) {
			_, err := g.once(t.Context(), key, window, request, false, func(p *Past) (Result[string], error) {
				p.sent(key)
				p.keep(key)
				return Result[string]{}, nil
			})
			require.NoError(t, err)
		}
		remembers := func(key string) bool {
			k := g.keys[key]
			return k != nil && len(k.past.unlisted()) == 1
		}
		for i := range 1000 {
			keep(fmt.Sprint(i))
		}
		for i := range 1000 {
			use(t, g, fmt.Sprint("listed ", i), "id")
		}
		assert.True(t, remembers("0"))
		keep("one more")
		assert.False(t, remembers("0"))
		assert.True(t, remembers("1"))
		assert.True(t, remembers("one more"))
	})
}
