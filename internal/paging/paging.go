// Package paging reads lists that a service hands out in pages by offset, and loses
// nothing where others create and delete meanwhile.
//
// An offset counts from the beginning of the list, and so what stands behind a
// deleted item moves to an earlier page. Each page therefore begins a little before
// the end of the one before: where it shows an item that was read already, nothing
// was lost between the two. Where it does not, the reader goes back until it does.
// The rules stand in cursor.go; this file fetches.
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
	// ID tells items apart.
	ID string
	// Version differs after a change that moves the item. Only Order ToEnd and ToFront look at it.
	Version int64
	Value   T
	// Hidden elements have a place in the list and are not shown to the reader.
	Hidden bool
}

// Page is one page of a list.
type Page[T any] struct {
	Items []Item[T]
	// Total is how many items the service says there are, -1 where it does not. It is a hint.
	Total int64
	// Reached is called, if it is not nil, when the reader gets to the page, which may
	// be long after it was fetched.
	Reached func()
}

// Pager reads one list.
type Pager[T any] struct {
	// Fetch asks for the page that begins at offset, and has at most limit items. It
	// runs in a goroutine of its own where the reader is still at work on the page before.
	Fetch func(ctx context.Context, offset, limit int) (Page[T], error)
	// Size is how many new items a page is to bring, MaxSize how many a request may ask
	// for as long as Size is not more.
	Size, MaxSize int
	Order         Order
}

// Pages calls take for what is new in each page, until it returns false. It reads
// nothing ahead.
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

// Each calls yield for each item until it returns false: for each that exists from
// the beginning to the end at least, and once for each ID.
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
