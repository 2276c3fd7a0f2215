package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// watched is a service whose responses depend on the time since it was created.
type watched struct {
	start    time.Time
	answer   func(at time.Duration) answer
	polls    []time.Duration
	inFlight atomic.Int32
	most     int32 // polls at the same time
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	w.most = max(w.most, w.inFlight.Add(1))
	defer w.inFlight.Add(-1)
	at := time.Since(w.start)
	w.polls = append(w.polls, at)
	return w.answer(at)(r)
}

// watch returns a service and a client for it.
func watch(t *testing.T, answer func(at time.Duration) answer, more ...vpcep.Option) (*vpcep.Client, *watched) {
	t.Helper()
	w := &watched{start: time.Now(), answer: answer}
	return clientOf(t, w, more...), w
}

// in returns the response that shows the endpoint in a status.
func in(s vpcep.EndpointStatus) answer {
	return status(200, fmt.Sprintf(`{"id":"e-1","status":%q}`, s))
}

// becomes returns before until a time, and then after.
func becomes(before answer, at time.Duration, after answer) func(time.Duration) answer {
	return func(now time.Duration) answer {
		if now < at {
			return before
		}
		return after
	}
}

// slow delivers a response late; its content is as old as the request.
func slow(d time.Duration, late answer) answer {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return late(r)
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

var (
	creating = in(vpcep.StatusCreating)
	accepted = in(vpcep.StatusAccepted)
	deleting = in(vpcep.StatusDeleting)
	gone     = status(404, goneBody)
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// waiter is one of the two ways to wait.
type waiter struct {
	name      string
	wait      func(ctx context.Context, c *vpcep.Client, opts vpcep.WaitOptions) error
	goOn, end answer // what lets it go on, and what ends it with success
}

var (
	waitReady = waiter{"until ready", func(ctx context.Context, c *vpcep.Client, opts vpcep.WaitOptions) error {
		_, err := c.WaitForEndpoint(ctx, "e-1", opts)
		return err
	}, creating, accepted}
	waitDeleted = waiter{"until deleted", func(ctx context.Context, c *vpcep.Client, opts vpcep.WaitOptions) error {
		return c.WaitForEndpointDeleted(ctx, "e-1", opts)
	}, deleting, gone}
	waiters = []waiter{waitReady, waitDeleted}
)

func TestWaitNoticesTheEndInTime(t *testing.T) {
	for _, w := range waiters {
		for _, ready := range []time.Duration{50 * ms, 500 * ms, sec, 2 * sec, 5 * sec, 9900 * ms, 20 * sec, 47 * sec, 90 * sec, 120 * sec} {
			bubble(t, w.name+" after "+ready.String(), func(t *testing.T) {
				for range 100 { // the jitter differs
					c, service := watch(t, becomes(w.goOn, ready, w.end))
					require.NoError(t, w.wait(t.Context(), c, vpcep.WaitOptions{}))
					late := time.Since(service.start) - ready
					require.LessOrEqual(t, late, max(sec, ready/10))
					require.EqualValues(t, 1, service.most, "polls at the same time")
				}
			})
		}
	}
}

// The end is noticed at most one pause late, whenever it happens.
func TestWaitPausesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			c, service := watch(t, becomes(creating, 5*time.Minute, accepted))
			require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
			for i, at := range service.polls[1:] {
				before := service.polls[i]
				require.LessOrEqual(t, at-before, min(max(sec, before/10), 10*sec), "the pause after %s", before)
				require.Greater(t, at-before, 250*ms)
			}
			require.Zero(t, service.polls[0], "an endpoint that is ready is noticed at once")
			require.Less(t, service.polls[1], 500*ms, "dense at first")
		}
	})
}

func TestWaitAsksSparingly(t *testing.T) {
	for ready, most := range map[time.Duration]int{0: 1, 2 * sec: 5, 5 * sec: 8, 20 * sec: 21, 120 * sec: 42} {
		bubble(t, ready.String(), func(t *testing.T) {
			for range 100 {
				c, service := watch(t, becomes(creating, ready, accepted))
				require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
				require.LessOrEqual(t, len(service.polls), most)
			}
		})
	}
}

func TestWaitPausesVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 20
		var polls [runs][]time.Duration
		for i := range polls {
			c, service := watch(t, becomes(creating, 20*sec, accepted))
			require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
			polls[i] = service.polls
		}
		for n := 1; n < 10; n++ {
			seen := map[time.Duration]bool{}
			for i := range polls {
				seen[polls[i][n]-polls[i][n-1]] = true
			}
			assert.Greater(t, len(seen), runs/2, "pause %d", n)
		}
	})
}

func TestWaitSendsOnePollAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, service := watch(t, becomes(slow(3*sec, creating), 20*sec, slow(3*sec, accepted)))
		require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
		assert.EqualValues(t, 1, service.most)
		for i, at := range service.polls[1:] {
			assert.Greater(t, at-service.polls[i], 3*sec, "there is a pause between the answer and the next poll")
		}
	})
}

func TestWaitWithInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, w := range waiters {
			c, service := watch(t, becomes(w.goOn, 7*sec, w.end))
			require.NoError(t, w.wait(t.Context(), c, vpcep.WaitOptions{Interval: 3 * sec}))
			assert.Equal(t, []time.Duration{0, 3 * sec, 6 * sec, 9 * sec}, service.polls)
		}
	})
}

func TestWaitTargets(t *testing.T) {
	only := func(s ...vpcep.EndpointStatus) []vpcep.EndpointStatus { return s }
	tests := map[string]struct {
		targets []vpcep.EndpointStatus
		status  vpcep.EndpointStatus
	}{
		"default":       {nil, vpcep.StatusAccepted},
		"default, none": {[]vpcep.EndpointStatus{}, vpcep.StatusAccepted},
		"default, too":  {nil, vpcep.StatusPendingAcceptance},
		"rejected":      {only(vpcep.StatusRejected), vpcep.StatusRejected},
		"failed":        {only(vpcep.StatusFailed), vpcep.StatusFailed},
		"deleting":      {only(vpcep.StatusDeleting), vpcep.StatusDeleting},
		"several":       {only(vpcep.StatusAccepted, vpcep.StatusRejected), vpcep.StatusRejected},
		"unheard of":    {only("sleeping"), "sleeping"},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			c, _ := watch(t, becomes(creating, 5*sec, in(tt.status)))
			e, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{Targets: tt.targets})
			require.NoError(t, err)
			assert.Equal(t, tt.status, e.Status)
		})
	}
	for _, passing := range []vpcep.EndpointStatus{vpcep.StatusCreating, "creatingAgain", "", vpcep.StatusPendingAcceptance} {
		bubble(t, "goes on: "+string(passing), func(t *testing.T) {
			c, service := watch(t, becomes(in(passing), 30*sec, accepted))
			e, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{Targets: only(vpcep.StatusAccepted)})
			require.NoError(t, err)
			assert.Equal(t, vpcep.StatusAccepted, e.Status)
			assert.GreaterOrEqual(t, time.Since(service.start), 30*sec)
		})
	}
}

func TestWaitEndsWithAFailedEndpoint(t *testing.T) {
	reasons := `"error":[{"error_code":"EndPoint.0003","error_message":"no\nport"},{"error_code":"EndPoint.0004","error_message":"no route"}]`
	tests := map[string]struct{ body, text string }{
		"failed":   {`{"id":"e-1","status":"failed",` + reasons + `}`, "vpcep: endpoint e-1 is failed: EndPoint.0003 no port; EndPoint.0004 no route"},
		"rejected": {`{"id":"e-1","status":"rejected"}`, "vpcep: endpoint e-1 is rejected"},
		"deleting": {`{"id":"e-1","status":"deleting"}`, "vpcep: endpoint e-1 is deleting"},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			c, service := watch(t, becomes(creating, 2*sec, status(200, tt.body)))
			e, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{})
			var failed *vpcep.EndpointFailedError
			require.ErrorAs(t, err, &failed)
			require.NotNil(t, failed.Endpoint)
			assert.EqualValues(t, name, failed.Endpoint.Status)
			assert.Equal(t, name == "failed", len(failed.Endpoint.Errors) == 2)
			assert.Equal(t, tt.text, err.Error())
			assert.Equal(t, failed.Endpoint, e)
			assert.LessOrEqual(t, time.Since(service.start), 3*sec)
		})
	}
}

