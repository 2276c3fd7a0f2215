package wire_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// ending ends when it has been asked for its error often enough, and counts how often it was.
type ending struct {
	context.Context
	after, asked int
}

func (e *ending) Err() error {
	if e.asked++; e.asked > e.after {
		return context.Canceled
	}
	return nil
}

// looks is the most that a reader may still look at a context that has ended: once for
// each object or list that it is in, and once for what goes on behind.
const looks = 12

func TestContextEndsTheReading(t *testing.T) {
	const size = 15 << 20
	for name, text := range map[string]string{
		"one list":            `{"a":[` + strings.Repeat("[1],", size/4) + `1],"end":1}`,
		"one object":          `{"a":{` + strings.Repeat(`"b":{},`, size/7) + `"b":1},"end":1}`,
		"one text":            `{"a":"` + strings.Repeat("a", size) + `","end":1}`,
		"one escaped text":    `{"a":"` + strings.Repeat(`\n`, size/2) + `","end":1}`,
		"one number":          `{"a":1` + strings.Repeat("0", size) + `,"end":1}`,
		"white space":         `{"a":1` + strings.Repeat(" ", size) + `,"end":1}`,
		"many members":        `{` + strings.Repeat(`"a":[`+strings.Repeat("1,", 16<<10)+`1],`, size>>15) + `"end":1}`,
		"an object in a text": `{"a":"{` + strings.Repeat(`\"b\":[],`, size/9) + `\"b\":1}","end":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, after := range []int{0, 1, 7, 100} {
				ctx := &ending{Context: t.Context(), after: after}
				ended := false
				err := wire.Within(ctx, text).Members(func(name string, v wire.Value) {
					ended = ended || name == "end"
					wire.List(v, func(v wire.Value) (string, bool) { return wire.Enum[string](v) })
					_ = v.Members(func(string, wire.Value) {})
					wire.Document(v)
				})
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, "context canceled", err.Error())
				assert.False(t, ended)
				assert.LessOrEqual(t, ctx.asked, after+looks, "after %d", after)
			}
			ctx := &ending{Context: t.Context(), after: 1 << 30}
			require.NoError(t, wire.Within(ctx, text).Members(func(string, wire.Value) {}))
			assert.Greater(t, ctx.asked, 100)
		})
	}
}

// An element is not taken for one of a list whose reading was interrupted.
func TestEndWithinAList(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	list := wire.Within(ctx, `[1,2,`+strings.Repeat(" ", 1<<20)+`3]`)
	n := 0
	wire.Each(list, func(wire.Value) { n++; cancel() })
	assert.Equal(t, 1, n)
	read, ok := wire.List(list, func(wire.Value) (int, bool) { return 1, true })
	assert.Empty(t, read)
	assert.True(t, ok, "the list within which it stands tells of the end")
}

func TestShortTextIsReadToItsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := 0
	require.NoError(t, wire.Within(ctx, `{"a":1}`).Members(func(string, wire.Value) { n++ }))
	assert.Equal(t, 1, n)
}

func TestCutMemberTakesTheFirst(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"a","id":"b"}`:       "a",
		`{"id":null,"id":"b"}`:      "b",
		`{"id":"","x":1,"id":"b"`:   "b",
		`{"id":"a" what is this`:    "a",
		`{"x":{"y":[},"id":"a"}`:    "",
		`{"id":12`:                  "",
		`{"id":12,`:                 "12",
		"\xef\xbb\xbf{\"id\":\"a\"": "a",
		`["id","a"]`:                "",
		`"id"`:                      "",
		``:                          "",
	} {
		assert.Equal(t, want, wire.CutMember(text, "id"), text)
	}
}
