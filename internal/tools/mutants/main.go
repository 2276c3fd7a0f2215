// Command mutants changes the core of the library, one condition or operator at a time, and
// runs the tests of the package. It prints the mutants that survive, unless equivalents.txt
// says why no test could kill them. It fails if fewer than nine of ten mutants are killed,
// not counting equivalents.
//
// Gremlins only lists the mutants: it treats what Go's cover tool has no block for as not
// covered (the cases of a switch without a tag, constants), and cannot be told which tests to
// run. Those run here, with go test -overlay: the short ones
// first, and the others for what they do not notice.
//
//	go run . [part of the core, or package ...]
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// part is what is mutated together: a package, or some files of one.
type part struct {
	name string
	dir  string
	file *regexp.Regexp // nil: all
	// tests are the files whose tests run, because those of the whole package take long. nil: all.
	tests []string
}

// core are the parts whose bugs would cost an endpoint, a secret or a response.
var core = append([]part{{
	name: "codec", dir: ".", file: regexp.MustCompile(`^(fields|codec|validate.*)\.go$`),
	tests: []string{
		"codec_test.go", "decode_test.go", "fields_test.go", "policy_test.go", "resources_test.go",
		"service_test.go", "services_test.go", "tags_test.go", "validate_test.go", "whitelist_test.go",
	},
}}, packages(
	"internal/retry", "internal/keyed", "internal/exchange", "internal/transport", "internal/redact",
	"internal/rules", "internal/fields", "internal/wire", "internal/paging", "internal/renew", "internal/poll",
	"internal/sign", "internal/policies", "internal/credentials", "internal/iam", "internal/text",
)...)

func packages(names ...string) []part {
	parts := make([]part, len(names))
	for i, name := range names {
		parts[i] = part{name: name, dir: name}
	}
	return parts
}

const least = 0.9 // of the mutants that count are noticed

// report is what the mutation tester writes.
type report struct {
	Files []struct {
		Name      string   `json:"file_name"`
		Mutations []mutant `json:"mutations"`
	} `json:"files"`
}

// mutant is one change of a file.
type mutant struct {
	Type   string `json:"type"`
	Line   int    `json:"line"`
	Column int    `json:"column"`

	path string
	text string // of the line
	fate fate
}

type fate int

const (
	noticed fate = iota
	lives
	invalid // it does not compile
)

