package readers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

type decoder struct {
	name   string
	decode func([]byte) (*vpcep.Endpoint, error)
}

func with(r reader) func([]byte) (*vpcep.Endpoint, error) {
	return func(data []byte) (*vpcep.Endpoint, error) { return decodeEndpoint(r, data) }
}

var decoders = []decoder{
	{"plain struct", func(data []byte) (*vpcep.Endpoint, error) {
		var t typedEndpoint
		return nil, json.Unmarshal(data, &t)
	}},
	{"library", func(data []byte) (*vpcep.Endpoint, error) {
		var e vpcep.Endpoint
		err := e.UnmarshalJSON(data)
		return &e, err
	}},
	{"map", with(throughMap)},
	{"map, strings cut", with(throughMapCutStrings)},
	{"jsontext by value", with(text)},
	{"jsontext by value, names known", with(textKnown)},
	{"jsontext stream", DecodeStream},
	{"gjson", with(path)},
	{"typed first", decodeTyped},
}

func answer(tags int) []byte {
	m := map[string]any{
		"id": "4189d3c2-8882-4871-a3c2-d380272eed83", "service_type": "interface", "status": "creating", "ip": "192.168.0.232",
		"active_status": []string{"active"}, "enable_status": "enable",
		"endpoint_service_name": "test123.b4e7d3a5-6c1f-4a7f-9d6e-2f6f5a0c9a11", "endpoint_service_id": "e0c748b7-d982-47df-ba06-b9c8c7650c1a",
		"marker_id": 322312312, "enable_dns": true, "vpc_id": "84758cf5-9c62-43ae-a778-3dbd8370c0a4",
		"subnet_id": "16619e4c-f13a-45d5-a5c4-74d7f6b6e2b4", "project_id": "6e9dfd5d1124e8d8498dce894923a0d",
		"created_at": "2018-01-30T07:42:01Z", "updated_at": "2018-01-30T07:42:05Z",
		"enable_whitelist": true, "specification_name": "default", "description": "",
	}
	list, white := []vpcep.Tag{}, []string{}
	for i := range tags {
		list = append(list, vpcep.Tag{Key: fmt.Sprintf("cost-centre-%02d", i), Value: fmt.Sprintf("billing-production-%02d", i)})
		white = append(white, fmt.Sprintf("10.20.%d.0/24", i))
	}
	m["tags"], m["whitelist"], m["policy_statement"] = list, white, []any{}
	if tags > 0 {
		m["policy_statement"] = []any{map[string]any{"Sid": "ReadOnlyFromHere", "Effect": "Allow",
			"Action":   []string{"obs:bucket:ListBucket", "obs:object:GetObject", "obs:object:GetObjectVersion"},
			"Resource": []string{"obs:*:*:bucket:billing", "obs:*:*:object:billing/*"}}}
	}
	data, _ := json.Marshal(m)
	return data
}

func TestSame(t *testing.T) {
	want, err := decodeEndpoint(throughMap, answer(20))
	require.NoError(t, err)
	for _, d := range decoders[1:] {
		got, err := d.decode(answer(20))
		require.NoError(t, err, d.name)
		require.Equal(t, want, got, d.name)
	}
}

// Hostile and broken texts: none crashes the program, and all readers agree.
func TestEdges(t *testing.T) {
	bomb := strings.Repeat("[", 1<<20)
	const refused = "(refused)"
	for _, c := range []struct{ name, text, id string }{
		{"repeated name", `{"id":"a","id":"b"}`, "b"},
		{"escaped name", `{"\u0069d":"esc"}`, "esc"},
		{"escapes", `{"id":"a\u00e9\ud83d\ude00\n"}`, "aé😀\n"},
		{"half a surrogate", `{"id":"\ud83d"}`, "\ufffd"},
		{"invalid UTF-8", "{\"id\":\"a\xffb\"}", "a\ufffdb"},
		{"unknown member", `{"id":"a","x": {"y" : 1}}`, "a"},
		{"deep", `{"id":"a","x":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990) + `}`, "a"},
		{"truncated in a value", `{"id":"a","ip":"b`, refused},
		{"truncated behind a value", `{"id":"a"`, refused},
		{"text behind", `{"id":"a"} x`, refused},
		{"trailing comma", `{"id":"a",}`, refused},
		{"array", `[1]`, refused},
		{"empty", ``, refused},
		{"bad literal", `{"id":tru}`, refused},
		{"leading zero", `{"id":01}`, refused},
		{"bomb", bomb, refused},
		{"bomb in a member", `{"id":"a","x":` + bomb, refused},
		{"closed bomb in a member", `{"id":"a","x":` + bomb + strings.Repeat("]", 1<<20) + `}`, refused},
	} {
		for _, d := range decoders[1:] {
			id := refused
			if e, err := d.decode([]byte(c.text)); err == nil {
				id = e.ID
			}
			require.Equal(t, c.id, id, "%s, %s", c.name, d.name)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, tags := range []int{0, 20} {
		data := answer(tags)
		for _, d := range decoders {
			b.Run(fmt.Sprintf("%d/%s", tags, d.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, _ = d.decode(data)
				}
			})
		}
		unknown := []byte(strings.Replace(string(data), `{"`, `{"new_field":{"a":1},"`, 1))
		b.Run(fmt.Sprintf("%d/typed first, unknown field", tags), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = decodeTyped(unknown)
			}
		})
	}
}
