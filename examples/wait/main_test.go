package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

func TestLinesWhereTheOutputIsNoTerminal(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-delay", "300ms"}))
	assert.Regexp(t, `\nWaiting for endpoint \S+\n +0\.0s  creating\n +\d\.\ds  accepted\nThe endpoint is ready: programs in the VPC reach the service at [\d.]+\n`, out.String())
}

func TestBarIsRedrawnInPlace(t *testing.T) {
	server := vpceptest.NewServer(vpceptest.WithCreateDelay(500 * time.Millisecond))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	endpoint, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "n"})
	require.NoError(t, err)
	var out bytes.Buffer
	ready, err := follow(t.Context(), client, endpoint, bar(&out))
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusAccepted, ready.Status)

	line, rest, _ := strings.Cut(out.String(), "\n")
	assert.Empty(t, rest, "one line")
	drawings := strings.Split(line, "\r")[1:]
	shape := regexp.MustCompile(`^\[([ =]{30})\] +\d+\.\ds  (creating|accepted)\x1b\[K$`)
	bars := map[string]bool{}
	for _, drawing := range drawings {
		match := shape.FindStringSubmatch(drawing)
		require.NotNil(t, match, "%q", drawing)
		bars[match[1]] = true
	}
	assert.Greater(t, len(bars), 2, "the bar moves")
	assert.Contains(t, drawings[0], "[======    ")
	assert.Contains(t, drawings[len(drawings)-1], strings.Repeat("=", 30))
}

func TestBarStaysInItsFrame(t *testing.T) {
	for elapsed := time.Duration(0); elapsed < 10*time.Second; elapsed += refresh {
		var out bytes.Buffer
		bar(&out).show(elapsed, vpcep.StatusCreating)
		assert.Regexp(t, `^\r\[ *={6} *\] `, out.String())
		assert.Equal(t, barWidth+1, strings.Index(out.String(), "]")-1, "%s", elapsed)
	}
}

func TestAnInterruptedWaitEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	var out bytes.Buffer
	err := run(ctx, &out, []string{"-delay", "1h"})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.NotContains(t, out.String(), "accepted")
}

func TestAPipeIsNoTerminal(t *testing.T) {
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	defer writer.Close()
	assert.False(t, isTerminal(writer))
	assert.False(t, isTerminal(&bytes.Buffer{}))
}

func TestTheNullDeviceIsNoTerminal(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	assert.False(t, isTerminal(null))
}

func TestHelpIsNoError(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-help"}))
	assert.Empty(t, out.String(), "nothing is done")
}
