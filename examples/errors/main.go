// Errors provokes the errors that programs meet most, and prints what each is and what to
// do about it. The part to copy into your own program is the function
// explain.
//
//	go run ./examples/errors
//
// It talks to stand-ins of the service, which it starts itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
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

func run(ctx context.Context, out io.Writer, _ []string) error {
	fmt.Fprint(out, "This example provokes the errors that programs meet most and shows how to tell them\n"+
		"apart, because each calls for something else: a correction, patience, or care not to\n"+
		"create an endpoint twice. It takes a few seconds.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT HAPPENED\tERROR\tWHAT TO DO")
	var messages strings.Builder
	for _, s := range scenarios {
		err := s.provoke(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return fmt.Errorf("%s: no error came back", s.happened)
		}
		name, advice := explain(err)
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.happened, name, advice)
		fmt.Fprintf(&messages, "%s:\n    %v\n", s.happened, err)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThe errors themselves, one line each:\n\n%s\n"+
		"The function explain in examples/errors/main.go is written to be copied.\n"+
		"Next: \"go run ./examples/crash\" shows how a create survives the worst of these.\n", &messages)
	return err
}

// explain names an error and says what to do about it. The order matters: an error can
// match several cases, and those that need most care come first.
func explain(err error) (name, advice string) {
	var (
		invalid    *vpcep.ValidationError
		duplicates *vpcep.DuplicateEndpointsError
		unknown    *vpcep.OutcomeUnknownError
		quota      *vpcep.QuotaExceededError
		failed     *vpcep.EndpointFailedError
		late       *vpcep.WaitTimeoutError
		refusal    *vpcep.APIError
	)
	switch {
	case errors.As(err, &invalid):
		var fields []string
		for _, f := range invalid.Fields {
			fields = append(fields, f.Field)
		}
		return "ValidationError", "correct " + strings.Join(fields, ", ")
	case errors.As(err, &duplicates):
		return "DuplicateEndpointsError", fmt.Sprintf("delete all but one of the %d, or call again with Resume", len(duplicates.EndpointIDs))
	case errors.Is(err, vpcep.ErrIdempotencyMismatch):
		return "ErrIdempotencyMismatch", "use another key, or the first request"
	case errors.As(err, &unknown): // before its cause, which may be an ended context
		return "ErrOutcomeUnknown", "look for the endpoint before creating again; an IdempotencyKey does that"
	case errors.As(err, &failed):
		return "EndpointFailedError", "read Endpoint.Errors, and delete the endpoint"
	case errors.As(err, &late): // also a context.DeadlineExceeded
		if late.Last != nil {
			return "WaitTimeoutError", fmt.Sprintf("wait again; it was %s", late.Last.Status)
		}
		return "WaitTimeoutError", "wait again; it could not be read"
	case errors.Is(err, vpcep.ErrThrottled):
		if errors.As(err, &refusal) && refusal.RetryAfter > 0 {
			return "ErrThrottled", fmt.Sprintf("call again in %s", refusal.RetryAfter)
		}
		return "ErrThrottled", "call again later"
	case errors.As(err, &quota):
		return "ErrQuotaExceeded", fmt.Sprintf("delete an endpoint (%d of %d are used), or ask for a larger quota", quota.Quota.Used, quota.Quota.Allowed)
	case errors.Is(err, vpcep.ErrQuotaExceeded): // if the quota could not be read
		return "ErrQuotaExceeded", "delete an endpoint, or ask for a larger quota"
	case errors.Is(err, vpcep.ErrEndpointNotFound):
		return "ErrEndpointNotFound", "treat it as gone; reads lag up to 5 seconds behind a create"
	case errors.Is(err, vpcep.ErrServiceNotFound):
		return "ErrServiceNotFound", "correct EndpointServiceID"
	case errors.Is(err, vpcep.ErrUnauthorized):
		return "ErrUnauthorized", "get a new token"
	case errors.Is(err, vpcep.ErrForbidden):
		return "ErrForbidden", "get the permission granted"
	case errors.Is(err, vpcep.CodeAPINotFound): // an ErrNotFound of the gateway
		return "ErrNotFound", "correct the client's URL, region or project"
	case errors.As(err, &refusal) && refusal.Code == "":
		return "APIError", fmt.Sprintf("find out what between here and the service responded with %d", refusal.StatusCode)
	case errors.As(err, &refusal):
		return "APIError", fmt.Sprintf("read the comment on the constant for %s", refusal.Code)
	case errors.Is(err, context.Canceled):
		return "context.Canceled", "nothing: the caller asked for it"
	case errors.Is(err, context.DeadlineExceeded):
		return "context.DeadlineExceeded", "call again, with more time"
	}
	return "another error", "call again: nothing was sent, or the response to a read was lost"
}

// scenario provokes one error.
type scenario struct {
	happened string
	provoke  func(ctx context.Context) error
}

