package transport_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// answering is a transport with the same response for every request.
func answering(status int, length int64, header http.Header, body io.Reader) *transport.Transport {
	return transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, ContentLength: length, Header: header.Clone(), Body: io.NopCloser(body), Request: req}, nil
	})})
}

func TestStatusOfSuccess(t *testing.T) {
	for status, want := range map[int]bool{0: false, 199: false, 200: true, 201: true, 299: true, 300: false, 404: false} {
		assert.Equal(t, want, transport.Response{StatusCode: status}.IsSuccess(), status)
	}
}

// The limits of a body, to the byte.
func TestBoundsOfABody(t *testing.T) {
	for name, tt := range map[string]struct {
		status, size int
		length       int64 // as announced
		want         int   // kept
		err          error
	}{
		"the longest success":             {200, transport.MaxBody, transport.MaxBody, transport.MaxBody, nil},
		"the same, unannounced":           {299, transport.MaxBody, -1, transport.MaxBody, nil},
		"too long a success":              {200, transport.MaxBody + 1, transport.MaxBody + 1, 0, transport.ErrBodyTooLarge},
		"the same, unannounced, is begun": {200, transport.MaxBody + 1, -1, 4 << 10, transport.ErrBodyTooLarge},
		"the longest failure":             {500, transport.MaxErrorBody, transport.MaxErrorBody, transport.MaxErrorBody, nil},
		"too long a failure is cut off":   {500, transport.MaxErrorBody + 1, -1, transport.MaxErrorBody, nil},
		"no success":                      {300, transport.MaxErrorBody + 1, -1, transport.MaxErrorBody, nil},
		"an absurd length":                {500, 10, 1 << 60, 10, nil},
		"nothing":                         {200, 0, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tr := answering(tt.status, tt.length, http.Header{}, strings.NewReader(strings.Repeat("x", tt.size)))
			resp, err := tr.Send(t.Context(), post("https://x.example"))
			require.NoError(t, err)
			assert.Len(t, resp.Body, tt.want)
			assert.Equal(t, tt.err, resp.BodyErr)
		})
	}
}

// A response without a body is complete, whatever its headers say about the body.
func TestNothingThatIsSaidToBeCompressed(t *testing.T) {
	tr := answering(204, 0, http.Header{"Content-Encoding": {"gzip"}}, http.NoBody)
	resp, err := tr.Send(t.Context(), post("https://x.example"))
	require.NoError(t, err)
	assert.NoError(t, resp.BodyErr)
	assert.Empty(t, resp.Body)
}

// The Location of a redirect is shown, whether or not it is a URL.
func TestLocations(t *testing.T) {
	for _, status := range []int{201, 301, 302, 308} {
		for _, location := range []string{"https://other.example/", "http://[", ""} {
			header := http.Header{}
			if location != "" {
				header.Set("Location", location)
			}
			resp, err := answering(status, 0, header, http.NoBody).Send(t.Context(), post("https://x.example"))
			require.NoError(t, err)
			assert.Equal(t, status, resp.StatusCode)
			assert.Equal(t, header, resp.Header)
		}
	}
}

// hanging is a body that ends in err when its request does.
type hanging struct {
	ctx context.Context
	err error
}

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	if h.err != nil {
		return 0, h.err
	}
	return 0, h.ctx.Err()
}

// What ended the reading of a body: the attempt's time-out, or the caller's context.
func TestBodyThatTakesTooLong(t *testing.T) {
	for _, broken := range []error{nil, io.ErrUnexpectedEOF} {
		synctest.Test(t, func(t *testing.T) {
			tr := transport.New(&http.Client{Transport: faketransport.Func(func(req *http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, ContentLength: -1, Header: http.Header{}, Body: io.NopCloser(hanging{req.Context(), broken}), Request: req}, nil
			})})
			r := post("https://x.example")
			r.Timeout = time.Minute
			resp, err := tr.Send(t.Context(), r)
			require.NoError(t, err)
			assert.Equal(t, transport.ErrTimeout, resp.BodyErr)

			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			resp, err = tr.Send(ctx, r)
			require.NoError(t, err)
			assert.ErrorIs(t, resp.BodyErr, context.DeadlineExceeded)
			assert.NotErrorIs(t, resp.BodyErr, transport.ErrTimeout)
			if broken != nil {
				assert.ErrorIs(t, resp.BodyErr, broken)
			}
		})
	}
}

