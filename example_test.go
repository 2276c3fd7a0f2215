package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A client for the real service needs a region, a project and credentials.
func ExampleNewClient() {
	client, err := vpcep.NewClient(
		vpcep.WithRegion("eu-west-101"),
		vpcep.WithProjectID("0605767a3300d5762fb7c0186d9e1779"),
		vpcep.WithToken("a token of IAM"),
	)
	fmt.Println(client == nil)
	fmt.Println(err)
	// Output:
	// true
	// vpcep: invalid: WithToken: holds characters that a header cannot carry
}

func ExampleClient_CreateEndpoint() {
	server := vpceptest.NewServer() // a stand-in of the service
	defer server.Close()
	client := server.Client()

	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
		PortIP:            "172.16.0.154",
		Tags:              []vpcep.Tag{{Key: "team", Value: "billing"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status)
	endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status, endpoint.IP)
	// Output:
	// creating
	// accepted 172.16.0.154
}

// With an idempotency key, a create can be repeated after any failure.
func ExampleClient_CreateEndpoint_idempotencyKey() {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		// The endpoint is made, and the answer is lost.
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true},
	))
	defer server.Close()

	request := vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17",
	}
	first, err := server.Client().CreateEndpoint(context.Background(), request)
	if err != nil {
		log.Fatal(err)
	}
	again, err := server.Client().CreateEndpoint(context.Background(), request) // as another process
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.ID == again.ID, again.IdempotencyKey, len(again.Tags), len(server.Endpoints()))
	// Output: true order-17 0 1
}

// Errors are tested by meaning, by status and by code.
func ExampleAPIError() {
	server := vpceptest.NewServer(vpceptest.WithQuota(1))
	defer server.Close()
	client := server.Client()

	request := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"}
	var err error
	for err == nil {
		_, err = client.CreateEndpoint(context.Background(), request)
	}
	var refusal *vpcep.APIError
	switch {
	case errors.Is(err, vpcep.ErrOutcomeUnknown):
		fmt.Println("the endpoint may exist")
	case errors.Is(err, vpcep.ErrQuotaExceeded) && errors.As(err, &refusal):
		fmt.Println(refusal.StatusCode, refusal.Code, errors.Is(err, vpcep.ErrBadRequest), errors.Is(err, vpcep.CodeQuotaExceeded))
	default:
		fmt.Println(err)
	}
	// Output: 400 Endpoint.1018 true true
}

func ExampleCreateEndpointRequest_Validate() {
	err := vpcep.CreateEndpointRequest{
		EndpointServiceID: "service",
		Tags:              []vpcep.Tag{{Key: "a", Value: "b"}, {Key: "a=", Value: "b"}},
		Whitelist:         []string{"10.0.0.0/8", "0.0.0.0/0"},
	}.Validate()

	var invalid *vpcep.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field.Field, "-", field.Message)
		}
	}
	// Output:
	// vpc_id - must not be empty
	// tags[1].key - must not contain "="
	// whitelist[1] - "0.0.0.0/0" allows every address; leave the whitelist off instead
}

func ExampleClient_ListEndpoints() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	for _, vpc := range []string{"a", "b", "b"} {
		if _, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: vpc, SubnetID: "net-" + vpc}); err != nil {
			log.Fatal(err)
		}
	}

	for endpoint, err := range client.ListEndpoints(ctx, vpcep.EndpointFilter{VPCID: "b"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(endpoint.VPCID, endpoint.SubnetID)
	}
	// Output:
	// b net-b
	// b net-b
}

func ExampleClient_DeleteEndpoint() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}

	if err := client.DeleteEndpoint(ctx, endpoint.ID); err != nil {
		log.Fatal(err)
	}
	if err := client.WaitForEndpointDeleted(ctx, endpoint.ID, vpcep.WaitOptions{}); err != nil {
		log.Fatal(err)
	}
	_, err = client.GetEndpoint(ctx, endpoint.ID)
	fmt.Println(errors.Is(err, vpcep.ErrEndpointNotFound))
	// Output: true
}

// WithResponse gives what an answer says beside its body, also of a failed call.
func ExampleWithResponse() {
	server := vpceptest.NewServer()
	defer server.Close()

	var meta vpcep.ResponseMeta
	_, err := server.Client().GetEndpoint(context.Background(), "no-such-endpoint", vpcep.WithResponse(&meta))
	fmt.Println(errors.Is(err, vpcep.ErrEndpointNotFound), meta.StatusCode, meta.RequestID != "", meta.Attempts)
	// Output: true 404 true 1
}
