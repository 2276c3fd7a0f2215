package retry

import (
	"strconv"
	"strings"
	"time"
)

// DefaultThrottleTimeout is how long a throttled call keeps trying by default. Gateways
// throttle by the minute.
const DefaultThrottleTimeout = 2 * time.Minute

// maxThrottlePauses bounds ThrottleTimeout by a multiple of MaxDelay: a tiny MaxDelay must
// not lead to a flood of requests.
const maxThrottlePauses = 100

// throttlePause returns the pause after the given number of pauses in a row. It doubles up
// to MaxDelay. If the service names the window of its limit, it begins with an eighth of
// the window and doubles up to the window.
func (p Policy) throttlePause(pauses int, window time.Duration) time.Duration {
	pause, most := p.BaseDelay, p.MaxDelay
	if window > 0 {
		pause, most = max(window/8, p.BaseDelay), min(most, window)
	}
	return doubled(pause, pauses, most)
}

// Window returns the window of a limit from a throttling message such as
// "limit:60,time:1 minute", or 0.
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
