package vpcep_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// digestOf returns the digest in the tag of a request's key.
func digestOf(t *testing.T, req vpcep.CreateEndpointRequest) string {
	t.Helper()
	body, err := json.Marshal(req)
	require.NoError(t, err)
	var sent struct{ Tags []vpcep.Tag }
	require.NoError(t, json.Unmarshal(body, &sent))
	key, digest, found := strings.Cut(sent.Tags[len(sent.Tags)-1].Value, "~")
	require.True(t, found)
	assert.Equal(t, req.IdempotencyKey, key)
	return digest
}

// full and gateway are requests with every setting.
var (
	full = with(keyed, func(r *vpcep.CreateEndpointRequest) {
		r.PortIP, r.Description = "10.0.0.99", "as agreed"
		r.Tags = []vpcep.Tag{{Key: "env", Value: "test"}, {Key: "team", Value: "a"}}
		r.Whitelist = []string{"10.1.0.0/16", "10.2.0.1"}
		r.IPVersion, r.IPv6Address = vpcep.IPVersionDualStack, "2001:db8::7"
		r.PolicyDocument = json.RawMessage(`{"Version":"5.0","Statement":[{"Effect":"Allow"}]}`)
	})
	gateway = with(keyed, func(r *vpcep.CreateEndpointRequest) {
		r.EndpointServiceID, r.SubnetID, r.RouteTables = "obs", "", []string{"rt-1", "rt-2"}
		r.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"*"}}}
	})
)

// newCatalogue returns a standIn with the services of full and gateway, and another one.
func newCatalogue(opts ...vpceptest.Option) *standIn {
	return newStandIn(append([]vpceptest.Option{
		vpceptest.WithService(vpceptest.Service{ID: "obs", Type: vpceptest.TypeGateway}),
		vpceptest.WithService(vpceptest.Service{ID: "svc"}), vpceptest.WithService(vpceptest.Service{ID: "svc-2"}),
	}, opts...)...)
}

func TestDigestIsStable(t *testing.T) {
	// Changing these values would make every existing key a mismatch.
	assert.Equal(t, "nugrbe", digestOf(t, keyed))
	assert.Equal(t, "y5jvu7", digestOf(t, full))
	assert.Equal(t, "xkn75g", digestOf(t, gateway))
}

