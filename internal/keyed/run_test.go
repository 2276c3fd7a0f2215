package keyed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	ms     = time.Millisecond
	window = 5 * time.Second
)

var (
	errPasses  = errors.New("passes")
	errStays   = errors.New("stays")
	errRefused = errors.New("refused")
)

// fake is a port that returns what a test wants, and records its calls and their times.
type fake struct {
	search func() (Sighting[string], error)
	posts  []Posted[string] // one for each request
	read   func(id string) (*Item[string], error)
	delete func(id string) error

	start time.Time
	since []time.Time
	log   []string
}

func (f *fake) note(format string, args ...any) {
	f.log = append(f.log, fmt.Sprintf("%d ", time.Since(f.start).Milliseconds())+fmt.Sprintf(format, args...))
}

func (f *fake) Search(_ context.Context, since time.Time) (Sighting[string], error) {
	f.note("search")
	f.since = append(f.since, since)
	return f.search()
}

func (f *fake) Post(_ context.Context, tries int) Posted[string] {
	f.note("post %d", tries)
	posted := f.posts[0]
	f.posts = f.posts[1:]
	return posted
}

func (f *fake) Read(_ context.Context, id string) (*Item[string], error) {
	f.note("read %s", id)
	return f.read(id)
}

func (f *fake) Delete(_ context.Context, id string) error {
	f.note("delete %s", id)
	return f.delete(id)
}

func (f *fake) MayPass(err error) bool { return errors.Is(err, errPasses) }

// after is so long after the start.
func (f *fake) after(d time.Duration) time.Time { return f.start.Add(d) }

// isAfter reports whether that has been.
func (f *fake) isAfter(d time.Duration) bool { return time.Since(f.start) >= d }

func item(id string, created time.Time) Item[string] {
	return Item[string]{ID: id, Created: created, Value: "listed"}
}

func madeItem(id string, created time.Time) Posted[string] {
	return Posted[string]{Outcome: Created, Tries: 1, Item: Item[string]{ID: id, Created: created, Value: "answered"}}
}

var lost = Posted[string]{Outcome: Unknown, Tries: 1, Err: errPasses}

// inTime runs a test in virtual time, from 0.3 s after a full second on.
func inTime(t *testing.T, name string, test func(t *testing.T, f *fake, c Call[string])) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(300 * ms)
			f := &fake{start: time.Now()}
			f.search = func() (Sighting[string], error) { return Sighting[string]{}, nil }
			f.delete = func(string) error { return nil }
			f.read = func(string) (*Item[string], error) { return nil, nil }
			test(t, f, Call[string]{Port: f, Window: window, Tries: 2, past: &Past{}, measured: &Lag{}})
		})
	})
}

// shows makes searches show items from the given moments on.
func (f *fake) shows(from map[time.Duration][]Item[string]) {
	f.search = func() (Sighting[string], error) {
		var s Sighting[string]
		for d, items := range from {
			if f.isAfter(d) {
				s.Items = append(s.Items, items...)
			}
		}
		return s, nil
	}
}

// dated adds the service's clock, with an offset, to the results of searches.
func (f *fake) dated(off time.Duration) {
	search := f.search
	f.search = func() (Sighting[string], error) {
		s, err := search()
		s.Date = time.Now().Add(off).Truncate(time.Second)
		return s, err
	}
}

func (f *fake) asked() string { return strings.Join(f.log, ", ") }

// searches are the moments of the searches.
func (f *fake) searches() (at []string) {
	for _, entry := range f.log {
		if moment, ok := strings.CutSuffix(entry, " search"); ok {
			at = append(at, moment)
		}
	}
	return at
}

