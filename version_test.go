package vpcep_test

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go"
)

func TestVersionComesFromTheBuild(t *testing.T) {
	const library = "github.com/vpcep/vpcep-go"
	of := func(main debug.Module, deps ...*debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Main: main, Deps: deps}
	}
	program := debug.Module{Path: "example.com/program", Version: "v9.0.0"}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"a release":             {of(program, &debug.Module{Path: library, Version: "v0.1.0"}), "0.1.0"},
		"a commit":              {of(program, &debug.Module{Path: library, Version: "v0.1.1-0.20261128070000-a3a23b1f0c9d"}), "0.1.1-0.20261128070000-a3a23b1f0c9d"},
		"replaced by a fork":    {of(program, &debug.Module{Path: library, Version: "v0.1.0", Replace: &debug.Module{Path: "example.com/fork", Version: "v0.2.0"}}), "0.2.0"},
		"replaced by a folder":  {of(program, &debug.Module{Path: library, Version: "v0.1.0", Replace: &debug.Module{Path: "../vpcep-go"}}), "devel"},
		"a program of its own":  {of(debug.Module{Path: library, Version: "v0.1.0+dirty"}), "0.1.0+dirty"},
		"without version":       {of(debug.Module{Path: library, Version: "(devel)"}), "devel"},
		"not among the modules": {of(program, &debug.Module{Path: library + "/internal/tools", Version: "v1.0.0"}), "devel"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, vpcep.VersionIn(c.info)) })
	}
}
