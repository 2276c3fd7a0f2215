// Command worker creates an endpoint for each of its keys, for tests that start, race and
// kill real processes.
//
// The first line of its input is a JSON object: see orders. It answers "ready" and
// waits for a second line before it begins, so that several workers can begin at the
// same moment. It prints a line for each key: see report.
//
// With a journal it is an example of how to survive a kill: each key is stored before
// its create is sent, and its result afterwards. A worker that finds a journal leaves
// out what is done, and resumes what was begun.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vpcep/vpcep-go"
)

// orders are the input of a worker.
type orders struct {
	Name      string   // of the worker; its requests carry it in User-Agent, and their key in X-Worker-Key, unless Shared
	Shared    bool     // its creates share their lists
	BaseURLs  []string // of projects that the keys are spread over
	ProjectID string
	Token     string

	Keys    []string
	Callers int    // how many creates at once
	Journal string // a file; empty: none

	Window         time.Duration
	AttemptTimeout time.Duration
	Timeout        time.Duration // for the whole run
}

// report is what became of a key.
type report struct {
	Key     string
	ID      string `json:",omitempty"`
	Found   bool   `json:",omitempty"`
	Resumed bool   `json:",omitempty"`
	Error   string `json:",omitempty"`
	// Duplicates says that the error is ErrDuplicateEndpoints.
	Duplicates bool `json:",omitempty"`
	Took       time.Duration
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	line, err := lines.ReadBytes('\n')
	if err != nil {
		return err
	}
	var o orders
	if err := json.Unmarshal(line, &o); err != nil {
		return err
	}
	w, err := newWorker(o, out)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	if _, err := lines.ReadBytes('\n'); err != nil {
		return err // whoever started it is gone
	}
	ctx, cancel := context.WithTimeout(context.Background(), o.Timeout)
	defer cancel()
	return w.createAll(ctx)
}

type worker struct {
	orders
	clients []*vpcep.Client
	journal *journal

	mu  sync.Mutex
	out *json.Encoder
}

func newWorker(o orders, out io.Writer) (*worker, error) {
	w := &worker{orders: o, out: json.NewEncoder(out)}
	for _, url := range o.BaseURLs {
		client, err := vpcep.NewClient(
			vpcep.WithBaseURL(url), vpcep.WithProjectID(o.ProjectID), vpcep.WithToken(o.Token),
			vpcep.WithUserAgent(o.Name), vpcep.WithReconcileWindow(o.Window), vpcep.WithAttemptTimeout(o.AttemptTimeout),
			vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 15, BaseDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}),
		)
		if err != nil {
			return nil, err
		}
		w.clients = append(w.clients, client)
	}
	var err error
	w.journal, err = openJournal(o.Journal)
	return w, err
}

// createAll lets the callers work until each key is done.
func (w *worker) createAll(ctx context.Context) error {
	keys := make(chan string, len(w.Keys))
	for _, key := range w.Keys {
		keys <- key
	}
	close(keys)
	errs := make([]error, w.Callers)
	var callers sync.WaitGroup
	for i := range errs {
		callers.Go(func() {
			for key := range keys {
				if errs[i] = w.create(ctx, key); errs[i] != nil {
					return
				}
			}
		})
	}
	callers.Wait()
	return errors.Join(errs...)
}

// create creates the endpoint of one key. Its error is about the journal or the output.
func (w *worker) create(ctx context.Context, key string) error {
	state := w.journal.state(key)
	if state == done {
		return nil
	}
	if err := w.journal.write(begun, key, ""); err != nil {
		return err
	}
	started := time.Now()
	var meta vpcep.ResponseMeta
	opts := []vpcep.CallOption{vpcep.WithResponse(&meta)}
	if !w.Shared {
		opts = append(opts, vpcep.WithCallHeader("X-Worker-Key", key))
	}
	endpoint, err := w.clientOf(key).CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
		IdempotencyKey: key, Resume: state == begun,
	}, opts...)
	r := report{Key: key, Resumed: state == begun, Took: time.Since(started)}
	if err != nil {
		r.Error, r.Duplicates = err.Error(), errors.Is(err, vpcep.ErrDuplicateEndpoints)
		return w.print(r)
	}
	r.ID, r.Found = endpoint.ID, meta.Found
	if err := w.journal.write(done, key, endpoint.ID); err != nil {
		return err
	}
	return w.print(r)
}

// clientOf returns the client of a key's project, which is the same in each worker and each
// run.
func (w *worker) clientOf(key string) *vpcep.Client {
	return w.clients[crc32.ChecksumIEEE([]byte(key))%uint32(len(w.clients))]
}

func (w *worker) print(r report) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Encode(r)
}
