package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A client for the real service needs a region, a project and credentials.
func ExampleNewClient() {
	client, err := vpcep.NewClient(
		vpcep.WithRegion("eu-west-101"),
		vpcep.WithProjectID("0605767a3300d5762fb7c0186d9e1779"),
		vpcep.WithToken("a-token-of-IAM"),
	)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.BaseURL())

	_, err = vpcep.NewClient(vpcep.WithRegion("eu-west-101"), vpcep.WithProjectID("p"), vpcep.WithToken("a token\nwith a line break"))
	fmt.Println(err)
	// Output:
	// https://vpcep.eu-west-101.myhuaweicloud.eu
	// vpcep: invalid: WithToken: the token contains characters that are not allowed in a header
}

func ExampleClient_CreateEndpoint() {
	server := vpceptest.NewServer() // a stand-in for the service
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

// With an idempotency key, a create is safe to repeat after any failure.
func ExampleClient_CreateEndpoint_idempotencyKey() {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		// The endpoint is created, but the response is lost.
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true},
	))
	defer server.Close()
	shortly := vpcep.WithReconcileWindow(100 * time.Millisecond) // lists of the stand-in do not lag

	request := vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17",
	}
	first, err := server.Client(shortly).CreateEndpoint(context.Background(), request)
	if err != nil {
		log.Fatal(err)
	}
	again, err := server.Client(shortly).CreateEndpoint(context.Background(), request) // as another process
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.ID == again.ID, again.IdempotencyKey, len(again.Tags), len(server.Endpoints()))
	// Output: true order-17 0 1
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
	// whitelist[1] - "0.0.0.0/0" allows every address; disable the whitelist instead
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

func ExampleClient_WaitForEndpoint() {
	server := vpceptest.NewServer(vpceptest.WithCreateDelay(500 * time.Millisecond))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}

	last := vpcep.EndpointStatus("")
	endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{
		Timeout: time.Minute,
		OnPoll: func(e *vpcep.Endpoint) {
			if e.Status != last {
				fmt.Println("now", e.Status)
				last = e.Status
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready:", endpoint.Status == vpcep.StatusAccepted, endpoint.IP != "")
	// Output:
	// now creating
	// now accepted
	// ready: true true
}

// A change may take effect after the service has responded: wait until it has.
func ExampleClient_UpdateWhitelist() {
	server := vpceptest.NewServer(vpceptest.WithChangeDelay(200 * time.Millisecond))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	on := true
	change := vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.1.0.0/16"), Enable: &on}
	if _, err := client.UpdateWhitelist(ctx, endpoint.ID, change); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.HasWhitelist(change), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Whitelist, endpoint.EnableWhitelist)
	// Output: [10.1.0.0/16] true
}

// If some route tables cannot be bound, the others still are.
func ExampleClient_UpdateRouteTables() {
	server := vpceptest.NewServer(
		vpceptest.WithService(vpceptest.Service{ID: "storage", Type: vpceptest.TypeGateway}),
		vpceptest.WithFailingRouteTable("table-2", "the route table is full"),
	)
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "storage", VPCID: "vpc", RouteTables: []string{"table-1"}})

	bound, err := client.UpdateRouteTables(ctx, endpoint.ID, []string{"table-1", "table-2", "table-3"})
	var partial *vpcep.RouteTablesError
	if errors.As(err, &partial) {
		for _, failure := range partial.BindFailed {
			fmt.Printf("%s is not bound: %s\n", failure.ID, failure.Message)
		}
	} else if err != nil {
		log.Fatal(err)
	}
	fmt.Println("bound:", bound)
	// Output:
	// table-2 is not bound: the route table is full
	// bound: [table-1 table-3]
}

// The type of a service says what a request needs, before anything is created.
func ExampleClient_PreflightCreateEndpoint() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{
		ID: "813d9300-8473-405b-bfcd-f711117bad65", Name: "com.myhuaweicloud.eu-west-101.dns",
	}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	service, err := client.DescribeServiceByName(ctx, "com.myhuaweicloud.eu-west-101.dns")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.ID, service.Type)
	request := vpcep.CreateEndpointRequest{EndpointServiceID: service.ID, VPCID: "vpc"}
	_, err = client.PreflightCreateEndpoint(ctx, request)
	fmt.Println(err)
	request.SubnetID = "subnet"
	_, err = client.PreflightCreateEndpoint(ctx, request)
	fmt.Println(err, len(server.Endpoints()))
	// Output:
	// 813d9300-8473-405b-bfcd-f711117bad65 interface
	// vpcep: invalid: subnet_id: must not be empty for an interface service
	// <nil> 0
}

func ExampleClient_GetQuotas() {
	server := vpceptest.NewServer(vpceptest.WithQuota(50))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet"})

	quotas, err := client.GetQuotas(ctx, vpcep.QuotaTypeEndpoint)
	if err != nil {
		log.Fatal(err)
	}
	for _, quota := range quotas {
		fmt.Printf("%s: %d of %d\n", quota.Type, quota.Used, quota.Allowed)
	}
	// Output: endpoint: 1 of 50
}

// newEndpoint creates an endpoint for an example to work with.
func newEndpoint(ctx context.Context, api *vpcep.Client, request vpcep.CreateEndpointRequest) *vpcep.Endpoint {
	endpoint, err := api.CreateEndpoint(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	if endpoint, err = api.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{Interval: 50 * time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	return endpoint
}
