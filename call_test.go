package vpcep_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// operation is a call of the client, and a response that it accepts as success.
type operation struct {
	name string
	do   func(ctx context.Context, c *vpcep.Client, opts ...vpcep.CallOption) error
	ok   answer
}

var (
	get = operation{"get", func(ctx context.Context, c *vpcep.Client, opts ...vpcep.CallOption) error {
		_, err := c.GetEndpoint(ctx, "e-1", opts...)
		return err
	}, status(200, `{"id":"e-1"}`)}
	list = operation{"list", func(ctx context.Context, c *vpcep.Client, opts ...vpcep.CallOption) error {
		for _, err := range c.ListEndpoints(ctx, vpcep.EndpointFilter{}, opts...) {
			if err != nil {
				return err
			}
		}
		return nil
	}, status(200, `{"endpoints":[{"id":"e-1"}],"total_count":1}`)}
	del = operation{"delete", func(ctx context.Context, c *vpcep.Client, opts ...vpcep.CallOption) error {
		return c.DeleteEndpoint(ctx, "e-1", opts...)
	}, status(204, "")}
	create = operation{"create", func(ctx context.Context, c *vpcep.Client, opts ...vpcep.CallOption) error {
		_, err := c.CreateEndpoint(ctx, minimal, opts...)
		return err
	}, status(200, `{"id":"e-1","status":"creating"}`)}
)

var (
	dialRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	noSuchHost  = &net.DNSError{Err: "no such host", Name: "vpcep.example", IsNotFound: true}
	dialFailed  = func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	reset       = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	brokenPipe  = &net.OpError{Op: "write", Net: "tcp", Err: errors.New("broken pipe")}
)

const (
	throttledBody = `{"error":{"code":"Endpoint.0022","message":"Too many requests."}}`
	goneBody      = `{"error":{"code":"EndPoint.2006","message":"The endpoint does not exist."}}`
	wrongURLBody  = `{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`
)

// The fates of a request, by what is certain about it.
var (
	nothingDone = map[string]answer{
		"429":                    status(429, `{"error_code":"APIGW.0308","error_msg":"too many"}`),
		"429 without a body":     status(429, ""),
		"400 EndPoint.0022":      status(400, throttledBody),
		"connection refused":     broken(dialRefused),
		"a resolver that is out": broken(&net.DNSError{Err: "server misbehaving", Name: "vpcep.example", IsTemporary: true}),
	}
	permanent = map[string]answer{
		"no such host":                broken(noSuchHost),
		"untrusted certificate":       broken(dialFailed(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})),
		"certificate of another name": broken(dialFailed(x509.HostnameError{Certificate: new(x509.Certificate), Host: "vpcep.example"})),
		"HTTP on a port for TLS":      broken(dialFailed(http.ErrSchemeMismatch)),
		"TLS alert":                   broken(dialFailed(tls.AlertError(40))),
	}
	maybeDone = map[string]answer{
		"408":            status(408, ""),
		"500":            status(500, `{"error":{"code":"EndPoint.0001","message":"System error. Please retry."}}`),
		"501":            status(501, ""),
		"502":            status(502, "<html>"),
		"503":            status(503, ""),
		"504":            status(504, "upstream timed out"),
		"599":            status(599, ""),
		"500, cut":       cutAnswer(500, `{"error":`),
		"reset":          broken(reset),
		"broken pipe":    broken(brokenPipe),
		"EOF":            broken(io.ErrUnexpectedEOF),
		"unknown":        broken(errors.New("connection refused, says a transport of which nothing is known")),
		"cut":            cutAnswer(200, `{"id":"e-1","endpoints":[`),
		"cut at once":    cutAnswer(200, ""),
		"cut at the end": cutAnswer(200, `{"id":"e-1","endpoints":[]}`),
	}
	refused = map[string]answer{
		"400":       status(400, `{"error":{"code":"EndPoint.0002","message":"Parameter error."}}`),
		"401":       status(401, `{"error_code":"APIGW.0301","error_msg":"Incorrect IAM authentication information"}`),
		"403":       status(403, ""),
		"404 APIGW": status(404, wrongURLBody),
		"404 HTML":  status(404, "<html>"),
		"404":       status(404, ""),
		"405":       status(405, ""),
		"406":       status(406, ""),
		"407":       status(407, ""),
		"409":       status(409, `{"error":{"code":"EndPoint.2042","message":"in use"}}`),
		"410":       status(410, ""),
		"422":       status(422, ""),
		"499":       status(499, ""),
	}
	unreadable = map[string]answer{
		"HTML with 200":  status(200, "<html>login</html>"),
		"text with 200":  status(200, "OK"),
		"null":           status(200, "null"),
		"error with 200": status(200, `{"error":{"code":"EndPoint.0001","message":"System error."}}`),
		"302":            status(302, "", "Location", "https://evil.example/"),
		"308":            status(308, "", "Location", "https://evil.example/"),
	}
)

