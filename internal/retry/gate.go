package retry

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultThrottleTimeout is how long a call outlasts throttling where nothing else
// is said. Gateways throttle by the minute.
const DefaultThrottleTimeout = 2 * time.Minute

// maxThrottlePauses bounds ThrottleTimeout by what MaxDelay makes of a pause: a tiny
// one must not become a flood.
const maxThrottlePauses = 100

// Gate holds back the calls of a client that are throttled, because they share the
// limit: after a refusal none is sent until a pause is over, and the pause doubles
// with each refusal that follows it. Those who wait come one after the other then,
// and the next refusal closes the gate for the rest. The zero value is open.
type Gate struct {
	mu      sync.Mutex
	closed  time.Time // when it was closed last; zero: never
	until   time.Time
	pause   time.Duration
	pauses  int // since a request passed
	waiting int
}

// Gates are the gates of a client, one for each kind of request: gateways limit them apart.
type Gates [Delete + 1]Gate

// Of returns the gate of an operation.
func (g *Gates) Of(op Operation) *Gate {
	if op == KeyedCreate {
		op = Create
	}
	return &g[op]
}

// Close closes the gate after a request that was sent at the time sent was
// throttled. after is how long the service asked to wait, window what its limit
// counts by; 0: it did not say.
func (g *Gate) Close(p Policy, sent time.Time, after, window time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.closed.IsZero() || sent.After(g.closed) { // else it is a request of the same burst
		g.pause = p.throttlePause(g.pauses, window)
		g.pauses++
		g.closed = now
		g.until = now.Add(g.pause - rand.N(g.pause/4+1))
	}
	if asked := now.Add(min(after, p.MaxDelay)); asked.After(g.until) {
		g.until = asked
	}
}

// Open notes that a request which was sent at the time sent was not throttled.
func (g *Gate) Open(sent time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if sent.After(g.closed) {
		g.pauses = 0
	}
}

// Wait waits until the gate is open, and where others wait too, for a turn of its
// own. It returns why it did not: the end of ctx, or a deadline before the end of the pause.
func (g *Gate) Wait(ctx context.Context) error {
	g.mu.Lock()
	g.waiting++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.waiting--
		g.mu.Unlock()
	}()
	for {
		g.mu.Lock()
		left := time.Until(g.until)
		if left > 0 && g.waiting > 1 {
			left += rand.N(g.pause/4 + 1)
		}
		g.mu.Unlock()
		if left <= 0 {
			return ctx.Err()
		}
		if err := Sleep(ctx, left); err != nil {
			return err
		}
	}
}

// throttlePause is the pause after the given number of pauses in a row. It doubles up
// to MaxDelay or, where the service names it, up to the window of its limit, and
// begins with an eighth of that.
func (p Policy) throttlePause(pauses int, window time.Duration) time.Duration {
	pause, most := p.BaseDelay, p.MaxDelay
	if window > 0 {
		pause, most = max(window/8, p.BaseDelay), min(most, window)
	}
	for range pauses {
		if pause > most/2 {
			return most
		}
		pause *= 2
	}
	return min(pause, most)
}

// Window reads what a throttling message says of its limit, for example
// "limit:60,time:1 minute": the time that the limit counts by. 0: it does not say.
func Window(message string) time.Duration {
	_, text, ok := strings.Cut(strings.ToLower(message), "time:")
	if !ok {
		return 0
	}
	text = strings.TrimSpace(text)
	digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
	n, err := strconv.Atoi(text[:digits])
	if err != nil || n <= 0 || n > 1000 {
		return 0
	}
	unit := strings.TrimSpace(text[digits:])
	for name, d := range map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour} {
		if strings.HasPrefix(unit, name) {
			return time.Duration(n) * d
		}
	}
	return 0
}