func TestGoodCase(t *testing.T) {
	for _, test := range []struct {
		name    string
		created time.Duration // after the start
		date    time.Duration // of the answer to the request; negative: none
		off     time.Duration // of the service's clock
		asked   string
	}{
		{"full seconds", -300 * ms, -1, 0, "0 search, 0 post 2, 0 search, 1000 search"},
		{"fractions", 0, -1, 0, "0 search, 0 post 2, 0 search, 700 search"},
		{"the Date shows that the second is over", -300 * ms, 700 * ms, 0, "0 search, 0 post 2, 0 search"},
		{"the Date shows the second itself", -300 * ms, -300 * ms, 0, "0 search, 0 post 2, 0 search, 1000 search"},
		{"a clock far ahead", 0, -1, 1000 * time.Hour, "0 search, 0 post 2, 0 search, 700 search"},
		{"a clock far behind", 0, -1, -1000 * time.Hour, "0 search, 0 post 2, 0 search, 700 search"},
	} {
		inTime(t, test.name, func(t *testing.T, f *fake, c Call[string]) {
			own := madeItem("own", f.after(test.created+test.off))
			if test.date != -1 {
				own.Date = f.after(test.date)
			}
			f.posts = []Posted[string]{own}
			f.search = func() (Sighting[string], error) {
				if len(f.log) == 1 {
					return Sighting[string]{}, nil
				}
				return Sighting[string]{Items: []Item[string]{item("own", own.Item.Created)}}, nil
			}
			if test.off != 0 {
				f.dated(test.off)
			}
			result, err := c.run(t.Context())
			require.NoError(t, err)
			assert.Equal(t, test.asked, f.asked())
			assert.Equal(t, Result[string]{Item: own.Item, Own: true, Listed: true}, result)
		})
	}
}

// If the lag of lists is known, a call searches once, when the second has been over for that
// long.
func TestGoodCaseOfAKnownLag(t *testing.T) {
	for _, test := range []struct {
		name    string
		lag     time.Duration
		age     time.Duration // since it was measured
		shows   time.Duration
		timeout time.Duration // 0: none
		asked   string
		left    time.Duration // of the lag that is known in the end
	}{
		{"none", 0, 0, 0, 0, "0 search, 0 post 2, 700 search", 0},
		{"some", 200 * ms, 0, 100 * ms, 0, "0 search, 0 post 2, 900 search", 200 * ms},
		{"measured long ago", 200 * ms, lagHolds + ms, 0, 0, "0 search, 0 post 2, 0 search, 700 search", 0},
		{"more than was known", 200 * ms, 0, 950 * ms, 0, "0 search, 0 post 2, 900 search, 1000 search, 1700 search", 1000 * ms},
		{"without the time for it", 0, 0, 0, 500 * ms, "0 search, 0 post 2, 0 search", 0},
	} {
		inTime(t, test.name, func(t *testing.T, f *fake, c Call[string]) {
			c.measured.showed(test.lag)
			time.Sleep(test.age)
			f.start = time.Now().Truncate(time.Second).Add(1300 * ms)
			time.Sleep(time.Until(f.start))
			own := madeItem("own", f.after(0))
			f.posts = []Posted[string]{own}
			f.search = func() (Sighting[string], error) {
				if len(f.log) == 1 || !f.isAfter(test.shows) {
					return Sighting[string]{}, nil
				}
				return Sighting[string]{Items: []Item[string]{item("own", own.Item.Created)}}, nil
			}
			ctx := t.Context()
			if test.timeout > 0 {
				short, cancel := context.WithTimeout(ctx, test.timeout)
				defer cancel()
				ctx = short
			}
			result, err := c.run(ctx)
			require.NoError(t, err)
			assert.True(t, result.Own)
			assert.Equal(t, test.asked, f.asked())
			left, known := c.measured.known()
			assert.True(t, known)
			assert.Equal(t, test.left, left)
		})
	}
}

// A Date that is far from created_at comes from another clock; the call still ends.
func TestClocksThatDisagree(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		inTime(t, off.String(), func(t *testing.T, f *fake, c Call[string]) {
			f.posts = []Posted[string]{madeItem("own", f.after(0))}
			f.search = func() (Sighting[string], error) {
				if len(f.log) == 1 {
					return Sighting[string]{}, nil
				}
				return Sighting[string]{Items: []Item[string]{item("own", f.after(0))}}, nil
			}
			f.dated(off)
			_, err := c.run(t.Context())
			require.NoError(t, err)
			assert.Less(t, time.Since(f.start), time.Second)
		})
	}
}

