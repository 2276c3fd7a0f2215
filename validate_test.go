package vpcep_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// fieldsOf returns the fields in err, or "".
func fieldsOf(err error) string {
	var invalid *vpcep.ValidationError
	if !errors.As(err, &invalid) {
		return ""
	}
	names := make([]string, len(invalid.Fields))
	for i, f := range invalid.Fields {
		names[i] = f.Field
	}
	return strings.Join(names, " ")
}

var statement = vpcep.PolicyStatement{Effect: "Deny", Action: []string{"obs:*:*"}, Resource: []string{"*"}}

// statementWith returns a request with one changed statement.
func statementWith(change func(*vpcep.PolicyStatement)) func(*vpcep.CreateEndpointRequest) {
	return func(r *vpcep.CreateEndpointRequest) {
		r.PolicyStatement = []vpcep.PolicyStatement{statement}
		change(&r.PolicyStatement[0])
	}
}

func TestValidate(t *testing.T) {
	type request = vpcep.CreateEndpointRequest
	tag := func(key, value string) func(*request) {
		return func(r *request) { r.Tags = []vpcep.Tag{{Key: key, Value: value}} }
	}
	whitelist := func(entries ...string) func(*request) {
		return func(r *request) { r.Whitelist = entries }
	}
	tests := map[string]struct {
		change func(*request)
		want   string // the fields that are wrong
	}{
		"the least":                 {func(*request) {}, ""},
		"no service":                {func(r *request) { r.EndpointServiceID = "" }, "endpoint_service_id"},
		"no VPC":                    {func(r *request) { r.VPCID = "" }, "vpc_id"},
		"nothing":                   {func(r *request) { *r = request{} }, "endpoint_service_id vpc_id"},
		"64 characters":             {func(r *request) { r.VPCID = strings.Repeat("网", 64) }, ""},
		"65 characters":             {func(r *request) { r.VPCID = strings.Repeat("v", 65) }, "vpc_id"},
		"long service ID":           {func(r *request) { r.EndpointServiceID = strings.Repeat("s", 65) }, "endpoint_service_id"},
		"long subnet ID":            {func(r *request) { r.SubnetID = strings.Repeat("n", 65) }, "subnet_id"},
		"subnet ID":                 {func(r *request) { r.SubnetID = strings.Repeat("n", 64) }, ""},
		"port IP":                   {func(r *request) { r.PortIP = "192.168.0.4" }, ""},
		"port IPv6":                 {func(r *request) { r.PortIP = "2001:db8::1" }, "port_ip"},
		"port IP no address":        {func(r *request) { r.PortIP = "192.168.0" }, "port_ip"},
		"port IP with leading zero": {func(r *request) { r.PortIP = "192.168.0.04" }, "port_ip"},
		"port IP of nobody":         {func(r *request) { r.PortIP = "0.0.0.0" }, "port_ip"},
		"port IP long":              {func(r *request) { r.PortIP = strings.Repeat("1", 129) }, "port_ip"},
		"IPv6 address":              {func(r *request) { r.IPv6Address = "2001:db8::1" }, ""},
		"IPv6 address v4":           {func(r *request) { r.IPv6Address = "10.0.0.1" }, "ipv6_address"},
		"IPv6 address mapped":       {func(r *request) { r.IPv6Address = "::ffff:10.0.0.1" }, "ipv6_address"},
		"IPv6 address zone":         {func(r *request) { r.IPv6Address = "fe80::1%eth0" }, "ipv6_address"},
		"tag":                       {tag("env", "prod"), ""},
		"tag with empty value":      {tag("env", ""), ""},
		"tag without key":           {tag("", "prod"), "tags[0].key"},
		"tag key 36":                {tag(strings.Repeat("键", 36), "v"), ""},
		"tag key 37":                {tag(strings.Repeat("键", 37), "v"), "tags[0].key"},
		"tag value 43":              {tag("k", strings.Repeat("值", 43)), ""},
		"tag value 44":              {tag("k", strings.Repeat("值", 44)), "tags[0].value"},
		"tag key leading space":     {tag(" k", "v"), "tags[0].key"},
		"tag key trailing space":    {tag("k ", "v"), "tags[0].key"},
		"tag key inner space":       {tag("k k", "v v"), ""},
		"tag value trailing space":  {tag("k", "v "), "tags[0].value"},
		"tag value a space":         {tag("k", " "), "tags[0].value"},
		"tag key reserved":          {tag(vpcep.IdempotencyTagKey, "v"), "tags[0].key"},
		"tag key not UTF-8":         {tag("k\xff", "v"), "tags[0].key"},
		"tag key repeated":          {func(r *request) { r.Tags = []vpcep.Tag{{Key: "a"}, {Key: "b"}, {Key: "a", Value: "x"}} }, "tags[2].key"},
		"tag keys in two cases":     {func(r *request) { r.Tags = []vpcep.Tag{{Key: "a"}, {Key: "A"}} }, ""},
		"20 tags":                   {func(r *request) { r.Tags = manyTags(20) }, ""},
		"21 tags":                   {func(r *request) { r.Tags = manyTags(21) }, "tags"},
		"19 tags and a key":         {func(r *request) { r.Tags, r.IdempotencyKey = manyTags(19), "k" }, ""},
		"20 tags and a key":         {func(r *request) { r.Tags, r.IdempotencyKey = manyTags(20), "k" }, "tags"},
		"route table":               {func(r *request) { r.RouteTables = []string{"rt", ""} }, "routetables[1]"},
		"whitelist":                 {whitelist("10.0.0.1", "10.0.0.0/8", "192.168.1.7/32"), ""},
		"whitelist all":             {whitelist("10.0.0.1", "0.0.0.0", "0.0.0.0/0", "10.0.0.0/0"), "whitelist[1] whitelist[2] whitelist[3]"},
		"whitelist IPv6":            {whitelist("2001:db8::1", "2001:db8::/32"), "whitelist[0] whitelist[1]"},
		"whitelist words":           {whitelist("", "10.0.0.0/33", "a/8", "10.0.0.0/"), "whitelist[0] whitelist[1] whitelist[2] whitelist[3]"},
		"whitelist 20":              {whitelist(addresses(20)...), ""},
		"whitelist 21":              {whitelist(addresses(21)...), "whitelist"},
		"description":               {func(r *request) { r.Description = "für 计费 & more" }, ""},
		"description <":             {func(r *request) { r.Description = "a<b" }, "description"},
		"description >":             {func(r *request) { r.Description = "a>b" }, "description"},
		"idempotency key":           {func(r *request) { r.IdempotencyKey = strings.Repeat("钥", 36) }, ""},
		"idempotency key long":      {func(r *request) { r.IdempotencyKey = strings.Repeat("k", 37) }, "idempotency_key"},
		"idempotency key slash":     {func(r *request) { r.IdempotencyKey = "a/b" }, "idempotency_key"},
		"idempotency key space":     {func(r *request) { r.IdempotencyKey = "a " }, "idempotency_key"},
		"policy document":           {func(r *request) { r.PolicyDocument = json.RawMessage(`{"a":1}`) }, ""},
		"document in a string":      {func(r *request) { r.PolicyDocument = json.RawMessage(`"{\"a\":1}"`) }, ""},
		"no JSON":                   {func(r *request) { r.PolicyDocument = json.RawMessage(`{"a"`) }, "policy_document"},
		"no JSON in a string":       {func(r *request) { r.PolicyDocument = json.RawMessage(`"{\"a\""`) }, "policy_document"},
		"document of a list":        {func(r *request) { r.PolicyDocument = json.RawMessage(`[{}]`) }, "policy_document"},
		"document of nothing":       {func(r *request) { r.PolicyDocument = json.RawMessage(`null`) }, "policy_document"},
		"document of a text":        {func(r *request) { r.PolicyDocument = json.RawMessage(`"none"`) }, "policy_document"},
		"policy statement":          {func(r *request) { r.PolicyStatement = []vpcep.PolicyStatement{{}} }, "policy_statement[0].Effect policy_statement[0].Action policy_statement[0].Resource"},
		"policy effect":             {statementWith(func(s *vpcep.PolicyStatement) { s.Effect = "allow" }), "policy_statement[0].Effect"},
		"policy without actions":    {statementWith(func(s *vpcep.PolicyStatement) { s.Action = []string{} }), "policy_statement[0].Action"},
		"policy without resources":  {statementWith(func(s *vpcep.PolicyStatement) { s.Resource = nil }), "policy_statement[0].Resource"},
		"policy with all but": {statementWith(func(s *vpcep.PolicyStatement) {
			s.Action, s.Extra = nil, map[string]json.RawMessage{"NotAction": json.RawMessage(`["a"]`)}
		}), ""},
		"policy condition":            {statementWith(func(s *vpcep.PolicyStatement) { s.Condition = json.RawMessage("{") }), "policy_statement[0].Condition"},
		"policy of its own":           {statementWith(func(s *vpcep.PolicyStatement) { *s = vpcep.PolicyStatement{Raw: json.RawMessage(`{"a":1}`)} }), ""},
		"policy of no JSON":           {statementWith(func(s *vpcep.PolicyStatement) { *s = vpcep.PolicyStatement{Raw: json.RawMessage(`{"a"`)} }), "policy_statement[0]"},
		"policy with more":            {statementWith(func(s *vpcep.PolicyStatement) { s.Extra = map[string]json.RawMessage{"MaxAge": json.RawMessage(`5`)} }), ""},
		"policy with more, no JSON":   {statementWith(func(s *vpcep.PolicyStatement) { s.Extra = map[string]json.RawMessage{"MaxAge": json.RawMessage(`5,`)} }), "policy_statement[0].MaxAge"},
		"policy of 10 statements":     {func(r *request) { r.PolicyStatement = slices.Repeat([]vpcep.PolicyStatement{statement}, 10) }, ""},
		"policy of 11 statements":     {func(r *request) { r.PolicyStatement = slices.Repeat([]vpcep.PolicyStatement{statement}, 11) }, "policy_statement"},
		"IPv4":                        {func(r *request) { r.IPVersion = vpcep.IPVersionIPv4 }, ""},
		"dual stack":                  {func(r *request) { r.IPVersion = vpcep.IPVersionDualStack }, ""},
		"IPv6 alone":                  {func(r *request) { r.IPVersion = vpcep.IPVersionIPv6 }, "ip_version"},
		"IP version in capitals":      {func(r *request) { r.IPVersion = "IPv4" }, "ip_version"},
		"size":                        {func(r *request) { r.SpecificationName = "default" }, ""},
		"size in no encoding":         {func(r *request) { r.SpecificationName = "\xff" }, "specification_name"},
		"several fields, all at once": {func(r *request) { *r = request{Description: "<", PortIP: "x", Tags: []vpcep.Tag{{}}} }, "endpoint_service_id vpc_id port_ip tags[0].key description"},
	}
	for _, forbidden := range `=*<>\,|/` {
		tests[fmt.Sprintf("tag key %q", forbidden)] = struct {
			change func(*request)
			want   string
		}{tag("a"+string(forbidden)+"b", "v"), "tags[0].key"}
		tests[fmt.Sprintf("tag value %q", forbidden)] = struct {
			change func(*request)
			want   string
		}{tag("k", string(forbidden)), "tags[0].value"}
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := request{EndpointServiceID: "svc", VPCID: "vpc"}
			tt.change(&req)
			err := req.Validate()
			assert.Equal(t, tt.want, fieldsOf(err), "%v", err)
			if tt.want == "" {
				assert.NoError(t, err)
			} else {
				assert.NotContains(t, err.Error(), "\n")
			}
		})
	}
}

