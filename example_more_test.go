package vpcep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// Create an endpoint, wait until it can be used, and delete it.
func Example() {
	server := vpceptest.NewServer() // a stand-in of the service; for the real one, call NewClient
	defer server.Close()
	client := server.Client()

	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
		IdempotencyKey:    "3f2a9c1e-billing-endpoint",
	})
	if err != nil {
		log.Fatal(err)
	}
	if endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status)
	if err := client.DeleteEndpoint(ctx, endpoint.ID); err != nil {
		log.Fatal(err)
	}
	// Output: accepted
}

func ExampleClient_GetEndpoint() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	created := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	endpoint, err := client.GetEndpoint(ctx, created.ID)
	if errors.Is(err, vpcep.ErrEndpointNotFound) {
		fmt.Println("it is gone")
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.VPCID, endpoint.Status)
	// Output: vpc accepted
}

func ExampleClient_CountEndpoints() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	count, err := client.CountEndpoints(ctx, vpcep.EndpointFilter{VPCID: "vpc"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(count)
	// Output: 1
}

// A process that restarts after a crash resumes its creates: it stored the key before
// the first call, and cannot know whether the request was sent.
func ExampleCreateEndpointRequest_resume() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client(vpcep.WithReconcileWindow(100 * time.Millisecond)) // lists of the stand-in do not lag

	request := vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
		IdempotencyKey: "order-17", // from the file that the first run wrote
		Resume:         true,
	}
	var meta vpcep.ResponseMeta
	if _, err := client.CreateEndpoint(context.Background(), request, vpcep.WithResponse(&meta)); err != nil {
		log.Fatal(err)
	}
	fmt.Println("found:", meta.Found, "endpoints:", len(server.Endpoints()))
	// Output: found: false endpoints: 1
}

func ExampleClient_GetEndpointByIdempotencyKey() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	created := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17"})

	endpoint, err := client.GetEndpointByIdempotencyKey(ctx, "order-17")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.ID == created.ID)
	// Output: true
}

func ExampleClient_UpdatePolicy() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "storage", Type: vpceptest.TypeGateway}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "storage", VPCID: "vpc", RouteTables: []string{"table"}})

	policy := vpcep.Policy{Statements: []vpcep.PolicyStatement{
		{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"obs:*:*:*:my-bucket/*"}},
	}}
	if _, err := client.UpdatePolicy(ctx, endpoint.ID, policy); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.HasPolicy(policy), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(endpoint.PolicyStatement))
	// Output: 1
}

// Do sends what this version has no method for, with the client's credentials, retries
// and errors.
func ExampleClient_Do() {
	server := vpceptest.NewServer()
	defer server.Close()

	body, err := server.Client().Do(context.Background(), vpcep.RawRequest{Method: "GET", Path: "/v1/{project_id}/quotas"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(json.Valid(body))
	// Output: true
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

// The outcome of a create is unknown if the connection breaks while it is carried out.
// Without an idempotency key, look for the endpoint before you create again.
func ExampleOutcomeUnknownError() {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true},
	))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	_, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	var unknown *vpcep.OutcomeUnknownError
	if errors.As(err, &unknown) {
		count, err := client.CountEndpoints(ctx, vpcep.EndpointFilter{VPCID: "vpc"})
		fmt.Println("the endpoint may exist; found:", count, err)
	}
	// Output: the endpoint may exist; found: 1 <nil>
}

func ExampleQuotaExceededError() {
	server := vpceptest.NewServer(vpceptest.WithQuota(1))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	request := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"}
	newEndpoint(ctx, client, request)

	_, err := client.CreateEndpoint(ctx, request)
	var quota *vpcep.QuotaExceededError
	if errors.As(err, &quota) {
		fmt.Printf("%d of %d endpoints are used\n", quota.Quota.Used, quota.Quota.Allowed)
	}
	// Output: 1 of 1 endpoints are used
}
