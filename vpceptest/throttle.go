package vpceptest

import (
	"sync"
	"time"
)

// throttle counts the requests of each account in the current minute.
type throttle struct {
	most int // 0: any number

	mu    sync.Mutex
	begin time.Time
	sent  map[*account]int
}

func (t *throttle) admits(a *account, now time.Time) bool {
	if t.most == 0 {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(t.begin) {
		t.begin, t.sent = minute, map[*account]int{}
	}
	t.sent[a]++
	return t.sent[a] <= t.most
}
