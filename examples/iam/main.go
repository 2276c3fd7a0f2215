// Iam logs in to IAM with a user name and password, and lists the project's endpoints.
// It requests one token, which all calls share and which is renewed before it expires.
//
//	go run ./examples/iam
//
// By default it talks to a stand-in for IAM and the service, which it starts itself. For
// the real ones, pass -region, -user, -domain and -project, and put the password in the
// environment variable IAM_PASSWORD.
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
	flags := flag.NewFlagSet("iam", flag.ContinueOnError)
	region := flags.String("region", "", "region of the real service")
	project := flags.String("project", "", "project ID")
	login := vpcep.IAMPasswordConfig{Password: os.Getenv("IAM_PASSWORD")}
	flags.StringVar(&login.Username, "user", "", "name of the IAM user")
	flags.StringVar(&login.DomainName, "domain", "", "name of the account")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // it has printed the help
	} else if err != nil {
		return err
	}
	login.Region, login.ProjectID = *region, *project

	fmt.Fprint(out, "This example logs in as an IAM user. All calls share one token, which is renewed before\n"+
		"it expires, so a long-running program neither logs in for every call nor ends up with an\n"+
		"expired token.\n")
	options := []vpcep.Option{vpcep.WithRegion(*region), vpcep.WithProjectID(*project)}
	if *region == "" {
		fmt.Fprintln(out, "Without -region, it talks to a stand-in on this machine.")
		server := vpceptest.NewServer()
		defer server.Close()
		user := server.User()
		login = vpcep.IAMPasswordConfig{
			IAMEndpoint: server.URL, ProjectID: server.ProjectID(),
			Username: user.Name, Password: user.Password, DomainName: user.DomainName,
		}
		options = []vpcep.Option{vpcep.WithBaseURL(server.URL), vpcep.WithProjectID(server.ProjectID())}
		if err := createOne(ctx, server.Client()); err != nil {
			return err
		}
	}

	fmt.Fprintf(out, "\nLogging in as %s of %s; the settings contain the password and print as %s\n", login.Username, login.DomainName, login)
	tokens := vpcep.CachedToken(vpcep.IAMPassword(login))
	client, err := vpcep.NewClient(append(options, vpcep.WithAuth(vpcep.TokenAuth(tokens)))...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	count := 0
	for endpoint, err := range client.ListEndpoints(ctx, vpcep.EndpointFilter{}) {
		if err != nil {
			return err
		}
		count++
		fmt.Fprintf(out, "%s  %-10s  %s\n", endpoint.ID, endpoint.Status, endpoint.EndpointServiceName)
	}
	token, err := tokens.Token(ctx) // the one that the list used
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Endpoints: %d, listed with the token %v, which expires at %s\n\n"+
		"Next: \"go run ./examples/aksk\" does the same with an access key.\n", count, token, token.ExpiresAt.Format("2006-01-02 15:04 MST"))
	return nil
}

// createOne gives the stand-in something to list.
func createOne(ctx context.Context, client *vpcep.Client) error {
	_, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
	})
	return err
}
