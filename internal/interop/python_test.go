package interop_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// OpenStack's SDK for Python logs in by names, looks for versions, and finds the service
// in the catalog. Where it is not installed (Debian: python3-openstacksdk), the test is
// skipped.
func TestOpenStackSDKForPython(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	python := ""
	for _, program := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, program, "-c", "import openstack").Run() == nil {
			python = program
		}
	}
	if python == "" {
		t.Skip("OpenStack's SDK for Python is not installed")
	}
	server := vpceptest.NewServer(vpceptest.WithCreateDelay(100*time.Millisecond), vpceptest.WithDeleteDelay(100*time.Millisecond))
	defer server.Close()
	user := server.User()
	life := exec.CommandContext(ctx, python, "python/life.py")
	life.Env = append(os.Environ(), "STAND_IN_URL="+server.URL, "STAND_IN_REGION="+server.ProjectName(),
		"STAND_IN_USER="+user.Name, "STAND_IN_PASSWORD="+user.Password, "STAND_IN_DOMAIN="+user.DomainName)
	out, err := life.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "done")
	require.Empty(t, server.Endpoints(), "the endpoints were deleted")
	require.Empty(t, server.Services(), "the service was deleted")
}
