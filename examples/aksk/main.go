// Aksk signs requests with an access key, looks up the project of the region, and lists
// its endpoints.
//
//	go run ./examples/aksk
//
// By default it talks to a stand-in, which it starts itself. For the real service, pass
// -region; vpcep.DefaultAuth finds the key: in the environment
// (HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_ACCESS_KEY and HW_SECRET_KEY),
// in ~/.huaweicloud/credentials, or from the agency of an ECS instance.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("aksk", flag.ContinueOnError)
	region := flags.String("region", "", "region of the real service")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // it has printed the help
	} else if err != nil {
		return err
	}
	fmt.Fprint(out, "This example signs each request with an access key, so there is no token to store or\n"+
		"renew, and looks up the ID of the region's project, so nobody has to configure it.\n")
	if *region == "" {
		return againstStandIn(ctx, out)
	}
	auth, err := vpcep.DefaultAuth()
	if err != nil {
		return err
	}
	return list(ctx, out, auth, vpcep.ProjectLookupConfig{Region: *region, Auth: auth}, vpcep.WithRegion(*region))
}

func againstStandIn(ctx context.Context, out io.Writer) error {
	fmt.Fprint(out, "Without -region, it talks to a stand-in on this machine.\n\n")
	key := vpcep.AKSKConfig{AccessKey: "EXAMPLEACCESSKEY", SecretKey: "example-secret-key"}
	server := vpceptest.NewServer(vpceptest.WithProjectName("eu-west-101"), vpceptest.WithAccessKey(key.AccessKey, key.SecretKey))
	defer server.Close()
	_, err := server.Client().CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
	})
	if err != nil {
		return err
	}
	auth := vpcep.AKSK(key)
	lookup := vpcep.ProjectLookupConfig{Region: "eu-west-101", IAMEndpoint: server.URL, Auth: auth}
	if err := list(ctx, out, auth, lookup, vpcep.WithBaseURL(server.URL)); err != nil {
		return err
	}
	_, err = fmt.Fprint(out, "\nNext: \"go run ./examples/federation\" authenticates in ways that need code of your own.\n")
	return err
}

func list(ctx context.Context, out io.Writer, auth vpcep.Authenticator, lookup vpcep.ProjectLookupConfig, service vpcep.Option) error {
	project, err := vpcep.LookupProjectID(ctx, lookup)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The project of %s is %s; its endpoints:\n", lookup.Region, project)
	client, err := vpcep.NewClient(service, vpcep.WithProjectID(project), vpcep.WithAuth(auth))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	for endpoint, err := range client.ListEndpoints(ctx, vpcep.EndpointFilter{}) {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s  %-10s  %s\n", endpoint.ID, endpoint.Status, endpoint.EndpointServiceName)
	}
	return nil
}
