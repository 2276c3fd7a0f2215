package retry

import (
	"strconv"
	"strings"
	"time"
)

// DefaultThrottleTimeout is how long a call outlasts throttling where nothing else
// is said. Gateways throttle by the minute.
const DefaultThrottleTimeout = 2 * time.Minute

// maxThrottlePauses bounds ThrottleTimeout by what MaxDelay makes of a pause: a tiny
// one must not become a flood.
const maxThrottlePauses = 100

// throttlePause is the pause after the given number of pauses in a row. It doubles up
// to MaxDelay or, where the service names it, up to the window of its limit, and
// begins with an eighth of that.
func (p Policy) throttlePause(pauses int, window time.Duration) time.Duration {
	pause, most := p.BaseDelay, p.MaxDelay
	if window > 0 {
		pause, most = max(window/8, p.BaseDelay), min(most, window)
	}
	return doubled(pause, pauses, most)
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
	if err != nil || n > 1000 {
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
