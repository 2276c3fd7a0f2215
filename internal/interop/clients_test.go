// Package interop_test has the vendor's own SDK as a second client of the stand-in,
// and as a second opinion on signatures.
package interop_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

var (
	permanentKey = vpcep.AKSKConfig{AccessKey: "PERMANENTKEY", SecretKey: "secret-of-the-permanent-key"}
	temporaryKey = vpcep.AKSKConfig{
		AccessKey: "TEMPORARYKEY", SecretKey: "secret-of-the-temporary-key", SecurityToken: "security/token+with=signs",
	}
)

// startServer starts the stand-in with both keys and without delays.
func startServer(t *testing.T, opts ...vpceptest.Option) *vpceptest.Server {
	srv := vpceptest.NewServer(append([]vpceptest.Option{
		vpceptest.WithAccessKey(permanentKey.AccessKey, permanentKey.SecretKey),
		vpceptest.WithAccessKey(temporaryKey.AccessKey, temporaryKey.SecretKey),
		vpceptest.WithSecurityToken(temporaryKey.AccessKey, temporaryKey.SecurityToken),
		vpceptest.WithCreateDelay(0),
		vpceptest.WithDeleteDelay(0),
	}, opts...)...)
	t.Cleanup(srv.Close)
	return srv
}

func ownClient(t *testing.T, srv *vpceptest.Server, key vpcep.AKSKConfig) *vpcep.Client {
	client := srv.Client(vpcep.WithAuth(vpcep.AKSK(key)))
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func vendorCredentials(t *testing.T, projectID string, key vpcep.AKSKConfig) *basic.Credentials {
	credentials, err := basic.NewCredentialsBuilder().
		WithAk(key.AccessKey).WithSk(key.SecretKey).WithSecurityToken(key.SecurityToken).WithProjectId(projectID).
		SafeBuild()
	require.NoError(t, err)
	return credentials
}

func vendorClient(t *testing.T, srv *vpceptest.Server, key vpcep.AKSKConfig) *vendor.VpcepClient {
	client, err := vendor.VpcepClientBuilder().
		WithEndpoint(srv.URL).
		WithCredential(vendorCredentials(t, srv.ProjectID(), key)).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(newTransport(t))).
		SafeBuild()
	require.NoError(t, err)
	return vendor.NewVpcepClient(client)
}

func newTransport(t *testing.T) *http.Transport {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// view is what both clients show of an endpoint.
type view struct {
	ID                  string          `json:"id"`
	Status              string          `json:"status"`
	ActiveStatus        []string        `json:"active_status"`
	ServiceType         string          `json:"service_type"`
	EndpointServiceID   string          `json:"endpoint_service_id"`
	EndpointServiceName string          `json:"endpoint_service_name"`
	VPCID               string          `json:"vpc_id"`
	SubnetID            string          `json:"subnet_id"`
	IP                  string          `json:"ip"`
	ProjectID           string          `json:"project_id"`
	EnableDNS           bool            `json:"enable_dns"`
	DNSNames            []string        `json:"dns_names"`
	Tags                []vpcep.Tag     `json:"tags"`
	Whitelist           []string        `json:"whitelist"`
	EnableWhitelist     bool            `json:"enable_whitelist"`
	RouteTables         []string        `json:"routetables"`
	Description         string          `json:"description"`
	PolicyStatement     json.RawMessage `json:"policy_statement"`
	PolicyDocument      json.RawMessage `json:"policy_document"`
	CreatedAt           time.Time       `json:"created_at"`
	UpdatedAt           time.Time       `json:"updated_at"`
}

// viewOf reads the view from a client's endpoint. Both clients write the service's
// JSON, with everything that they understood.
func viewOf(t *testing.T, endpoint any) view {
	t.Helper()
	data, err := json.Marshal(endpoint)
	require.NoError(t, err)
	var v view
	require.NoError(t, json.Unmarshal(data, &v))
	v.PolicyStatement, v.PolicyDocument = sortedMembers(t, v.PolicyStatement), sortedMembers(t, v.PolicyDocument)
	return v
}

// sortedMembers writes JSON anew, with the members of objects in order.
func sortedMembers(t *testing.T, raw json.RawMessage) json.RawMessage {
	t.Helper()
	if raw == nil {
		return nil
	}
	var value any
	require.NoError(t, json.Unmarshal(raw, &value))
	sorted, err := json.Marshal(value)
	require.NoError(t, err)
	return sorted
}

func vendorGet(client *vendor.VpcepClient, id string) (*model.ListEndpointInfoDetailsResponse, error) {
	return client.ListEndpointInfoDetails(&model.ListEndpointInfoDetailsRequest{VpcEndpointId: id})
}

func vendorDelete(client *vendor.VpcepClient, id string) (*model.DeleteEndpointResponse, error) {
	return client.DeleteEndpoint(&model.DeleteEndpointRequest{VpcEndpointId: id})
}

// ownList returns the views of all endpoints that filter selects.
func ownList(t *testing.T, client *vpcep.Client, filter vpcep.EndpointFilter) []view {
	t.Helper()
	var views []view
	for endpoint, err := range client.ListEndpoints(t.Context(), filter) {
		require.NoError(t, err)
		views = append(views, viewOf(t, endpoint))
	}
	return views
}

// vendorList returns the views of one page.
func vendorList(t *testing.T, client *vendor.VpcepClient, request model.ListEndpointsRequest) []view {
	t.Helper()
	page, err := client.ListEndpoints(&request)
	require.NoError(t, err)
	var views []view
	for _, endpoint := range *page.Endpoints {
		views = append(views, viewOf(t, endpoint))
	}
	return views
}

func ptr[T any](v T) *T { return &v }
