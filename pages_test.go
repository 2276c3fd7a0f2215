package vpcep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// pagedService serves lists of any length, page by page, and counts requests.
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

// If the service takes as long for a page as the caller works on one, the caller waits for
// the first page and half of the second: pages after that are fetched ahead.
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

// Fetching a page ahead must not change what the caller reads.
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

func standInWith(t *testing.T, n int, opts ...vpceptest.Option) (*vpceptest.Server, *vpcep.Client) {
	t.Helper()
	server := newServer(append([]vpceptest.Option{vpceptest.WithoutRecording(), vpceptest.WithCreateDelay(0)}, opts...)...)
	t.Cleanup(server.Close)
	client := server.Client()
	for i := range n {
		_, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: fmt.Sprint("n-", i/200)})
		require.NoError(t, err)
	}
	return server, client
}

// The usual loop to clean up deletes everything, in every order, over real HTTP.
func TestReaderDeletesWhatItLists(t *testing.T) {
	for _, tt := range []struct{ endpoints, size int }{{250, 0}, {1200, 1000}} {
		for _, key := range []string{"", vpcep.SortByCreateTime, vpcep.SortByUpdateTime} {
			for _, dir := range []string{"", vpcep.SortAscending, vpcep.SortDescending} {
				t.Run(fmt.Sprintf("%d, %s %s", tt.endpoints, key, dir), func(t *testing.T) {
					_, client := standInWith(t, tt.endpoints, vpceptest.WithDeleteDelay(0))
					deleted := map[string]bool{}
					for e, err := range client.ListEndpoints(t.Context(), vpcep.EndpointFilter{SortKey: key, SortDir: dir, PageSize: tt.size}) {
						require.NoError(t, err)
						require.False(t, deleted[e.ID])
						deleted[e.ID] = true
						require.NoError(t, client.DeleteEndpoint(t.Context(), e.ID))
					}
					assert.Len(t, deleted, tt.endpoints)
					left, err := client.CountEndpoints(t.Context(), vpcep.EndpointFilter{})
					require.NoError(t, err)
					assert.Zero(t, left)
				})
			}
		}
	}
}