func TestWaitForAnEndpointThatIsNotThere(t *testing.T) {
	bubble(t, "for a moment", func(t *testing.T) {
		c, service := watch(t, becomes(gone, 4900*ms, accepted))
		require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
		assert.Less(t, time.Since(service.start), 6*sec)
	})
	bubble(t, "forever", func(t *testing.T) {
		c, service := watch(t, becomes(gone, 0, gone))
		err := waitReady.wait(t.Context(), c, vpcep.WaitOptions{})
		assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
		assert.GreaterOrEqual(t, time.Since(service.start), 5*sec)
		assert.Less(t, time.Since(service.start), 6*sec)
	})
	bubble(t, "any longer", func(t *testing.T) {
		c, service := watch(t, becomes(creating, 30*sec, gone))
		err := waitReady.wait(t.Context(), c, vpcep.WaitOptions{})
		assert.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
		assert.GreaterOrEqual(t, time.Since(service.start), 35*sec, "one answer that does not find it is no proof")
		assert.Less(t, time.Since(service.start), 40*sec)
	})
	bubble(t, "in time", func(t *testing.T) {
		c, _ := watch(t, becomes(gone, 0, gone))
		err := waitReady.wait(t.Context(), c, vpcep.WaitOptions{Timeout: 2 * sec})
		var timeout *vpcep.WaitTimeoutError
		require.ErrorAs(t, err, &timeout)
		assert.Nil(t, timeout.Last)
		assert.ErrorIs(t, timeout.Err, vpcep.ErrEndpointNotFound)
	})
}

// Errors that waiting does not fix end a wait at once; above all, a 404 without the service's
// code does not prove that the endpoint is gone.
func TestWaitEndsAtOnceWhereWaitingDoesNotHelp(t *testing.T) {
	for _, w := range waiters {
		for name, failure := range refused {
			for _, at := range []time.Duration{0, 10 * sec} {
				bubble(t, fmt.Sprintf("%s %s after %s", w.name, name, at), func(t *testing.T) {
					c, service := watch(t, becomes(w.goOn, at, failure))
					err := w.wait(t.Context(), c, vpcep.WaitOptions{})
					var api *vpcep.APIError
					require.ErrorAs(t, err, &api)
					assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
					assert.NotErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, api.StatusCode == 404, errors.Is(err, vpcep.ErrNotFound))
					assert.LessOrEqual(t, time.Since(service.start), at+sec)
				})
			}
		}
		bubble(t, w.name+" without credentials", func(t *testing.T) {
			cause := errors.New("no token today")
			c, service := watch(t, becomes(w.end, 0, w.end), vpcep.WithAuth(failingAuth{cause}))
			assert.ErrorIs(t, w.wait(t.Context(), c, vpcep.WaitOptions{}), cause)
			assert.Zero(t, time.Since(service.start))
			assert.Empty(t, service.polls)
		})
	}
}

func TestWaitSurvivesAShortOutage(t *testing.T) {
	for _, w := range waiters {
		outages := map[string]answer{"HTML with 200": status(200, "<html>")}
		for _, events := range []map[string]answer{nothingDone, maybeDone} {
			for name, failure := range events {
				outages[name] = failure
			}
		}
		for name, failure := range outages {
			bubble(t, w.name+" "+name, func(t *testing.T) {
				for _, begin := range []time.Duration{0, 10 * sec} {
					c, service := watch(t, func(at time.Duration) answer {
						switch {
						case at < begin:
							return w.goOn
						case at < begin+45*sec:
							return failure
						}
						return w.end
					})
					require.NoError(t, w.wait(t.Context(), c, vpcep.WaitOptions{}))
					assert.LessOrEqual(t, time.Since(service.start), (begin+45*sec)*11/10)
				}
			})
			bubble(t, w.name+" "+name+", too long", func(t *testing.T) {
				c, service := watch(t, becomes(w.goOn, 10*sec, failure))
				err := w.wait(t.Context(), c, vpcep.WaitOptions{})
				require.Error(t, err)
				var timeout *vpcep.WaitTimeoutError
				assert.False(t, errors.As(err, &timeout), "%v", err)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				took := time.Since(service.start)
				assert.True(t, took >= 70*sec && took <= 82*sec, "%s", took)
			})
			bubble(t, w.name+" "+name+", now and then", func(t *testing.T) {
				n := 0
				c, service := watch(t, func(at time.Duration) answer {
					n++
					switch {
					case at >= 5*time.Minute:
						return w.end
					case n%5 == 0:
						return w.goOn
					}
					return failure
				})
				require.NoError(t, w.wait(t.Context(), c, vpcep.WaitOptions{}))
				assert.GreaterOrEqual(t, time.Since(service.start), 5*time.Minute)
			})
		}
	}
	bubble(t, "one poll that hangs is not an outage", func(t *testing.T) {
		c, service := watch(t, becomes(stall, sec, accepted))
		require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
		assert.Less(t, time.Since(service.start), vpcep.DefaultAttemptTimeout+time.Second)
	})
	bubble(t, "the polls of an outage keep their pace", func(t *testing.T) {
		c, service := watch(t, becomes(status(503, ""), 8*sec, accepted))
		require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{Interval: 3 * sec}))
		assert.Equal(t, []time.Duration{0, 3 * sec, 6 * sec, 9 * sec}, service.polls)
	})
	bubble(t, "the polls of an outage are not retries", func(t *testing.T) {
		c, service := watch(t, becomes(status(503, ""), time.Hour, accepted))
		for range 200 { // spends the client's budget of retries
			require.Error(t, get.do(t.Context(), c))
		}
		service.answer = becomes(status(503, ""), time.Since(service.start)+40*sec, accepted)
		require.NoError(t, waitReady.wait(t.Context(), c, vpcep.WaitOptions{}))
	})
}

