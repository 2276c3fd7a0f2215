// Vpcep-stand-in serves the stand-in for the VPC Endpoint service and for IAM on a port, for
// clients in any language. It prints what they need to connect, then one line for each
// request, and exits on an interrupt.
//
//	go run ./vpceptest/cmd/vpcep-stand-in -listen 127.0.0.1:9090 -admin 127.0.0.1:9091
//
// With -admin, it has a second address: GET /state returns the state as JSON, POST /faults
// takes an array of faults (the fields of vpceptest.Fault, as JSON), and POST /seed takes a
// seed.
package main

import (
	"context"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "vpcep-stand-in:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	var srv *vpceptest.Server
	opts, err := c.all(out)
	if err == nil {
		err = panics(func() { srv = vpceptest.NewServer(opts...) })
	}
	if err != nil {
		return err
	}
	defer srv.Close()
	if err := c.describe(srv, out); err != nil {
		return err
	}
	if c.admin != "" {
		stop, err := serveAdmin(c.admin, srv, out)
		if err != nil {
			return err
		}
		defer stop()
	}
	fmt.Fprintln(out, "ready")
	<-ctx.Done()
	fmt.Fprintln(out, "stopped")
	return nil
}

// describe prints what clients need to connect, account by account.
func (c *config) describe(srv *vpceptest.Server, out io.Writer) error {
	line := func(name, value string) { fmt.Fprintf(out, "%-10s  %s\n", name, value) }
	line("url", srv.URL)
	line("iam", srv.URL+"/v3")
	line("region", srv.ProjectName())
	for i, a := range srv.Accounts() {
		if i == 0 {
			a.AccessKey, a.SecretKey, a.User, a.Password = c.accessKey, c.secretKey, c.user, c.password
		} else {
			fmt.Fprintln(out)
		}
		line("project", a.ProjectID)
		line("token", a.Token)
		line("access-key", a.AccessKey)
		line("secret-key", a.SecretKey)
		line("user", a.User)
		line("password", a.Password)
		line("domain", a.DomainName)
		line("domain-id", a.DomainID())
	}
	if !c.tls {
		return nil
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(c.caFile, cert, 0o644); err != nil {
		return fmt.Errorf("-ca-file: %w", err)
	}
	line("ca", c.caFile)
	return nil
}

// serveAdmin serves the second address until stop is called.
func serveAdmin(address string, srv *vpceptest.Server, out io.Writer) (stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("-admin: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(srv.StateJSON())
	})
	mux.HandleFunc("POST /faults", take(func(list []fault) error {
		faults := make([]vpceptest.Fault, len(list))
		for i, f := range list {
			faults[i] = f.Fault
			faults[i].Stall = time.Duration(f.Stall)
		}
		return panics(func() { srv.Inject(faults...) })
	}))
	mux.HandleFunc("POST /seed", take(func(seed vpceptest.Seed) error { return srv.Put(seed) }))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	fmt.Fprintf(out, "%-10s  http://%s\n", "admin", listener.Addr())
	return func() { _ = server.Close() }, nil
}

// fault is a fault in JSON, with a duration as people write it.
type fault struct {
	vpceptest.Fault
	Stall duration `json:"stall"`
}

type duration time.Duration

// UnmarshalText reads a duration such as "1.5s".
func (d *duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	*d = duration(read)
	return err
}

// take passes a request's JSON to f.
func take[T any](f func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var value T
		err := decode(http.MaxBytesReader(w, r.Body, 16<<20), &value)
		if err == nil {
			err = f(value)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
