// Endpoint creates one endpoint and follows it until it is ready.
//
//	go run ./examples/create
//
// By default it talks to a stand-in for the service, which it starts itself. With
// -region (or -url), -project and -token, or with the environment variables
// HW_REGION_NAME, HW_PROJECT_ID and HW_AUTH_TOKEN, it talks to the real service. There,
// -service, -vpc and -subnet say what to connect, and the endpoint costs money until
// you delete it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, args []string) error {
	flags := flag.NewFlagSet("create", flag.ContinueOnError)
	region := flags.String("region", os.Getenv("HW_REGION_NAME"), "region of the real service")
	url := flags.String("url", "", "URL of the real service, instead of -region")
	project := flags.String("project", os.Getenv("HW_PROJECT_ID"), "project ID")
	token := flags.String("token", "", "IAM token; default: $HW_AUTH_TOKEN")
	service := flags.String("service", "813d9300-8473-405b-bfcd-f711117bad65", "ID of the endpoint service")
	vpc := flags.String("vpc", "4e65f8b1-306d-4522-8ecd-aa374000e2a4", "ID of the VPC")
	subnet := flags.String("subnet", "5d1c1d71-2613-4274-b34e-d82af550f967", "network ID of the subnet")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // it has printed the help
	} else if err != nil {
		return err
	}
	if *token == "" { // not the flag's default, which -help prints
		*token = os.Getenv("HW_AUTH_TOKEN")
	}

	var client *vpcep.Client
	isStandIn := *token == ""
	if isStandIn {
		fmt.Fprint(out, "This example creates a VPC endpoint and follows it until it is ready: the first thing\n"+
			"that most programs do. No token is set, so it talks to a stand-in for the service on this\n"+
			"machine; you need no account, and it costs nothing.\n")
		server := vpceptest.NewServer(vpceptest.WithCreateDelay(1500 * time.Millisecond))
		defer server.Close()
		client = server.Client()
	} else {
		options := []vpcep.Option{vpcep.WithToken(*token)}
		if *project != "" {
			options = append(options, vpcep.WithProjectID(*project))
		}
		if *url != "" {
			options = append(options, vpcep.WithBaseURL(*url))
		} else if *region != "" {
			options = append(options, vpcep.WithRegion(*region))
		}
		var err error
		if client, err = vpcep.NewClient(options...); err != nil {
			return err
		}
		fmt.Fprint(out, "This example creates a VPC endpoint in the real service and follows it until it is ready.\n"+
			"The endpoint costs money until you delete it.\n")
	}
	defer client.CloseIdleConnections()

	request := vpcep.CreateEndpointRequest{
		EndpointServiceID: *service,
		VPCID:             *vpc,
		SubnetID:          *subnet,
		EnableDNS:         true,
		Description:       "created by an example",
		Tags:              []vpcep.Tag{{Key: "example", Value: "create"}},
	}
	if err := show(out, "1. The request: which service to connect to, and the VPC and subnet to reach it from.", request); err != nil {
		return err
	}

	endpoint, err := client.CreateEndpoint(ctx, request)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n2. The service returns the ID at once: %s\n", endpoint.ID)
	fmt.Fprint(out, "   It sets the endpoint up in the background; WaitForEndpoint polls until it is accepted:\n\n")

	endpoint, err = follow(ctx, out, client, endpoint)
	if err != nil {
		return err
	}
	if err := show(out, "3. The endpoint is ready: programs in the VPC reach the service at "+address(endpoint)+".", endpoint); err != nil {
		return err
	}
	if isStandIn {
		_, err = fmt.Fprint(out, next)
	} else {
		_, err = fmt.Fprintf(out, "\nTo stop paying for it, call DeleteEndpoint with the ID %s.\n", endpoint.ID)
	}
	return err
}

const next = `
What to try next:

  go run ./examples/wait     the next example: a wait with live progress
  go run ./examples/crash    kill a process in the middle of a create: no second endpoint

The code of this example is examples/create/endpoint/main.go, and examples/README.md
lists the others. To run this one against the real service, set HW_REGION_NAME,
HW_PROJECT_ID and HW_AUTH_TOKEN, and choose what to connect (-help lists the flags).
`

// address is where an endpoint is reached: at its IP address, or, for a gateway
// service, at the addresses that its route tables have routes for.
func address(endpoint *vpcep.Endpoint) string {
	if endpoint.IP == "" {
		return "its own addresses, through the route tables"
	}
	return endpoint.IP
}

// follow prints the endpoint's status until it is settled.
func follow(ctx context.Context, out io.Writer, client *vpcep.Client, endpoint *vpcep.Endpoint) (*vpcep.Endpoint, error) {
	start := time.Now()
	last := vpcep.EndpointStatus("")
	seen := func(e *vpcep.Endpoint) {
		if e.Status != last {
			fmt.Fprintf(out, "   %5.1fs  %s\n", time.Since(start).Seconds(), e.Status)
			last = e.Status
		}
	}
	seen(endpoint)
	return client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{OnPoll: seen})
}

func show(out io.Writer, title string, value any) error {
	data, err := json.MarshalIndent(value, "   ", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%s\n\n   %s\n", title, data)
	return err
}

// explain adds what to do about the error.
func explain(err error) string {
	switch {
	case errors.Is(err, vpcep.ErrOutcomeUnknown):
		return err.Error() + "\nLook for the endpoint before you create it again."
	case errors.Is(err, vpcep.ErrQuotaExceeded):
		return err.Error() + "\nDelete an endpoint, or ask for a larger quota."
	case errors.Is(err, vpcep.ErrUnauthorized):
		return err.Error() + "\nThe token is not valid for this project, or has expired."
	}
	return err.Error()
}