func TestCreatedIsAbsent(t *testing.T) {
	inTime(t, "own", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", time.Time{})}
		f.shows(map[time.Duration][]Item[string]{ms: {item("own", time.Time{})}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "own", result.Item.ID)
		assert.Equal(t, []string{"0", "0", "100", "1100"}, f.searches(), "the lag of 0.1 s counts, too")
	})
	inTime(t, "somebody else's", func(t *testing.T, f *fake, c Call[string]) {
		f.shows(map[time.Duration][]Item[string]{0: {item("other", time.Time{})}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Found)
		assert.Equal(t, []string{"0", "1000", "6000"}, f.searches())
	})
}

func TestFound(t *testing.T) {
	old := func(f *fake) time.Time { return f.after(-time.Hour) }
	inTime(t, "long ago", func(t *testing.T, f *fake, c Call[string]) {
		f.shows(map[time.Duration][]Item[string]{0: {item("other", old(f))}})
		f.dated(0)
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, Result[string]{Item: item("other", old(f)), Found: true, Listed: true}, result)
		assert.Equal(t, "0 search", f.asked())
	})
	inTime(t, "just now", func(t *testing.T, f *fake, c Call[string]) {
		f.shows(map[time.Duration][]Item[string]{0: {item("other", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Found)
		assert.Equal(t, []string{"0", "700", "5700"}, f.searches(), "whoever made it may yet delete it")
	})
	inTime(t, "just now, by this process", func(t *testing.T, f *fake, c Call[string]) {
		c.past.sent("ours")
		f.shows(map[time.Duration][]Item[string]{0: {item("ours", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Found)
		assert.Equal(t, []string{"0", "700"}, f.searches())
	})
	inTime(t, "by this process, and not listed yet", func(t *testing.T, f *fake, c Call[string]) {
		c.past.sent("ours")
		f.shows(map[time.Duration][]Item[string]{2 * time.Second: {item("ours", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Found)
		assert.NotContains(t, f.asked(), "post")
	})
}

func TestLists(t *testing.T) {
	inTime(t, "that lag are given as long again", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		f.shows(map[time.Duration][]Item[string]{1200 * ms: {item("own", f.after(0))}})
		_, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"0", "0", "100", "300", "700", "1500", "2200"}, f.searches(), "1.5 s after the second is over")
	})
	inTime(t, "and at most the window", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		f.shows(map[time.Duration][]Item[string]{3 * window: {item("own", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, Result[string]{Item: Item[string]{ID: "own", Created: f.after(0), Value: "answered"}, Own: true}, result)
		assert.Equal(t, []string{"0", "0", "100", "300", "700", "1500", "2500", "3500", "4500", "5500"}, f.searches())
	})
	inTime(t, "that were requested within the window and returned after it", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost}
		f.search = func() (Sighting[string], error) {
			switch len(f.searches()) {
			case 1:
				return Sighting[string]{}, nil
			case 2:
				time.Sleep(2 * window)
				return Sighting[string]{}, nil
			}
			return Sighting[string]{Items: []Item[string]{item("late", f.after(0))}}, nil
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "late", result.Item.ID)
	})
	inTime(t, "that fail do not lose an answer", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		f.search = func() (Sighting[string], error) {
			if len(f.log) == 1 {
				return Sighting[string]{}, nil
			}
			return Sighting[string]{}, errPasses
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Own)
		assert.False(t, result.Listed)
		assert.Len(t, f.searches(), 10, "for the window")
	})
	inTime(t, "that fail for good do not lose it either", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		f.search = func() (Sighting[string], error) {
			if len(f.log) == 1 {
				return Sighting[string]{}, nil
			}
			return Sighting[string]{}, errStays
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "own", result.Item.ID)
		assert.Len(t, f.searches(), 2)
	})
	for _, failure := range []error{errPasses, errStays} {
		inTime(t, "that fail before the request: "+failure.Error(), func(t *testing.T, f *fake, c Call[string]) {
			f.search = func() (Sighting[string], error) { return Sighting[string]{}, failure }
			_, err := c.run(t.Context())
			var search *SearchError
			require.ErrorAs(t, err, &search)
			require.ErrorIs(t, err, failure)
			assert.Equal(t, "0 search", f.asked())
		})
	}
	inTime(t, "that show only somebody else's are not enough", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		older := item("older", f.after(-time.Hour))
		f.shows(map[time.Duration][]Item[string]{ms: {older}, 2 * time.Second: {item("own", f.after(0))}})
		f.delete = func(string) error { f.shows(map[time.Duration][]Item[string]{0: {older}}); return nil }
		f.search = func() (Sighting[string], error) { // the first one, on an old replica
			f.shows(map[time.Duration][]Item[string]{0: {older}, 2 * time.Second: {item("own", f.after(0))}})
			return Sighting[string]{}, nil
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "older", result.Item.ID)
		assert.Contains(t, f.asked(), "2500 search, 2500 delete own")
	})
}

func TestRace(t *testing.T) {
	// race lets somebody else make an endpoint at the same time.
	race := func(t *testing.T, name, other string, test func(t *testing.T, f *fake, c Call[string])) {
		inTime(t, name, func(t *testing.T, f *fake, c Call[string]) {
			f.posts = []Posted[string]{madeItem("m", f.after(10*ms))}
			both := []Item[string]{item(other, f.after(20*ms)), item("m", f.after(10*ms))}
			f.search = func() (Sighting[string], error) {
				if len(f.log) == 1 {
					return Sighting[string]{}, nil
				}
				return Sighting[string]{Items: both}, nil
			}
			f.delete = func(id string) error {
				both = slices.DeleteFunc(both, func(i Item[string]) bool { return i.ID == id })
				return nil
			}
			test(t, f, c)
		})
	}
	race(t, "the loser deletes its own", "a", func(t *testing.T, f *fake, c Call[string]) {
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "a", result.Item.ID)
		assert.True(t, result.Found)
		assert.False(t, result.Own)
		assert.Equal(t, "0 search, 0 post 2, 0 search, 1680 search, 1680 delete m, 1680 search, 5680 search", f.asked(), "a second of margin where two show")
	})
	race(t, "the loser cannot", "a", func(t *testing.T, f *fake, c Call[string]) {
		f.delete = func(string) error { return errStays }
		_, err := c.run(t.Context())
		var several *DuplicatesError
		require.ErrorAs(t, err, &several)
		assert.Equal(t, &DuplicatesError{IDs: []string{"a", "m"}, Err: errStays}, several)
	})
	race(t, "the loser has no time to", "a", func(t *testing.T, f *fake, c Call[string]) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.run(ctx)
		var several *DuplicatesError
		require.ErrorAs(t, err, &several, "its endpoint is not the first one")
		assert.Equal(t, &DuplicatesError{IDs: []string{"a", "m"}, Err: context.DeadlineExceeded}, several)
		assert.Equal(t, "several resources carry the key: a, m", several.Error())
	})
	race(t, "the winner waits for the loser", "z", func(t *testing.T, f *fake, c Call[string]) {
		search := f.search
		f.search = func() (Sighting[string], error) {
			if f.isAfter(4 * time.Second) {
				assert.NoError(t, f.delete("z"))
			}
			return search()
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "m", result.Item.ID)
		assert.False(t, result.Found)
		assert.NotContains(t, f.asked(), "delete")
	})
	race(t, "also one that takes its time", "z", func(t *testing.T, f *fake, c Call[string]) {
		search := f.search
		f.search = func() (Sighting[string], error) {
			if f.isAfter(patience * window) {
				assert.NoError(t, f.delete("z"))
			}
			return search()
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "m", result.Item.ID)
	})
	race(t, "and then reports it", "z", func(t *testing.T, f *fake, c Call[string]) {
		_, err := c.run(t.Context())
		var several *DuplicatesError
		require.ErrorAs(t, err, &several)
		assert.Equal(t, []string{"m", "z"}, several.IDs)
		assert.GreaterOrEqual(t, time.Since(f.start), patience*window)
		assert.LessOrEqual(t, time.Since(f.start), patience*window+2*time.Second)
		assert.NotContains(t, f.asked(), "delete")
	})
	race(t, "the winner has no time to", "z", func(t *testing.T, f *fake, c Call[string]) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		result, err := c.run(ctx)
		require.NoError(t, err)
		assert.Equal(t, "m", result.Item.ID)
	})
	race(t, "a deleted one that goes on to show is reported, and not deleted for ever", "a", func(t *testing.T, f *fake, c Call[string]) {
		f.delete = func(string) error { return nil }
		_, err := c.run(t.Context())
		var several *DuplicatesError
		require.ErrorAs(t, err, &several)
		assert.Equal(t, 1, strings.Count(f.asked(), "delete"))
	})
}