func TestReadsAndDeletesGoAgain(t *testing.T) {
	for _, op := range []operation{get, list, del} {
		for _, events := range []map[string]answer{nothingDone, maybeDone} {
			for name, failure := range events {
				bubble(t, op.name+" after "+name, func(t *testing.T) {
					c, s := scripted(t, nil, failure, failure, failure, op.ok)
					var meta vpcep.ResponseMeta
					require.NoError(t, op.do(t.Context(), c, vpcep.WithResponse(&meta)))
					assert.Equal(t, 4, s.Calls())
					assert.Equal(t, 4, meta.Attempts)
				})
			}
		}
	}
}

func TestWhatIsNotSentAgain(t *testing.T) {
	for _, op := range []operation{get, list, del, create} {
		for name, failure := range permanent {
			bubble(t, op.name+" after "+name, func(t *testing.T) {
				c, s := scripted(t, nil, failure, op.ok)
				err := op.do(t.Context(), c)
				require.ErrorContains(t, err, "nothing was sent; check")
				assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
				assert.Equal(t, 1, s.Calls())
			})
		}
		for _, events := range []map[string]answer{refused, unreadable} {
			for name, failure := range events {
				bubble(t, op.name+" after "+name, func(t *testing.T) {
					c, s := scripted(t, nil, failure, op.ok)
					var meta vpcep.ResponseMeta
					err := op.do(t.Context(), c, vpcep.WithResponse(&meta))
					var api *vpcep.APIError
					require.ErrorAs(t, err, &api)
					assert.Equal(t, 1, api.Attempts)
					assert.Equal(t, 1, meta.Attempts)
					assert.Equal(t, 1, s.Calls())
					isCreate := op.name == create.name
					assert.Equal(t, isCreate && unreadable[name] != nil, errors.Is(err, vpcep.ErrOutcomeUnknown))
				})
			}
		}
	}
}

func TestDeleteThatFindsNothing(t *testing.T) {
	gone := status(404, goneBody)
	bubble(t, "at first", func(t *testing.T) {
		c, s := scripted(t, nil, gone)
		assert.ErrorIs(t, del.do(t.Context(), c), vpcep.ErrEndpointNotFound)
		assert.Equal(t, 1, s.Calls())
	})
	for name, failure := range maybeDone {
		bubble(t, "after "+name, func(t *testing.T) {
			c, s := scripted(t, nil, failure, gone)
			assert.NoError(t, del.do(t.Context(), c))
			assert.Equal(t, 2, s.Calls())
		})
	}
	for name, failure := range nothingDone {
		bubble(t, "after "+name, func(t *testing.T) {
			c, s := scripted(t, nil, failure, gone)
			assert.ErrorIs(t, del.do(t.Context(), c), vpcep.ErrEndpointNotFound)
			assert.Equal(t, 2, s.Calls())
		})
	}
	bubble(t, "after one that may have been done and one that was not", func(t *testing.T) {
		c, s := scripted(t, nil, status(503, ""), status(429, ""), gone)
		assert.NoError(t, del.do(t.Context(), c))
		assert.Equal(t, 3, s.Calls())
	})
	for name, notGone := range map[string]answer{
		"wrong URL": status(404, wrongURLBody), "HTML": status(404, "<html>"), "nothing": status(404, ""),
		"subnet": status(404, `{"error":{"code":"EndPoint.4004","message":"no such subnet"}}`),
	} {
		bubble(t, "404 that does not mean gone: "+name, func(t *testing.T) {
			c, s := scripted(t, nil, status(503, ""), notGone)
			err := del.do(t.Context(), c)
			assert.ErrorIs(t, err, vpcep.ErrNotFound)
			assert.NotErrorIs(t, err, vpcep.ErrEndpointNotFound)
			assert.Equal(t, 2, s.Calls())
		})
	}
	bubble(t, "a get is not done by it", func(t *testing.T) {
		c, _ := scripted(t, nil, status(503, ""), gone)
		assert.ErrorIs(t, get.do(t.Context(), c), vpcep.ErrEndpointNotFound)
	})
}

