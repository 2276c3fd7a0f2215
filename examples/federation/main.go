// Federation authenticates in ways that the library leaves to your own code: with the ID
// token of an identity provider, with the identity of a pod, and with a derived key. The
// code to copy is in the folder ways.
//
//	go run ./examples/federation
//
// It talks to stand-ins, which it starts itself.
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/examples/federation/ways"
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
	dir, err := os.MkdirTemp("", "federation")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("the token of the pod or the provider\n"), 0o600); err != nil {
		return err
	}
	server := vpceptest.NewServer(
		vpceptest.WithProjectName("eu-west-101"), // the region of derived keys
		vpceptest.WithAccessKey("PODACCESSKEY", "pod-secret-key"), vpceptest.WithSecurityToken("PODACCESSKEY", "pod-security-token"),
		vpceptest.WithAccessKey("DERIVEDKEY", "derived-secret-key"),
	)
	defer server.Close()
	issuer := httptest.NewServer(issue(server.Token()))
	defer issuer.Close()

	fmt.Fprint(out, "This example authenticates in three ways that few programs need and that the library\n"+
		"therefore leaves to your own code: an Authenticator or a TokenSource is all it takes.\n\n")
	for _, way := range []struct {
		name string
		auth vpcep.Authenticator
	}{
		{"an ID token", vpcep.TokenAuth(vpcep.CachedToken(ways.IDToken{
			IAMEndpoint: issuer.URL, Provider: "my-provider", File: file, ProjectID: server.ProjectID(),
		}))},
		{"the identity of a pod", &ways.PodIdentity{URL: issuer.URL + "/pod", File: file}},
		{"a derived key", ways.Derived{
			AccessKey: "DERIVEDKEY", SecretKey: "derived-secret-key", Region: "eu-west-101", Service: "vpcep", ProjectID: server.ProjectID(),
		}},
	} {
		client := server.Client(vpcep.WithAuth(way.auth))
		if _, err := client.GetQuotas(ctx, ""); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		fmt.Fprintf(out, "%s: authenticated\n", way.name)
	}
	_, err = fmt.Fprint(out, "\nThe code to copy is in examples/federation/ways.\n"+
		"Next: \"go run ./examples/wrapper\" wraps the library for an infrastructure tool.\n")
	return err
}

// issue stands in for IAM and for the agent on a pod's node.
func issue(token string) http.Handler {
	end := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3.0/OS-AUTH/id-token/tokens", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Subject-Token", token)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token":{"expires_at":%q}}`, end)
	})
	mux.HandleFunc("POST /pod", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"credentials":{"access":"PODACCESSKEY","secret":"pod-secret-key","securitytoken":"pod-security-token","expires_at":%q}}`, end)
	})
	return mux
}
