// Otel traces calls with OpenTelemetry: a span for each request, under a span for the
// call that it belongs to. All it takes is WithHTTPClient, which accepts any round
// tripper.
//
//	cd examples/otel && go run .
//
// It talks to a stand-in for the service, which it starts itself. The stand-in refuses the
// first create request and loses its response to the second. The spans are printed as a
// tree; a real program exports them, with a batch processor and, for example,
// otlptracehttp in place of the tracetest.SpanRecorder.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, _ []string) error {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpCreate, Status: http.StatusTooManyRequests},
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true},
	))
	defer server.Close()
	fmt.Fprint(out, "This example traces a create that needs several requests: one is refused, and the response\n"+
		"to another is lost. The trace shows each request under the call that it belongs to, so\n"+
		"you can see where the time goes. It takes about 6 seconds.\n\n")
	recorder := tracetest.NewSpanRecorder()
	if err := traced(ctx, server, recorder); err != nil {
		return err
	}
	printTree(out, recorder.Ended())
	_, err := fmt.Fprint(out, "\nThat was the last example. docs/operations.md and docs/errors.md have the details.\n")
	return err
}

// traced creates an endpoint, waits for it, and passes the spans to the processor.
func traced(ctx context.Context, server *vpceptest.Server, spans trace.SpanProcessor) (err error) {
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	defer func() {
		if end := provider.Shutdown(context.WithoutCancel(ctx)); err == nil {
			err = end
		}
	}()
	client := server.Client(vpcep.WithHTTPClient(&http.Client{Transport: tracedTransport(provider)}))
	defer client.CloseIdleConnections()
	tracer := provider.Tracer("github.com/vpcep/vpcep-go/examples/otel")

	endpoint, err := inSpan(ctx, tracer, "CreateEndpoint", func(ctx context.Context) (*vpcep.Endpoint, error) {
		return client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
			EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
			VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
			SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
			IdempotencyKey:    "otel-example",
		})
	})
	if err != nil {
		return err
	}
	_, err = inSpan(ctx, tracer, "WaitForEndpoint", func(ctx context.Context) (*vpcep.Endpoint, error) {
		return client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{})
	})
	return err
}

// tracedTransport starts a span for each request. A span has the method, the URL and the
// status. It has no headers and therefore no token; a round tripper that records headers
// must leave out X-Auth-Token, Authorization and X-Security-Token.
func tracedTransport(provider oteltrace.TracerProvider) http.RoundTripper {
	pool := http.DefaultTransport.(*http.Transport).Clone()
	pool.MaxIdleConnsPerHost = 256 // the default is 2
	return otelhttp.NewTransport(pool,
		otelhttp.WithTracerProvider(provider),
		// The service has no use for trace IDs, so none are sent.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
	)
}

// inSpan makes a call in a span of its own. The requests of the call appear below it,
// because their contexts derive from the call's.
func inSpan[T any](ctx context.Context, tracer oteltrace.Tracer, name string, call func(context.Context) (T, error)) (T, error) {
	ctx, span := tracer.Start(ctx, name)
	defer span.End()
	value, err := call(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error()) // no error of the library holds a credential
	}
	return value, err
}

// printTree prints each span below its parent, in the order in which they started.
func printTree(out io.Writer, spans []trace.ReadOnlySpan) {
	slices.SortStableFunc(spans, func(a, b trace.ReadOnlySpan) int { return a.StartTime().Compare(b.StartTime()) })
	var below func(parent oteltrace.SpanID, depth int)
	below = func(parent oteltrace.SpanID, depth int) {
		for _, span := range spans {
			if span.Parent().SpanID() != parent {
				continue
			}
			name := strings.Repeat("    ", depth) + span.Name()
			took := span.EndTime().Sub(span.StartTime())
			fmt.Fprintf(out, "%-20s %5d ms  %s\n", name, took.Milliseconds(), outcome(span))
			below(span.SpanContext().SpanID(), depth+1)
		}
	}
	below(oteltrace.SpanID{}, 0)
}

// outcome is the status of the response to a request, or why there was none; for a call,
// it says whether it succeeded.
func outcome(span trace.ReadOnlySpan) string {
	for _, a := range span.Attributes() {
		if a.Key == "http.response.status_code" {
			return a.Value.String()
		}
	}
	if span.Status().Code == codes.Error {
		return span.Status().Description
	}
	return "ok"
}
