// Many creates many endpoints, a limited number at a time, and sums up the results. Some
// of the requests fail in various ways. Each endpoint's idempotency key is derived from its
// name, so a second run over the same names creates nothing.
//
//	go run ./examples/many
//	go run ./examples/many -n 500 -parallel 64 -faults 5
//
// It talks to a stand-in for the service, which it starts itself.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"text/tabwriter"
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
	flags := flag.NewFlagSet("many", flag.ContinueOnError)
	n := flags.Int("n", 200, "how many endpoints")
	parallel := flags.Int("parallel", 16, "how many creates at a time")
	percent := flags.Int("faults", 20, "percentage of create requests that fail")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil // it has printed the help
	} else if err != nil {
		return err
	}
	if *n < 1 || *parallel < 1 || *percent < 0 || *percent > 100 {
		return errors.New("-n and -parallel must be at least 1, and -faults from 0 to 100")
	}
	names := make([]string, *n)
	for i := range names {
		names[i] = fmt.Sprintf("shop %d", i+1)
	}
	server := vpceptest.NewServer(vpceptest.WithoutRecording(), vpceptest.WithFaultFunc(faults(*percent)))
	defer server.Close()

	fmt.Fprintf(out, "This example creates %d endpoints, %d at a time, while %d%% of the create requests fail,\n"+
		"and then runs again over the same names. With keys derived from the names, a batch job\n"+
		"can simply run again after any failure, and needs no records of its own.\n"+
		"The first run takes about %d seconds.\n\n", *n, *parallel, *percent, 1 + *n / *parallel)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tcreated\tfound again\tfailed\trequests\ttime\t")
	var failures []error
	for _, title := range []string{"first run", "second run"} {
		s, err := createAll(ctx, server, names, *parallel)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%.1fs\t\n", title, s.created, s.found, len(s.failures), s.requests, s.time.Seconds())
		failures = append(failures, s.failures...)
	}
	if err := table.Flush(); err != nil {
		return err
	}

	endpoints, duplicates, err := count(ctx, server)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nEndpoints that exist: %d, duplicates: %d\n", endpoints, duplicates)
	if len(failures) > 0 {
		return fmt.Errorf("%d creates failed, the first for %w", len(failures), failures[0])
	}
	_, err = fmt.Fprint(out, "\nNext: \"go run ./examples/offer\" publishes a service of your own for others to connect to.\n")
	return err
}

// summary counts the results of many creates.
type summary struct {
	created  int // in this run
	found    int // by their keys: created in an earlier run
	failures []error
	requests int64
	time     time.Duration
}

// createAll creates an endpoint for each name, with a client of its own, as a new process would.
func createAll(ctx context.Context, server *vpceptest.Server, names []string, parallel int) (*summary, error) {
	pool := http.DefaultTransport.(*http.Transport).Clone()
	pool.MaxIdleConnsPerHost = parallel // with the default of 2, the others would reconnect each time
	watched := &watcher{next: pool}
	client := server.Client(
		vpcep.WithHTTPClient(&http.Client{Transport: watched}),
		// Lists of the stand-in do not lag. For the real service, leave the default.
		vpcep.WithReconcileWindow(200*time.Millisecond),
	)
	defer client.CloseIdleConnections()

	s := &summary{}
	var mu sync.Mutex // for s
	var creates sync.WaitGroup
	start := time.Now()
	slots := make(chan struct{}, parallel)
	for _, name := range names {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			creates.Wait()
			return nil, ctx.Err()
		}
		creates.Go(func() {
			defer func() { <-slots }()
			isNew, err := create(ctx, client, name)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				s.failures = append(s.failures, fmt.Errorf("%s: %w", name, err))
			case isNew:
				s.created++
			default:
				s.found++
			}
		})
	}
	creates.Wait()
	s.requests, s.time = watched.requests.Load(), time.Since(start)
	return s, nil
}

// create creates the endpoint of a name. isNew reports whether this run created it.
func create(ctx context.Context, client *vpcep.Client, name string) (isNew bool, err error) {
	var meta vpcep.ResponseMeta
	_, err = client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
		Description:       name,
		IdempotencyKey:    keyOf(name),
	}, vpcep.WithResponse(&meta))
	return !meta.Found, err
}

// keyOf derives a key from a name. The name itself may be too long for a key, or contain
// characters that a key must not.
func keyOf(name string) string {
	sum := sha256.Sum256([]byte("examples/many/" + name))
	return hex.EncodeToString(sum[:16])
}

// count counts the endpoints, and those that share their key with another one.
func count(ctx context.Context, server *vpceptest.Server) (endpoints, duplicates int, err error) {
	client := server.Client()
	defer client.CloseIdleConnections()
	seen := map[string]bool{}
	for endpoint, err := range client.ListEndpoints(ctx, vpcep.EndpointFilter{}) {
		if err != nil {
			return 0, 0, err
		}
		endpoints++
		if seen[endpoint.IdempotencyKey] {
			duplicates++
		}
		seen[endpoint.IdempotencyKey] = true
	}
	return endpoints, duplicates, nil
}

// watcher counts requests.
type watcher struct {
	next     http.RoundTripper
	requests atomic.Int64
}

func (w *watcher) RoundTrip(r *http.Request) (*http.Response, error) {
	w.requests.Add(1)
	return w.next.RoundTrip(r)
}

// CloseIdleConnections lets the client close the connections of the pool.
func (w *watcher) CloseIdleConnections() {
	if pool, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// faults makes this percentage of the create requests fail, evenly spread.
func faults(percent int) func(*vpceptest.Request) *vpceptest.Fault {
	sorts := []vpceptest.Fault{
		{AfterEffect: true, Drop: true},                                   // created, but the response is lost
		{Status: http.StatusTooManyRequests},                              // refused: not created
		{AfterEffect: true, CutBody: true, CutAfter: 20},                  // created, but half of the response is lost
		{Status: http.StatusBadGateway, Body: "<html>Bad Gateway</html>"}, // not created, but the caller cannot know
		{AfterEffect: true, Status: http.StatusGatewayTimeout},            // created, but the caller cannot know
	}
	creates, hits := 0, 0
	return func(r *vpceptest.Request) *vpceptest.Fault { // never called by two requests at once
		if r.Operation != vpceptest.OpCreate {
			return nil
		}
		creates++
		if creates*percent/100 == hits {
			return nil
		}
		hits++
		fault := sorts[hits%len(sorts)]
		return &fault
	}
}
