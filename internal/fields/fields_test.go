package fields_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

type colour string

type thing struct {
	Name    string
	Colour  colour
	Count   int64
	IsOld   bool
	IsNew   bool
	Made    time.Time
	Words   []string
	Things  []thing
	Doc     json.RawMessage
	Raw     json.RawMessage
	Extra   map[string]json.RawMessage
	private int
}

var (
	rows = []fields.Field[thing]{
		fields.Of("name", func(t *thing) *string { return &t.Name }, fields.Text),
		fields.Of("colour", func(t *thing) *colour { return &t.Colour }, fields.Enum(wire.Enum[colour])),
		fields.Of("count", func(t *thing) *int64 { return &t.Count }, fields.Int).Or("number"),
		fields.Of("old", func(t *thing) *bool { return &t.IsOld }, fields.Bool).Always(),
		fields.Of("new", func(t *thing) *bool { return &t.IsNew }, fields.Bool).If(func(t *thing) bool { return t.Name == "n" }),
		fields.Of("made", func(t *thing) *time.Time { return &t.Made }, fields.Time),
		fields.Of("words", func(t *thing) *[]string { return &t.Words }, fields.Texts).Or("word"),
		fields.Of("doc", func(t *thing) *json.RawMessage { return &t.Doc }, fields.Document),
		fields.Of("raw", func(t *thing) *json.RawMessage { return &t.Raw }, fields.Raw),
	}
	extra    = func(t *thing) *map[string]json.RawMessage { return &t.Extra }
	simple   = fields.Table[thing]{Fields: rows, Extra: extra}.Indexed()
	sparse   = fields.Table[thing]{Fields: rows, Extra: extra, OmitsEmpty: true}.Indexed()
	careless = fields.Table[thing]{Fields: rows}.Indexed()

	inner  = &fields.Kind[thing]{Read: readThing, Write: simple.Write, Clone: simple.Clone}
	nested = fields.Table[thing]{Fields: append([]fields.Field[thing]{
		fields.Of("things", func(t *thing) *[]thing { return &t.Things }, fields.List(inner)),
	}, rows...), Extra: extra}.Indexed()
)

