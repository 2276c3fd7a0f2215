// Offer runs two accounts side by side: the owner publishes an endpoint service and allows
// the consumer to connect, the consumer connects, the owner accepts the connection, and
// both clean up.
//
//	go run ./examples/offer
//
// It talks to a stand-in for the service, which it starts itself.
package main

import (
	"context"
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
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	// Each account has a project and a client of its own.
	server := vpceptest.NewServer(
		vpceptest.WithAccount(vpceptest.Account{ProjectID: "consumer"}),
		vpceptest.WithCreateDelay(time.Second), vpceptest.WithDeleteDelay(time.Second),
	)
	defer server.Close()
	consumer := server.Accounts()[1]
	story := story{
		out: out, account: consumer.DomainID(), owner: server.Client(),
		consumer: server.Client(vpcep.WithProjectID(consumer.ProjectID), vpcep.WithToken(consumer.Token)),
	}
	defer story.owner.CloseIdleConnections()
	defer story.consumer.CloseIdleConnections()
	fmt.Fprintln(out, "This example publishes an endpoint service and connects to it, with an account for each\n"+
		"side: the owner of a service decides which accounts may connect, and accepts or rejects\n"+
		"each connection.")
	fmt.Fprintln(out)
	if err := story.tell(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nNext: \"go test -v ./examples/testing/...\" tests a program against a service that fails.")
	return nil
}

// story is what the two accounts do, step by step.
type story struct {
	out             io.Writer
	owner, consumer *vpcep.Client
	account         string // of the consumer
}

func (s story) tell(ctx context.Context) (err error) {
	service, err := s.offer(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if failure := s.withdraw(ctx, service.ID); err == nil {
			err = failure
		}
	}()
	endpoint, err := s.connect(ctx, service.ID)
	if err != nil {
		return err
	}
	return s.leave(ctx, endpoint.ID)
}

// offer publishes a service and allows the consumer to connect.
func (s story) offer(ctx context.Context) (*vpcep.EndpointService, error) {
	service, err := s.owner.CreateService(ctx, vpcep.CreateServiceRequest{
		PortID: "4189d3c2-8882-4871-a3c2-d380272eed88", VPCID: "4189d3c2-8882-4871-a3c2-d380272eed80",
		ServerType: vpcep.ServerTypeLB, Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}}, Name: "billing",
	})
	if err != nil {
		return nil, err
	}
	last := vpcep.ServiceStatus("")
	service, err = s.owner.WaitForService(ctx, service.ID, vpcep.WaitOptions{OnServicePoll: func(service *vpcep.EndpointService) {
		if service.Status != last {
			last = service.Status
			s.say("owner", "service %s is %s", service.ID, service.Status)
		}
	}})
	if err != nil {
		return nil, err
	}
	_, err = s.owner.AddPermissions(ctx, service.ID, []vpcep.Permission{{Value: "iam:domain::" + s.account, Description: "the consumer"}})
	if err != nil {
		return nil, err
	}
	s.say("owner", "allows account %s to connect", s.account)
	return service, nil
}

// connect creates an endpoint for the consumer, and has the owner accept it.
func (s story) connect(ctx context.Context, serviceID string) (*vpcep.Endpoint, error) {
	endpoint, err := s.consumer.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
		EndpointServiceID: serviceID, VPCID: "4e65f8b1-306d-4522-8ecd-aa374000e2a4", SubnetID: "5d1c1d71-2613-4274-b34e-d82af550f967",
	})
	if err != nil {
		return nil, err
	}
	endpoint, err = s.consumer.WaitForEndpoint(ctx, endpoint.ID, s.progress())
	if err != nil || endpoint.Status == vpcep.StatusAccepted {
		return endpoint, err
	}
	for connection, err := range s.owner.ListConnections(ctx, serviceID, vpcep.ConnectionFilter{Status: vpcep.StatusPendingAcceptance}) {
		if err != nil {
			return nil, err
		}
		s.say("owner", "accepts endpoint %s of account %s", connection.EndpointID, connection.DomainID)
		if _, err := s.owner.AcceptConnection(ctx, serviceID, connection.EndpointID); err != nil {
			return nil, err
		}
	}
	accepted := s.progress()
	accepted.Targets = []vpcep.EndpointStatus{vpcep.StatusAccepted}
	return s.consumer.WaitForEndpoint(ctx, endpoint.ID, accepted)
}

// leave deletes the endpoint.
func (s story) leave(ctx context.Context, endpointID string) error {
	if err := s.consumer.DeleteEndpoint(ctx, endpointID); err != nil {
		return err
	}
	if err := s.consumer.WaitForEndpointDeleted(ctx, endpointID, vpcep.WaitOptions{}); err != nil {
		return err
	}
	s.say("consumer", "endpoint %s is deleted", endpointID)
	return nil
}

// withdraw deletes the service, also after a failure.
func (s story) withdraw(ctx context.Context, serviceID string) error {
	if err := s.owner.DeleteService(ctx, serviceID); err != nil {
		return err
	}
	if err := s.owner.WaitForServiceDeleted(ctx, serviceID, vpcep.WaitOptions{}); err != nil {
		return err
	}
	s.say("owner", "service %s is deleted", serviceID)
	return nil
}

func (s story) progress() vpcep.WaitOptions {
	var last vpcep.EndpointStatus
	return vpcep.WaitOptions{OnPoll: func(e *vpcep.Endpoint) {
		if e.Status != last {
			last = e.Status
			s.say("consumer", "endpoint %s is %s", e.ID, e.Status)
		}
	}}
}

func (s story) say(who, format string, args ...any) {
	fmt.Fprintf(s.out, "%-10s"+format+"\n", append([]any{who + ":"}, args...)...)
}
