package retry

import (
	"context"
	"errors"
	"time"
)

// ErrPatience is returned if a wait for a gate would take longer than
// Policy.ThrottleTimeout.
var ErrPatience = errors.New("the service has throttled this client for too long")

// Turn is the state of one call at its gate. It is for one goroutine at a time. The zero
// value is for a call that has not begun.
type Turn struct {
	gate     *Gate
	seat     seat
	phase    uint64    // of the gate when the attempt was let out
	round    uint64    // the same; only if isOut
	isOut    bool      // the gate waits for the outcome of the attempt
	patience time.Time // when to give up while throttled; zero if not throttled
}

// Enter waits until the gate lets out the call's next attempt. Its error is that of ctx;
// immediately context.DeadlineExceeded, if the deadline would pass before the gate can
// open; or ErrPatience, if p.ThrottleTimeout would, counted from the first refusal in a row
// or from when the call began to wait.
//
// Afterwards, the caller reports the outcome of the attempt to t, once. A call that ends
// or panics before that must call t.Unknown.
func (g *Gate) Enter(ctx context.Context, p Policy, t *Turn) error {
	t.settle(false) // an attempt without a reported outcome
	t.phase = g.phase.Load()
	if t.gate == nil {
		t.gate, t.seat.born = g, t.phase
	}
	if !isClosed(t.phase) {
		return nil
	}
	t.phase = 0 // the outcome of a call without a turn says nothing new
	return g.wait(ctx, p, t)
}

// Passed reports that the attempt got a response and was not throttled.
func (t *Turn) Passed() { t.end(true) }

// Unknown reports that the attempt was not made, got no response, or got one that says
// nothing about the limit. It has no effect if the outcome was already reported.
func (t *Turn) Unknown() { t.end(false) }

func (t *Turn) end(passed bool) {
	t.patience = time.Time{}
	t.settle(passed)
}

// settle reports the outcome to the gate, if it waits for it.
func (t *Turn) settle(passed bool) {
	if t.isOut {
		t.isOut = false
		t.gate.answered(t, passed)
	}
}

// Throttled reports that the attempt, which began at sent, was throttled. after is how long
// the service asked to wait, and window the window of its limit; 0 if unknown.
func (t *Turn) Throttled(p Policy, sent time.Time, after, window time.Duration) {
	if t.gate == nil {
		return
	}
	t.isOut = false
	t.beginPatience(p, sent)
	t.gate.refused(t, p, after, window)
}

func (t *Turn) beginPatience(p Policy, from time.Time) {
	if t.patience.IsZero() {
		t.patience = from.Add(p.ThrottleTimeout)
	}
}

// wait is Enter for a closed gate.
func (g *Gate) wait(ctx context.Context, p Policy, t *Turn) error {
	t.beginPatience(p, time.Now())
	end := endOfWait(ctx, t.patience)
	w := g.join(t)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		left, err := g.look(w, end)
		switch {
		case err != nil:
			return err
		case left == 0:
			t.phase, t.round, t.isOut = w.phase, w.round, w.isOut
			return nil
		}
		timer.Reset(left)
		select {
		case <-w.wake:
		case <-timer.C:
		case <-ctx.Done():
			g.leave(w)
			return ctx.Err()
		}
	}
}

// waitEnd is when a caller gives up, and why.
type waitEnd struct {
	at  time.Time
	err error
}

func endOfWait(ctx context.Context, patience time.Time) waitEnd {
	if deadline, ok := ctx.Deadline(); ok && !deadline.After(patience) {
		return waitEnd{deadline, context.DeadlineExceeded}
	}
	return waitEnd{patience, ErrPatience}
}

// join adds a waiter to the queue.
func (g *Gate) join(t *Turn) *waiter {
	g.mu.Lock()
	defer g.mu.Unlock()
	w := newWaiter(g.seat(t))
	g.queue.add(w)
	return w
}

// seat returns the seat of a call, which it keeps.
func (g *Gate) seat(t *Turn) seat {
	if t.seat.number == 0 {
		g.seats++
		t.seat.number = g.seats
	}
	return t.seat
}

// look returns how long w must wait before it checks again, or 0 if it may go. The error
// says why it must not wait.
func (g *Gate) look(w *waiter, end waitEnd) (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.advance(now)
	switch {
	case w.isOut:
		return 0, nil
	case !isClosed(g.phase.Load()): // it has opened since the caller joined
		g.drop(w)
		w.phase = g.phase.Load()
		return 0, nil
	case !end.at.After(now), !end.at.After(g.until):
		g.drop(w)
		return 0, end.err
	case g.queue.isFirst(w):
		return min(end.at.Sub(now), g.next(now).Sub(now)), nil
	}
	return end.at.Sub(now), nil
}

// leave removes a caller that gives up. If it was let out meanwhile, it passes its turn on.
func (g *Gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !w.isOut {
		g.drop(w)
		return
	}
	if w.phase == g.phase.Load() {
		g.round.giveBack(w.round)
		g.advance(time.Now())
	}
}

func (g *Gate) drop(w *waiter) {
	g.queue.remove(w)
	g.queue.wakeFirst()
}
