package vpcep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// defaultPageSize is the page size of a list where the filter does not say.
const defaultPageSize = 100

// page is one page of a list.
type page[T any] struct {
	items    []T
	elements int   // how many the page held, readable or not: the next page begins behind them
	total    int64 // -1 where the service did not say
}

// isLast reports whether nothing comes behind a page that ends at offset. The
// total counts where the service gives it, because it may hand out smaller pages
// than it was asked for.
func (p page[T]) isLast(offset, size int) bool {
	if p.total >= int64(offset) {
		return p.total == int64(offset)
	}
	return p.elements < size // there is no total, or it is wrong
}

// listing is a list that is read page by page.
type listing[T any] struct {
	c      *Client
	what   string // for messages
	path   string
	query  url.Values // without limit and offset
	size   int
	opts   []CallOption
	decode func(string) (page[T], error)
	id     func(T) string // tells items apart
}

// seq makes a list an iterator. begin checks what the caller gave.
func seq[T any](ctx context.Context, begin func() (*listing[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		l, err := begin()
		if err == nil {
			err = l.each(ctx, func(item T) bool { return yield(item, nil) })
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// maxStalePages is how many pages in a row may hold nothing new.
const maxStalePages = 3

// errRepeatedPage ends a list that would never end.
var errRepeatedPage = errors.New("the service gave a page without anything new before the end of the list")

// each calls yield for each item until it returns false. An item comes once, even
// where it moves to a later page in the meantime.
func (l *listing[T]) each(ctx context.Context, yield func(T) bool) error {
	seen := make(map[string]struct{})
	stale := 0 // pages in a row without anything new
	var ahead *fetch[T]
	defer func() { ahead.stop() }()
	next := fetched[T]{}
	next.page, next.err = l.page(ctx, 0, l.opts)
	for offset := 0; ; {
		p := next.page
		if next.err != nil {
			return next.err
		}
		offset += p.elements
		isLast := p.isLast(offset, l.size)
		fresh := 0
		for i, item := range p.items {
			id := l.id(item)
			if _, repeated := seen[id]; repeated {
				continue
			}
			seen[strings.Clone(id)] = struct{}{} // a copy, which does not keep the item's text alive
			fresh++
			// Whoever has read half of the first page is taken to want the next one, too,
			// and from then on every next one.
			isReader := offset > p.elements || i > 0 && 2*i >= len(p.items)
			if ahead == nil && !isLast && isReader {
				ahead = l.fetch(ctx, offset)
			}
			if !yield(item) {
				return nil
			}
		}
		if isLast {
			return nil
		}
		// What is created meanwhile moves the rest to later pages: some repetition is no mistake.
		if stale++; fresh > 0 {
			stale = 0
		}
		if stale == maxStalePages || p.elements == 0 {
			return fmt.Errorf("vpcep: list %s: %w", l.what, errRepeatedPage)
		}
		if ahead == nil {
			next.page, next.err = l.page(ctx, offset, l.opts)
		} else {
			next = ahead.wait(l.opts)
			ahead = nil
		}
	}
}

// page asks for one page.
func (l *listing[T]) page(ctx context.Context, offset int, opts []CallOption) (page[T], error) {
	query := url.Values{"limit": {strconv.Itoa(l.size)}, "offset": {strconv.Itoa(offset)}}
	for name, values := range l.query {
		query[name] = values
	}
	list := call{operation: retry.Read, method: http.MethodGet, path: l.path, query: query}
	return do(ctx, l.c, list, opts, l.decode)
}

// errPageLost reports code of the caller's that called runtime.Goexit.
var errPageLost = errors.New("vpcep: the goroutine that asked for a page ended")

// fetched is what came of asking for a page.
type fetched[T any] struct {
	page     page[T]
	meta     ResponseMeta
	err      error
	panicked any // in the goroutine that asked
}

// fetch is a page that is asked for while the caller works on the one before.
type fetch[T any] struct {
	result chan fetched[T]
	cancel context.CancelFunc
}

func (l *listing[T]) fetch(ctx context.Context, offset int) *fetch[T] {
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch[T]{result: make(chan fetched[T], 1), cancel: cancel}
	go func() {
		got := fetched[T]{err: errPageLost}
		defer func() {
			got.panicked = recover()
			f.result <- got
		}()
		got.page, got.err = l.page(ctx, offset, []CallOption{WithResponse(&got.meta)})
	}()
	return f
}

// wait returns the page. The caller's options are told of it here, and not while
// the caller is at work.
func (f *fetch[T]) wait(opts []CallOption) fetched[T] {
	got := <-f.result
	f.cancel()
	if got.panicked != nil {
		panic(got.panicked) // the caller's round tripper or authenticator: the caller's to recover
	}
	for _, opt := range opts {
		if opt != nil {
			opt(&got.meta)
		}
	}
	return got
}

// stop gives the page up, and returns when nothing of it is left running.
func (f *fetch[T]) stop() {
	if f == nil {
		return
	}
	f.cancel()
	<-f.result
}

// decodePage reads one page whose items stand in the member list. A page without
// its list is an error, because the absence of an item is evidence that callers
// build upon. An element that makes no sense is left out.
func decodePage[T any](data, list string, item func(wire.Value) (T, error)) (page[T], error) {
	p := page[T]{total: -1}
	isList := false
	err := wire.Of(data).Members(func(name string, v wire.Value) {
		switch name {
		case list:
			p.items, p.elements = nil, 0
			isList = v.IsNull() || v.IsObject() || v.IsArray()
			readEach(v, func(v wire.Value) {
				p.elements++
				if one, err := item(v.Detached()); err == nil { // one that is kept does not keep its page
					p.items = append(p.items, one)
				}
			})
		case "total_count":
			if n, ok := wire.Int64(v); ok && !v.IsNull() {
				p.total = n
			}
		}
	})
	if err != nil {
		return p, err
	}
	if !isList {
		return p, fmt.Errorf("it has no list %q", list)
	}
	return p, nil
}

// setQuery leaves out what is empty.
func setQuery(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}