func main() {
	parts := core
	if names := os.Args[1:]; len(names) > 0 {
		parts = slices.DeleteFunc(slices.Clone(core), func(p part) bool { return !slices.Contains(names, p.name) })
		for _, name := range names {
			if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
				parts = append(parts, packages(name)...)
			}
		}
	}
	if err := run(parts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(parts []part) error {
	work, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	lister := filepath.Join(work, "gremlins")
	build := exec.Command("go", "build", "-o", lister, "github.com/go-gremlins/gremlins/cmd/gremlins")
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
	for _, p := range parts {
		ok, err := check(lister, root, work, p, equivalents)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		failed = failed || !ok
	}
	if failed {
		return fmt.Errorf("too many mutants live")
	}
	return nil
}

// check mutates one part and reports whether enough was noticed.
func check(lister, root, work string, p part, equivalents map[string]string) (bool, error) {
	start := time.Now()
	flags, err := p.flags(root)
	if err != nil {
		return false, err
	}
	if out, err := goTest(root, p, append(flags, "-count=1")...).CombinedOutput(); err != nil {
		return false, fmt.Errorf("the tests fail without a mutant: %w\n%s", err, out)
	}
	// Who waits for ever is noticed, and so is who takes much longer.
	timeout := 10*time.Second + 5*time.Since(start)
	mutants, err := list(lister, root, filepath.Join(work, "report.json"), p)
	if err != nil {
		return false, err
	}
	if err := tryAll(root, work, p, append(flags, "-timeout", timeout.String()), mutants); err != nil {
		return false, err
	}
	died, lived, equivalent := 0, []string{}, 0
	unused := maps.Clone(equivalents)
	maps.DeleteFunc(unused, func(name, _ string) bool {
		return !slices.ContainsFunc(mutants, func(m *mutant) bool { return strings.HasPrefix(name, m.path+": ") })
	})
	for _, m := range mutants {
		name := m.path + ": " + strings.TrimSpace(m.text)
		if m.fate == lives {
			delete(unused, name)
		}
		switch {
		case m.fate == noticed:
			died++
		case m.fate == invalid:
		case equivalents[name] != "":
			equivalent++
		default:
			lived = append(lived, fmt.Sprintf("%s (line %d)", name, m.Line))
		}
	}
	counted := died + len(lived)
	share := 1.0
	if counted > 0 {
		share = float64(died) / float64(counted)
	}
	fmt.Printf("%-22s %3d of %3d mutants noticed, %3.0f %%; %d equivalent; %.0f minutes\n", p.name, died, counted, 100*share, equivalent, time.Since(start).Minutes())
	for _, mutant := range lived {
		fmt.Println("   lives:", mutant)
	}
	for mutant := range unused {
		fmt.Println("   in equivalents.txt, and noticed or not there:", mutant)
	}
	return share >= least, nil
}

// list returns the mutants of a part.
func list(lister, root, output string, p part) ([]*mutant, error) {
	c := exec.Command(lister, "unleash", "--dry-run", "--silent",
		"--invert-negatives=false", // ARITHMETIC_BASE makes the same mutants
		"--exclude-files", "/",     // packages below this one
		"--output", output, "./"+p.dir)
	c.Dir = root
	c.Env = append(os.Environ(), "GOFLAGS=-vet=off -run=^$") // it would look what the tests cover
	if out, err := c.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("list the mutants: %w\n%s", err, out)
	}
	data, err := os.ReadFile(output)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	var mutants []*mutant
	for _, file := range r.Files {
		if p.file != nil && !p.file.MatchString(file.Name) {
			continue
		}
		path := filepath.Join(p.dir, file.Name)
		lines, err := readLines(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		for _, m := range file.Mutations {
			m.path, m.text = path, change(lines[m.Line-1], m.Column, m.Type)
			mutants = append(mutants, &m)
		}
	}
	return mutants, nil
}

// tryAll tries the mutants, two at a time.
func tryAll(root, work string, p part, flags []string, mutants []*mutant) error {
	todo := make(chan *mutant, len(mutants))
	for _, m := range mutants {
		todo <- m
	}
	close(todo)
	var workers sync.WaitGroup
	failures := make([]error, 2)
	for i := range failures {
		dir := filepath.Join(work, fmt.Sprint("worker-", i))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		workers.Go(func() {
			for m := range todo {
				if failures[i] = m.try(root, dir, p, flags); failures[i] != nil {
					return
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(failures...)
}

// try runs the tests with the mutant.
func (m *mutant) try(root, dir string, p part, flags []string) error {
	original := filepath.Join(root, m.path)
	lines, err := readLines(original)
	if err != nil {
		return err
	}
	lines[m.Line-1] = m.text
	mutated, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(mutated, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	data, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutated}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(overlay, data, 0o600); err != nil {
		return err
	}
	flags = append(slices.Clip(flags), "-overlay", overlay)
	out, err := goTest(root, p, append(flags, "-short")...).CombinedOutput()
	if err == nil && p.hasLongTests(root) {
		out, err = goTest(root, p, flags...).CombinedOutput()
	}
	switch {
	case err == nil:
		m.fate = lives
	case strings.Contains(string(out), "[build failed]"):
		m.fate = invalid
	}
	return nil
}

// hasLongTests reports tests that go test -short leaves out.
func (p part) hasLongTests(root string) bool {
	files, _ := filepath.Glob(filepath.Join(root, p.dir, "*_test.go")) // the pattern is a good one
	return slices.ContainsFunc(files, func(file string) bool {
		data, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(data), "testing.Short()")
	})
}

// flags say which tests run.
func (p part) flags(root string) ([]string, error) {
	if p.tests == nil {
		return nil, nil
	}
	var names []string
	for _, file := range p.tests {
		data, err := os.ReadFile(filepath.Join(root, p.dir, file))
		if err != nil {
			return nil, err
		}
		for _, match := range testName.FindAllSubmatch(data, -1) {
			names = append(names, string(match[1]))
		}
	}
	return []string{"-run", "^(" + strings.Join(names, "|") + ")$"}, nil
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// goTest runs the tests of a part.
func goTest(root string, p part, flags ...string) *exec.Cmd {
	args := slices.Concat([]string{"test", "-vet=off", "-failfast"}, flags, []string{"./" + p.dir})
	c := exec.Command("go", args...)
	c.Dir = root
	return c
}

// operators are the replacements of an operator, by the kind of mutant.
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

// readEquivalents reads the equivalent mutants, each followed by its reason: "file: the
// changed line of code  # reason".
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
