package docs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// errorRow is a row of the table of errors: what its first cell begins with, what
// matches it, and calls that end in such an error.
type errorRow struct {
	begins  string
	matches func(error) bool
	provoke []func(t *testing.T) error
}

// Each row of the table of errors comes from real calls, and a program that tests in the
// order of the table, as the page says, ends up in the row that is about its error.
func TestTableOfErrors(t *testing.T) {
	rows := readMarkdown(t, "docs/errors.md").sections[0].rows[2:]
	require.Len(t, rows, len(errorRows))
	for i, row := range errorRows {
		require.True(t, strings.HasPrefix(rows[i], "| "+row.begins), "row %d is %q, and the test has %q there", i+1, rows[i], row.begins)
		require.NotEmpty(t, row.provoke, row.begins)
		for n, provoke := range row.provoke {
			t.Run(row.begins+" "+strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				err := provoke(t)
				require.Error(t, err)
				for _, earlier := range errorRows[:i] {
					assert.False(t, earlier.matches(err), "the row %q comes first, and matches %v", earlier.begins, err)
				}
				assert.True(t, row.matches(err), "%v", err)
				assert.NotContains(t, err.Error(), "\n")
			})
		}
	}
}

// as matches errors of a type.
func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// is matches any of the errors.
func is(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

func either(a, b func(error) bool) func(error) bool {
	return func(err error) bool { return a(err) || b(err) }
}

func saysCheck(err error) bool { return strings.Contains(err.Error(), "nothing was sent; check") }

var errorRows = []errorRow{
	{"`*ValidationError`", as[*vpcep.ValidationError], calls(create(request("")))},
	{"`ErrDuplicateEndpoints`", is(vpcep.ErrDuplicateEndpoints, vpcep.ErrDuplicateServices), calls(duplicateEndpoints)},
	{"`ErrKeyNotKept`", is(vpcep.ErrKeyNotKept), calls(keyNotKept)},
	{"`ErrOutcomeUnknown`", is(vpcep.ErrOutcomeUnknown), calls(
		create(request("vpc"), vpceptest.WithFaults(lost)),
		create(request("vpc"), vpceptest.WithFaults(vpceptest.Fault{Status: 503})))},
	{"`ErrIdempotencyMismatch`", is(vpcep.ErrIdempotencyMismatch), calls(mismatch)},
	{"`*EndpointFailedError`", either(as[*vpcep.EndpointFailedError], as[*vpcep.ServiceFailedError]), calls(endpointFails, serviceIsDeleted)},
	{"`*WaitTimeoutError`", as[*vpcep.WaitTimeoutError], calls(waitTimesOut)},
	{"`*RouteTablesError`", as[*vpcep.RouteTablesError], calls(routeTables)},
	{"`*PermissionsError`", as[*vpcep.PermissionsError], calls(permissions(403, vpcep.CodePermissionDenied), permissions(429, ""))},
	{"`ErrThrottled`", is(vpcep.ErrThrottled), calls(
		read(vpceptest.WithFaults(vpceptest.Fault{Status: 429})),
		create(request("vpc"), vpceptest.WithFaults(refusal(400, vpcep.CodeThrottled))))},
	{"`ErrQuotaExceeded`", is(vpcep.ErrQuotaExceeded), calls(quota)},
	{"`ErrEndpointNotFound`", is(vpcep.ErrEndpointNotFound, vpcep.ErrServiceNotFound), calls(read(), readService,
		create(request("vpc"), vpceptest.WithService(vpceptest.Service{ID: "another-service"})))},
	{"`ErrUnauthorized`", is(vpcep.ErrUnauthorized, vpcep.ErrForbidden), calls(
		create(request("vpc"), vpceptest.WithToken("another-token"), vpceptest.WithFaults(refusal(401, ""))),
		read(vpceptest.WithFaults(refusal(403, vpcep.CodePermissionDenied))))},
	{"`ErrProjectNotFound`", is(vpcep.ErrProjectNotFound), calls(projectNotFound)},
	{"`ErrNotFound`", is(vpcep.ErrNotFound), calls(wrongURL, read(vpceptest.WithFaults(refusal(404, vpcep.CodeSubnetNotFound))))},
	{"`context.Canceled`", is(context.Canceled, context.DeadlineExceeded), calls(cancelled, deadline)},
	{"`CodeProjectIDInvalid`", is(vpcep.CodeProjectIDInvalid), calls(create(request("vpc"), vpceptest.WithFaults(refusal(400, "EndPoint.0014"))))},
	{"`*ProxyError`", either(as[*vpcep.ProxyError], is(vpcep.ErrProxyAuthRequired)), calls(proxyRefuses, plainProxyRefuses)},
	{"any other `*APIError`", as[*vpcep.APIError], calls(
		create(request("vpc"), vpceptest.WithFaults(refusal(400, vpcep.CodePortIPInUse))),
		read(vpceptest.WithFaults(vpceptest.Fault{Status: 200, Body: "<html>"})))},
	{"any other error that says", saysCheck, calls(portWithoutTLS, untrustedCertificate)},
	{"any other error |", func(error) bool { return true }, calls(noConnection)},
}

func calls(all ...func(t *testing.T) error) []func(t *testing.T) error { return all }

var lost = vpceptest.Fault{Operation: vpceptest.OpCreate, AfterEffect: true, Drop: true}

func refusal(status int, code vpcep.ErrorCode) vpceptest.Fault {
	return vpceptest.Fault{Status: status, Body: vpceptest.ErrorBody(string(code), "refused")}
}

func request(vpc string) vpcep.CreateEndpointRequest {
	return vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: vpc, SubnetID: "subnet"}
}

