// Wrapper wraps the library in a resource with create, read, update and delete, like that
// of a Terraform provider. The state outlives the process: if a create is cut off, the next
// process resumes it by its idempotency key.
//
//	go run ./examples/wrapper
//
// Both processes are simulated in this one: a canceled context cuts off the first one's
// create, and a second resource reads the state that the first one left. The example
// crash kills a real process.
//
// It talks to a stand-in for the service, which it starts itself.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		// The endpoint is created, but the response never comes.
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Stall: time.Hour},
	))
	defer server.Close()
	dir, err := os.MkdirTemp("", "wrapper")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stateFile := filepath.Join(dir, "state.json")
	cfg := config{
		ServiceID: "813d9300-8473-405b-bfcd-f711117bad65", VPCID: "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID: "5d1c1d71-2613-4274-b34e-d82af550f967", Tags: map[string]string{"team": "billing"},
	}

	fmt.Fprint(out, "This example wraps the library in a resource with create, read, update and delete, the\n"+
		"shape that infrastructure tools ask for. Its state holds the idempotency key, so a create\n"+
		"that was cut off is resumed instead of repeated.\n\n"+
		"first process (simulated): its create is cut off before the response comes\n")
	process, cutOff := context.WithCancel(ctx)
	defer cutOff()
	go cutOffOnceCreated(process, server, cutOff)
	// Lists of the stand-in do not lag. For the real service, leave the default.
	window := vpcep.WithReconcileWindow(time.Second)
	first := &resource{api: server.Client(window), stateFile: stateFile}
	if _, err := first.create(process, cfg, rand.Text); err != nil {
		fmt.Fprintln(out, "  ", err)
	}

	fmt.Fprintln(out, "second process (simulated): the same create, with the key from the state")
	second := &resource{api: server.Client(window), stateFile: stateFile}
	endpoint, err := second.create(ctx, cfg, rand.Text)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "   %s is %s; endpoints that exist: %d\n", endpoint.ID, endpoint.Status, len(server.Endpoints()))

	cfg.Whitelist, cfg.Tags = []string{"10.0.0.0/8"}, map[string]string{"team": "billing", "stage": "production"}
	if endpoint, err = second.update(ctx, cfg); err != nil {
		return err
	}
	fmt.Fprintf(out, "updated: whitelist %v, %d tags\n", endpoint.Whitelist, len(endpoint.Tags))

	if endpoint, err = second.read(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "read: %s is %s\n", endpoint.ID, endpoint.Status)

	if err := second.delete(ctx); err != nil {
		return err
	}
	if endpoint, err = second.read(ctx); err != nil {
		return err
	}
	if endpoint != nil {
		return fmt.Errorf("endpoint %s was deleted, and is still there", endpoint.ID)
	}
	_, err = fmt.Fprintf(out, "deleted: read finds nothing; endpoints that exist: %d\n\n"+
		"Next: \"cd examples/otel && go run .\" traces each request with OpenTelemetry.\n", len(server.Endpoints()))
	return err
}

// cutOffOnceCreated cancels once the stand-in has created an endpoint, while the create
// waits for the response.
func cutOffOnceCreated(ctx context.Context, server *vpceptest.Server, cutOff context.CancelFunc) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for len(server.Endpoints()) == 0 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
	cutOff()
}