func TestCreateGoesAgainOnlyWhereNothingWasDone(t *testing.T) {
	for name, failure := range nothingDone {
		bubble(t, name, func(t *testing.T) {
			c, s := scripted(t, nil, failure, failure, failure, create.ok)
			var meta vpcep.ResponseMeta
			require.NoError(t, create.do(t.Context(), c, vpcep.WithResponse(&meta)))
			assert.Equal(t, 4, s.Calls())
			assert.Equal(t, 4, meta.Attempts)
		})
		bubble(t, name+", to the end", func(t *testing.T) {
			c, s := scripted(t, nil, failure)
			err := create.do(t.Context(), c)
			require.Error(t, err)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			if errors.Is(err, vpcep.ErrThrottled) {
				assert.Greater(t, s.Calls(), 7, "throttling is outlasted for two minutes")
				assert.Less(t, s.Calls(), 15)
			} else {
				assert.Equal(t, 4, s.Calls())
			}
		})
	}
	for name, failure := range maybeDone {
		bubble(t, name, func(t *testing.T) {
			c, s := scripted(t, nil, failure, create.ok)
			assert.ErrorIs(t, create.do(t.Context(), c), vpcep.ErrOutcomeUnknown)
			assert.Equal(t, 1, s.Calls())
		})
		bubble(t, name+", after a throttled one", func(t *testing.T) {
			c, s := scripted(t, nil, status(429, ""), failure, create.ok)
			assert.ErrorIs(t, create.do(t.Context(), c), vpcep.ErrOutcomeUnknown)
			assert.Equal(t, 2, s.Calls())
		})
	}
}

func TestEveryAttemptSendsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policy := vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 6})
		c, s := scripted(t, []vpcep.Option{policy},
			status(429, ""), broken(dialRefused), status(400, throttledBody), broken(dialRefused), status(429, ""), create.ok)
		req := minimal
		req.Description = "für 计费 & more"
		req.Tags = []vpcep.Tag{{Key: "b", Value: "1"}, {Key: "a", Value: "2"}}
		req.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}
		_, err := c.CreateEndpoint(t.Context(), req)
		require.NoError(t, err)
		require.Len(t, s.Sent(), 6)
		assert.Contains(t, s.Sent()[0].Body, "计费")
		for _, sent := range s.Sent() {
			assert.Equal(t, s.Sent()[0].Body, sent.Body)
		}
	})
}

func TestMaxAttempts(t *testing.T) {
	for most, want := range map[int]int{0: 4, 1: 1, 2: 2, 7: 7} {
		for _, op := range []operation{get, list, del} {
			bubble(t, fmt.Sprintf("%s %d", op.name, most), func(t *testing.T) {
				c, s := scripted(t, []vpcep.Option{vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: most})},
					status(500, ""), status(502, ""), status(503, "", "X-Request-Id", "last"))
				var meta vpcep.ResponseMeta
				err := op.do(t.Context(), c, vpcep.WithResponse(&meta))
				var api *vpcep.APIError
				require.ErrorAs(t, err, &api)
				assert.Equal(t, want, s.Calls())
				assert.Equal(t, want, api.Attempts)
				assert.Equal(t, want, meta.Attempts)
				assert.Equal(t, meta.StatusCode, api.StatusCode, "the last answer is the one that is told of")
				assert.Equal(t, []int{500, 502, 503}[min(want, 3)-1], api.StatusCode)
			})
		}
	}
	bubble(t, "a failure without a response", func(t *testing.T) {
		c, _ := scripted(t, nil, status(503, "", "X-Request-Id", "first"), broken(reset))
		meta := vpcep.ResponseMeta{StatusCode: 7}
		err := get.do(t.Context(), c, vpcep.WithResponse(&meta))
		assert.ErrorIs(t, err, reset)
		assert.Equal(t, vpcep.ResponseMeta{Attempts: 4}, meta)
	})
}

