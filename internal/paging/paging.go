// Package paging reads lists that a service returns in pages by offset, and misses nothing
// while others create and delete.
//
// An offset counts from the beginning of the list, so the items after a deleted one move
// to an earlier page. Each page therefore begins a little before the end of the previous
// one: if it shows an item that was already read, nothing was missed in between. If it
// does not, the reader goes back until it does. The rules are in cursor.go; this file
// fetches.
package paging

import "context"

// Order is what a change does to the order of a list.
type Order uint8

const (
	// Fixed: an item keeps its place among the others for as long as it exists.
	Fixed Order = iota
	// ToFront: an item that changes moves to the front.
	ToFront
	// ToEnd: an item that changes moves to the end.
	ToEnd
)

// Item is one element of a page.
type Item[T any] struct {
	// ID identifies the item.
	ID string
	// Version differs after a change that moves the item. Only Order ToEnd and ToFront use
	// it.
	Version int64
	Value   T
	// Hidden elements have a place in the list, but are not shown to the reader.
	Hidden bool
}

// Page is one page of a list.
type Page[T any] struct {
	Items []Item[T]
	// Total is the service's number of items, or -1 if unknown. It is a hint.
	Total int64
	// Reached is called, if not nil, when the reader reaches the page, which may be long
	// after it was fetched.
	Reached func()
}

// Pager reads one list.
type Pager[T any] struct {
	// Fetch requests the page that begins at offset and has at most limit items. It runs in
	// a separate goroutine while the reader is still working on the previous page.
	Fetch func(ctx context.Context, offset, limit int) (Page[T], error)
	// Size is how many new items a page should have. MaxSize is how many a request may ask
	// for, unless Size is larger.
	Size, MaxSize int
	Order         Order
}

// Pages calls take with the new items of each page until it returns false. It does not read
// ahead.
func (p Pager[T]) Pages(ctx context.Context, take func([]T) bool) error {
	c := newCursor[T](p.Size, p.MaxSize, p.Order)
	for !c.done {
		page, err := p.fetch(ctx, c.next, c.limit()).wait()
		if err != nil {
			return err
		}
		fresh, err := c.take(page)
		if err != nil {
			return err
		}
		if !take(fresh) {
			return nil
		}
	}
	return nil
}

// Each calls yield for each item until it returns false: at least for each item that exists
// throughout, and once for each ID.
func (p Pager[T]) Each(ctx context.Context, yield func(T) bool) error {
	c := newCursor[T](p.Size, p.MaxSize, p.Order)
	var ahead *fetch[T]
	defer func() { ahead.stop() }()
	for pages := 1; !c.done; pages++ {
		if ahead == nil {
			ahead = p.fetch(ctx, c.next, c.limit())
		}
		page, err := ahead.wait()
		ahead = nil
		if err != nil {
			return err
		}
		fresh, err := c.take(page)
		if err != nil {
			return err
		}
		for i, item := range fresh {
			// Page 2 is fetched ahead once half of page 1 is consumed, later pages at once.
			isReader := pages > 1 || 2*i >= len(fresh)
			if ahead == nil && !c.done && isReader {
				ahead = p.fetchAhead(ctx, c.next, c.limit())
			}
			if !yield(item) {
				return nil
			}
		}
	}
	return nil
}
