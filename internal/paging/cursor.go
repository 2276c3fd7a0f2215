package paging

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
)

// The limits of a list, for a service that never ends one.
const (
	// overlapShare is the part of a page that repeats the previous one, a fiftieth: up to
	// that many deletes between two pages cost no extra request.
	overlapShare = 50

	// patience is how many requests in a row may bring nothing new, in addition to those
	// that read again what was read before.
	patience = 20

	// A list has at most growth times the largest total that the service has returned (at
	// most maxTotal), plus spare items; without any total, maxItems. Requests are bounded in
	// the same way: pages of one item take two or three requests each.
	growth, spare         = 2, 10_000
	maxTotal              = 500_000
	maxItems, maxRequests = 250_000, 100_000
	requestsPerItem       = 4

	// maxPasses is how often a list whose items move to the front is read again, and
	// passesToEnd how often one whose items move to the end is.
	maxPasses   = 10
	passesToEnd = 2
)

var (
	// ErrNothingNew ends a list that repeats itself, or that changes too fast to be read.
	ErrNothingNew = errors.New("the list has no end")
	// ErrEndless ends a list that is far longer than the service's total.
	ErrEndless = errors.New("the list is longer than it can be")
	// ErrUnsettled ends a list whose items move all the time.
	ErrUnsettled = errors.New("the list does not settle")
	// ErrPageTooLong reports a page with more items than requested.
	ErrPageTooLong = errors.New("the page is longer than requested")
)

// key is a hash of an ID: 16 bytes, whatever the ID's length.
type key [2]uint64

// place is what the cursor remembers of an item: its version and, in the lowest eight bits,
// the pass in which it was last read.
type place uint64

func (p place) pass() uint8 { return uint8(p & 0xff) }

// placed is an item at a place.
type placed struct {
	key   key
	place place
}

// cursor decides where the next page begins, and which items of a page are new. Its
// invariant: every item that has existed since the beginning of the pass and was not seen
// comes after everything that was accepted. (Items that move to the front break it; another
// pass finds them.) A page is accepted if it begins at 0 or has an item that was accepted
// before, because then nothing lies in between.
type cursor[T any] struct {
	size, maxSize int
	order         Order
	seeds         [2]maphash.Seed
	seen          map[key]place

	next    int  // where the next page begins
	done    bool // there is no next page
	reached int  // the offset after the last element of the last accepted page
	tail    []placed
	back    int   // how far the last step went back; 0 if the last page was accepted
	total   int64 // of the last accepted page

	most      int64 // the largest total; -1 if there was none
	longest   int   // the longest page
	requests  int
	fruitless int // requests in a row that brought nothing new

	// held is a page of one element directly after the last one, of a service whose pages
	// have only one: it is accepted once the last one was seen again.
	held   *Page[T]
	heldAt int

	pass pass
}

// pass is one reading of the list from its beginning.
type pass struct {
	number  uint8
	pages   int // accepted
	fresh   int // items
	first   placed
	newest  int64 // the version of first
	total   int64
	unclean bool // something moved during the pass
	// top is the first item of the previous pass, if it only remains to check that it still
	// is the first.
	top *placed
	// since is the newest version at the beginning of the previous pass: items that have
	// moved to the front meanwhile are newer.
	since int64
}

func newCursor[T any](size, maxSize int, order Order) *cursor[T] {
	return &cursor[T]{
		size: size, maxSize: maxSize, order: order, most: -1,
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		seen:  make(map[key]place),
	}
}

// overlap returns how many elements of a page of n the next request repeats.
func overlap(n int) int { return max(1, n/overlapShare) }

// limit returns how many elements the next page may have.
func (c *cursor[T]) limit() int {
	if c.requests == 0 {
		return c.size
	}
	return max(c.size, min(c.size+overlap(c.size), c.maxSize))
}

