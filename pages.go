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
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// defaultPageSize is the page size of a list if the filter does not set it.
const defaultPageSize = 100

// listing is one list of the service, which is read page by page.
type listing[T any] struct {
	of     *resource[T]
	path   string
	ids    []string
	member string // of a response, which holds the items
	filter listFilter
	// body returns the body of a list that is requested with POST; a limit of 0 asks for
	// its count. If nil, the list is a GET with a query.
	body func(offset, limit int) any
}

// list returns the iterator over a list.
func list[T any](ctx context.Context, c *Client, opts []CallOption, l listing[T]) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		settings, err := c.begin(ctx, opts)
		if err == nil {
			err = eachWith(ctx, c, settings, l, func(item *T) bool { return yield(item, nil) })
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// eachWith calls yield for each item until it returns false.
func eachWith[T any](ctx context.Context, c *Client, settings callSettings, l listing[T], yield func(*T) bool) error {
	return readWith(c, settings, l, func(p paging.Pager[*T]) error { return p.Each(ctx, yield) })
}

// pagesWith calls take with the new items of each page until it returns false. It does
// not read ahead.
func pagesWith[T any](ctx context.Context, c *Client, settings callSettings, l listing[T], take func([]*T) bool) error {
	return readWith(c, settings, l, func(p paging.Pager[*T]) error { return p.Pages(ctx, take) })
}

// readWith calls read with the pager of a list.
func readWith[T any](c *Client, settings callSettings, l listing[T], read func(paging.Pager[*T]) error) error {
	var failure error // of a call, which names its own request
	pager := paging.Pager[*T]{
		Size: max(cmp.Or(l.filter.pageSize, defaultPageSize), 1), MaxSize: l.filter.largestPage(), Order: l.filter.order(),
		Fetch: func(ctx context.Context, offset, limit int) (paging.Page[*T], error) {
			// The caller's ResponseMeta is written when the caller reaches the page.
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
	err := read(pager)
	if err == nil || failure != nil {
		return failure
	}
	return fmt.Errorf("vpcep: list %ss: %w", l.of.name, err)
}

// request returns the request for the page that begins at offset.
func (l *listing[T]) request(offset, limit int) request[paging.Page[*T]] {
	query := l.filter.query()
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	page := request[paging.Page[*T]]{
		operation: retry.Read, method: http.MethodGet, path: l.path, ids: l.ids, query: query,
		check: l.filter.check, validate: l.filter.validate,
		decode: func(ctx context.Context, body string) (paging.Page[*T], error) { return l.decode(ctx, body, limit) },
	}
	if l.body != nil {
		page.method, page.query, page.body = http.MethodPost, nil, l.body(offset, limit)
	}
	return page
}

// count asks the service for the number of items.
func count[T any](ctx context.Context, c *Client, opts []CallOption, l listing[T]) (int64, error) {
	filter := listFilter{by: l.filter.by, refuse: l.filter.refuse, rules: l.filter.rules}
	query := filter.query()
	query.Set("limit", "1")
	total := request[int64]{
		operation: retry.Read, method: http.MethodGet, path: l.path, ids: l.ids, query: query,
		check: filter.check, validate: filter.validate, decode: decodeCount,
	}
	if l.body != nil {
		total.method, total.query, total.body = http.MethodPost, nil, l.body(0, 0)
	}
	return do(ctx, c, opts, total)
}

// listFilter is how a list is filtered and sorted.
type listFilter struct {
	by               []parameter
	sortKey, sortDir string
	pageSize         int
	maxPageSize      int                // 0 means the constant maxPageSize
	refuse           func(*fieldErrors) // refuses parameters that the list does not have, or nil
	rules            func(*fieldErrors) // further validation, or nil
}

// parameter is one parameter of a query, left out if empty.
type parameter struct {
	name, value string
	most        int // the most characters allowed
}

// check applies even without validation.
func (filter listFilter) check(f *fieldErrors) {
	if filter.pageSize < 0 {
		f.add("limit", "the page size %d is negative", filter.pageSize)
	}
	if filter.refuse != nil {
		filter.refuse(f)
	}
}

// validate reports every invalid setting.
func (filter listFilter) validate(f *fieldErrors) {
	for _, p := range filter.by {
		f.length(p.name, p.value, 0, p.most)
	}
	if filter.rules != nil {
		filter.rules(f)
	}
	if !oneOf(filter.sortKey, "", SortByCreateTime, SortByUpdateTime) {
		f.add("sort_key", "%s is neither create_at nor update_at", text.Quoted(filter.sortKey))
	}
	if !oneOf(filter.sortDir, "", SortAscending, SortDescending) {
		f.add("sort_dir", "%s is neither asc nor desc", text.Quoted(filter.sortDir))
	}
	if most := filter.largestPage(); filter.pageSize > most {
		f.add("limit", "the page size %d is not between 1 and %d", filter.pageSize, most)
	}
}

func (filter listFilter) largestPage() int { return cmp.Or(filter.maxPageSize, maxPageSize) }

func (filter listFilter) query() url.Values {
	query := url.Values{}
	for _, p := range filter.by {
		query.Set(p.name, p.value)
	}
	query.Set("sort_key", filter.sortKey)
	query.Set("sort_dir", filter.sortDir)
	maps.DeleteFunc(query, func(_ string, values []string) bool { return values[0] == "" })
	return query
}

// order returns what a change does to the order. An unknown key may be one that changes.
func (filter listFilter) order() paging.Order {
	switch {
	case oneOf(filter.sortKey, "", SortByCreateTime, "created_at", "id"):
		return paging.Fixed
	case filter.sortDir == SortAscending:
		return paging.ToEnd
	}
	return paging.ToFront
}

// decode reads one page. A page without its list is an error, because callers rely on
// the absence of an item. An invalid element keeps its place in the list, but is hidden.
func (l *listing[T]) decode(ctx context.Context, data string, limit int) (paging.Page[*T], error) {
	p := paging.Page[*T]{Total: -1}
	isList, isNull, elements := false, false, 0
	err := wire.Within(ctx, data).Members(func(name string, v wire.Value) {
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
	case !isList && (!isNull || p.Total > 0): // null may stand for an empty list
		return p, fmt.Errorf("the body has no list %q", l.member)
	case elements > limit:
		return p, fmt.Errorf("the body has %d %ss, but the limit was %d", elements, l.of.name, limit)
	}
	return p, nil
}

// item reads an element, detached: keeping it does not keep its page in memory.
func (l *listing[T]) item(v wire.Value) paging.Item[*T] {
	v = v.Detached()
	value, err := l.of.readNamed(v)
	if err != nil {
		return paging.Item[*T]{ID: "\x00" + string(v.Raw()), Hidden: true}
	}
	return paging.Item[*T]{ID: l.of.id(value), Version: l.of.version(value), Value: value}
}

// readTotal returns -1 if v is not a total.
func readTotal(v wire.Value) int64 {
	if n, ok := wire.Int64(v); ok && !v.IsNull() && n >= 0 {
		return n
	}
	return -1
}

func decodeCount(ctx context.Context, data string) (int64, error) {
	total := int64(-1)
	err := wire.Within(ctx, data).Members(func(name string, v wire.Value) {
		if name == "total_count" {
			total = readTotal(v)
		}
	})
	if err == nil && total < 0 {
		err = errors.New("the body has no total_count")
	}
	if err != nil {
		return 0, err
	}
	return total, nil
}
