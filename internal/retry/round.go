package retry

import "time"

// lease is how long a round waits for responses, so that one that takes longer, or never
// comes, does not hold up the others.
const lease = 15 * time.Second

// maxRound bounds the size of a round.
const maxRound = 1 << 16

// round is a number of callers that are let out together after a pause. Their outcomes
// decide how many are let out next.
type round struct {
	number uint64 // since the pause
	size   int
	out    int // how many were let out
	open   int // how many of them have no outcome yet
	passed int
	lease  time.Time // since the last one was let out
}

func firstRound() round { return round{size: 1} }

// next returns a round twice as large, or the first one again if no request passed.
func (r round) next() round {
	n := firstRound()
	n.number = r.number + 1
	if r.passed > 0 {
		n.size = min(2*r.size, maxRound)
	}
	return n
}

// letOut reports whether one more caller may go.
func (r *round) letOut(now time.Time) bool {
	if r.out == r.size {
		return false
	}
	r.out++
	r.open++
	r.lease = now.Add(lease)
	return true
}

// answered counts an outcome, even one of an earlier round.
func (r *round) answered(number uint64, passed bool) {
	if number == r.number {
		r.open--
	}
	if passed {
		r.passed++
	}
}

// giveBack undoes letting a caller out.
func (r *round) giveBack(number uint64) {
	if number == r.number {
		r.open--
		r.out--
	}
}

// isPassed reports whether the gate may open.
func (r *round) isPassed() bool { return r.open == 0 && r.passed > 0 }

// isOver reports whether it is time for the next round.
func (r *round) isOver(now time.Time) bool {
	return r.out > 0 && r.open == 0 || r.out == r.size && !now.Before(r.lease)
}
