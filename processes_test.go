package vpcep_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// The size of the runs with real processes.
const (
	killedKeys    = 60
	killedCallers = 20
	kills         = 12
	maxLife       = 1200 * time.Millisecond // of a worker, until it is killed
	killedWindow  = 800 * time.Millisecond
	killedLag     = 300 * time.Millisecond
	stallTimeout  = 500 * time.Millisecond // of an attempt, where there are stalls

	racedKeys      = 50
	racedWindow    = 2 * time.Second // with room for a slow machine
	repeatedKeys   = 24
	repeatedWindow = time.Second

	projects       = 5                // that the keys are spread over: a look lists all of a project
	processTimeout = 25 * time.Second // of a worker
)

// raceRun is a race of processes.
type raceRun struct {
	name      string
	processes int
	// unordered says that lists do not show endpoints in the order of their creation. Then
	// some callers may get an error about duplicates, but none gets a wrong endpoint.
	unordered bool
	shared    bool // the creates of a process share their lists
	options   []vpceptest.Option
}

// TestProcesses: what holds for a key in one process also holds for processes that race, are
// killed, and start again.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("real processes that wait for real lags: 20 s")
	}
	program := buildWorker(t)
	races := func(t *testing.T, runs ...raceRun) {
		for _, r := range runs {
			t.Run(fmt.Sprintf("%d at the same moment, %s", r.processes, r.name), func(t *testing.T) { race(t, program, r) })
		}
	}
	lag := []vpceptest.Option{vpceptest.WithListLag(racedWindow / 4)}
	noOrder := []vpceptest.Option{vpceptest.WithUnorderedListLag(racedWindow * 3 / 4)}
	fractions := []vpceptest.Option{vpceptest.WithFractionalTimes()}
	// The processes mostly wait, so t.Parallel, which counts processors, would take longer.
	// More at once would be too much for a small machine.
	var lanes sync.WaitGroup
	lanes.Go(func() {
		t.Run("killed at any moment", func(t *testing.T) { killAndResume(t, program) })
	})
	lanes.Go(func() {
		races(t,
			raceRun{name: "no lag", processes: 2},
			raceRun{name: "lists lag", processes: 2, options: lag},
			raceRun{name: "lists lag", processes: 4, options: lag})
	})
	lanes.Go(func() {
		races(t,
			raceRun{name: "lists without order", processes: 2, unordered: true, options: noOrder},
			raceRun{name: "no lag", processes: 4, options: fractions})
	})
	lanes.Go(func() {
		races(t,
			raceRun{name: "lists without order", processes: 4, unordered: true, options: noOrder},
			raceRun{name: "lists lag and are shared", processes: 4, shared: true, options: lag},
			raceRun{name: "lists are shared", processes: 2, shared: true})
	})
	lanes.Go(func() {
		t.Run("repeated in the same second", func(t *testing.T) { repeatTogether(t, program) })
	})
	lanes.Wait()
}

// killAndResume kills a worker again and again. At whatever moment it is killed, there is one
// endpoint for each key at the end, the one that was reported.
func killAndResume(t *testing.T, program string) {
	random := lockedRandom(chaosSeed(t))
	s := observe(t, vpceptest.WithListLag(killedLag), vpceptest.WithFaultFunc(func(r *vpceptest.Request) *vpceptest.Fault {
		return randomFault(random, r)
	}))
	s.late = func() time.Duration { return max(0, random.upTo(time.Second)-850*time.Millisecond) }
	keys := numbered("killed", killedKeys)
	journal := filepath.Join(t.TempDir(), "journal")
	start := func() *worker {
		mixed := slices.Clone(keys) // each life meets keys that were begun, and new ones
		random.shuffle(mixed)
		w := s.start(t, program, order{
			Name: "worker", Shared: random.luck() < 0.5, Journal: journal, Callers: killedCallers, Keys: mixed,
			Window: killedWindow, AttemptTimeout: stallTimeout,
		})
		w.begin(t)
		return w
	}

	killed := 0
	for range kills {
		w := start()
		time.Sleep(time.Duration(random.luck() * float64(random.upTo(maxLife)))) // short lives above all: creates come first
		if w.kill(t) {
			killed++
		}
	}
	var errors []string
	for range 3 { // a create may have used up its tries
		errors = errors[:0]
		for _, r := range start().wait(t) {
			if r.Error != "" {
				errors = append(errors, r.Key+": "+r.Error)
			}
		}
		if len(errors) == 0 {
			break
		}
	}
	assert.Empty(t, errors)
	assert.GreaterOrEqual(t, killed, 10, "kills that met a worker at work")

	reported := reportedIn(t, journal)
	for _, key := range keys {
		s.isSettled(t, key, reported[key])
		s.tellIfFailed(t, key)
	}
	s.hasNothingElse(t, keys)
	t.Logf("%d kills; %s", killed, s.summary(keys))
}

