package vpcep_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// runtimeFailure looks like an error of package runtime, but holds more.
type runtimeFailure struct{ token string }

func (e runtimeFailure) Error() string { return "failed with " + e.token }
func (runtimeFailure) RuntimeError()   {}

// brokenSources are token sources that do not return.
var brokenSources = map[string]func(){
	"text":          func() { panic(plainToken.value) },
	"error":         func() { panic(fmt.Errorf("failed with %s", plainToken.value)) },
	"struct":        func() { panic(struct{ Token string }{plainToken.value}) },
	"pointer":       func() { panic(&fieldError{text: plainToken.value}) },
	"runtime error": func() { panic(runtimeFailure{plainToken.value}) },
	"nil":           func() { panic(nil) },
	"index":         func() { _ = strings.Split(plainToken.value, "|")[len(plainToken.value)] },
	"abort":         func() { panic(http.ErrAbortHandler) },
	"Goexit":        runtime.Goexit,
}

// Calls that wait for a source that does not return fail at once, and the next call asks it
// again.
func TestSourcesThatDoNotReturn(t *testing.T) {
	for name, fail := range brokenSources {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t)
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int32
				source := vpcep.CachedToken(sourceFunc(func(context.Context) (vpcep.Token, error) {
					time.Sleep(time.Second) // until all callers wait
					if asked.Add(1) == 1 {
						fail()
					}
					return vpcep.Token{Value: oddToken.value}, nil
				}))
				start := time.Now()
				var callers sync.WaitGroup
				for range 20 {
					callers.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
						defer cancel()
						_, err := source.Token(ctx)
						assert.Error(t, err)
						assert.NotErrorIs(t, err, context.DeadlineExceeded)
					})
				}
				callers.Wait()
				assert.Equal(t, time.Second, time.Since(start), "those who wait are told at once")

				asked.Store(0)
				service := &tainted{plain: 1 << 30}
				auth := vpcep.WithAuth(vpcep.TokenAuth(source))
				h := callWith(t, t.Context(), taintGet, auth, vpcep.WithHTTPClient(service.client()))
				assert.Error(t, h.err)
				l.check("source, "+name, h, []secret{plainToken})
				h = callWith(t, t.Context(), taintGet, auth, vpcep.WithHTTPClient(service.client()))
				assert.NoError(t, h.err, "the source is asked again")
			})
		})
	}
}

// A renewal in the background that does not return leaves the old token in use.
func TestRenewalsThatDoNotReturn(t *testing.T) {
	for name, fail := range brokenSources {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int32
			source := vpcep.CachedToken(sourceFunc(func(context.Context) (vpcep.Token, error) {
				if asked.Add(1) > 1 {
					fail()
				}
				return vpcep.Token{Value: oddToken.value, ExpiresAt: time.Now().Add(time.Hour)}, nil
			}))
			for range 58 {
				token, err := source.Token(t.Context())
				require.NoError(t, err, name)
				assert.Equal(t, oddToken.value, token.Value)
				time.Sleep(time.Minute)
			}
			synctest.Wait()
			assert.Greater(t, asked.Load(), int32(1), "it is renewed before its end")
		})
	}
}

// A page is fetched while the caller works on the previous one. A panic there happens outside
// the caller's goroutine, where nobody could recover it.
func TestSourceThatFailsInAListDoesNotEndTheProcess(t *testing.T) {
	for name, fail := range map[string]func(){"panic": brokenSources["text"], "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			if isChild(t) {
				done := make(chan struct{}) // Goexit ends the goroutine that asks for a page, which may be this one
				go func() {
					defer close(done)
					listWith(t, fail)
				}()
				<-done
			}
		})
	}
}

// listWith lists with a source that fails on the third page, which is fetched ahead.
func listWith(t *testing.T, fail func()) {
	t.Helper()
	page := func(r *http.Request, _ echo) string {
		return http1(200, "", fmt.Sprintf(`{"endpoints":[{"id":"e-%s"}],"total_count":9}`, r.URL.Query().Get("offset")))
	}
	s := &tainted{form: form{raw: page}}
	asked := 0
	source := sourceFunc(func(context.Context) (vpcep.Token, error) {
		if asked++; asked > 2 {
			fail()
		}
		return vpcep.Token{Value: oddToken.value}, nil
	})
	c, err := vpcep.NewClient(settings(vpcep.WithBaseURL("http://vpcep.example"), vpcep.WithPlaintextHTTP(),
		vpcep.WithAuth(vpcep.TokenAuth(source)), vpcep.WithHTTPClient(s.client()))...)
	require.NoError(t, err)
	defer func() { _ = recover() }() // the caller may be told so, too
	for _, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 1}) {
		if err != nil {
			_, leaks := find(err.Error(), []secret{plainToken})
			assert.False(t, leaks, "%v", err)
		}
	}
}

