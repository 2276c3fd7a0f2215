package vpcep_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// resourceSeeds are responses about services, connections, permissions, tagged resources and
// versions, with every observed deviation in type.
var resourceSeeds = []string{
	`{"id":"s-1","port_id":"p-1","vpc_id":"v-1","pool_id":"pool","status":"available","approval_enabled":false,"service_name":"r.test.s-1","service_type":"interface",
		"server_type":"VM","project_id":"p","created_at":"2022-04-14T09:35:47Z","ports":[{"client_port":8080,"server_port":90,"protocol":"TCP"}],"tcp_proxy":"close",
		"tags":[{"key":"k","value":"v"},{"key":"vpcep-idempotency-key","value":"key~abc234"}],"enable_policy":true,"ip_version":"ipv4","description":"d","cidr_type":"internal"}`,
	`{"id":"s-1","approval_enabled":"false","ports":[{"client_port":"8080","server_port":"80","protocol":"TCP"}],"update_at":"2022-04-14T09:36:47Z",
		"domain_id":"d","connection_count":"7","supported_editions":"basic","public_border_group":"g","error":{"code":"C","message":"M"}}`,
	`{"id":"s-1","ports":{"client_port":1e3},"connection_count":1.5,"approval_enabled":[],"is_charge":"true","owner":"o","error":["text"]}`,
	`{"id":"p","permission":"*","description":"demo","permission_type":"domainId","created_at":"2018-10-18T13:26:40Z"}`,
	`{"id":"e","marker_id":"422321321312321321","status":"failed ","domain_id":"d","updated_at":7,"error":[{"error_code":"C","error_message":"M"}]}`,
	`{"resource_id":"a","resource_name":"A","resource_detail":null,"tags":[{"key":"k","value":"v"}]}`,
	`{"resource_id":"a","resource_detail":{"a":[1, 2]},"tags":{"key":"k"}}`,
	`{"updated":"2018-09-30T00:00:00Z","version":"1","min_version":"","status":"CURRENT","id":"v1","links":[{"href":"h","type":"t","rel":"self"},{"href":{}}]}`,
	`{"version":{{"id":"v1"}}}`, `{"id":"a","id":{}}`, `{}`, `null`, `[]`, ``,
}

func FuzzResourceDecode(f *testing.F) {
	addSeeds(f, resourceSeeds, func(body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		readAndWritten(t, body, func(s *vpcep.EndpointService) { kept(t, s.Extra) })
		readAndWritten(t, body, func(k *vpcep.Connection) { kept(t, k.Extra) })
		readAndWritten(t, body, func(p *vpcep.Permission) { kept(t, p.Extra) })
		readAndWritten(t, body, func(v *vpcep.APIVersion) { kept(t, v.Extra) })
		readAndWritten(t, body, func(r *vpcep.TaggedResource) {
			kept(t, r.Extra)
			detail := map[string]json.RawMessage{"": r.Detail}
			if kept(t, detail); r.Detail != nil {
				r.Detail = detail[""]
			}
		})
	})
}

// readAndWritten requires that what is read is the same after writing and reading it again.
func readAndWritten[T any](t *testing.T, body []byte, canonical func(*T)) {
	t.Helper()
	var read, again T
	if json.Valid(body) && json.Unmarshal(body, &read) == nil {
		written, err := json.Marshal(read)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(written, &again), "%s", written)
		canonical(&read)
		canonical(&again)
		require.Equal(t, read, again, "%s", written)
	}
}

// kept normalizes what was kept as raw JSON, because only its value counts.
func kept(t *testing.T, members map[string]json.RawMessage) {
	t.Helper()
	for name, v := range members {
		if v != nil {
			text, err := json.Marshal(v)
			require.NoError(t, err)
			members[name] = text
		}
	}
}