func TestUnknown(t *testing.T) {
	inTime(t, "shows", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost}
		f.shows(map[time.Duration][]Item[string]{ms: {item("lost", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "lost", result.Item.ID)
		assert.False(t, result.Own, "nothing says that")
		assert.False(t, result.Found, "nor the contrary")
		assert.Equal(t, "0 search, 0 post 2, 0 search, 100 search, 800 search, 5800 search", f.asked())
	})
	inTime(t, "never shows", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost, madeItem("second", f.after(5500*ms))}
		f.shows(map[time.Duration][]Item[string]{5500*ms + 1: {item("second", f.after(5500*ms))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "second", result.Item.ID)
		assert.Contains(t, f.asked(), "4500 search, 5500 search, 5500 post 1, 5500 search")
	})
	inTime(t, "twice", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost, lost}
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, &UnknownError{Err: errPasses, Last: errPasses}, unknown)
		assert.Equal(t, "the resource may exist", unknown.Error())
	})
	inTime(t, "twice, and the first one shows", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost, lost}
		f.shows(map[time.Duration][]Item[string]{6 * time.Second: {item("first", f.after(0))}})
		_, err := c.run(t.Context())
		require.NoError(t, err)
		assert.GreaterOrEqual(t, time.Since(f.start), 2*window, "the second one may yet show")
	})
	inTime(t, "uses up all tries at once", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{{Outcome: Unknown, Tries: 2, Err: errPasses}}
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
	})
	inTime(t, "says nothing of tries", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{{Err: errPasses}, {Err: errPasses}}
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
	})
	inTime(t, "names it", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{{Outcome: Unknown, Tries: 1, Named: "named", Err: errPasses}}
		f.read = func(id string) (*Item[string], error) { i := item(id, f.after(0)); i.Value = "read"; return &i, nil }
		f.shows(map[time.Duration][]Item[string]{time.Second: {item("named", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.True(t, result.Own)
		assert.Equal(t, "read", result.Item.Value)
		assert.Equal(t, 1, strings.Count(f.asked(), "read"))
		assert.Equal(t, []string{"0", "0", "100", "300", "700", "1500", "2200"}, f.searches(), "that it can be read does not mean that lists do not lag")
	})
	inTime(t, "names what cannot be read", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{{Outcome: Unknown, Tries: 2, Named: "named", Err: errPasses}}
		f.read = func(string) (*Item[string], error) { return nil, errStays }
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, &UnknownError{Named: "named", Err: errStays, Last: errPasses}, unknown)
	})
	inTime(t, "could be one that hides its tags", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost}
		f.search = func() (Sighting[string], error) { return Sighting[string]{Hidden: len(f.log) > 1}, nil }
		f.dated(0)
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, &UnknownError{Hidden: true, Err: errPasses}, unknown)
		assert.Equal(t, 1, strings.Count(f.asked(), "post"))
		assert.Zero(t, f.since[0])
		assert.Equal(t, f.after(0).Truncate(time.Second), f.since[1], "when the request was sent, by the service's clock")
	})
}

