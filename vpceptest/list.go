package vpceptest

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 10
	maxLimit     = 1000
)

// readQuery passes each parameter of a query to set, which reports whether it knows it. An
// unknown or repeated parameter is refused: a client that misspells a filter would
// otherwise get too many results.
func readQuery(raw string, set func(name, value string) (bool, *apiError)) *apiError {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return errParameter.with("The query cannot be read.")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(values[name]) > 1 {
			return errParameter.with(name + " is repeated.")
		}
		known, refusal := set(name, values[name][0])
		if !known {
			return errParameter.with("The query parameter " + name + " is unknown.")
		}
		if refusal != nil {
			return refusal
		}
	}
	return nil
}

// pageQuery is the parameters that every list has.
type pageQuery struct {
	limit, offset       int
	most                int // entries of a page; 0: any number
	maxLimit            int // what limit may be; 0: maxLimit
	byUpdate, ascending bool
}

func (q *pageQuery) set(name, value string) (bool, *apiError) {
	switch name {
	case "limit", "offset", "sort_key", "sort_dir":
		return true, q.setKnown(name, value)
	default:
		return false, nil
	}
}

func (q *pageQuery) setKnown(name, value string) *apiError {
	valid, refusal := true, errLimit
	switch name {
	case "limit":
		q.limit, valid = parseInt(value, 0, cmp.Or(q.maxLimit, maxLimit))
		if q.limit == 0 { // the documentation allows it in its text, but not in its table
			q.limit = defaultLimit
		}
	case "offset":
		refusal = errOffset
		q.offset, valid = parseInt(value, 0, 1<<31-1)
	case "sort_key":
		refusal = errSortKey
		q.byUpdate, valid = value == "update_at" || value == "updated_at",
			slices.Contains([]string{"create_at", "created_at", "update_at", "updated_at"}, value)
	case "sort_dir":
		refusal = errSortDir
		q.ascending, valid = value == "asc", value == "asc" || value == "desc"
	}
	if !valid {
		return refusal.plain()
	}
	return nil
}

// window returns where in a list of n entries the page begins, and how many entries it has.
func (q pageQuery) window(n int) (first, count int) {
	first, limit := min(q.offset, n), q.limit
	if q.most > 0 {
		limit = min(limit, q.most)
	}
	return first, min(limit, n-first)
}

// pageOf returns the page that a query asks for from a list in ascending order.
func pageOf[T any](list []T, q pageQuery) []T {
	first, count := q.window(len(list))
	page := make([]T, count)
	for i := range page {
		at := first + i
		if !q.ascending {
			at = len(list) - 1 - at
		}
		page[i] = list[at]
	}
	return page
}

// records returns the page of the endpoints that match, and how many match. Without a filter,
// it reads only the page. With one, or if sorted by the last change, it reads every
// endpoint, and keeps no more than it needs.
func (q pageQuery) records(list listed, now time.Time, fits func(*record) bool) (page []*record, total int) {
	switch n := list.len(); {
	case q.byUpdate:
		return q.byLastChange(list, now, fits)
	case fits == nil:
		first, count := q.window(n)
		for i := range count {
			page = append(page, list.at(first+i, q.ascending))
		}
		return page, n
	default:
		_, most := q.window(math.MaxInt)
		for i := range n {
			e := list.at(i, q.ascending)
			if !fits(e) {
				continue
			}
			if total >= q.offset && len(page) < most {
				page = append(page, e)
			}
			total++
		}
		return page, total
	}
}

// byLastChange sorts by the time of the last change, then by creation.
func (q pageQuery) byLastChange(list listed, now time.Time, fits func(*record) bool) (page []*record, total int) {
	type changed struct {
		*record
		at time.Time
	}
	order := func(a, b changed) int {
		result := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.seq, b.seq))
		if !q.ascending {
			return -result
		}
		return result
	}
	first, count := q.window(list.len())
	end := first + count
	var best []changed
	for i := range list.len() {
		e := list.at(i, true)
		if fits != nil && !fits(e) {
			continue
		}
		total++
		if best = append(best, changed{e, e.updatedAt(now)}); len(best) > 2*end { // drop the rest from time to time
			slices.SortFunc(best, order)
			best = best[:end]
		}
	}
	slices.SortFunc(best, order)
	for _, e := range best[min(first, len(best)):min(end, len(best))] {
		page = append(page, e.record)
	}
	return page, total
}

// listQuery is the query of a list of endpoints.
type listQuery struct {
	pageQuery
	id, vpcID, serviceName, borderGroup string
}

func (h *Handler) parseListQuery(raw string) (listQuery, *apiError) {
	q := listQuery{pageQuery: h.page()}
	refusal := readQuery(raw, q.set)
	return q, refusal
}

// page returns the default query of a list.
func (h *Handler) page() pageQuery { return pageQuery{limit: defaultLimit, most: h.cfg.pageLimit} }

func (q *listQuery) set(name, value string) (bool, *apiError) {
	switch name {
	case "id":
		q.id = value
	case "vpc_id":
		q.vpcID = value
	case "endpoint_service_name":
		q.serviceName = value
	case "public_border_group":
		q.borderGroup = value
	default:
		return q.pageQuery.set(name, value)
	}
	return true, nil
}

// parseInt reads only digits: strconv would also accept "+5".
func parseInt(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && !strings.HasPrefix(s, "+") && low <= n && n <= high
}

// list returns a page, and how many endpoints match the filters.
func (s *store) list(a *account, q listQuery) ([]Endpoint, int) {
	now := s.lock()
	defer s.mu.Unlock()
	page, total := q.records(s.candidates(a, q, now), now, q.fits())
	out := make([]Endpoint, len(page))
	for i, e := range page {
		out[i] = e.snapshot(now)
	}
	return out, total
}

// candidates returns the endpoints of the smallest shelf that has all that can match.
func (s *store) candidates(a *account, q listQuery, now time.Time) listed {
	switch {
	case q.borderGroup != "": // none is at an edge
		return listed{}
	case q.id != "":
		return s.one(q.id, now, func(e *record) bool { return e.account == a && matches(q.vpcID, e.request.VPCID) })
	case q.vpcID == "":
		return a.endpoints.listed(now, s.cfg.listLag)
	case a.vpcs[q.vpcID] == nil:
		return listed{}
	default:
		return a.vpcs[q.vpcID].listed(now, s.cfg.listLag)
	}
}

// fits returns the filter for what the shelves do not cover, or nil.
func (q listQuery) fits() func(*record) bool {
	if q.serviceName == "" {
		return nil
	}
	part := strings.ToLower(q.serviceName) // once, not for each endpoint
	return func(e *record) bool { return contains(part, e.service.Name) }
}

// one returns the endpoint with an ID, if lists show it and it matches.
func (s *store) one(id string, now time.Time, fits func(*record) bool) listed {
	if e := s.byID[id]; e != nil && !e.gone && !now.Before(e.listedAt) && fits(e) {
		return listed{newest: []*record{e}}
	}
	return listed{}
}
