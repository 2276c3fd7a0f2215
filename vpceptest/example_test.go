package vpceptest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// A test of code that creates endpoints: the first request is refused, the second one
// is not, and the server shows what it received.
func ExampleNewServer() {
	srv := vpceptest.NewServer(vpceptest.WithFaults(vpceptest.Fault{
		Operation: vpceptest.OpCreate,
		Status:    403,
		Body:      vpceptest.ErrorBody("EndPoint.0004", "Authentication information is incorrect or you have no permissions."),
	}))
	defer srv.Close()

	client := srv.Client()
	req := vpcep.CreateEndpointRequest{
		EndpointServiceID: "service-1",
		VPCID:             "vpc-1",
		SubnetID:          "subnet-1",
	}
	_, err := client.CreateEndpoint(context.Background(), req)
	fmt.Println("forbidden:", errors.Is(err, vpcep.ErrForbidden))
	_, err = client.CreateEndpoint(context.Background(), req)
	fmt.Println("error:", err)

	for _, r := range srv.Requests() {
		fmt.Println(r.Operation, r.Status)
	}
	for _, e := range srv.Endpoints() {
		fmt.Println("created for", e.ServiceID, "in", e.VPCID)
	}
	fmt.Println("faults left:", srv.PendingFaults())
	// Output:
	// forbidden: true
	// error: <nil>
	// CreateEndpoint 403
	// CreateEndpoint 200
	// created for service-1 in vpc-1
	// faults left: 0
}
