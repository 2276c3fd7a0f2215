package interop_test

import (
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// What the vendor's SDK changes of a service and its connections, the library reads.
func TestTheVendorsSDKChangesAService(t *testing.T) {
	srv := startServer(t, vpceptest.WithSeed(vpceptest.Seed{
		Services:  []vpceptest.SeedService{{ID: "svc", Name: "db", ApprovalEnabled: true}},
		Endpoints: []vpceptest.SeedEndpoint{{ID: "ep", ServiceID: "svc", VPCID: "vpc", SubnetID: "n", Status: vpceptest.StatusPendingAcceptance}},
	}))
	own, theirs := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)

	renamed, err := theirs.UpdateEndpointServiceName(&model.UpdateEndpointServiceNameRequest{
		VpcEndpointServiceId: "svc", Body: &model.UpdateEndpointServiceNameRequestBody{EndpointServiceName: ptr("shop")},
	})
	require.NoError(t, err)
	assert.Equal(t, "shop", *renamed.EndpointServiceName)
	_, err = theirs.UpgradeEndpointService(&model.UpgradeEndpointServiceRequest{VpcEndpointServiceId: "svc"})
	require.NoError(t, err)
	_, err = theirs.AddEndpointServiceServerResource(&model.AddEndpointServiceServerResourceRequest{
		VpcEndpointServiceId: "svc", Body: &model.AddEndpointServiceServerResourceRequestBody{ServerResources: []model.ServerResource{{ResourceId: "elb"}}},
	})
	require.NoError(t, err)
	service, err := own.GetService(t.Context(), "svc")
	require.NoError(t, err)
	assert.Equal(t, "region-1.shop.svc", service.Name)
	assert.Contains(t, service.SupportedEditions, "profession")

	for action, status := range map[string]vpcep.EndpointStatus{"reject": vpcep.StatusRejected, "receive": vpcep.StatusAccepted} {
		decision := model.GetAcceptOrRejectEndpointRequestBodyActionEnum().REJECT
		if action == "receive" {
			decision = model.GetAcceptOrRejectEndpointRequestBodyActionEnum().RECEIVE
		}
		_, err = theirs.AcceptOrRejectEndpoint(&model.AcceptOrRejectEndpointRequest{
			VpcEndpointServiceId: "svc", Body: &model.AcceptOrRejectEndpointRequestBody{Action: decision, Endpoints: []string{"ep"}},
		})
		require.NoError(t, err)
		endpoint, err := own.GetEndpoint(t.Context(), "ep")
		require.NoError(t, err)
		assert.Equal(t, status, endpoint.Status)
	}
	described, err := theirs.UpdateEndpointConnectionsDesc(&model.UpdateEndpointConnectionsDescRequest{
		VpcEndpointServiceId: "svc", Body: &model.UpdateEndpointConnectionsDescRequestBody{Connections: []model.ConnectionsDesc{{Id: "ep", Description: "von außen"}}},
	})
	require.NoError(t, err)
	assert.Equal(t, "von außen", *(*described.Connections)[0].Description)
	for connection, err := range own.ListConnections(t.Context(), "svc", vpcep.ConnectionFilter{}) {
		require.NoError(t, err)
		assert.Equal(t, "von außen", connection.Description)
	}
}

func TestTheVendorsSDKSharesAService(t *testing.T) {
	srv := startServer(t, vpceptest.WithSeed(vpceptest.Seed{Services: []vpceptest.SeedService{{ID: "svc"}}}))
	own, theirs := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)

	added, err := theirs.BatchAddEndpointServicePermissions(&model.BatchAddEndpointServicePermissionsRequest{
		VpcEndpointServiceId: "svc", Body: &model.BatchAddEndpointServicePermissionsRequestBody{
			Permissions: []model.EpsAddPermissionRequest{{Permission: "iam:domain::1234", Description: "a"}},
		},
	})
	require.NoError(t, err)
	id := *(*added.Permissions)[0].Id
	_, err = theirs.UpdateEndpointServicePermissionDesc(&model.UpdateEndpointServicePermissionDescRequest{
		VpcEndpointServiceId: "svc", PermissionId: id, Body: &model.UpdateEndpointServicePermissionDescRequestBody{
			Permission: &model.EpsUpdatePermissionDesc{Description: "b"},
		},
	})
	require.NoError(t, err)
	for permission, err := range own.ListPermissions(t.Context(), "svc", vpcep.PermissionFilter{}) {
		require.NoError(t, err)
		assert.Equal(t, "iam:domain::1234", permission.Value)
		assert.Equal(t, "b", permission.Description)
	}
	left, err := theirs.BatchRemoveEndpointServicePermissions(&model.BatchRemoveEndpointServicePermissionsRequest{
		VpcEndpointServiceId: "svc", Body: &model.BatchRemoveEndpointServicePermissionsRequestBody{Permissions: []model.EpsRemovePermissionRequest{{Id: id}}},
	})
	require.NoError(t, err)
	assert.Empty(t, *left.Permissions)
	assert.Empty(t, srv.Services()[0].Permissions)
}