// harmless is a text that looks like escapes and secrets, but contains none.
var harmless = `100 % %41 %zz %2B a\u002b \/ \\u0041 \x41 & &amp; &#43; &; "quoted" <b> [redacted] ` +
	base64.StdEncoding.EncodeToString([]byte("user:another password, of somebody else")) + " " +
	longToken.value[1000:1400] + " " + optionToken.value[20:150] + " " + accessKey.value[:leastPart-1] + " Pä ss+word é token Access=AK Signature=" + noise("other", 64, "0123456789abcdef")

// unchangedBy drives every credential with a service that returns a body.
func unchangedBy(t *testing.T, status int, body string, check func(t *testing.T, s *tainted, h *harvest, err error, meta vpcep.ResponseMeta)) {
	t.Helper()
	header := http.Header{"X-Request-Id": {"id %2B &amp; " + longToken.value[2000:2100]}, "X-Odd": {harmless, "", "a%20b"}, "X-" + optionToken.value[30:33]: {"v"}}
	for _, cred := range credentials() {
		t.Run(cred.name, func(t *testing.T) {
			f := form{raw: func(*http.Request, echo) string {
				var lines strings.Builder
				require.NoError(t, header.Write(&lines))
				return http1(status, lines.String(), body)
			}}
			s := &tainted{form: f}
			var meta vpcep.ResponseMeta
			var got *vpcep.Endpoint
			o := taintOperation{do: func(d driven) (err error) {
				got, err = d.c.GetEndpoint(d.ctx, "e-1", append(d.opts, vpcep.WithResponse(&meta))...)
				return err
			}}
			h := callWith(t, t.Context(), o, vpcep.WithAuth(cred.auth(t)), vpcep.WithHTTPClient(s.client()))
			for name, values := range header {
				assert.Equal(t, values, meta.Header.Values(name))
			}
			assert.Equal(t, header.Get("X-Request-Id"), meta.RequestID)
			if got != nil {
				h.outputs = []output{{"description", got.Description}, {"extra", string(got.Extra["odd"])}, {"ID", got.ID}}
			}
			check(t, s, h, h.err, meta)
		})
	}
}

// A response that repeats no secret is returned unchanged.
func TestAnswersWithoutSecretsAreUnchanged(t *testing.T) {
	text, err := json.Marshal(harmless)
	require.NoError(t, err)
	odd := `{"a" : ` + string(text) + `,"\u0062":[1.50,"\u002b\/\u00e9%2b"]}`
	success := `{"id":"e-%41","description":` + string(text) + `,"odd":` + odd + `}`
	unchangedBy(t, 200, success, func(t *testing.T, _ *tainted, h *harvest, err error, _ vpcep.ResponseMeta) {
		require.NoError(t, err)
		assert.Equal(t, []output{{"description", harmless}, {"extra", odd}, {"ID", "e-%41"}}, h.outputs)
	})
	refusal := `{"error_code":"X.1","error_msg":` + string(text) + `,"odd":` + odd + `,"request_id":"r",` +
		`"encoded_authorization_message":` + string(text) + `,"details":[{"error_code":"c","error_msg":` + string(text) + `}]}`
	unchangedBy(t, 400, refusal, func(t *testing.T, _ *tainted, _ *harvest, err error, _ vpcep.ResponseMeta) {
		var answer *vpcep.APIError
		require.ErrorAs(t, err, &answer)
		assert.Equal(t, refusal, string(answer.Body))
		assert.Equal(t, harmless, answer.Message)
		assert.Equal(t, harmless, answer.EncodedAuthorizationMessage)
		assert.Equal(t, []vpcep.ErrorDetail{{Code: "c", Message: harmless}}, answer.Details)
	})
	long := harmless + strings.Repeat(" %2B &amp; "+noise("filler", 10000, tokenChars), 30)
	unchangedBy(t, 403, long, func(t *testing.T, _ *tainted, _ *harvest, err error, _ vpcep.ResponseMeta) {
		var answer *vpcep.APIError
		require.ErrorAs(t, err, &answer)
		assert.Equal(t, long[:64<<10], string(answer.Body))
	})
}

// A failure that repeats no secret keeps its types.
func TestFailuresWithoutSecretsAreUnchanged(t *testing.T) {
	cause := &fieldError{text: "failed %2B &amp; " + longToken.value[1000:1100]}
	for name, failure := range map[string]error{
		"itself": cause, "wrapped": fmt.Errorf("a: %w", cause), "joined": errors.Join(errors.New("b"), cause), "reset": fmt.Errorf("%w: %w", reset, cause),
	} {
		for _, cred := range credentials() {
			f := form{roundTrip: func(*http.Request, echo) (*http.Response, error) { return nil, failure }}
			s := &tainted{form: f}
			h := callWith(t, t.Context(), taintGet, vpcep.WithAuth(cred.auth(t)), vpcep.WithHTTPClient(s.client()))
			var found *fieldError
			assert.ErrorAs(t, h.err, &found, "%s, %s", cred.name, name)
			assert.ErrorIs(t, h.err, failure, "%s, %s", cred.name, name)
		}
	}
}