func withKey(r vpcep.CreateEndpointRequest) vpcep.CreateEndpointRequest {
	r.IdempotencyKey = "order-17"
	return r
}

// start starts a stand-in, with a client that does not retry and whose lists do not lag.
func start(t *testing.T, options ...vpceptest.Option) (*vpceptest.Server, *vpcep.Client) {
	t.Helper()
	server := vpceptest.NewServer(options...)
	t.Cleanup(server.Close)
	return server, clientOf(t, server)
}

// prompt makes a client neither retry nor wait for lists that do not lag.
func prompt() []vpcep.Option {
	return []vpcep.Option{
		vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}), vpcep.WithReconcileWindow(50 * time.Millisecond),
	}
}

func clientOf(t *testing.T, server *vpceptest.Server, options ...vpcep.Option) *vpcep.Client {
	t.Helper()
	client := server.Client(append(prompt(), options...)...)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func create(r vpcep.CreateEndpointRequest, options ...vpceptest.Option) func(t *testing.T) error {
	return func(t *testing.T) error {
		_, client := start(t, options...)
		_, err := client.CreateEndpoint(t.Context(), r)
		return err
	}
}

func read(options ...vpceptest.Option) func(t *testing.T) error {
	return func(t *testing.T) error {
		_, client := start(t, options...)
		_, err := client.GetEndpoint(t.Context(), "4189d3c2-8882-4871-a3c2-d380272eed88")
		return err
	}
}

func readService(t *testing.T) error {
	_, client := start(t)
	_, err := client.GetService(t.Context(), "4189d3c2-8882-4871-a3c2-d380272eed88")
	return err
}

func duplicateEndpoints(t *testing.T) error {
	_, client := start(t)
	r := withKey(request("vpc"))
	for range 2 {
		_, err := client.Do(t.Context(), vpcep.RawRequest{Method: "POST", Path: "/v1/{project_id}/vpc-endpoints", Body: r})
		require.NoError(t, err)
	}
	_, err := client.CreateEndpoint(t.Context(), r)
	return err
}

// keyNotKept creates in a cloud that drops tags, and loses the response.
func keyNotKept(t *testing.T) error {
	handler := vpceptest.NewHandler(vpceptest.WithFaults(lost)).(*vpceptest.Handler)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var body map[string]any
			assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
			delete(body, "tags")
			data, err := json.Marshal(body)
			assert.NoError(t, err)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client := newClient(t, vpcep.WithBaseURL(server.URL), vpcep.WithProjectID(handler.ProjectID()), vpcep.WithToken(handler.Token()))
	_, err := client.CreateEndpoint(t.Context(), withKey(request("vpc")))
	return err
}

func mismatch(t *testing.T) error {
	_, client := start(t)
	_, err := client.CreateEndpoint(t.Context(), withKey(request("vpc")))
	require.NoError(t, err)
	_, err = client.CreateEndpoint(t.Context(), withKey(request("another-vpc")))
	return err
}

func endpointFails(t *testing.T) error {
	_, client := start(t, vpceptest.WithService(vpceptest.Service{ID: "service", Failure: vpceptest.EndpointError{Code: "EndPoint.4010"}}))
	return createAndWait(t, client, vpcep.WaitOptions{})
}

func waitTimesOut(t *testing.T) error {
	_, client := start(t, vpceptest.WithCreateDelay(time.Hour))
	return createAndWait(t, client, vpcep.WaitOptions{Timeout: 20 * time.Millisecond})
}

func createAndWait(t *testing.T, client *vpcep.Client, options vpcep.WaitOptions) error {
	endpoint, err := client.CreateEndpoint(t.Context(), request("vpc"))
	require.NoError(t, err)
	_, err = client.WaitForEndpoint(t.Context(), endpoint.ID, options)
	return err
}

// newService creates a service.
func newService(t *testing.T, client *vpcep.Client) *vpcep.EndpointService {
	t.Helper()
	service, err := client.CreateService(t.Context(), vpcep.CreateServiceRequest{
		PortID: "port", VPCID: "vpc", ServerType: vpcep.ServerTypeLB, Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}},
	})
	require.NoError(t, err)
	service, err = client.WaitForService(t.Context(), service.ID, vpcep.WaitOptions{Interval: 50 * time.Millisecond})
	require.NoError(t, err)
	return service
}

