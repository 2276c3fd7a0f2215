package keyed

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const age = window + certainty // of what is settled

// sees shows a search the resources of one key, so long before now.
func (k *known) sees(clock time.Time, ago ...time.Duration) *progress {
	now := time.Now()
	p := k.start(now, time.Time{})
	for _, d := range ago {
		p.see(fmt.Sprint(d), "key", now.Add(-d), true)
	}
	k.settle(p, window, clock)
	return p
}

// The order of a list may be that of another clock, which is two seconds apart.
func TestOrderThatIsSlightlyOff(t *testing.T) {
	for off, isOrder := range map[time.Duration]bool{0: true, 2 * time.Second: true, 2*time.Second + 1: false} {
		synctest.Test(t, func(t *testing.T) {
			var k known
			k.sees(time.Now(), time.Hour, time.Hour-off)
			assert.Equal(t, isOrder, !k.full.IsZero(), off)
		})
	}
}

// All is read again ten minutes after it was, and not before.
func TestAllIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k known
		k.sees(time.Now(), time.Hour)
		time.Sleep(10 * time.Minute)
		assert.False(t, k.start(time.Now(), time.Time{}).floor.IsZero())
		time.Sleep(time.Nanosecond)
		assert.True(t, k.start(time.Now(), time.Time{}).floor.IsZero())
		assert.Empty(t, k.carriers("key"))
	})
}

// A search that was overtaken settles nothing, even if everything is forgotten meanwhile.
func TestOvertakenLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k known
		now := time.Now()
		slow := k.start(now, time.Time{})
		slow.see("a", "key", now.Add(-time.Hour), true)
		k.sees(now, time.Hour)
		k.sees(now, time.Hour, 0) // without order
		k.settle(slow, window, now)
		assert.Empty(t, k.carriers("key"))
		assert.Zero(t, k.below)
	})
}

// If the service's clock is unknown, an earlier search shows the age of resources: all but the
// newest that it showed are settled once that search is old enough.
func TestSettledWithoutAClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k known
		k.sees(time.Time{}, time.Second, 3*time.Second, 3*time.Second+1, 4*time.Second)
		time.Sleep(age - 1)
		k.sees(time.Time{}, age, age+2*time.Second, age+3*time.Second)
		assert.Zero(t, k.below, "it may be that others come before them")
		time.Sleep(time.Nanosecond)
		k.sees(time.Time{}, age+time.Second, age+3*time.Second, age+4*time.Second)
		assert.Equal(t, []string{(age + 4*time.Second).String()}, k.carriers("key"))
	})
}

// Looks in quick succession settle as much as others, in no more memory.
func TestSettledByManyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k known
		for range 200 {
			k.sees(time.Time{}, 0, time.Hour)
			require.LessOrEqual(t, len(k.marks), maxMarks)
			time.Sleep(age / 64)
		}
		assert.WithinDuration(t, time.Now().Add(-age), k.below, 10*time.Second)
	})
}

// What is new is read in one page, with some room for more.
func TestPageOfWhatIsNew(t *testing.T) {
	for above, want := range map[int]int{0: 100, 79: 100, 80: 100, 400: 500, 800: 1000, 5000: 1000} {
		k := known{ids: map[uint64][]string{}, below: time.Now(), above: above}
		assert.Equal(t, want, k.start(time.Now(), time.Time{}).pageSize)
	}
}

// What is remembered is counted by resource, to the last one that there is room for.
func TestKnownIsCounted(t *testing.T) {
	k := known{}
	now := time.Now()
	p := k.start(now, time.Time{})
	for i := range maxKnown {
		p.see(fmt.Sprint(i), fmt.Sprint("key-", i/2), now.Add(-time.Hour), true)
	}
	k.settle(p, window, now)
	require.Equal(t, maxKnown, k.count)
	k.forget("key-1", "2")
	assert.Equal(t, maxKnown-1, k.count)
	assert.Equal(t, []string{"3"}, k.carriers("key-1"))
	k.forget("key-1", "no such")
	assert.Equal(t, maxKnown-1, k.count)
}

