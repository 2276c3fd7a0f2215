package interop_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

var keys = map[string]vpcep.AKSKConfig{"permanent key": permanentKey, "temporary key": temporaryKey}

var services = []vpceptest.Option{
	vpceptest.WithService(vpceptest.Service{ID: "interface-service", Name: "shop.interface"}),
	vpceptest.WithService(vpceptest.Service{ID: "gateway-service", Name: "obs.gateway", Type: vpceptest.TypeGateway}),
	vpceptest.WithService(vpceptest.Service{ID: "approving-service", Name: "bank.interface", Approval: true}),
}

// wanted are endpoints as the two clients ask for them.
var wanted = map[string]struct {
	own    vpcep.CreateEndpointRequest
	vendor model.CreateEndpointRequestBody
}{
	"least": {
		own:    vpcep.CreateEndpointRequest{EndpointServiceID: "interface-service", VPCID: "vpc-1", SubnetID: "subnet-1"},
		vendor: model.CreateEndpointRequestBody{EndpointServiceId: "interface-service", VpcId: "vpc-1", SubnetId: ptr("subnet-1")},
	},
	"every field of an interface": {
		own: vpcep.CreateEndpointRequest{
			EndpointServiceID: "interface-service", VPCID: "vpc-1", SubnetID: "subnet-2", EnableDNS: true,
			Tags:      []vpcep.Tag{{Key: "stage", Value: "prüfung & 测试"}, {Key: "without value"}},
			Whitelist: []string{"192.168.1.1", "10.0.0.0/8"}, EnableWhitelist: true, Description: `"von" außen, 描述`,
			PolicyDocument: json.RawMessage(`{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"]}]}`),
		},
		vendor: model.CreateEndpointRequestBody{
			EndpointServiceId: "interface-service", VpcId: "vpc-1", SubnetId: ptr("subnet-2"), EnableDns: ptr(true),
			Tags: &[]model.TagList{
				{Key: ptr("stage"), Value: ptr("prüfung & 测试")}, {Key: ptr("without value"), Value: ptr("")},
			},
			Whitelist: &[]string{"192.168.1.1", "10.0.0.0/8"}, EnableWhitelist: ptr(true),
			Description: ptr(`"von" außen, 描述`),
			PolicyDocument: ptr[any](map[string]any{
				"Version": "5.0", "Statement": []any{map[string]any{"Effect": "Allow", "Action": []string{"*"}}},
			}),
		},
	},
	"a gateway with a policy": {
		own: vpcep.CreateEndpointRequest{
			EndpointServiceID: "gateway-service", VPCID: "vpc-2", RouteTables: []string{"table-1", "table-2"},
			PolicyStatement: []vpcep.PolicyStatement{{
				Sid: "read", Effect: "Allow", Action: []string{"obs:object:GetObject"}, Resource: []string{"obs:*:*:object:*/*"},
				Condition: json.RawMessage(`{"StringEquals":{"obs:prefix":["a"]}}`),
			}},
		},
		vendor: model.CreateEndpointRequestBody{
			EndpointServiceId: "gateway-service", VpcId: "vpc-2", Routetables: &[]string{"table-1", "table-2"},
			PolicyStatement: &[]model.PolicyStatement{{
				Sid: ptr("read"), Effect: model.GetPolicyStatementEffectEnum().ALLOW,
				Action: []string{"obs:object:GetObject"}, Resource: []string{"obs:*:*:object:*/*"},
				Condition: ptr[any](map[string]any{"StringEquals": map[string]any{"obs:prefix": []string{"a"}}}),
			}},
		},
	},
	"one that waits for an approval": {
		own: vpcep.CreateEndpointRequest{EndpointServiceID: "approving-service", VPCID: "vpc-3", SubnetID: "subnet-3"},
		vendor: model.CreateEndpointRequestBody{
			EndpointServiceId: "approving-service", VpcId: "vpc-3", SubnetId: ptr("subnet-3"),
		},
	},
}