func TestWaitObeysRetryAfter(t *testing.T) {
	throttled := status(429, "", "Retry-After", "13")
	for _, w := range waiters {
		for name, opts := range map[string]vpcep.WaitOptions{"adaptive": {}, "interval": {Interval: sec}} {
			bubble(t, w.name+" "+name, func(t *testing.T) {
				c, service := watch(t, becomes(throttled, sec, w.end))
				require.NoError(t, w.wait(t.Context(), c, opts))
				assert.Equal(t, []time.Duration{0, 13 * sec}, service.polls)
			})
			bubble(t, w.name+" "+name+", up to MaxDelay", func(t *testing.T) {
				c, service := watch(t, becomes(throttled, sec, w.end), vpcep.WithRetry(vpcep.RetryPolicy{MaxDelay: 5 * sec}))
				require.NoError(t, w.wait(t.Context(), c, opts))
				assert.Equal(t, []time.Duration{0, 5 * sec}, service.polls)
			})
			bubble(t, w.name+" "+name+", to the end", func(t *testing.T) {
				c, service := watch(t, becomes(throttled, sec, w.end))
				opts.Timeout = 10 * sec
				err := w.wait(t.Context(), c, opts)
				var timeout *vpcep.WaitTimeoutError
				require.ErrorAs(t, err, &timeout)
				assert.ErrorIs(t, timeout.Err, vpcep.ErrThrottled)
				assert.Equal(t, []time.Duration{0}, service.polls)
				assert.Equal(t, 10*sec, time.Since(service.start))
			})
		}
	}
}

func TestWaitTimesOut(t *testing.T) {
	for _, w := range waiters {
		tests := map[string]struct {
			opts    vpcep.WaitOptions
			context time.Duration // its deadline, if not 0
			want    time.Duration
		}{
			"default":          {vpcep.WaitOptions{}, 0, 10 * time.Minute},
			"own":              {vpcep.WaitOptions{Timeout: 7 * sec}, 0, 7 * sec},
			"tiny":             {vpcep.WaitOptions{Timeout: ms}, 0, ms},
			"by the context":   {vpcep.WaitOptions{}, 20 * sec, 20 * sec},
			"before context":   {vpcep.WaitOptions{Timeout: 7 * sec}, 20 * sec, 7 * sec},
			"within a pause":   {vpcep.WaitOptions{Interval: time.Hour, Timeout: 20 * sec}, 0, 20 * sec},
			"within many":      {vpcep.WaitOptions{Interval: 10 * ms, Timeout: 50 * ms}, 0, 50 * ms},
			"many intervals":   {vpcep.WaitOptions{Interval: 3 * sec, Timeout: 20 * sec}, 0, 20 * sec},
			"longer than ever": {vpcep.WaitOptions{Timeout: 1 << 62}, time.Hour, time.Hour},
		}
		for name, tt := range tests {
			bubble(t, w.name+" "+name, func(t *testing.T) {
				c, service := watch(t, becomes(w.goOn, 2*time.Hour, w.end))
				ctx := t.Context()
				if tt.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.context)
					defer cancel()
				}
				err := w.wait(ctx, c, tt.opts)
				assert.Equal(t, tt.want, time.Since(service.start))
				var timeout *vpcep.WaitTimeoutError
				require.ErrorAs(t, err, &timeout)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.NotErrorIs(t, err, context.Canceled)
				require.NotNil(t, timeout.Last)
				assert.Contains(t, err.Error(), "vpcep: timed out waiting for endpoint e-1, last seen "+string(timeout.Last.Status))
				assert.NoError(t, timeout.Err)
			})
		}
		bubble(t, w.name+" while a poll is on its way", func(t *testing.T) {
			n := 0
			c, service := watch(t, func(time.Duration) answer {
				if n++; n == 1 {
					return w.goOn
				}
				return stall
			})
			err := w.wait(t.Context(), c, vpcep.WaitOptions{Timeout: 5 * sec})
			assert.Equal(t, 5*sec, time.Since(service.start))
			var timeout *vpcep.WaitTimeoutError
			require.ErrorAs(t, err, &timeout)
			assert.NotNil(t, timeout.Last)
			assert.NoError(t, timeout.Err)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
		})
		bubble(t, w.name+" during an outage", func(t *testing.T) {
			c, _ := watch(t, becomes(w.goOn, 2*sec, status(503, "")))
			err := w.wait(t.Context(), c, vpcep.WaitOptions{Timeout: 5 * sec})
			var timeout *vpcep.WaitTimeoutError
			require.ErrorAs(t, err, &timeout)
			assert.NotNil(t, timeout.Last)
			assert.ErrorIs(t, timeout.Err, vpcep.ErrServiceUnavailable)
		})
	}
}

