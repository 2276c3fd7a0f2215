package retry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/retry"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func after(value string) time.Duration {
	return retry.After(http.Header{"Retry-After": {value}}, now)
}

func TestAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 7 ": 7 * time.Second, "0": 0, "-3": 0, "1.5": 1500 * time.Millisecond, "": 0, "soon": 0, "NaN": 0, "1e-9": 1,
		"Sun, 01 Mar 2026 12:01:00 GMT":  time.Minute,
		"Sunday, 01-Mar-26 12:01:00 GMT": time.Minute,
		"Sun Mar  1 12:01:00 2026":       time.Minute,
		"Sun, 01 Mar 2026 11:00:00 GMT":  0,
		"2026-03-01T12:01:00Z":           0,
	} {
		assert.Equal(t, want, after(value), value)
	}
	assert.Zero(t, retry.After(http.Header{}, now))
	for _, huge := range []string{"1e300", "Inf", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		assert.Greater(t, after(huge), 24*time.Hour, huge)
	}
}

func FuzzAfter(f *testing.F) {
	for _, seed := range []string{"7", "-1", "1e309", "Sun, 01 Mar 2026 12:01:00 GMT", "\x00", "0x1p-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if after(value) < 0 {
			t.Errorf("a wait of %s", after(value))
		}
	})
}
