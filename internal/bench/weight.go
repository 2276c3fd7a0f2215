package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	libraryPath = "github.com/vpcep/vpcep-go"

	vendorModule = "github.com/huaweicloud/huaweicloud-sdk-go-v3/"
	vendorPath   = "./weight/vendor"

	// What importing the library may bring: packages of other modules, and bytes.
	maxPackages  = 10
	maxMoreBytes = 13 << 18
	// Initialisation is to take less than a millisecond. A test counts its allocations
	// instead, which no clock can change.
	maxInitAllocs = 650
)

// packages lists the packages that importing path requires from outside the standard library,
// including path.
func packages(path string) ([]string, error) {
	out, err := goCommand("list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", path)
	if err != nil {
		return nil, err
	}
	list := strings.Fields(out)
	slices.Sort(list)
	return list, nil
}

// isForeign reports a package of another module than the library's.
func isForeign(path string) bool {
	return path != libraryPath && !strings.HasPrefix(path, libraryPath+"/")
}

func foreign(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !isForeign(path) })
}

func goCommand(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// program is a built program.
type program struct {
	bytes int64
	// The initialisation of its packages from outside the standard library, and of all.
	initMillis, allInitMillis float64
	initAllocs                int
}

// build builds the program in the folder, and runs it once to see its packages initialise.
func build(folder string) (program, error) {
	var p program
	dir, err := os.MkdirTemp("", "weight")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "program")
	if _, err := goCommand("build", "-trimpath", "-ldflags=-s -w", "-o", file, folder); err != nil {
		return p, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return p, err
	}
	p.bytes = info.Size()
	cmd := exec.Command(file)
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := cmd.CombinedOutput()
	if err != nil {
		return p, fmt.Errorf("%s: %w: %s", folder, err, trace)
	}
	p.readTrace(string(trace))
	return p, nil
}

// readTrace adds up lines such as
//
//	init internal/bytealg @0.008 ms, 0 ms clock, 0 bytes, 0 allocs
func (p *program) readTrace(trace string) {
	for line := range strings.Lines(trace) {
		f := strings.Fields(line)
		if len(f) != 11 || f[0] != "init" {
			continue
		}
		millis, _ := strconv.ParseFloat(f[4], 64)
		p.allInitMillis += millis
		first, _, _ := strings.Cut(f[1], "/")
		if strings.Contains(first, ".") { // a path of a module, not of the standard library
			allocs, _ := strconv.Atoi(f[9])
			p.initMillis += millis
			p.initAllocs += allocs
		}
	}
}

// weight is the cost of importing the library.
type weight struct {
	packages, vendorPackages []string
	plain, client, vendor    program
}

func weigh() (w weight, err error) {
	if w.packages, err = packages(libraryPath); err != nil {
		return w, err
	}
	if w.vendorPackages, err = packages(vendorPath); err != nil {
		return w, err
	}
	w.vendorPackages = foreign(w.vendorPackages) // less the program itself
	if w.plain, err = build("./weight/plain"); err != nil {
		return w, err
	}
	if w.client, err = build("./weight/client"); err != nil {
		return w, err
	}
	w.vendor, err = build(vendorPath)
	return w, err
}

func (w weight) moreBytes() int64 { return w.client.bytes - w.plain.bytes }

// weights adds the weight to the table.
func weights(t *table, summary *strings.Builder) error {
	w, err := weigh()
	if err != nil {
		return err
	}
	row := func(name, plain, own, vendor string) {
		cells := make([]string, 1+len(contenders))
		cells[0], cells[1+indexOf(byHand)], cells[1+indexOf(library)], cells[1+indexOf(vendorSDK)] = name, plain, own, vendor
		t.row(cells...)
	}
	t.section("weight")
	row("packages outside the standard library", "0", strconv.Itoa(len(w.packages)), strconv.Itoa(len(w.vendorPackages)))
	isVendors := func(path string) bool { return strings.HasPrefix(path, vendorModule) }
	row("of which other modules'", "0", strconv.Itoa(len(foreign(w.packages))),
		strconv.Itoa(len(slices.DeleteFunc(slices.Clone(w.vendorPackages), isVendors))))
	row("size of a program", mebibytes(w.plain.bytes), mebibytes(w.client.bytes), mebibytes(w.vendor.bytes))
	row("initialisation of those packages", "0", fmt.Sprintf("%.2f ms, %d allocs", w.client.initMillis, w.client.initAllocs),
		fmt.Sprintf("%.2f ms, %d allocs", w.vendor.initMillis, w.vendor.initAllocs))
	row("initialisation of all packages", fmt.Sprintf("%.2f ms", w.plain.allInitMillis), fmt.Sprintf("%.2f ms", w.client.allInitMillis),
		fmt.Sprintf("%.2f ms", w.vendor.allInitMillis))
	fmt.Fprintf(summary, "weight: %d packages of other modules (at most %d), %s more than net/http alone (at most %s), %.2f ms of initialisation (under 1)\n",
		len(foreign(w.packages)), maxPackages, mebibytes(w.moreBytes()), mebibytes(maxMoreBytes), w.client.initMillis)
	return nil
}

func mebibytes(n int64) string { return fmt.Sprintf("%.2f MiB", float64(n)/(1<<20)) }
