package exchange

import (
	"net/http"
	"time"
)

// slightlyApart is how far two clocks may be apart, and an answer be under way,
// before the difference counts. The header Date has whole seconds.
const slightlyApart = 10 * time.Second

// LocalTime returns by this machine's clock what the service says by its own. The
// header Date tells how far the two are apart; without it they are taken for the same.
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
