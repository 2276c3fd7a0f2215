// Package retry decides when a request may be sent again, and how long to wait before. It
// sends nothing.
package retry

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAfter is the longest wait in seconds, some thirty years; longer ones are cut to it.
const maxAfter = 1e9

// After reads a Retry-After header, in seconds or as a date, as a wait from now.
// It is 0 if the header is missing, invalid, or a time in the past.
func After(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) {
			return 0
		}
		return time.Duration(min(max(seconds, 0), maxAfter) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
