package wire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/wire"
)

func TestMembers(t *testing.T) {
	got := map[string]string{}
	err := wire.Of([]byte("\xef\xbb\xbf {\"a\": 1 , \"b\\u0063\" : [ 2 ] , \"a\" : null , \"\":{} }\n")).Members(func(name string, v wire.Value) {
		got[name] = string(v.Raw())
	})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "null", "bc": "[ 2 ]", "": "{}"}, got)

	for _, text := range []string{"null", "1", `"a"`, "[]", "true"} {
		assert.ErrorIs(t, wire.Of([]byte(text)).Members(nil), wire.ErrNotObject, text)
	}
	for _, text := range []string{"", " ", "{", `{"a"}`, `{"a":1,}`, `{"a":1}x`, `{'a':1}`, "<html>"} {
		err := wire.Of([]byte(text)).Members(func(string, wire.Value) {})
		require.Error(t, err, text)
		assert.NotErrorIs(t, err, wire.ErrNotObject, text)
	}
	for _, text := range []string{`{"a":1}x`, `["a"]x`, `"a"x`} {
		assert.ErrorContains(t, wire.Of(text).Members(func(string, wire.Value) {}), "invalid JSON after byte", text)
	}
}

// Hostile text is an error of bounded length, and not the end of the program.
func TestDeepText(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<20), `{"x":` + strings.Repeat("[", 1<<20),
		`{"x":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + "}", `{"` + strings.Repeat("n", 1<<20) + `":[}`,
	} {
		err := wire.Of([]byte(text)).Members(func(string, wire.Value) {})
		require.Error(t, err)
		assert.Less(t, len(err.Error()), 200)
	}
	err := wire.Of([]byte(`{"id":"e`)).Members(func(string, wire.Value) {})
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestElements(t *testing.T) {
	var got []string
	assert.True(t, wire.Of([]byte(`[1, "a" ,[2],null,{}]`)).Elements(func(v wire.Value) { got = append(got, string(v.Raw())) }))
	assert.Equal(t, []string{"1", `"a"`, "[2]", "null", "{}"}, got)
	for _, text := range []string{"{}", `"a"`, "null", "1"} {
		assert.False(t, wire.Of([]byte(text)).Elements(nil), text)
	}
}

// What a function does with the list or object that it gets does not change
// what comes behind it.
func TestReadInPlace(t *testing.T) {
	const text = "{ \"a\" :\n{\"x\":[1,{}], \"y\":\"\\u00e4\"} , \"b\":[ [1] ,\t[2,3]], \"c\":\"end\" }"
	use := map[string]func(v wire.Value){
		"not at all": func(wire.Value) {},
		"wrongly":    func(v wire.Value) { wire.String(v); wire.Strings(v); wire.Int64(v); wire.Time(v) },
		"whole": func(v wire.Value) {
			raw := string(v.Raw())
			assert.Contains(t, []string{"{\"x\":[1,{}], \"y\":\"\\u00e4\"}", "[ [1] ,\t[2,3]]"}, raw)
			assert.Equal(t, raw, string(v.Raw()), "once more")
			assert.Equal(t, raw, string(v.Detached().Raw()))
		},
		"in part": glance,
		"twice": func(v wire.Value) {
			first, second := 0, 0
			_ = v.Members(func(_ string, v wire.Value) { first += len(v.Raw()) })
			v.Elements(func(v wire.Value) { first += len(v.Raw()) })
			_ = v.Members(func(_ string, v wire.Value) { second += len(v.Raw()) })
			v.Elements(func(v wire.Value) { second += len(v.Raw()) })
			assert.Equal(t, first, second)
			assert.Positive(t, first)
		},
	}
	for how, use := range use {
		t.Run(how, func(t *testing.T) {
			var names []string
			end := ""
			require.NoError(t, wire.Of([]byte(text)).Members(func(name string, v wire.Value) {
				names = append(names, name)
				if end, _ = wire.String(v); end == "" {
					use(v)
				}
			}))
			assert.Equal(t, []string{"a", "b", "c"}, names)
			assert.Equal(t, "end", end)
		})
	}
}

// A value that is kept does not change, whatever is read after it.
func TestKeptValue(t *testing.T) {
	kept := map[string]wire.Value{}
	require.NoError(t, wire.Of(`{"a":{"x":[1]},"b":"\u00e4","c":[{"y":2}]}`).Members(func(name string, v wire.Value) { kept[name] = v }))
	use := func() {
		assert.JSONEq(t, `{"x":[1]}`, string(kept["a"].Raw()))
		require.NoError(t, kept["a"].Members(func(name string, v wire.Value) {
			assert.Equal(t, "x", name)
			assert.Equal(t, "[1]", string(v.Raw()))
		}))
		assert.True(t, kept["c"].Elements(func(v wire.Value) { assert.Equal(t, `{"y":2}`, string(v.Raw())) }))
		text, _ := wire.String(kept["b"])
		assert.Equal(t, "ä", text)
	}
	use()
	for range 100 {
		require.NoError(t, wire.Of(`{"secret":"of another answer","c":{"y":[1,2,3]}}`).Members(func(string, wire.Value) { use() }))
	}
}

// What comes before a syntax error in a nested value is read: if an error's body
// breaks off, the code may have arrived.
func TestBrokenOff(t *testing.T) {
	for _, text := range []string{
		`{"error":{"code":"E","details":[{"n":1},{"n":2`, `{"error" : {"code":"E","details":[{"n":1},{"n":2}`,
		`{"error":{"code":"E","details":[{"n":1},{"n":2 ]}}`,
	} {
		var code string
		var numbers []int64
		err := wire.Of(text).Members(func(_ string, v wire.Value) {
			require.Error(t, v.Members(func(name string, v wire.Value) {
				if name == "code" {
					code, _ = wire.String(v)
				}
				v.Elements(func(v wire.Value) {
					_ = v.Members(func(_ string, v wire.Value) {
						n, _ := wire.Int64(v)
						numbers = append(numbers, n)
					})
				})
			}))
		})
		require.Error(t, err, text)
		assert.Equal(t, "E", code, text)
		assert.Equal(t, []int64{1, 2}, numbers, text)
	}
}

// A syntax error within a value is found, whether or not the value is read.
func TestMistakeWithin(t *testing.T) {
	for _, text := range []string{`{"a":[1,}`, `{"a":[1,2},"b":1}`, `{"a":{"b":[{"c":1]}]}}`, `{"a":{"b" 1}}`, `{"a":[tru]}`, `{"a":[1`, `{"a":{1:2}}`, `{{}:1}`} {
		for how, use := range map[string]func(wire.Value){
			"unread":   func(wire.Value) {},
			"raw":      func(v wire.Value) { _ = v.Raw() },
			"detached": func(v wire.Value) { _ = v.Detached().Members(func(string, wire.Value) {}) },
			"read": func(v wire.Value) {
				v.Elements(func(v wire.Value) { _ = v.Members(func(string, wire.Value) {}) })
				_ = v.Members(func(_ string, v wire.Value) { v.Elements(func(wire.Value) {}) })
			},
		} {
			err := wire.Of([]byte(text)).Members(func(_ string, v wire.Value) { use(v) })
			require.Error(t, err, "%s, %s", text, how)
			assert.NotErrorIs(t, err, wire.ErrNotObject, "%s, %s", text, how)
		}
	}
}

func TestString(t *testing.T) {
	for text, want := range map[string]string{
		`"a"`: "a", `"\u00e4\n\"\/"`: "ä\n\"/", `1`: "1", `-1.50`: "-1.50", `true`: "true", `null`: "", `""`: "", "\"\xff\"": "\ufffd", `"\ud800"`: "\ufffd",
	} {
		got, ok := wire.String(wire.Of([]byte(text)))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"{}", "[]", ""} {
		_, ok := wire.String(wire.Of([]byte(text)))
		assert.False(t, ok, text)
	}
}

func TestBool(t *testing.T) {
	for text, want := range map[string]bool{`true`: true, `"true"`: true, `" TRUE"`: true, `1`: true, `false`: false, `"false"`: false, `0`: false, `""`: false, `null`: false} {
		got, ok := wire.Bool(wire.Of([]byte(text)))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`"yes"`, `2`, `[]`, `{}`} {
		_, ok := wire.Bool(wire.Of([]byte(text)))
		assert.False(t, ok, text)
	}
}

func TestInt64(t *testing.T) {
	for text, want := range map[string]int64{
		`1`: 1, `"2"`: 2, `-3`: -3, `1e3`: 1000, `4.0`: 4, `9223372036854775807`: math.MaxInt64, `422321321312321321`: 422321321312321321, `null`: 0, `""`: 0,
	} {
		got, ok := wire.Int64(wire.Of([]byte(text)))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{`1.5`, `9223372036854775808`, `1e30`, `"x"`, `"NaN"`, `[]`, `true`} {
		_, ok := wire.Int64(wire.Of([]byte(text)))
		assert.False(t, ok, text)
	}
}

func TestTime(t *testing.T) {
	at := func(nsec int) time.Time { return time.Date(2022, 4, 28, 2, 44, 50, nsec, time.UTC) }
	for text, want := range map[string]time.Time{
		`"2022-04-28T02:44:50Z"`: at(0), `"2022-04-28T02:44:50"`: at(0), `"2022-04-28T02:44:50.1"`: at(1e8), `"2022-04-28T02:44:50.123456789"`: at(123456789),
		`"2022-04-28T02:44:50.000001Z"`: at(1000), `"2022-04-28T10:44:50+08:00"`: at(0), `"2022-04-28T10:44:50+0800"`: at(0), `"2022-04-28 02:44:50"`: at(0),
		`" 2022-04-28T02:44:50Z "`: at(0), `""`: {}, `null`: {},
	} {
		got, ok := wire.Time(wire.Of([]byte(text)))
		assert.True(t, ok, text)
		assert.True(t, want.Equal(got), "%s: %s", text, got)
		assert.Equal(t, time.UTC, got.Location())
	}
	for _, text := range []string{`"soon"`, `1651113890`, `[]`, `{}`, `"2022-13-28T02:44:50Z"`} {
		_, ok := wire.Time(wire.Of([]byte(text)))
		assert.False(t, ok, text)
	}
}

func TestCutMember(t *testing.T) {
	const body = `{"a":{"id":"inner"},"id":"e-1","b":[1,2],"c":"end"}`
	for length := range len(body) + 1 {
		want := ""
		if length >= len(`{"a":{"id":"inner"},"id":"e-1"`) {
			want = "e-1"
		}
		assert.Equal(t, want, wire.CutMember(body[:length], "id"), body[:length])
	}
	assert.Empty(t, wire.CutMember("<html>", "id"))
}

func FuzzReaders(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `"\ud800"`, `[1,[2]]`, `1e400`, `{"a":{"a":"\u0000"}}`, "\xef\xbb\xbf{}", `{"id":"x`,
		`[{"a":[1,[2,{"b":null}],"c"],"d":{"e":"f"},"a":{"g":[]}},[[[[]]]],{"h":{"i":{"j":{}}}}]`, "[\"\xff\",{\"\xff\":\"\\u00e4\"}]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wire.CutMember(string(data), "id")
		if !json.Valid(data) {
			return
		}
		want := plain(data)
		for seed := range byte(6) {
			turns := seed
			if got := rebuilt(wire.Of(data), &turns); !same(want, got) {
				t.Errorf("%q, %d: %v instead of %v", data, seed, got, want)
			}
		}
		v := wire.Of(data)
		wire.String(v)
		wire.Bool(v)
		wire.Int64(v)
		wire.Strings(v)
		if document, ok := wire.Document(v); ok && document != nil && !json.Valid(document) {
			t.Errorf("no JSON: %q", document)
		}
		if at, ok := wire.Time(v); ok && at.Location() != time.UTC {
			t.Errorf("not in UTC: %s", at)
		}
	})
}

// unread marks a list or object that was skipped.
type unread struct{}

// rebuilt reads v as encoding/json does, each list and object in another way,
// in turn.
func rebuilt(v wire.Value, turns *byte) any {
	if v.IsNull() {
		return nil
	}
	if v.IsObject() || v.IsArray() {
		*turns++
		switch *turns % 6 {
		case 0:
			return unread{}
		case 1:
			return plain(v.Raw())
		case 2:
			v = v.Detached()
		case 3:
			glance(v)
			return plain(v.Raw())
		case 4:
			glance(v) // and once more
		}
		return nested(v, turns)
	}
	if s, ok := wire.String(v); ok && v.Raw()[0] == '"' {
		return s
	}
	return plain(v.Raw())
}

// glance reads v, but not its contents.
func glance(v wire.Value) {
	_ = v.Members(func(string, wire.Value) {})
	v.Elements(func(wire.Value) {})
}

func nested(v wire.Value, turns *byte) any {
	if v.IsObject() {
		members := map[string]any{}
		if v.Members(func(name string, v wire.Value) { members[name] = rebuilt(v, turns) }) != nil {
			return nil
		}
		return members
	}
	list := []any{}
	v.Elements(func(v wire.Value) { list = append(list, rebuilt(v, turns)) })
	return list
}

func plain(raw []byte) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// same compares what was read: nothing is known of what was not.
func same(want, got any) bool {
	switch got := got.(type) {
	case unread:
		return true
	case map[string]any:
		want, ok := want.(map[string]any)
		return ok && maps.EqualFunc(want, got, same)
	case []any:
		want, ok := want.([]any)
		return ok && slices.EqualFunc(want, got, same)
	}
	return want == got
}

// A list or object that no service would send is read only up to a limit.
func TestBounds(t *testing.T) {
	many := func(open, element, end string, n int) wire.Value {
		return wire.Of(open + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + end)
	}
	words, ok := wire.Strings(many("[", `"a"`, "]", 1000))
	assert.True(t, ok)
	assert.Len(t, words, 1000)
	words, ok = wire.Strings(many("[", `"a"`, "]", 1001))
	assert.False(t, ok)
	assert.Len(t, words, 1000)

	list, ok := wire.List(many("[", "1", "]", 1000), wire.Int64)
	assert.True(t, ok)
	assert.Len(t, list, 1000)
	list, ok = wire.List(many("[", "1", "]", 1001), wire.Int64)
	assert.False(t, ok)
	assert.Len(t, list, 1000)

	members := 0
	count := func(string, wire.Value) { members++ }
	require.NoError(t, many("{", `"a":1`, "}", 1000).Members(count))
	assert.Equal(t, 1000, members)
	require.ErrorContains(t, many("{", `"a":1`, "}", 1001).Members(count), "more than 1000 members")

	elements := 0
	assert.True(t, many("[", "1", "]", 5000).Elements(func(wire.Value) { elements++ }), "a page has its own bound")
	assert.Equal(t, 5000, elements)
}