func TestValidationErrorNamesFieldAndRule(t *testing.T) {
	err := vpcep.CreateEndpointRequest{VPCID: strings.Repeat("v", 65), PortIP: "10.0.0.256"}.Validate()
	require.Error(t, err)
	assert.Equal(t, `vpcep: invalid: endpoint_service_id: must not be empty; `+
		`vpc_id: has 65 characters; at most 64 are allowed; port_ip: "10.0.0.256" is not an IPv4 address`, err.Error())
}

func manyTags(n int) []vpcep.Tag {
	tags := make([]vpcep.Tag, n)
	for i := range tags {
		tags[i].Key = fmt.Sprint("key ", i)
	}
	return tags
}

func addresses(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("10.0.0.%d", i+1)
	}
	return list
}

func FuzzValidate(f *testing.F) {
	f.Add("svc", "vpc", "10.0.0.1", "key", "value", "10.0.0.0/8", "text", "2001:db8::1", "k")
	f.Add("", "\xff", "::", " ", "=", "/0", "<", "%", "")
	f.Fuzz(func(t *testing.T, service, vpc, ip, key, value, entry, description, ipv6, idempotencyKey string) {
		req := vpcep.CreateEndpointRequest{
			EndpointServiceID: service, VPCID: vpc, PortIP: ip, Tags: []vpcep.Tag{{Key: key, Value: value}},
			Whitelist: []string{entry}, Description: description, IPv6Address: ipv6, IdempotencyKey: idempotencyKey,
		}
		if err := req.Validate(); err != nil {
			if fieldsOf(err) == "" || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("not a one-line validation error: %q", err)
			}
			return
		}
		// A valid request is unchanged by encoding and decoding.
		body, err := json.Marshal(req)
		require.NoError(t, err)
		var back vpcep.CreateEndpointRequest
		require.NoError(t, json.Unmarshal(body, &back))
		require.Equal(t, req, back)
	})
}
