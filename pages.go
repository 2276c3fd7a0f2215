package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/vpcep/vpcep-go/internal/paging"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// defaultPageSize is the page size of a list where the filter does not say.
const defaultPageSize = 100

// listing is one list of the service, which is read page by page.
type listing[T any] struct {
	what   string // for messages
	path   string
	member string // of an answer, which holds the items
	filter listFilter
	check  func(*fieldErrors) // holds even without validation
	read   func(wire.Value) (T, error)
	id     func(T) string // tells items apart
	// version differs after a change that moves an item in a list sorted by updates. nil: none is known.
	version func(T) int64
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

// eachWith calls yield for each item until it returns false.
func eachWith[T any](ctx context.Context, c *Client, settings callSettings, l listing[T], yield func(T) bool) error {
	var failure error // of a call, which says by itself what it was about
	pager := paging.Pager[T]{
		Size: max(cmp.Or(l.filter.pageSize, defaultPageSize), 1), MaxSize: maxPageSize, Order: l.filter.order(),
		Fetch: func(ctx context.Context, offset, limit int) (paging.Page[T], error) {
			// The caller's own ResponseMeta is written when the caller gets to the page.
			var meta ResponseMeta
			settings := settings
			dst := settings.response
			settings.response = &meta
			page, err := doWith(ctx, c, settings, l.request(offset, limit))
			page.Reached = func() {
				failure = err
				if dst != nil {
					*dst = meta
				}
			}
			return page, err
		},
	}
	err := pager.Each(ctx, yield)
	if err == nil || failure != nil {
		return failure
	}
	return fmt.Errorf("vpcep: list %s: %w", l.what, err)
}

// request asks for the page that begins at offset.
func (l *listing[T]) request(offset, limit int) request[paging.Page[T]] {
	query := l.filter.query()
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	return request[paging.Page[T]]{
		operation: retry.Read, method: http.MethodGet, path: l.path, query: query,
		check: l.checkPath, validate: func(f *fieldErrors) { f.filter(l.filter) },
		decode: func(body string) (paging.Page[T], error) { return l.decode(body, limit) },
	}
}

// count asks how many items the service counts.
func (l *listing[T]) count() request[int64] {
	query := l.filter.query()
	query.Set("limit", "1")
	return request[int64]{
		operation: retry.Read, method: http.MethodGet, path: l.path, query: query,
		check: l.checkPath, validate: func(f *fieldErrors) { f.filter(l.filter) },
		decode: decodeCount,
	}
}

func (l *listing[T]) checkPath(f *fieldErrors) {
	if l.check != nil {
		l.check(f)
	}
	if l.filter.pageSize < 0 {
		f.add("limit", "the page size %d is negative", l.filter.pageSize)
	}
}

// listFilter is what lists are filtered and sorted by.
type listFilter struct {
	by               map[string]string // parameters of the query; what is empty is left out
	sortKey, sortDir string
	pageSize         int
}

func (filter listFilter) query() url.Values {
	query := url.Values{}
	for name, value := range filter.by {
		query.Set(name, value)
	}
	query.Set("sort_key", filter.sortKey)
	query.Set("sort_dir", filter.sortDir)
	maps.DeleteFunc(query, func(_ string, values []string) bool { return values[0] == "" })
	return query
}

// order says what a change does to the order. A key that is unknown may be one that
// changes.
func (filter listFilter) order() paging.Order {
	switch {
	case oneOf(filter.sortKey, "", SortByCreateTime, "created_at", "id"):
		return paging.Fixed
	case filter.sortDir == SortAscending:
		return paging.ToEnd
	}
	return paging.ToFront
}

// decode reads one page. A page without its list is an error, because the absence of
// an item is evidence that callers build upon. An element that makes no sense has its
// place in the list, and is not shown.
func (l *listing[T]) decode(data string, limit int) (paging.Page[T], error) {
	p := paging.Page[T]{Total: -1}
	isList, isNull, elements := false, false, 0
	err := wire.Of(data).Members(func(name string, v wire.Value) {
		switch name {
		case l.member:
			p.Items, elements = nil, 0
			isNull, isList = v.IsNull(), v.IsObject() || v.IsArray()
			wire.Each(v, func(v wire.Value) {
				if elements++; elements <= limit {
					p.Items = append(p.Items, l.item(v))
				}
			})
		case "total_count":
			p.Total = readTotal(v)
		}
	})
	switch {
	case err != nil:
		return p, err
	case !isList && (!isNull || p.Total > 0): // null is what an empty list can look like, and nothing else
		return p, fmt.Errorf("it has no list %q", l.member)
	case elements > limit:
		return p, fmt.Errorf("it has %d %s, where %d were asked for", elements, l.what, limit)
	}
	return p, nil
}

// item reads an element. One that is kept does not keep its page.
func (l *listing[T]) item(v wire.Value) paging.Item[T] {
	v = v.Detached()
	value, err := l.read(v)
	if err != nil {
		return paging.Item[T]{ID: "\x00" + string(v.Raw()), Hidden: true}
	}
	item := paging.Item[T]{ID: l.id(value), Value: value}
	if l.version != nil {
		item.Version = l.version(value)
	}
	return item
}

// readTotal is -1 where v is no total.
func readTotal(v wire.Value) int64 {
	if n, ok := wire.Int64(v); ok && !v.IsNull() && n >= 0 {
		return n
	}
	return -1
}

func decodeCount(data string) (int64, error) {
	total := int64(-1)
	err := wire.Of(data).Members(func(name string, v wire.Value) {
		if name == "total_count" {
			total = readTotal(v)
		}
	})
	if err == nil && total < 0 {
		err = errors.New("it has no total_count")
	}
	if err != nil {
		return 0, err
	}
	return total, nil
}