func TestDelaysHaveFullJitter(t *testing.T) {
	policies := map[string]struct {
		policy vpcep.RetryPolicy
		bounds []time.Duration
	}{
		"default": {vpcep.RetryPolicy{}, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}},
		"own": {vpcep.RetryPolicy{MaxAttempts: 5, BaseDelay: 2 * time.Second, MaxDelay: 7 * time.Second},
			[]time.Duration{2 * time.Second, 4 * time.Second, 7 * time.Second, 7 * time.Second}},
	}
	for name, tt := range policies {
		bubble(t, name, func(t *testing.T) {
			const runs = 300
			shortest, longest := make([]time.Duration, len(tt.bounds)), make([]time.Duration, len(tt.bounds))
			for run := range runs {
				c, s := scripted(t, []vpcep.Option{vpcep.WithRetry(tt.policy)}, status(503, ""))
				require.Error(t, get.do(t.Context(), c))
				require.Equal(t, len(tt.bounds)+1, s.Calls())
				for i := range tt.bounds {
					gap := s.Gap(i + 1)
					longest[i] = max(longest[i], gap)
					if shortest[i] = min(shortest[i], gap); run == 0 {
						shortest[i] = gap
					}
				}
			}
			for i, bound := range tt.bounds {
				assert.Less(t, longest[i], bound)
				assert.Greater(t, longest[i], bound*9/10, "the whole range is used")
				assert.Less(t, shortest[i], bound/10, "the whole range is used")
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	tests := map[string]struct {
		header func() string
		policy vpcep.RetryPolicy
		want   time.Duration
	}{
		"seconds":              {func() string { return "7" }, vpcep.RetryPolicy{}, 7 * time.Second},
		"date":                 {func() string { return in(7 * time.Second) }, vpcep.RetryPolicy{}, 7 * time.Second},
		"beyond MaxDelay":      {func() string { return "3600" }, vpcep.RetryPolicy{}, 20 * time.Second},
		"date beyond MaxDelay": {func() string { return in(time.Hour) }, vpcep.RetryPolicy{}, 20 * time.Second},
		"far beyond":           {func() string { return "1e300" }, vpcep.RetryPolicy{}, 20 * time.Second},
		"own MaxDelay":         {func() string { return "3600" }, vpcep.RetryPolicy{MaxDelay: time.Minute}, time.Minute},
		"longer than throttling is outlasted by default": {func() string { return "1200" }, vpcep.RetryPolicy{MaxDelay: time.Hour}, 20 * time.Minute},
		"own MaxDelay, shorter":                          {func() string { return "5" }, vpcep.RetryPolicy{MaxDelay: time.Second}, time.Second},
	}
	for name, tt := range tests {
		for code, op := range map[int]operation{429: create, 503: get} {
			bubble(t, fmt.Sprintf("%s %d", name, code), func(t *testing.T) {
				c, s := scripted(t, []vpcep.Option{vpcep.WithRetry(tt.policy)}, status(code, "", "Retry-After", tt.header()), op.ok)
				require.NoError(t, op.do(t.Context(), c))
				assert.Equal(t, tt.want, s.Gap(1))
			})
		}
	}
	for _, header := range []string{"0", "-5", "soon", "Sat, 01 Jan 2000 00:00:00 GMT", "1999-01-01"} {
		bubble(t, "means nothing: "+header, func(t *testing.T) {
			c, s := scripted(t, nil, status(429, "", "Retry-After", header), get.ok)
			require.NoError(t, get.do(t.Context(), c))
			assert.Less(t, s.Gap(1), 500*time.Millisecond)
		})
	}
	bubble(t, "is told", func(t *testing.T) {
		c, _ := scripted(t, []vpcep.Option{vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1})}, status(429, "", "Retry-After", "3600"))
		var api *vpcep.APIError
		require.ErrorAs(t, get.do(t.Context(), c), &api)
		assert.Equal(t, time.Hour, api.RetryAfter)
	})
}

func TestNoWaitThatTheDeadlineCannotSurvive(t *testing.T) {
	for name, op := range map[string]operation{"get": get, "delete": del, "create": create} {
		bubble(t, name, func(t *testing.T) {
			c, s := scripted(t, nil, status(429, throttledBody, "Retry-After", "10"), op.ok)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			start := time.Now()
			err := op.do(ctx, c)
			assert.Zero(t, time.Since(start))
			assert.Equal(t, 1, s.Calls())
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			assert.ErrorIs(t, err, vpcep.ErrThrottled)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			var api *vpcep.APIError
			assert.ErrorAs(t, err, &api)
		})
		bubble(t, name+", one that it survives", func(t *testing.T) {
			c, s := scripted(t, nil, status(429, throttledBody, "Retry-After", "9"), op.ok)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			assert.NoError(t, op.do(ctx, c))
			assert.Equal(t, 2, s.Calls())
		})
	}
}

func TestAttemptTimeoutEndsTheAttemptAndNotTheCall(t *testing.T) {
	oneSecond := vpcep.WithAttemptTimeout(time.Second)
	stalls := map[string]answer{"in flight": stall, "slow body": slowBody(200, `{"id":"e-1"`), "slow error": slowBody(503, `{`)}
	for name, stalled := range stalls {
		for _, op := range []operation{get, list, del} {
			bubble(t, op.name+" "+name, func(t *testing.T) {
				c, s := scripted(t, []vpcep.Option{oneSecond}, stalled, op.ok)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				require.NoError(t, op.do(ctx, c))
				require.Equal(t, 2, s.Calls())
				assert.GreaterOrEqual(t, s.Gap(1), time.Second)
				assert.Less(t, s.Gap(1), 1500*time.Millisecond)
			})
			bubble(t, op.name+" "+name+", to the end", func(t *testing.T) {
				c, s := scripted(t, []vpcep.Option{oneSecond}, stalled)
				err := op.do(t.Context(), c)
				require.Error(t, err)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 4, s.Calls())
			})
		}
		bubble(t, "create "+name, func(t *testing.T) {
			c, s := scripted(t, []vpcep.Option{oneSecond}, stalled)
			start := time.Now()
			err := create.do(t.Context(), c)
			assert.Equal(t, time.Second, time.Since(start))
			assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			assert.NotErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 1, s.Calls())
		})
	}
	bubble(t, "it is a time-out for those who ask", func(t *testing.T) {
		c, _ := scripted(t, []vpcep.Option{oneSecond}, stall)
		var timeout interface{ Timeout() bool }
		require.ErrorAs(t, get.do(t.Context(), c), &timeout)
		assert.True(t, timeout.Timeout())
	})
}

