package paging

import (
	"context"
	"errors"
)

// errLost reports code of the caller's that called runtime.Goexit.
var errLost = errors.New("the goroutine that requested a page ended")

// fetched is what came of asking for a page.
type fetched[T any] struct {
	page     Page[T]
	err      error
	panicked any // in the goroutine that asked
}

// fetch is a page that was asked for.
type fetch[T any] struct {
	result chan fetched[T]
	cancel context.CancelFunc
	waited bool
}

// fetch asks for a page, and returns with the answer.
func (p Pager[T]) fetch(ctx context.Context, offset, limit int) *fetch[T] {
	f := &fetch[T]{result: make(chan fetched[T], 1), cancel: func() {}}
	page, err := p.Fetch(ctx, offset, limit)
	f.result <- fetched[T]{page: page, err: err}
	return f
}

// fetchAhead asks for a page while the reader works on the one before.
func (p Pager[T]) fetchAhead(ctx context.Context, offset, limit int) *fetch[T] {
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch[T]{result: make(chan fetched[T], 1), cancel: cancel}
	go func() {
		got := fetched[T]{err: errLost}
		defer func() {
			got.panicked = recover()
			f.result <- got
		}()
		got.page, got.err = p.Fetch(ctx, offset, limit)
	}()
	return f
}

// wait returns the page.
func (f *fetch[T]) wait() (Page[T], error) {
	f.waited = true // it may panic: stop must not wait for a second result then
	got := <-f.result
	f.cancel()
	if got.panicked != nil {
		panic(got.panicked) // code of the reader's, which it is the reader's to recover
	}
	if got.page.Reached != nil {
		got.page.Reached()
	}
	return got.page, got.err
}

// stop gives the page up, and returns when nothing of it is left running.
func (f *fetch[T]) stop() {
	if f == nil || f.waited {
		return
	}
	f.cancel()
	<-f.result
}
