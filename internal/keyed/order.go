package keyed

import (
	"cmp"
	"slices"
	"time"
)

// Item is a resource as the rules see it.
type Item[T any] struct {
	ID      string
	Created time.Time // zero if unknown
	Value   T
}

// second returns the second in which a resource was created. Fractions do not count,
// because some regions have none.
func (i Item[T]) second() time.Time { return i.Created.Truncate(time.Second) }

// InOrder sorts items in the order that all processes agree on, the winner first.
func InOrder[T any](items []Item[T]) []Item[T] {
	return slices.SortedFunc(slices.Values(items), func(a, b Item[T]) int {
		return cmp.Or(a.second().Compare(b.second()), cmp.Compare(a.ID, b.ID))
	})
}

// clock knows the earliest time that the service's clock can show.
type clock struct {
	shown time.Time // by the service's clock, at least
	at    time.Time // when a response showed it
}

// hear notes that the service's clock showed at least shown when its response came.
func (c *clock) hear(shown, at time.Time) {
	if !shown.IsZero() && (c.at.IsZero() || shown.After(c.by(at))) {
		c.shown, c.at = shown, at
	}
}

// by returns the earliest that the service's clock can show at a time of this machine;
// zero if unknown.
func (c *clock) by(at time.Time) time.Time {
	if c.at.IsZero() || at.Before(c.at) {
		return time.Time{}
	}
	return c.shown.Add(at.Sub(c.at))
}