func TestEachFieldIsInTheDigest(t *testing.T) {
	type request = vpcep.CreateEndpointRequest
	tests := map[string]func(*request){
		"nothing":      func(*request) {},
		"service":      func(r *request) { r.EndpointServiceID = "x" },
		"VPC":          func(r *request) { r.VPCID = "x" },
		"subnet":       func(r *request) { r.SubnetID = "x" },
		"address":      func(r *request) { r.PortIP = "10.0.0.9" },
		"DNS":          func(r *request) { r.EnableDNS = true },
		"no tags":      func(r *request) { r.Tags = nil },
		"key of a tag": func(r *request) { r.Tags = []vpcep.Tag{{Key: "ENV", Value: "test"}} },
		"value":        func(r *request) { r.Tags = []vpcep.Tag{{Key: "env", Value: "x"}} },
		"tables":       func(r *request) { r.RouteTables = []string{"x"} },
		"whitelist":    func(r *request) { r.Whitelist = []string{"10.0.0.9"} },
		"whitelist on": func(r *request) { r.EnableWhitelist = true },
		"description":  func(r *request) { r.Description = "x" },
		"statement":    func(r *request) { r.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Deny"}} },
		"policy":       func(r *request) { r.PolicyDocument = json.RawMessage(`{"a":1}`) },
		"dual stack":   func(r *request) { r.IPVersion = vpcep.IPVersionDualStack },
		"size":         func(r *request) { r.SpecificationName = "large" },
		"IPv6 address": func(r *request) { r.IPv6Address = "2001:db8::1" },
		"extra":        func(r *request) { r.Extra = map[string]json.RawMessage{"x": json.RawMessage(`9007199254740992`)} },
		"extra, by 1":  func(r *request) { r.Extra = map[string]json.RawMessage{"x": json.RawMessage(`9007199254740993`)} },
	}
	fields := reflect.TypeFor[request]().NumField()
	assert.Equal(t, fields-len([]string{"IdempotencyKey", "Resume"})+len([]string{"nothing", "key of a tag", "value", "extra, by 1"}), len(tests), "a new field needs a row")
	digests := make(map[string]string)
	for name, change := range tests {
		digest := digestOf(t, with(keyed, change))
		assert.Len(t, digest, 6)
		assert.Empty(t, digests[digest], "the same as %s", name)
		digests[digest] = name
	}
}

func TestDigestLeavesOutWhatIsNoSetting(t *testing.T) {
	assert.Equal(t, digestOf(t, keyed), digestOf(t, resumed(keyed)))
	assert.Equal(t, digestOf(t, keyed), digestOf(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" })))
	assert.Equal(t, digestOf(t, keyed), digestOf(t, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.Whitelist = []string{} })))
}

func TestRepeatedRequestIsTheSame(t *testing.T) {
	type request = vpcep.CreateEndpointRequest
	tests := map[string]struct {
		first  request
		change func(*request)
	}{
		"the same":              {full, func(*request) {}},
		"tags in another order": {full, func(r *request) { r.Tags = []vpcep.Tag{full.Tags[1], full.Tags[0]} }},
		"whitelist, spelt otherwise": {full, func(r *request) {
			r.Whitelist = []string{"10.2.0.1/32", "10.1.2.3/16"}
		}},
		"IPv6 address, spelt otherwise": {full, func(r *request) { r.IPv6Address = "2001:DB8:0::7" }},
		"policy, spelt otherwise": {full, func(r *request) {
			r.PolicyDocument = json.RawMessage(`{ "Statement" : [{"Effect":"Allow"}], "Version": "5.0"}`)
		}},
		"policy, as a string": {full, func(r *request) {
			r.PolicyDocument = json.RawMessage(`"{\"Version\":\"5.0\",\"Statement\":[{\"Effect\":\"Allow\"}]}"`)
		}},
		"gateway, the same":        {gateway, func(*request) {}},
		"gateway, order of tables": {gateway, func(r *request) { r.RouteTables = []string{"rt-2", "rt-1"} }},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newCatalogue()
			made := s.made(t, tt.first)
			time.Sleep(time.Minute) // it is accepted
			var meta vpcep.ResponseMeta
			found, err := s.client(t).CreateEndpoint(t.Context(), with(tt.first, tt.change), vpcep.WithResponse(&meta))
			require.NoError(t, err)
			assert.Equal(t, firstCase+" list", s.sequence(), "nothing more is sent")
			s.isOnly(t, made)
			assert.Equal(t, made.ID, found.ID)
			assert.Equal(t, vpcep.StatusAccepted, found.Status, "as it is now")
			assert.True(t, meta.Found)
			assert.False(t, meta.KeyDropped)
		})
	}
}

