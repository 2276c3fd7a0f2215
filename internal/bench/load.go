package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// runner is one contender with a server of its own.
type runner struct {
	contender
	server  *server
	call    callFunc
	stop    func()
	callers int
	// The connections that the server saw until every caller had been answered
	// warmUpCalls times, and from then on.
	warmUpDials, laterDials int64
	rates                   []float64 // calls a second, by round
	cpu                     []float64 // nanoseconds of all cores for each call, the server's included, by round
	calls                   int64     // after the warm-up
}

const warmUpCalls = 20

func startRunner(c contender, p payload, callers int, http2 bool) (*runner, error) {
	r := &runner{contender: c, server: newServer(p.answer, callers, http2), callers: callers}
	var err error
	if r.call, r.stop, err = c.start(r.server.target(), p); err != nil {
		r.server.Close()
		return nil, err
	}
	return r, nil
}

func (r *runner) close() {
	r.stop()
	r.server.CloseClientConnections()
	r.server.Close()
}

// together runs f in every caller at once and returns the first error.
func (r *runner) together(f func() error) error {
	var wg sync.WaitGroup
	errs := make(chan error, r.callers)
	for range r.callers {
		wg.Go(func() {
			if err := f(); err != nil {
				errs <- fmt.Errorf("%s: %w", r.name, err)
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func (r *runner) repeat(calls int) error {
	return r.together(func() error {
		for range calls {
			if err := checked(r.call); err != nil {
				return err
			}
		}
		return nil
	})
}

// warmUp makes the first calls, which are not measured.
func (r *runner) warmUp() error {
	err := r.repeat(warmUpCalls)
	r.warmUpDials = r.server.dials.Load()
	return err
}

// round makes calls for about slot.
func (r *runner) round(slot time.Duration) error {
	var calls atomic.Int64
	ctx := context.Background()
	runtime.GC()
	start, cpu := time.Now(), cpuTime()
	end := start.Add(slot)
	err := r.together(func() error {
		for time.Now().Before(end) {
			if _, err := r.call(ctx); err != nil {
				return err
			}
			calls.Add(1)
		}
		return nil
	})
	r.rates = append(r.rates, float64(calls.Load())/time.Since(start).Seconds())
	r.cpu = append(r.cpu, float64(cpuTime()-cpu)/float64(calls.Load()))
	r.calls += calls.Load()
	r.laterDials = r.server.dials.Load() - r.warmUpDials
	return err
}

// load runs the contenders in turn, round by round.
func load(cs []contender, p payload, callers, rounds int, slot time.Duration, http2 bool) ([]*runner, error) {
	var runners []*runner
	defer func() {
		for _, r := range runners {
			r.close()
		}
	}()
	for _, c := range cs {
		r, err := startRunner(c, p, callers, http2)
		if err != nil {
			return nil, err
		}
		runners = append(runners, r)
		if err := r.warmUp(); err != nil {
			return nil, err
		}
	}
	for round := range rounds {
		for i := range runners {
			if err := runners[turn(round, i, len(runners))].round(slot); err != nil {
				return nil, err
			}
		}
	}
	return runners, nil
}
