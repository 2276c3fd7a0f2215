package keyed

import (
	"context"
	"time"
)

// Port is the service as a create with a key needs it.
type Port[T any] interface {
	// Search lists the resources of the key that are not being deleted. Hidden says that
	// another resource may belong to the key: one whose tags are not shown at all, or one
	// without the key that is not older than since. since is when the first request of the
	// call was sent, by the service's clock, or zero.
	Search(ctx context.Context, since time.Time) (Sighting[T], error)
	// Post sends the create request, at most tries times, and again only if the previous
	// attempt certainly did nothing.
	Post(ctx context.Context, tries int) Posted[T]
	// Read reads a resource that a response has named. It returns nil if the resource is
	// gone, or does not exist yet.
	Read(ctx context.Context, id string) (*Item[T], error)
	// Delete deletes a resource. It succeeds if the resource is already gone.
	Delete(ctx context.Context, id string) error
	// MayPass reports whether Search or Read may succeed after err.
	MayPass(err error) bool
}

// Sighting is the result of one search.
type Sighting[T any] struct {
	Items  []Item[T]
	Hidden bool
	// Date is the service's clock when it responded; zero if unknown.
	Date time.Time
	// Began is when the search began, if it had to wait; zero: when it was called.
	Began time.Time
}

// Outcome is what became of a create request.
type Outcome uint8

const (
	// Unknown: it may have been carried out.
	Unknown Outcome = iota
	// Created: it was carried out.
	Created
	// Refused: it was not carried out.
	Refused
	// Contested: it was refused for a reason that an earlier request with the same key may
	// have caused, such as an address that is in use.
	Contested
)

// Posted is the result of Post.
type Posted[T any] struct {
	Outcome Outcome
	Item    Item[T] // if it was Created
	Named   string  // the ID in a response that broke off, if any
	Date    time.Time
	Tries   int // how many tries were used
	Err     error
}
