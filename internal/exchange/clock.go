package exchange

import (
	"net/http"
	"time"
)

// slightlyApart is the difference between two clocks that is ignored. It allows for the
// time that a response takes, and for Date, which has whole seconds.
const slightlyApart = 10 * time.Second

// LocalTime converts a time by the service's clock into this machine's. The header Date
// shows the difference; without it, the clocks are assumed to agree.
func (a Answer) LocalTime(t time.Time) time.Time {
	date, err := http.ParseTime(a.Header.Get("Date"))
	if t.IsZero() || err != nil {
		return t
	}
	ahead := time.Now().Round(0).Sub(date)
	if ahead.Abs() <= slightlyApart {
		return t
	}
	return t.Add(ahead)
}
