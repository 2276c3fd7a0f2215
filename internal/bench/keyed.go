package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/vpcep/vpcep-go"
)

// The size of a run of creates with keys.
const (
	keyedCallers = 32
	keyedCreates = 3 * keyedCallers
	maxKeyedHeap = 32 << 20
)

// project is the service with endpoints that were there before, each with a key, and
// those that are created, without a network.
type project struct {
	old   int
	begun time.Time

	mu    sync.Mutex
	made  []madeEndpoint
	lists int64
	bytes int64 // of lists
}

type madeEndpoint struct {
	at   time.Time
	tags json.RawMessage
}

func (p *project) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var body bytes.Buffer
	now := time.Now()
	switch req.Method {
	case http.MethodPost:
		var asked struct{ Tags json.RawMessage }
		if err := json.NewDecoder(req.Body).Decode(&asked); err != nil {
			return nil, err
		}
		p.made = append(p.made, madeEndpoint{now, asked.Tags})
		p.write(&body, 0)
	case http.MethodGet:
		query := req.URL.Query()
		offset, err1 := strconv.Atoi(query.Get("offset"))
		limit, err2 := strconv.Atoi(query.Get("limit"))
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		p.list(&body, offset, limit)
		p.lists++
		p.bytes += int64(body.Len())
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}},
		Body: io.NopCloser(&body), ContentLength: int64(body.Len()), Request: req,
	}, nil
}

// list writes a page, the newest first.
func (p *project) list(w *bytes.Buffer, offset, limit int) {
	total := len(p.made) + p.old
	w.WriteString(`{"endpoints":[`)
	for i := offset; i < min(offset+limit, total); i++ {
		if i > offset {
			w.WriteByte(',')
		}
		p.write(w, i)
	}
	fmt.Fprintf(w, `],"total_count":%d}`, total)
}

// write writes the endpoint at a place of the list.
func (p *project) write(w *bytes.Buffer, i int) {
	var at time.Time
	var tags json.RawMessage
	n := i - len(p.made)
	if n < 0 {
		made := p.made[len(p.made)-1-i]
		if at, tags = made.at, made.tags; tags == nil {
			tags = json.RawMessage("[]")
		}
	} else {
		at = p.begun.Add(-time.Hour - time.Duration(n)*time.Second)
		tags = fmt.Appendf(nil, `[{"key":"env","value":"test"},{"key":%q,"value":"key-of-an-old-endpoint-%06d~abcdef"}]`, vpcep.IdempotencyTagKey, n)
	}
	fmt.Fprintf(w, `{"id":"4189d3c2-8882-4871-a3c2-%012d","service_type":"interface","marker_id":%d,"status":"accepted",`+
		`"vpc_id":"84758cf5-9c62-43ae-a778-3dbd8370c0a4","active_status":["active"],"enable_dns":false,`+
		`"endpoint_service_name":"test","endpoint_service_id":"e0c748b7-d982-47df-ba06-b9c8c7650c1a",`+
		`"project_id":"6e9dfd51d1124e8d8498dce894923a0d","whitelist":["10.0.0.1"],"enable_whitelist":true,`+
		`"created_at":%q,"updated_at":%q,"tags":%s}`, p.old-n, p.old-n, at.UTC().Format(time.RFC3339), at.UTC().Format(time.RFC3339), tags)
}

// keyedCost is the cost of creates.
type keyedCost struct {
	lists, bytes float64 // for each create, after the first look
	first        int64   // lists of the first look
	rate         float64 // creates a second
	cpu          float64 // of each create, in nanoseconds, with what it takes to make the answers
	heap         int64   // that the client keeps
}

// createMany lets the callers of one client create, with keys or without.
func createMany(old int, withKeys bool) (keyedCost, error) {
	var cost keyedCost
	p := &project{old: old, begun: time.Now()}
	client, err := vpcep.NewClient(vpcep.WithBaseURL("https://vpcep.example.com"), vpcep.WithProjectID(projectID), vpcep.WithToken(token),
		vpcep.WithHTTPClient(&http.Client{Transport: p}))
	if err != nil {
		return cost, err
	}
	before := heapInUse()
	if withKeys {
		if _, err := client.GetEndpointByIdempotencyKey(context.Background(), "nobody's"); !errors.Is(err, vpcep.ErrEndpointNotFound) {
			return cost, fmt.Errorf("the first look: %w", err)
		}
	}
	cost.heap = max(heapInUse()-before, 0)
	cost.first = p.lists
	lists, size := p.lists, p.bytes
	keys := make(chan string, keyedCreates)
	for i := range keyedCreates {
		keys <- map[bool]string{true: fmt.Sprintf("key-%d", i)}[withKeys]
	}
	close(keys)
	errs := make([]error, keyedCallers)
	begin, cpu := time.Now(), cpuTime()
	var all sync.WaitGroup
	for i := range keyedCallers {
		all.Go(func() {
			for key := range keys {
				req := vpcep.CreateEndpointRequest{EndpointServiceID: "service", VPCID: "vpc", SubnetID: "subnet", IdempotencyKey: key}
				if _, err := client.CreateEndpoint(context.Background(), req); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	all.Wait()
	cost.rate = keyedCreates / time.Since(begin).Seconds()
	cost.cpu = float64(cpuTime()-cpu) / keyedCreates
	cost.lists, cost.bytes = float64(p.lists-lists)/keyedCreates, float64(p.bytes-size)/keyedCreates
	if len(p.made) != keyedCreates {
		errs = append(errs, fmt.Errorf("%d endpoints were made by %d creates", len(p.made), keyedCreates))
	}
	runtime.KeepAlive(client)
	return cost, errors.Join(errs...)
}

func heapInUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// keyedCosts adds to the table what creates with a key cost in projects of any size,
// beside those without. They wait for the end of a second, each caller by itself, so
// that there are about as many a second as callers.
func keyedCosts(t *table, sizes ...int) error {
	t.section(fmt.Sprintf("creates, in memory, %d callers, a key each", keyedCallers))
	plain, err := createMany(0, false)
	if err != nil {
		return err
	}
	t.libraryRow("without a key: creates a second", fmt.Sprintf("%.0f", plain.rate))
	t.libraryRow("CPU time of each create, that of the answers included", duration(plain.cpu))
	for _, size := range sizes {
		cost, err := createMany(size, true)
		if err != nil {
			return err
		}
		t.libraryRow(fmt.Sprintf("%d endpoints: creates a second", size), fmt.Sprintf("%.0f ×%.4f", cost.rate, cost.rate/plain.rate))
		t.libraryRow("CPU time of each create, that of the answers included", withRatio(duration(cost.cpu), cost.cpu/max(plain.cpu, 1)))
		t.libraryRow("lists for each create", fmt.Sprintf("%.2f", cost.lists))
		t.libraryRow("bytes of lists for each create", fmt.Sprintf("%.0f", cost.bytes))
		t.libraryRow("lists of the first look", fmt.Sprint(cost.first))
		t.libraryRow("heap that the client keeps", mebibytes(cost.heap))
	}
	return nil
}
