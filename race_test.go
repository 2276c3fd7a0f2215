//go:build race

package vpcep_test

// raceDetector says whether the tests run with the race detector, which is slow with a lot of
// memory.
const raceDetector = true
