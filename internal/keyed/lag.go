package keyed

import (
	"sync"
	"time"
)

// lagHolds is for how long a measured lag counts.
const lagHolds = 10 * time.Minute

// Lag is how long lists take to show what was made, as one client has measured it.
// Who knows it needs no look of its own to find out.
type Lag struct {
	mu   sync.Mutex
	most time.Duration
	at   time.Time // when that was measured; zero: nothing is known
}

// known is how long lists take at most, if that was measured not long ago.
func (l *Lag) known() (most time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() || time.Since(l.at) > lagHolds {
		return 0, false
	}
	return l.most, true
}

// showed notes that something was shown within d of the request that made it. It
// returns the least that is known.
func (l *Lag) showed(d time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() || time.Since(l.at) > lagHolds || d < l.most {
		l.most, l.at = d, time.Now()
	}
	return l.most
}

// missed notes that a list did not show something although it was begun d after the
// answer that named it: what was measured before no longer holds where it was less.
func (l *Lag) missed(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d >= l.most {
		l.at = time.Time{}
	}
}
