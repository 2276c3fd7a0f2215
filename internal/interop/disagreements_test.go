package interop_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// The tests of this file show where the vendor's SDK differs from the library or
// from the stand-in. When one fails after an update of the SDK, the vendor has
// changed its mind.

// The vendor's SDK reads marker IDs into an int32. With a greater one it makes the
// endpoint and loses it; the library keeps both.
func TestMarkerIDBeyond32Bits(t *testing.T) {
	srv := startServer(t, vpceptest.WithDrift(vpceptest.DriftMarkers))
	own, other := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)
	_, err := own.CreateEndpoint(t.Context(), wanted["least"].own) // its marker ID is small
	require.NoError(t, err)

	_, err = other.CreateEndpoint(&model.CreateEndpointRequest{Body: ptr(wanted["least"].vendor)})
	assertUnreadable(t, err, "MarkerId")
	made := srv.Endpoints()
	require.Len(t, made, 2)
	assert.Greater(t, made[1].MarkerID, int64(1)<<31)

	read, err := own.GetEndpoint(t.Context(), made[1].ID)
	require.NoError(t, err)
	assert.Equal(t, made[1].MarkerID, read.MarkerID)
	_, err = other.ListEndpoints(&model.ListEndpointsRequest{})
	assertUnreadable(t, err, "MarkerId")
}

// The vendor's SDK reads the field "error" as an array alone; the documentation has
// an object in places, which the stand-in gives with a drift.
func TestErrorThatIsAnObject(t *testing.T) {
	failure := vpceptest.EndpointError{Code: "EndPoint.1234", Message: "no capacity"}
	srv := startServer(t, vpceptest.WithService(vpceptest.Service{ID: "failing", Failure: failure}),
		vpceptest.WithDrift(vpceptest.DriftErrors))
	own, other := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)
	request := wanted["least"].own
	request.EndpointServiceID = "failing"
	created, err := own.CreateEndpoint(t.Context(), request)
	require.NoError(t, err)
	want := vpcep.ResourceError(failure)

	read, err := own.GetEndpoint(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.ResourceError{want}, read.Errors)
	_, err = vendorGet(other, created.ID)
	assertUnreadable(t, err, "Error")

	require.NoError(t, srv.SetStatus(created.ID, vpceptest.StatusFailed, failure, failure))
	read, err = own.GetEndpoint(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, []vpcep.ResourceError{want, want}, read.Errors)
	readByVendor, err := vendorGet(other, created.ID)
	require.NoError(t, err)
	assert.Len(t, *readByVendor.Error, 2)
	assert.Equal(t, failure.Code, *(*readByVendor.Error)[0].ErrorCode)
}

// The other kinds of drift that the library reads and the vendor's SDK does not.
func TestFieldsOfOtherTypes(t *testing.T) {
	for name, field := range map[string]string{
		"a boolean as a string":          `"enable_dns":"true"`,
		"one string for an array":        `"active_status":"active"`,
		"one name for an array":          `"dns_names":"a.example"`,
		"statements that are strings":    `"policy_statement":["Allow"]`,
		"a statement's action, a string": `"policy_statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			answer := vpceptest.Fault{Body: `{"id":"endpoint-1","status":"accepted",` + field + `}`, Times: 2}
			require.True(t, json.Valid([]byte(answer.Body)))
			srv := startServer(t, vpceptest.WithFaults(answer))

			read, err := ownClient(t, srv, permanentKey).GetEndpoint(t.Context(), "endpoint-1")
			require.NoError(t, err)
			assert.Equal(t, "endpoint-1", read.ID)
			_, err = vendorGet(vendorClient(t, srv, permanentKey), "endpoint-1")
			assertUnreadable(t, err, "")
		})
	}
}

// The vendor documents a limit of 0 for lists: it is the default. The library never
// sends it.
func TestLimitOfZero(t *testing.T) {
	srv := startServer(t)
	_, err := vendorClient(t, srv, permanentKey).ListEndpoints(&model.ListEndpointsRequest{Limit: ptr(int32(0))})
	require.NoError(t, err)
}

// assertUnreadable checks that the vendor's SDK could not read an answer of 200, for
// the sake of a field.
func assertUnreadable(t *testing.T, err error, field string) {
	t.Helper()
	var unreadable *sdkerr.ServiceResponseError
	require.ErrorAs(t, err, &unreadable)
	assert.Equal(t, http.StatusOK, unreadable.StatusCode)
	assert.Contains(t, unreadable.ErrorMessage, field)
}
