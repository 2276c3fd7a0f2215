package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"time"
)

// inMemory answers without a network. Like a transport, it reads the whole request.
type inMemory struct {
	status int
	header http.Header
	answer []byte
	// seen, where it is set, gets the body of each request.
	seen func(*http.Request, []byte)
}

func newInMemory(status int, answer []byte) *inMemory {
	return &inMemory{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"10e4ab4a5a5e4d2fb8a1ff1e1a8b9d7c"}},
		answer: answer,
	}
}

func (m *inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		if m.seen != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			m.seen(req, body)
		} else if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	return &http.Response{
		Status: http.StatusText(m.status), StatusCode: m.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        m.header,
		Body:          io.NopCloser(bytes.NewReader(m.answer)),
		ContentLength: int64(len(m.answer)),
		Request:       req,
	}, nil
}

func memoryTarget(p payload) target {
	return target{url: "https://vpcep.example.com", roundTripper: newInMemory(http.StatusOK, p.answer)}
}

// cost is what one call of a function takes.
type cost struct{ nanos, allocs, bytes float64 }

// measure runs f for about slot and returns the cost of one run.
func measure(slot time.Duration, f func()) cost {
	runtime.GC()
	var before, after runtime.MemStats
	f()
	n := 1
	for {
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range n {
			f()
		}
		elapsed := time.Since(start)
		runtime.ReadMemStats(&after)
		if elapsed >= slot/2 || n >= 1<<28 {
			return cost{
				nanos:  float64(elapsed.Nanoseconds()) / float64(n),
				allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
				bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
			}
		}
		n = max(2*n, int(float64(n)*float64(slot)/float64(max(elapsed, time.Microsecond))))
	}
}

// inTurn measures the functions by turns, round by round, and returns the costs of each.
func inTurn(rounds int, slot time.Duration, fs []func()) [][]cost {
	costs := make([][]cost, len(fs))
	for round := range rounds {
		for i := range fs {
			i := turn(round, i, len(fs))
			costs[i] = append(costs[i], measure(slot, fs[i]))
		}
	}
	return costs
}

// turn is whose turn it is as the ith of n in a round: every other round goes
// backwards, so that nobody always comes behind the same one.
func turn(round, i, n int) int {
	if round%2 == 1 {
		return n - 1 - i
	}
	return i
}

// median returns the median of figure over the rounds.
func median[T any](rounds []T, figure func(T) float64) float64 {
	figures := make([]float64, len(rounds))
	for i, r := range rounds {
		figures[i] = figure(r)
	}
	slices.Sort(figures)
	n := len(figures)
	if n == 0 {
		return 0
	}
	return (figures[(n-1)/2] + figures[n/2]) / 2
}

// medianRatio is the median of the ratios within each round, in which the machine
// was equally busy for both.
func medianRatio[T any](rounds, base []T, figure func(T) float64) float64 {
	ratios := make([]float64, min(len(rounds), len(base)))
	for i := range ratios {
		ratios[i] = figure(rounds[i]) / figure(base[i])
	}
	return median(ratios, func(r float64) float64 { return r })
}

func nanos(c cost) float64  { return c.nanos }
func allocs(c cost) float64 { return c.allocs }
func size(c cost) float64   { return c.bytes }

var errWrongAnswer = errors.New("the call returned another endpoint than the answer holds")

// checked makes one call and checks its answer.
func checked(call callFunc) error {
	id, err := call(context.Background())
	if err == nil && id != endpointID {
		err = errWrongAnswer
	}
	return err
}

// memoryCalls returns one call in memory for each contender.
func memoryCalls(cs []contender, p payload) ([]func(), error) {
	calls := make([]func(), len(cs))
	for i, c := range cs {
		call, _, err := c.start(memoryTarget(p), p)
		if err != nil {
			return nil, err
		}
		if err := checked(call); err != nil {
			return nil, errors.New(c.name + ": " + err.Error())
		}
		ctx := context.Background()
		calls[i] = func() { _, _ = call(ctx) }
	}
	return calls, nil
}
