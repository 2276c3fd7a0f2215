// Command mutants changes the core of the library, one condition or operator at a
// time, and runs the tests of the package: a mutant that they do not notice is
// printed, unless equivalents.txt says why nothing could notice it. It fails where
// fewer than nine of ten mutants that count are noticed.
//
//	go run . [package ...]
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// core are the packages whose mistakes would cost an endpoint, a secret or an answer.
var core = []string{
	"internal/retry", "internal/keyed", "internal/exchange", "internal/transport", "internal/redact",
	"internal/rules", "internal/fields", "internal/paging", "internal/renew",
}

const least = 0.9 // of the mutants that count are noticed

// report is what the mutation tester writes.
type report struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []struct {
			Type   string `json:"type"`
			Status string `json:"status"`
			Line   int    `json:"line"`
		} `json:"mutations"`
	} `json:"files"`
}

func main() {
	packages := core
	if len(os.Args) > 1 {
		packages = os.Args[1:]
	}
	if err := run(packages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(packages []string) error {
	work, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	tester := filepath.Join(work, "gremlins")
	build := exec.Command("go", "build", "-o", tester, "github.com/go-gremlins/gremlins/cmd/gremlins")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the mutation tester: %w\n%s", err, out)
	}
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		return err
	}
	equivalents, err := readEquivalents("equivalents.txt")
	if err != nil {
		return err
	}
	failed := false
	for _, name := range packages {
		if _, err := os.Stat(filepath.Join(root, name)); err != nil {
			fmt.Printf("%-22s not there\n", name)
			continue
		}
		ok, err := check(tester, root, name, filepath.Join(work, "report.json"), equivalents)
		if err != nil {
			return err
		}
		failed = failed || !ok
	}
	if failed {
		return fmt.Errorf("too many mutants live")
	}
	return nil
}

// check mutates one package and reports whether enough was noticed.
func check(tester, root, name, output string, equivalents map[string]string) (bool, error) {
	c := exec.Command(tester, "unleash", "--silent", "--workers", "2", "--timeout-coefficient", "6", "--output", output, "./"+name)
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return false, fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	data, err := os.ReadFile(output)
	if err != nil {
		return false, err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return false, err
	}
	noticed, lived, equivalent := 0, []string{}, 0
	for _, file := range r.Files {
		path := filepath.Join(name, filepath.Base(file.Name))
		lines, err := readLines(filepath.Join(root, path))
		if err != nil {
			return false, err
		}
		for _, m := range file.Mutations {
			mutant := fmt.Sprintf("%s %s %s", path, m.Type, strings.TrimSpace(lines[m.Line-1]))
			switch {
			case m.Status == "KILLED", m.Status == "TIMED OUT":
				noticed++
			case m.Status != "LIVED" && m.Status != "NOT COVERED":
			case equivalents[mutant] != "":
				equivalent++
			default:
				lived = append(lived, fmt.Sprintf("%s (line %d, %s)", mutant, m.Line, strings.ToLower(m.Status)))
			}
		}
	}
	counted := noticed + len(lived)
	share := 1.0
	if counted > 0 {
		share = float64(noticed) / float64(counted)
	}
	fmt.Printf("%-22s %3d of %3d mutants noticed, %3.0f %%; %d equivalent\n", name, noticed, counted, 100*share, equivalent)
	for _, mutant := range lived {
		fmt.Println("   lives:", mutant)
	}
	return share >= least, nil
}

// readEquivalents reads the mutants that nothing could notice, each with its reason
// behind it: "file TYPE line of code  # reason".
func readEquivalents(path string) (map[string]string, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	reasons := make(map[string]string)
	for _, line := range lines {
		mutant, reason, ok := strings.Cut(line, "  # ")
		if ok {
			reasons[strings.TrimSpace(mutant)] = strings.TrimSpace(reason)
		}
	}
	return reasons, nil
}

func readLines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return lines, nil
}