func serviceIsDeleted(t *testing.T) error {
	_, client := start(t, vpceptest.WithDeleteDelay(time.Hour))
	service := newService(t, client)
	require.NoError(t, client.DeleteService(t.Context(), service.ID))
	_, err := client.WaitForService(t.Context(), service.ID, vpcep.WaitOptions{})
	return err
}

func routeTables(t *testing.T) error {
	_, client := start(t, vpceptest.WithCreateDelay(0), vpceptest.WithFailingRouteTable("table-2", "full"),
		vpceptest.WithService(vpceptest.Service{ID: "service", Type: vpceptest.TypeGateway}))
	endpoint, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", RouteTables: []string{"table-1"}})
	require.NoError(t, err)
	_, err = client.UpdateRouteTables(t.Context(), endpoint.ID, []string{"table-1", "table-2"})
	return err
}

// permissions adds two permissions, the second of which is refused.
func permissions(status int, code vpcep.ErrorCode) func(t *testing.T) error {
	return func(t *testing.T) error {
		fault := refusal(status, code)
		fault.Operation = vpceptest.OpPermissionAction
		_, client := start(t, vpceptest.WithFaults(fault))
		_, err := client.AddPermissions(t.Context(), newService(t, client).ID, []vpcep.Permission{
			{Value: "iam:domain::698f9bf85ca9437a9b2f41132ab3aa0e", Description: "sent first"},
			{Value: "iam:domain::5fc973eea581490997e82ea11a1d0101"},
		})
		return err
	}
}

func quota(t *testing.T) error {
	_, client := start(t, vpceptest.WithQuota(1))
	_, err := client.CreateEndpoint(t.Context(), request("vpc"))
	require.NoError(t, err)
	_, err = client.CreateEndpoint(t.Context(), request("vpc"))
	return err
}

func projectNotFound(t *testing.T) error {
	server, _ := start(t, vpceptest.WithProjectName("eu-west-101"))
	_, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{
		Region: "eu-north-101", IAMEndpoint: server.URL, Auth: vpcep.TokenAuth(vpcep.StaticToken(server.Token())),
	})
	return err
}

func wrongURL(t *testing.T) error {
	server, _ := start(t)
	_, err := clientOf(t, server, vpcep.WithBaseURL(server.URL+"/wrong")).GetQuotas(t.Context(), "")
	return err
}

func cancelled(t *testing.T) error {
	_, client := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.GetQuotas(ctx, "")
	return err
}

func deadline(t *testing.T) error {
	_, client := start(t, vpceptest.WithFaults(vpceptest.Fault{Stall: time.Hour}))
	_, err := client.GetQuotas(t.Context(), "", vpcep.WithCallTimeout(20*time.Millisecond))
	return err
}

// newClient returns a client that does not retry.
func newClient(t *testing.T, options ...vpcep.Option) *vpcep.Client {
	t.Helper()
	options = append(append(prompt(), vpcep.WithProjectID("project"), vpcep.WithToken("token")), options...)
	client, err := vpcep.NewClient(options...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// readThrough sends a read through a proxy that refuses everything.
func readThrough(t *testing.T, status int, options ...vpcep.Option) error {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(address)}
	_, err = newClient(t, append(options, vpcep.WithHTTPClient(&http.Client{Transport: transport}))...).GetQuotas(t.Context(), "")
	return err
}

func proxyRefuses(t *testing.T) error {
	return readThrough(t, http.StatusForbidden, vpcep.WithBaseURL("https://vpcep.example.com"))
}

func plainProxyRefuses(t *testing.T) error {
	return readThrough(t, http.StatusProxyAuthRequired, vpcep.WithBaseURL("http://vpcep.example.com"), vpcep.WithPlaintextHTTP())
}

func portWithoutTLS(t *testing.T) error {
	server, _ := start(t)
	_, err := newClient(t, vpcep.WithBaseURL("https://"+strings.TrimPrefix(server.URL, "http://"))).GetQuotas(t.Context(), "")
	return err
}

func untrustedCertificate(t *testing.T) error {
	server := vpceptest.NewServer(vpceptest.WithTLS())
	t.Cleanup(server.Close)
	_, err := newClient(t, vpcep.WithBaseURL(server.URL)).GetQuotas(t.Context(), "")
	return err
}

func noConnection(t *testing.T) error {
	server, client := start(t)
	server.Close()
	_, err := client.CreateEndpoint(t.Context(), request("vpc"))
	return err
}
