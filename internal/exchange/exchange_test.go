package exchange_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/transport"
)

type answer struct {
	status int
	body   string
	header http.Header
	err    error
	cut    bool
}

func (a answer) give(req *http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	give := faketransport.Status
	if a.cut {
		give = faketransport.Cut
	}
	resp, err := give(a.status, a.body)(req)
	if a.header != nil {
		resp.Header = a.header.Clone()
	}
	return resp, err
}

// scriptOf gives one answer after another, and the last one from then on.
func scriptOf(answers ...answer) *faketransport.Script {
	var responses []faketransport.Response
	for _, a := range answers {
		responses = append(responses, a.give)
	}
	return faketransport.NewScript(responses[0], responses[1:]...)
}

func service(rt http.RoundTripper) *exchange.Service {
	return &exchange.Service{
		BaseURL: "https://x.example/base", BasePath: "/base", Project: "p-1",
		Header: http.Header{"Accept": {"application/json"}},
		Retry:  retry.Policy{}.WithDefaults(), Timeout: time.Minute,
		Transport: transport.New(&http.Client{Transport: rt}),
	}
}

func read(accept func(exchange.Answer) error) exchange.Call {
	if accept == nil {
		accept = func(exchange.Answer) error { return nil }
	}
	return exchange.Call{Operation: retry.Read, Method: "GET", Path: "/things", Accept: accept}
}

var dialRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func virtually(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestWhatIsSent(t *testing.T) {
	s := scriptOf(answer{status: 200, body: "ok"})
	svc := service(s)
	svc.Authenticate = func(req *http.Request) error {
		req.Header.Set("X-Auth-Token", "for-"+sign.Project(req.Context()))
		return nil
	}
	var seen []exchange.Answer
	c := read(func(a exchange.Answer) error {
		assert.Equal(t, "ok", a.Body)
		return nil
	})
	c.Query = map[string][]string{"q": {"a b"}}
	c.Header = http.Header{"X-Trace": {"1"}}
	c.Observe = func(a exchange.Answer) { seen = append(seen, a) }
	require.Nil(t, svc.Do(t.Context(), c))
	require.Len(t, s.Sent(), 1)
	assert.Equal(t, "https://x.example/base/things?q=a+b", s.Sent()[0].Request.URL.String())
	assert.Equal(t, "for-p-1", s.Sent()[0].Request.Header.Get("X-Auth-Token"))
	assert.Equal(t, "1", s.Sent()[0].Request.Header.Get("X-Trace"))
	assert.Equal(t, "application/json", s.Sent()[0].Request.Header.Get("Accept"))
	assert.Len(t, svc.Header, 1, "the service's own headers are as they were")
	require.Len(t, seen, 1)
	assert.Equal(t, 1, seen[0].Attempts)
	c.Query = nil
	require.Nil(t, svc.Do(t.Context(), c))
	assert.Equal(t, "https://x.example/base/things", s.Sent()[1].Request.URL.String())
}

// The outcome of the last attempt, and the number of attempts.
func TestOutcomes(t *testing.T) {
	for name, tt := range map[string]struct {
		op       retry.Operation
		answers  []answer
		accept   error
		event    retry.Event
		unknown  bool
		requests int
		succeeds bool
	}{
		"success":                     {op: retry.Read, answers: []answer{{status: 200}}, requests: 1, succeeds: true},
		"a read after 503":            {op: retry.Read, answers: []answer{{status: 503}, {status: 200}}, requests: 2, succeeds: true},
		"a read after 408":            {op: retry.Read, answers: []answer{{status: 408}, {status: 200}}, requests: 2, succeeds: true},
		"a read that stays 503":       {op: retry.Read, answers: []answer{{status: 503}}, event: retry.ServerError, requests: 4},
		"a create after 503":          {op: retry.Create, answers: []answer{{status: 503}}, event: retry.ServerError, unknown: true, requests: 1},
		"a keyed create after 503":    {op: retry.KeyedCreate, answers: []answer{{status: 503}}, event: retry.ServerError, unknown: true, requests: 1},
		"a create that was unsent":    {op: retry.Create, answers: []answer{{err: dialRefused}, {status: 200}}, requests: 2, succeeds: true},
		"a create that stays unsent":  {op: retry.Create, answers: []answer{{err: dialRefused}}, event: retry.Unsent, requests: 4},
		"a host that does not exist":  {op: retry.Create, answers: []answer{{err: &net.DNSError{IsNotFound: true}}}, event: retry.Permanent, requests: 1},
		"a create that was refused":   {op: retry.Create, answers: []answer{{status: 400}}, event: retry.Refused, requests: 1},
		"a create that broke off":     {op: retry.Create, answers: []answer{{err: io.ErrUnexpectedEOF}}, event: retry.Broken, unknown: true, requests: 1},
		"an answer that broke off":    {op: retry.Create, answers: []answer{{status: 200, body: "{", cut: true}}, event: retry.Broken, unknown: true, requests: 1},
		"the same of a read":          {op: retry.Read, answers: []answer{{status: 200, body: "{", cut: true}, {status: 200}}, requests: 2, succeeds: true},
		"an answer that is no result": {op: retry.Create, answers: []answer{{status: 200}}, accept: errors.New("no id"), event: retry.Unreadable, unknown: true, requests: 1},
		"the same of another read":    {op: retry.Read, answers: []answer{{status: 200}}, accept: errors.New("no id"), event: retry.Unreadable, requests: 1},
		"a redirect":                  {op: retry.Read, answers: []answer{{status: 302}}, event: retry.Unreadable, requests: 1},
		"401":                         {op: retry.Read, answers: []answer{{status: 401}}, event: retry.Unauthorized, requests: 1},
		"gone at first":               {op: retry.Delete, answers: []answer{{status: 404}}, event: retry.Gone, requests: 1},
		"gone after a lost answer":    {op: retry.Delete, answers: []answer{{status: 503}, {status: 404}}, requests: 2, succeeds: true},
		"gone after an unsent one":    {op: retry.Delete, answers: []answer{{err: dialRefused}, {status: 404}}, event: retry.Gone, requests: 2},
	} {
		virtually(t, name, func(t *testing.T) {
			s := scriptOf(tt.answers...)
			svc := service(s)
			svc.Meaning = func(_ retry.Operation, status int, _ string) retry.Event {
				switch status {
				case 404:
					return retry.Gone
				case 401:
					return retry.Unauthorized
				}
				return retry.Refused
			}
			c := read(func(exchange.Answer) error { return tt.accept })
			c.Operation = tt.op
			f := svc.Do(t.Context(), c)
			assert.Len(t, s.Sent(), tt.requests)
			if tt.succeeds {
				assert.Nil(t, f)
				return
			}
			require.NotNil(t, f)
			assert.Equal(t, tt.event, f.Event)
			assert.Equal(t, tt.unknown, f.Unknown)
			assert.Equal(t, tt.requests, f.Attempts)
			assert.Equal(t, tt.requests, f.Tries)
			assert.Equal(t, "GET", f.Method)
			assert.Equal(t, "/base/things", f.Path)
		})
	}
}

func TestCredentialsAreRenewedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		answers  []answer
		better   bool
		requests int
		succeeds bool
		why      error // of the source
		wantWhy  string
	}{
		"renewed":             {answers: []answer{{status: 401}, {status: 200}}, better: true, requests: 2, succeeds: true},
		"nothing better":      {answers: []answer{{status: 401}, {status: 200}}, requests: 1},
		"nothing, and why":    {answers: []answer{{status: 401}}, requests: 1, why: errors.New("a fixed token"), wantWhy: "a fixed token"},
		"refused again":       {answers: []answer{{status: 401}}, better: true, requests: 2, wantWhy: "the new ones were refused as well"},
		"again, and why":      {answers: []answer{{status: 401}}, better: true, requests: 2, why: errors.New("paused"), wantWhy: "paused"},
		"beside all the rest": {answers: []answer{{status: 503}, {status: 503}, {status: 503}, {status: 401}, {status: 200}}, better: true, requests: 5, succeeds: true},
		"before all the rest": {answers: []answer{{status: 401}, {status: 503}}, better: true, requests: 1 + 4},
	} {
		virtually(t, name, func(t *testing.T) {
			s := scriptOf(tt.answers...)
			svc := service(s)
			renewals := 0
			svc.Authenticate = func(req *http.Request) error { req.Header.Set("X-Auth-Token", "old"); return nil }
			svc.Renew = func(r exchange.Refusal) (bool, error) {
				renewals++
				assert.Equal(t, "old", r.Sent.Get("X-Auth-Token"))
				return tt.better, tt.why
			}
			f := svc.Do(t.Context(), read(nil))
			assert.Equal(t, tt.succeeds, f == nil)
			assert.Len(t, s.Sent(), tt.requests)
			if tt.wantWhy != "" {
				assert.ErrorContains(t, f.Why, tt.wantWhy)
			} else if f != nil {
				assert.NoError(t, f.Why)
			}
			refusals := 0
			for i := range s.Sent() {
				if tt.answers[min(i, len(tt.answers)-1)].status == 401 {
					refusals++
				}
			}
			assert.Equal(t, refusals, renewals, "each refusal is told, although one alone is repeated")
		})
	}
}

