package vpceptest

import (
	"cmp"
	"maps"
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

// readQuery hands each parameter of a query to set, which tells whether it knows it. A
// parameter that is unknown or repeated is refused: a client that misspells a filter
// would be answered too much.
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

// pageQuery is what every list can be asked for.
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
		if q.limit == 0 { // the documentation's text allows it, its table does not
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

// pageOf returns the part of a list, which is in ascending order, that a query asks for.
func pageOf[T any](list []T, q pageQuery) []T {
	first := min(q.offset, len(list))
	if q.most > 0 {
		q.limit = min(q.limit, q.most)
	}
	page := make([]T, min(q.limit, len(list)-first))
	for i := range page {
		at := first + i
		if !q.ascending {
			at = len(list) - 1 - at
		}
		page[i] = list[at]
	}
	return page
}

// listQuery is what a list of endpoints asks for.
type listQuery struct {
	pageQuery
	id, vpcID, serviceName, borderGroup string
}

func (h *Handler) parseListQuery(raw string) (listQuery, *apiError) {
	q := listQuery{pageQuery: h.page()}
	refusal := readQuery(raw, q.set)
	return q, refusal
}

// page is what a list is asked for by default.
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

// parseInt reads plain digits: strconv alone would take "+5" too.
func parseInt(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && !strings.HasPrefix(s, "+") && low <= n && n <= high
}

// list returns a page and how many endpoints the filters let through.
func (s *store) list(a *account, q listQuery) ([]Endpoint, int) {
	now := s.lock()
	defer s.mu.Unlock()
	shown := a.endpoints.listed(now, s.cfg.listLag)
	if q.id != "" {
		shown = s.one(q.id, now)
		shown = slices.DeleteFunc(shown, func(e *record) bool { return e.account != a })
	}
	records := q.filter(shown)
	if q.byUpdate {
		records = byUpdate(records, now)
	}
	return snapshots(pageOf(records, q.pageQuery), now), len(records)
}

// one returns the endpoint of an ID, if lists show it.
func (s *store) one(id string, now time.Time) []*record {
	if e := s.byID[id]; e != nil && !e.gone && !now.Before(e.listedAt) {
		return []*record{e}
	}
	return nil
}

func snapshots(records []*record, now time.Time) []Endpoint {
	out := make([]Endpoint, len(records))
	for i, e := range records {
		out[i] = e.snapshot(now)
	}
	return out
}

// filter returns the endpoints that the filters let through.
func (q listQuery) filter(records []*record) []*record {
	if q.borderGroup != "" { // none is at an edge
		return nil
	}
	if q.vpcID == "" && q.serviceName == "" {
		return records
	}
	var out []*record
	for _, e := range records {
		if matches(q.vpcID, e.request.VPCID) && contains(q.serviceName, e.service.Name) {
			out = append(out, e)
		}
	}
	return out
}

// byUpdate sorts by the time of the last change; those that changed together stay in
// the order of their creation.
func byUpdate(records []*record, now time.Time) []*record {
	type updated struct {
		*record
		at time.Time
	}
	list := make([]updated, len(records))
	for i, e := range records {
		list[i] = updated{e, e.updatedAt(now)}
	}
	slices.SortFunc(list, func(a, b updated) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.seq, b.seq))
	})
	sorted := make([]*record, len(list))
	for i, e := range list {
		sorted[i] = e.record
	}
	return sorted
}
