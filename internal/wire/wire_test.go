package wire_test

import (
	"encoding/json"
	"io"
	"math"
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
		assert.Equal(t, want, wire.CutMember([]byte(body[:length]), "id"), body[:length])
	}
	assert.Empty(t, wire.CutMember([]byte("<html>"), "id"))
}

func FuzzReaders(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `"\ud800"`, `[1,[2]]`, `1e400`, `{"a":{"a":"\u0000"}}`, "\xef\xbb\xbf{}", `{"id":"x`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		wire.CutMember(data, "id")
		if !json.Valid(data) {
			return
		}
		v := wire.Of([]byte(data))
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
