package keyed

import (
	"sync"
	"time"
)

// lagHolds is how long a measured lag is valid.
const lagHolds = 10 * time.Minute

// Lag is how long lists take to show a new resource, as measured by one client. A create
// that knows it needs no extra search to measure it.
type Lag struct {
	mu   sync.Mutex
	most time.Duration
	at   time.Time // when it was measured; zero: unknown
}

// known returns how long lists take at most, if that was measured recently.
func (l *Lag) known() (most time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() || time.Since(l.at) > lagHolds {
		return 0, false
	}
	return l.most, true
}

// showed notes that a list showed a resource within d of the request that created it. It
// returns the shortest lag measured.
func (l *Lag) showed(d time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() || time.Since(l.at) > lagHolds || d < l.most {
		l.most, l.at = d, time.Now()
	}
	return l.most
}

// missed notes that a list did not show a resource although it began d after the response
// that named it. A shorter measured lag is then no longer valid.
func (l *Lag) missed(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d >= l.most {
		l.at = time.Time{}
	}
}
