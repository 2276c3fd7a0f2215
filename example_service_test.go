package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// newService creates a service for an example to work with.
func newService(ctx context.Context, api *vpcep.Client, name string) *vpcep.EndpointService {
	service, err := api.CreateService(ctx, vpcep.CreateServiceRequest{
		PortID: "4189d3c2-8882-4871-a3c2-d380272eed88", VPCID: "4e65f8b1-306d-4522-8ecd-aa374000e2a4", Name: name,
		ServerType: vpcep.ServerTypeLB, Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if service, err = api.WaitForService(ctx, service.ID, vpcep.WaitOptions{Interval: 50 * time.Millisecond}); err != nil {
		log.Fatal(err)
	}
	return service
}

// Publish a back end, so that endpoints in other VPCs can connect to it.
func ExampleClient_CreateService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()

	service, err := client.CreateService(ctx, vpcep.CreateServiceRequest{
		PortID:         "4189d3c2-8882-4871-a3c2-d380272eed88",
		VPCID:          "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		ServerType:     vpcep.ServerTypeVM,
		Ports:          []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}},
		IdempotencyKey: "3f2a9c1e-billing-service",
	})
	if err != nil {
		log.Fatal(err)
	}
	if service, err = client.WaitForService(ctx, service.ID, vpcep.WaitOptions{}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Status, service.IdempotencyKey, "needs approval:", service.ApprovalEnabled)
	// Output: available 3f2a9c1e-billing-service needs approval: true
}

func ExampleCreateServiceRequest_Validate() {
	err := vpcep.CreateServiceRequest{
		PortID: "4189d3c2-8882-4871-a3c2-d380272eed88", VPCID: "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		ServerType: vpcep.ServerTypeLB, Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 84430}},
	}.Validate()
	fmt.Println(err)
	// Output: vpcep: invalid: ports[0].server_port: 84430 is not a port number from 1 to 65535
}

func ExampleClient_WaitForService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	created := newService(ctx, client, "billing")

	service, err := client.WaitForService(ctx, created.ID, vpcep.WaitOptions{
		OnServicePoll: func(s *vpcep.EndpointService) { fmt.Println("polled:", s.Status) },
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.ID == created.ID)
	// Output:
	// polled: available
	// true
}

func ExampleClient_GetService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	created := newService(ctx, client, "billing")

	service, err := client.GetService(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Status, service.Ports[0].ClientPort, service.ServerType)

	_, err = client.GetService(ctx, "4189d3c2-8882-4871-a3c2-d380272eed00")
	fmt.Println(errors.Is(err, vpcep.ErrServiceNotFound))
	// Output:
	// available 443 LB
	// true
}

func ExampleClient_GetServiceByIdempotencyKey() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	created, err := client.CreateService(ctx, vpcep.CreateServiceRequest{
		PortID: "4189d3c2-8882-4871-a3c2-d380272eed88", VPCID: "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		ServerType: vpcep.ServerTypeLB, Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}}, IdempotencyKey: "order-17",
	})
	if err != nil {
		log.Fatal(err)
	}

	service, err := client.GetServiceByIdempotencyKey(ctx, "order-17")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.ID == created.ID)
	// Output: true
}

// ListServices lists your own services; ListPublicServices lists those of everyone.
func ExampleClient_ListServices() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newService(ctx, client, "billing")

	for service, err := range client.ListServices(ctx, vpcep.ServiceFilter{Name: "billing"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(service.Status)
	}
	// Output: available
}

func ExampleClient_CountServices() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newService(ctx, client, "billing")

	count, err := client.CountServices(ctx, vpcep.ServiceFilter{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(count)
	// Output: 1
}

// Fields that the change leaves out keep their values.
func ExampleClient_UpdateService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	approval := false
	service, err := client.UpdateService(ctx, service.ID, vpcep.ServiceChange{
		ApprovalEnabled: &approval, // endpoints connect without an approval from now on
		Ports:           []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}, {ClientPort: 80, ServerPort: 8080}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.ApprovalEnabled, len(service.Ports))
	// Output: false 2
}

func ExampleClient_RenameService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	if err := client.RenameService(ctx, service.ID, "invoices"); err != nil {
		log.Fatal(err)
	}
	service, err := client.GetService(ctx, service.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(service.Name, ".invoices."))
	// Output: true
}

func ExampleClient_DeleteService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	if err := client.DeleteService(ctx, service.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.WaitForServiceDeleted(ctx, service.ID, vpcep.WaitOptions{}))
	// Output: <nil>
}

func ExampleClient_WaitForServiceDeleted() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	if err := client.DeleteService(ctx, service.ID); err != nil {
		log.Fatal(err)
	}
	if err := client.WaitForServiceDeleted(ctx, service.ID, vpcep.WaitOptions{}); err != nil {
		log.Fatal(err)
	}
	_, err := client.GetService(ctx, service.ID)
	fmt.Println(errors.Is(err, vpcep.ErrServiceNotFound))
	// Output: true
}

func ExampleClient_ListPublicServices() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "dns", Name: "com.myhuaweicloud.eu-west-101.dns"}))
	defer server.Close()

	for service, err := range server.Client().ListPublicServices(context.Background(), vpcep.ServiceFilter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(service.ID, service.Type)
	}
	// Output: dns interface
}

func ExampleClient_CountPublicServices() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "dns", Name: "com.myhuaweicloud.eu-west-101.dns"}))
	defer server.Close()

	count, err := server.Client().CountPublicServices(context.Background(), vpcep.ServiceFilter{})
	fmt.Println(count, err)
	// Output: 1 <nil>
}

// DescribeService also finds services of others that you may connect to.
func ExampleClient_DescribeService() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "storage", Type: vpceptest.TypeGateway}))
	defer server.Close()

	service, err := server.Client().DescribeService(context.Background(), "storage")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Type == vpcep.ServiceTypeGateway)
	// Output: true
}

func ExampleClient_DescribeServiceByName() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "dns", Name: "com.myhuaweicloud.eu-west-101.dns"}))
	defer server.Close()

	service, err := server.Client().DescribeServiceByName(context.Background(), "com.myhuaweicloud.eu-west-101.dns")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.ID) // what CreateEndpointRequest.EndpointServiceID takes
	// Output: dns
}

// Not every region has upgrades; those without respond with an error.
func ExampleClient_UpgradeService() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	err := client.UpgradeService(ctx, service.ID, vpcep.ServiceUpgrade{EnableMultiServer: true})
	fmt.Println(err)
	// Output: <nil>
}

// A service of the professional edition can have several load balancers.
func ExampleClient_AddServerResources() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	if err := client.UpgradeService(ctx, service.ID, vpcep.ServiceUpgrade{EnableMultiServer: true}); err != nil {
		log.Fatal(err)
	}

	err := client.AddServerResources(ctx, service.ID, []vpcep.ServerResource{{ID: "5b7c8f3e-load-balancer"}})
	if errors.Is(err, vpcep.ErrOutcomeUnknown) {
		fmt.Println("read the service before you add the load balancer again")
	}
	fmt.Println(err)
	// Output: <nil>
}
