//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is what this process has had of all cores. Unlike the clock, it does not
// run while others have them.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
