package vpcep_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// An IAM user logs in once; the token is shared, and renewed before it expires.
func ExampleIAMPassword() {
	server := vpceptest.NewServer()
	defer server.Close()
	user := server.User()

	tokens := vpcep.CachedToken(vpcep.IAMPassword(vpcep.IAMPasswordConfig{
		IAMEndpoint: server.URL, // for the real IAM, Region is enough
		Username:    user.Name,
		Password:    user.Password,
		DomainName:  user.DomainName,
		ProjectID:   server.ProjectID(),
	}))
	client, err := vpcep.NewClient(
		vpcep.WithBaseURL(server.URL), vpcep.WithProjectID(server.ProjectID()),
		vpcep.WithAuth(vpcep.TokenAuth(tokens)),
	)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		for _, err := range client.ListEndpoints(context.Background(), vpcep.EndpointFilter{}) {
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	fmt.Println(server.IssuedTokens())
	// Output: 1
}

// CachedToken asks a TokenSource once for all calls, and again before the token expires
// or after the service refuses it.
func ExampleCachedToken() {
	server := vpceptest.NewServer()
	defer server.Close()
	file, err := os.CreateTemp("", "token")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	fmt.Fprint(file, server.Token())
	file.Close()

	tokens := vpcep.CachedToken(fileTokens(file.Name()))
	client := server.Client(vpcep.WithAuth(vpcep.TokenAuth(tokens)))
	_, err = client.GetQuotas(context.Background(), "")
	fmt.Println(err)
	// Output: <nil>
}

// A token that does not change needs no source of its own; WithToken is the short form.
func ExampleTokenAuth() {
	server := vpceptest.NewServer()
	defer server.Close()

	client := server.Client(vpcep.WithAuth(vpcep.TokenAuth(vpcep.StaticToken(server.Token()))))
	_, err := client.GetQuotas(context.Background(), "")
	fmt.Println(err)
	// Output: <nil>
}

// An access key signs each request.
func ExampleAKSK() {
	server := vpceptest.NewServer(vpceptest.WithAccessKey("EXAMPLEACCESSKEY", "example-secret-key"))
	defer server.Close()

	key := vpcep.AKSKConfig{AccessKey: "EXAMPLEACCESSKEY", SecretKey: "example-secret-key"}
	client := server.Client(vpcep.WithAuth(vpcep.AKSK(key)))
	endpoint, err := client.CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(endpoint.Status, key) // credentials print redacted
	// Output: creating [redacted]
}

// fileTokens reads a token that another program renews.
type fileTokens string

func (path fileTokens) Token(context.Context) (vpcep.Token, error) {
	data, err := os.ReadFile(string(path))
	return vpcep.Token{Value: string(data)}, err
}

// A token can come from anywhere.
func ExampleTokenSource() {
	server := vpceptest.NewServer()
	defer server.Close()
	file, err := os.CreateTemp("", "token")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	fmt.Fprint(file, server.Token())
	file.Close()

	client := server.Client(vpcep.WithAuth(vpcep.TokenAuth(fileTokens(file.Name()))))
	endpoint, err := client.CreateEndpoint(context.Background(), vpcep.CreateEndpointRequest{
		EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet",
	})
	fmt.Println(endpoint.Status, err)
	// Output: creating <nil>
}

// A Token never prints its value.
func ExampleToken() {
	token := vpcep.Token{Value: "a secret"}
	fmt.Printf("%v %+v %s\n", token, token, token)
	// Output: [redacted] [redacted] [redacted]
}

// signed adds a header to what another Authenticator does.
type signed struct{ vpcep.Authenticator }

func (s signed) Authenticate(req *http.Request) error {
	req.Header.Set("X-Trace", "example")
	return s.Authenticator.Authenticate(req)
}

// An Authenticator can wrap another one.
func ExampleAuthenticator() {
	server := vpceptest.NewServer()
	defer server.Close()
	client := server.Client(vpcep.WithAuth(signed{vpcep.TokenAuth(vpcep.StaticToken(server.Token()))}))
	_, err := client.GetEndpoint(context.Background(), "none")
	fmt.Println(server.Requests()[0].Header.Get("X-Trace"), err != nil)
	// Output: example true
}

// DefaultAuth uses the credentials of the environment, a file or the instance.
func ExampleDefaultAuth() {
	os.Setenv("HUAWEICLOUD_SDK_AK", "EXAMPLEACCESSKEY")
	os.Setenv("HUAWEICLOUD_SDK_SK", "example-secret-key")
	defer os.Unsetenv("HUAWEICLOUD_SDK_AK")
	defer os.Unsetenv("HUAWEICLOUD_SDK_SK")

	auth, err := vpcep.DefaultAuth()
	if err != nil {
		log.Fatal(err)
	}
	_, err = vpcep.NewClient(vpcep.WithRegion("eu-west-101"), vpcep.WithProjectID("project"), vpcep.WithAuth(auth))
	fmt.Println(err)
	// Output: <nil>
}

// LookupProjectID finds the project of a region.
func ExampleLookupProjectID() {
	server := vpceptest.NewServer(vpceptest.WithProjectName("eu-west-101"))
	defer server.Close()

	id, err := vpcep.LookupProjectID(context.Background(), vpcep.ProjectLookupConfig{
		Region:      "eu-west-101",
		IAMEndpoint: server.URL, // for the real IAM, Region is enough
		Auth:        vpcep.TokenAuth(vpcep.StaticToken(server.Token())),
	})
	fmt.Println(id == server.ProjectID(), err)
	// Output: true <nil>
}
