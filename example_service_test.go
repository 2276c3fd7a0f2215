package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// realClient is a client for the real service, for examples that do not run.
func realClient() *vpcep.Client {
	client, err := vpcep.NewClient(
		vpcep.WithRegion("eu-west-101"),
		vpcep.WithProjectID(os.Getenv("HW_PROJECT_ID")),
		vpcep.WithToken(os.Getenv("HW_AUTH_TOKEN")),
	)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// Publish a back end, so that endpoints in other VPCs can connect to it.
func ExampleClient_CreateService() {
	ctx, client := context.Background(), realClient()
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
	fmt.Println(service.Name, service.Status)
}

// Some permissions may be added, and others not.
func ExampleClient_AddPermissions() {
	ctx, client := context.Background(), realClient()
	_, err := client.AddPermissions(ctx, "4189d3c2-8882-4871-a3c2-d380272eed88", []vpcep.Permission{
		{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e", Description: "the shops"},
	})
	var partial *vpcep.PermissionsError
	switch {
	case errors.As(err, &partial):
		fmt.Println("added:", len(partial.Done), "not added:", len(partial.Failed))
	case err != nil:
		log.Fatal(err)
	}
}

// Find the endpoints that carry a tag.
func ExampleClient_ListResources() {
	ctx, client := context.Background(), realClient()
	for resource, err := range client.ListResources(ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{
		Tags: []vpcep.TagValues{{Key: "team", Values: []string{"billing"}}},
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(resource.ID)
	}
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