func TestDeadlineEndsTheCall(t *testing.T) {
	for name, stalled := range map[string]answer{"in flight": stall, "slow body": slowBody(200, `{"id":"e-1"`)} {
		for _, op := range []operation{get, list, del, create} {
			bubble(t, op.name+" "+name, func(t *testing.T) {
				c, s := scripted(t, nil, stalled)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				err := op.do(ctx, c)
				assert.Equal(t, time.Second, time.Since(start))
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, op.name == create.name, errors.Is(err, vpcep.ErrOutcomeUnknown))
				assert.Equal(t, 1, s.Calls())
			})
		}
	}
}

func TestBrokenServiceIsNotFlooded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls, spare = 1000, 200
		down := true
		requests := 0
		c, _ := scripted(t, nil, func(r *http.Request) (*http.Response, error) {
			requests++
			if down {
				return status(503, "")(r)
			}
			return get.ok(r)
		})
		for range calls {
			require.ErrorIs(t, get.do(t.Context(), c), vpcep.ErrServiceUnavailable)
		}
		assert.GreaterOrEqual(t, requests, calls+100, "single failures are retried")
		assert.LessOrEqual(t, requests, calls+spare)

		requests = 0
		start := time.Now()
		require.Error(t, get.do(t.Context(), c))
		assert.Equal(t, 1, requests, "nothing is left to spend")
		assert.Zero(t, time.Since(start))

		down = false
		for range 100 {
			require.NoError(t, get.do(t.Context(), c))
		}
		down, requests = true, 0
		require.Error(t, get.do(t.Context(), c))
		assert.Equal(t, 4, requests, "successes give retries back")

		other, s := scripted(t, nil, status(503, ""), get.ok)
		require.NoError(t, get.do(t.Context(), other))
		assert.Equal(t, 2, s.Calls(), "each client has its own budget")
	})
}

