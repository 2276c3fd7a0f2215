package interop_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
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

// The stand-in lets in who signs with a derived key, whichever of the two signs, if it is
// for its own region.
func TestStandInAcceptsDerivedSignatures(t *testing.T) {
	srv := startServer(t)
	own := srv.Client(vpcep.WithAuth(ways.Derived{
		AccessKey: permanentKey.AccessKey, SecretKey: permanentKey.SecretKey,
		Region: srv.ProjectName(), Service: "vpcep", ProjectID: srv.ProjectID(),
	}))
	t.Cleanup(own.CloseIdleConnections)
	request := wanted["least"].own
	request.Description = "+ &=ü漢"
	made, err := own.CreateEndpoint(t.Context(), request)
	require.NoError(t, err)

	for _, key := range keys {
		theirs := derivedVendorClient(t, srv.URL, srv.ProjectID(), srv.ProjectName(), key)
		read, err := vendorGet(theirs, made.ID)
		require.NoError(t, err)
		assert.Equal(t, request.Description, *read.Description)
		listed, err := theirs.ListEndpoints(&model.ListEndpointsRequest{VpcId: ptr("vpc-1"), EndpointServiceName: ptr("+ &=ü漢"), Limit: ptr(int32(5))})
		require.NoError(t, err)
		assert.Empty(t, *listed.Endpoints)
	}
	_, err = vendorGet(derivedVendorClient(t, srv.URL, srv.ProjectID(), "eu-west-101", permanentKey), made.ID)
	assertRefused(t, err, http.StatusUnauthorized, "APIGW.0301")
	for _, r := range srv.Requests() {
		assert.Equal(t, "V11-HMAC-SHA256 REDACTED", r.Header.Get("Authorization"))
	}
}

// derivedVendorClient is the vendor's client, which derives keys for a region.
func derivedVendorClient(t *testing.T, url, projectID, region string, key vpcep.AKSKConfig) *vendor.VpcepClient {
	credentials := vendorCredentials(t, projectID, key)
	credentials.DerivedPredicate = func(*request.DefaultHttpRequest) bool { return true }
	client, err := vendor.VpcepClientBuilder().WithEndpoint(url).WithCredential(credentials.ProcessDerivedAuthParams("vpcep", region)).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(newTransport(t))).
		SafeBuild()
	require.NoError(t, err)
	return vendor.NewVpcepClient(client)
}