// Tags of endpoints and of services, by the vendor's SDK and by the library.
func TestTheVendorsSDKTags(t *testing.T) {
	srv := startServer(t, vpceptest.WithSeed(vpceptest.Seed{
		Services:  []vpceptest.SeedService{{ID: "svc"}},
		Endpoints: []vpceptest.SeedEndpoint{{ID: "ep", ServiceID: "svc", VPCID: "vpc", SubnetID: "n"}},
	}))
	own, theirs := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)
	types, actions := model.GetBatchAddOrRemoveResourceInstanceRequestResourceTypeEnum(), model.GetBatchAddOrRemoveResourceInstanceRequestBodyActionEnum()
	change := func(kind model.BatchAddOrRemoveResourceInstanceRequestResourceType, id string,
		action model.BatchAddOrRemoveResourceInstanceRequestBodyAction, tags ...model.ResourceTag,
	) {
		_, err := theirs.BatchAddOrRemoveResourceInstance(&model.BatchAddOrRemoveResourceInstanceRequest{
			ResourceType: kind, ResourceId: id, Body: &model.BatchAddOrRemoveResourceInstanceRequestBody{Action: action, Tags: &tags},
		})
		require.NoError(t, err)
	}
	change(types.ENDPOINT, "ep", actions.CREATE, model.ResourceTag{Key: "a", Value: ptr("1")}, model.ResourceTag{Key: "b", Value: ptr("")}, model.ResourceTag{Key: "c", Value: ptr("3")})
	change(types.ENDPOINT, "ep", actions.DELETE, model.ResourceTag{Key: "a", Value: ptr("another")}, model.ResourceTag{Key: "c"})
	change(types.ENDPOINT_SERVICE, "svc", actions.CREATE, model.ResourceTag{Key: "of", Value: ptr("service")})
	endpoint, err := own.GetEndpoint(t.Context(), "ep")
	require.NoError(t, err)
	assert.Equal(t, []vpcep.Tag{{Key: "a", Value: "1"}, {Key: "b"}}, endpoint.Tags)
	service, err := own.GetService(t.Context(), "svc")
	require.NoError(t, err)
	assert.Equal(t, []vpcep.Tag{{Key: "of", Value: "service"}}, service.Tags)

	listed, err := theirs.ListQueryProjectResourceTags(&model.ListQueryProjectResourceTagsRequest{
		ResourceType: model.GetListQueryProjectResourceTagsRequestResourceTypeEnum().ENDPOINT,
	})
	require.NoError(t, err)
	assert.Len(t, *listed.Tags, 2)
	found, err := theirs.ListResourceInstances(&model.ListResourceInstancesRequest{
		ResourceType: model.GetListResourceInstancesRequestResourceTypeEnum().ENDPOINT,
		Body: &model.QueryResourceInstanceTagsBody{
			Action: model.GetQueryResourceInstanceTagsBodyActionEnum().FILTER, Limit: ptr("10"), Offset: ptr("0"),
			Tags: &[]model.TagValuesList{{Key: "a", Values: []string{"1"}}},
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "ep", *(*found.Resources)[0].ResourceId)
}

func TestTheVendorsSDKChangesAnEndpoint(t *testing.T) {
	srv := startServer(t, services...)
	own, theirs := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)
	gateway, err := own.CreateEndpoint(t.Context(), wanted["a gateway with a policy"].own)
	require.NoError(t, err)
	least, err := own.CreateEndpoint(t.Context(), wanted["least"].own)
	require.NoError(t, err)

	white, err := theirs.UpdateEndpointWhite(&model.UpdateEndpointWhiteRequest{
		VpcEndpointId: least.ID, Body: &model.UpdateEndpointWhiteRequestBody{Whitelist: &[]string{"10.0.0.1"}, EnableWhitelist: ptr(true)},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"10.0.0.1"}, *white.Whitelist)
	_, err = theirs.UpgradeEndpoint(&model.UpgradeEndpointRequest{
		VpcEndpointId: least.ID, Body: &model.UpgradeEndpointRequestBody{Action: model.GetUpgradeEndpointRequestBodyActionEnum().START},
	})
	require.NoError(t, err)
	assert.Equal(t, "profession", srv.Endpoints()[1].Edition)

	tables, err := theirs.UpdateEndpointRoutetable(&model.UpdateEndpointRoutetableRequest{
		VpcEndpointId: gateway.ID, Body: &model.UpdateEndpointRoutetableRequestBody{Routetables: []string{"table-3"}},
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"table-3"}, *tables.Routetables)
	policy, err := theirs.UpdateEndpointPolicy(&model.UpdateEndpointPolicyRequest{
		VpcEndpointId: gateway.ID, Body: &model.UpdateEndpointPolicyRequestBody{PolicyStatement: &[]model.PolicyStatement{{
			Effect: model.GetPolicyStatementEffectEnum().DENY, Action: []string{"*"}, Resource: []string{"*"},
		}}},
	})
	require.NoError(t, err)
	assert.Len(t, *policy.PolicyStatement, 1)
	_, err = theirs.DeleteEndpointPolicy(&model.DeleteEndpointPolicyRequest{VpcEndpointId: gateway.ID})
	require.NoError(t, err)
	read, err := own.GetEndpoint(t.Context(), gateway.ID)
	require.NoError(t, err)
	assert.True(t, vpcep.HasPolicy(vpcep.Policy{})(read))
	assert.Equal(t, []string{"table-3"}, read.RouteTables)
	quotas, err := theirs.ListQuotaDetails(&model.ListQuotaDetailsRequest{})
	require.NoError(t, err)
	assert.Len(t, *quotas.Quotas.Resources, 2)
}
