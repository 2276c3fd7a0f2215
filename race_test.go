//go:build race

package vpcep_test

// raceDetector says that the tests run with the race detector, which is slow with much memory.
const raceDetector = true
