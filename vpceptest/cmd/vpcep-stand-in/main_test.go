package main_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// process is the program as it runs, and what it printed before "ready".
type process struct {
	*exec.Cmd
	out  *bufio.Scanner
	says map[string]string
}

func startProgram(t *testing.T, args ...string) process {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "vpcep-stand-in")
	build, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", build)
	cmd := exec.Command(binary, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill() })
	p := process{cmd, bufio.NewScanner(stdout), map[string]string{}}
	for p.out.Scan() && p.out.Text() != "ready" {
		name, value, _ := strings.Cut(p.out.Text(), " ")
		p.says[name] = strings.TrimSpace(value)
	}
	return p
}

func post(t *testing.T, url, body string) (int, string) {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(text)
}

func TestTheProgram(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("is stopped by a signal")
	}
	seed := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(seed, []byte(`{"services":[{"id":"svc","service_name":"db"}],
		"endpoints":[{"id":"ep-1","endpoint_service_id":"svc","vpc_id":"v","subnet_id":"n","status":"failed"}]}`), 0o600))
	p := startProgram(t, "-seed", seed, "-admin", "127.0.0.1:0", "-access-key", "ak", "-secret-key", "sk")

	client, err := vpcep.NewClient(vpcep.WithBaseURL(p.says["url"]), vpcep.WithProjectID(p.says["project"]),
		vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{AccessKey: p.says["access-key"], SecretKey: p.says["secret-key"]})),
		vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	e, err := client.GetEndpoint(t.Context(), "ep-1")
	require.NoError(t, err)
	assert.Equal(t, vpcep.StatusFailed, e.Status)
	require.True(t, p.out.Scan())
	assert.Contains(t, p.out.Text(), "200 GET /v1/"+p.says["project"]+"/vpc-endpoints/ep-1 GetEndpoint")

	status, text := post(t, p.says["admin"]+"/faults", `[{"Operation":"GetEndpoint","Status":503}]`)
	assert.Equal(t, http.StatusNoContent, status, text)
	_, err = client.GetEndpoint(t.Context(), "ep-1")
	require.ErrorContains(t, err, "503")
	status, text = post(t, p.says["admin"]+"/faults", `[{"Status":1}]`)
	assert.Equal(t, http.StatusBadRequest, status, text)
	status, text = post(t, p.says["admin"]+"/seed", `{"endpoints":[{"endpoint_service_id":"svc","project_id":"nobody"}]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "nobody")

	resp, err := http.Get(p.says["admin"] + "/state")
	require.NoError(t, err)
	defer resp.Body.Close()
	state, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Contains(t, string(state), `"ep-1"`)
	assert.NotContains(t, string(state), p.says["token"])
	require.NoError(t, p.Process.Signal(os.Interrupt))
	for p.out.Scan() {
		text = p.out.Text()
	}
	assert.Equal(t, "stopped", text)
	assert.NoError(t, p.Wait())
}

func TestTheProgramOverTLS(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	p := startProgram(t, "-tls", "-ca-file", ca, "-quiet", "-token", "tok")
	assert.True(t, strings.HasPrefix(p.says["url"], "https://"))
	pem, err := os.ReadFile(ca)
	require.NoError(t, err)
	assert.Contains(t, string(pem), "BEGIN CERTIFICATE")
}

func TestWrongFlags(t *testing.T) {
	for _, args := range []string{"-access-key a", "-seed /does/not/exist", "-listen nowhere", "word"} {
		out, err := exec.Command("go", append([]string{"run", "."}, strings.Fields(args)...)...).CombinedOutput()
		require.Error(t, err, args)
		assert.Contains(t, string(out), "vpcep-stand-in: ", args)
		assert.NotContains(t, string(out), "goroutine", args)
	}
}
