package paging_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/paging"
)

// thing is an item of the model.
type thing struct {
	id               int
	created, updated int64
}

// list is a model of the service: a list in some order that others change.
type list struct {
	sync.Mutex // the reader works while a page is fetched
	things     []thing
	byUpdate   bool
	ascending  bool
	clock      int64
	lastID     int

	most      int  // elements of a page, 0: as many as asked for
	varying   bool // the length of capped pages varies
	noTotal   bool
	coarse    bool  // all versions are the same
	moreTotal int64 // what the total counts and the list does not show
	rng       *rand.Rand

	between  func() // called before each page
	requests int
	elements int
	longest  int
}

func (l *list) now() int64 { l.clock++; return l.clock }

func (l *list) create() {
	at := l.now()
	l.lastID++
	l.things = append(l.things, thing{l.lastID, at, at})
}

func (l *list) delete(id int) {
	l.things = slices.DeleteFunc(l.things, func(one thing) bool { return one.id == id })
}

func (l *list) update(id int) {
	for i := range l.things {
		if l.things[i].id == id {
			l.things[i].updated = l.now()
		}
	}
}

func (l *list) order() paging.Order {
	switch {
	case !l.byUpdate:
		return paging.Fixed
	case l.ascending:
		return paging.ToEnd
	}
	return paging.ToFront
}

func (l *list) sorted() []thing {
	sorted := slices.Clone(l.things)
	slices.SortFunc(sorted, func(a, b thing) int {
		by := cmp.Compare(a.created, b.created)
		if l.byUpdate {
			by = cmp.Compare(a.updated, b.updated)
		}
		if !l.ascending {
			by = -by
		}
		return by
	})
	return sorted
}

func (l *list) fetch(_ context.Context, offset, limit int) (paging.Page[int], error) {
	l.Lock()
	defer l.Unlock()
	l.requests++
	l.longest = max(l.longest, limit)
	if l.between != nil && l.requests > 1 {
		l.between()
	}
	if l.most > 0 {
		limit = min(limit, l.most)
		if l.varying {
			limit = 1 + l.rng.IntN(limit)
		}
	}
	sorted := l.sorted()
	first := min(offset, len(sorted))
	page := paging.Page[int]{Total: int64(len(sorted)) + l.moreTotal}
	if l.noTotal {
		page.Total = -1
	}
	for _, one := range sorted[first:min(first+limit, len(sorted))] {
		item := paging.Item[int]{ID: strconv.Itoa(one.id), Value: one.id}
		if l.byUpdate && !l.coarse {
			item.Version = one.updated
		}
		page.Items = append(page.Items, item)
	}
	l.elements += len(page.Items)
	return page, nil
}

func (l *list) pager(size int) paging.Pager[int] {
	return paging.Pager[int]{Fetch: l.fetch, Size: size, MaxSize: 1000, Order: l.order()}
}

func newList(n int, rng *rand.Rand) *list {
	l := &list{rng: rng}
	for range n {
		l.create()
	}
	return l
}

// read reads the whole list, and fails if an item comes twice.
func read(t *testing.T, l *list, size int, with func(id int)) (seen map[int]bool, err error) {
	t.Helper()
	seen = map[int]bool{}
	err = l.pager(size).Each(context.Background(), func(id int) bool {
		assert.False(t, seen[id], "%d comes twice", id)
		seen[id] = true
		if with != nil {
			l.Lock()
			defer l.Unlock()
			with(id)
		}
		return true
	})
	return seen, err
}