// Others create and delete, and the reader changes what it reads, while a list is read.
func TestListWhileOthersWork(t *testing.T) {
	for _, filter := range []vpcep.EndpointFilter{
		{PageSize: 20}, {PageSize: 20, SortDir: vpcep.SortAscending},
		{PageSize: 20, SortKey: vpcep.SortByUpdateTime}, {PageSize: 20, SortKey: vpcep.SortByUpdateTime, SortDir: vpcep.SortAscending},
	} {
		t.Run(filter.SortKey+" "+filter.SortDir, func(t *testing.T) {
			_, client := standInWith(t, 300, vpceptest.WithDeleteDelay(0))
			var ids []string
			for e, err := range client.ListEndpoints(t.Context(), vpcep.EndpointFilter{PageSize: 1000}) {
				require.NoError(t, err)
				ids = append(ids, e.ID)
			}
			stay, seen := map[string]bool{}, map[string]bool{}
			for i, id := range ids {
				stay[id] = i%3 != 0
			}
			n := 0
			for e, err := range client.ListEndpoints(t.Context(), filter) {
				require.NoError(t, err)
				require.False(t, seen[e.ID], "it comes twice")
				seen[e.ID] = true
				if i := n; i < len(ids) && !stay[ids[i]] {
					require.NoError(t, client.DeleteEndpoint(t.Context(), ids[i]))
				}
				if n++; n%7 == 0 && n < 300 {
					_, err := client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s", VPCID: "v", SubnetID: "others"})
					require.NoError(t, err)
				}
				if n%11 == 0 && n < 300 {
					_, err := client.UpdateWhitelist(t.Context(), e.ID, vpcep.WhitelistChange{Entries: vpcep.WhitelistEntries("10.0.0.1")})
					if !errors.Is(err, vpcep.ErrEndpointNotFound) {
						require.NoError(t, err)
					}
				}
			}
			for id, stays := range stay {
				assert.True(t, !stays || seen[id], "%s is lost", id)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	server := newServer(vpceptest.WithCreateDelay(0),
		vpceptest.WithService(vpceptest.Service{ID: "s-1", Name: "one", Approval: true}), vpceptest.WithService(vpceptest.Service{ID: "s-2", Name: "two"}))
	defer server.Close()
	client := server.Client()
	var created *vpcep.Endpoint
	for i := range 5 {
		var err error
		created, err = client.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{EndpointServiceID: "s-1", VPCID: fmt.Sprint("v-", i%2), SubnetID: "n"})
		require.NoError(t, err)
	}
	_, err := client.AcceptConnection(t.Context(), "s-1", created.ID)
	require.NoError(t, err)
	before := len(server.Requests())
	for name, tt := range map[string]struct {
		count func() (int64, error)
		want  int64
	}{
		"endpoints": {func() (int64, error) { return client.CountEndpoints(t.Context(), vpcep.EndpointFilter{}) }, 5},
		"endpoints of a VPC": {func() (int64, error) {
			return client.CountEndpoints(t.Context(), vpcep.EndpointFilter{VPCID: "v-1", PageSize: 3})
		}, 2},
		"services":    {func() (int64, error) { return client.CountPublicServices(t.Context(), vpcep.ServiceFilter{}) }, 2},
		"connections": {func() (int64, error) { return client.CountConnections(t.Context(), "s-1", vpcep.ConnectionFilter{}) }, 5},
		"waiting connections": {func() (int64, error) {
			return client.CountConnections(t.Context(), "s-1", vpcep.ConnectionFilter{Status: vpcep.StatusPendingAcceptance})
		}, 4},
		"a marker ID": {func() (int64, error) {
			return client.CountConnections(t.Context(), "s-1", vpcep.ConnectionFilter{MarkerID: created.MarkerID})
		}, 1},
	} {
		got, err := tt.count()
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, got, name)
	}
	requests := server.Requests()[before:]
	assert.Len(t, requests, 6, "one request each")
	var waiting []string
	for k, err := range client.ListConnections(t.Context(), "s-1", vpcep.ConnectionFilter{Status: vpcep.StatusPendingAcceptance, PageSize: 1}) {
		require.NoError(t, err)
		waiting = append(waiting, k.EndpointID)
		_, err := client.RejectConnection(t.Context(), "s-1", k.EndpointID) // it leaves the list
		require.NoError(t, err)
	}
	assert.Len(t, waiting, 4)
}

func TestCountNeedsACount(t *testing.T) {
	c, mock := mocked(t)
	for _, body := range []string{`{"endpoints":[{"id":"a"}]}`, `{"total_count":null}`, `{"total_count":"many"}`, `{"total_count":-1}`, `[]`, ``} {
		mock.RegisterResponder("GET", endpointsURL, httpmock.NewStringResponder(200, body))
		n, err := c.CountEndpoints(t.Context(), vpcep.EndpointFilter{})
		assert.Error(t, err, body)
		assert.Zero(t, n)
	}
	mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "limit=1&public_border_group=g&vpc_id=v", r.URL.RawQuery)
		return httpmock.NewStringResponse(200, `{"endpoints":[],"total_count":"12"}`), nil
	})
	n, err := c.CountEndpoints(t.Context(), vpcep.EndpointFilter{VPCID: "v", PublicBorderGroup: "g", SortKey: "update_at", PageSize: 7})
	require.NoError(t, err)
	assert.EqualValues(t, 12, n)
}

// A total may include endpoints that the caller cannot see.
func TestTotalThatIsTooLarge(t *testing.T) {
	for shown := range 4 {
		c, mock := mocked(t)
		mock.RegisterResponder("GET", endpointsURL, listServer(shown, func(body map[string]any) { body["total_count"] = 40 }))
		ids, err := listed(c, t.Context(), vpcep.EndpointFilter{})
		require.NoError(t, err)
		assert.Len(t, ids, shown)
		assert.LessOrEqual(t, mock.GetTotalCallCount(), 3)
	}
}

