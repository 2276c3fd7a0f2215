package interop_test

import (
	"net/http"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// The vendor's SDK offers a service, and the library connects to it from another account.
func TestAServiceOfTheVendorsSDK(t *testing.T) {
	srv := startServer(t, vpceptest.WithAccount(vpceptest.Account{ProjectID: "consumer"}))
	consumer := srv.Accounts()[1]
	theirs := vendorClient(t, srv, permanentKey)
	own := srv.Client(vpcep.WithProjectID(consumer.ProjectID), vpcep.WithToken(consumer.Token))
	defer own.CloseIdleConnections()

	made, err := theirs.CreateEndpointService(&model.CreateEndpointServiceRequest{Body: &model.CreateEndpointServiceRequestBody{
		PortId: "port", VpcId: "vpc", ServiceName: ptr("db"),
		ServerType: model.GetCreateEndpointServiceRequestBodyServerTypeEnum().VM,
		Ports:      []model.PortList{{ClientPort: ptr(int32(80)), ServerPort: ptr(int32(8080)), Protocol: ptr(model.GetPortListProtocolEnum().TCP)}},
		Tags:       &[]model.TagList{{Key: ptr("env"), Value: ptr("test")}},
	}})
	require.NoError(t, err)
	id := *made.Id
	got, err := theirs.ListServiceDetails(&model.ListServiceDetailsRequest{VpcEndpointServiceId: id})
	require.NoError(t, err)
	assert.Equal(t, "region-1.db."+id, *got.ServiceName)
	listed, err := theirs.ListEndpointService(&model.ListEndpointServiceRequest{Limit: ptr(int32(0))})
	require.NoError(t, err)
	assert.Equal(t, id, *(*listed.EndpointServices)[0].Id)
	_, err = theirs.UpdateEndpointService(&model.UpdateEndpointServiceRequest{
		VpcEndpointServiceId: id, Body: &model.UpdateEndpointServiceRequestBody{Description: ptr("new")},
	})
	require.NoError(t, err)

	request := vpcep.CreateEndpointRequest{EndpointServiceID: id, VPCID: "v", SubnetID: "n"}
	_, err = own.CreateEndpoint(t.Context(), request)
	require.Error(t, err, "nobody is let in yet")
	added, err := theirs.AddOrRemoveServicePermissions(&model.AddOrRemoveServicePermissionsRequest{
		VpcEndpointServiceId: id, Body: &model.AddOrRemoveServicePermissionsRequestBody{
			Permissions: []string{"iam:domain::" + consumer.DomainID()},
			Action:      model.GetAddOrRemoveServicePermissionsRequestBodyActionEnum().ADD,
		},
	})
	require.NoError(t, err)
	assert.Len(t, *added.Permissions, 1)
	permissions, err := theirs.ListServicePermissionsDetails(&model.ListServicePermissionsDetailsRequest{VpcEndpointServiceId: id})
	require.NoError(t, err)
	assert.Equal(t, int32(1), *permissions.TotalCount)

	endpoint, err := own.CreateEndpoint(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusPendingAcceptance, endpoint.Status)
	connections, err := theirs.ListServiceConnections(&model.ListServiceConnectionsRequest{VpcEndpointServiceId: id})
	require.NoError(t, err)
	assert.EqualValues(t, endpoint.MarkerID, *(*connections.Connections)[0].MarkerId)
	_, err = theirs.AcceptOrRejectEndpoint(&model.AcceptOrRejectEndpointRequest{
		VpcEndpointServiceId: id, Body: &model.AcceptOrRejectEndpointRequestBody{
			Action: model.GetAcceptOrRejectEndpointRequestBodyActionEnum().RECEIVE, Endpoints: []string{endpoint.ID},
		},
	})
	require.NoError(t, err)
	endpoint, err = own.GetEndpoint(t.Context(), endpoint.ID)
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusAccepted, endpoint.Status)

	deletion := &model.DeleteEndpointServiceRequest{VpcEndpointServiceId: id}
	_, err = theirs.DeleteEndpointService(deletion)
	assertRefused(t, err, http.StatusBadRequest, "EndPoint.3006")
	require.NoError(t, own.DeleteEndpoint(t.Context(), endpoint.ID))
	_, err = theirs.DeleteEndpointService(deletion)
	require.NoError(t, err)
	_, err = theirs.ListServiceDetails(&model.ListServiceDetailsRequest{VpcEndpointServiceId: id})
	assertRefused(t, err, http.StatusNotFound, "EndPoint.0005")
}

func TestVersionsOfTheVendorsSDK(t *testing.T) {
	theirs := vendorClient(t, startServer(t), permanentKey)
	list, err := theirs.ListVersionDetails(&model.ListVersionDetailsRequest{})
	require.NoError(t, err)
	assert.Equal(t, "v1", *(*list.Versions)[0].Id)
	_, err = theirs.ListSpecifiedVersionDetails(&model.ListSpecifiedVersionDetailsRequest{Version: "v1"})
	require.NoError(t, err)
}
