package retry

import "time"

// lease is how long a round waits for answers. What takes longer, or was forgotten,
// does not hold up the others.
const lease = 15 * time.Second

// maxRound keeps the size of a round from growing beyond all numbers.
const maxRound = 1 << 16

// round is a number of callers that are let out together after a pause. What comes of
// them decides how many are let out next.
type round struct {
	number uint64 // since the pause
	size   int
	out    int // were let out
	open   int // of them, have no answer yet
	passed int
	lease  time.Time // since the last one was let out
}

func firstRound() round { return round{size: 1} }

// next is twice as large, or begins anew where no request passed.
func (r round) next() round {
	n := firstRound()
	n.number = r.number + 1
	if r.passed > 0 {
		n.size = min(2*r.size, maxRound)
	}
	return n
}

// letOut reports whether one more may go.
func (r *round) letOut(now time.Time) bool {
	if r.out == r.size {
		return false
	}
	r.out++
	r.open++
	r.lease = now.Add(lease)
	return true
}

// answered counts an answer, be it a late one to a round before.
func (r *round) answered(number uint64, passed bool) {
	if number == r.number {
		r.open--
	}
	if passed {
		r.passed++
	}
}

// giveBack takes back that a caller was let out.
func (r *round) giveBack(number uint64) {
	if number == r.number {
		r.open--
		r.out--
	}
}

// isPassed reports that nothing stands in the way of further requests.
func (r *round) isPassed() bool { return r.open == 0 && r.passed > 0 }

// isOver reports that it is time for the next round.
func (r *round) isOver(now time.Time) bool {
	return r.out > 0 && r.open == 0 || r.out == r.size && !now.Before(r.lease)
}