func TestHiddenBeforeAnyRequest(t *testing.T) {
	inTime(t, "", func(t *testing.T, f *fake, c Call[string]) {
		f.search = func() (Sighting[string], error) { return Sighting[string]{Hidden: true}, nil }
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.True(t, unknown.Hidden)
		assert.Equal(t, "0 search", f.asked())
	})
}

func TestRefused(t *testing.T) {
	refused := Posted[string]{Outcome: Refused, Tries: 1, Err: errRefused}
	contested := Posted[string]{Outcome: Contested, Tries: 1, Err: errRefused}
	inTime(t, "outright", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{refused}
		_, err := c.run(t.Context())
		assert.Equal(t, errRefused, err)
		assert.Equal(t, "0 search, 0 post 2", f.asked())
	})
	inTime(t, "contested by nobody of the key", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{contested}
		_, err := c.run(t.Context())
		assert.Equal(t, errRefused, err)
		assert.Equal(t, []string{"0", "0", "100", "300", "700", "1500", "2500", "3500", "4500", "5500"}, f.searches(), "whose it is may show within the window")
		assert.Equal(t, 1, strings.Count(f.asked(), "post"))
	})
	for name, failure := range map[string]error{"without the time to look on": nil, "without lists": errStays, "without lists for a while": errPasses} {
		inTime(t, "contested, "+name, func(t *testing.T, f *fake, c Call[string]) {
			f.posts = []Posted[string]{contested}
			f.search = func() (Sighting[string], error) {
				if len(f.log) == 1 {
					return Sighting[string]{}, nil
				}
				return Sighting[string]{}, failure
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := c.run(ctx)
			require.ErrorIs(t, err, errRefused)
			if failure == nil {
				assert.Equal(t, "refused; then searching for the key: context deadline exceeded", err.Error())
			}
		})
	}
	inTime(t, "contested by a twin that shows late", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{contested}
		f.shows(map[time.Duration][]Item[string]{window - ms: {item("twin", f.after(0))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "twin", result.Item.ID)
	})
	inTime(t, "contested by a twin", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{contested}
		f.search = func() (Sighting[string], error) {
			if len(f.log) == 1 {
				return Sighting[string]{}, nil
			}
			return Sighting[string]{Items: []Item[string]{item("twin", f.after(0))}}, nil
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "twin", result.Item.ID)
		assert.True(t, result.Found)
	})
	inTime(t, "after one of unknown outcome", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost, refused}
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown, "the first one may be the reason")
		assert.Equal(t, &UnknownError{Err: errRefused, Last: errRefused}, unknown)
		assert.Equal(t, 2, strings.Count(f.asked(), "post"))
	})
	inTime(t, "after one of an earlier run", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{refused}
		c.Resume = true
		_, err := c.run(t.Context())
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
	})
}

