package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, nil); err != nil {
		t.Fatal(err)
	}
	tree := regexp.MustCompile(` +\d+ ms  `).ReplaceAllString(out.String(), ": ")
	want := `\n\nCreateEndpoint: ok
    HTTP GET: 200
    HTTP POST: 429
    HTTP POST: .*(EOF|reset).*
(    HTTP GET: 200
)+WaitForEndpoint: ok
    HTTP GET: 200
`
	if !regexp.MustCompile(want).MatchString(tree) {
		t.Errorf("the tree is\n%s\ninstead of\n%s", tree, want)
	}
}

// Each request has a span of its own below that of its call, and no span holds the token.
func TestSpans(t *testing.T) {
	server := vpceptest.NewServer()
	defer server.Close()
	recorder := tracetest.NewSpanRecorder()
	if err := traced(t.Context(), server, recorder); err != nil {
		t.Fatal(err)
	}
	spans := recorder.Ended()
	calls := slices.DeleteFunc(slices.Clone(spans), func(s trace.ReadOnlySpan) bool { return s.Parent().IsValid() })
	requests := server.Requests()
	if len(calls) != 2 || len(spans)-len(calls) != len(requests) {
		t.Errorf("%d spans of calls and %d of requests for %d requests", len(calls), len(spans)-len(calls), len(requests))
	}
	for _, span := range spans {
		text := fmt.Sprintf("%+v", tracetest.SpanStubFromReadOnlySpan(span))
		if strings.Contains(text, server.Token()) {
			t.Errorf("span %s holds the token", span.Name())
		}
		if isRequest := span.Parent().IsValid(); isRequest && !strings.Contains(text, "/vpc-endpoints") {
			t.Errorf("span %s does not even hold its URL: %s", span.Name(), text)
		}
	}
	for _, request := range requests {
		if request.Header.Get("Traceparent") != "" {
			t.Error("the ID of a trace was sent")
		}
	}
}
