// Testing shows how to test a program that uses the library. Package connect is
// such a program: a small service of one's own that connects shops to a payment
// service. What there is to see are its tests.
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
	_, err := fmt.Fprint(out, `Nothing happens here: look at the tests in examples/testing/connect.

  connect.go        the code under test; it takes an interface of three methods
  connect_test.go   against a stand-in of the service over HTTP:
                      TestShop              the good case, and what was asked for
                      TestLostAnswer        a fault: the endpoint is made, the answer is lost
                      TestFailedEndpoint    a service whose endpoints fail: nothing stays behind
                      TestQuota             the refusal reaches the caller
  time_test.go      in the virtual time of testing/synctest, without a connection:
                      TestSlowService       two minutes that pass at once
                      TestServiceIsTooSlow  the end of the patience

Run them:

  go test -v ./examples/testing/...
`)
	return err
}
