package main_test

import (
	"bufio"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
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

var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "vpcep-stand-in")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "vpcep-stand-in")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

// build returns the program, which is built once.
func build(t *testing.T) string {
	t.Helper()
	binary, err := program()
	require.NoError(t, err)
	return binary
}

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

func startProgram(t *testing.T, args ...string) process {
	t.Helper()
	cmd := exec.Command(build(t), append([]string{"-listen", "127.0.0.1:0"}, args...)...)
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

	status, text := post(t, p.says["admin"]+"/faults", `[{"operation":"GetEndpoint","status":503,"after_effect":true,"stall":"1ms"}]`)
	assert.Equal(t, http.StatusNoContent, status, text)
	_, err = client.GetEndpoint(t.Context(), "ep-1")
	require.ErrorContains(t, err, "503")
	for wrong, want := range map[string]string{
		`[{"status":1}]`: "1 is not a valid status", `[{"statuses":1}]`: `"statuses"`, `[{"stall":1}]`: "stall", `[] []`: "more text after",
	} {
		status, text = post(t, p.says["admin"]+"/faults", wrong)
		assert.Equal(t, http.StatusBadRequest, status, wrong)
		assert.Contains(t, text, want)
	}
	status, text = post(t, p.says["admin"]+"/seed", `{"endpoints":[{"endpoint_service_id":"svc","project_id":"nobody"}]}`)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, text, "nobody")

	resp, err := http.Get(p.says["admin"] + "/state")
	require.NoError(t, err)
	defer resp.Body.Close()
	state, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Contains(t, string(state), `"id": "ep-1"`)
	assert.NotContains(t, string(state), p.says["token"])
	require.NoError(t, p.Process.Signal(os.Interrupt))
	for p.out.Scan() {
		text = p.out.Text()
	}
	assert.Equal(t, "stopped", text)
	assert.NoError(t, p.Wait())
}

// Requests that hang do not keep the program from ending.
func TestTheProgramEndsDuringRequests(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("is stopped by a signal")
	}
	p := startProgram(t, "-admin", "127.0.0.1:0")
	status, text := post(t, p.says["admin"]+"/faults", `[{"stall":"1h","times":-1}]`)
	require.Equal(t, http.StatusNoContent, status, text)
	ended := make(chan error, 8)
	for range cap(ended) {
		go func() {
			resp, err := http.Get(p.says["url"])
			if err == nil {
				resp.Body.Close()
			}
			ended <- err
		}()
	}
	halfSent, err := net.Dial("tcp", strings.TrimPrefix(p.says["url"], "http://"))
	require.NoError(t, err)
	defer halfSent.Close()
	_, err = io.WriteString(halfSent, "POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, p.Wait())
	for range cap(ended) {
		assert.Error(t, <-ended)
	}
}

// Other clients check the certificate, for either of the two loopback addresses.
func TestTheProgramOverTLS(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		if l, err := net.Listen("tcp", address); err != nil {
			t.Logf("no %s here", address)
			continue
		} else {
			l.Close()
		}
		ca := filepath.Join(t.TempDir(), "ca.pem")
		p := startProgram(t, "-listen", address, "-tls", "-ca-file", ca, "-quiet", "-token", "tok", "-base-path", "a/b")
		assert.True(t, strings.HasPrefix(p.says["url"], "https://"))
		assert.Equal(t, ca, p.says["ca"])
		pem, err := os.ReadFile(ca)
		require.NoError(t, err)
		pool := x509.NewCertPool()
		require.True(t, pool.AppendCertsFromPEM(pem))
		client, err := vpcep.NewClient(vpcep.WithBaseURL(p.says["url"]), vpcep.WithProjectID(p.says["project"]), vpcep.WithToken("tok"), vpcep.WithRootCAs(pool))
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		quotas, err := client.GetQuotas(t.Context(), "")
		require.NoError(t, err)
		assert.NotEmpty(t, quotas)
	}
}

// What is printed is enough to log in, with the first account and with another one.
func TestTheProgramsAccounts(t *testing.T) {
	p := startProgram(t, "-user", "me", "-domain", "mine")
	assert.Equal(t, "me", p.says["user"])
	assert.Equal(t, "mine", p.says["domain"])
	logIn(t, p)
	p = startProgram(t, "-account", "consumer", "-per-minute", "100", "-unordered-list-lag", "1ms", "-drift=markers", "-agency", "1h", "-metadata-token")
	assert.Equal(t, "consumer", p.says["project"], "the last one")
	logIn(t, p)
}

func logIn(t *testing.T, p process) {
	t.Helper()
	for _, auth := range []vpcep.Option{
		vpcep.WithToken(p.says["token"]),
		vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{AccessKey: p.says["access-key"], SecretKey: p.says["secret-key"]})),
		vpcep.WithAuth(vpcep.TokenAuth(vpcep.IAMPassword(vpcep.IAMPasswordConfig{
			IAMEndpoint: p.says["url"], Username: p.says["user"], Password: p.says["password"], DomainName: p.says["domain"], ProjectName: p.says["region"],
		}))),
	} {
		client, err := vpcep.NewClient(vpcep.WithBaseURL(p.says["url"]), vpcep.WithProjectID(p.says["project"]), auth)
		require.NoError(t, err)
		_, err = client.GetQuotas(t.Context(), "")
		client.CloseIdleConnections()
		require.NoError(t, err)
	}
}

func TestWrongFlags(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	seed := func(text string) string {
		file := filepath.Join(t.TempDir(), "seed.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return "-seed " + file
	}
	binary := build(t)
	for args, want := range map[string]string{
		"-access-key a":                      "must be set together",
		"-listen nowhere":                    "missing port",
		"-listen " + busy.Addr().String():    "in use",
		"-admin nowhere -listen 127.0.0.1:0": "-admin: ",
		"word":                               `"word" is not a flag`,
		"-security-token a":                  "-access-key",
		"-strange":                           "-strange",
		"-project a/b":                       "is not a valid project ID",
		"-drift=some":                        "unknown drift some",
		"-quota many":                        "-quota",
		"-create-delay 5":                    "missing unit",
		"-unordered-list-lag x":              "-unordered-list-lag",
		"-account x -account x":              "already exists",
		"-metadata-token":                    "WithAgency",
		"-tls -listen 127.0.0.1:0 -ca-file /does/not/exist/ca":                       "-ca-file: ",
		"-seed /does/not/exist":                                                      "-seed: ",
		seed(`{"endpoint":[]}`):                                                      `"endpoint"`,
		seed(`{"endpoints":[{"vpc":"v"}]}`):                                          `"vpc"`,
		seed(`{"endpoints":[{"endpoint_service_id":"s","tags":"t"}]}`):               "endpoints.tags",
		seed(`{"endpoints":[{"vpc_id":"v"}]}`):                                       "endpoints[0].endpoint_service_id",
		seed(`{"services":[{"id":"a","permissions":["you"]}]}`):                      "services[0].permissions",
		seed(`{"endpoints":[{"endpoint_service_id":"s","created_at":"yesterday"}]}`): "yesterday",
	} {
		out, err := exec.Command(binary, strings.Fields(args)...).CombinedOutput()
		require.Error(t, err, args)
		text := string(out[max(0, strings.LastIndex(string(out), "vpcep-stand-in: ")):])
		assert.True(t, strings.HasPrefix(text, "vpcep-stand-in: "), "%s: %s", args, out)
		assert.Contains(t, text, want, args)
		assert.Equal(t, 1, strings.Count(text, "\n"), "%s: %s", args, text)
	}
	out, err := exec.Command(binary, "-h").Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "-admin")
}
