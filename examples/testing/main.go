// Testing shows how to test a program that uses the library. Package connect is such a
// program, a small service that connects shops to a payment service; its tests are what
// to read and run.
//
//	go test -v ./examples/testing/...
package main

import (
	"context"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(_ context.Context, out io.Writer, _ []string) error {
	_, err := fmt.Fprint(out, `This example tests a program that uses the library against a stand-in for the service. The
failures that matter are rare in the real service; here, a test provokes each in one line.
The tests are in examples/testing/connect:

  connect.go        the code under test; it takes an interface of three methods
  connect_test.go   against the stand-in, over HTTP:
                      TestShop              everything works, and the request is right
                      TestLostResponse      the endpoint is created, but the response is lost
                      TestFailedEndpoint    the endpoint fails, and is not left behind
                      TestQuota             the caller learns that the quota is used up
  time_test.go      in the virtual time of testing/synctest, without a connection:
                      TestSlowService       two minutes pass at once
                      TestServiceIsTooSlow  the program gives up in time

Run them:

  go test -v ./examples/testing/...

Next: "go run ./examples/iam" logs in as an IAM user.
`)
	return err
}
