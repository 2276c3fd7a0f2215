package paging

import (
	"context"
	"errors"
)

// errLost reports that the caller's code called runtime.Goexit.
var errLost = errors.New("the goroutine that requested a page ended")

// fetched is the result of requesting a page.
type fetched[T any] struct {
	page     Page[T]
	err      error
	panicked any // in the goroutine that requested it
}

// fetch is a page that was requested.
type fetch[T any] struct {
	result chan fetched[T]
	cancel context.CancelFunc
	waited bool
}

// fetch requests a page, and returns when it has arrived.
func (p Pager[T]) fetch(ctx context.Context, offset, limit int) *fetch[T] {
	f := &fetch[T]{result: make(chan fetched[T], 1), cancel: func() {}}
	page, err := p.Fetch(ctx, offset, limit)
	f.result <- fetched[T]{page: page, err: err}
	return f
}

// fetchAhead requests a page while the reader works on the previous one.
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
	f.waited = true // if this panics, stop must not wait for a second result
	got := <-f.result
	f.cancel()
	if got.panicked != nil {
		panic(got.panicked) // from the reader's code: the reader must recover it
	}
	if got.page.Reached != nil {
		got.page.Reached()
	}
	return got.page, got.err
}

// stop cancels the request for the page, and returns when its goroutine has ended.
func (f *fetch[T]) stop() {
	if f == nil || f.waited {
		return
	}
	f.cancel()
	<-f.result
}
