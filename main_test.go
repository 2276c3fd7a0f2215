package vpcep_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// No call leaves a goroutine behind, and settings for the real service in the environment
// are ignored.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "HW_") || strings.HasPrefix(name, "HUAWEICLOUD_SDK_") {
			os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}