func TestCancelledCallsReturnAtOnce(t *testing.T) {
	phases := map[string]struct {
		answer  answer
		written bool // a create was
	}{
		"in flight":       {stall, true},
		"slow body":       {slowBody(200, `{"id":"e-1","status":"cre`), true},
		"slow first byte": {slowBody(200, ""), true},
		"backoff":         {status(429, "", "Retry-After", "20"), false},
	}
	for phase, tt := range phases {
		for _, op := range []operation{get, list, del, create} {
			bubble(t, op.name+" "+phase, func(t *testing.T) {
				c, s := scripted(t, nil, tt.answer)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(3*time.Second, cancel)
				start := time.Now()
				err := op.do(ctx, c)
				assert.Equal(t, 3*time.Second, time.Since(start))
				assert.ErrorIs(t, err, context.Canceled)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, op.name == create.name && tt.written, errors.Is(err, vpcep.ErrOutcomeUnknown))
				assert.Equal(t, 1, s.Calls())
				var unknown *vpcep.OutcomeUnknownError
				if phase == "slow body" && errors.As(err, &unknown) {
					assert.Equal(t, "e-1", unknown.EndpointID)
				}
			})
		}
	}
	for _, op := range []operation{get, list, del, create} {
		bubble(t, op.name+" before", func(t *testing.T) {
			c, s := scripted(t, nil, op.ok)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			start := time.Now()
			err := op.do(ctx, c)
			assert.Zero(t, time.Since(start))
			assert.ErrorIs(t, err, context.Canceled)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			assert.Zero(t, s.Calls())
		})
	}
	bubble(t, "list between pages", func(t *testing.T) {
		c, s := scripted(t, nil, listServer(100, nil))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := 0
		start := time.Now()
		for _, err := range c.ListEndpoints(ctx, vpcep.EndpointFilter{PageSize: 10}) {
			if err != nil {
				assert.ErrorIs(t, err, context.Canceled)
				break
			}
			if seen++; seen == 5 {
				cancel()
			}
		}
		assert.Zero(t, time.Since(start))
		assert.Equal(t, 10, seen, "the page that is there")
		assert.Equal(t, 1, s.Calls())
	})
	bubble(t, "create in flight, after a throttled attempt", func(t *testing.T) {
		c, s := scripted(t, nil, status(429, ""), stall)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		time.AfterFunc(3*time.Second, cancel)
		err := create.do(ctx, c)
		assert.ErrorIs(t, err, context.Canceled)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Equal(t, 2, s.Calls())
	})
}

// soon is far less than any of the stalls below, and more than a busy machine needs.
const soon = time.Second

// cancelWhen calls cancel once ready is closed, and returns a function that tells how long ago that was.
func cancelWhen(ready <-chan struct{}, cancel context.CancelFunc) func() time.Duration {
	cancelled := make(chan time.Time, 1)
	go func() {
		<-ready
		cancelled <- time.Now()
		cancel()
	}()
	return func() time.Duration { return time.Since(<-cancelled) }
}