func TestWaitNoticesTheEndShortlyBeforeTheTimeout(t *testing.T) {
	for _, w := range waiters {
		for _, timeout := range []time.Duration{sec, 2500 * ms, 10 * sec, 20 * sec, 3 * time.Minute} {
			for _, interval := range []time.Duration{0, 700 * ms, 3 * sec, time.Hour} {
				bubble(t, fmt.Sprintf("%s %s %s", w.name, timeout, interval), func(t *testing.T) {
					for _, left := range []time.Duration{150 * ms, 300 * ms, sec} {
						for range 20 {
							c, service := watch(t, becomes(slow(10*ms, w.goOn), timeout-left, slow(10*ms, w.end)))
							require.NoError(t, w.wait(t.Context(), c, vpcep.WaitOptions{Timeout: timeout, Interval: interval}), "%s before", left)
							late := slices.IndexFunc(service.polls, func(at time.Duration) bool { return at > timeout-2*sec })
							require.LessOrEqual(t, len(service.polls)-late, 8, "polls at the end")
						}
					}
				})
			}
		}
	}
}

func TestCancelledWaitReturnsAtOnce(t *testing.T) {
	for _, w := range waiters {
		for name, a := range map[string]answer{"between polls": w.goOn, "in flight": stall, "slow body": slowBody(200, `{"id"`), "slow refusal": slowBody(403, `{`), "outage": status(503, "")} {
			bubble(t, w.name+" "+name, func(t *testing.T) {
				c, service := watch(t, becomes(a, time.Hour, a))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(12345*ms, cancel)
				err := w.wait(ctx, c, vpcep.WaitOptions{})
				assert.Equal(t, 12345*ms, time.Since(service.start))
				assert.ErrorIs(t, err, context.Canceled)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Contains(t, err.Error(), "e-1")
			})
		}
		bubble(t, w.name+" before", func(t *testing.T) {
			c, service := watch(t, becomes(w.end, 0, w.end))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			assert.ErrorIs(t, w.wait(ctx, c, vpcep.WaitOptions{}), context.Canceled)
			assert.Empty(t, service.polls)
			assert.Zero(t, time.Since(service.start))
		})
		bubble(t, w.name+" after the timeout's last poll", func(t *testing.T) {
			c, service := watch(t, becomes(w.goOn, time.Hour, w.end))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			time.AfterFunc(9999*ms, cancel)
			err := w.wait(ctx, c, vpcep.WaitOptions{Timeout: 10 * sec})
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, 9999*ms, time.Since(service.start))
		})
	}
	bubble(t, "by OnPoll", func(t *testing.T) {
		c, service := watch(t, becomes(creating, time.Hour, accepted))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := waitReady.wait(ctx, c, vpcep.WaitOptions{OnPoll: func(*vpcep.Endpoint) { cancel() }})
		assert.ErrorIs(t, err, context.Canceled)
		assert.Len(t, service.polls, 1)
	})
	bubble(t, "with the end in hand", func(t *testing.T) {
		c, _ := watch(t, becomes(accepted, 0, accepted))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		assert.NoError(t, waitReady.wait(ctx, c, vpcep.WaitOptions{OnPoll: func(*vpcep.Endpoint) { cancel() }}))
	})
}

