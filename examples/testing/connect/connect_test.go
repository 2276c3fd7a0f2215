package connect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/examples/testing/connect"
	"github.com/vpcep/vpcep-go/vpceptest"
)

var shop = connect.Shop{Name: "shop-17", VPCID: "vpc-17", SubnetID: "subnet-17"}

// start starts a stand-in for the service and returns a client of it.
func start(t *testing.T, options ...vpceptest.Option) (*vpceptest.Server, *vpcep.Client) {
	server := vpceptest.NewServer(options...)
	t.Cleanup(server.Close)
	// Lists of the stand-in do not lag, so a create with a key need not wait for them.
	client := server.Client(vpcep.WithReconcileWindow(100 * time.Millisecond))
	t.Cleanup(client.CloseIdleConnections)
	return server, client
}

func TestShop(t *testing.T) {
	server, client := start(t)
	address, err := connect.Connect(t.Context(), client, "payment", shop)
	if err != nil {
		t.Fatal(err)
	}
	endpoints := server.Endpoints()
	if len(endpoints) != 1 {
		t.Fatalf("%d endpoints", len(endpoints))
	}
	e := endpoints[0]
	if e.IP != address || address == "" {
		t.Errorf("the address is %q, the endpoint's %q", address, e.IP)
	}
	if e.ServiceID != "payment" || e.VPCID != shop.VPCID || e.SubnetID != shop.SubnetID {
		t.Errorf("created for another service, VPC or subnet: %+v", e)
	}
}

func TestLostResponse(t *testing.T) {
	server, client := start(t, vpceptest.WithFaults(
		vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true},
	))
	if _, err := connect.Connect(t.Context(), client, "payment", shop); err != nil {
		t.Fatal(err)
	}
	if n := server.PendingFaults(); n > 0 {
		t.Errorf("%d faults did not happen", n)
	}
	if n := len(server.Endpoints()); n != 1 {
		t.Errorf("%d endpoints", n)
	}
}

func TestFailedEndpoint(t *testing.T) {
	server, client := start(t, vpceptest.WithDeleteDelay(0), vpceptest.WithService(vpceptest.Service{
		ID:      "payment",
		Failure: vpceptest.EndpointError{Code: "EndPoint.4010", Message: "Failed to create the port."},
	}))
	_, err := connect.Connect(t.Context(), client, "payment", shop)
	var failed *vpcep.EndpointFailedError
	if !errors.As(err, &failed) {
		t.Fatalf("the error is %v", err)
	}
	if n := len(server.Endpoints()); n != 0 {
		t.Errorf("%d endpoints are left behind", n)
	}
}

func TestQuota(t *testing.T) {
	_, client := start(t, vpceptest.WithQuota(1))
	if _, err := connect.Connect(t.Context(), client, "payment", shop); err != nil {
		t.Fatal(err)
	}
	another := connect.Shop{Name: "shop-18", VPCID: "vpc-18", SubnetID: "subnet-18"}
	if _, err := connect.Connect(t.Context(), client, "payment", another); !errors.Is(err, vpcep.ErrQuotaExceeded) {
		t.Errorf("the error is %v", err)
	}
}