// A round tripper's own time-out is not the end of the caller's context.
func TestTimeoutOfARoundTripper(t *testing.T) {
	tr := transport.New(&http.Client{Transport: failing{context.DeadlineExceeded}})
	_, err := tr.Send(t.Context(), post("https://x.example"))
	assert.ErrorIs(t, err, transport.ErrTimeout)
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
}

// Only the secrets of a request are removed from its response.
func TestSecretsOfHeaders(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("deployer:hunter22"))
	for name, tt := range map[string]struct {
		header, value string
		secret, plain []string
	}{
		"a token":             {"X-Auth-Token", "MIIE-token", []string{"MIIE-token"}, nil},
		"a header of unknown": {"X-Key", "key-0123", []string{"key-0123"}, nil},
		"a harmless header":   {"X-Project-Id", "0123456789abcdef", nil, []string{"0123456789abcdef"}},
		"a signature": {
			"Authorization", "SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders=host;x-sdk-date, Signature=5eb1c5a7",
			[]string{"AKIDEXAMPLE", "5eb1c5a7"}, []string{"SDK-HMAC-SHA256", "host;x-sdk-date"},
		},
		"a password":       {"Authorization", "Basic " + basic, []string{basic, "hunter22"}, []string{"deployer", "Basic"}},
		"a broken one":     {"Authorization", "Basic hunter22!", []string{"hunter22!"}, []string{"Basic"}},
		"a bearer":         {"Authorization", "Bearer aHVudGVyMjI6", []string{"aHVudGVyMjI6"}, []string{"Bearer"}},
		"without a scheme": {"Authorization", "MIIE-token", []string{"MIIE-token"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, status := range []int{200, 403} {
				for text, isSecret := range all(tt.secret, tt.plain) {
					r := post("https://x.example")
					r.Prepare = func(req *http.Request) error { req.Header.Set(tt.header, tt.value); return nil }
					tr := answering(status, -1, http.Header{"X-Echo": {"<" + text + ">"}}, strings.NewReader("you sent <"+text+">"))
					resp, err := tr.Send(t.Context(), r)
					require.NoError(t, err)
					assert.Equal(t, !isSecret, strings.Contains(resp.Body, text), resp.Body)
					assert.Equal(t, !isSecret, strings.Contains(resp.Header.Get("X-Echo"), text), resp.Header)
				}
			}
		})
	}
}

func all(secret, plain []string) map[string]bool {
	texts := map[string]bool{}
	for _, text := range secret {
		texts[text] = true
	}
	for _, text := range plain {
		texts[text] = false
	}
	return texts
}

// Without TLS, the response may be the proxy's, which knows its password.
func TestProxyThatQuotesItsPassword(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(407)
		io.WriteString(w, "deployer:hunter22 is not known")
	})
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	address.User = url.UserPassword("deployer", "hunter22")
	pool := &http.Transport{Proxy: http.ProxyURL(address)}
	t.Cleanup(pool.CloseIdleConnections)
	resp, err := transport.New(&http.Client{Transport: pool}).Send(t.Context(), post("http://x.example"))
	require.NoError(t, err)
	assert.Equal(t, 407, resp.StatusCode)
	assert.Equal(t, "deployer:[redacted] is not known", resp.Body)
}

// A transport of HTTP/3 has alerts of TLS that are no network errors.
func TestAlertsOfOtherTransports(t *testing.T) {
	const handshakeFailure, internalError = tls.AlertError(40), tls.AlertError(80)
	for alert, isPermanent := range map[tls.AlertError]bool{handshakeFailure: true, internalError: false} {
		tr := transport.New(&http.Client{Transport: failing{&net.OpError{Op: "dial", Err: alert}}})
		_, err := tr.Send(t.Context(), post("https://x.example"))
		var failure *transport.Error
		require.True(t, errors.As(err, &failure))
		assert.Equal(t, isPermanent, failure.Permanent, "%v", alert)
	}
}

func TestLimitsOfThePool(t *testing.T) {
	pool := transport.NewPool(nil)
	assert.Equal(t, 256, pool.MaxIdleConnsPerHost)
	assert.Equal(t, 45*time.Second, pool.IdleConnTimeout)
	assert.Equal(t, 10*time.Second, pool.TLSHandshakeTimeout)
	assert.Equal(t, 15*time.Second, pool.HTTP2.SendPingTimeout)
	assert.Equal(t, 10*time.Second, pool.HTTP2.PingTimeout)
	assert.EqualValues(t, 256<<10, pool.MaxResponseHeaderBytes)
	assert.EqualValues(t, tls.VersionTLS12, pool.TLSClientConfig.MinVersion)
}
