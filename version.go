package vpcep

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

const modulePath = "github.com/vpcep/vpcep-go"

// Version returns the version of this library in the program, such as "0.1.0". The
// User-Agent header has it, too. It comes from the build information of the Go toolchain,
// and is "devel" if that has no version: in a program built without module support, or
// with a replace directive that points to a directory.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return develVersion
	}
	return versionIn(info)
}

const develVersion = "devel"

// versionIn finds the library's version among the modules of a program.
func versionIn(info *debug.BuildInfo) string {
	for _, module := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if module.Path != modulePath {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		if version, isVersion := strings.CutPrefix(module.Version, "v"); isVersion {
			return version
		}
	}
	return develVersion
}

// userAgent returns the caller's product, if any, and the library's name and version.
func userAgent(product string) string {
	own := fmt.Sprintf("vpcep-go/%s (%s; %s/%s)", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return strings.TrimSpace(product + " " + own)
}
