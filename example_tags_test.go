package vpcep_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// tagged creates an endpoint with tags for an example to work with.
func tagged(ctx context.Context, api *vpcep.Client, tags ...vpcep.Tag) *vpcep.Endpoint {
	return newEndpoint(ctx, api, vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", Tags: tags})
}

// SetTags leaves the tag of an idempotency key alone.
func ExampleClient_SetTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := newEndpoint(ctx, client, vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: "order-17",
		Tags: []vpcep.Tag{{Key: "team", Value: "billing"}, {Key: "stage", Value: "test"}},
	})

	tags := []vpcep.Tag{{Key: "stage", Value: "production"}}
	if err := client.SetTags(ctx, endpoint.ID, tags); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.HasTags(tags...), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Tags, endpoint.IdempotencyKey)
	// Output: [{stage production}] order-17
}

// AddTags adds tags, or gives those that exist another value, and leaves the others alone.
func ExampleClient_AddTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"})

	added := vpcep.Tag{Key: "stage", Value: "test"}
	if err := client.AddTags(ctx, endpoint.ID, []vpcep.Tag{added}); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.HasAllTags(added), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Tags)
	// Output: [{team billing} {stage test}]
}

func ExampleClient_RemoveTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"}, vpcep.Tag{Key: "stage", Value: "test"})

	if err := client.RemoveTags(ctx, endpoint.ID, []string{"stage"}); err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, vpcep.LacksTags("stage"), vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Tags)
	// Output: [{team billing}]
}

// RemoveExactTags removes a tag only if its value matches too.
func ExampleClient_RemoveExactTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"}, vpcep.Tag{Key: "stage", Value: "test"})

	err := client.RemoveExactTags(ctx, endpoint.ID, []vpcep.Tag{{Key: "team", Value: "shops"}, {Key: "stage", Value: "test"}})
	if err != nil {
		log.Fatal(err)
	}
	endpoint, err = client.GetEndpoint(ctx, endpoint.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Tags)
	// Output: [{team billing}]
}

func ExampleClient_SetServiceTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	if err := client.SetServiceTags(ctx, service.ID, []vpcep.Tag{{Key: "team", Value: "billing"}}); err != nil {
		log.Fatal(err)
	}
	service, err := client.GetService(ctx, service.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Tags)
	// Output: [{team billing}]
}

func ExampleClient_AddServiceTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")

	err := client.AddServiceTags(ctx, service.ID, []vpcep.Tag{{Key: "team", Value: "billing"}, {Key: "stage", Value: "test"}})
	if err != nil {
		log.Fatal(err)
	}
	service, err = client.GetService(ctx, service.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Tags)
	// Output: [{team billing} {stage test}]
}

func ExampleClient_RemoveServiceTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	err := client.AddServiceTags(ctx, service.ID, []vpcep.Tag{{Key: "team", Value: "billing"}, {Key: "stage", Value: "test"}})
	if err != nil {
		log.Fatal(err)
	}

	if err := client.RemoveServiceTags(ctx, service.ID, []string{"stage"}); err != nil {
		log.Fatal(err)
	}
	service, err = client.GetService(ctx, service.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Tags)
	// Output: [{team billing}]
}

// RemoveExactServiceTags removes a tag only if its value matches too.
func ExampleClient_RemoveExactServiceTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	service := newService(ctx, client, "billing")
	if err := client.AddServiceTags(ctx, service.ID, []vpcep.Tag{{Key: "team", Value: "billing"}}); err != nil {
		log.Fatal(err)
	}

	if err := client.RemoveExactServiceTags(ctx, service.ID, []vpcep.Tag{{Key: "team", Value: "shops"}}); err != nil {
		log.Fatal(err)
	}
	service, err := client.GetService(ctx, service.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(service.Tags)
	// Output: [{team billing}]
}

// ListProjectTags lists the tags of all endpoints, or of all services, of the project.
func ExampleClient_ListProjectTags() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"})
	tagged(ctx, client, vpcep.Tag{Key: "team", Value: "shops"})

	tags, err := client.ListProjectTags(ctx, vpcep.ResourceTypeEndpoint)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags)
	// Output: [{team [billing shops]}]
}

// Find the endpoints that carry a tag.
func ExampleClient_ListResources() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"})
	tagged(ctx, client, vpcep.Tag{Key: "team", Value: "shops"})

	for resource, err := range client.ListResources(ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{
		Tags: []vpcep.TagValues{{Key: "team", Values: []string{"billing"}}},
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(resource.ID == endpoint.ID, resource.Tags)
	}
	// Output: true [{team billing}]
}

func ExampleClient_CountResources() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	tagged(ctx, client, vpcep.Tag{Key: "team", Value: "billing"})
	tagged(ctx, client, vpcep.Tag{Key: "team", Value: "shops"})

	count, err := client.CountResources(ctx, vpcep.ResourceTypeEndpoint, vpcep.ResourceFilter{
		Tags: []vpcep.TagValues{{Key: "team", Values: []string{"billing"}}},
	})
	fmt.Println(count, err)
	// Output: 1 <nil>
}

// All combines conditions: the wait ends when both changes have taken effect.
func ExampleAll() {
	server := vpceptest.NewServer(vpceptest.WithChangeDelay(100 * time.Millisecond))
	defer server.Close()
	client := server.Client()
	ctx := context.Background()
	endpoint := tagged(ctx, client, vpcep.Tag{Key: "stage", Value: "test"})

	added := vpcep.Tag{Key: "team", Value: "billing"}
	if err := client.AddTags(ctx, endpoint.ID, []vpcep.Tag{added}); err != nil {
		log.Fatal(err)
	}
	if err := client.RemoveTags(ctx, endpoint.ID, []string{"stage"}); err != nil {
		log.Fatal(err)
	}
	changed := vpcep.All(vpcep.HasAllTags(added), vpcep.LacksTags("stage"))
	endpoint, err := client.WaitForEndpointChange(ctx, endpoint.ID, changed, vpcep.WaitOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Tags)
	// Output: [{team billing}]
}