// race lets processes create with the same keys at the same moment.
func race(t *testing.T, program string, run raceRun) {
	s := observe(t, run.options...)
	keys := numbered("raced", racedKeys)
	s.meet(run.processes, keys[:racedKeys/2])
	reports := s.race(t, program, run.processes, order{Keys: keys, Window: racedWindow, Shared: run.shared})
	var all raceResult
	for _, key := range keys {
		o := s.resultOf(key, reports[key])
		all.add(o)
		assert.Len(t, reports[key], run.processes, "reports of %s", key)
		assert.Zero(t, o.splits, "%s: reported with several IDs", key)
		assert.Zero(t, o.phantoms, "%s: reported and not there", key)
		assert.Empty(t, o.errors, key)
		if !run.unordered || o.told == 0 {
			assert.Zero(t, o.told, "%s: reports of duplicates", key)
			assert.Equal(t, 1, o.living, "endpoints of %s", key)
		}
		s.tellIfFailed(t, key)
	}
	s.hasNothingElse(t, keys)
	t.Logf("%v; %s", all, s.summary(keys))
}

// repeatTogether loses the first responses to two processes, which then repeat their creates
// in the same second. The lists of the two come from different replicas: for half of the keys
// one of them is behind, for the others both are, with any endpoint.
func repeatTogether(t *testing.T, program string) {
	random := lockedRandom(chaosSeed(t))
	keys := numbered("repeated", repeatedKeys)
	// The connection breaks during the first creates of the two processes, whether or not
	// they are carried out.
	made := func(worker, key string) bool {
		return []bool{false, worker == "worker-0", true}[slices.Index(keys, key)%3]
	}
	var first sync.Map
	s := observe(t, vpceptest.WithFaultFunc(func(r *vpceptest.Request) *vpceptest.Fault {
		name, key := sender(r.Header)
		if r.Operation != vpceptest.OpCreate {
			return nil
		}
		if _, repeated := first.LoadOrStore(name+key, true); repeated {
			return nil
		}
		return &vpceptest.Fault{Drop: true, AfterEffect: made(name, key)}
	}))
	anyLag := random.lags(repeatedWindow * 3 / 4)
	isBehind := func(key string) bool { return slices.Index(keys, key)%2 == 0 }
	s.replicaLag = func(worker, key, id string) time.Duration {
		switch {
		case !isBehind(key):
			return anyLag(worker, id)
		case worker == "worker-1":
			return repeatedWindow / 4
		default:
			return 0
		}
	}
	s.meet(2, keys)

	reports := s.race(t, program, 2, order{Keys: keys, Window: repeatedWindow})
	var all [3]raceResult
	for i, key := range keys {
		o := s.resultOf(key, reports[key])
		all[i%3].add(o)
		assert.Len(t, reports[key], 2, "reports of %s", key)
		assert.Zero(t, o.phantoms, "%s: reported and not there", key)
		assert.Positive(t, o.living, "%s: both have deleted theirs", key)
		assert.Empty(t, o.errors, key)
		if isBehind(key) {
			assert.Zero(t, o.splits, "%s: reported with several IDs", key)
		}
		if i%3 == 2 {
			assert.Equal(t, 2, o.living, "%s: neither knows which one is its own", key)
		}
		s.tellIfFailed(t, key)
	}
	s.hasNothingElse(t, keys)
	t.Logf("neither was made: %v; one: %v; both: %v; %s", all[0], all[1], all[2], s.summary(keys))

	// One process that has the keys for itself cleans everything up.
	journal := filepath.Join(t.TempDir(), "journal")
	var lines strings.Builder
	for _, key := range keys {
		fmt.Fprintln(&lines, "begun", key)
	}
	require.NoError(t, os.WriteFile(journal, []byte(lines.String()), 0o600))
	w := s.start(t, program, order{Name: "resumed", Journal: journal, Callers: repeatedKeys, Keys: keys, Window: repeatedWindow, AttemptTimeout: processTimeout})
	w.begin(t)
	for _, r := range w.wait(t) {
		assert.Empty(t, r.Error, r.Key)
		assert.Equal(t, []string{r.ID}, s.living(r.Key), r.Key)
		s.tellIfFailed(t, r.Key)
	}
}

