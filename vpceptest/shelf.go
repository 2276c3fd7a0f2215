package vpceptest

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// shelf is a set of endpoints in the order of lists: by creation.
type shelf struct {
	order []*record // those that are gone are removed later
	live  int
}

// add inserts an endpoint: at the end, unless it was seeded with an earlier time, or lists
// have no order within a second.
func (f *shelf) add(e *record) {
	f.live++
	at := len(f.order)
	for at > 0 && e.before(f.order[at-1]) {
		at--
	}
	f.order = slices.Insert(f.order, at, e)
}

// before is the order of lists. The rank is 0 unless lists have no order within a second.
func (e *record) before(other *record) bool {
	if e.rank == 0 {
		return cmp.Or(e.createdAt.Compare(other.createdAt), cmp.Compare(e.seq, other.seq)) < 0
	}
	return cmp.Or(e.createdAt.Truncate(time.Second).Compare(other.createdAt.Truncate(time.Second)),
		cmp.Compare(e.rank, other.rank), cmp.Compare(e.seq, other.seq)) < 0
}

// left notes that an endpoint is gone. Removing them only when half are gone keeps the cost
// of a deletion constant.
func (f *shelf) left() {
	f.live--
	if len(f.order) > 2*f.live {
		f.sweep()
	}
}

func (f *shelf) sweep() {
	f.order = slices.DeleteFunc(f.order, func(e *record) bool { return e.gone })
}

// listed is what lists show of a shelf, in ascending order. It has two parts, so leaving out
// some of the newest does not copy the others.
type listed struct{ older, newest []*record }

func (l listed) len() int { return len(l.older) + len(l.newest) }

// at returns an endpoint by its index in ascending or descending order.
func (l listed) at(i int, ascending bool) *record {
	if !ascending {
		i = l.len() - 1 - i
	}
	if i < len(l.older) {
		return l.older[i]
	}
	return l.newest[i-len(l.older)]
}

// listed returns the endpoints that lists show. It reads only the newest ones, unless some
// are gone, so a page does not cost as much as the whole list.
func (f *shelf) listed(now time.Time, lag time.Duration) listed {
	if len(f.order) > f.live {
		f.sweep()
	}
	n := sort.Search(len(f.order), func(i int) bool {
		return now.Before(f.order[i].createdAt.Truncate(time.Second).Add(time.Second + lag))
	})
	hidden := func(e *record) bool { return now.Before(e.listedAt) }
	if !slices.ContainsFunc(f.order[n:], hidden) {
		return listed{older: f.order}
	}
	shown := listed{older: f.order[:n]}
	for _, e := range f.order[n:] {
		if !hidden(e) {
			shown.newest = append(shown.newest, e)
		}
	}
	return shown
}
