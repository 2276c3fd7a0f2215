package exchange_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/retry"
)

// What a status means by itself.
func TestStatusOfAnAnswer(t *testing.T) {
	for status, want := range map[int]retry.Event{
		199: retry.Unreadable, 300: retry.Unreadable, 304: retry.Unreadable, 399: retry.Unreadable,
		400: retry.Refused, 403: retry.Refused, 404: retry.Refused, 409: retry.Refused, 499: retry.Refused,
		401: retry.Unauthorized, 408: retry.TimedOut, 429: retry.Throttled,
		500: retry.ServerError, 503: retry.ServerError, 599: retry.ServerError, 600: retry.ServerError,
	} {
		c := read(nil)
		c.Once = true
		f := service(scriptOf(answer{status: status})).Do(t.Context(), c)
		require.NotNil(t, f, status)
		assert.Equal(t, want, f.Event, status)
		assert.NoError(t, f.Cause)
	}
	for _, status := range []int{200, 204, 299} {
		assert.Nil(t, service(scriptOf(answer{status: status})).Do(t.Context(), read(nil)), status)
	}
}

// Meaning is called for refusals, and not for other responses.
func TestMeaningOfARefusal(t *testing.T) {
	for status, isAsked := range map[int]bool{302: false, 400: true, 401: true, 408: false, 429: true, 500: false} {
		svc := service(scriptOf(answer{status: status, body: `{"code":"C"}`}))
		asked := false
		svc.Meaning = func(op retry.Operation, of int, code string) retry.Event {
			asked = true
			assert.Equal(t, retry.Create, op)
			assert.Equal(t, status, of)
			assert.Equal(t, "C", code)
			return retry.Gone
		}
		c := read(nil)
		c.Operation, c.Once = retry.Create, true
		f := svc.Do(t.Context(), c)
		require.NotNil(t, f)
		assert.Equal(t, isAsked, asked, status)
		assert.Equal(t, isAsked, f.Event == retry.Gone, status)
	}
}

// written is a connection that breaks after the request was written.
func written(err error) faketransport.Func {
	return func(req *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(req.Context())
		trace.GetConn("x.example:443")
		trace.GotConn(httptrace.GotConnInfo{})
		trace.WroteHeaderField(":authority", []string{"x.example"})
		trace.WroteHeaders()
		return nil, err
	}
}

// HTTP/2 guarantees of some requests that the server did not process them: then even
// a create is sent again.
func TestRequestThatWasNotProcessed(t *testing.T) {
	for text, want := range map[string]retry.Event{
		"http2: Transport received Server's graceful shutdown GOAWAY":         retry.Unprocessed,
		"stream error: stream ID 3; REFUSED_STREAM; received from peer":       retry.Unprocessed,
		"stream error: stream ID 3; INTERNAL_ERROR; received from peer":       retry.Broken,
		"http2: Transport received something that nobody has heard of so far": retry.Broken,
	} {
		virtually(t, text, func(t *testing.T) {
			c := read(nil)
			c.Operation = retry.Create
			f := service(written(errors.New(text))).Do(t.Context(), c)
			require.NotNil(t, f)
			assert.Equal(t, want, f.Event)
			assert.Equal(t, want == retry.Broken, f.Unknown)
			assert.Equal(t, want == retry.Unprocessed, f.Attempts == 4)
		})
	}
}

// The error of a connection may quote the response, which may be secret.
func TestErrorsThatMayQuoteASecretAnswer(t *testing.T) {
	for secrecy, isQuoted := range map[exchange.Secrecy]bool{exchange.Open: true, exchange.SecretResult: false, exchange.Opaque: false} {
		c := read(nil)
		c.Once, c.Secrecy = true, secrecy
		f := service(written(errors.New("malformed: eyJhbGciOi"))).Do(t.Context(), c)
		require.NotNil(t, f)
		assert.Equal(t, isQuoted, strings.Contains(f.Cause.Error(), "eyJhbGciOi"))
	}
}