// Whatever others create, delete and change between two pages, and whatever the reader
// does to what it reads: what is there from the beginning to the end is read, once.
func TestListsLoseNothing(t *testing.T) {
	const busy = 60 // requests, then the others come to rest
	const seeds = 1500
	failed := 0
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := rng.IntN(120)
		l := newList(n, rng)
		l.byUpdate, l.ascending = rng.IntN(2) == 0, rng.IntN(2) == 0
		if l.noTotal = rng.IntN(3) == 0; !l.noTotal && rng.IntN(3) == 0 {
			l.moreTotal = int64(rng.IntN(5))
		}
		size := 1 + rng.IntN(30)
		if rng.IntN(3) == 0 {
			l.most = 2 + rng.IntN(10)
		}
		smallest := size
		if l.most > 0 {
			smallest = min(size, l.most-1)
		}
		deletes, creates, updates := rng.IntN(2*size+1), rng.IntN(smallest), rng.IntN(smallest)
		l.between = func() {
			for range rng.IntN(deletes + 1) {
				if len(l.things) > 0 {
					l.delete(l.things[rng.IntN(len(l.things))].id)
				}
			}
			if l.requests > busy { // nobody creates for ever
				return
			}
			for range rng.IntN(creates + 1) {
				l.create()
			}
			if l.byUpdate {
				for range rng.IntN(updates + 1) {
					if len(l.things) > 0 {
						l.update(l.things[rng.IntN(len(l.things))].id)
					}
				}
			}
		}
		var with func(int)
		switch rng.IntN(4) {
		case 0:
			with = l.delete
		case 1:
			if l.byUpdate {
				with = func(id int) {
					if l.requests < busy {
						l.update(id)
					}
				}
			}
		}
		first := slices.Clone(l.things)
		seen, err := read(t, l, size, with)
		if errors.Is(err, paging.ErrUnsettled) || errors.Is(err, paging.ErrNothingNew) { // it says that it is not whole
			t.Logf("seed %d: %v", seed, err)
			failed++
			continue
		}
		require.NoError(t, err, "seed %d", seed)
		for _, one := range first {
			if slices.ContainsFunc(l.things, func(left thing) bool { return left.id == one.id }) {
				assert.True(t, seen[one.id], "seed %d, %v by update, %v ascending, most %d, size %d, no total %v, %d requests: %d is lost", seed, l.byUpdate, l.ascending, l.most, size, l.noTotal, l.requests, one.id)
			}
		}
	}
	t.Logf("%d of %d lists ended with an error", failed, seeds)
	assert.Less(t, failed, seeds/50)
}

// The cost of a list if nothing changes: no extra request if the total says how
// long it is, and a few repeated items.
func TestCostOfAListThatDoesNotChange(t *testing.T) {
	for _, tt := range []struct{ items, size, requests, elements int }{
		{0, 100, 1, 0}, {1, 100, 1, 1}, {100, 100, 1, 100}, {1000, 1000, 1, 1000}, {101, 100, 2, 103}, {250, 100, 3, 254},
		{5, 1, 5, 9}, {25, 10, 3, 27}, {100_000, 1000, 103, 102_040},
	} {
		for _, order := range []struct{ byUpdate, ascending bool }{{false, true}, {false, false}, {true, true}} {
			l := newList(tt.items, nil)
			l.byUpdate, l.ascending = order.byUpdate, order.ascending
			if tt.items > 10_000 && (order.byUpdate || order.ascending) {
				continue // it would take long, and tell nothing new
			}
			seen, err := read(t, l, tt.size, nil)
			require.NoError(t, err)
			assert.Len(t, seen, tt.items)
			assert.Equal(t, tt.requests, l.requests, "%+v", tt)
			assert.Equal(t, tt.elements, l.elements, "%+v", tt)
		}
	}
	l := newList(250, nil)
	l.byUpdate = true
	seen, err := read(t, l, 100, nil)
	require.NoError(t, err)
	assert.Len(t, seen, 250)
	assert.Equal(t, 4, l.requests, "newest change first: one more request sees that nothing has moved to the front")
}

// Pages are capped below what is asked for, and the total says nothing or too much.
func TestEndOfAList(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 49, 50, 51, 100, 175} {
		for _, most := range []int{0, 1, 2, 3, 7, 50} {
			for _, total := range []string{"none", "more", "right", "zero"} {
				for _, size := range []int{1, 2, 10, 100, 1000} {
					l := newList(n, nil)
					l.most, l.noTotal = most, total == "none"
					switch total {
					case "more":
						l.moreTotal = 7
					case "zero":
						l.moreTotal = -int64(n)
					}
					seen, err := read(t, l, size, nil)
					require.NoError(t, err, "%d items, pages of %d at most, total %s, size %d", n, most, total, size)
					require.Len(t, seen, n, "%d items, pages of %d at most, total %s, size %d", n, most, total, size)
				}
			}
		}
	}
}

func TestCapsCostFewRequests(t *testing.T) {
	l := newList(175, nil)
	l.most, l.noTotal = 50, true
	_, err := read(t, l, 100, nil)
	require.NoError(t, err)
	assert.Equal(t, 6, l.requests, "four pages, and two that show the end")
	l = newList(3, nil)
	l.moreTotal = 2
	_, err = read(t, l, 100, nil)
	require.NoError(t, err)
	assert.Equal(t, 3, l.requests)
}

