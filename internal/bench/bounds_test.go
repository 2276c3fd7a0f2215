package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// All contenders make the same call.
func TestSameCall(t *testing.T) {
	for _, p := range payloads() {
		want, err := json.Marshal(&p.plain)
		require.NoError(t, err)
		for _, c := range contenders {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				target := memoryTarget(p)
				calls := 0
				target.roundTripper.(*inMemory).seen = func(req *http.Request, body []byte) {
					calls++
					assert.Equal(t, http.MethodPost, req.Method)
					assert.Equal(t, exampleURL, req.URL.String())
					assert.Contains(t, req.Header.Get("Content-Type"), "application/json")
					assert.JSONEq(t, string(want), string(body))
				}
				call, _, err := c.start(target, p)
				require.NoError(t, err)
				require.NoError(t, checked(call))
				assert.Equal(t, 1, calls)
			})
		}
	}
}

// One call allocates barely more than the code by hand.
func TestAllocations(t *testing.T) {
	const bound = 1.3
	for _, p := range payloads() {
		allocations := func(c contender) float64 {
			call, _, err := c.start(memoryTarget(p), p)
			require.NoError(t, err)
			require.NoError(t, checked(call))
			return testing.AllocsPerRun(200, func() { _, _ = call(context.Background()) })
		}
		hand, own := allocations(byHand), allocations(library)
		t.Logf("%s: by hand %.0f, vpcep %.0f: ×%.2f", p.name, hand, own, own/hand)
		assert.LessOrEqual(t, own/hand, bound, p.name)
	}
}

// The callers of a client keep their connections. The server answers nobody before
// all callers have asked, so that each has a connection then. A connection that a
// starved machine leaves half-written for 50 ms is not used again by net/http: one
// undisturbed try of several is enough, which a pool that is too small never has.
func TestConnections(t *testing.T) {
	const callers, bound, tries = 64, 3, 10
	r, err := startRunner(library, smallPayload(), callers, false)
	require.NoError(t, err)
	defer r.close()
	require.NoError(t, r.warmUp())
	fewest := int64(-1)
	for try := 0; try < tries && fewest != 0; try++ {
		before := r.server.dials.Load()
		require.NoError(t, r.repeat(100))
		anew := r.server.dials.Load() - before
		if fewest < 0 || anew < fewest {
			fewest = anew
		}
	}
	all := r.server.dials.Load()
	t.Logf("%d callers: %d connections to be warm, %d in all", callers, r.warmUpDials, all)
	assert.Zero(t, fewest, "connections dialled anew once warm")
	assert.LessOrEqual(t, all, int64(bound*callers))
}

// A list takes as long for each endpoint, however many there are. What would be
// quadratic took ×38 here. The bound is one of CPU time, which does
// not run while others have the machine, and far from both.
func TestListIsLinear(t *testing.T) {
	if cpuTime() == 0 {
		t.Skip("CPU time is not known here")
	}
	const bound = 10
	few, err := leastListCost(10, 2*listPageSize)
	require.NoError(t, err)
	many, err := leastListCost(1, 100*listPageSize)
	require.NoError(t, err)
	t.Logf("an endpoint of 100,000 takes ×%.2f the time of one of 2,000; %s of heap at the highest",
		many.nanos/few.nanos, mebibytes(int64(many.heap)))
	assert.Less(t, many.nanos, bound*few.nanos)
	assert.Less(t, many.heap, uint64(maxListHeap))
}

// What a create with a key asks for does not grow with the project, and neither does,
// by much, what the client remembers of it.
func TestKeyedRequests(t *testing.T) {
	for _, size := range []int{0, 4_000, 100_000} {
		cost, err := createMany(size, true)
		require.NoError(t, err)
		t.Logf("%d endpoints: %.2f lists and %.0f bytes for each create, %.0f creates a second; %d lists and %s for the first look",
			size, cost.lists, cost.bytes, cost.rate, cost.first, mebibytes(cost.heap))
		assert.LessOrEqual(t, cost.lists, 0.5)
		assert.LessOrEqual(t, cost.bytes, float64(100_000))
		assert.Less(t, cost.heap, int64(maxKeyedHeap))
	}
}

// The ratios of time are shown; nothing depends on them.
func TestTimeRatios(t *testing.T) {
	for _, p := range payloads() {
		calls, err := memoryCalls(contenders, p)
		require.NoError(t, err)
		costs := inTurn(5, 10*time.Millisecond, calls)
		for i, c := range contenders {
			t.Logf("%s, %s: ×%.2f the time of the code by hand", p.name, c.name, medianRatio(costs[i], costs[0], nanos))
		}
	}
}

// What importing the library brings does not grow unseen: a package that is not
// in deps.txt fails the test.
func TestWeight(t *testing.T) {
	w, err := weigh()
	require.NoError(t, err)
	file, err := os.ReadFile("deps.txt")
	require.NoError(t, err)
	listed := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(file)), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "#")
	})
	brought := foreign(w.packages)
	for _, path := range brought {
		assert.Contains(t, listed, path, "the library imports a package that deps.txt does not list")
	}
	for _, path := range listed {
		if !slices.Contains(brought, path) {
			t.Logf("the library no longer imports %s: take it out of deps.txt", path)
		}
	}
	t.Logf("packages: %d of other modules (at most %d), %d with the library's own", len(brought), maxPackages, len(w.packages))
	t.Logf("program: %s with net/http alone, %s with the library: %s more (at most %s)",
		mebibytes(w.plain.bytes), mebibytes(w.client.bytes), mebibytes(w.moreBytes()), mebibytes(maxMoreBytes))
	t.Logf("initialisation: %.2f ms and %d allocations of these packages (meant to be under 1 ms); %.2f ms of all packages, %.2f with net/http alone",
		w.client.initMillis, w.client.initAllocs, w.client.allInitMillis, w.plain.allInitMillis)
	assert.LessOrEqual(t, len(brought), maxPackages)
	assert.LessOrEqual(t, w.client.initAllocs, maxInitAllocs, "initialisation")
	assert.LessOrEqual(t, w.moreBytes(), int64(maxMoreBytes))
}
