package paging_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/paging"
)

// What a list costs that others change meanwhile. Each count is that of the pages, and
// of what it takes to find out where the reader stands.
func TestCostOfAListThatChanges(t *testing.T) {
	deleteFrom := func(first, last int) func(*list) {
		return func(l *list) {
			for id := first; id <= last; id++ {
				l.delete(id)
			}
		}
	}
	for name, tt := range map[string]struct {
		byUpdate, ascending, coarse, noTotal bool
		most, items                          int
		change                               func(*list) // before the fifth request
		requests                             int
	}{
		"the total tells how far to go back": {ascending: true, items: 1000, change: deleteFrom(1, 300), requests: 11},
		"without it, the steps double":       {ascending: true, noTotal: true, items: 1000, change: deleteFrom(1, 300), requests: 21},
		"the total tells that all is gone":   {ascending: true, items: 1000, change: deleteFrom(1, 1000), requests: 6},
		"nearly all is gone":                 {ascending: true, items: 1000, change: deleteFrom(11, 1000), requests: 6},
		"a tail that is shown again":         {ascending: true, noTotal: true, most: 150, items: 250, requests: 4},
		"the same, where items may move":     {byUpdate: true, ascending: true, noTotal: true, most: 150, items: 250, requests: 4},
		"one moves to the front":             {byUpdate: true, items: 1000, change: func(l *list) { l.update(1) }, requests: 11},
		"none moves, and no version tells":   {byUpdate: true, coarse: true, items: 250, requests: 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := newList(tt.items, nil)
			l.byUpdate, l.ascending, l.coarse, l.noTotal, l.most = tt.byUpdate, tt.ascending, tt.coarse, tt.noTotal, tt.most
			if tt.change != nil {
				l.at(5, func() { tt.change(l) })
			}
			size := 100
			if tt.most > 0 {
				size = 300
			}
			_, err := read(t, l, size, nil)
			require.NoError(t, err)
			assert.Equal(t, tt.requests, l.requests)
		})
	}
}

// A list without a total may be much longer than one with a small total.
func TestLongListWithoutATotal(t *testing.T) {
	l := newList(12_000, nil)
	l.noTotal = true
	seen, err := read(t, l, 1000, nil)
	require.NoError(t, err)
	assert.Len(t, seen, 12_000)
}

func TestErrorNamesTheTotal(t *testing.T) {
	for total, want := range map[int64]string{-1: "total is unknown", 0: "total is 0", 7: "total is 7"} {
		next := 0
		p := paging.Pager[int]{Size: 1000, MaxSize: 1000, Fetch: func(_ context.Context, _, limit int) (paging.Page[int], error) {
			page := paging.Page[int]{Total: total}
			for range limit { // one that was read before, and new ones
				page.Items = append(page.Items, paging.Item[int]{ID: string(rune(next))})
				next++
			}
			next--
			return page, nil
		}}
		err := p.Each(t.Context(), func(int) bool { return true })
		require.ErrorIs(t, err, paging.ErrEndless)
		assert.ErrorContains(t, err, want)
	}
}

// The second page is fetched once half of the first one is consumed: whoever looks at a
// few items only pays for one page. From then on the next page is fetched at once.
func TestReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newList(30, nil)
		var requests []int
		require.NoError(t, l.pager(10).Each(t.Context(), func(int) bool {
			synctest.Wait()
			l.Lock()
			defer l.Unlock()
			requests = append(requests, l.requests)
			return true
		}))
		want := []int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2}
		for range 20 {
			want = append(want, 3)
		}
		assert.Equal(t, want, requests)
	})
}

func TestReadAheadOfASingleItem(t *testing.T) {
	l := newList(2, nil)
	require.NoError(t, l.pager(1).Each(t.Context(), func(int) bool { return false }))
	assert.Equal(t, 1, l.requests)
}

// Pages reads a page only after the previous one was taken.
func TestPages(t *testing.T) {
	l := newList(30, nil)
	var taken, requests []int
	require.NoError(t, l.pager(10).Pages(t.Context(), func(fresh []int) bool {
		taken, requests = append(taken, len(fresh)), append(requests, l.requests)
		return true
	}))
	assert.Equal(t, []int{10, 10, 10}, taken)
	assert.Equal(t, []int{1, 2, 3}, requests)

	l = newList(30, nil)
	require.NoError(t, l.pager(10).Pages(t.Context(), func([]int) bool { return false }))
	assert.Equal(t, 1, l.requests)
}

// Whoever reads by pages learns why the list ended early, and gets nothing of the page
// that ended it.
func TestPagesThatFail(t *testing.T) {
	failure := errors.New("the second page fails")
	for name, second := range map[string]struct {
		page paging.Page[int]
		err  error
		want error
	}{
		"the request":   {paging.Page[int]{Items: []paging.Item[int]{{ID: "c", Value: 3}}, Total: 9}, failure, failure},
		"what it holds": {paging.Page[int]{Items: make([]paging.Item[int], 9), Total: 9}, nil, paging.ErrPageTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			requests, taken := 0, 0
			p := paging.Pager[int]{Size: 2, MaxSize: 1000, Fetch: func(context.Context, int, int) (paging.Page[int], error) {
				if requests++; requests > 1 {
					return second.page, second.err
				}
				return paging.Page[int]{Items: []paging.Item[int]{{ID: "a", Value: 1}, {ID: "b", Value: 2}}, Total: 9}, nil
			}}
			err := p.Pages(t.Context(), func(fresh []int) bool { taken += len(fresh); return true })
			require.ErrorIs(t, err, second.want)
			assert.Equal(t, 2, requests)
			assert.Equal(t, 2, taken)
		})
	}
}
