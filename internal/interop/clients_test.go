// Package interop_test has the vendor's own SDK as a second client of the stand-in,
// and as a second opinion on signatures.
package interop_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
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

// vendorClient is the vendor's client, which gets marker IDs that it can hold.
func vendorClient(t *testing.T, srv *vpceptest.Server, key vpcep.AKSKConfig) *vendor.VpcepClient {
	return newVendorClient(t, srv, key, smallMarkers{newTransport(t)})
}

// strictVendorClient is the vendor's client as it is.
func strictVendorClient(t *testing.T, srv *vpceptest.Server, key vpcep.AKSKConfig) *vendor.VpcepClient {
	return newVendorClient(t, srv, key, newTransport(t))
}

func newVendorClient(t *testing.T, srv *vpceptest.Server, key vpcep.AKSKConfig, rt http.RoundTripper) *vendor.VpcepClient {
	client, err := vendor.VpcepClientBuilder().
		WithEndpoint(srv.URL).
		WithCredential(vendorCredentials(t, srv.ProjectID(), key)).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(rt)).
		SafeBuild()
	require.NoError(t, err)
	return vendor.NewVpcepClient(client)
}

func newTransport(t *testing.T) *http.Transport {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// smallMarkers cuts marker IDs down to 31 bits: the vendor's SDK reads them into an
// int32, and fails on every other answer (see TestMarkerIDBeyond32Bits).
type smallMarkers struct{ http.RoundTripper }

var markerID = regexp.MustCompile(`"marker_id":\d+`)

func (s smallMarkers) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	body = markerID.ReplaceAllFunc(body, func(member []byte) []byte {
		id, _ := strconv.ParseInt(string(member[len(`"marker_id":`):]), 10, 64)
		return strconv.AppendInt([]byte(`"marker_id":`), id&(1<<31-1), 10)
	})
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// view is what both clients can tell of an endpoint.
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