// Of a refusal where a success would be a secret, code and message are shown, and of an
// answer that may be one in any case, its status alone.
func TestWhatIsShownBesideASecret(t *testing.T) {
	const body = `{"error_code":"C","error_msg":"m","encoded_authorization_message":"e","details":[{"code":"D"}]}`
	whole := exchange.ErrorBody{Code: "C", Message: "m", Encoded: "e", Details: []exchange.ErrorDetail{{Code: "D"}}}
	for name, tt := range map[string]struct {
		secrecy exchange.Secrecy
		want    exchange.ErrorBody
		text    string
	}{
		"no secret":         {exchange.Open, whole, body},
		"a success is one":  {exchange.SecretResult, exchange.ErrorBody{Code: "C", Message: "m"}, ""},
		"any answer is one": {exchange.Opaque, exchange.ErrorBody{}, ""},
	} {
		c := read(nil)
		c.Once, c.Secrecy = true, tt.secrecy
		f := service(scriptOf(answer{status: 403, body: body})).Do(t.Context(), c)
		require.NotNil(t, f)
		assert.Equal(t, tt.want, f.Body, name)
		assert.Equal(t, tt.text, f.Text, name)
		assert.Equal(t, 403, f.Answer.StatusCode)
	}
}

// If a response may contain a token, only an ID that looks like a request ID is shown.
func TestRequestIDBesideASecret(t *testing.T) {
	const uuid = "0123456789abcdef-ABCDEF-0123456789ab"
	require.Len(t, uuid, 36)
	for id, want := range map[string]string{
		uuid:                    uuid,
		uuid + "0":              "[redacted]",
		uuid[:35] + "g":         "[redacted]",
		"req-1":                 "req-1",
		"fresh-token":           "[redacted]",
		strings.Repeat("f", 23): strings.Repeat("f", 23),
	} {
		c := read(nil)
		c.Once, c.Secrecy = true, exchange.SecretResult
		f := service(scriptOf(answer{status: 401, header: http.Header{"X-Request-Id": {id}, "X-Subject-Token": {"fresh-token"}}})).Do(t.Context(), c)
		require.NotNil(t, f)
		assert.Equal(t, want, f.Body.RequestID)
	}
}

// The pauses of the gate grow until any response comes that is not throttled.
func TestAnswersThatAreNotThrottled(t *testing.T) {
	for name, tt := range map[string]struct {
		between     answer
		least, most time.Duration
	}{
		"a refusal":              {answer{status: 503}, 375 * time.Millisecond, 500 * time.Millisecond},
		"a connection that ends": {answer{err: errors.New("reset")}, 750 * time.Millisecond, time.Second},
	} {
		virtually(t, name, func(t *testing.T) {
			s := scriptOf(answer{status: 429}, tt.between, answer{status: 429}, answer{status: 200})
			assert.Nil(t, service(s).Do(t.Context(), read(nil)))
			require.Len(t, s.Sent(), 4)
			pause := s.Gap(3)
			assert.GreaterOrEqual(t, pause, tt.least)
			assert.LessOrEqual(t, pause, tt.most)
		})
	}
}

// A call that comes while others are throttled has not been refused itself: it goes
// when its own patience ends, and fails where its deadline does not suffice.
func TestCallsBesideThrottledOnes(t *testing.T) {
	virtually(t, "patience", func(t *testing.T) {
		s := scriptOf(answer{status: 429, header: http.Header{"Retry-After": {"20"}}}, answer{status: 200})
		svc := service(s)
		go svc.Do(t.Context(), read(nil))
		time.Sleep(time.Second)
		c := read(nil)
		c.Retry.ThrottleTimeout = 5 * time.Second
		start := time.Now()
		assert.Nil(t, svc.Do(t.Context(), c))
		assert.Zero(t, time.Since(start))
	})
	virtually(t, "a deadline", func(t *testing.T) {
		s := scriptOf(answer{status: 429, header: http.Header{"Retry-After": {"20"}}}, answer{status: 200})
		svc := service(s)
		go svc.Do(t.Context(), read(nil))
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		f := svc.Do(ctx, read(nil))
		require.NotNil(t, f)
		assert.Equal(t, retry.Throttled, f.Event)
		assert.ErrorIs(t, f.Cause, context.DeadlineExceeded)
		assert.Equal(t, "GET /base/things", f.Method+" "+f.Path)
		assert.Zero(t, f.Attempts)
		assert.False(t, f.Unknown)
		assert.Len(t, s.Sent(), 1)
	})
	virtually(t, "patience with one's own refusal", func(t *testing.T) {
		s := scriptOf(answer{status: 429, header: http.Header{"Retry-After": {"20"}}})
		c := read(nil)
		c.Retry.ThrottleTimeout = 5 * time.Second
		f := service(s).Do(t.Context(), c)
		require.NotNil(t, f)
		assert.Equal(t, 429, f.Answer.StatusCode)
		assert.NoError(t, f.End)
		assert.Len(t, s.Sent(), 1)
	})
}