// A service that shows one element at a time is read, too, even while the reader deletes.
func TestPagesOfOneElement(t *testing.T) {
	for _, noTotal := range []bool{false, true} {
		for _, size := range []int{1, 10} {
			l := newList(20, nil)
			l.most, l.noTotal = 1, noTotal
			seen, err := read(t, l, size, l.delete)
			require.NoError(t, err)
			assert.Len(t, seen, 20)
			assert.Less(t, l.requests, 90)
		}
	}
}

// The reader deletes what it reads, in all orders.
func TestReaderThatDeletesWhatItReads(t *testing.T) {
	for _, n := range []int{250, 1200, 2500} {
		for _, size := range []int{100, 1000} {
			for _, order := range []struct{ byUpdate, ascending bool }{{false, true}, {false, false}, {true, true}, {true, false}} {
				l := newList(n, nil)
				l.byUpdate, l.ascending = order.byUpdate, order.ascending
				seen, err := read(t, l, size, l.delete)
				require.NoError(t, err)
				assert.Len(t, seen, n)
				assert.LessOrEqual(t, l.requests, 4*((n+size-1)/size)+4, "%d in pages of %d", n, size)
			}
		}
	}
}

// A change of one item at a time, which the repeated part of a page hides from the cost.
func TestFewDeletesCostNothing(t *testing.T) {
	l := newList(1000, rand.New(rand.NewPCG(1, 2)))
	l.between = func() { l.delete(l.things[l.rng.IntN(len(l.things))].id) }
	_, err := read(t, l, 100, nil)
	require.NoError(t, err)
	assert.LessOrEqual(t, l.requests, 11)
}

// A service that never ends a list.
func TestListsWithoutEnd(t *testing.T) {
	ids := func(from, n int, total int64) paging.Page[int] {
		p := paging.Page[int]{Total: total}
		for i := range n {
			p.Items = append(p.Items, paging.Item[int]{ID: strconv.Itoa(from + i), Value: from + i})
		}
		return p
	}
	tests := map[string]struct {
		page     func(request, offset, limit int) paging.Page[int]
		want     error
		requests int
	}{
		"the same page": {func(_, _, limit int) paging.Page[int] { return ids(0, min(limit, 100), -1) }, paging.ErrNothingNew, 24},
		"the same page, with a total": {func(_, _, limit int) paging.Page[int] {
			return ids(0, min(limit, 100), 1_000_000)
		}, paging.ErrNothingNew, 24},
		"the same two items":           {func(int, int, int) paging.Page[int] { return ids(0, 2, 50) }, paging.ErrNothingNew, 24},
		"two pages in turn":            {func(r, _, limit int) paging.Page[int] { return ids(r%2*100, min(limit, 100), -1) }, paging.ErrNothingNew, 24},
		"new items":                    {func(_, offset, limit int) paging.Page[int] { return ids(offset, limit, -1) }, paging.ErrEndless, 2501},
		"new items, with a total":      {func(_, offset, limit int) paging.Page[int] { return ids(offset, limit, 3) }, paging.ErrEndless, 101},
		"new items, with a total of 0": {func(_, offset, limit int) paging.Page[int] { return ids(offset, limit, 0) }, paging.ErrEndless, 101},
		"a total that grows": {func(_, offset, limit int) paging.Page[int] {
			return ids(offset, limit, int64(offset+limit+1))
		}, paging.ErrEndless, 10_101},
		"one new item in each page": {func(_, offset, limit int) paging.Page[int] { return ids(offset, min(limit, 2), 1) }, paging.ErrEndless, 10_002},
		"unrelated pages":           {func(r, _, limit int) paging.Page[int] { return ids(1000*r, min(limit, 100), -1) }, paging.ErrEndless, 17_501},
		"one new item now and then": {func(r, _, limit int) paging.Page[int] {
			return paging.Page[int]{Total: 1, Items: append(ids(0, min(limit, 9), 1).Items, ids(100+r/15, 1, 1).Items...)}
		}, paging.ErrEndless, 10_009},
		"nothing readable": {func(int, int, int) paging.Page[int] {
			return paging.Page[int]{Items: []paging.Item[int]{{ID: "null", Hidden: true}}, Total: -1}
		}, paging.ErrNothingNew, 24},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			requests := 0
			p := paging.Pager[int]{Size: 100, MaxSize: 1000, Fetch: func(_ context.Context, offset, limit int) (paging.Page[int], error) {
				requests++
				return tt.page(requests, offset, limit), nil
			}}
			err := p.Each(context.Background(), func(int) bool { return true })
			require.ErrorIs(t, err, tt.want)
			assert.Equal(t, tt.requests, requests, "%v", err)
		})
	}
}