func TestFailedAuthentication(t *testing.T) {
	s := scriptOf(answer{status: 200})
	svc := service(s)
	cause := errors.New("no token")
	svc.Authenticate = func(*http.Request) error { return cause }
	f := svc.Do(t.Context(), read(nil))
	require.NotNil(t, f)
	assert.True(t, f.Authentication)
	assert.ErrorIs(t, f.Cause, cause)
	assert.Empty(t, s.Sent())
}

func TestPolicyOfACall(t *testing.T) {
	virtually(t, "fewer attempts", func(t *testing.T) {
		s := scriptOf(answer{status: 503})
		c := read(nil)
		c.Retry = retry.Policy{MaxAttempts: 2}
		assert.NotNil(t, service(s).Do(t.Context(), c))
		assert.Len(t, s.Sent(), 2)
	})
	virtually(t, "once", func(t *testing.T) {
		for _, status := range []int{503, 429} {
			s := scriptOf(answer{status: status})
			c := read(nil)
			c.Once = true
			assert.NotNil(t, service(s).Do(t.Context(), c))
			assert.Len(t, s.Sent(), 1)
		}
	})
	virtually(t, "never again, throttled or not", func(t *testing.T) {
		for _, status := range []int{503, 429} {
			s := scriptOf(answer{status: status})
			c := read(nil)
			c.Retry = retry.Policy{MaxAttempts: 1}
			assert.NotNil(t, service(s).Do(t.Context(), c))
			assert.Len(t, s.Sent(), 1)
		}
	})
	virtually(t, "the time of one attempt", func(t *testing.T) {
		svc := service(faketransport.Func(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}))
		svc.Timeout = 3 * time.Second
		c := read(nil)
		c.Once = true
		start := time.Now()
		f := svc.Do(t.Context(), c)
		require.NotNil(t, f)
		assert.ErrorIs(t, f.Cause, transport.ErrTimeout)
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestThrottledAttemptsDoNotCount(t *testing.T) {
	virtually(t, "they are outlasted", func(t *testing.T) {
		s := scriptOf(answer{status: 429}, answer{status: 429}, answer{status: 429}, answer{status: 429}, answer{status: 429}, answer{status: 200})
		c := read(nil)
		var attempts int
		c.Observe = func(a exchange.Answer) { attempts = a.Attempts }
		assert.Nil(t, service(s).Do(t.Context(), c))
		assert.Equal(t, 6, attempts)
	})
	virtually(t, "and then the rest counts", func(t *testing.T) {
		s := scriptOf(answer{status: 429}, answer{status: 503})
		f := service(s).Do(t.Context(), read(nil))
		require.NotNil(t, f)
		assert.Len(t, s.Sent(), 1+4)
		assert.Equal(t, 4, f.Tries)
		assert.Equal(t, 5, f.Attempts)
	})
	virtually(t, "not beyond the deadline", func(t *testing.T) {
		s := scriptOf(answer{status: 429, header: http.Header{"Retry-After": {"10"}}})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		f := service(s).Do(ctx, read(nil))
		require.NotNil(t, f)
		assert.ErrorIs(t, f.End, context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, f.RetryAfter)
		assert.Zero(t, time.Since(start))
	})
}

func TestPausesObeyTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scriptOf(answer{status: 503, header: http.Header{"Retry-After": {"5"}}})
		svc := service(s)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		f := svc.Do(ctx, read(nil))
		require.NotNil(t, f)
		assert.ErrorIs(t, f.End, context.Canceled)
		assert.Equal(t, time.Second, time.Since(start))
		assert.Equal(t, 503, f.Answer.StatusCode)
	})
}

// 200 retries without a success between them are all that a client spends.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scriptOf(answer{status: 503})
		svc := service(faketransport.Func(func(r *http.Request) (*http.Response, error) { return s.RoundTrip(r) }))
		for range 100 {
			assert.NotNil(t, svc.Do(t.Context(), read(nil)))
		}
		assert.Len(t, s.Sent(), 100+200)
		s = scriptOf(answer{status: 200})
		assert.Nil(t, svc.Do(t.Context(), read(nil)))
		s = scriptOf(answer{status: 503})
		assert.NotNil(t, svc.Do(t.Context(), read(nil)))
		assert.Len(t, s.Sent(), 2, "a success gives one back")
	})
}

