package vpceptest

import (
	"cmp"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

const (
	defaultLimit = 10
	maxLimit     = 1000
)

// listQuery is what a list asks for.
type listQuery struct {
	id, vpcID, serviceName string
	limit, offset          int
	byUpdate, ascending    bool
}

// parseListQuery reads the query of a list. A parameter that is unknown or repeated is
// refused: a client that misspells a filter would be answered too much.
func parseListQuery(raw string) (listQuery, *apiError) {
	q := listQuery{limit: defaultLimit}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return q, errParameter.with("The query cannot be read.")
	}
	for name, given := range values {
		if len(given) > 1 {
			return q, errParameter.with(name + " is repeated.")
		}
		if refusal := q.set(name, given[0]); refusal != nil {
			return q, refusal
		}
	}
	return q, nil
}

func (q *listQuery) set(name, value string) *apiError {
	valid, refusal := true, errParameter
	switch name {
	case "id":
		q.id = value
	case "vpc_id":
		q.vpcID = value
	case "endpoint_service_name":
		q.serviceName = value
	case "limit":
		refusal = errLimit
		q.limit, valid = parseInt(value, 1, maxLimit)
	case "offset":
		refusal = errOffset
		q.offset, valid = parseInt(value, 0, 1<<31-1)
	case "sort_key":
		refusal = errSortKey
		q.byUpdate, valid = value == "update_at", value == "update_at" || value == "create_at"
	case "sort_dir":
		refusal = errSortDir
		q.ascending, valid = value == "asc", value == "asc" || value == "desc"
	default:
		return errParameter.with("The query parameter " + name + " is unknown.")
	}
	if !valid {
		return refusal.plain()
	}
	return nil
}

// parseInt reads plain digits: strconv alone would take "+5" too.
func parseInt(s string, low, high int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && !strings.HasPrefix(s, "+") && low <= n && n <= high
}

// list returns a page and how many endpoints the filters let through.
func (s *store) list(q listQuery) ([]Endpoint, int) {
	now := s.lock()
	defer s.mu.Unlock()
	records := q.filter(s.listed(now))
	if q.byUpdate {
		records = byUpdate(records, now)
	}
	total := len(records)
	first := min(q.offset, total)
	page := make([]Endpoint, min(q.limit, total-first))
	for i := range page {
		at := first + i
		if !q.ascending {
			at = total - 1 - at
		}
		page[i] = records[at].snapshot(now)
	}
	return page, total
}

// listed returns the endpoints that lists show, in order of creation. It looks at none
// of them unless some are gone: a list in pages is not to cost all of it for each page.
func (s *store) listed(now time.Time) []*record {
	if len(s.order) > s.live {
		s.sweep()
	}
	n := sort.Search(len(s.order), func(i int) bool {
		return now.Before(s.order[i].createdAt.Add(s.cfg.listLag))
	})
	return s.order[:n]
}

// filter returns the endpoints that the filters let through.
func (q listQuery) filter(records []*record) []*record {
	if q.id == "" && q.vpcID == "" && q.serviceName == "" {
		return records
	}
	var out []*record
	for _, e := range records {
		if matches(q.id, e.id) && matches(q.vpcID, e.request.VPCID) && contains(q.serviceName, e.service.Name) {
			out = append(out, e)
		}
	}
	return out
}

// byUpdate sorts by the time of the last change; those that changed together stay in
// the order of their creation.
func byUpdate(records []*record, now time.Time) []*record {
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b *record) int {
		return cmp.Or(a.updatedAt(now).Compare(b.updatedAt(now)), cmp.Compare(a.seq, b.seq))
	})
	return records
}
