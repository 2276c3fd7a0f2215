package sign_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/sign"
)

// gateway refuses a signature made with clock, by the gateway's own time.
func gateway(clock *sign.Clock, ahead time.Duration) (again bool, why error) {
	sent := http.Header{sign.HeaderDate: {clock.Now().UTC().Format("20060102T150405Z")}}
	answer := http.Header{"Date": {time.Now().UTC().Add(ahead).Format(http.TimeFormat)}}
	return clock.Refused(sent, answer)
}

func TestClockTakesTheGatewaysTimeOnce(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"behind": 2 * time.Hour, "ahead of": -14*time.Minute - time.Second} {
		says := "this machine's clock is " + ahead.Abs().String() + " " + name + " the service's"
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock sign.Clock
				assert.Equal(t, time.Now(), clock.Now())
				again, why := gateway(&clock, ahead)
				assert.True(t, again)
				assert.EqualError(t, why, says)
				assert.Equal(t, ahead, clock.Now().Sub(time.Now().Round(0)))

				again, why = gateway(&clock, ahead)
				assert.False(t, again, "it was not the time")
				assert.EqualError(t, why, says)
				assert.Equal(t, time.Now(), clock.Now(), "what did not help is not kept")

				again, _ = gateway(&clock, ahead)
				assert.False(t, again, "nor tried again at once")
				time.Sleep(time.Minute)
				again, _ = gateway(&clock, ahead)
				assert.True(t, again)
			})
		})
	}
}

func TestClockThatIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock sign.Clock
		for _, ahead := range []time.Duration{0, 14 * time.Minute, -14 * time.Minute} {
			again, why := gateway(&clock, ahead)
			assert.False(t, again)
			assert.NoError(t, why)
		}
		for _, headers := range []struct{ sent, answer string }{{"", time.Now().Format(http.TimeFormat)}, {"20000101T000000Z", ""}, {"x", "y"}} {
			again, why := clock.Refused(http.Header{sign.HeaderDate: {headers.sent}}, http.Header{"Date": {headers.answer}})
			assert.False(t, again)
			assert.NoError(t, why)
		}
		assert.Equal(t, time.Now(), clock.Now())
	})
}

// Once somebody sets the machine's clock right, the correction is wrong.
func TestClockThatIsSetRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var clock sign.Clock
		again, _ := gateway(&clock, time.Hour)
		assert.True(t, again)
		again, why := gateway(&clock, 14*time.Minute)
		assert.True(t, again)
		assert.NoError(t, why)
		assert.Equal(t, time.Now(), clock.Now())
	})
}
