// Vpcep-stand-in serves the stand-in of the VPC Endpoint service, and of IAM, on a port,
// for clients in any language. It prints what they need to connect, then one line for
// each request, and ends on an interrupt.
//
//	go run ./vpceptest/cmd/vpcep-stand-in -listen 127.0.0.1:9090 -access-key AK -secret-key SK
//
// With -admin it has a second address: GET /state answers the state as JSON, POST /faults
// takes an array of faults (the fields of vpceptest.Fault), POST /seed a seed.
package main

import (
	"context"
	"encoding/json"
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

// config is what the flags say.
type config struct {
	listen, admin, seed, caFile      string
	tls, quiet                       bool
	project, region, token           string
	accessKey, secretKey             string
	user, password, domain, basePath string
	createDelay, deleteDelay, lag    time.Duration
	quota, perMinute, page           int
	drift, shuffled                  bool
}

func parse(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("vpcep-stand-in", flag.ContinueOnError)
	f.StringVar(&c.listen, "listen", "127.0.0.1:9090", "address to serve on; port 0 takes a free one")
	f.StringVar(&c.admin, "admin", "", "address for faults, seeds and state; none by default")
	f.BoolVar(&c.tls, "tls", false, "serve https, with a certificate of its own")
	f.StringVar(&c.caFile, "ca-file", "vpcep-stand-in-ca.pem", "with -tls: file that the certificate is written to")
	f.StringVar(&c.seed, "seed", "", "JSON file of services and endpoints to begin with")
	f.BoolVar(&c.quiet, "quiet", false, "do not print requests")
	f.StringVar(&c.project, "project", "", "project ID; a fixed one by default")
	f.StringVar(&c.region, "region", "region-1", "region, which is the project's name")
	f.StringVar(&c.token, "token", "", "token that passes always; a random one by default")
	f.StringVar(&c.accessKey, "access-key", "", "access key that passes, with -secret-key")
	f.StringVar(&c.secretKey, "secret-key", "", "secret key of -access-key")
	f.StringVar(&c.user, "user", "stand-in-user", "IAM user, with -password")
	f.StringVar(&c.password, "password", "", "password of -user; a random one by default")
	f.StringVar(&c.domain, "domain", "stand-in-domain", "account name of -user")
	f.StringVar(&c.basePath, "base-path", "", "path to serve under")
	f.DurationVar(&c.createDelay, "create-delay", 2*time.Second, "how long endpoints and services are creating")
	f.DurationVar(&c.deleteDelay, "delete-delay", 2*time.Second, "how long endpoints and services are deleting")
	f.DurationVar(&c.lag, "list-lag", 0, "how long lists do not show what was made")
	f.IntVar(&c.quota, "quota", 50, "endpoints of an account; 0: no limit")
	f.IntVar(&c.perMinute, "per-minute", 0, "requests of an account a minute; 0: no limit")
	f.IntVar(&c.page, "page", 0, "entries of a page at most; 0: as asked for")
	f.BoolVar(&c.drift, "drift", false, "answer with all drifts from the documentation")
	f.BoolVar(&c.shuffled, "shuffled", false, "lists have no order within a second")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	switch {
	case f.NArg() > 0:
		return c, fmt.Errorf("%q is not a flag", f.Arg(0))
	case (c.accessKey == "") != (c.secretKey == ""):
		return c, errors.New("-access-key and -secret-key belong together")
	case c.user == "" || c.domain == "" || c.region == "":
		return c, errors.New("-user, -domain and -region must not be empty")
	}
	return c, nil
}

func (c config) options(out io.Writer) ([]vpceptest.Option, error) {
	opts := []vpceptest.Option{
		vpceptest.WithProjectName(c.region), vpceptest.WithBasePath(c.basePath), vpceptest.WithQuota(c.quota),
		vpceptest.WithCreateDelay(c.createDelay), vpceptest.WithDeleteDelay(c.deleteDelay), vpceptest.WithListLag(c.lag),
		vpceptest.WithThrottling(c.perMinute), vpceptest.WithPageLimit(c.page), vpceptest.WithoutRecording(),
		vpceptest.WithListen(c.listen),
	}
	add := func(wanted bool, opt func() vpceptest.Option) {
		if wanted {
			opts = append(opts, opt())
		}
	}
	add(c.project != "", func() vpceptest.Option { return vpceptest.WithProjectID(c.project) })
	add(c.token != "", func() vpceptest.Option { return vpceptest.WithToken(c.token) })
	add(c.accessKey != "", func() vpceptest.Option { return vpceptest.WithAccessKey(c.accessKey, c.secretKey) })
	add(c.password != "", func() vpceptest.Option {
		return vpceptest.WithUser(vpceptest.User{Name: c.user, Password: c.password, DomainName: c.domain})
	})
	add(c.tls, vpceptest.WithTLS)
	add(c.drift, func() vpceptest.Option { return vpceptest.WithDrift() })
	add(c.shuffled, vpceptest.WithShuffledSeconds)
	add(!c.quiet, func() vpceptest.Option {
		return vpceptest.WithRequestLog(func(r vpceptest.Request) {
			fmt.Fprintln(out, r.Time.Format("15:04:05.000"), r.Status, r.Method, r.Path, r.Operation)
		})
	})
	if c.seed == "" {
		return opts, nil
	}
	data, err := os.ReadFile(c.seed)
	if err != nil {
		return nil, err
	}
	var seed vpceptest.Seed
	if err := json.Unmarshal(data, &seed); err != nil {
		return nil, fmt.Errorf("-seed %s: %w", c.seed, err)
	}
	return append(opts, vpceptest.WithSeed(seed)), nil
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	c, err := parse(args)
	if err != nil {
		return err
	}
	opts, err := c.options(out)
	if err != nil {
		return err
	}
	defer func() { // what the options and the listener say
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	srv := vpceptest.NewServer(opts...)
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

// describe prints what a client needs to connect.
func (c config) describe(srv *vpceptest.Server, out io.Writer) error {
	user := srv.User()
	for _, line := range [][2]string{
		{"url", srv.URL}, {"iam", srv.URL + "/v3"}, {"region", srv.ProjectName()}, {"project", srv.ProjectID()}, {"token", srv.Token()},
		{"user", user.Name}, {"password", user.Password}, {"domain", user.DomainName},
		{"access-key", c.accessKey}, {"secret-key", c.secretKey},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "%-10s  %s\n", line[0], line[1])
		}
	}
	if !c.tls {
		return nil
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(c.caFile, cert, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%-10s  %s\n", "ca", c.caFile)
	return nil
}

// serveAdmin serves the second address until stop is called.
func serveAdmin(address string, srv *vpceptest.Server, out io.Writer) (stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(srv.StateJSON())
	})
	mux.HandleFunc("POST /faults", take(func(faults []vpceptest.Fault) (err error) {
		defer func() {
			if p := recover(); p != nil { // a fault that cannot be meant
				err = fmt.Errorf("%v", p)
			}
		}()
		srv.Inject(faults...)
		return nil
	}))
	mux.HandleFunc("POST /seed", take(func(seed vpceptest.Seed) error { return srv.Put(seed) }))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // which ends with Close
	fmt.Fprintf(out, "%-10s  http://%s\n", "admin", listener.Addr())
	return func() { _ = server.Close() }, nil
}

// take hands a request's JSON to f.
func take[T any](f func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var value T
		dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20))
		dec.DisallowUnknownFields()
		err := dec.Decode(&value)
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