func TestOtherRequestIsAMismatch(t *testing.T) {
	type request = vpcep.CreateEndpointRequest
	tests := map[string]struct {
		first  request
		change func(*request)
		want   []string // the settings in which the endpoint differs from the request
	}{
		"service":                    {full, func(r *request) { r.EndpointServiceID = "svc-2" }, []string{"endpoint_service_id"}},
		"VPC":                        {full, func(r *request) { r.VPCID = "vpc-2" }, []string{"vpc_id"}},
		"subnet":                     {full, func(r *request) { r.SubnetID = "net-2" }, []string{"subnet_id"}},
		"port IP":                    {full, func(r *request) { r.PortIP = "10.0.0.98" }, []string{"port_ip"}},
		"description":                {full, func(r *request) { r.Description = "otherwise" }, []string{"description"}},
		"value of a tag":             {full, func(r *request) { r.Tags = []vpcep.Tag{{Key: "env", Value: "live"}, full.Tags[1]} }, []string{"tags"}},
		"another tag":                {full, func(r *request) { r.Tags = append(full.Tags[:2:2], vpcep.Tag{Key: "x"}) }, []string{"tags"}},
		"fewer tags":                 {full, func(r *request) { r.Tags = full.Tags[:1] }, []string{"tags"}},
		"tags on one without":        {with(full, func(r *request) { r.Tags = nil }), func(r *request) { r.Tags = full.Tags }, []string{"tags"}},
		"whitelist":                  {full, func(r *request) { r.Whitelist = full.Whitelist[:1] }, []string{"whitelist"}},
		"whitelist on":               {full, func(r *request) { r.EnableWhitelist = true }, []string{"enable_whitelist"}},
		"DNS on":                     {full, func(r *request) { r.EnableDNS = true }, []string{"enable_dns"}},
		"IPv6 address":               {full, func(r *request) { r.IPv6Address = "2001:db8::8" }, []string{"ipv6_address"}},
		"IPv4 only":                  {full, func(r *request) { r.IPVersion, r.IPv6Address = vpcep.IPVersionIPv4, "" }, []string{"ip_version"}},
		"policy":                     {full, func(r *request) { r.PolicyDocument = json.RawMessage(`{"Version":"5.0"}`) }, []string{"policy_document"}},
		"several":                    {full, func(r *request) { r.VPCID, r.Description = "vpc-2", "x" }, []string{"vpc_id", "description"}},
		"what is left to it":         {full, func(r *request) { *r = request{EndpointServiceID: "svc", VPCID: "vpc", IdempotencyKey: "key-1"} }, nil},
		"gateway, tables":            {gateway, func(r *request) { r.RouteTables = gateway.RouteTables[1:] }, []string{"routetables"}},
		"gateway, what it never has": {gateway, func(r *request) { r.SubnetID, r.EnableDNS = "net", true }, nil},
		"gateway, policy": {gateway, func(r *request) {
			r.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Deny", Action: []string{"obs:*:*"}, Resource: []string{"*"}}}
		}, []string{"policy_statement"}},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newCatalogue()
			made := s.made(t, tt.first)
			time.Sleep(time.Minute) // it is accepted
			found, err := s.client(t).CreateEndpoint(t.Context(), with(tt.first, tt.change))
			assert.Nil(t, found)
			assert.Equal(t, firstCase+" list", s.sequence(), "nothing more is sent")
			s.isOnly(t, made)
			assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			var mismatch *vpcep.IdempotencyMismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Equal(t, vpcep.IdempotencyMismatchError{Key: "key-1", EndpointID: made.ID, Fields: tt.want}, *mismatch)
			assert.Equal(t, len(tt.want) > 0, strings.Contains(err.Error(), "it now differs in "+strings.Join(tt.want, ", ")))
		})
	}
}

// This library did not write a tag without a digest. Only settings that cannot change are
// compared.
func TestKeyWithoutADigest(t *testing.T) {
	foreign := with(full, func(r *vpcep.CreateEndpointRequest) {
		r.IdempotencyKey = ""
		r.Tags = append(r.Tags[:2:2], vpcep.Tag{Key: vpcep.IdempotencyTagKey, Value: "key-1"})
	})
	type request = vpcep.CreateEndpointRequest
	tests := map[string]struct {
		change func(*request)
		want   []string
	}{
		"the same": {func(*request) {}, nil},
		"what can be changed": {func(r *request) {
			r.Tags, r.Whitelist, r.Description, r.PolicyDocument = nil, []string{"10.9.0.0/16"}, "x", nil
		}, nil},
		"service":      {func(r *request) { r.EndpointServiceID = "svc-2" }, []string{"endpoint_service_id"}},
		"VPC":          {func(r *request) { r.VPCID = "x" }, []string{"vpc_id"}},
		"subnet":       {func(r *request) { r.SubnetID = "x" }, []string{"subnet_id"}},
		"address":      {func(r *request) { r.PortIP = "10.0.0.98" }, []string{"port_ip"}},
		"IPv6 address": {func(r *request) { r.IPv6Address = "2001:db8::8" }, []string{"ipv6_address"}},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newCatalogue()
			id := s.put(t, foreign)
			time.Sleep(time.Minute)
			found, err := s.client(t).CreateEndpoint(t.Context(), with(full, tt.change))
			if tt.want == nil {
				require.NoError(t, err)
				s.isOnly(t, found)
				return
			}
			var mismatch *vpcep.IdempotencyMismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Equal(t, vpcep.IdempotencyMismatchError{Key: "key-1", EndpointID: id, Fields: tt.want}, *mismatch)
			assert.Equal(t, []string{id}, s.ids())
		})
	}
}

func TestKeyThatLooksLikeADigest(t *testing.T) {
	for _, key := range []string{"a~abcdef", "~abcdef", "a~", "~", "a~b"} {
		bubble(t, key, func(t *testing.T) {
			s := newStandIn()
			req := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = key })
			made := s.made(t, req)
			found := s.made(t, req)
			assert.Equal(t, made.ID, found.ID)
			assert.Equal(t, key, found.IdempotencyKey)
			assert.Len(t, s.ids(), 1)
		})
	}
}
