package vpcep

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// watching is a context that sometimes measures the heap when its Err is called, which the
// readers of responses do frequently.
type watching struct {
	context.Context
	every, asked int
	peak         uint64
}

func (w *watching) Err() error {
	if w.asked++; w.asked%w.every == 0 {
		w.peak = max(w.peak, liveHeap())
	}
	return nil
}

// liveHeap returns the size of the heap without garbage.
func liveHeap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// While the largest response is read, the heap is always less than eight times its size,
// including the response itself.
func TestHostileAnswersFillNoHeap(t *testing.T) {
	const size = 4<<20 + 4<<10 // buffers that double are at their largest just behind a power of two
	fill := func(begin, element, end string) string {
		return begin + strings.TrimSuffix(strings.Repeat(element, size/len(element)), ",") + end
	}
	var members strings.Builder
	for i := 0; members.Len() < size; i++ {
		fmt.Fprintf(&members, `"%x":1,`, i)
	}
	page := (&listing[Endpoint]{of: endpointResource, member: "endpoints"}).decode
	readPage := func(ctx context.Context, body string) (any, error) { return page(ctx, body, 100) }
	read := func(ctx context.Context, body string) (any, error) { return endpointResource.decode(ctx, body) }
	for name, tt := range map[string]struct {
		read func(ctx context.Context, body string) (any, error)
		body string
	}{
		"statements":                    {read, fill(`{"id":"e","policy_statement":[`, `{},`, `]}`)},
		"statements in strings":         {read, fill(`{"id":"e","policy_statement":[`, `"{}",`, `]}`)},
		"account states":                {read, fill(`{"id":"e","active_status":[`, `"",`, `]}`)},
		"errors":                        {read, fill(`{"id":"e","error":[`, `"a",`, `]}`)},
		"error details":                 {read, fill(`{"id":"e","error":{"details":[`, `{"code":"a"},`, `]}}`)},
		"tags":                          {read, fill(`{"id":"e","tags":[`, `{"key":"a"},`, `]}`)},
		"texts":                         {read, fill(`{"id":"e","whitelist":[`, `"a",`, `]}`)},
		"an unknown list":               {read, fill(`{"id":"e","unknown":[`, `[],`, `]}`)},
		"unknown members":               {read, `{` + members.String() + `"id":"e"}`},
		"unknown members of a tag":      {read, `{"id":"e","tags":[{` + members.String() + `"key":"k"}]}`},
		"one text":                      {read, `{"id":"e","description":"` + strings.Repeat("a", size) + `"}`},
		"one escaped text":              {read, `{"id":"e","description":"` + strings.Repeat(`\n`, size/2) + `"}`},
		"a document in a text":          {read, `{"id":"e","policy_document":"{` + strings.Repeat(`\"a\":1,`, size/8) + `\"b\":1}"}`},
		"a statement in a text":         {read, `{"id":"e","policy_statement":["{` + strings.Repeat(`\"a\":1,`, size/8) + `\"b\":1}"]}`},
		"tiny endpoints":                {readPage, fill(`{"endpoints":[`, `{"id":"e"},`, `]}`)},
		"empty endpoints":               {readPage, fill(`{"endpoints":[`, `{},`, `]}`)},
		"a list in a list":              {readPage, fill(`{"endpoints":[[`, `{"id":"e"},`, `]]}`)},
		"one large endpoint":            {readPage, fill(`{"endpoints":[{"id":"e","policy_statement":[`, `{},`, `]}]}`)},
		"one endpoint that is no list":  {readPage, fill(`{"endpoints":{"id":"e","tags":[`, `{"key":"a"},`, `]}}`)},
		"an unknown member of the page": {readPage, fill(`{"total_count":1,"other":[`, `{},`, `],"endpoints":[]}`)},
		"many lists":                    {readPage, fill(`{`, `"endpoints":[{"id":"e"}],`, `"endpoints":[]}`)},
		"a hundred large endpoints":     {readPage, fill(`{"endpoints":[`, `{"id":"e","tags":[`+strings.Repeat(`{"key":"a"},`, size/1300)+`{}]},`, `]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			before := liveHeap()
			ctx := &watching{Context: t.Context(), every: max(1, len(tt.body)>>20)}
			if strings.Count(tt.body, "{") > 10_000 {
				ctx.every = 20_000
			}
			value, err := tt.read(ctx, tt.body)
			grown := int64(max(ctx.peak, liveHeap())) - int64(before) + int64(len(tt.body))
			runtime.KeepAlive(value)
			t.Logf("×%.1f, looked at %d times, %.100v", float64(grown)/float64(len(tt.body)), ctx.asked/ctx.every, err)
			assert.LessOrEqual(t, grown, int64(8*len(tt.body)))
		})
	}
}