func TestOnPollGetsEachReadingForItself(t *testing.T) {
	const body = `{"id":"e-1","status":%q,"tags":[{"key":"a","value":"b"}],"whitelist":["10.0.0.1"],"dns_names":["x"],
		"active_status":["active"],"routetables":["rt"],"error":[{"error_code":"c","error_message":"m"}],"policy_document":{"a":1},
		"policy_statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"],"Condition":{"a":1},"more":1}],"extra":{"a":1}}`
	spoil := func(e *vpcep.Endpoint) {
		e.Tags[0], e.Whitelist[0], e.DNSNames[0], e.ActiveStatus[0] = vpcep.Tag{}, "", "", ""
		e.RouteTables[0], e.Errors[0] = "", vpcep.ResourceError{}
		e.PolicyDocument[0], e.PolicyStatement[0].Condition[0], e.Extra["extra"][0] = 'x', 'x', 'x'
		e.PolicyStatement[0].Action[0], e.PolicyStatement[0].Resource[0] = "", ""
		e.PolicyStatement[0].Extra["more"][0] = 'x'
		clear(e.PolicyStatement[0].Extra)
		clear(e.Extra)
		*e = vpcep.Endpoint{}
	}
	show := func(s vpcep.EndpointStatus) answer { return status(200, fmt.Sprintf(body, s)) }
	read := func(t *testing.T, s vpcep.EndpointStatus) *vpcep.Endpoint {
		var e vpcep.Endpoint
		require.NoError(t, e.UnmarshalJSON(fmt.Appendf(nil, body, s)))
		return &e
	}
	bubble(t, "changed", func(t *testing.T) {
		c, _ := watch(t, becomes(show(vpcep.StatusCreating), sec, show(vpcep.StatusAccepted)))
		e, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{OnPoll: spoil})
		require.NoError(t, err)
		assert.Equal(t, read(t, vpcep.StatusAccepted), e)
	})
	bubble(t, "changed, failed", func(t *testing.T) {
		c, _ := watch(t, becomes(creating, 0, show(vpcep.StatusFailed)))
		_, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{OnPoll: spoil})
		var failed *vpcep.EndpointFailedError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, read(t, vpcep.StatusFailed), failed.Endpoint)
	})
	bubble(t, "changed, timed out", func(t *testing.T) {
		c, _ := watch(t, becomes(creating, 0, show(vpcep.StatusDeleting)))
		err := c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{OnPoll: spoil, Timeout: 3 * sec})
		var timeout *vpcep.WaitTimeoutError
		require.ErrorAs(t, err, &timeout)
		assert.Equal(t, read(t, vpcep.StatusDeleting), timeout.Last)
	})
	bubble(t, "kept", func(t *testing.T) {
		c, service := watch(t, func(at time.Duration) answer {
			switch {
			case at < 5*sec:
				return creating
			case at < 10*sec:
				return broken(io.ErrUnexpectedEOF)
			case at < 15*sec:
				return in("new")
			}
			return accepted
		})
		var kept []*vpcep.Endpoint
		_, err := c.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{OnPoll: func(e *vpcep.Endpoint) { kept = append(kept, e) }})
		require.NoError(t, err)
		var want []vpcep.EndpointStatus
		for _, at := range service.polls {
			switch {
			case at < 5*sec:
				want = append(want, vpcep.StatusCreating)
			case at >= 15*sec:
				want = append(want, vpcep.StatusAccepted)
			case at >= 10*sec:
				want = append(want, "new")
			}
		}
		got := make([]vpcep.EndpointStatus, len(kept))
		for i, e := range kept {
			got[i] = e.Status
		}
		assert.Equal(t, want, got)
	})
}

func TestWaitRefusesWrongArguments(t *testing.T) {
	tests := map[string]struct {
		id   string
		opts vpcep.WaitOptions
		want string
	}{
		"timeout":  {"e-1", vpcep.WaitOptions{Timeout: -1}, "Timeout"},
		"interval": {"e-1", vpcep.WaitOptions{Interval: -1}, "Interval"},
		"both":     {"e-1", vpcep.WaitOptions{Timeout: -1, Interval: -1}, "Timeout Interval"},
		"no ID":    {"", vpcep.WaitOptions{}, "id"},
		"path":     {"../x", vpcep.WaitOptions{}, "id"},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			c, service := watch(t, becomes(accepted, 0, accepted))
			e, err := c.WaitForEndpoint(t.Context(), tt.id, tt.opts)
			assert.Nil(t, e)
			assert.Equal(t, tt.want, fieldsOf(err))
			assert.Equal(t, tt.want, fieldsOf(c.WaitForEndpointDeleted(t.Context(), tt.id, tt.opts)))
			assert.Empty(t, service.polls)
		})
	}
	var zero vpcep.Client
	_, err := zero.WaitForEndpoint(t.Context(), "e-1", vpcep.WaitOptions{})
	assert.ErrorContains(t, err, "NewClient")
}

