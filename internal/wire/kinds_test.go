package wire_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// A whole number with a fraction or an exponent is read as long as it is exact: a
// marker that is off by one is another endpoint's.
func TestIntegersAreExact(t *testing.T) {
	for text, want := range map[string]int64{
		"9007199254740991.0": 1<<53 - 1, "-9007199254740991.0": 1 - 1<<53, "9.007199254740991e15": 1<<53 - 1,
		"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "-0.0": 0,
	} {
		got, ok := wire.Int64(wire.Of(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"9007199254740992.0", "9007199254740993.0", "-9007199254740992.0", "-9007199254740993.0",
		"9223372036854775808", "-9223372036854775809", "1e308", "-1e308", "1e309", "0.5", "-0.5", `"Inf"`, `"-Inf"`,
	} {
		got, ok := wire.Int64(wire.Of(text))
		assert.False(t, ok, text)
		assert.Zero(t, got, text)
	}
}

// JSON can represent the years 0 to 9999, in UTC.
func TestYearsOfATime(t *testing.T) {
	for text, isTime := range map[string]bool{
		`"0000-01-01T00:00:00Z"`: true, `"0000-01-01T00:00:00+01:00"`: false,
		`"9999-12-31T23:59:59Z"`: true, `"9999-12-31T23:59:59-01:00"`: false,
	} {
		got, ok := wire.Time(wire.Of(text))
		assert.Equal(t, isTime, ok, text)
		_, err := got.MarshalJSON()
		require.NoError(t, err, text)
		if !isTime {
			assert.Equal(t, time.Time{}, got, text)
		}
	}
}

func TestDocument(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`:           `{"a":1}`,
		`"{\"a\":1}"`:       `{"a":1}`,
		`" {\"a\":[1]}\n "`: `{"a":[1]}`,
		`null`:              ``,
		`""`:                ``,
		`" "`:               ``,
		`"text"`:            `"text"`,    // what is no document stays what it is
		`"[1]"`:             `"[1]"`,     // neither is a list
		`"{\"a\":"`:         `"{\"a\":"`, // nor one that breaks off
		`"{} {}"`:           `"{} {}"`,
		`[1]`:               `[1]`,
		`7`:                 `7`,
	} {
		got, ok := wire.Document(wire.Of(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, string(got), text)
	}
}

func TestLists(t *testing.T) {
	for text, want := range map[string][]string{
		`["a","b"]`: {"a", "b"}, `["a",null]`: {"a"}, `[]`: {}, `"a"`: {"a"}, `7`: {"7"}, `""`: {}, `[""]`: {""}, `null`: nil,
	} {
		got, ok := wire.Strings(wire.Of(text))
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	got, ok := wire.Strings(wire.Of(`["a",{},"b"]`))
	assert.False(t, ok)
	assert.Equal(t, []string{"a", "b"}, got, "one odd element never loses the others")
	got, ok = wire.Strings(wire.Of(`{}`))
	assert.False(t, ok)
	assert.Nil(t, got)
	got, ok = wire.Strings(wire.Of(`["a","b`))
	assert.False(t, ok, "it breaks off")
	assert.Nil(t, got)

	for text, want := range map[string][]int64{`[1,2]`: {1, 2}, `3`: {3}, `[]`: {}, `null`: nil} {
		got, ok := wire.List(wire.Of(text), wire.Int64)
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	numbers, ok := wire.List(wire.Of(`[1,"x",2]`), wire.Int64)
	assert.False(t, ok)
	assert.Equal(t, []int64{1, 2}, numbers)
	numbers, ok = wire.List(wire.Of(`"x"`), wire.Int64)
	assert.False(t, ok)
	assert.Empty(t, numbers)

	for text, want := range map[string]int{`[1,2]`: 2, `[]`: 0, `{"a":1}`: 1, `"a"`: 1, `null`: 0} {
		n := 0
		wire.Each(wire.Of(text), func(wire.Value) { n++ })
		assert.Equal(t, want, n, text)
	}
}

// A text that breaks off is invalid, and does not panic.
func TestBrokenTexts(t *testing.T) {
	for _, text := range []string{`"`, `"\u00"`, `"\"`} {
		_, ok := wire.String(wire.Of(text))
		assert.False(t, ok, text)
	}
	word, ok := wire.Enum[string](wire.Of(`" failed\n"`))
	assert.True(t, ok)
	assert.Equal(t, "failed", word)
}

// Text after a value is an error, whether or not it is valid JSON.
func TestTextAfterAValue(t *testing.T) {
	for _, text := range []string{`{"a":1}{}`, `{"a":1} 2`, `{"a":1},`, `{"a":1}]`} {
		members := 0
		err := wire.Of(text).Members(func(string, wire.Value) { members++ })
		require.Error(t, err, text)
		assert.NotErrorIs(t, err, wire.ErrNotObject, text)
		assert.Equal(t, 1, members, text)
	}
	for _, text := range []string{`[1] 2`, `[1][2]`, `[1]}`} {
		assert.False(t, wire.Of(text).Elements(func(wire.Value) {}), text)
	}
	for _, text := range []string{`1 2`, `"a" {}`, `null null`} {
		err := wire.Of(text).Members(nil)
		require.ErrorContains(t, err, "text after the JSON value", text)
		assert.NotErrorIs(t, err, wire.ErrNotObject, text)
	}
	err := wire.Of("").Members(nil)
	assert.EqualError(t, err, "no JSON value")
}

// After the context has ended, a text of up to 64 KiB is still read, but no longer one.
func TestWhatIsShort(t *testing.T) {
	ended := &ending{Context: t.Context()}
	const begin, end = `{"a":"`, `"}`
	text := func(size int) string { return begin + strings.Repeat("x", size-len(begin)-len(end)) + end }
	require.NoError(t, wire.Within(ended, text(64<<10)).Members(func(string, wire.Value) {}))
	require.Error(t, wire.Within(ended, text(64<<10+1)).Members(func(string, wire.Value) {}))
}

// A short answer is read without a reader of its own, and a long one does not leave its
// reader's buffers to short ones.
func TestReadersAreUsedAgain(t *testing.T) {
	short, long := wire.Of(`{"a":1}`), wire.Of(`{"a":"`+strings.Repeat("x", 1<<20)+`"}`)
	read := func(v wire.Value) func() {
		return func() { _ = v.Members(func(string, wire.Value) {}) }
	}
	assert.Less(t, testing.AllocsPerRun(100, read(short)), 3.0) // a new one takes four
	assert.Greater(t, testing.AllocsPerRun(10, read(long)), 5.0)
}