func TestPageThatIsTooLong(t *testing.T) {
	p := paging.Pager[int]{Size: 2, MaxSize: 1000, Fetch: func(context.Context, int, int) (paging.Page[int], error) {
		return paging.Page[int]{Items: make([]paging.Item[int], 3), Total: 3}, nil
	}}
	assert.ErrorIs(t, p.Each(context.Background(), func(int) bool { return true }), paging.ErrPageTooLong)
}

func TestLimits(t *testing.T) {
	for size, most := range map[int]int{1: 2, 10: 11, 100: 102, 990: 1000, 1000: 1000, 5000: 5000} {
		l := newList(2*size+5, nil)
		_, err := read(t, l, size, nil)
		require.NoError(t, err)
		assert.Equal(t, most, l.longest, "pages of %d", size)
	}
}

// at calls f before one request.
func (l *list) at(request int, f func()) {
	l.between = func() {
		if l.requests == request {
			f()
		}
	}
}

// Items that move past the reader are found, also where their versions do not tell
// that they moved: several changes within a second.
func TestItemsThatMove(t *testing.T) {
	const n = 250
	type setup func(l *list) (with func(int))
	tests := map[string]struct {
		ascending bool
		setup     setup
	}{
		"the reader moves what it reads to the end": {true, func(l *list) func(int) {
			return func(id int) {
				if id <= 200 {
					l.update(id)
				}
			}
		}},
		"others delete, and one that was read hides it at the end": {true, func(l *list) func(int) {
			l.at(2, func() {
				for id := 1; id <= 60; id++ {
					if id != 50 {
						l.delete(id)
					}
				}
				l.update(50)
			})
			return nil
		}},
		"many move to the front": {false, func(l *list) func(int) {
			l.at(3, func() {
				for id := 1; id <= 40; id++ {
					l.update(id)
				}
				for id := 101; id <= n; id++ { // and hide them behind what was read
					l.update(id)
				}
			})
			return nil
		}},
		"one moves to the front, then the first": {false, func(l *list) func(int) {
			l.at(2, func() { l.update(1); l.update(n) })
			return nil
		}},
		"one moves to the front unseen, then the first": {false, func(l *list) func(int) {
			l.noTotal = true
			l.at(2, func() { l.update(1); l.update(n); l.delete(n - 5) })
			return nil
		}},
	}
	for name, tt := range tests {
		for _, coarse := range []bool{false, true} {
			if coarse && name == "one moves to the front unseen, then the first" {
				continue // nothing tells
			}
			t.Run(fmt.Sprintf("%s, coarse %v", name, coarse), func(t *testing.T) {
				l := newList(n, nil)
				l.byUpdate, l.ascending, l.coarse = true, tt.ascending, coarse
				seen, err := read(t, l, 100, tt.setup(l))
				require.NoError(t, err)
				assert.Len(t, seen, n)
			})
		}
	}
}

func TestListThatDoesNotSettle(t *testing.T) {
	l := newList(300, rand.New(rand.NewPCG(1, 2)))
	l.byUpdate = true
	l.between = func() {
		for range 900 { // nothing is older than the pass before
			l.update(1 + l.rng.IntN(300))
		}
		l.create()
	}
	_, err := read(t, l, 100, nil)
	assert.ErrorIs(t, err, paging.ErrUnsettled)
	assert.ErrorContains(t, err, "in each of 11 readings")
}

func TestHiddenItemsAreNotShown(t *testing.T) {
	p := paging.Pager[int]{Size: 2, MaxSize: 1000, Fetch: func(context.Context, int, int) (paging.Page[int], error) {
		return paging.Page[int]{Items: []paging.Item[int]{{ID: "a", Value: 1}, {ID: "b", Hidden: true}}, Total: 2}, nil
	}}
	var shown []int
	require.NoError(t, p.Each(context.Background(), func(n int) bool { shown = append(shown, n); return true }))
	assert.Equal(t, []int{1}, shown)
}
