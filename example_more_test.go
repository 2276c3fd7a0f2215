package vpcep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// Create an endpoint, wait until it can be used, and delete it.
func Example() {
	server := vpceptest.NewServer() // a stand-in for the service; for the real one, call NewClient
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

func ExampleClient_WaitForEndpointDeleted() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	if err := client.DeleteEndpoint(ctx, endpoint.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.WaitForEndpointDeleted(ctx, endpoint.ID, vpcep.WaitOptions{Timeout: time.Minute}))
	// Output: <nil>
}

// A Condition can be any function: wait until the endpoint has an address.
func ExampleClient_WaitForEndpointChange() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}

	hasAddress := func(e *vpcep.Endpoint) bool { return e.IP != "" }
	endpoint, err = client.WaitForEndpointChange(ctx, endpoint.ID, hasAddress, vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.IP != "")
	// Output: true
}

// Without a policy of its own, an endpoint allows everything that the service allows.
func ExampleClient_DeletePolicy() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "storage", Type: vpceptest.TypeGateway}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{
		EndpointServiceID: "storage", VPCID: "vpc", RouteTables: []string{"table"},
		PolicyStatement: []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"obs:*:*:*:my-bucket/*"}}},
	})

	if _, err := client.DeletePolicy(ctx, endpoint.ID); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.HasPolicy(vpcep.Policy{}), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(endpoint.PolicyStatement))
	// Output: 0
}

// Not every region has upgrades; those without respond with an error.
func ExampleClient_UpgradeEndpoint() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	fmt.Println(client.UpgradeEndpoint(ctx, endpoint.ID))
	// Output: <nil>
}

// The versions of the API, not of this library.
func ExampleClient_ListVersions() {
	server := vpceptest.NewServer()
	defer server.Close()

	versions, err := server.Client().ListVersions(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, version := range versions {
		fmt.Println(version.ID, version.Status)
	}
	// Output: v1 CURRENT
}

func ExampleClient_GetVersion() {
	server := vpceptest.NewServer()
	defer server.Close()

	version, err := server.Client().GetVersion(context.Background(), "v1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(version.ID, version.Status)
	// Output: v1 CURRENT
}