// raceResult is what became of a key, or of several.
type raceResult struct {
	splits, phantoms int // keys that were reported with several IDs; IDs that do not exist
	told             int // reports of duplicates
	living           int // endpoints
	errors           []string
	longest          time.Duration
}

func (s *observed) resultOf(key string, reports []workerReport) raceResult {
	living := s.living(key)
	o := raceResult{living: len(living)}
	ids := map[string]bool{}
	for _, r := range reports {
		switch {
		case r.Error == "":
			ids[r.ID] = true
		case r.Duplicates:
			o.told++
		default:
			o.errors = append(o.errors, r.Error)
		}
		o.longest = max(o.longest, r.Took)
	}
	for id := range ids {
		if !slices.Contains(living, id) {
			o.phantoms++
		}
	}
	if len(ids) > 1 {
		o.splits = 1
	}
	return o
}

func (o *raceResult) add(other raceResult) {
	o.splits += other.splits
	o.phantoms += other.phantoms
	o.told += other.told
	o.living += other.living
	o.errors = append(o.errors, other.errors...)
	o.longest = max(o.longest, other.longest)
}

func (o raceResult) String() string {
	return fmt.Sprintf("%d endpoints, %d splits, %d phantoms, %d reports of duplicates, %d errors, the longest create took %v",
		o.living, o.splits, o.phantoms, o.told, len(o.errors), o.longest.Round(time.Millisecond))
}

// lockedRandom is a random source for several goroutines.
func lockedRandom(seed uint64) *chance { return &chance{random: rand.New(rand.NewPCG(seed, 0))} }

type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (c *chance) luck() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64()
}

func (c *chance) shuffle(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
}

func (c *chance) upTo(d time.Duration) time.Duration { return time.Duration(c.luck() * float64(d)) }

// lags deals the times after which a worker's replica shows an endpoint.
func (c *chance) lags(most time.Duration) func(worker, id string) time.Duration {
	var mu sync.Mutex
	lags := map[string]time.Duration{}
	return func(worker, id string) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		lag, known := lags[worker+id]
		if !known {
			if lag = c.upTo(2 * most); lag > most {
				lag = 0 // half of them show at once
			}
			lags[worker+id] = lag
		}
		return lag
	}
}

// randomFault is a fault for two of five creates and for some of the rest, or a delay.
func randomFault(random *chance, r *vpceptest.Request) *vpceptest.Fault {
	luck := random.luck()
	if r.Operation == vpceptest.OpCreate && r.Header.Get(lateHeader) == "" {
		switch {
		case luck < 0.1:
			return &vpceptest.Fault{AfterEffect: true, Drop: true}
		case luck < 0.2:
			return &vpceptest.Fault{AfterEffect: true, Status: 500}
		case luck < 0.25:
			return &vpceptest.Fault{AfterEffect: true, Stall: stallTimeout + 200*time.Millisecond}
		case luck < 0.3:
			return &vpceptest.Fault{AfterEffect: true, CutBody: true, CutAfter: 100}
		case luck < 0.35:
			return &vpceptest.Fault{Drop: true}
		case luck < 0.4:
			return &vpceptest.Fault{Status: 503}
		}
	}
	switch {
	case luck < 0.05 && r.Operation != vpceptest.OpCreate:
		return &vpceptest.Fault{Status: 502, AfterEffect: luck < 0.025}
	case luck < 0.1 && r.Operation != vpceptest.OpCreate:
		return &vpceptest.Fault{Drop: true, AfterEffect: luck < 0.075}
	}
	return &vpceptest.Fault{Stall: random.upTo(30 * time.Millisecond), AfterEffect: random.luck() < 0.5}
}

