package vpcep_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A private cloud has a URL of its own, and often its own certificate authority.
func ExampleWithBaseURL() {
	pool := x509.NewCertPool() // with the certificates of the private cloud's authority
	client, err := vpcep.NewClient(
		vpcep.WithBaseURL("https://vpcep.cloud.example.com/gateway"),
		vpcep.WithRootCAs(pool),
		vpcep.WithProjectID("0605767a3300d5762fb7c0186d9e1779"),
		vpcep.WithToken("a-token-of-IAM"),
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.BaseURL())
	// Output: https://vpcep.cloud.example.com/gateway
}

// counter counts the requests that pass through it.
type counter struct {
	next     http.RoundTripper
	requests int
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.requests++
	return c.next.RoundTrip(req)
}

// A round tripper of your own sees every request, for metrics or traces.
func ExampleWithHTTPClient() {
	server := vpceptest.NewServer()
	defer server.Close()
	transport := &counter{next: http.DefaultTransport}

	client := server.Client(vpcep.WithHTTPClient(&http.Client{Transport: transport}))
	_, err := client.GetQuotas(context.Background(), "")
	fmt.Println(err, transport.requests)
	// Output: <nil> 1
}

// At debug level, the logger gets one line for each attempt, without credentials.
func ExampleWithLogger() {
	server := vpceptest.NewServer()
	defer server.Close()
	withoutTimes := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration" || a.Key == "request_id" {
			return slog.Attr{}
		}
		return a
	}
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTimes}))

	_, err := server.Client(vpcep.WithLogger(logger)).GetQuotas(context.Background(), "")
	fmt.Println(err)
	// Output:
	// level=DEBUG msg="vpcep request" method=GET path=/v1/0f6b1d2c3e4a45968778695a4b3c2d1e/quotas status=200 attempt=1
	// <nil>
}

func ExampleWithRetry() {
	server := vpceptest.NewServer(vpceptest.WithFaults(vpceptest.Fault{Status: 503, Times: 2}))
	defer server.Close()
	client := server.Client(vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 3, BaseDelay: time.Millisecond}))

	var meta vpcep.ResponseMeta
	_, err := client.GetQuotas(context.Background(), "", vpcep.WithResponse(&meta))
	fmt.Println(err, meta.Attempts)
	// Output: <nil> 3
}

// WithResponse returns what a response says apart from its body, even if the call fails.
func ExampleWithResponse() {
	server := vpceptest.NewServer()
	defer server.Close()

	var meta vpcep.ResponseMeta
	_, err := server.Client().GetEndpoint(context.Background(), "no-such-endpoint", vpcep.WithResponse(&meta))
	fmt.Println(errors.Is(err, vpcep.ErrEndpointNotFound), meta.StatusCode, meta.RequestID != "", meta.Attempts)
	// Output: true 404 true 1
}

// One call gets less time than the others.
func ExampleWithCallTimeout() {
	server := vpceptest.NewServer(vpceptest.WithFaults(vpceptest.Fault{Stall: time.Hour}))
	defer server.Close()

	_, err := server.Client().GetQuotas(context.Background(), "", vpcep.WithCallTimeout(20*time.Millisecond))
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// One call is not retried.
func ExampleWithCallRetry() {
	server := vpceptest.NewServer(vpceptest.WithFaults(vpceptest.Fault{Status: 503}))
	defer server.Close()

	_, err := server.Client().GetQuotas(context.Background(), "", vpcep.WithCallRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
	fmt.Println(errors.Is(err, vpcep.ErrServiceUnavailable), len(server.Requests()))
	// Output: true 1
}

// A header goes with the requests of one call.
func ExampleWithCallHeader() {
	server := vpceptest.NewServer()
	defer server.Close()

	_, err := server.Client().GetQuotas(context.Background(), "", vpcep.WithCallHeader("X-Trace-Id", "17"))
	fmt.Println(err, server.Requests()[0].Header.Get("X-Trace-Id"))
	// Output: <nil> 17
}
