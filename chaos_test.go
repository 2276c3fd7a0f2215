package vpcep_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// The size of the run without keys.
const (
	chaosCreates = 400
	chaosCallers = 16
)

// chaosRun is a run of creates with keys. The endpoints are spread over projects,
// because a search lists all of a project, and under the race detector long lists take
// their time. The first caller of one create in ten is cancelled midway.
type chaosRun struct {
	newProject                 func(*testing.T, ...vpceptest.Option) project
	projects, creates, callers int
	lag, window, crashWithin   time.Duration
}

// The shares of requests that a fault hits.
const (
	lostCreates   = 0.3 // carried out, but the response never comes
	failedCreates = 0.3 // not carried out
	failedReads   = 0.1
)

// chaosRetry has enough attempts for a run of bad luck: three requests of ten fail, and 0.3
// to the power of 15 is negligible.
var chaosRetry = vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 15, BaseDelay: time.Millisecond, MaxDelay: 50 * time.Millisecond})

// chaosTimeout is shorter than stalls, but long enough for a slow machine. Throttled callers
// wait for a stalled one, too.
const chaosTimeout = time.Second

// namedFault is a fault with a name for the tally.
type namedFault struct {
	name string
	vpceptest.Fault
}

// Faults of the connection between client and service, and of proxies on it.
var unknownOutcomes = []namedFault{
	{"drop", vpceptest.Fault{Drop: true}},
	{"stall", vpceptest.Fault{Stall: time.Hour}},
	{"408", vpceptest.Fault{Status: 408}},
	{"500", vpceptest.Fault{Status: 500, Body: `{"error":{"code":"EndPoint.0001","message":"System error. Please retry."}}`}},
	{"502", vpceptest.Fault{Status: 502, Body: "<html>bad gateway</html>"}},
	{"503", vpceptest.Fault{Status: 503}},
	{"504", vpceptest.Fault{Status: 504, Body: "upstream timed out"}},
	{"HTML", vpceptest.Fault{Body: "<html>log in</html>"}},
	{"empty", vpceptest.Fault{Status: 200}},
}

// Faults after which certainly nothing was done.
var throttled = []namedFault{
	{"429", vpceptest.Fault{Status: 429, Body: `{"error_code":"APIGW.0308","error_msg":"throttled"}`}},
	{"429 with Retry-After", vpceptest.Fault{Status: 429, Header: http.Header{"Retry-After": {"0"}}}},
	{"400 EndPoint.0022", vpceptest.Fault{Status: 400, Body: `{"error":{"code":"EndPoint.0022","message":"Too many requests."}}`}},
}

// cuts break the response off, between its first byte and the end of the ID.
var cuts = []namedFault{
	{"cut at once", vpceptest.Fault{CutBody: true}},
	{"cut in the ID", vpceptest.Fault{CutBody: true, CutAfter: 20}},
	{"cut behind the ID", vpceptest.Fault{CutBody: true, CutAfter: 100}},
}

// refusals are final.
var refusals = []namedFault{
	{"403", vpceptest.Fault{Status: 403, Body: `{"error_code":"APIGW.0302","error_msg":"forbidden"}`}},
	{"409", vpceptest.Fault{Status: 409, Body: `{"error":{"code":"EndPoint.2042","message":"The port IP is in use."}}`}},
}

// deck deals faults at random, but each one before any comes again.
type deck struct {
	prefix      string
	afterEffect bool
	faults      []namedFault
	left        []namedFault
}

func newDeck(prefix string, afterEffect bool, faults ...[]namedFault) *deck {
	d := &deck{prefix: prefix, afterEffect: afterEffect}
	for _, some := range faults {
		d.faults = append(d.faults, some...)
	}
	return d
}

func (d *deck) deal(random *rand.Rand) namedFault {
	if len(d.left) == 0 {
		d.left = append(d.left, d.faults...)
		random.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	f := d.left[0]
	d.left = d.left[1:]
	f.name, f.AfterEffect = d.prefix+f.name, d.afterEffect
	return f
}

// chaos decides which requests to one project go wrong.
type chaos struct {
	random             *rand.Rand
	lost, failed, read *deck
	tally              *tally
}

// newChaos adds faults of creates to those that every run has.
func newChaos(seed uint64, project int, t *tally, furtherFailures ...[]namedFault) *chaos {
	return &chaos{
		random: rand.New(rand.NewPCG(seed, uint64(project))),
		lost:   newDeck("create, made: ", true, unknownOutcomes, cuts),
		failed: newDeck("create, not made: ", false, append(furtherFailures, unknownOutcomes, throttled)...),
		read:   newDeck("read: ", false, unknownOutcomes[:len(unknownOutcomes)-2], throttled, cuts),
		tally:  t,
	}
}

func (c *chaos) decide(r *vpceptest.Request) *vpceptest.Fault {
	luck := c.random.Float64()
	var from *deck
	switch {
	case r.Operation == vpceptest.OpCreate && luck < lostCreates:
		from = c.lost
	case r.Operation == vpceptest.OpCreate && luck < lostCreates+failedCreates:
		from = c.failed
	case (r.Operation == vpceptest.OpList || r.Operation == vpceptest.OpGet) && luck < failedReads:
		from = c.read
	}
	if from == nil {
		return nil
	}
	f := from.deal(c.random)
	c.tally.add(f.name)
	return &f.Fault
}

// tally counts what was hit.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (t *tally) add(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = make(map[string]int)
	}
	t.counts[name]++
}

