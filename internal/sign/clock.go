package sign

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// tolerance is how far the clocks may certainly be apart: the gateway allows 15 minutes,
	// Date has whole seconds, and requests take time.
	tolerance = 14 * time.Minute
	// vainFor is how long a correction that did not help is not tried again: wrong
	// signatures lock a key.
	vainFor = time.Minute
)

// Clock is the time to sign requests with: this machine's until the gateway refuses a
// signature because of its time, and then the gateway's. It is safe for concurrent use.
// The zero value is ready to use.
type Clock struct {
	mu         sync.Mutex
	correction time.Duration
	vainUntil  time.Time
}

// Now returns the time to sign with.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.correction)
}

// Refused is called when a signature was refused with 401, with the headers of the request
// and of the response. It reports whether the next signature may pass because its time
// differs, and returns how far the clocks are apart, if they are.
func (c *Clock) Refused(sent, answer http.Header) (again bool, why error) {
	signed, signedErr := time.Parse(timeLayout, sent.Get(HeaderDate))
	date, dateErr := http.ParseTime(answer.Get("Date"))
	if signedErr != nil || dateErr != nil {
		return false, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().Round(0)
	apart := date.Sub(now)
	if apart.Abs() > tolerance {
		why = apartError(apart)
	}
	switch {
	case date.Sub(signed).Abs() <= tolerance: // the time is not the reason
		if c.correction != 0 {
			c.correction, c.vainUntil = 0, now.Add(vainFor)
		}
		return false, why
	case now.Before(c.vainUntil):
		return false, why
	case apart.Abs() <= tolerance:
		apart = 0 // this machine's clock has been corrected in the meantime
	}
	c.correction = apart
	return true, why
}

// apartError says how far the service's clock is ahead of this machine's.
type apartError time.Duration

func (e apartError) Error() string {
	apart, direction := time.Duration(e), "behind"
	if apart < 0 {
		apart, direction = -apart, "ahead of"
	}
	return fmt.Sprintf("this machine's clock is %s %s the service's", apart.Round(time.Second), direction)
}