var scenarios = []scenario{
	{"two fields are wrong", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			return create(ctx, client, func(r *vpcep.CreateEndpointRequest) {
				r.VPCID = ""
				r.Tags = []vpcep.Tag{{Key: "a=b"}}
			})
		})
	}},
	{"the response to a create is lost", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, client *vpcep.Client) error {
			server.Inject(vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true})
			return create(ctx, client)
		})
	}},
	{"a key is used with other settings", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			if err := create(ctx, client, key("order-17")); err != nil {
				return err
			}
			return create(ctx, client, key("order-17"), func(r *vpcep.CreateEndpointRequest) { r.VPCID = "another-vpc" })
		})
	}},
	{"killed processes left two endpoints", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, _ *vpcep.Client) error {
			// Lists of the stand-in do not lag. For the real service, leave the default.
			client := server.Client(vpcep.WithReconcileWindow(100 * time.Millisecond))
			defer client.CloseIdleConnections()
			left := request()
			left.IdempotencyKey = "order-17"
			for range 2 { // as a process that is killed after its request
				_, err := client.Do(ctx, vpcep.RawRequest{Method: "POST", Path: "/v1/{project_id}/vpc-endpoints", Body: left})
				if err != nil {
					return err
				}
			}
			return create(ctx, client, key("order-17"))
		})
	}},
	{"too many requests", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, client *vpcep.Client) error {
			server.Inject(vpceptest.Fault{
				Status: 429, Times: -1,
				Header: map[string][]string{"Retry-After": {"30"}},
				Body:   vpceptest.ErrorBody(string(vpcep.CodeGatewayThrottled), "The throttling threshold has been reached."),
			})
			return create(ctx, client)
		})
	}},
	{"the quota is used up", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			if err := create(ctx, client); err != nil {
				return err
			}
			return create(ctx, client)
		}, vpceptest.WithQuota(1))
	}},
	{"the endpoint does not exist", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			return client.DeleteEndpoint(ctx, "4189d3c2-8882-4871-a3c2-d380272eed88")
		})
	}},
	{"the token is not valid", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, _ *vpcep.Client) error {
			return create(ctx, server.Client(vpcep.WithToken("an-old-token")))
		})
	}},
	{"the user lacks a permission", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, client *vpcep.Client) error {
			server.Inject(vpceptest.Fault{
				Status: 403,
				Body:   vpceptest.ErrorBody(string(vpcep.CodePermissionDenied), "You have no permissions."),
			})
			return create(ctx, client)
		})
	}},
	{"the URL is wrong", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, _ *vpcep.Client) error {
			_, err := server.Client(vpcep.WithBaseURL(server.URL+"/wrong")).GetEndpoint(ctx, "4189d3c2-8882-4871-a3c2-d380272eed88")
			return err
		})
	}},
	{"the endpoint could not be set up", func(ctx context.Context) error {
		broken := vpceptest.Service{
			ID:      "813d9300-8473-405b-bfcd-f711117bad65",
			Failure: vpceptest.EndpointError{Code: "EndPoint.4010", Message: "Failed to create the port."},
		}
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			return createAndWait(ctx, client, vpcep.WaitOptions{})
		}, vpceptest.WithService(broken))
	}},
	{"a wait takes too long", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			return createAndWait(ctx, client, vpcep.WaitOptions{Timeout: 50 * time.Millisecond})
		}, vpceptest.WithCreateDelay(time.Hour))
	}},
	{"the endpoint service does not exist", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			return create(ctx, client)
		}, vpceptest.WithService(vpceptest.Service{ID: "another-service"}))
	}},
	{"the address is in use", func(ctx context.Context) error {
		return with(func(_ *vpceptest.Server, client *vpcep.Client) error {
			address := func(r *vpcep.CreateEndpointRequest) { r.PortIP = "172.16.0.154" }
			if err := create(ctx, client, address); err != nil {
				return err
			}
			return create(ctx, client, address)
		})
	}},
	{"the caller cancels a read", func(ctx context.Context) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		time.AfterFunc(50*time.Millisecond, cancel)
		return readSlowly(ctx)
	}},
	{"the deadline passes during a read", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		return readSlowly(ctx)
	}},
	{"there is no connection", func(ctx context.Context) error {
		return with(func(server *vpceptest.Server, client *vpcep.Client) error {
			server.Close()
			return create(ctx, client)
		})
	}},
}

// with runs a scenario against a stand-in of its own. The client never retries, so that
// there is something to see.
func with(do func(*vpceptest.Server, *vpcep.Client) error, options ...vpceptest.Option) error {
	server := vpceptest.NewServer(options...)
	defer server.Close()
	client := server.Client(vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
	defer client.CloseIdleConnections()
	return do(server, client)
}

// create creates an endpoint, from a typical request with some changes.
func create(ctx context.Context, client *vpcep.Client, changes ...func(*vpcep.CreateEndpointRequest)) error {
	_, err := client.CreateEndpoint(ctx, request(changes...))
	return err
}

func request(changes ...func(*vpcep.CreateEndpointRequest)) vpcep.CreateEndpointRequest {
	r := vpcep.CreateEndpointRequest{
		EndpointServiceID: "813d9300-8473-405b-bfcd-f711117bad65",
		VPCID:             "4e65f8b1-306d-4522-8ecd-aa374000e2a4",
		SubnetID:          "5d1c1d71-2613-4274-b34e-d82af550f967",
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func key(k string) func(*vpcep.CreateEndpointRequest) {
	return func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = k }
}

func createAndWait(ctx context.Context, client *vpcep.Client, options vpcep.WaitOptions) error {
	endpoint, err := client.CreateEndpoint(ctx, request())
	if err != nil {
		return err
	}
	_, err = client.WaitForEndpoint(ctx, endpoint.ID, options)
	return err
}

// readSlowly reads from a service that does not respond.
func readSlowly(ctx context.Context) error {
	return with(func(server *vpceptest.Server, client *vpcep.Client) error {
		server.Inject(vpceptest.Fault{Stall: time.Hour})
		_, err := client.GetEndpoint(ctx, "4189d3c2-8882-4871-a3c2-d380272eed88")
		return err
	})
}
