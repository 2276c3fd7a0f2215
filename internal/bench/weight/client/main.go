// Client is a program that makes one call with the library.
package main

import (
	"context"
	"log"
	"os"

	"github.com/vpcep/vpcep-go"
)

func main() {
	client, err := vpcep.NewClient(
		vpcep.WithRegion("eu-west-101"), vpcep.WithProjectID("project"), vpcep.WithToken("token"))
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) < 3 {
		return
	}
	endpoint, err := client.CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: os.Args[1], VPCID: os.Args[2],
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Print(endpoint.ID)
}