func TestCancelledCallsReturnAtOnceOverHTTP(t *testing.T) {
	for _, op := range []operation{get, list, del, create} {
		t.Run(op.name+" in flight", func(t *testing.T) {
			arrived := make(chan struct{})
			srv := newServer(vpceptest.WithFaultFunc(func(*vpceptest.Request) *vpceptest.Fault {
				close(arrived)
				return &vpceptest.Fault{Stall: time.Hour}
			}))
			defer srv.Close()
			c := srv.Client()
			defer c.CloseIdleConnections()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			since := cancelWhen(arrived, cancel)
			err := op.do(ctx, c)
			assert.Less(t, since(), soon)
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, op.name == create.name, errors.Is(err, vpcep.ErrOutcomeUnknown))
			assert.Len(t, srv.Requests(), 1)
		})
		t.Run(op.name+" slow body", func(t *testing.T) {
			written := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.Write(bytes.Repeat([]byte(" "), 100))
				w.(http.Flusher).Flush()
				close(written)
				<-r.Context().Done()
			}))
			defer srv.Close()
			c, err := vpcep.NewClient(settings(vpcep.WithBaseURL(srv.URL))...)
			require.NoError(t, err)
			defer c.CloseIdleConnections()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			since := cancelWhen(written, cancel)
			err = op.do(ctx, c)
			assert.Less(t, since(), soon)
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, op.name == create.name, errors.Is(err, vpcep.ErrOutcomeUnknown))
		})
	}
}

func TestCancelledCallsReturnAtOnceFromASlowError(t *testing.T) {
	for _, op := range []operation{get, list, del, create} {
		for _, code := range []int{302, 400, 404, 409, 500, 503} {
			bubble(t, fmt.Sprintf("%s %d", op.name, code), func(t *testing.T) {
				c, s := scripted(t, nil, slowBody(code, `{"err`))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(3*time.Second, cancel)
				start := time.Now()
				err := op.do(ctx, c)
				assert.Equal(t, 3*time.Second, time.Since(start))
				assert.ErrorIs(t, err, context.Canceled)
				isKnown := code/100 == 4 // the status alone says it
				assert.Equal(t, op.name == create.name && !isKnown, errors.Is(err, vpcep.ErrOutcomeUnknown))
				var api *vpcep.APIError
				assert.ErrorAs(t, err, &api)
				assert.Equal(t, 1, s.Calls())
			})
		}
	}
}

// Whatever bounds an attempt, its end is not the end of the caller's context.
func TestTimeoutsOfTheTransportEndTheAttempt(t *testing.T) {
	for name, stalled := range map[string]answer{"in flight": stall, "slow body": slowBody(200, `{"id":"e-1"`)} {
		bubble(t, "http.Client.Timeout "+name, func(t *testing.T) {
			s := faketransport.NewScript(stalled)
			hc := &http.Client{Transport: s, Timeout: time.Second}
			c, err := vpcep.NewClient(settings(vpcep.WithHTTPClient(hc))...)
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			err = get.do(ctx, c)
			require.Error(t, err)
			assert.NotErrorIs(t, err, context.DeadlineExceeded)
			assert.Equal(t, 4, s.Calls())
		})
	}
	bubble(t, "dial", func(t *testing.T) {
		c, s := scripted(t, nil, broken(&net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}))
		err := create.do(t.Context(), c)
		require.Error(t, err)
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Equal(t, 4, s.Calls())
	})
}

func TestCallsThatEndBeforeARetrySpendNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ended = 500 // more than the budget holds
		c, s := scripted(t, nil, append(slices.Repeat([]answer{stall}, ended), status(503, ""))...)
		for range ended {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := get.do(ctx, c)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "vpcep: GET /v1/p-1/vpc-endpoints/e-1")
		}
		require.Error(t, get.do(t.Context(), c))
		assert.Equal(t, ended+4, s.Calls())
	})
}

// A delete that was carried out, but whose response was lost, finds the endpoint deleting.
func TestDeleteWhoseAnswerWasLost(t *testing.T) {
	server := newServer(vpceptest.WithDeleteDelay(time.Minute),
		vpceptest.WithFaults(vpceptest.Fault{Operation: vpceptest.OpDelete, AfterEffect: true, Drop: true}))
	defer server.Close()
	client := server.Client(vpcep.WithRetry(vpcep.RetryPolicy{BaseDelay: 1, MaxDelay: 1}))
	e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
	require.NoError(t, err)
	require.NoError(t, client.DeleteEndpoint(t.Context(), e.ID))
	assert.ErrorIs(t, client.DeleteEndpoint(t.Context(), e.ID), vpcep.CodeEndpointDeleting, "the first attempt of a call has no such excuse")
}
