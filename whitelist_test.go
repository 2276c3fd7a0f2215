package vpcep_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// The service deletes or turns off what an update leaves out.
func TestUpdateWhitelistSendsBothSettings(t *testing.T) {
	on, off := true, false
	const shown = `{"id":"e-1","whitelist":["10.9.0.0/16"],"enable_whitelist":"true"}`
	for name, tt := range map[string]struct {
		change vpcep.WhitelistChange
		reads  int
		want   string
	}{
		"both":         {vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1", "10.1.0.0/16"), Enable: &off}, 0, `{"whitelist":["10.0.0.1","10.1.0.0/16"],"enable_whitelist":false}`},
		"entries":      {vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")}, 1, `{"whitelist":["10.0.0.1"],"enable_whitelist":true}`},
		"no entries":   {vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries(), Enable: &on}, 0, `{"whitelist":[],"enable_whitelist":true}`},
		"a nil list":   {vpcep.WhitelistChange{Entries: new([]string), Enable: &on}, 0, `{"whitelist":[],"enable_whitelist":true}`},
		"the switch":   {vpcep.WhitelistChange{Enable: &off}, 1, `{"whitelist":["10.9.0.0/16"],"enable_whitelist":false}`},
		"21 of a kind": {vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries(addresses(21)...), Enable: &on}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			reads := answering(mock, "GET", endpointsURL+"/e-1", 200, shown)
			bodies := answering(mock, "PUT", endpointsURL+"/e-1", 200, `{"id":"e-1","enable_whitelist":"true"}`)
			e, err := c.UpdateWhitelist(t.Context(), "e-1", tt.change)
			require.NoError(t, err)
			assert.True(t, e.EnableWhitelist)
			assert.Len(t, *reads, tt.reads)
			if tt.want != "" {
				assert.JSONEq(t, tt.want, (*bodies)[0])
			}
		})
	}
}

// An unknown setting must not be overwritten.
func TestUpdateWhitelistThatCannotReadTheOtherSetting(t *testing.T) {
	on := true
	for name, tt := range map[string]struct {
		change vpcep.WhitelistChange
		shown  string
	}{
		"entries": {vpcep.WhitelistChange{Enable: &on}, `{"id":"e-1","whitelist":["10.0.0.1",{"ip":"10.0.0.2"}]}`},
		"switch":  {vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")}, `{"id":"e-1","enable_whitelist":"perhaps"}`},
		"no ID":   {vpcep.WhitelistChange{Enable: &on}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			c, mock := mocked(t)
			answering(mock, "GET", endpointsURL+"/e-1", 200, tt.shown)
			sent := answering(mock, "PUT", endpointsURL+"/e-1", 200, `{"id":"e-1"}`)
			_, err := c.UpdateWhitelist(t.Context(), "e-1", tt.change)
			assert.Error(t, err)
			assert.Empty(t, *sent)
		})
	}
	c, mock := mocked(t)
	answering(mock, "GET", endpointsURL+"/e-1", 200, `{"id":"e-1","whitelist":{},"enable_whitelist":true}`)
	sent := answering(mock, "PUT", endpointsURL+"/e-1", 200, `{"id":"e-1"}`)
	_, err := c.UpdateWhitelist(t.Context(), "e-1", vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")})
	require.NoError(t, err, "the setting that is replaced need not be read")
	assert.JSONEq(t, `{"whitelist":["10.0.0.1"],"enable_whitelist":true}`, (*sent)[0])
}

func TestUpdateWhitelistRefusesWrongChanges(t *testing.T) {
	on := true
	c, mock := mocked(t)
	for _, change := range []vpcep.WhitelistChange{{}, {Entries: vpcep.WhitelistEntries("0.0.0.0/0")}, {Entries: vpcep.WhitelistEntries("x")}} {
		_, err := c.UpdateWhitelist(t.Context(), "e-1", change)
		assert.NotEmpty(t, fieldsOf(err))
	}
	_, err := c.UpdateWhitelist(t.Context(), "../e", vpcep.WhitelistChange{Enable: &on})
	assert.Equal(t, "id", fieldsOf(err))
	assert.Zero(t, mock.GetTotalCallCount())
}

// The stand-in handles an update as the service documents it: what is left out is deleted.
func TestWhitelistKeepsWhatIsNotChanged(t *testing.T) {
	server := newServer(vpceptest.WithService(vpceptest.Service{ID: "s"}), vpceptest.WithCreateDelay(0))
	defer server.Close()
	client := server.Client()
	e, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n", Whitelist: []string{"10.0.0.1"}})
	require.NoError(t, err)
	on := true
	e, err = client.UpdateWhitelist(t.Context(), e.ID, vpcep.WhitelistChange{Enable: &on})
	require.NoError(t, err)
	assert.Equal(t, []string{"10.0.0.1"}, e.Whitelist)
	assert.True(t, e.EnableWhitelist)
	e, err = client.UpdateWhitelist(t.Context(), e.ID, vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.2")})
	require.NoError(t, err)
	assert.Equal(t, []string{"10.0.0.2"}, e.Whitelist)
	assert.True(t, e.EnableWhitelist)
}