// observed is several stand-ins over HTTP. It records their responses, and to whom.
type observed struct {
	projects []*vpceptest.Handler
	urls     []string
	// late, if set, is how long a create takes to be carried out. It is carried out even if
	// its sender has given up or was killed.
	late func() time.Duration
	// replicaLag, if set, is how much later the replica of a worker shows an endpoint.
	replicaLag func(worker, key, id string) time.Duration
	// together, if set, holds back the first list for a key until all workers have requested
	// theirs: all of them see nothing, and all create.
	together map[string]*meeting

	mu     sync.Mutex
	events []event

	told bool
}

// meeting lets callers wait for each other.
type meeting struct {
	mu      sync.Mutex
	missing int
	full    chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{missing: n, full: make(chan struct{})} }

// join waits until all have come, or until it has waited for too long.
func (m *meeting) join() {
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.full)
	}
	m.mu.Unlock()
	select {
	case <-m.full:
	case <-time.After(2 * time.Second):
	}
}

// event is a request and its response.
type event struct {
	began, ended time.Time
	worker, key  string
	what         string // method and what the path ends in
	late         time.Duration
	status       int      // 0: there was no whole answer
	shown        []string // the endpoints of the key in the answer
}

const lateHeader = "X-Late"

func observe(t *testing.T, options ...vpceptest.Option) *observed {
	s := &observed{}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for i := range projects {
		path := fmt.Sprintf("/%d", i)
		own := append(slices.Clip(options), vpceptest.WithoutRecording(), vpceptest.WithToken("token"), vpceptest.WithBasePath(path))
		h := newHandler(own...)
		mux.HandleFunc(path+"/", func(w http.ResponseWriter, r *http.Request) { s.serve(h, w, r) })
		s.projects = append(s.projects, h)
		s.urls = append(s.urls, server.URL+path)
	}
	return s
}

// Endpoints returns the endpoints of all stand-ins.
func (s *observed) Endpoints() (all []vpceptest.Endpoint) {
	for _, h := range s.projects {
		all = append(all, h.Endpoints()...)
	}
	return all
}

// sender returns the worker that sent a request, and for which key.
func sender(h http.Header) (worker, key string) {
	worker, _, _ = strings.Cut(h.Get("User-Agent"), " ")
	return worker, h.Get("X-Worker-Key")
}

func (s *observed) serve(h *vpceptest.Handler, w http.ResponseWriter, r *http.Request) {
	e := event{began: time.Now(), what: r.Method}
	e.worker, e.key = sender(r.Header)
	if r.Method == http.MethodPost && s.late != nil {
		if e.late = s.late(); e.late > 0 {
			r = late(r, e.late)
		}
	}
	if id := filepath.Base(r.URL.Path); id != "vpc-endpoints" {
		e.what += " " + id
	}
	answer := httptest.NewRecorder()
	defer func() {
		broken := recover()
		if broken == nil {
			e.status = answer.Code
		}
		e.shown = shownIn(answer.Body.Bytes(), e.key)
		e.ended = time.Now()
		s.note(e)
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		if broken == nil || answer.Body.Len() > 0 {
			w.WriteHeader(answer.Code)
			w.Write(answer.Body.Bytes())
		}
		if broken != nil {
			http.NewResponseController(w).Flush()
			panic(broken)
		}
	}()
	h.ServeHTTP(answer, r)
	if e.what != http.MethodGet || answer.Code != http.StatusOK {
		return
	}
	if s.replicaLag != nil {
		s.hide(e, answer)
	}
	if m := s.together[e.key]; m != nil {
		m.join()
	}
}

