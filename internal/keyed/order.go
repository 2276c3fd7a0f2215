package keyed

import (
	"cmp"
	"slices"
	"time"
)

// Item is a resource, as far as the rules go.
type Item[T any] struct {
	ID      string
	Created time.Time // zero: the service does not say
	Value   T
}

// second is the second in which a resource was created: some regions give no
// fractions, so that they cannot count.
func (i Item[T]) second() time.Time { return i.Created.Truncate(time.Second) }

// InOrder sorts items as everybody sorts them: the winner first.
func InOrder[T any](items []Item[T]) []Item[T] {
	return slices.SortedFunc(slices.Values(items), func(a, b Item[T]) int {
		return cmp.Or(a.second().Compare(b.second()), cmp.Compare(a.ID, b.ID))
	})
}

// clock knows the least that the service's clock can show.
type clock struct {
	shown time.Time // by the service, at least
	at    time.Time // when that was heard
}

// hear notes that the service's clock showed at least shown when its answer came.
func (c *clock) hear(shown, at time.Time) {
	if !shown.IsZero() && (c.at.IsZero() || shown.After(c.by(at))) {
		c.shown, c.at = shown, at
	}
}

// by is what the service's clock shows at least at a time of this machine; zero
// where nothing was heard before.
func (c *clock) by(at time.Time) time.Time {
	if c.at.IsZero() || at.Before(c.at) {
		return time.Time{}
	}
	return c.shown.Add(at.Sub(c.at))
}