func TestWaitForEndpointDeletedEndsWithGoneAlone(t *testing.T) {
	for _, code := range []string{"EndPoint.0005", "Endpoint.2006", "EndPoint.2007", "EndPoint.2008"} {
		bubble(t, code, func(t *testing.T) {
			c, service := watch(t, becomes(deleting, 12*sec, status(404, `{"error":{"code":"`+code+`","message":"m"}}`)))
			require.NoError(t, c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{}))
			assert.GreaterOrEqual(t, time.Since(service.start), 12*sec)
		})
	}
	bubble(t, "at once", func(t *testing.T) {
		c, service := watch(t, becomes(gone, 0, gone))
		require.NoError(t, c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{}))
		assert.Zero(t, time.Since(service.start))
	})
	bubble(t, "statuses do not end it", func(t *testing.T) {
		c, service := watch(t, func(at time.Duration) answer {
			statuses := []vpcep.EndpointStatus{vpcep.StatusAccepted, vpcep.StatusFailed, vpcep.StatusRejected, "new", vpcep.StatusDeleting}
			if i := int(at / (5 * sec)); i < len(statuses) {
				return in(statuses[i])
			}
			return gone
		})
		require.NoError(t, c.WaitForEndpointDeleted(t.Context(), "e-1", vpcep.WaitOptions{Targets: []vpcep.EndpointStatus{vpcep.StatusAccepted}}))
		assert.GreaterOrEqual(t, time.Since(service.start), 25*sec)
	})
}

