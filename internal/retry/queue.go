package retry

import (
	"cmp"
	"slices"
)

// waiter is a caller that waits at a gate.
type waiter struct {
	seat         seat
	wake         chan struct{} // holds one: a change not seen yet
	isOut        bool
	phase, round uint64 // in which it was let out
}

// seat orders callers by age: by the phase of the gate at their first attempt, and within
// a phase in the order in which they begin to wait. The zero value is no seat.
type seat struct{ born, number uint64 }

func (s seat) compare(other seat) int {
	return cmp.Or(cmp.Compare(s.born, other.born), cmp.Compare(s.number, other.number))
}

func newWaiter(s seat) *waiter { return &waiter{seat: s, wake: make(chan struct{}, 1)} }

func (w *waiter) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *waiter) letOut(phase, round uint64) {
	w.isOut, w.phase, w.round = true, phase, round
	w.wakeUp()
}

// queue is the waiting callers, oldest first.
type queue []*waiter

func (q *queue) add(w *waiter) {
	at, _ := q.find(w)
	*q = slices.Insert(*q, at, w)
}

// remove removes w, if present.
func (q *queue) remove(w *waiter) {
	if at, found := q.find(w); found {
		*q = slices.Delete(*q, at, at+1)
	}
}

func (q *queue) popFirst() *waiter {
	first := (*q)[0]
	*q = slices.Delete(*q, 0, 1)
	return first
}

func (q queue) find(w *waiter) (int, bool) {
	return slices.BinarySearchFunc(q, w, func(a, b *waiter) int { return a.seat.compare(b.seat) })
}

func (q queue) isFirst(w *waiter) bool {
	at, found := q.find(w)
	return found && at == 0
}

func (q queue) wakeFirst() {
	if len(q) > 0 {
		q[0].wakeUp()
	}
}

func (q queue) wakeAll() {
	for _, w := range q {
		w.wakeUp()
	}
}
