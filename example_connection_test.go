package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// The owner of a service accepts an endpoint, and waits until it is connected.
func ExampleClient_AcceptConnection() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	for connection, err := range client.ListConnections(ctx, "my-service", vpcep.ConnectionFilter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("was", connection.Status)
		if _, err := client.AcceptConnection(ctx, "my-service", connection.EndpointID); err != nil {
			log.Fatal(err)
		}
		connection, err = client.WaitForConnection(ctx, "my-service", connection.EndpointID, vpcep.WaitOptions{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("is", connection.Status)
	}
	// Output:
	// was pendingAcceptance
	// is accepted
}

// A rejected endpoint stays until its own account deletes it.
func ExampleClient_RejectConnection() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	connection, err := client.RejectConnection(ctx, "my-service", endpoint.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(connection.Status)
	// Output: rejected
}

func ExampleClient_WaitForConnection() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	connection, err := client.WaitForConnection(ctx, "my-service", endpoint.ID, vpcep.WaitOptions{
		Targets: []vpcep.EndpointStatus{vpcep.StatusPendingAcceptance},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(connection.Status)
	// Output: pendingAcceptance
}

// The owner lists who is waiting for approval.
func ExampleClient_ListConnections() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	pending := vpcep.ConnectionFilter{Status: vpcep.StatusPendingAcceptance}
	for connection, err := range client.ListConnections(ctx, "my-service", pending) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(connection.EndpointID == endpoint.ID, connection.Status)
	}
	// Output: true pendingAcceptance
}

func ExampleClient_CountConnections() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service", Approval: true}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	count, err := client.CountConnections(ctx, "my-service", vpcep.ConnectionFilter{Status: vpcep.StatusPendingAcceptance})
	fmt.Println(count, err)
	// Output: 1 <nil>
}

// The owner notes what a connection is for; the other account does not see it.
func ExampleClient_UpdateConnectionDescriptions() {
	server := vpceptest.NewServer(vpceptest.WithService(vpceptest.Service{ID: "my-service"}))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{EndpointServiceID: "my-service", VPCID: "vpc", SubnetID: "subnet"})

	connections, err := client.UpdateConnectionDescriptions(ctx, "my-service", []vpcep.ConnectionDescription{
		{EndpointID: endpoint.ID, Description: "the shops in the north"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(connections[0].Description)
	// Output: the shops in the north
}

// Allow an account to connect. Some permissions may be added, and others not.
func ExampleClient_AddPermissions() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	added, err := client.AddPermissions(ctx, service.ID, []vpcep.Permission{
		{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e", Description: "the shops"},
	})
	var partial *vpcep.PermissionsError
	switch {
	case errors.As(err, &partial):
		fmt.Println("added:", len(partial.Done), "not added:", len(partial.Failed))
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(added[0].Value, added[0].ID != "")
	// Output: iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e true
}

func ExampleClient_ListPermissions() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	allow(ctx, client, service.ID)

	for permission, err := range client.ListPermissions(ctx, service.ID, vpcep.PermissionFilter{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(permission.Value, permission.Description)
	}
	// Output: iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e the shops
}

func ExampleClient_CountPermissions() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	allow(ctx, client, service.ID)

	count, err := client.CountPermissions(ctx, service.ID, vpcep.PermissionFilter{})
	fmt.Println(count, err)
	// Output: 1 <nil>
}

// A permission can be removed by its value, or by its ID.
func ExampleClient_RemovePermissions() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	allow(ctx, client, service.ID)

	err := client.RemovePermissions(ctx, service.ID, []vpcep.Permission{{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.CountPermissions(ctx, service.ID, vpcep.PermissionFilter{}))
	// Output: 0 <nil>
}

func ExampleClient_UpdatePermissionDescription() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	permission := allow(ctx, client, service.ID)

	permission, err := client.UpdatePermissionDescription(ctx, service.ID, permission.ID, "the shops and their suppliers")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(permission.Description)
	// Output: the shops and their suppliers
}

// allow adds a permission for an example to work with.
func allow(ctx context.Context, api *vpcep.Client, serviceID string) *vpcep.Permission {
	added, err := api.AddPermissions(ctx, serviceID, []vpcep.Permission{
		{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e", Description: "the shops"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return &added[0]
}
