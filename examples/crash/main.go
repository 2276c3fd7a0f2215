// Crash shows that a create with an idempotency key survives a crash: one process is
// killed while it waits for the response to its create, and the next one resumes the
// create with the same key. One endpoint exists.
//
//	go run ./examples/crash
//
// The processes are real: the program hosts a stand-in for the service, and starts itself
// twice as the program that creates the endpoint. The two share nothing but a file with
// the key, which is written before anything is sent.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// jobVariable passes the job to a process. It is an environment variable, because every
// user of a machine can see the arguments of a process.
const jobVariable = "VPCEP_EXAMPLE_CRASH_JOB"

// job tells a process where to create its endpoint, and where its key is stored.
type job struct{ URL, ProjectID, Token, KeyFile string }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, _ []string) error {
	if text, ok := os.LookupEnv(jobVariable); ok {
		var j job
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			return err
		}
		return create(ctx, out, j)
	}
	return crashAndRepeat(ctx, out)
}

// create is the program that crashes.
func create(ctx context.Context, out io.Writer, j job) error {
	key, isStored, err := loadOrCreateKey(out, j.KeyFile)
	if err != nil {
		return err
	}
	client, err := vpcep.NewClient(vpcep.WithBaseURL(j.URL), vpcep.WithProjectID(j.ProjectID), vpcep.WithToken(j.Token),
		// Lists of the stand-in do not lag. For the real service, leave the default.
		vpcep.WithReconcileWindow(time.Second))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
		IdempotencyKey:    key,
		Resume:            isStored, // an earlier run may have sent its request
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  gets endpoint %s\n", endpoint.ID)
	return nil
}

// loadOrCreateKey returns the key in the file, and whether it was there. If not, it writes
// a new one: the key has to be on disk before the create is sent.
func loadOrCreateKey(out io.Writer, file string) (key string, isStored bool, err error) {
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		fmt.Fprintf(out, "  finds the key %s in the file, and resumes the create\n", data)
		return string(data), true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", false, err
	}
	key = rand.Text()
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		return "", false, err
	}
	fmt.Fprintf(out, "  writes the key %s to a file, and sends its create\n", key)
	return key, false, nil
}

// crashAndRepeat hosts the service, and starts and kills the program.
func crashAndRepeat(ctx context.Context, out io.Writer) error {
	server := vpceptest.NewServer(vpceptest.WithFaults(
		// The endpoint is created, but the response never comes.
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Stall: time.Hour},
	))
	defer server.Close()
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	j := job{server.URL, server.ProjectID(), server.Token(), filepath.Join(dir, "key")}

	fmt.Fprint(out, "This example kills a process in the middle of a create. After such a crash, the endpoint\n"+
		"may exist and cost money without anybody knowing. With an idempotency key, the next\n"+
		"process finds it and creates no second one. The processes are real.\n\nThe first process\n")
	end, err := startAndKill(ctx, out, j, server)
	if err != nil {
		return err
	}
	created := server.Endpoints()
	fmt.Fprintf(out, "  is killed before the response comes (%s); endpoints that exist: %d\n", end, len(created))

	// Lists of the real service can lag a few seconds behind a create: a resumed create
	// searches that long before it sends a request of its own.
	fmt.Fprintln(out, "The second process")
	second, err := process(ctx, out, j)
	if err != nil {
		return err
	}
	if err := second.Run(); err != nil {
		return fmt.Errorf("the second process: %w", err)
	}

	creates := 0
	for _, r := range server.Requests() {
		if r.Operation == vpceptest.OpCreate {
			creates++
		}
	}
	created = server.Endpoints()
	fmt.Fprintf(out, "\nEndpoints that exist: %d; create requests that reached the service: %d\n", len(created), creates)
	for _, endpoint := range created {
		fmt.Fprintf(out, "  %s\n", endpoint.ID)
	}
	if len(created) != 1 {
		return fmt.Errorf("%d endpoints exist instead of one", len(created))
	}
	_, err = fmt.Fprint(out, "\nNext: \"go run ./examples/many\" does this for many endpoints at once.\n")
	return err
}

// startAndKill starts a process and kills it once the service has created its endpoint.
// It returns how the process ended.
func startAndKill(ctx context.Context, out io.Writer, j job, server *vpceptest.Server) (end error, err error) {
	first, err := process(ctx, out, j)
	if err != nil {
		return nil, err
	}
	if err := first.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- first.Wait() }()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for len(server.Endpoints()) == 0 {
		select {
		case <-ticker.C:
		case end := <-ended:
			return nil, fmt.Errorf("the first process ended before it could be killed: %w", end)
		}
	}
	if err := first.Process.Kill(); err != nil {
		return nil, err
	}
	return <-ended, nil
}

// process starts this program once more, with a job.
func process(ctx context.Context, out io.Writer, j job) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	return cmd, nil
}
