// Wait follows a new endpoint until it is ready, with live progress: on a terminal,
// a bar redrawn in place; in a file or a pipe, one line for each change of status.
//
//	go run ./examples/wait
//	go run ./examples/wait -delay 20s
//	go run ./examples/wait | cat
//
// It talks to a stand-in for the service, which it starts itself; -delay says how long
// the endpoint takes to become ready.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

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
	flags := flag.NewFlagSet("wait", flag.ContinueOnError)
	delay := flags.Duration("delay", 4*time.Second, "how long the endpoint takes to become ready")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // it has printed the help
	} else if err != nil {
		return err
	}
	server := vpceptest.NewServer(vpceptest.WithCreateDelay(*delay))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()

	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "This example waits for an endpoint and shows live progress: an endpoint takes seconds to\n"+
		"become ready, sometimes minutes, and the person who waits wants to see some progress.\n"+
		"A terminal shows a bar; a file or a pipe gets a line for each change of status.\n\n"+
		"Waiting for endpoint %s\n", endpoint.ID)
	progress := lines
	if isTerminal(out) {
		progress = bar
	}
	endpoint, err = follow(ctx, client, endpoint, progress(out))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The endpoint is ready: programs in the VPC reach the service at %s.\n\nNext: \"go run ./examples/errors\" shows what can go wrong, and what to do about it.\n", endpoint.IP)
	return nil
}

// isTerminal reports whether out is a terminal that can redraw a line.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device, too
	return err != nil || !os.SameFile(info, null)
}

// view shows the progress of a wait.
type view interface {
	show(elapsed time.Duration, status vpcep.EndpointStatus) // called over and over
	end()                                                    // called once, after the last show
}

// refresh is how often a view is shown the time.
const refresh = 100 * time.Millisecond

// follow waits for the endpoint in a goroutine of its own, so that the clock on the line
// keeps running between polls.
func follow(ctx context.Context, client *vpcep.Client, endpoint *vpcep.Endpoint, v view) (*vpcep.Endpoint, error) {
	polled := make(chan vpcep.EndpointStatus)
	var ready *vpcep.Endpoint
	var err error
	go func() {
		defer close(polled)
		ready, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{
			OnPoll: func(e *vpcep.Endpoint) { polled <- e.Status },
		})
	}()

	start, status := time.Now(), endpoint.Status
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	defer v.end()
	for {
		v.show(time.Since(start), status)
		select {
		case <-ticker.C:
		case next, ok := <-polled:
			if !ok {
				return ready, err
			}
			status = next
		}
	}
}

// lines writes a line for each change of the status.
func lines(out io.Writer) view { return &lineView{out: out} }

type lineView struct {
	out  io.Writer
	last vpcep.EndpointStatus
}

func (v *lineView) show(elapsed time.Duration, status vpcep.EndpointStatus) {
	if status != v.last {
		fmt.Fprintf(v.out, "%5.1fs  %s\n", elapsed.Seconds(), status)
		v.last = status
	}
}

func (v *lineView) end() {}

// bar redraws one line. The service does not report progress, so the bar moves from side
// to side, and fills up once the endpoint is ready.
func bar(out io.Writer) view { return &barView{out} }

type barView struct{ out io.Writer }

// The bar and what moves in it, in characters.
const (
	barWidth   = 30
	blockWidth = 6
)

func (v *barView) show(elapsed time.Duration, status vpcep.EndpointStatus) {
	cells := strings.Repeat("=", barWidth)
	if status == vpcep.StatusCreating {
		const way = barWidth - blockWidth // there, and back again
		at := int(elapsed/refresh) % (2 * way)
		at = min(at, 2*way-at)
		cells = strings.Repeat(" ", at) + strings.Repeat("=", blockWidth) + strings.Repeat(" ", way-at)
	}
	const eraseRest = "\x1b[K"
	fmt.Fprintf(v.out, "\r[%s] %5.1fs  %s%s", cells, elapsed.Seconds(), status, eraseRest)
}

// end keeps the line as it was last drawn.
func (v *barView) end() { fmt.Fprintln(v.out) }
