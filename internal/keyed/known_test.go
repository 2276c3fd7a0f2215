package keyed

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/paging"
)

// project is a list that changes all the time: before each page of it some are made
// and some are deleted. What was made shows within the window, in any order, and is
// stamped by a clock that is up to a second slow.
type project struct {
	random *rand.Rand
	clock  func() time.Time // what the service says; nil: nothing
	churn  int              // how many are made before a page, at most
	made   []*thing         // in the order of the list, the newest first
	n      int
	pages  int
}

// thing is a resource of a project.
type thing struct {
	id, key            string
	stamp, shows, gone time.Time
}

func (p *project) change() {
	now := time.Now()
	for range p.random.IntN(p.churn + 1) {
		p.n++
		e := &thing{
			id:    fmt.Sprint("id-", p.n),
			stamp: now.Add(-time.Duration(p.random.Int64N(int64(time.Second)))).Truncate(time.Second),
			shows: now.Add(time.Duration(p.random.Int64N(int64(window)))),
		}
		if p.random.IntN(3) > 0 {
			e.key = fmt.Sprint("key-", p.random.IntN(40))
		}
		at, _ := slices.BinarySearchFunc(p.made, e, func(a, b *thing) int { return cmp.Or(b.stamp.Compare(a.stamp), 1) })
		p.made = slices.Insert(p.made, at, e)
	}
	for range min(len(p.made), p.random.IntN(p.churn+1)+max(0, len(p.made)-4000)) {
		if e := p.made[p.random.IntN(len(p.made))]; e.gone.IsZero() && p.random.IntN(2) == 0 {
			e.gone = now
		}
	}
	p.made = slices.DeleteFunc(p.made, func(e *thing) bool { return !e.gone.IsZero() && now.Sub(e.gone) > 5*time.Second })
}

func (p *project) list(ctx context.Context, size int, take func([]Listed[string]) bool) (Answer, error) {
	var answer Answer
	pager := paging.Pager[Listed[string]]{Size: size, MaxSize: largestPage, Fetch: func(_ context.Context, offset, limit int) (paging.Page[Listed[string]], error) {
		time.Sleep(20 * ms)
		p.change()
		p.pages++
		if p.clock != nil {
			answer.Date = p.clock().Truncate(time.Second)
		}
		var page paging.Page[Listed[string]]
		for _, e := range p.made {
			if e.gone.IsZero() && !e.shows.After(time.Now()) {
				if page.Total++; int(page.Total) > offset && len(page.Items) < limit {
					page.Items = append(page.Items, paging.Item[Listed[string]]{ID: e.id, Value: listed(e.id, e.key, e.stamp)})
				}
			}
		}
		return page, nil
	}}
	return answer, pager.Pages(ctx, take)
}

func (p *project) query(key string) Query[string] {
	return Query[string]{
		Key: key, List: p.list,
		Read: func(_ context.Context, id string) (*Listed[string], error) {
			i := slices.IndexFunc(p.made, func(e *thing) bool { return e.id == id && e.gone.IsZero() })
			if i < 0 {
				return nil, nil
			}
			e := listed(id, p.made[i].key, p.made[i].stamp)
			return &e, nil
		},
		MayHaveKey: func(string) bool { return true }, MayBe: func(string) bool { return true },
	}
}

// check compares what a search has shown with what there was.
func (p *project) check(t *testing.T, key string, seen Sighting[string], began time.Time) {
	t.Helper()
	ended := time.Now()
	for _, e := range p.made {
		isGone := !e.gone.IsZero() && e.gone.Before(began)
		mayBeGone := !e.gone.IsZero() && !e.gone.After(ended)
		switch is := contains(seen.Items, e.id); {
		case is && (isGone || e.key != key):
			t.Fatalf("it shows %+v, which is gone, or of another key", *e)
		case !is && e.key == key && !e.shows.After(began) && !mayBeGone:
			t.Fatalf("it does not show %+v, search of %v", *e, began)
		}
	}
	ids := map[string]bool{}
	for _, i := range seen.Items {
		require.False(t, ids[i.ID], "it shows %s twice", i.ID)
		ids[i.ID] = true
	}
}

// Whatever is made and deleted, each search shows what there is of its key, and reads no
// more than what may have changed.
func TestKnown(t *testing.T) {
	off := func(d time.Duration) func() time.Time { return func() time.Time { return time.Now().Add(d) } }
	for name, clock := range map[string]func() time.Time{
		"with a clock": off(0), "with a clock that is behind": off(-time.Hour), "with a clock that is a bit ahead": off(10 * time.Second), "without a clock": nil,
	} {
		for _, churn := range []int{3, 60} {
			if testing.Short() && churn > 3 {
				continue
			}
			t.Run(fmt.Sprint(name, ", churn ", churn), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := &project{random: rand.New(rand.NewPCG(uint64(churn), 7)), clock: clock, churn: 3000}
					for p.n < 2000 {
						p.change()
					}
					p.churn = churn
					l := newLists[string](window)
					const searches = 200
					for range searches {
						key := fmt.Sprint("key-", p.random.IntN(40))
						began := time.Now()
						seen, _, err := l.search(t.Context(), p.query(key))
						require.NoError(t, err)
						p.check(t, key, seen, began)
						time.Sleep(time.Duration(p.random.Int64N(int64(3 * time.Second))))
						if p.random.IntN(50) == 0 {
							time.Sleep(time.Duration(p.random.Int64N(int64(2 * time.Minute))))
						}
					}
					t.Logf("%d pages of %d for %d searches", p.pages, len(p.made), searches)
					if clock == nil || clock().After(time.Now().Add(-time.Minute)) {
						assert.Less(t, p.pages, 2*searches)
					}
				})
			})
		}
	}
}