func TestWhatAFailureSays(t *testing.T) {
	for name, tt := range map[string]struct {
		answer  answer
		secrecy exchange.Secrecy
		code    string
		message string
		text    string
		id      string
	}{
		"of the service":     {answer: answer{status: 400, body: `{"error":{"code":"C","message":"m"}}`}, code: "C", message: "m", text: `{"error":{"code":"C","message":"m"}}`},
		"a text":             {answer: answer{status: 502, body: "bad\r\ngateway"}, message: "bad gateway", text: "bad\r\ngateway"},
		"HTML":               {answer: answer{status: 502, body: " <html>"}, text: " <html>"},
		"a redirect":         {answer: answer{status: 302, body: "moved"}, message: "redirects are not followed", text: "moved"},
		"an ID in a header":  {answer: answer{status: 400, body: `{"request_id":"b"}`, header: http.Header{"X-Request-Id": {"h"}}}, id: "h", text: `{"request_id":"b"}`},
		"an ID in the body":  {answer: answer{status: 400, body: `{"request_id":"b"}`}, id: "b", text: `{"request_id":"b"}`},
		"broken off":         {answer: answer{status: 400, body: `{"error_code":"C","error_msg":"m`, cut: true}, code: "C", text: `{"error_code":"C","error_msg":"m`},
		"a refusal of login": {answer: answer{status: 401, body: `{"error":{"code":401,"message":"wrong"}}`}, secrecy: exchange.SecretResult, code: "401", message: "wrong"},
		"an opaque refusal":  {answer: answer{status: 500, body: `{"code":"C","message":"secret"}`, header: http.Header{"X-Request-Id": {"h"}}}, secrecy: exchange.Opaque},
		"a fresh token in a refusal": {
			answer:  answer{status: 500, body: `{"message":"fresh-token-0123456789"}`, header: http.Header{"X-Subject-Token": {"fresh-token-0123456789"}}},
			secrecy: exchange.SecretResult, message: "[redacted]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := read(nil)
			c.Once, c.Secrecy = true, tt.secrecy
			f := service(scriptOf(tt.answer)).Do(t.Context(), c)
			require.NotNil(t, f)
			assert.Equal(t, tt.code, f.Body.Code)
			assert.Equal(t, tt.message, f.Body.Message)
			assert.Equal(t, tt.text, f.Text)
			assert.Equal(t, tt.id, f.Body.RequestID)
		})
	}
}

func TestUnreadableSuccess(t *testing.T) {
	for name, tt := range map[string]struct {
		body    string
		secrecy exchange.Secrecy
		message string
		named   string
	}{
		"says why":          {body: `{"id":"e-1"}`, message: "the response cannot be read: it is odd", named: "e-1"},
		"the service's own": {body: `{"id":"e-1","error_code":"C","error_msg":"m"}`, message: "m", named: "e-1"},
		"a secret":          {body: `{"code":"token","message":"token"}`, secrecy: exchange.SecretResult, message: "the response cannot be read: it is odd"},
	} {
		t.Run(name, func(t *testing.T) {
			c := read(func(exchange.Answer) error { return errors.New("it is odd") })
			c.Secrecy = tt.secrecy
			f := service(scriptOf(answer{status: 200, body: tt.body})).Do(t.Context(), c)
			require.NotNil(t, f)
			assert.Equal(t, tt.message, f.Body.Message)
			assert.Equal(t, tt.named, f.Named())
		})
	}
	f := &exchange.Failure{Answer: exchange.Answer{Response: transport.Response{StatusCode: 404, Body: `{"id":"e-1"}`}}}
	assert.Empty(t, f.Named(), "a refusal names nothing that was made")
}

func TestLongBodiesAreCutOff(t *testing.T) {
	c := read(nil)
	c.Once = true
	f := service(scriptOf(answer{status: 500, body: strings.Repeat("x", 100<<10)})).Do(t.Context(), c)
	require.NotNil(t, f)
	assert.Len(t, f.Text, 64<<10)
}

func TestLog(t *testing.T) {
	var lines strings.Builder
	svc := service(scriptOf(answer{status: 200, header: http.Header{"X-Request-Id": {"r-1\nx"}}}))
	svc.Logger = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	require.Nil(t, svc.Do(t.Context(), read(nil)))
	assert.Contains(t, lines.String(), `method=GET path=/base/things status=200 request_id="r-1 x" attempt=1 duration=`)
	lines.Reset()
	svc.Logger = slog.New(slog.NewTextHandler(&lines, nil))
	require.Nil(t, svc.Do(t.Context(), read(nil)))
	assert.Empty(t, lines.String(), "nothing above debug")
}