func TestListsWithoutEnd(t *testing.T) {
	c, mock := mocked(t)
	mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
		query := r.URL.Query()
		limit, _ := strconv.Atoi(query.Get("limit"))
		offset, _ := strconv.Atoi(query.Get("offset"))
		list := make([]any, limit)
		for i := range list {
			list[i] = map[string]any{"id": fmt.Sprint(offset + i)}
		}
		return httpmock.NewJsonResponse(200, map[string]any{"endpoints": list, "total_count": 3})
	})
	ids, err := listed(c, t.Context(), vpcep.EndpointFilter{PageSize: 1000})
	require.ErrorContains(t, err, "vpcep: list endpoints: the list is longer than it can be")
	assert.Less(t, len(ids), 12_000)

	body := `{"endpoints":[` + strings.Repeat("{},", 100) + `{}],"total_count":101}`
	mock.RegisterResponder("GET", endpointsURL, httpmock.NewStringResponder(200, body))
	_, err = listed(c, t.Context(), vpcep.EndpointFilter{})
	var answer *vpcep.APIError
	require.ErrorAs(t, err, &answer)
	assert.ErrorContains(t, err, "101 endpoints, but the limit was 100")
}

func TestFiltersAreValidated(t *testing.T) {
	long := strings.Repeat("x", 129)
	checked, _ := mocked(t)
	for range checked.ListConnections(t.Context(), "s", vpcep.ConnectionFilter{}) {
		break
	}
	for _, tt := range []struct {
		want string
		err  func(c *vpcep.Client) error
	}{
		{"id vpc_id endpoint_service_name public_border_group sort_key sort_dir limit", func(c *vpcep.Client) error {
			return firstError(c.ListEndpoints(t.Context(), vpcep.EndpointFilter{
				ID: long, VPCID: long, EndpointServiceName: long, PublicBorderGroup: long, SortKey: "created_at", SortDir: "up", PageSize: 1001,
			}))
		}},
		{"id endpoint_service_name", func(c *vpcep.Client) error {
			return firstError(c.ListPublicServices(t.Context(), vpcep.ServiceFilter{ID: long, Name: long}))
		}},
		{"id status", func(c *vpcep.Client) error {
			return firstError(c.ListConnections(t.Context(), "s", vpcep.ConnectionFilter{EndpointID: long, Status: vpcep.EndpointStatus(long)}))
		}},
		{"endpoint_service_name", func(c *vpcep.Client) error {
			_, err := c.CountEndpoints(t.Context(), vpcep.EndpointFilter{EndpointServiceName: long})
			return err
		}},
	} {
		assert.Equal(t, tt.want, fieldsOf(tt.err(checked)))
		asked := false
		unchecked, mock := mocked(t, vpcep.WithoutValidation())
		mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
			asked = true
			return httpmock.NewStringResponse(200, `{"endpoints":[],"endpoint_services":[],"connections":[],"total_count":0}`), nil
		})
		assert.NoError(t, tt.err(unchecked))
		assert.True(t, asked)
	}
	c, mock := mocked(t, vpcep.WithoutValidation())
	mock.RegisterResponder("GET", endpointsURL, func(r *http.Request) (*http.Response, error) {
		assert.Equal(t, "limit=5000&offset=0&sort_key=created_at", r.URL.RawQuery)
		return httpmock.NewStringResponse(200, `{"endpoints":[],"total_count":0}`), nil
	})
	_, err := listed(c, t.Context(), vpcep.EndpointFilter{SortKey: "created_at", PageSize: 5000})
	require.NoError(t, err)
	_, err = listed(c, t.Context(), vpcep.EndpointFilter{PageSize: -1})
	assert.Equal(t, "limit", fieldsOf(err), "no page has less than no elements")
	assert.Equal(t, "service_id", fieldsOf(firstError(c.ListConnections(t.Context(), "../x", vpcep.ConnectionFilter{}))))
}

func firstError[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}
