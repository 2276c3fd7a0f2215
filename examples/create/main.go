// Create builds and runs the program in the folder endpoint, which is the example to
// read. It imports next to nothing, so that it starts within seconds even with an empty
// build cache and can say what takes so long.
package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

const example = "github.com/vpcep/vpcep-go/examples/create/endpoint"

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		_, _ = os.Stderr.WriteString("error: " + err.Error() + "\n")
	}
	os.Exit(code)
}

// run builds the example, runs it, and returns its exit code.
func run(args []string) (code int, err error) {
	_, _ = os.Stdout.WriteString("Building the library, a stand-in for the service, and the example.\n" +
		"The first build takes up to a minute; after that, a second.\n\n")
	// An interrupt reaches the programs below as well. They end, and so does this one.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	dir, err := os.MkdirTemp("", "create")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "endpoint.exe") // a suffix that Windows needs, and no other system minds
	if err := attached("go", "build", "-o", program, example).Run(); err != nil {
		return 1, errors.New("go build: " + err.Error())
	}
	cmd := attached(program, args...)
	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return max(ended.ExitCode(), 1), nil // it has said what is wrong
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// attached is a command that shares this program's input and output.
func attached(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}