// late is a request that arrives after d, whatever its sender does.
func late(r *http.Request, d time.Duration) *http.Request {
	body, _ := io.ReadAll(r.Body)
	time.Sleep(d)
	r = r.Clone(context.WithoutCancel(r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set(lateHeader, "1")
	return r
}

// meet makes n workers see nothing and then create, for each of the keys.
func (s *observed) meet(n int, keys []string) {
	s.together = map[string]*meeting{}
	for _, key := range keys {
		s.together[key] = newMeeting(n)
	}
}

// hide removes from a list what the replica of a worker does not show yet.
func (s *observed) hide(asked event, answer *httptest.ResponseRecorder) {
	var list struct {
		Endpoints  []map[string]any `json:"endpoints"`
		TotalCount int              `json:"total_count"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &list) != nil {
		return
	}
	made := map[string]time.Time{}
	for _, e := range s.Endpoints() {
		made[e.ID] = e.CreatedAt
	}
	list.Endpoints = slices.DeleteFunc(list.Endpoints, func(e map[string]any) bool {
		id := e["id"].(string)
		return time.Since(made[id]) < s.replicaLag(asked.worker, asked.key, id)
	})
	list.TotalCount = len(list.Endpoints)
	answer.Body.Reset()
	json.NewEncoder(answer.Body).Encode(list)
	answer.Header().Del("Content-Length")
}

func (s *observed) note(e event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// shownIn finds the endpoints of a key in a response, without decoding all of it.
func shownIn(body []byte, key string) (shown []string) {
	for at := 0; ; {
		i := bytes.Index(body[at:], []byte(`"`+key+`~`))
		if i < 0 {
			return shown
		}
		before := body[:at+i]
		if id := bytes.LastIndex(before, []byte(`"id":"`)); id >= 0 && id+42 <= len(before) {
			shown = append(shown, string(before[id+6:id+42]))
		}
		at += i + 1
	}
}

// story is what happened to a key.
func (s *observed) story(key string) string {
	s.mu.Lock()
	events := slices.Clone(s.events)
	s.mu.Unlock()
	slices.SortFunc(events, func(a, b event) int { return a.began.Compare(b.began) })
	const clock = "05.000"
	out := &strings.Builder{}
	fmt.Fprintln(out, "the story of", key)
	for _, e := range events {
		if e.key == key {
			fmt.Fprintf(out, "%s-%s %s %s: %d %v", e.began.Format(clock), e.ended.Format(clock), e.worker, e.what, e.status, e.shown)
			if e.late > 0 {
				fmt.Fprintf(out, " late by %v", e.late)
			}
			fmt.Fprintln(out)
		}
	}
	for _, e := range s.Endpoints() {
		if keyOf(e) == key {
			fmt.Fprintf(out, "%s was made at %s and is %s\n", e.ID, e.CreatedAt.Format(clock), e.Status)
		}
	}
	return out.String()
}

// summary is the cost of the creates.
func (s *observed) summary(keys []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int{}
	for _, e := range s.events {
		what, id, _ := strings.Cut(e.what, " ")
		if what == http.MethodGet && id == "" {
			what = "LIST"
		}
		counts[what]++
	}
	return fmt.Sprintf("requests for %d keys: %v, %.1f lists for each create that was sent", len(keys), counts, float64(counts["LIST"])/float64(counts[http.MethodPost]))
}

func keyOf(e vpceptest.Endpoint) string {
	for _, tag := range e.Tags {
		if key, _, found := strings.Cut(tag.Value, "~"); found {
			return key
		}
	}
	return ""
}

// living returns the endpoints of a key.
func (s *observed) living(key string) (ids []string) {
	for _, e := range s.Endpoints() {
		if keyOf(e) == key && e.Status != vpceptest.StatusDeleting {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// isSettled asserts that a key has one endpoint, the one that was reported.
func (s *observed) isSettled(t *testing.T, key string, reported []string) {
	t.Helper()
	assert.Len(t, reported, 1, "reports of %s", key)
	assert.Equal(t, reported, s.living(key), "endpoints of %s", key)
}

// tellIfFailed logs the story of the first key for which the test failed.
func (s *observed) tellIfFailed(t *testing.T, key string) {
	t.Helper()
	if t.Failed() && !s.told {
		s.told = true
		t.Log(s.story(key))
	}
}

// hasNothingElse asserts that there are no other endpoints than those of the keys.
func (s *observed) hasNothingElse(t *testing.T, keys []string) {
	t.Helper()
	for _, e := range s.Endpoints() {
		assert.Contains(t, keys, keyOf(e))
	}
}

func numbered(name string, n int) (keys []string) {
	for i := range n {
		keys = append(keys, fmt.Sprintf("%s-%02d", name, i)) // none begins with another
	}
	return keys
}

// buildWorker builds internal/worker.
func buildWorker(t *testing.T) string {
	program := filepath.Join(t.TempDir(), "worker.exe")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./internal/worker").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// worker is a process of internal/worker.
type worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	reports []workerReport
	ended   chan struct{} // its output has
}

type workerReport struct {
	Key, ID, Error             string
	Found, Resumed, Duplicates bool
	Took                       time.Duration
}

// order is the input of a worker: see orders in internal/worker.
type order struct {
	Name, Journal                   string
	Shared                          bool
	BaseURLs                        []string
	ProjectID, Token                string
	Keys                            []string
	Callers                         int
	Window, AttemptTimeout, Timeout time.Duration
}

// start starts a worker, which then waits for begin.
func (s *observed) start(t *testing.T, program string, o order) *worker {
	t.Helper()
	w := &worker{cmd: exec.CommandContext(t.Context(), program), ended: make(chan struct{})}
	w.cmd.Env = []string{} // nothing of what the machine is set up for
	w.cmd.Stderr = os.Stderr
	var err error
	w.in, err = w.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := w.cmd.StdoutPipe()
	require.NoError(t, err)
	w.out = bufio.NewReader(out)
	require.NoError(t, w.cmd.Start())
	o.BaseURLs, o.ProjectID, o.Token, o.Timeout = s.urls, s.projects[0].ProjectID(), s.projects[0].Token(), processTimeout
	require.NoError(t, json.NewEncoder(w.in).Encode(o))
	line, err := w.out.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return w
}

// begin lets the worker begin.
func (w *worker) begin(t *testing.T) {
	t.Helper()
	_, err := io.WriteString(w.in, "\n")
	require.NoError(t, err)
	go w.read()
}

// read collects the reports.
func (w *worker) read() {
	defer close(w.ended)
	for lines := json.NewDecoder(w.out); ; {
		var r workerReport
		if lines.Decode(&r) != nil {
			return // also where a kill has cut a line off
		}
		w.reports = append(w.reports, r)
	}
}

// wait waits for the worker to end.
func (w *worker) wait(t *testing.T) []workerReport {
	t.Helper()
	<-w.ended
	require.NoError(t, w.cmd.Wait())
	return w.reports
}

// kill kills the worker with SIGKILL, and reports whether it was still running.
func (w *worker) kill(t *testing.T) bool {
	t.Helper()
	require.NoError(t, w.cmd.Process.Kill())
	<-w.ended
	return w.cmd.Wait() != nil
}

// race starts workers that begin at the same moment with the same keys, and returns their
// reports by key.
func (s *observed) race(t *testing.T, program string, processes int, o order) map[string][]workerReport {
	t.Helper()
	workers := make([]*worker, processes)
	o.Callers, o.AttemptTimeout = len(o.Keys), processTimeout
	for i := range workers {
		o.Name = fmt.Sprintf("worker-%d", i)
		workers[i] = s.start(t, program, o)
	}
	for _, w := range workers {
		w.begin(t)
	}
	reports := map[string][]workerReport{}
	for _, w := range workers {
		for _, r := range w.wait(t) {
			reports[r.Key] = append(reports[r.Key], r)
		}
	}
	return reports
}

// reportedIn reads from a journal which endpoints were reported for which keys.
func reportedIn(t *testing.T, journal string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(journal)
	require.NoError(t, err)
	reported := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "done" {
			reported[fields[1]] = append(reported[fields[1]], fields[2])
		}
	}
	return reported
}