func TestEachClientSeesWhatTheOtherCreates(t *testing.T) {
	for keyName, key := range keys {
		for name, want := range wanted {
			t.Run(keyName+"/"+name, func(t *testing.T) {
				srv := startServer(t, services...)
				own, other := ownClient(t, srv, key), vendorClient(t, srv, key)

				byOwn, err := own.CreateEndpoint(t.Context(), want.own)
				require.NoError(t, err)
				byVendor, err := other.CreateEndpoint(&model.CreateEndpointRequest{Body: &want.vendor})
				require.NoError(t, err)
				assert.Equal(t, http.StatusOK, byVendor.HttpStatusCode)

				ids := []string{*byVendor.Id, byOwn.ID} // newest first, as lists are
				views := make([]view, 0, len(ids))
				for _, id := range ids {
					readByVendor, err := vendorGet(other, id)
					require.NoError(t, err)
					readByOwn, err := own.GetEndpoint(t.Context(), id)
					require.NoError(t, err)
					views = append(views, viewOf(t, readByOwn))
					assert.Equal(t, viewOf(t, readByOwn), viewOf(t, readByVendor))
					checkRead(t, want.own, readByOwn, readByVendor)
				}
				assert.Equal(t, views, ownList(t, own, vpcep.EndpointFilter{}))
				assert.Equal(t, views, vendorList(t, other, model.ListEndpointsRequest{}))
				checkTwins(t, views[0], views[1])

				// Each deletes what the other created.
				deleted, err := vendorDelete(other, byOwn.ID)
				require.NoError(t, err)
				assert.Equal(t, http.StatusNoContent, deleted.HttpStatusCode)
				require.NoError(t, own.DeleteEndpoint(t.Context(), *byVendor.Id))
				for _, id := range ids {
					_, err = own.GetEndpoint(t.Context(), id)
					require.ErrorIs(t, err, vpcep.ErrEndpointNotFound)
					_, err = vendorGet(other, id)
					assertRefused(t, err, http.StatusNotFound, "EndPoint.2008")
				}
				assert.Empty(t, ownList(t, own, vpcep.EndpointFilter{}))
				assert.Empty(t, vendorList(t, other, model.ListEndpointsRequest{}))
			})
		}
	}
}

// checkRead compares field by field what the clients read, without the way over JSON
// that a view takes.
func checkRead(t *testing.T, want vpcep.CreateEndpointRequest, own *vpcep.Endpoint, other *model.ListEndpointInfoDetailsResponse) {
	t.Helper()
	assert.Equal(t, own.ID, *other.Id)
	assert.Equal(t, string(own.Status), *other.Status)
	assert.Equal(t, own.VPCID, *other.VpcId)
	assert.Equal(t, own.EndpointServiceID, *other.EndpointServiceId)
	assert.Equal(t, own.EndpointServiceName, *other.EndpointServiceName)
	tags := make([]vpcep.Tag, 0, len(*other.Tags))
	for _, tag := range *other.Tags {
		tags = append(tags, vpcep.Tag{Key: *tag.Key, Value: *tag.Value})
	}
	assert.ElementsMatch(t, own.Tags, tags)

	assert.Equal(t, want.VPCID, own.VPCID)
	assert.Equal(t, want.EndpointServiceID, own.EndpointServiceID)
	assert.ElementsMatch(t, want.Tags, own.Tags)
	assert.Equal(t, want.Description, own.Description)
	assert.Empty(t, own.Extra)
}

// checkTwins compares two endpoints that the clients asked for alike: all but what
// is each endpoint's own is the same.
func checkTwins(t *testing.T, a, b view) {
	t.Helper()
	assert.NotEqual(t, a.ID, b.ID)
	assert.Len(t, b.DNSNames, len(a.DNSNames))
	for _, v := range []*view{&a, &b} {
		var own view
		v.ID, v.IP, v.DNSNames, v.CreatedAt, v.UpdatedAt = own.ID, own.IP, own.DNSNames, own.CreatedAt, own.UpdatedAt
	}
	assert.Equal(t, a, b)
}

func TestBothListTheSamePages(t *testing.T) {
	srv := startServer(t, services...)
	own, other := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)
	for i := range 9 {
		_, err := own.CreateEndpoint(t.Context(), []vpcep.CreateEndpointRequest{
			wanted["least"].own, wanted["a gateway with a policy"].own, wanted["one that waits for an approval"].own,
		}[i%3])
		require.NoError(t, err)
	}
	ascending := model.GetListEndpointsRequestSortDirEnum().ASC
	byUpdate := model.GetListEndpointsRequestSortKeyEnum().UPDATE_AT
	for name, test := range map[string]struct {
		own    vpcep.EndpointFilter
		vendor model.ListEndpointsRequest
		want   int
	}{
		"all":            {want: 9},
		"by VPC":         {own: vpcep.EndpointFilter{VPCID: "vpc-2"}, vendor: model.ListEndpointsRequest{VpcId: ptr("vpc-2")}, want: 3},
		"by service":     {own: vpcep.EndpointFilter{EndpointServiceName: ".interface"}, vendor: model.ListEndpointsRequest{EndpointServiceName: ptr(".interface")}, want: 6},
		"none":           {own: vpcep.EndpointFilter{EndpointServiceName: "ü 漢&="}, vendor: model.ListEndpointsRequest{EndpointServiceName: ptr("ü 漢&=")}},
		"the other way":  {own: vpcep.EndpointFilter{SortDir: "asc"}, vendor: model.ListEndpointsRequest{SortDir: &ascending}, want: 9},
		"by last update": {own: vpcep.EndpointFilter{SortKey: "update_at"}, vendor: model.ListEndpointsRequest{SortKey: &byUpdate}, want: 9},
	} {
		t.Run(name, func(t *testing.T) {
			test.own.PageSize = 2
			all := ownList(t, own, test.own)
			assert.Len(t, all, test.want)
			var pages []view
			for offset := 0; ; offset += 2 {
				test.vendor.Limit, test.vendor.Offset = ptr(int32(2)), ptr(int32(offset))
				page := vendorList(t, other, test.vendor)
				if len(page) == 0 {
					break
				}
				pages = append(pages, page...)
			}
			assert.Equal(t, all, pages)
		})
	}
}

