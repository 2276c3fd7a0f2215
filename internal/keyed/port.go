package keyed

import (
	"context"
	"time"
)

// Port is the service, as a create with a key needs it.
type Port[T any] interface {
	// Search lists the resources of the key that are not being deleted. Hidden says that
	// another one could be that of the key: one whose tags cannot be seen at all, or one
	// without the key that is not older than since, which is when the first request of
	// the call was sent by the service's clock, or zero.
	Search(ctx context.Context, since time.Time) (Sighting[T], error)
	// Post sends the create request, at most tries times, and again only where the
	// request before certainly did nothing.
	Post(ctx context.Context, tries int) Posted[T]
	// Read reads a resource that an answer has named. nil: it is gone, or not there yet.
	Read(ctx context.Context, id string) (*Item[T], error)
	// Delete deletes a resource; that it is gone is success.
	Delete(ctx context.Context, id string) error
	// MayPass reports an error of Search or Read that may be gone the next time.
	MayPass(err error) bool
}

// Sighting is what one search has shown.
type Sighting[T any] struct {
	Items  []Item[T]
	Hidden bool
	// Date is the service's clock when it answered; zero: it did not say.
	Date time.Time
	// Began is when the search was begun, where it had to wait; zero: when it was asked for.
	Began time.Time
}

// Outcome is what came of a create request.
type Outcome uint8

const (
	// Unknown: it may have been carried out.
	Unknown Outcome = iota
	// Made: it was.
	Made
	// Refused: it was not.
	Refused
	// Contested: it was refused for something that an earlier request of the same key
	// can have caused, such as an address that is in use.
	Contested
)

// Posted is what came of Post.
type Posted[T any] struct {
	Outcome Outcome
	Item    Item[T] // where it was Made
	Named   string  // an ID that an answer named before it broke off
	Date    time.Time
	Tries   int // how many of the tries were used up
	Err     error
}