// wasHitByAll asserts that each fault of the decks was dealt.
func (t *tally) wasHitByAll(tt *testing.T, decks ...*deck) {
	for _, d := range decks {
		for _, f := range d.faults {
			assert.Positive(tt, t.counts[d.prefix+f.name], "%s%s never happened", d.prefix, f.name)
		}
	}
}

// project is one stand-in, and how to create clients of it.
type project struct {
	*vpceptest.Handler
	client func(...vpcep.Option) *vpcep.Client
}

// overHTTP is a project with a real connection.
func overHTTP(t *testing.T, opts ...vpceptest.Option) project {
	srv := newServer(opts...)
	t.Cleanup(srv.Close)
	return project{srv.Handler, func(opts ...vpcep.Option) *vpcep.Client {
		c := srv.Client(opts...)
		t.Cleanup(c.CloseIdleConnections)
		return c
	}}
}

// inMemory is a project without a connection, for virtual time.
func inMemory(t *testing.T, opts ...vpceptest.Option) project {
	s := newStandIn(opts...)
	return project{s.Handler, func(opts ...vpcep.Option) *vpcep.Client { return s.client(t, opts...) }}
}

// chaosSeed is a new one each time, unless VPCEP_CHAOS_SEED repeats an old one.
func chaosSeed(t *testing.T) uint64 {
	seed := rand.Uint64()
	if text := os.Getenv("VPCEP_CHAOS_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("VPCEP_CHAOS_SEED=%d", seed)
	return seed
}

// byCallers calls a function for each number below n, in several callers at once.
func byCallers(n, callers int, do func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// TestChaosWithKeys: whatever goes wrong, there is one endpoint for each key.
func TestChaosWithKeys(t *testing.T) {
	t.Run("over HTTP", func(t *testing.T) { // where each create waits for the end of its second
		chaosRun{
			newProject: overHTTP, projects: 40, creates: 240, callers: 120,
			window: 100 * time.Millisecond, crashWithin: time.Second,
		}.check(t)
	})
	t.Run("lists lag behind", func(t *testing.T) {
		creates := 3000
		if raceDetector {
			creates = 500
		}
		synctest.Test(t, func(t *testing.T) {
			chaosRun{
				newProject: inMemory, projects: creates / 10, creates: creates, callers: 32,
				lag: 300 * time.Millisecond, window: 500 * time.Millisecond, crashWithin: 2 * time.Second,
			}.check(t)
		})
	})
}

// chaosProject is a project, what goes wrong there, and two clients of it.
type chaosProject struct {
	project
	*chaos
	first, second *vpcep.Client
}

func (run chaosRun) start(t *testing.T, seed uint64, hits *tally) []chaosProject {
	projects := make([]chaosProject, run.projects)
	for i := range projects {
		c := newChaos(seed, i, hits)
		p := run.newProject(t, vpceptest.WithoutRecording(), vpceptest.WithListLag(run.lag), vpceptest.WithFaultFunc(c.decide))
		options := []vpcep.Option{chaosRetry, vpcep.WithAttemptTimeout(chaosTimeout), vpcep.WithReconcileWindow(run.window)}
		projects[i] = chaosProject{p, c, p.client(options...), p.client(options...)}
	}
	return projects
}

func chaosRequest(i int) vpcep.CreateEndpointRequest {
	return with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = fmt.Sprintf("key-%d", i) })
}

// chaosCreate creates, and checks what was reported.
func chaosCreate(t *testing.T, ctx context.Context, c *vpcep.Client, i int) (*vpcep.Endpoint, error) {
	e, err := c.CreateEndpoint(ctx, chaosRequest(i))
	if err == nil {
		assert.Equal(t, chaosRequest(i).IdempotencyKey, e.IdempotencyKey)
		_, err := c.GetEndpoint(ctx, e.ID)
		assert.True(t, err == nil || ctx.Err() != nil, "%s was reported, but is not there: %v", e.ID, err)
	}
	return e, err
}

