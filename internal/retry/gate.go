package retry

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Gate holds back the calls of a client while it is throttled, because they share the
// limit. A call enters it before each attempt, including the first, and reports the
// outcome of the attempt:
//
//	var turn retry.Turn
//	defer turn.Unknown() // whatever becomes of the call
//	for {
//		if err := gate.Enter(ctx, policy, &turn); err != nil {
//			return err // of ctx, or ErrPatience
//		}
//		sent := time.Now()
//		... one attempt ...
//		turn.Passed()                               // the response was not throttled, or
//		turn.Throttled(policy, sent, after, window) // it was, or
//		turn.Unknown()                              // no response, or any other failure
//	}
//
// A refusal closes the gate for a pause. Then one caller is let out, and the others wait
// for its outcome: a refusal closes the gate again, for a longer pause, and a success lets
// out two, then four, and so on, until nobody waits. The oldest call goes first. This way,
// few requests are refused, however long the responses take, and no call waits for newer
// ones.
//
// The zero value is open, and costs an atomic load.
type Gate struct {
	phase atomic.Uint64 // odd means closed; incremented whenever the gate closes or opens

	mu     sync.Mutex
	until  time.Time // the end of the pause
	pauses int       // since a request passed
	round  round
	queue  queue
	seats  uint64 // assigned so far
}

// Gates are the gates of a client, one for each kind of request, because gateways limit
// them separately.
type Gates [Delete + 1]Gate

// Of returns the gate of an operation.
func (g *Gates) Of(op Operation) *Gate {
	if op == KeyedCreate {
		op = Create
	}
	return &g[op]
}

func isClosed(phase uint64) bool { return phase%2 == 1 }

// refused notes a refusal. If its request was let out before the gate closed, it only
// extends the pause, by what the service asks for.
func (g *Gate) refused(t *Turn, p Policy, after, window time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seat(t) // before later callers
	now, before := time.Now(), g.until
	phase := g.phase.Load()
	if !isClosed(phase) || t.phase == phase {
		g.close(p, now, window)
	}
	if asked := now.Add(min(after, p.MaxDelay)); asked.After(g.until) {
		g.until = asked
	}
	if g.until != before {
		g.queue.wakeAll() // some may give up before the end of the pause
	}
}

// close begins a pause.
func (g *Gate) close(p Policy, now time.Time, window time.Duration) {
	phase := g.phase.Load()
	g.phase.Store(phase + 1 + phase%2)
	pause := p.throttlePause(g.pauses, window)
	g.pauses++
	g.until = now.Add(pause - rand.N(pause/4+1))
	g.round = firstRound()
}

// answered notes the end of an attempt that was not throttled. It has no effect if the gate
// has closed or opened since.
func (g *Gate) answered(t *Turn, passed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.phase != g.phase.Load() {
		return
	}
	g.round.answered(t.round, passed)
	if passed {
		g.pauses = 0
	}
	g.advance(time.Now())
}

// advance lets out the callers whose turn it is. It is called after each change.
func (g *Gate) advance(now time.Time) {
	if !isClosed(g.phase.Load()) || now.Before(g.until) {
		return
	}
	if len(g.queue) == 0 {
		if g.round.isPassed() {
			g.phase.Add(1)
		}
		return
	}
	if g.round.isOver(now) {
		g.round = g.round.next()
	}
	isAnother := false
	for ; len(g.queue) > 0 && g.round.letOut(now); isAnother = true {
		g.queue.popFirst().letOut(g.phase.Load(), g.round.number)
	}
	if isAnother {
		g.queue.wakeFirst() // it watches the clock
	}
}

// next returns when the first caller in the queue must act, unless a response comes first.
func (g *Gate) next(now time.Time) time.Time {
	if now.Before(g.until) {
		return g.until
	}
	return g.round.lease
}
