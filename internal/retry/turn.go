package retry

import (
	"context"
	"errors"
	"time"
)

// ErrPatience ends a wait for a gate that would take longer than Policy.ThrottleTimeout.
var ErrPatience = errors.New("the service has throttled this client for too long")

// Turn is what a call has to do with its gate. It is for one call, and for one
// goroutine at a time. The zero value is that of a call that has not begun.
type Turn struct {
	gate     *Gate
	seat     seat
	phase    uint64    // of the gate, as the attempt was let out
	round    uint64    // the same; only where isOut
	isOut    bool      // the gate waits for what comes of the attempt
	patience time.Time // until when throttling is outlasted; zero: there was none
}

// Enter waits until the gate lets the call's next attempt out. It returns why it did
// not: the error of ctx; context.DeadlineExceeded at once, where the deadline would
// pass before the gate can open; ErrPatience, where p.ThrottleTimeout would. It has
// passed since the first refusal in a row, or since the call began to wait.
//
// Whatever comes of the attempt is told to t afterwards, once. A call that ends, or
// panics, before it could tell calls t.Unknown.
func (g *Gate) Enter(ctx context.Context, p Policy, t *Turn) error {
	t.settle(false) // of an attempt that was left open
	t.phase = g.phase.Load()
	if t.gate == nil {
		t.gate, t.seat.born = g, t.phase
	}
	if !isClosed(t.phase) {
		return nil
	}
	t.phase = 0 // a call that goes without a turn tells nothing new
	return g.wait(ctx, p, t)
}

// Passed says that the attempt was answered, and not throttled.
func (t *Turn) Passed() { t.end(true) }

// Unknown says that the attempt was not made, or got no answer, or one that tells
// nothing of the limit. It has no effect where the end of the attempt was told before.
func (t *Turn) Unknown() { t.end(false) }

func (t *Turn) end(passed bool) {
	t.patience = time.Time{}
	t.settle(passed)
}

// settle tells the gate what it waits for, if it does.
func (t *Turn) settle(passed bool) {
	if t.isOut {
		t.isOut = false
		t.gate.answered(t, passed)
	}
}

// Throttled says that the attempt, which began at the time sent, was throttled.
// after is how long the service asked to wait, window what its limit counts by; 0:
// it did not say.
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

// join queues up.
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

// look says how long w has to wait before it looks again: 0, where it may go. The
// error says why it shall not wait.
func (g *Gate) look(w *waiter, end waitEnd) (time.Duration, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.advance(now)
	switch {
	case w.isOut:
		return 0, nil
	case !isClosed(g.phase.Load()): // it was opened since the caller came
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

// leave takes out a caller that gives up. Where it was let out meanwhile, it hands
// its turn on.
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
