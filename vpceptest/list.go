package vpceptest

import (
	"cmp"
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
	records := s.order
	if q.byUpdate {
		records = byUpdate(records, now)
	}
	page := make([]Endpoint, 0, min(q.limit, len(records)))
	total := 0
	for i := range records {
		e := records[i]
		if !q.ascending {
			e = records[len(records)-1-i]
		}
		if !s.listed(e, q, now) {
			continue
		}
		if total >= q.offset && len(page) < q.limit {
			page = append(page, e.snapshot(now))
		}
		total++
	}
	return page, total
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

func (s *store) listed(e *record, q listQuery, now time.Time) bool {
	return !e.gone &&
		!now.Before(e.createdAt.Add(s.cfg.listLag)) &&
		matches(q.id, e.id) &&
		matches(q.vpcID, e.request.VPCID) &&
		contains(q.serviceName, e.service.Name)
}
