package exchange_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/transport"
)

func TestLocalTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // now is a whole second
		now := time.Now().UTC()
		for name, tt := range map[string]struct {
			date  string
			shift time.Duration
		}{
			"none":               {"", 0},
			"not a date":         {"tomorrow", 0},
			"the same":           {now.Format(http.TimeFormat), 0},
			"slightly apart":     {now.Add(10 * time.Second).Format(http.TimeFormat), 0},
			"more than that":     {now.Add(11 * time.Second).Format(http.TimeFormat), -11 * time.Second},
			"this one is behind": {now.Add(time.Hour).Format(http.TimeFormat), -time.Hour},
			"this one is ahead":  {now.Add(-time.Hour).Format(http.TimeFormat), time.Hour},
		} {
			answer := exchange.Answer{Response: transport.Response{Header: http.Header{"Date": {tt.date}}}}
			end := now.Add(24 * time.Hour)
			assert.Equal(t, end.Add(tt.shift), answer.LocalTime(end), name)
			assert.Zero(t, answer.LocalTime(time.Time{}), name)
		}
	})
}