// A measured lag counts for ten minutes, unless a shorter one, or a list that shows less,
// comes before.
func TestLagHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l Lag
		_, known := l.known()
		assert.False(t, known)
		assert.Equal(t, 2*time.Second, l.showed(2*time.Second))
		time.Sleep(10 * time.Minute)
		most, known := l.known()
		assert.True(t, known)
		assert.Equal(t, 2*time.Second, most)
		assert.Equal(t, 2*time.Second, l.showed(3*time.Second), "that one may have been slow")
		time.Sleep(time.Nanosecond)
		_, known = l.known()
		assert.False(t, known)
		assert.Equal(t, 3*time.Second, l.showed(3*time.Second))

		l.missed(3*time.Second - 1)
		_, known = l.known()
		assert.True(t, known, "it was not to show yet")
		l.missed(3 * time.Second)
		_, known = l.known()
		assert.False(t, known)
	})
}

// What is known of a request ends with the window, to the instant.
func TestEndOfTheWindow(t *testing.T) {
	inTime(t, "of this call", func(t *testing.T, _ *fake, c Call[string]) {
		r := &run[string]{Call: c}
		r.past.sent("id")
		time.Sleep(window - 1)
		assert.True(t, r.past.mayHaveMade(window))
		assert.True(t, r.evidence(&search[string]{began: time.Now()}).Recent)
		time.Sleep(time.Nanosecond)
		assert.True(t, r.past.mayHaveMade(window))
		assert.False(t, r.past.isOver(window))
		assert.False(t, r.evidence(&search[string]{began: time.Now()}).Recent, "lists show by now what it made")
		time.Sleep(time.Nanosecond)
		assert.False(t, r.past.mayHaveMade(window))
		assert.True(t, r.past.isOver(window))
	})
	inTime(t, "of one that no list has shown", func(t *testing.T, _ *fake, c Call[string]) {
		r := &run[string]{Call: c, unlisted: []string{"id"}}
		r.past.sent("id")
		r.past.keep("id")
		time.Sleep(window)
		_, err := r.withUnlisted(t.Context(), nil)
		require.NoError(t, err)
		assert.True(t, r.past.hasMade("id"), "it may come yet")
		time.Sleep(time.Nanosecond)
		_, err = r.withUnlisted(t.Context(), nil)
		require.NoError(t, err)
		assert.False(t, r.past.hasMade("id"))
	})
	inTime(t, "of those who may delete what they made", func(t *testing.T, _ *fake, c Call[string]) {
		start := time.Now()
		items := []Item[string]{{ID: "a"}, {ID: "b"}} // nothing says when they were made
		r := &run[string]{Call: c, othersAt: start}
		for wait, isPatient := range map[time.Duration]bool{patience*window - 1: true, patience * window: false} {
			e := r.evidence(&search[string]{items: items, began: start.Add(wait)})
			assert.True(t, e.Others)
			assert.Equal(t, isPatient, e.Patient, wait)
		}
		old := []Item[string]{item("a", start.Add(-time.Hour)), item("b", start.Add(-time.Hour))}
		for wait, isPatient := range map[time.Duration]bool{window - 1: true, window: false} {
			e := r.evidence(&search[string]{items: old, began: start.Add(wait), clock: start})
			assert.Equal(t, isPatient, e.Patient, wait)
		}
	})
}

// What may have been made, and none of what shows can be.
func TestIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		posts, unnamed int // of this call
		earlier        int // of this process, without a name
		before, own    []string
		want           bool
	}{
		"nothing was sent":                            {},
		"one earlier, which may be what shows":        {earlier: 1},
		"two earlier":                                 {earlier: 2, want: true},
		"two earlier, and a named one":                {earlier: 2, posts: 1, own: []string{"a"}},
		"one, which may be what shows":                {posts: 1, unnamed: 1},
		"one, and what shows is older":                {posts: 1, unnamed: 1, before: []string{"a"}, want: true},
		"one, and what shows has another answer":      {posts: 2, unnamed: 1, own: []string{"a"}},
		"two, and one shows":                          {posts: 2, unnamed: 2, want: true},
		"two, beside one that was named and is shown": {posts: 3, unnamed: 2, own: []string{"a"}, want: true},
	} {
		r := &run[string]{posts: tt.posts, unnamed: tt.unnamed, before: tt.before, own: tt.own}
		r.past = &Past{count: tt.earlier}
		assert.Equal(t, tt.want, r.isMissing([]Item[string]{{ID: "a"}}), name)
	}
}
