package retry

import "sync"

// budgetSize is how many retries a client may spend without a success in between: far
// more than single failures need, and far fewer than many callers would send to a service
// that is down.
const budgetSize = 200

// Budget is a bucket of tokens that all calls of a client share. Each retry takes one, and
// each success gives one back, so a service that fails now and then is always retried, and
// a broken one is not flooded. The zero value is a full bucket.
type Budget struct {
	mu    sync.Mutex
	spent int
}

// Take takes a token for a retry and reports whether there was one.
func (b *Budget) Take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent >= budgetSize {
		return false
	}
	b.spent++
	return true
}

// Give returns a token after a success.
func (b *Budget) Give() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-1)
}