func TestWrongSecretKeyIsRefused(t *testing.T) {
	for name, key := range keys {
		t.Run(name, func(t *testing.T) {
			key.SecretKey += "x"
			srv := startServer(t)

			_, err := ownClient(t, srv, key).CreateEndpoint(t.Context(), wanted["least"].own)
			require.ErrorIs(t, err, vpcep.ErrUnauthorized)
			var refusal *vpcep.APIError
			require.ErrorAs(t, err, &refusal)
			assert.Equal(t, "APIGW.0301", refusal.Code)
			assert.Len(t, srv.Requests(), 1)

			_, err = vendorClient(t, srv, key).CreateEndpoint(&model.CreateEndpointRequest{Body: ptr(wanted["least"].vendor)})
			assertRefused(t, err, http.StatusUnauthorized, "APIGW.0301")
			assert.Empty(t, srv.Endpoints())
		})
	}
}

func TestWrongSecurityTokenIsRefused(t *testing.T) {
	srv := startServer(t)
	for name, token := range map[string]string{"none": "", "another": "another-token"} {
		t.Run(name, func(t *testing.T) {
			key := temporaryKey
			key.SecurityToken = token
			_, err := ownClient(t, srv, key).GetEndpoint(t.Context(), "any")
			require.ErrorIs(t, err, vpcep.ErrUnauthorized)
			_, err = vendorGet(vendorClient(t, srv, key), "any")
			assertRefused(t, err, http.StatusUnauthorized, "APIGW.0301")
		})
	}
}

// assertRefused checks the vendor's form of a refusal.
func assertRefused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var refusal *sdkerr.ServiceResponseError
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, status, refusal.StatusCode)
	assert.Equal(t, code, refusal.ErrorCode)
	assert.NotEmpty(t, refusal.RequestId)
}

func TestBothLookTheProjectUp(t *testing.T) {
	key := vpcep.AKSKConfig{AccessKey: rand.Text(), SecretKey: "s"} // the vendor's SDK remembers the project of a key
	srv := startServer(t, vpceptest.WithAccessKey(key.AccessKey, key.SecretKey))
	id, err := vpcep.LookupProjectID(t.Context(), vpcep.ProjectLookupConfig{
		IAMEndpoint: srv.URL, Region: srv.ProjectName(), Auth: vpcep.AKSK(key),
	})
	require.NoError(t, err)
	assert.Equal(t, srv.ProjectID(), id)

	credentials := vendorCredentials(t, "", key)
	credentials.IamEndpoint = srv.URL
	_, err = vendor.VpcepClientBuilder().
		WithRegion(region.NewRegion(srv.ProjectName(), srv.URL)).
		WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(newTransport(t))).
		SafeBuild()
	require.NoError(t, err)
	assert.Equal(t, srv.ProjectID(), credentials.ProjectId)
	assert.Len(t, srv.Requests(), 2)
}

// To other clients an idempotency key is a tag.
func TestIdempotencyKeyIsATag(t *testing.T) {
	srv := startServer(t, services...)
	own, other := ownClient(t, srv, permanentKey), vendorClient(t, srv, permanentKey)

	request := wanted["least"].own
	request.Tags, request.IdempotencyKey = []vpcep.Tag{{Key: "a", Value: "b"}}, "key-1"
	created, err := own.CreateEndpoint(t.Context(), request)
	require.NoError(t, err)
	read, err := vendorGet(other, created.ID)
	require.NoError(t, err)
	require.Len(t, *read.Tags, 2)
	assert.Equal(t, model.TagList{Key: ptr("a"), Value: ptr("b")}, (*read.Tags)[0])
	assert.Equal(t, vpcep.IdempotencyTagKey, *(*read.Tags)[1].Key)
	assert.Regexp(t, "^key-1~[a-z2-7]{6}$", *(*read.Tags)[1].Value, "the key, and a digest of the request")

	body := wanted["least"].vendor
	body.Tags = &[]model.TagList{{Key: ptr(vpcep.IdempotencyTagKey), Value: ptr("key-2")}, {Key: ptr("a"), Value: ptr("b")}}
	byVendor, err := other.CreateEndpoint(&model.CreateEndpointRequest{Body: &body})
	require.NoError(t, err)
	request.IdempotencyKey = "key-2"
	found, err := own.CreateEndpoint(t.Context(), request)
	require.NoError(t, err)
	assert.Equal(t, *byVendor.Id, found.ID, "the endpoint of the key is found, whoever made it")
	assert.Len(t, srv.Endpoints(), 2)
}
