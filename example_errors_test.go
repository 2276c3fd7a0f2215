package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// Test errors by meaning, by status and by code.
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

// An ErrorCode works with errors.Is, however the service spells the code.
func ExampleErrorCode() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	request := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", PortIP: "172.16.0.154"}
	newEndpoint(ctx, client, request)

	_, err := client.CreateEndpoint(ctx, request)
	if errors.Is(err, vpcep.CodePortIPInUse) {
		fmt.Println("choose another address")
	}
	// Output: choose another address
}

// A ValidationError names every field that breaks a rule. Nothing was sent.
func ExampleValidationError() {
	server := vpceptest.NewServer()
	defer server.Close()

	_, err := server.Client().CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{EndpointServiceID: "service", PortIP: "172.16.0"})
	var invalid *vpcep.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field.Field)
		}
	}
	fmt.Println("requests:", len(server.Requests()))
	// Output:
	// vpc_id
	// port_ip
	// requests: 0
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

// A key belongs to one request. Another request needs a key of its own.
func ExampleIdempotencyMismatchError() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	request := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17"}
	newEndpoint(ctx, client, request)

	request.VPCID = "another-vpc"
	_, err := client.CreateEndpoint(ctx, request)
	var mismatch *vpcep.IdempotencyMismatchError
	if errors.As(err, &mismatch) {
		fmt.Println(mismatch.Key, mismatch.Fields)
	}
	// Output: order-17 [vpc_id]
}

// If killed processes left two endpoints with the same key, a call reports them and
// deletes neither. With Resume, it keeps the oldest.
func ExampleDuplicateEndpointsError() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client(vpcep.WithReconcileWindow(50 * time.Millisecond)) // lists of the stand-in do not lag
	ctx := context.Background()
	request := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17"}
	for range 2 {
		_, err := client.Do(ctx, vpcep.RawRequest{Method: "POST", Path: "/v1/{project_id}/vpc-endpoints", Body: request})
		if err != nil {
			log.Fatal(err)
		}
	}

	_, err := client.CreateEndpoint(ctx, request)
	var duplicates *vpcep.DuplicateEndpointsError
	if errors.As(err, &duplicates) {
		fmt.Println("endpoints with the key:", len(duplicates.EndpointIDs))
	}
	// Output: endpoints with the key: 2
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

// A wait that ends in failure returns the endpoint with the error.
func ExampleEndpointFailedError() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{
		ID: "service", Failure: vpceptest.EndpointError{Code: "EndPoint.4010", Message: "Failed to create the port."},
	}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}

	endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{})
	var failed *vpcep.EndpointFailedError
	if errors.As(err, &failed) {
		fmt.Println(endpoint.Status, endpoint.Errors[0].Message)
	}
	// Output: failed Failed to create the port.
}

func ExampleServiceFailedError() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	if err := client.DeleteService(ctx, service.ID); err != nil {
		log.Fatal(err)
	}

	service, err := client.WaitForService(ctx, service.ID, vpcep.WaitOptions{})
	var failed *vpcep.ServiceFailedError
	if errors.As(err, &failed) {
		fmt.Println(service.Status)
	}
	// Output: deleting
}

// After a timeout, wait again, or have a look at the endpoint as it was last read.
func ExampleWaitTimeoutError() {
	server := vpceptest.NewServer(vpceptest.WithCreateDelay(time.Hour))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{Timeout: 50 * time.Millisecond})
	var late *vpcep.WaitTimeoutError
	if errors.As(err, &late) && late.Last != nil {
		fmt.Println("still", late.Last.Status)
	}
	// Output: still creating
}

// If some route tables cannot be bound, the others still are.
func ExampleRouteTablesError() {
	server := vpceptest.NewServer(
		vpceptest.WithService(vpceptest.Service{ID: "storage", Type: vpceptest.TypeGateway}),
		vpceptest.WithFailingRouteTable("table-2", "the route table is full"),
	)
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "storage", VPCID: "vpc", RouteTables: []string{"table-1"}})

	_, err := client.UpdateRouteTables(ctx, endpoint.ID, []string{"table-1", "table-2"})
	var partial *vpcep.RouteTablesError
	if errors.As(err, &partial) {
		fmt.Println(partial.BindFailed[0].ID, "-", partial.BindFailed[0].Message)
	}
	// Output: table-2 - the route table is full
}

// Permissions with and without a description are sent separately, so some can be added
// while others are not.
func ExamplePermissionsError() {
	server := vpceptest.NewServer(vpceptest.WithFaults(vpceptest.Fault{
		Operation: vpceptest.OpPermissionAction, Status: 403, Body: vpceptest.ErrorBody(string(vpcep.CodePermissionDenied), "You have no permissions."),
	}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	_, err := client.AddPermissions(ctx, service.ID, []vpcep.Permission{
		{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e", Description: "the shops"},
		{Value: "iam:domain::5fc973eea581490997e82ea11a1d0101"},
	})
	var partial *vpcep.PermissionsError
	if errors.As(err, &partial) {
		fmt.Println("added:", partial.Done[0].Value)
		fmt.Println("not added:", partial.Failed[0].Value, errors.Is(err, vpcep.ErrForbidden))
	}
	// Output:
	// added: iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e
	// not added: iam:domain::5fc973eea581490997e82ea11a1d0101 true
}

// If the proxy refuses to connect, nothing was sent to the service.
func ExampleProxyError() {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	if err != nil {
		log.Fatal(err)
	}
	client, err := vpcep.NewClient(
		vpcep.WithRegion("eu-west-101"), vpcep.WithProjectID("0605767a3300d5762fb7c0186d9e1779"), vpcep.WithToken("a-token-of-IAM"),
		vpcep.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}),
	)
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.GetQuotas(context.Background(), "")
	var refusal *vpcep.ProxyError
	if errors.As(err, &refusal) {
		fmt.Println("the proxy responds with", refusal.StatusCode)
	}
	// Output: the proxy responds with 403
}
