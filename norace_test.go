//go:build !race

package vpcep_test

const raceDetector = false