// take processes the page that begins at next, and returns its new items.
func (c *cursor[T]) take(p Page[T]) ([]T, error) {
	limit := c.limit()
	if n := len(p.Items); n > limit {
		return nil, fmt.Errorf("%w: %d items instead of %d", ErrPageTooLong, n, limit)
	}
	c.requests++
	c.most = max(c.most, p.Total)
	c.longest = max(c.longest, len(p.Items))
	before := len(c.seen)
	var fresh []T
	switch {
	case c.mustBeSurrounded(p):
		c.held, c.heldAt = &p, c.next
		c.next--
	case c.joins(p):
		fresh = c.accept(p, limit)
	default:
		c.goBack(p)
	}
	if c.fruitless++; len(c.seen) > before {
		c.fruitless = 0
	}
	return fresh, c.bounded()
}

// joins reports whether nothing lies between p and what was accepted.
func (c *cursor[T]) joins(p Page[T]) bool {
	if c.next == 0 || len(p.Items) == 0 && c.next == c.reached {
		return true
	}
	return slices.ContainsFunc(p.Items, func(item Item[T]) bool {
		at := c.placeOf(item)
		was, known := c.seen[at.key]
		if c.order == ToEnd { // an item that has moved proves nothing
			return known && was == at.place
		}
		return known && was.pass() == c.pass.number
	})
}

func (c *cursor[T]) placeOf(item Item[T]) placed {
	return placed{
		key:   key{maphash.String(c.seeds[0], item.ID), maphash.String(c.seeds[1], item.ID)},
		place: place(item.Version)<<8 | place(c.pass.number),
	}
}

// mustBeSurrounded reports whether p cannot overlap the previous page, because the service
// returns only one element at a time.
func (c *cursor[T]) mustBeSurrounded(p Page[T]) bool {
	return c.longest <= 1 && c.next > 0 && c.next == c.reached && c.held == nil && (len(p.Items) == 0 || !c.joins(p))
}

// accept processes a page that joins, and the held one, if any.
func (c *cursor[T]) accept(p Page[T], limit int) []T {
	if top := c.pass.top; top != nil && c.isUntouched(p, *top) {
		c.done = true
		return nil
	}
	c.pass.top = nil
	isEnd := len(p.Items) == 0
	if held := c.held; held != nil && len(p.Items) == 1 && c.next+1 == c.heldAt {
		p.Items = append(p.Items, held.Items...)
		isEnd = len(held.Items) == 0
	}
	c.held = nil
	number := c.pass.number
	fresh := c.add(p, limit, isEnd)
	if c.pass.number == number {
		c.endCatchUp(p)
	}
	return fresh
}

// add processes the elements that begin at next.
func (c *cursor[T]) add(p Page[T], limit int, isEnd bool) (fresh []T) {
	n, before := len(p.Items), len(c.seen)
	elements := make([]placed, n)
	for i, item := range p.Items {
		elements[i] = c.placeOf(item)
		if _, known := c.seen[elements[i].key]; !known && !item.Hidden {
			fresh = append(fresh, item.Value)
		}
		c.seen[elements[i].key] = elements[i].place
	}
	added := len(c.seen) - before
	c.note(p, elements, added)
	isShort := n < min(limit, c.longest)
	isTail := isShort && added == 0 && n > 0 && len(c.tail) > 0 && c.tail[len(c.tail)-1].key == elements[n-1].key
	c.reached, c.total, c.back = c.next+n, p.Total, 0
	repeated := again(n, limit)
	c.tail = elements[n-repeated:]
	switch {
	case isEnd, p.Total == int64(c.reached):
		c.endPass()
	case isTail: // the end, unless the service returns pages of any length
		c.next = c.reached
	default:
		c.next = c.reached - repeated
	}
	return fresh
}

// again returns how many elements of a page of n the next one repeats. A service that
// returned less than limit may return no more than n next time, so something new must fit.
func again(n, limit int) int {
	if n == limit {
		return min(overlap(n), n)
	}
	return max(0, min(overlap(n), n-1))
}

