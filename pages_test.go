package vpcep_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// pagedService answers lists of any length, page by page, and counts.
type pagedService struct {
	total int
	takes time.Duration // for each page

	requests, inFlight, most atomic.Int32
	cancelled                atomic.Int32
}

func (s *pagedService) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	s.most.Store(max(s.most.Load(), s.inFlight.Add(1)))
	defer s.inFlight.Add(-1)
	if s.takes > 0 {
		select {
		case <-time.After(s.takes):
		case <-r.Context().Done():
			s.cancelled.Add(1)
			return nil, r.Context().Err()
		}
	}
	query := r.URL.Query()
	limit, _ := strconv.Atoi(query.Get("limit"))
	offset, _ := strconv.Atoi(query.Get("offset"))
	var body bytes.Buffer
	body.WriteString(`{"endpoints":[`)
	for i := offset; i < min(offset+limit, s.total); i++ {
		if i > offset {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"4189d3c2-8882-4871-a3c2-%012d","service_type":"interface","marker_id":%d,"status":"accepted","vpc_id":"84758cf5-9c62-43ae-a778-3dbd8370c0a4","active_status":["active"],"enable_dns":false,"endpoint_service_name":"test","endpoint_service_id":"e0c748b7-d982-47df-ba06-b9c8c7650c1a","project_id":"6e9dfd51d1124e8d8498dce894923a0d","whitelist":["10.0.0.1"],"enable_whitelist":true,"created_at":"2022-04-14T09:35:47Z","updated_at":"2022-04-14T09:36:47Z","tags":[{"key":"a","value":"b"}]}`, i, i)
	}
	fmt.Fprintf(&body, `],"total_count":%d}`, s.total)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(&body), ContentLength: int64(body.Len()), Request: r}, nil
}

func (s *pagedService) client(t *testing.T) *vpcep.Client { return clientOf(t, s) }

func TestNextPageIsFetchedWhileTheCallerWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &pagedService{total: 500, takes: 400 * time.Millisecond}
		start := time.Now()
		count := 0
		for _, err := range s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 100}) {
			require.NoError(t, err)
			time.Sleep(10 * time.Millisecond) // a second for each page
			count++
			ahead := int(s.requests.Load()) - (count+99)/100
			assert.LessOrEqual(t, ahead, 1, "not ahead by more than one page")
		}
		assert.Equal(t, 500, count)
		assert.EqualValues(t, 5, s.requests.Load())
		assert.EqualValues(t, 1, s.most.Load())
		assert.Equal(t, 5*time.Second+s.takes, time.Since(start), "only the first page is waited for")
	})
}

// A service that takes as long for a page as the caller works on one is waited for
// at the first page, and for half of the second: whoever has read a whole page is
// taken to want the one behind the next, too.
func TestWorkOfTheCallerHidesThatOfTheService(t *testing.T) {
	for _, size := range []int{1, 2, 10, 100} {
		synctest.Test(t, func(t *testing.T) {
			s := &pagedService{total: 5 * size, takes: time.Second}
			start := time.Now()
			for _, err := range s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: size}) {
				require.NoError(t, err)
				time.Sleep(time.Second / time.Duration(size))
			}
			waited := time.Since(start) - 5*time.Second
			most := s.takes + s.takes/2
			if size == 1 { // its first page has no middle
				most = 2 * s.takes
			}
			assert.LessOrEqual(t, waited, most, "pages of %d", size)
			assert.EqualValues(t, 1, s.most.Load())
			assert.EqualValues(t, 5, s.requests.Load())
		})
	}
}

func TestCallerThatStopsLeavesNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a goroutine that is left running fails the bubble
		s := &pagedService{total: 500, takes: time.Second}
		count := 0
		for range s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 100}) {
			if count++; count == 80 { // the second page is on its way
				synctest.Wait()
				assert.EqualValues(t, 2, s.requests.Load())
				break
			}
		}
		assert.EqualValues(t, 1, s.cancelled.Load())
		assert.EqualValues(t, 0, s.inFlight.Load())

		s = &pagedService{total: 500}
		for range s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 100}) {
			break
		}
		assert.EqualValues(t, 1, s.requests.Load(), "a caller that stops early does not pay for the next page")
	})
}

func TestFailedPageEndsTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &pagedService{total: 500, takes: time.Second}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		count := 0
		var last error
		for e, err := range s.client(t).ListEndpoints(ctx, vpcep.EndpointFilter{PageSize: 100}) {
			if last = err; err != nil {
				assert.Nil(t, e)
				continue
			}
			if count++; count == 90 {
				cancel()
			}
		}
		assert.Equal(t, 100, count, "what was read before is given")
		assert.ErrorIs(t, last, context.Canceled)
	})
}

// The page that is fetched ahead must not touch what the caller looks at.
func TestResponseOfAPageIsStoredWhenThePageIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &pagedService{total: 30}
		var meta vpcep.ResponseMeta
		count := 0
		for _, err := range s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 10}, vpcep.WithResponse(&meta)) {
			require.NoError(t, err)
			time.Sleep(time.Second)
			assert.Equal(t, 200, meta.StatusCode)
			meta = vpcep.ResponseMeta{StatusCode: 200}
			count++
		}
		assert.Equal(t, 30, count)
		assert.Equal(t, 200, meta.StatusCode)
	})
}

func TestListCanBeReadTwice(t *testing.T) {
	s := &pagedService{total: 5}
	list := s.client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{})
	for range 2 {
		count := 0
		for _, err := range list {
			require.NoError(t, err)
			count++
		}
		assert.Equal(t, 5, count)
	}
}

func TestKeptEndpointDoesNotKeepItsPage(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const pages, size = 20, 1000
	c := (&pagedService{total: pages * size}).client(t)
	before, count := heap(), 0
	var kept []*vpcep.Endpoint
	for e, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: size}) {
		require.NoError(t, err)
		if count++; count%size == 0 {
			kept = append(kept, e)
		}
	}
	after := heap()
	assert.Len(t, kept, pages)
	assert.Less(t, after, before+pages*size*100, "a page has some 600 bytes for each endpoint")
}

// 100,000 endpoints in pages of 1,000: in linear work, and with the heap of some pages.
func TestLongList(t *testing.T) {
	const mib = 1 << 20
	read := func(total int) (mallocs, highest uint64) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		base, before := m.HeapAlloc, m.Mallocs
		count := 0
		for e, err := range (&pagedService{total: total}).client(t).ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 1000}) {
			require.NoError(t, err)
			if count%500 == 0 {
				runtime.ReadMemStats(&m)
				if m.HeapAlloc > base {
					highest = max(highest, m.HeapAlloc-base)
				}
				require.Equal(t, "4189d3c2-8882-4871-a3c2-"+fmt.Sprintf("%012d", count), e.ID)
			}
			count++
		}
		require.Equal(t, total, count)
		runtime.ReadMemStats(&m)
		return m.Mallocs - before, highest
	}
	total := 100_000
	if raceDetector {
		total = 10_000
	}
	half, _ := read(total / 2)
	whole, highest := read(total)
	assert.InDelta(t, 2, float64(whole)/float64(half), 0.1, "twice the endpoints, twice the work")
	assert.Less(t, highest, uint64(64*mib))
	t.Logf("%d MiB of heap at the highest, %.1f allocations an endpoint", highest/mib, float64(whole)/float64(total))
}
