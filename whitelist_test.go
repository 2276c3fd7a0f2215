package vpcep_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
)

func TestUpdateWhitelistSendsWhatIsToBeChanged(t *testing.T) {
	on, off := true, false
	for _, tt := range []struct {
		change vpcep.WhitelistChange
		want   string
	}{
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1", "10.1.0.0/16"), Enable: &on}, `{"whitelist":["10.0.0.1","10.1.0.0/16"],"enable_whitelist":true}`},
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries()}, `{"whitelist":[]}`},
		{vpcep.WhitelistChange{Entries: new([]string)}, `{"whitelist":[]}`},
		{vpcep.WhitelistChange{Enable: &off}, `{"enable_whitelist":false}`},
		{vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries(addresses(21)...)}, ""},
	} {
		c, mock := mocked(t)
		bodies := answering(mock, "PUT", endpointsURL+"/e-1", 200, `{"id":"e-1","enable_whitelist":"true"}`)
		e, err := c.UpdateWhitelist(t.Context(), "e-1", tt.change)
		require.NoError(t, err)
		assert.True(t, e.EnableWhitelist)
		if tt.want != "" {
			assert.JSONEq(t, tt.want, (*bodies)[0])
		}
	}
	c, mock := mocked(t)
	for _, change := range []vpcep.WhitelistChange{{}, {Entries: vpcep.WhitelistEntries("0.0.0.0/0")}, {Entries: vpcep.WhitelistEntries("x")}} {
		_, err := c.UpdateWhitelist(t.Context(), "e-1", change)
		assert.NotEmpty(t, fieldsOf(err))
	}
	_, err := c.UpdateWhitelist(t.Context(), "../e", vpcep.WhitelistChange{Enable: &on})
	assert.Equal(t, "id", fieldsOf(err))
	assert.Zero(t, mock.GetTotalCallCount())
}
