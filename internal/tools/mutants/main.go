// Command mutants changes the core of the library, one condition or operator at a
// time, and runs the tests of the package: a mutant that they do not notice is
// printed, unless equivalents.txt says why nothing could notice it. It fails where
// fewer than nine of ten mutants that count are noticed.
//
// Gremlins makes the mutants and runs the tests for those in covered lines. It takes
// what Go's cover tool has no block for as not covered: the cases of a switch without
// a tag, and constants. Those run here, with go test -overlay.
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
	"slices"
	"strings"
)

// core are the packages whose mistakes would cost an endpoint, a secret or an answer.
var core = []string{
	"internal/retry", "internal/keyed", "internal/exchange", "internal/transport", "internal/redact",
	"internal/rules", "internal/fields", "internal/wire", "internal/paging", "internal/renew", "internal/poll",
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
			Column int    `json:"column"`
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
	c := exec.Command(tester, "unleash", "--silent", "--workers", "2", "--timeout-coefficient", "6",
		"--invert-negatives=false", // ARITHMETIC_BASE makes the same mutants
		"--output", output, "./"+name)
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
			line := lines[m.Line-1]
			changed := change(line, m.Column, m.Type)
			mutant := path + ": " + strings.TrimSpace(changed)
			if m.Status == "NOT COVERED" && equivalents[mutant] == "" {
				mutated := slices.Clone(lines)
				mutated[m.Line-1] = changed
				if m.Status, err = test(root, path, mutated); err != nil {
					return false, err
				}
			}
			switch {
			case m.Status == "KILLED", m.Status == "TIMED OUT":
				noticed++
			case m.Status != "LIVED" && m.Status != "NOT COVERED":
			case equivalents[mutant] != "":
				equivalent++
			default:
				lived = append(lived, fmt.Sprintf("%s (line %d)", mutant, m.Line))
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

// operators are what becomes of an operator, by the kind of mutant.
var operators = map[string]map[string]string{
	"ARITHMETIC_BASE":       {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
	"CONDITIONALS_BOUNDARY": {"<": "<=", "<=": "<", ">": ">=", ">=": ">"},
	"CONDITIONALS_NEGATION": {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"},
	"INCREMENT_DECREMENT":   {"++": "--", "--": "++"},
}

// change returns the line with another operator at the column.
func change(line string, column int, kind string) string {
	before, rest := line[:column-1], line[column-1:]
	for _, n := range []int{2, 1} { // "<=" is not "<"
		if n <= len(rest) && operators[kind][rest[:n]] != "" {
			return before + operators[kind][rest[:n]] + rest[n:]
		}
	}
	return line
}

// test runs the tests of a file's package with other lines in the file, and returns
// what gremlins would say of it.
func test(root, path string, lines []string) (string, error) {
	work, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	mutated, overlay := filepath.Join(work, "mutated.go"), filepath.Join(work, "overlay.json")
	if err := os.WriteFile(mutated, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, path): mutated}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		return "", err
	}
	c := exec.Command("go", "test", "-overlay", overlay, "-vet=off", "-failfast", "-timeout", "1m", "./"+filepath.Dir(path))
	c.Dir = root
	switch out, err := c.CombinedOutput(); {
	case err == nil:
		return "LIVED", nil
	case strings.Contains(string(out), "[build failed]"):
		return "NOT VIABLE", nil
	}
	return "KILLED", nil
}

// readEquivalents reads the mutants that nothing could notice, each with its reason
// behind it: "file: the changed line of code  # reason".
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