// The result beside an error is nil, with the exceptions that the package documentation lists.
func TestValuesBesideErrors(t *testing.T) {
	ctx := context.Background() // each call has a bubble of its own
	req := vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v"}
	keyed := req
	keyed.IdempotencyKey = "k"
	brief := vpcep.WaitOptions{Timeout: sec}
	calls := map[string]func(c *vpcep.Client) (any, error){
		"CreateEndpoint":        func(c *vpcep.Client) (any, error) { return c.CreateEndpoint(ctx, req) },
		"CreateEndpoint, keyed": func(c *vpcep.Client) (any, error) { return c.CreateEndpoint(ctx, keyed) },
		"GetEndpoint":           func(c *vpcep.Client) (any, error) { return c.GetEndpoint(ctx, "e-1") },
		"CountEndpoints":        func(c *vpcep.Client) (any, error) { return c.CountEndpoints(ctx, vpcep.EndpointFilter{}) },
		"CountPublicServices":   func(c *vpcep.Client) (any, error) { return c.CountPublicServices(ctx, vpcep.ServiceFilter{}) },
		"CountConnections": func(c *vpcep.Client) (any, error) {
			return c.CountConnections(ctx, "s-1", vpcep.ConnectionFilter{})
		},
		"WaitForEndpoint": func(c *vpcep.Client) (any, error) { return c.WaitForEndpoint(ctx, "e-1", brief) },
		"WaitForEndpointChange": func(c *vpcep.Client) (any, error) {
			return c.WaitForEndpointChange(ctx, "e-1", vpcep.LacksTags("a"), brief)
		},
		"WaitForConnection": func(c *vpcep.Client) (any, error) { return c.WaitForConnection(ctx, "s-1", "e-1", brief) },
		"UpdateWhitelist": func(c *vpcep.Client) (any, error) {
			return c.UpdateWhitelist(ctx, "e-1", vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")})
		},
		"UpdateRouteTables": func(c *vpcep.Client) (any, error) { return c.UpdateRouteTables(ctx, "e-1", []string{"rt-1"}) },
		"UpdatePolicy": func(c *vpcep.Client) (any, error) {
			return c.UpdatePolicy(ctx, "e-1", vpcep.Policy{Document: []byte("{}")})
		},
		"DeletePolicy":            func(c *vpcep.Client) (any, error) { return c.DeletePolicy(ctx, "e-1") },
		"DescribeService":         func(c *vpcep.Client) (any, error) { return c.DescribeService(ctx, "s-1") },
		"DescribeServiceByName":   func(c *vpcep.Client) (any, error) { return c.DescribeServiceByName(ctx, "name") },
		"PreflightCreateEndpoint": func(c *vpcep.Client) (any, error) { return c.PreflightCreateEndpoint(ctx, req) },
		"AcceptConnection":        func(c *vpcep.Client) (any, error) { return c.AcceptConnection(ctx, "s-1", "e-1") },
		"RejectConnection":        func(c *vpcep.Client) (any, error) { return c.RejectConnection(ctx, "s-1", "e-1") },
		"CreateService":           func(c *vpcep.Client) (any, error) { return c.CreateService(ctx, ownRequest) },
		"CreateService, keyed":    func(c *vpcep.Client) (any, error) { return c.CreateService(ctx, keyedServiceRequest) },
		"GetService":              func(c *vpcep.Client) (any, error) { return c.GetService(ctx, "s-1") },
		"UpdateService": func(c *vpcep.Client) (any, error) {
			return c.UpdateService(ctx, "s-1", vpcep.ServiceChange{PortID: "port-2"})
		},
		"CountServices":  func(c *vpcep.Client) (any, error) { return c.CountServices(ctx, vpcep.ServiceFilter{}) },
		"WaitForService": func(c *vpcep.Client) (any, error) { return c.WaitForService(ctx, "s-1", brief) },
		"AddPermissions": func(c *vpcep.Client) (any, error) {
			return c.AddPermissions(ctx, "s-1", []vpcep.Permission{{Value: "*"}})
		},
		"UpdatePermissionDescription": func(c *vpcep.Client) (any, error) {
			return c.UpdatePermissionDescription(ctx, "s-1", "a", "text")
		},
		"UpdateConnectionDescriptions": func(c *vpcep.Client) (any, error) {
			return c.UpdateConnectionDescriptions(ctx, "s-1", []vpcep.ConnectionDescription{{EndpointID: "e-1"}})
		},
		"ListProjectTags": func(c *vpcep.Client) (any, error) {
			return c.ListProjectTags(ctx, vpcep.ResourceTypeEndpoint)
		},
		"CountResources": func(c *vpcep.Client) (any, error) {
			return c.CountResources(ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{})
		},
		"ListVersions": func(c *vpcep.Client) (any, error) { return c.ListVersions(ctx) },
		"GetVersion":   func(c *vpcep.Client) (any, error) { return c.GetVersion(ctx, "v1") },
		"GetQuotas":    func(c *vpcep.Client) (any, error) { return c.GetQuotas(ctx, "") },
	}
	answers := map[string]answer{
		"refused":   status(403, `{"error":{"code":"EndPoint.0003","message":"m"}}`),
		"HTML":      status(200, "<html>"),
		"cut":       status(200, `{"id":"e-1","endpoints":[{"id":"e-1"}],"connections":[{"id":"e-1","status":"creating"}],"routetables":["rt-1"],"total_count":1,"quotas":{"resources":[{"type":"endpoint","used":1,"quota":2}]}`),
		"not there": gone,
	}
	for name, call := range calls {
		for form, a := range answers {
			bubble(t, name+" "+form, func(t *testing.T) {
				c, _ := watch(t, becomes(a, 0, a), vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
				value, err := call(c)
				if name == "DeletePolicy" && err == nil {
					return // what has no policy is done
				}
				require.Error(t, err)
				assert.True(t, reflect.ValueOf(value).IsZero(), "%v beside %v", value, err)
			})
		}
	}
	bubble(t, "the exceptions", func(t *testing.T) {
		failed := `{"id":"e-1","status":"failed","connections":[{"id":"e-1","status":"rejected"}],"service_type":"interface",` +
			`"routetables":["rt-2"],"error":[{"bind_failed":[{"id":"rt-1"}]}]}`
		c, _ := watch(t, becomes(status(200, failed), time.Hour, nil))
		endpoint, err := c.WaitForEndpoint(ctx, "e-1", brief)
		var ended *vpcep.EndpointFailedError
		require.ErrorAs(t, err, &ended)
		require.NotNil(t, endpoint)
		assert.Equal(t, "e-1", endpoint.ID)
		endpoint, err = c.WaitForEndpointChange(ctx, "e-1", func(*vpcep.Endpoint) bool { return false }, brief)
		require.ErrorAs(t, err, &ended)
		require.NotNil(t, endpoint)
		connection, err := c.WaitForConnection(ctx, "s-1", "e-1", brief)
		require.ErrorAs(t, err, &ended)
		require.NotNil(t, connection)
		assert.Equal(t, vpcep.StatusRejected, connection.Status)
		tables, err := c.UpdateRouteTables(ctx, "e-1", []string{"rt-1", "rt-2"})
		var partial *vpcep.RouteTablesError
		require.ErrorAs(t, err, &partial)
		assert.Equal(t, []string{"rt-2"}, tables)
		service, err := c.PreflightCreateEndpoint(ctx, req)
		assert.Equal(t, "subnet_id", fieldsOf(err))
		assert.NotNil(t, service)
	})
}