// goBack chooses an earlier offset if p shows nothing that was accepted: earlier by as much
// as the total fell, and twice as far each time.
func (c *cursor[T]) goBack(p Page[T]) {
	c.held = nil
	c.pass.unclean = true
	c.back = max(2*c.back, overlap(c.size))
	if p.Total >= 0 {
		c.back = max(c.back, int(c.total-p.Total))
	}
	c.next = max(c.next-c.back, 0)
}

// note records whether the pass shows the list as it was at the beginning of the pass.
func (c *cursor[T]) note(p Page[T], elements []placed, added int) {
	if c.pass.pages++; c.pass.pages == 1 {
		c.pass.total = p.Total
		if len(elements) > 0 {
			c.pass.first, c.pass.newest = elements[0], p.Items[0].Version
		}
	}
	again := min(c.reached-c.next, len(c.tail))
	if !slices.Equal(c.tail[len(c.tail)-again:], elements[:min(again, len(elements))]) || p.Total != c.pass.total {
		c.pass.unclean = true
	}
	c.pass.fresh += added
}

// endPass ends the list, or reads it again if items may have moved.
func (c *cursor[T]) endPass() {
	c.done = true
	switch {
	case c.order == Fixed, c.pass.pages == 1: // a single page shows the list at one moment
	case c.order == ToEnd:
		// What moves to the end is still read, unless two changes have the same version;
		// another pass finds what they hid.
		c.done = !c.pass.unclean || c.pass.fresh == 0 || c.pass.number == passesToEnd
	default:
		c.done = c.pass.fresh == 0
	}
	if !c.done {
		c.readAnew()
	}
}

// endCatchUp ends a pass that looks for items that have moved to the front since the
// previous pass began: it has seen them all when it reaches an older one. If it took
// several pages, more may have moved meanwhile.
func (c *cursor[T]) endCatchUp(p Page[T]) {
	if c.order != ToFront || c.pass.number == 0 || c.done {
		return
	}
	if !slices.ContainsFunc(p.Items, func(item Item[T]) bool { return item.Version < c.pass.since }) {
		return
	}
	if c.done = c.pass.pages == 1; !c.done {
		c.readAnew()
	}
}

// readAnew begins another pass.
func (c *cursor[T]) readAnew() {
	next := pass{number: c.pass.number + 1, since: c.pass.newest}
	if !c.pass.unclean {
		next.top = &placed{key: c.pass.first.key, place: c.pass.first.place}
	}
	c.pass = next
	c.next, c.reached, c.tail, c.back, c.fruitless = 0, 0, nil, 0, 0
}

// isUntouched reports whether top still is the first item, unchanged: then nothing has
// moved to the front since.
func (c *cursor[T]) isUntouched(p Page[T], top placed) bool {
	if len(p.Items) == 0 {
		return false
	}
	now := c.placeOf(p.Items[0])
	return now.key == top.key && now.place>>8 == top.place>>8
}

// bounded returns the error for a list that would never end, or nil.
func (c *cursor[T]) bounded() error {
	items, requests := maxItems, maxRequests
	if c.most >= 0 {
		most := int(min(c.most, maxTotal))
		items, requests = growth*most+spare, requestsPerItem*growth*most+spare
	}
	switch again := 2 * len(c.seen) / max(c.longest, 1); {
	case c.fruitless > patience+again:
		return fmt.Errorf("%w: %d requests in a row brought nothing new; the service repeats itself, or the list changes faster than it can be read", ErrNothingNew, c.fruitless)
	case len(c.seen) > items, c.requests > requests:
		return fmt.Errorf("%w: got %d items in %d requests, but the service's largest total is %s", ErrEndless, len(c.seen), c.requests, totalText(c.most))
	case c.pass.number > maxPasses:
		return fmt.Errorf("%w: items moved in each of %d readings", ErrUnsettled, c.pass.number)
	}
	return nil
}

func totalText(total int64) string {
	if total < 0 {
		return "unknown"
	}
	return fmt.Sprint(total)
}
