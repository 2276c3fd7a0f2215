// Consumer is the shortest program that uses the library.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	server := vpceptest.NewServer()
	defer server.Close()
	client, err := vpcep.NewClient(
		vpcep.WithBaseURL(server.URL), vpcep.WithProjectID(server.ProjectID()), vpcep.WithToken(server.Token()))
	if err != nil {
		log.Fatal(err)
	}
	endpoint, err := client.CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("created", endpoint.ID != "")
}