func TestContextEnds(t *testing.T) {
	inTime(t, "before anything", func(t *testing.T, f *fake, c Call[string]) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := c.run(ctx)
		var search *SearchError
		require.ErrorAs(t, err, &search)
		require.ErrorIs(t, err, context.Canceled)
		assert.Empty(t, f.log)
		assert.Equal(t, "searching for the key: context canceled", err.Error())
	})
	inTime(t, "before anything, with Resume", func(t *testing.T, _ *fake, c Call[string]) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c.Resume = true
		_, err := c.run(ctx)
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown, "an earlier run may have made it")
	})
	inTime(t, "after an unknown outcome", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{lost}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		_, err := c.run(ctx)
		var unknown *UnknownError
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, &UnknownError{Err: context.Canceled, Last: errPasses}, unknown)
		assert.Equal(t, 2*time.Second, time.Since(f.start))
	})
	inTime(t, "after an answer", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		result, err := c.run(ctx)
		require.NoError(t, err)
		assert.Equal(t, "own", result.Item.ID)
		assert.False(t, result.Listed)
		assert.Less(t, time.Since(f.start), 2*time.Second, "no wait that would outlast it")
	})
	inTime(t, "while the winner is young", func(t *testing.T, f *fake, c Call[string]) {
		f.shows(map[time.Duration][]Item[string]{0: {item("other", f.after(0))}})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := c.run(ctx)
		var search *SearchError
		require.ErrorAs(t, err, &search)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestResume(t *testing.T) {
	inTime(t, "nothing was made", func(t *testing.T, f *fake, c Call[string]) {
		c.Resume = true
		f.posts = []Posted[string]{madeItem("own", f.after(5500*ms))}
		f.shows(map[time.Duration][]Item[string]{5500*ms + 1: {item("own", f.after(5500*ms))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.False(t, result.Found)
		assert.Contains(t, f.asked(), "4500 search, 5500 search, 5500 post 2, 5500 search, 5600 search", "the window is waited for once")
		assert.Less(t, time.Since(f.start), 7*time.Second)
	})
	inTime(t, "several were made", func(t *testing.T, f *fake, c Call[string]) {
		c.Resume = true
		gone := map[string]bool{}
		f.search = func() (Sighting[string], error) {
			var s Sighting[string]
			for i, id := range []string{"c", "b", "a"} {
				if !gone[id] && f.isAfter(time.Duration(i)*2*time.Second) {
					s.Items = append(s.Items, item(id, f.after(-time.Duration(3-i)*time.Second)))
				}
			}
			return s, nil
		}
		f.delete = func(id string) error { gone[id] = true; return nil }
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "c", result.Item.ID, "the eldest")
		assert.True(t, result.Found)
		assert.True(t, f.isAfter(window))
		assert.Contains(t, f.asked(), "delete b, ")
		assert.Contains(t, f.asked(), "delete a, ")
		assert.NotContains(t, f.asked(), "delete c")
	})
}

func TestResumeDeletesOnce(t *testing.T) {
	inTime(t, "what goes on to show", func(t *testing.T, f *fake, c Call[string]) {
		c.Resume = true
		f.shows(map[time.Duration][]Item[string]{0: {item("a", f.after(-time.Hour)), item("b", f.after(-time.Hour))}})
		_, err := c.run(t.Context())
		var several *DuplicatesError
		require.ErrorAs(t, err, &several)
		assert.Equal(t, []string{"a", "b"}, several.IDs)
		assert.Equal(t, 1, strings.Count(f.asked(), "delete"))
	})
}

// A response counts after the window, even if no list shows its resource.
func TestAnswerThatNeverShows(t *testing.T) {
	inTime(t, "beside an older one", func(t *testing.T, f *fake, c Call[string]) {
		f.posts = []Posted[string]{madeItem("own", f.after(0))}
		f.shows(map[time.Duration][]Item[string]{ms: {item("older", f.after(-time.Hour))}})
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "older", result.Item.ID)
		assert.Contains(t, f.asked(), "delete own")
		assert.True(t, f.isAfter(window))
	})
}

// A resource that this process created and no list has shown is read each time.
func TestUnlisted(t *testing.T) {
	refused := Posted[string]{Outcome: Refused, Tries: 1, Err: errRefused}
	unlisted := func(t *testing.T, name string, test func(t *testing.T, f *fake, c Call[string])) {
		inTime(t, name, func(t *testing.T, f *fake, c Call[string]) {
			c.past.sent("ours")
			c.past.keep("ours")
			test(t, f, c)
		})
	}
	unlisted(t, "it is there", func(t *testing.T, f *fake, c Call[string]) {
		f.read = func(id string) (*Item[string], error) { i := item(id, f.after(0)); return &i, nil }
		time.Sleep(10 * window)
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "ours", result.Item.ID)
		assert.True(t, result.Found)
		assert.NotContains(t, f.asked(), "post")
		assert.Equal(t, []string{"ours"}, c.past.unlisted())
	})
	unlisted(t, "it is gone", func(t *testing.T, f *fake, c Call[string]) {
		time.Sleep(10 * window)
		f.posts = []Posted[string]{refused}
		_, err := c.run(t.Context())
		assert.Equal(t, errRefused, err, "nothing is left that could be the reason")
		assert.Empty(t, c.past.unlisted())
		assert.False(t, c.past.hasMade("ours"))
	})
	unlisted(t, "it cannot be read yet", func(t *testing.T, f *fake, c Call[string]) {
		f.read = func(id string) (*Item[string], error) {
			if i := item(id, f.after(0)); f.isAfter(window / 2) {
				return &i, nil
			}
			return nil, nil
		}
		result, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "ours", result.Item.ID)
	})
	unlisted(t, "it cannot be read", func(t *testing.T, f *fake, c Call[string]) {
		f.read = func(string) (*Item[string], error) { return nil, errStays }
		time.Sleep(10 * window)
		_, err := c.run(t.Context())
		require.ErrorIs(t, err, errStays)
		assert.NotContains(t, f.asked(), "post")
	})
	unlisted(t, "it shows", func(t *testing.T, f *fake, c Call[string]) {
		f.shows(map[time.Duration][]Item[string]{0: {item("ours", f.after(0))}})
		time.Sleep(10 * window)
		_, err := c.run(t.Context())
		require.NoError(t, err)
		assert.Empty(t, c.past.unlisted())
		assert.NotContains(t, f.asked(), "read")
	})
}

func TestInOrder(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	given := []Item[string]{item("c", at.Add(100*ms)), item("a", at.Add(time.Second)), item("b", at.Add(900*ms)), item("d", time.Time{})}
	var ids string
	for _, i := range InOrder(given) {
		ids += i.ID
	}
	assert.Equal(t, "dbca", ids)
	assert.Equal(t, "c", given[0].ID, "it leaves alone what it was given")
}

func TestClock(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var c clock
	assert.Zero(t, c.by(at))
	c.hear(time.Time{}, at)
	assert.Zero(t, c.by(at))
	c.hear(at.Add(-time.Hour), at)
	assert.Equal(t, at.Add(time.Second-time.Hour), c.by(at.Add(time.Second)))
	c.hear(at.Add(-2*time.Hour), at.Add(time.Second))
	assert.Equal(t, at.Add(time.Second-time.Hour), c.by(at.Add(time.Second)), "the least that is known grows")
	c.hear(at, at.Add(time.Second))
	assert.Equal(t, at, c.by(at.Add(time.Second)))
	assert.Zero(t, c.by(at), "nothing was heard by then")
}
