package fields_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// optional has fields whose absence differs from zero.
type optional struct {
	IsOn  *bool
	Words *[]string
	Size  int
}

var optionalFields = fields.Table[optional]{Fields: []fields.Field[optional]{
	fields.Of("on", func(o *optional) **bool { return &o.IsOn }, fields.Optional(fields.Bool)),
	fields.Of("words", func(o *optional) **[]string { return &o.Words }, fields.Optional(fields.Texts)),
	fields.Of("size", func(o *optional) *int { return &o.Size }, fields.Number),
}, OmitsEmpty: true}.Indexed()

func TestOptional(t *testing.T) {
	off, words := false, []string{"a"}
	for text, want := range map[string]optional{
		`{}`:                                   {},
		`{"on":false,"words":["a"],"size":-7}`: {IsOn: &off, Words: &words, Size: -7},
		`{"on":false}`:                         {IsOn: &off},
	} {
		got, ok := optionalFields.ReadWhole(wire.Of(text))
		assert.True(t, ok)
		assert.Equal(t, want, got)
		written, err := optionalFields.Marshal(&got)
		require.NoError(t, err)
		assert.Equal(t, text, string(written))
	}
	got, ok := optionalFields.ReadWhole(wire.Of(`{"on":null,"words":null,"size":"12"}`))
	assert.True(t, ok)
	assert.Equal(t, optional{Size: 12}, got)
	got, ok = optionalFields.ReadWhole(wire.Of(`{"on":"perhaps","size":1.5}`))
	assert.False(t, ok)
	assert.Zero(t, got, "what makes no sense is not there")
	_, ok = optionalFields.ReadWhole(wire.Of(`[]`))
	assert.False(t, ok)

	clone := optionalFields.Clone(optional{IsOn: &off, Words: &words})
	(*clone.Words)[0], *clone.IsOn = "b", true
	assert.Equal(t, "a", words[0])
	assert.False(t, off)
	assert.Equal(t, optional{}, optionalFields.Clone(optional{}))
}

// A number that does not fit in an int is invalid.
func TestNumber(t *testing.T) {
	_, ok := fields.Number.Read(wire.Of("9223372036854775808"))
	assert.False(t, ok)
	n, ok := fields.Number.Read(wire.Of("9223372036854775807"))
	assert.Equal(t, strconv.IntSize == 64, ok)
	assert.Equal(t, ok, n != 0)
}
