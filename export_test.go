package vpcep

import (
	"runtime/debug"
	"time"

	"github.com/vpcep/vpcep-go/internal/credentials"
)

// DefaultAuthAt is DefaultAuth with another environment, home directory and metadata
// service. The service is asked only once, because tests of all its responses would
// otherwise take hours.
func DefaultAuthAt(getenv func(string) string, home, metadataURL string) (Authenticator, error) {
	metadata := newMetadata(metadataURL)
	metadata.Pause = time.Hour
	return authOf(credentials.Places{Getenv: getenv, Home: home, Metadata: metadata})
}

// VersionIn is Version for another program.
func VersionIn(info *debug.BuildInfo) string { return versionIn(info) }
