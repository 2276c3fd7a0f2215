//go:build race

package keyed

// raceDetector says that the tests run with the race detector, which is slow.
const raceDetector = true