// A list without a consistent order, times or tags is read completely.
func TestNothingIsSettled(t *testing.T) {
	old := time.Now().Add(-time.Hour)
	for name, change := range map[string]func(i int, e *Listed[string]){
		"without times":  func(_ int, e *Listed[string]) { e.Created = time.Time{} },
		"without order":  func(i int, e *Listed[string]) { e.Created = old.Add(time.Duration(i%3) * time.Minute) },
		"ascending":      func(i int, e *Listed[string]) { e.Created = old.Add(time.Duration(i) * time.Minute) },
		"without tags":   func(_ int, e *Listed[string]) { e.Tagged, e.Key = false, "" },
		"of the present": func(_ int, e *Listed[string]) { e.Created = time.Now() },
	} {
		t.Run(name, func(t *testing.T) {
			var k known
			for range 3 {
				p := k.start(time.Now(), time.Time{})
				for i := range 10 {
					e := listed(fmt.Sprint(i), "key", old)
					change(i, &e)
					p.see(e.ID, e.Key, e.Created, e.Tagged)
				}
				assert.True(t, p.mustGoOn())
				k.settle(p, window, time.Now())
				assert.Empty(t, k.carriers("key"))
			}
		})
	}
}

// What a caller must see is read, however much of it is settled.
func TestSinceIsRead(t *testing.T) {
	var k known
	now := time.Now()
	p := k.start(now, time.Time{})
	p.see("a", "key", now.Add(-time.Minute), true)
	k.settle(p, window, now)
	p = k.start(now, now.Add(-2*time.Minute))
	for age := range 150 {
		require.True(t, p.mustGoOn() || age > 120)
		p.see("b", "", now.Add(-time.Duration(age)*time.Second), true)
	}
	assert.False(t, p.mustGoOn())
}

// A resource that several searches have seen is remembered once, and a search that was
// overtaken settles nothing.
func TestSettledOnce(t *testing.T) {
	var k known
	now := time.Now()
	search := func(since time.Time) *progress {
		p := k.start(now, since)
		p.see("a", "key", now.Add(-time.Hour), true)
		return p
	}
	k.settle(search(time.Time{}), window, now)
	k.settle(search(now.Add(-2*time.Hour)), window, now)
	assert.Equal(t, []string{"a"}, k.carriers("key"))
	assert.Equal(t, 1, k.count)

	slow, fast := k.start(now, time.Time{}), k.start(now, time.Time{})
	for _, p := range []*progress{slow, fast} {
		p.see("b", "key", now.Add(-20*time.Second), true)
		p.see("a", "key", now.Add(-time.Hour), true)
	}
	k.settle(fast, window, now.Add(time.Minute))
	k.settle(slow, window, now.Add(2*time.Minute))
	assert.Equal(t, []string{"a", "b"}, k.carriers("key"))
	assert.Equal(t, now.Add(time.Minute-window-certainty).Truncate(time.Second), k.below)
}

// What is remembered about a project is bounded, and little without keys.
func TestKnownIsBounded(t *testing.T) {
	fill := func(n int, key func(i int) string) *known {
		var k known
		old := time.Now().Add(-time.Hour)
		p := k.start(time.Now(), time.Time{})
		for i := range n {
			p.see(fmt.Sprintf("%036d", i), key(i), old, true)
		}
		k.settle(p, window, time.Now())
		return &k
	}
	assert.Empty(t, fill(100_000, func(int) string { return "" }).ids)
	k := fill(100_000, func(i int) string { return fmt.Sprint(i) })
	assert.Equal(t, 100_000, k.count)
	assert.Equal(t, []string{fmt.Sprintf("%036d", 7)}, k.carriers("7"))
	k.forget("7", fmt.Sprintf("%036d", 7))
	assert.Empty(t, k.carriers("7"))
	assert.Equal(t, 99_999, k.count)
	k = fill(maxKnown+1, func(i int) string { return fmt.Sprint(i) })
	assert.Zero(t, k.count)
	assert.Zero(t, k.below, "the next search reads all")
	for range 10 * maxMarks {
		p := k.start(time.Now(), time.Time{})
		p.see("a", "key", time.Now(), true)
		k.settle(p, time.Nanosecond, time.Time{})
	}
	assert.LessOrEqual(t, len(k.marks), maxMarks)
}
