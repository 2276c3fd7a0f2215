package vpceptest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// Inject makes requests fail: this create takes effect, and its response is lost.
func ExampleHandler_Inject() {
	server := vpceptest.NewServer()
	defer server.Close()
	server.Inject(vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true})

	_, err := server.Client().CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
	})
	fmt.Println(err != nil, "endpoints:", len(server.Endpoints()), "pending faults:", server.PendingFaults())
	// Output: true endpoints: 1 pending faults: 0
}

// Requests shows what a program sent.
func ExampleHandler_Requests() {
	server := vpceptest.NewServer()
	defer server.Close()

	if _, err := server.Client().GetQuotas(context.Background(), vpcep.QuotaTypeEndpoint); err != nil {
		log.Fatal(err)
	}
	for _, request := range server.Requests() {
		fmt.Println(request.Operation, request.Method)
	}
	// Output: ListQuotas GET
}

// A declared service exists with its own rules; here, its owner has to accept endpoints.
func ExampleWithService() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "billing", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{EndpointServiceID: "billing", VPCID: "vpc", SubnetID: "subnet"})
	if err != nil {
		log.Fatal(err)
	}
	endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status)
	// Output: pendingAcceptance
}

// With a second account, one account can publish a service, and the other can connect.
func ExampleWithAccount() {
	server := vpceptest.NewServer(vpceptest.WithAccount(vpceptest.Account{ProjectID: "consumer"}))
	defer server.Close()
	account := server.Accounts()[1]
	consumer := server.Client(vpcep.WithProjectID(account.ProjectID), vpcep.WithToken(account.Token))

	count, err := consumer.CountEndpoints(context.Background(), vpcep.EndpointFilter{})
	fmt.Println(consumer.ProjectID(), count, err)
	// Output: consumer 0 <nil>
}

// With drift, responses deviate from the documentation in the ways that have been seen.
func ExampleWithDrift() {
	server := vpceptest.NewServer(vpceptest.WithDrift(vpceptest.AllDrifts()...))
	defer server.Close()

	endpoint, err := server.Client().CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", EnableDNS: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status, endpoint.EnableDNS) // although enable_dns is a string there
	// Output: creating true
}
