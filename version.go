package vpcep

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

const modulePath = "github.com/vpcep/vpcep-go"

// Version returns the version of this library that the program was built with, such as
// "0.1.0", as in the User-Agent header. It comes from the build information of the Go
// toolchain, and is "devel" if that has none: in a program built without module
// support, or with a replace directive that points to a directory.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return develVersion
	}
	return versionIn(info)
}

const develVersion = "devel"

// versionIn finds the library among what a program was built from.
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

// userAgent names the library and its version, behind the caller's product.
func userAgent(product string) string {
	own := fmt.Sprintf("vpcep-go/%s (%s; %s/%s)", Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return strings.TrimSpace(product + " " + own)
}
