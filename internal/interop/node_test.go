package interop_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// The vendor's client for Node signs other headers than the one for Go, sends a body with
// a GET, and looks the project up by itself. Where there is no Node, or its packages
// cannot be had, the test is skipped.
func TestVendorsClientForNode(t *testing.T) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	dir := t.TempDir()
	for _, name := range []string{"life.js", "package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("node", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	install := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("the packages cannot be had: %v\n%s", err, out)
	}

	server := vpceptest.NewServer(vpceptest.WithAccessKey("AK123456", "SK-secret"),
		vpceptest.WithService(vpceptest.Service{ID: "service-1"}),
		vpceptest.WithCreateDelay(100*time.Millisecond), vpceptest.WithDeleteDelay(100*time.Millisecond))
	defer server.Close()
	life := exec.CommandContext(ctx, "node", "life.js")
	life.Dir = dir
	life.Env = append(os.Environ(), "STAND_IN_URL="+server.URL, "STAND_IN_REGION="+server.ProjectName(),
		"STAND_IN_SERVICE=service-1", "STAND_IN_AK=AK123456", "STAND_IN_SK=SK-secret")
	out, err := life.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "done")
	require.Empty(t, server.Endpoints(), "the endpoint was deleted")
}