func readThing(v wire.Value) (t thing, ok bool) {
	_, err := simple.Read(v, &t)
	return t, err == nil
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

func TestRead(t *testing.T) {
	made := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tt := range map[string]struct {
		text string
		want thing
		odd  []string
	}{
		"all": {`{"name":"a","colour":" red ","count":"7","old":"true","new":1,"made":"2026-01-02T03:04:05","words":"w","doc":"{\"a\":1}","raw":[1, 2]}`,
			thing{Name: "a", Colour: "red", Count: 7, IsOld: true, IsNew: true, Made: made, Words: []string{"w"}, Doc: raw(`{"a":1}`), Raw: raw(`[1, 2]`)}, nil},
		"null":                           {`{"name":null,"count":null,"made":null,"words":null,"doc":null,"raw":null,"things":null}`, thing{}, nil},
		"empty":                          {`{"words":[],"things":[]}`, thing{Words: []string{}, Things: []thing{}}, nil},
		"unknown":                        {`{"private":1,"Name":"a"}`, thing{Extra: map[string]json.RawMessage{"private": raw("1"), "Name": raw(`"a"`)}}, nil},
		"odd":                            {`{"name":{},"count":"x","words":["a",[]]}`, thing{Words: []string{"a"}, Extra: map[string]json.RawMessage{"name": raw("{}"), "count": raw(`"x"`), "words": raw(`["a",[]]`)}}, []string{"name", "count", "words"}},
		"odd, then readable":             {`{"name":{},"name":"a"}`, thing{Name: "a"}, []string{"name"}},
		"readable, then odd":             {`{"name":"a","name":{}}`, thing{Extra: map[string]json.RawMessage{"name": raw("{}")}}, []string{"name"}},
		"alias alone":                    {`{"number":3,"word":"w"}`, thing{Count: 3, Words: []string{"w"}}, nil},
		"alias before":                   {`{"number":3,"count":4}`, thing{Count: 4}, nil},
		"alias behind":                   {`{"count":4,"number":3}`, thing{Count: 4}, nil},
		"alias beside an empty list":     {`{"word":"w","words":[]}`, thing{Words: []string{"w"}}, nil},
		"empty alias":                    {`{"word":[],"words":null}`, thing{}, nil},
		"alias beside an odd member":     {`{"count":"x","number":3}`, thing{Count: 3}, []string{"count"}},
		"odd alias":                      {`{"number":"x"}`, thing{Extra: map[string]json.RawMessage{"number": raw(`"x"`)}}, []string{"number"}},
		"odd alias, then a readable one": {`{"number":"x","number":3}`, thing{Count: 3}, []string{"number"}},
		"list":                           {`{"things":[{"name":"a","x":1},7,{}]}`, thing{Things: []thing{{Name: "a", Extra: map[string]json.RawMessage{"x": raw("1")}}, {}}, Extra: map[string]json.RawMessage{"things": raw(`[{"name":"a","x":1},7,{}]`)}}, []string{"things"}},
		"bare element":                   {`{"things":{"name":"a"}}`, thing{Things: []thing{{Name: "a"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got thing
			odd, err := nested.Read(wire.Of(tt.text), &got)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.odd, odd)
		})
	}
	var got thing
	odd, err := careless.Read(wire.Of(`{"x":1,"name":{}}`), &got)
	require.NoError(t, err)
	assert.Equal(t, []string{"name"}, odd)
	assert.Empty(t, got, "nothing is kept where nothing is there to keep it in")

	_, err = nested.Read(wire.Of(`[]`), &got)
	assert.ErrorIs(t, err, wire.ErrNotObject)
	_, err = nested.Read(wire.Of(`{"name":"a"`), &got)
	assert.Error(t, err)
}

func TestWrite(t *testing.T) {
	made := time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("", 3600))
	for name, tt := range map[string]struct {
		table *fields.Table[thing]
		value thing
		want  string
	}{
		"zero": {nested, thing{}, `{"old":false}`},
		"all, in the order of the rows": {nested, thing{Name: "n", Colour: "red", Count: 1 << 60, IsOld: true, Made: made, Words: []string{"a", "b"}, Doc: raw(`{ "a":1}`), Raw: raw(`"\u00e4"`), Things: []thing{{Count: 1}}},
			`{"things":[{"count":1,"old":false}],"name":"n","colour":"red","count":1152921504606846976,"old":true,"new":false,` +
				`"made":"2026-01-02T02:04:05.0000006Z","words":["a","b"],"doc":{"a":1},"raw":"\u00e4"}`},
		"empty lists":                {nested, thing{Things: []thing{}, Words: []string{}}, `{"things":[],"old":false,"words":[]}`},
		"empty lists, left out":      {sparse, thing{Words: []string{}, Raw: raw("")}, `{"old":false}`},
		"lists that are not empty":   {sparse, thing{Words: []string{"a"}, Raw: raw("1"), Doc: raw("{}"), Count: 1}, `{"count":1,"old":false,"words":["a"],"doc":{},"raw":1}`},
		"raw values without a byte":  {nested, thing{Raw: raw(""), Doc: raw("")}, `{"old":false}`},
		"escapes":                    {nested, thing{Name: "\"\\\n\x00\xffä</a>\u2028"}, `{"name":"\"\\\n\u0000` + "\ufffdä</a>\u2028" + `","old":false}`},
		"extra, in place of the own": {nested, thing{Name: "a", Extra: map[string]json.RawMessage{"z": raw("[1]"), "name": raw("{}"), "old": nil, `"`: raw("1")}}, `{"\"":1,"name":{},"old":null,"z":[1]}`},
		"no extra":                   {careless, thing{Extra: map[string]json.RawMessage{"z": raw("1")}}, `{"old":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.table.Marshal(&tt.value)
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got))
			again, err := tt.table.Marshal(&tt.value)
			require.NoError(t, err)
			assert.Equal(t, got, again)
			_, err = tt.table.Marshal(&thing{Name: strings.Repeat("x", 500)})
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(got), "what is written next does not change it")
		})
	}
	for name, broken := range map[string]thing{
		"raw":              {Raw: raw(`{`)},
		"raw that goes on": {Raw: raw(`1,"name":2`)},
		"document":         {Doc: raw(`<a/>`)},
		"extra":            {Extra: map[string]json.RawMessage{"z": raw(`1 2`)}},
		"empty extra":      {Extra: map[string]json.RawMessage{"z": raw(``)}},
		"year":             {Made: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"in a list":        {Things: []thing{{Raw: raw(`{`)}}},
	} {
		_, err := nested.Marshal(&broken)
		require.Error(t, err, name)
		text, err := nested.Marshal(&thing{Name: "a"})
		require.NoError(t, err)
		assert.Equal(t, `{"name":"a","old":false}`, string(text), "a failure leaves nothing behind") // of what is used again
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	all := thing{Name: "n", Colour: "red", Count: 1, IsOld: true, IsNew: true, Made: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Words: []string{"a"}, Doc: raw(`{"a":1}`), Raw: raw(`[1]`), Extra: map[string]json.RawMessage{"z": raw("1")}}
	all.Things = []thing{all, {}}
	text, err := nested.Marshal(&all)
	require.NoError(t, err)
	var back thing
	odd, err := nested.Read(wire.Of(text), &back)
	require.NoError(t, err)
	assert.Empty(t, odd)
	assert.Equal(t, all, back)
}

func TestClone(t *testing.T) {
	fresh := func() thing {
		return thing{Words: []string{"a"}, Doc: raw("1"), Raw: raw("2"), private: 1, Extra: map[string]json.RawMessage{"z": raw("3")},
			Things: []thing{{Words: []string{"b"}, Extra: map[string]json.RawMessage{"y": raw("4")}}}}
	}
	src := fresh()
	clone := nested.Clone(src)
	assert.Equal(t, fresh(), clone)
	clone.Words[0], clone.Doc[0], clone.Raw[0], clone.Extra["z"][0] = "x", 'x', 'x', 'x'
	clone.Things[0].Words[0], clone.Things[0].Extra["y"][0] = "x", 'x'
	clone.Extra["new"] = nil
	assert.Equal(t, fresh(), src, "nothing is shared")
	assert.Equal(t, thing{Words: []string{}}, nested.Clone(thing{Words: []string{}}), "nil stays nil, and empty empty")
}

// A small value is written without a writer of its own, and a large one does not leave
// its buffers to small ones.
func TestWritersAreUsedAgain(t *testing.T) {
	small, large := &thing{Name: "a"}, &thing{Name: strings.Repeat("x", 1<<20)}
	write := func(value *thing) func() {
		return func() { _, _ = simple.Marshal(value) }
	}
	assert.Less(t, testing.AllocsPerRun(100, write(small)), 4.0) // a new one takes eight
	assert.Greater(t, testing.AllocsPerRun(10, write(large)), 5.0)
}

func TestHas(t *testing.T) {
	assert.True(t, nested.Has("count"))
	assert.False(t, nested.Has("number"), "it is never written")
	assert.False(t, nested.Has("Count"))
}
