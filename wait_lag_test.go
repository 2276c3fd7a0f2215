package vpcep_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// during responds differently between two points in time.
func during(from, to time.Duration, other answer, usual func(at time.Duration) answer) func(time.Duration) answer {
	return func(at time.Duration) answer {
		if at >= from && at < to {
			return other
		}
		return usual(at)
	}
}

// A lagging replica may not know what another one has shown.
func TestStaleNotFoundEndsNoWait(t *testing.T) {
	bubble(t, "for a status", func(t *testing.T) {
		c, service := watch(t, during(3*sec, 6*sec, gone, becomes(creating, 20*sec, accepted)))
		e, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{})
		require.NoError(t, err)
		assert.Equal(t, vpcep.StatusAccepted, e.Status)
		assert.GreaterOrEqual(t, time.Since(service.start), 20*sec)
	})
	bubble(t, "for a change", func(t *testing.T) {
		c, _ := watch(t, during(2*sec, 5*sec, gone, becomes(accepted, 20*sec, status(200, `{"id":"e-1","status":"accepted","enable_whitelist":true}`))))
		on := true
		e, err := c.WaitForEndpointChange(t.Context(), "e-1", vpcep.HasWhitelist(vpcep.WhitelistChange{Enable: &on}), vpcep.WaitOptions{})
		require.NoError(t, err)
		assert.True(t, e.EnableWhitelist)
	})
	bubble(t, "for the end", func(t *testing.T) { // deleted right after the create
		c, service := watch(t, during(1*sec, 3*sec, gone, becomes(creating, 20*sec, gone)))
		require.NoError(t, c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{}))
		assert.GreaterOrEqual(t, time.Since(service.start), 25*sec)
	})
	bubble(t, "with failures between", func(t *testing.T) {
		c, service := watch(t, during(12*sec, 14*sec, status(500, ""), becomes(creating, 10*sec, gone)))
		_, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{Interval: sec})
		require.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
		assert.Equal(t, 15*sec, time.Since(service.start))
	})
	bubble(t, "twice", func(t *testing.T) {
		c, service := watch(t, during(10*sec, 14*sec, gone, during(16*sec, 20*sec, gone, becomes(creating, 30*sec, accepted))))
		_, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{Interval: sec})
		require.NoError(t, err)
		assert.Equal(t, 30*sec, time.Since(service.start))
	})
}

// If the status was deleting, or the resource was never seen, one response is enough.
func TestEndIsNoticedAtOnce(t *testing.T) {
	for name, before := range map[string]answer{"deleting": in(vpcep.StatusDeleting), "never seen": gone} {
		bubble(t, name, func(t *testing.T) {
			c, service := watch(t, becomes(before, 10*sec, gone))
			require.NoError(t, c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{Interval: sec}))
			assert.LessOrEqual(t, time.Since(service.start), 10*sec)
		})
	}
}

// Somebody else creates the endpoint of a connection, at any time.
func TestWaitForAConnectionThatAppearsLate(t *testing.T) {
	none, there := status(200, `{"connections":[],"total_count":0}`), status(200, `{"connections":[{"id":"e-1","status":"accepted"}],"total_count":1}`)
	waiting := status(200, `{"connections":[{"id":"e-1","status":"pendingAcceptance"}],"total_count":1}`)
	bubble(t, "after minutes", func(t *testing.T) {
		c, service := watch(t, becomes(none, 5*time.Minute, there))
		k, err := c.WaitForConnection(t.Context(), "s-1", "e-1", vpcep.WaitOptions{})
		require.NoError(t, err)
		assert.Equal(t, vpcep.StatusAccepted, k.Status)
		assert.GreaterOrEqual(t, time.Since(service.start), 5*time.Minute)
	})
	bubble(t, "never", func(t *testing.T) {
		c, service := watch(t, becomes(none, 0, none))
		k, err := c.WaitForConnection(t.Context(), "s-1", "e-1", vpcep.WaitOptions{})
		var timeout *vpcep.WaitTimeoutError
		require.ErrorAs(t, err, &timeout)
		assert.Nil(t, k)
		assert.Equal(t, vpcep.DefaultWaitTimeout, time.Since(service.start))
	})
	bubble(t, "and is gone", func(t *testing.T) {
		c, service := watch(t, becomes(waiting, 30*sec, none))
		_, err := c.WaitForConnection(t.Context(), "s-1", "e-1", vpcep.WaitOptions{Interval: sec})
		require.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
		assert.Equal(t, 35*sec, time.Since(service.start))
	})
	bubble(t, "of no service", func(t *testing.T) {
		c, service := watch(t, becomes(status(404, `{"error":{"code":"EndPoint.0005","message":"m"}}`), sec, none))
		_, err := c.WaitForConnection(t.Context(), "s-1", "e-1", vpcep.WaitOptions{})
		require.ErrorIs(t, err, vpcep.ErrServiceNotFound)
		assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
		assert.Zero(t, time.Since(service.start))
	})
}
