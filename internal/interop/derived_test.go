package interop_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/examples/federation/ways"
)

// The example of a derived key signs as the vendor's SDK does.
func TestDerivedSignature(t *testing.T) {
	d := ways.Derived{AccessKey: "AK123456", SecretKey: "secret", Region: "eu-west-101", Service: "vpcep", ProjectID: "p-1"}
	req, err := http.NewRequest(http.MethodPost, "https://vpcep.example/v1/p-1/vpc-endpoints?b=2&a=x+y", strings.NewReader(`{"a":1}`))
	require.NoError(t, err)
	require.NoError(t, d.Authenticate(req))

	theirs := request.NewHttpRequestBuilder().WithEndpoint("https://vpcep.example").WithMethod(http.MethodPost).
		WithPath("/v1/p-1/vpc-endpoints").AddQueryParam("a", reflect.ValueOf("x y")).AddQueryParam("b", reflect.ValueOf("2")).
		WithBody("", `{"a":1}`).AddHeaderParam("Content-Type", "application/json").
		AddHeaderParam("X-Sdk-Date", req.Header.Get("X-Sdk-Date")).AddHeaderParam("X-Project-Id", "p-1").Build()
	headers, err := signer.SignDerived(theirs, d.AccessKey, d.SecretKey, d.Service, d.Region)
	require.NoError(t, err)
	assert.Equal(t, headers["Authorization"], req.Header.Get("Authorization"))
}