// check cancels the first creates, lets another client repeat them, and counts the endpoints
// at the end.
func (run chaosRun) check(t *testing.T) {
	seed := chaosSeed(t)
	var hits, crashes tally
	projects := run.start(t, seed, &hits)
	ids := make([]string, run.creates)
	random := rand.New(rand.NewPCG(seed, uint64(run.projects)))
	crashAfter := make([]time.Duration, run.creates/10)
	for i := range crashAfter {
		crashAfter[i] = time.Duration(random.Int64N(int64(run.crashWithin)))
	}
	byCallers(run.creates, run.callers, func(i int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if i < len(crashAfter) {
			defer time.AfterFunc(crashAfter[i], cancel).Stop()
		}
		e, err := chaosCreate(t, ctx, projects[i%run.projects].first, i)
		switch {
		case err == nil:
			ids[i] = e.ID
		case i < len(crashAfter) && errors.Is(err, context.Canceled):
			crashes.add(fmt.Sprint("unknown: ", errors.Is(err, vpcep.ErrOutcomeUnknown)))
		default:
			assert.NoError(t, err)
		}
	})
	// The creates that crashed came first, so lists have caught up with them.
	byCallers(len(crashAfter), run.callers, func(i int) {
		e, err := chaosCreate(t, t.Context(), projects[i%run.projects].second, i)
		if assert.NoError(t, err) {
			assert.True(t, ids[i] == "" || ids[i] == e.ID, "repeated with success, but with another endpoint")
			ids[i] = e.ID
		}
	})
	run.isWhole(t, projects, ids)
	hits.wasHitByAll(t, projects[0].lost, projects[0].failed, projects[0].read)
	if run.lag > 0 { // in real time, a busy machine may not have got that far
		assert.Positive(t, crashes.counts["unknown: true"], "creates that were cancelled after their request was written")
	}
	t.Logf("cancelled: %v; faults: %v", crashes.counts, hits.counts)
}

// isWhole asserts that there is one endpoint for each key, the one that was reported.
func (run chaosRun) isWhole(t *testing.T, projects []chaosProject, ids []string) {
	made := make(map[string]string) // by ID: the key
	copies := make(map[string]int)
	for _, p := range projects {
		for _, e := range p.Endpoints() {
			if e.Status != vpceptest.StatusDeleting {
				key, _, _ := strings.Cut(e.Tags[len(e.Tags)-1].Value, "~")
				made[e.ID] = key
				copies[key]++
			}
		}
	}
	assert.Len(t, made, run.creates)
	for i, id := range ids {
		key := chaosRequest(i).IdempotencyKey
		assert.Equal(t, key, made[id])
		assert.Equal(t, 1, copies[key], "endpoints of %s", key)
	}
}

// TestChaosWithoutKeys: nothing is created twice, and nothing that exists was reported as
// failed.
func TestChaosWithoutKeys(t *testing.T) {
	seed := chaosSeed(t)
	var hits tally
	random := newChaos(seed, 0, &hits, refusals)
	p := overHTTP(t, vpceptest.WithoutRecording(), vpceptest.WithFaultFunc(random.decide))
	c := p.client(chaosRetry, vpcep.WithAttemptTimeout(chaosTimeout/2))
	name := func(i int) string { return fmt.Sprintf("create %d", i) }
	ids, errs := make([]string, chaosCreates), make([]error, chaosCreates)
	byCallers(chaosCreates, chaosCallers, func(i int) {
		e, err := c.CreateEndpoint(t.Context(), vpcep.CreateEndpointRequest{
			EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net", Description: name(i),
		})
		if errs[i] = err; err == nil {
			ids[i] = e.ID
		}
	})

	made := make(map[string][]string) // by name: the IDs
	for _, e := range p.Endpoints() {
		made[e.Description] = append(made[e.Description], e.ID)
	}
	reports := make(map[string]int)
	for i, err := range errs {
		exists := made[name(i)]
		assert.LessOrEqual(t, len(exists), 1, "%s was made several times", name(i))
		switch {
		case err == nil:
			reports["made"]++
			assert.Equal(t, []string{ids[i]}, exists)
		case errors.Is(err, vpcep.ErrOutcomeUnknown):
			reports[fmt.Sprint("unknown, exists: ", len(exists) > 0)]++
		default:
			reports["failed"]++
			assert.Empty(t, exists, "%s was reported as failed, but exists: %v", name(i), err)
		}
	}
	for _, report := range []string{"made", "unknown, exists: true", "unknown, exists: false", "failed"} {
		assert.Greater(t, reports[report], 5, report)
	}
	hits.wasHitByAll(t, random.lost, random.failed)
	t.Logf("reported: %v; faults: %v", reports, hits.counts)
}
