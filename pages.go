package vpcep

import (
	"cmp"
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

// listing is one list of the service, which is read page by page.
type listing[T any] struct {
	what   string // for messages
	path   string
	member string // of an answer, which holds the items
	check  func(*fieldErrors)
	filter EndpointFilter
	read   func(wire.Value) (T, error)
	id     func(T) string // tells items apart
}

// list is the iterator of a list.
func list[T any](ctx context.Context, c *Client, opts []CallOption, l listing[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		settings, err := c.begin(ctx, opts)
		if err == nil {
			err = eachWith(ctx, c, settings, l, func(item T) bool { return yield(item, nil) })
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// request asks for the page that begins at offset.
func (l *listing[T]) request(offset int) request[page[T]] {
	query := l.filter.query()
	query.Set("limit", strconv.Itoa(l.size()))
	query.Set("offset", strconv.Itoa(offset))
	return request[page[T]]{
		operation: retry.Read, method: http.MethodGet, path: l.path, query: query,
		check: func(f *fieldErrors) {
			if l.check != nil {
				l.check(f)
			}
			f.filter(l.filter)
		},
		decode: func(body string) (page[T], error) { return decodePage(body, l.member, l.read) },
	}
}

func (l *listing[T]) size() int { return cmp.Or(l.filter.PageSize, defaultPageSize) }

// query is the filter as it is sent. What is empty is left out.
func (filter EndpointFilter) query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{
		"id": filter.ID, "vpc_id": filter.VPCID, "endpoint_service_name": filter.EndpointServiceName,
		"sort_key": filter.SortKey, "sort_dir": filter.SortDir,
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// maxStalePages is how many pages in a row may hold nothing new.
const maxStalePages = 3

// errRepeatedPage ends a list that would never end.
var errRepeatedPage = errors.New("the service gave a page without anything new before the end of the list")

// eachWith calls yield for each item until it returns false. An item comes once, even
// where it moves to a later page in the meantime.
func eachWith[T any](ctx context.Context, c *Client, settings callSettings, l listing[T], yield func(T) bool) error {
	seen := make(map[string]struct{})
	stale := 0 // pages in a row without anything new
	var ahead *fetch[T]
	defer func() { ahead.stop() }()
	p, err := doWith(ctx, c, settings, l.request(0))
	for offset := 0; ; {
		if err != nil {
			return err
		}
		offset += p.elements
		isLast := p.isLast(offset, l.size())
		fresh := 0
		for i, item := range p.items {
			id := l.id(item)
			if _, repeated := seen[id]; repeated {
				continue
			}
			seen[strings.Clone(id)] = struct{}{} // a copy, which does not keep the item's text alive
			fresh++
			// Page 2 is fetched ahead once half of page 1 is consumed, later pages at once.
			isReader := offset > p.elements || i > 0 && 2*i >= len(p.items)
			if ahead == nil && !isLast && isReader {
				ahead = fetchPage(ctx, c, settings, l.request(offset))
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
			p, err = doWith(ctx, c, settings, l.request(offset))
		} else {
			p, err = ahead.wait(settings)
			ahead = nil
		}
	}
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

func fetchPage[T any](ctx context.Context, c *Client, settings callSettings, r request[page[T]]) *fetch[T] {
	ctx, cancel := context.WithCancel(ctx)
	f := &fetch[T]{result: make(chan fetched[T], 1), cancel: cancel}
	go func() {
		got := fetched[T]{err: errPageLost}
		defer func() {
			got.panicked = recover()
			f.result <- got
		}()
		// The caller's own ResponseMeta is not written while the caller is at work.
		settings.response = &got.meta
		got.page, got.err = doWith(ctx, c, settings, r)
	}()
	return f
}

// wait returns the page, and tells the caller of it.
func (f *fetch[T]) wait(settings callSettings) (page[T], error) {
	got := <-f.result
	f.cancel()
	if got.panicked != nil {
		panic(got.panicked) // the caller's round tripper or authenticator: the caller's to recover
	}
	if settings.response != nil {
		*settings.response = got.meta
	}
	return got.page, got.err
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
			wire.Each(v, func(v wire.Value) {
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
