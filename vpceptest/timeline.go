package vpceptest

import "time"

// timeline is a value that changes at known times, even future ones: its value depends on
// when it is read. It always has an entry.
type timeline[T any] struct {
	entries []entry[T] // each applies from its time on; the first one also before
}

type entry[T any] struct {
	from  time.Time
	value T
}

func newTimeline[T any](from time.Time, value T) timeline[T] {
	return timeline[T]{[]entry[T]{{from, value}}}
}

// at returns the value at a time.
func (t *timeline[T]) at(now time.Time) T { return t.seen(now).value }

// since returns when the value at a time began to apply.
func (t *timeline[T]) since(now time.Time) time.Time { return t.seen(now).from }

// last returns the value after all changes.
func (t *timeline[T]) last() T { return t.entries[len(t.entries)-1].value }

func (t *timeline[T]) seen(now time.Time) entry[T] { return t.entries[t.index(now)] }

func (t *timeline[T]) index(now time.Time) int {
	i := len(t.entries) - 1
	for i > 0 && now.Before(t.entries[i].from) {
		i--
	}
	return i
}

// add sets the value from a time on, replacing any change at that time or later. Entries
// that ended before now are dropped.
func (t *timeline[T]) add(now, from time.Time, value T) {
	t.entries = append(t.entries[t.index(now):], entry[T]{from, value})
}
