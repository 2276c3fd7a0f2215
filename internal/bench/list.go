package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"

	"github.com/vpcep/vpcep-go"
)

const (
	listPageSize = 1000
	maxListHeap  = 64 << 20
)

// listed answers lists of any length without a network.
type listed struct{ total int }

func (l listed) RoundTrip(req *http.Request) (*http.Response, error) {
	offset, err := strconv.Atoi(req.URL.Query().Get("offset"))
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	body.WriteString(`{"endpoints":[`)
	for i := offset; i < min(offset+listPageSize, l.total); i++ {
		if i > offset {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"4189d3c2-8882-4871-a3c2-%012d","service_type":"interface","marker_id":%d,"status":"accepted",`+
			`"vpc_id":"84758cf5-9c62-43ae-a778-3dbd8370c0a4","active_status":["active"],"enable_dns":false,`+
			`"endpoint_service_name":"test","endpoint_service_id":"e0c748b7-d982-47df-ba06-b9c8c7650c1a",`+
			`"project_id":"6e9dfd51d1124e8d8498dce894923a0d","whitelist":["10.0.0.1"],"enable_whitelist":true,`+
			`"created_at":"2022-04-14T09:35:47Z","updated_at":"2022-04-14T09:36:47Z","tags":[{"key":"a","value":"b"}]}`, i, i)
	}
	fmt.Fprintf(&body, `],"total_count":%d}`, l.total)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(&body), ContentLength: int64(body.Len()), Request: req,
	}, nil
}

// listCost is what an endpoint of a list takes.
type listCost struct {
	nanos float64 // of all cores, which is also what it takes to make the answers
	heap  uint64  // the most that there was, above what there was before
}

func readList(total int) (listCost, error) {
	client, err := vpcep.NewClient(vpcep.WithBaseURL("https://vpcep.example.com"), vpcep.WithProjectID(projectID), vpcep.WithToken(token),
		vpcep.WithHTTPClient(&http.Client{Transport: listed{total}}))
	if err != nil {
		return listCost{}, err
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, cost, count := m.HeapAlloc, listCost{}, 0
	start := cpuTime()
	for _, err := range client.ListEndpoints(context.Background(), vpcep.EndpointFilter{PageSize: listPageSize}) {
		if err != nil {
			return listCost{}, err
		}
		if count++; count%(listPageSize/2) == 0 {
			runtime.ReadMemStats(&m)
			cost.heap = max(cost.heap, m.HeapAlloc-min(base, m.HeapAlloc))
		}
	}
	if count != total {
		return listCost{}, fmt.Errorf("%d endpoints were listed, not %d", count, total)
	}
	cost.nanos = float64(cpuTime()-start) / float64(total)
	return cost, nil
}

// leastListCost reads a list several times and returns the least time and heap.
func leastListCost(times, total int) (least listCost, err error) {
	for i := range times {
		cost, err := readList(total)
		if err != nil {
			return listCost{}, err
		}
		if i == 0 {
			least = cost
		}
		least.nanos, least.heap = min(least.nanos, cost.nanos), min(least.heap, cost.heap)
	}
	return least, nil
}

// lists adds the cost of long lists to the table.
func lists(t *table) error {
	t.section(fmt.Sprintf("lists, in memory, pages of %d", listPageSize))
	var first listCost
	for _, total := range []int{1_000, 10_000, 100_000} {
		cost, err := leastListCost(max(3, 30_000/total), total)
		if err != nil {
			return err
		}
		if first.nanos == 0 {
			first = cost
		}
		t.libraryRow(fmt.Sprintf("CPU time of one of %d endpoints", total), withRatio(duration(cost.nanos), cost.nanos/max(first.nanos, 1)))
		t.libraryRow("heap at the highest", mebibytes(int64(cost.heap)))
	}
	return nil
}
