package keyed

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The model is a small service with up to three processes that create with the same
// key. It runs the real machine, in virtual time, once for each way in which things
// can go within a bound: who starts when, which ID the service gives, what lists show,
// which request is slow, lost or not carried out, and who is killed where.

const (
	modelWindow = 4 * time.Second
	modelKey    = "key"
	endless     = 1000                   // choices
	restart     = 300 * time.Millisecond // after a process was killed
)

// replicas are what the lists of a world show.
type replicas struct {
	name string
	lag  time.Duration // of everything, always
	// any: each endpoint shows after a time of its own, in whatever order.
	any bool
	// stale: each search may hit a replica that shows no more than the beginning of what happened.
	stale bool
}

var (
	complete = replicas{name: "complete"}
	prefix   = replicas{name: "any beginning of what happened", stale: true}
	anyOrder = replicas{name: "any order", any: true}
)

// setup is one kind of world.
type setup struct {
	lists     replicas
	processes int
	resume    bool // one process, with Resume whenever it starts again
	cleanup   bool // who is killed does not come back, and a call with Resume comes at the end
	// known, if set, is the lag of lists that the processes have measured.
	known     *time.Duration
	fractions bool // of created_at
	dateless  bool
	skew      bool // some created_at come from a clock that is a second behind
	faults    int  // how many things go wrong, at most
}

func (s setup) String() string {
	name := fmt.Sprintf("%s, %d processes, %d faults", s.lists.name, s.processes, s.faults)
	if s.known != nil {
		name += ", measured " + s.known.String()
	}
	for what, is := range map[string]bool{", resume": s.resume, ", cleanup": s.cleanup, ", fractions": s.fractions, ", no Date": s.dateless, ", skew": s.skew} {
		if is {
			name += what
		}
	}
	return name
}

// choice is a point at which things can go in n ways.
type choice struct {
	taken, n, cost int
}

// script says what goes wrong; after its end, nothing does.
type script struct {
	choices []choice
	at      int
	names   []string
}

// choose returns which of the ways is taken. All but the first count as cost faults.
func (s *script) choose(cost int, ways ...string) string {
	if s.at == len(s.choices) {
		s.choices = append(s.choices, choice{n: len(ways), cost: cost})
	}
	c := s.choices[s.at]
	if c.n != len(ways) {
		panic("a run of the model is not like the one before")
	}
	s.at++
	s.names = append(s.names, ways[c.taken])
	return ways[c.taken]
}

// next returns the scripts that go on from one that has been played.
func (s *script) next(from, faults int) [][]choice {
	spent := 0
	for _, c := range s.choices[:from] {
		if c.taken > 0 {
			spent += c.cost
		}
	}
	var scripts [][]choice
	for i := from; i < len(s.choices); i++ {
		if spent+s.choices[i].cost > faults {
			continue
		}
		for way := 1; way < s.choices[i].n; way++ {
			c := slices.Clone(s.choices[:i+1])
			c[i].taken = way
			scripts = append(scripts, c)
		}
	}
	return scripts
}

// explore plays all scripts, and returns how many there were and what was wrong with the first
// bad one.
func explore(s setup) (runs int, wrong string) {
	todo := [][]choice{nil}
	for len(todo) > 0 {
		start := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		w := &world{setup: s, script: script{choices: start}}
		runs++
		if wrong := w.play(); wrong != "" {
			return runs, fmt.Sprintf("%s\n%s\n%s", wrong, strings.Join(w.script.names, ", "), strings.Join(w.log, "\n"))
		}
		todo = append(todo, w.script.next(len(start), s.faults)...)
	}
	return runs, ""
}

// mustBear reports an error that no call may fail with.
func mustBear(way string) bool {
	switch way {
	case "slow search", "slow answer", "slow delete", "killed before a create":
		return true
	}
	return false
}

// mustSucceed reports whether calls must end with one endpoint instead of an error.
func (w *world) mustSucceed() bool {
	return !w.harmed && !w.lists.any && !w.lists.stale && !w.skew
}

// endpoint is one of a world.
type endpoint struct {
	id      string
	created time.Time
	shows   time.Time // from when on
	gone    time.Time
	maker   *process // the call that an answer named it to
}

// world is a service.
type world struct {
	setup
	script script

	mu        sync.Mutex
	zero      time.Time
	endpoints []*endpoint
	results   []outcome
	harmed    bool // something went so wrong that calls may fail
	misdeeds  []string
	log       []string
	late      sync.WaitGroup
}

// outcome is what a call returned.
type outcome struct {
	result Result[string]
	err    error
}

func (w *world) logf(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%6d ms  ", time.Since(w.zero).Milliseconds())+fmt.Sprintf(format, args...))
}

// choose is for the process in progress; each has its own rhythm, so no two act at the same
// moment.
func (w *world) choose(cost int, ways ...string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	way := w.script.choose(cost, ways...)
	w.harmed = w.harmed || cost > 0 && way != ways[0] && !mustBear(way)
	if w.script.at > endless {
		w.misdeeds = append(w.misdeeds, "it goes on for ever")
		defer runtime.Goexit()
	}
	return way
}

// play runs a world to its end, and returns what is wrong with it.
func (w *world) play() string {
	w.zero = time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(w.zero))
	var all sync.WaitGroup
	for i := range w.processes {
		after := map[string]time.Duration{"at once": 0, "in the same second": 350 * time.Millisecond, "soon": 900 * time.Millisecond, "later": 1700 * time.Millisecond}
		delay := 150*time.Millisecond + time.Duration(i)*11*time.Millisecond
		if i > 0 {
			delay += after[w.choose(0, "at once", "in the same second", "soon", "later")]
		}
		all.Go(func() {
			time.Sleep(delay)
			w.work(i)
		})
	}
	all.Wait()
	if w.cleanup {
		w.resumeOnce()
	}
	w.late.Wait()
	time.Sleep(2 * modelWindow)
	return w.judge()
}

// work is a process that is started again when it is killed, or asked to repeat its call.
func (w *world) work(i int) {
	for run := range 6 {
		p := &process{world: w, rhythm: 20*time.Millisecond + time.Duration(i)*137*time.Microsecond}
		p.name = fmt.Sprintf("%c%d", 'A'+i, run)
		result, ended := p.create(w.resume && run > 0)
		if ended {
			w.mu.Lock()
			w.results = append(w.results, result)
			w.misdeeds = append(w.misdeeds, p.leftovers(result)...)
			w.logf("%s returns %q (listed %t), %v", p.name, result.result.Item.ID, result.result.Listed, result.err)
			w.mu.Unlock()
			if !w.resume || result.err == nil {
				return
			}
		}
		if w.cleanup {
			return
		}
		time.Sleep(restart)
	}
}

// resumeOnce is the call with Resume at the end.
func (w *world) resumeOnce() {
	time.Sleep(restart)
	played := w.script
	defer func() { w.script = played }()
	w.script = script{}
	p := &process{world: w, name: "R", rhythm: 20 * time.Millisecond, past: &Past{}, measured: &Lag{}, shared: newLists[string](modelWindow)}
	result, err := p.call(true).run(context.Background())
	w.logf("R returns %q, %v", result.Item.ID, err)
	if err != nil {
		w.misdeeds = append(w.misdeeds, "a call with Resume fails: "+err.Error())
	}
}

// judge returns what is wrong after the run.
func (w *world) judge() string {
	var live []string
	for _, e := range w.endpoints {
		if e.gone.IsZero() {
			live = append(live, e.id)
		}
	}
	if len(w.misdeeds) > 0 {
		return w.misdeeds[0]
	}
	listed := ""
	for _, r := range w.results {
		id := r.result.Item.ID
		switch {
		case r.err != nil:
			if w.mustSucceed() {
				return "an error although nothing went wrong: " + r.err.Error()
			}
		case !slices.Contains(live, id) && !w.cleanup:
			return "phantom: " + id + " was returned and is gone"
		case r.result.Listed && listed != "" && listed != id:
			return "split: " + listed + " and " + id
		case r.result.Listed:
			listed = id
		}
	}
	if (w.resume || w.cleanup && len(live) > 0 || w.mustSucceed()) && len(live) != 1 {
		return fmt.Sprintf("%d endpoints remain", len(live))
	}
	return w.audit(live)
}

// audit creates with the key again, long afterwards: what remains is returned or reported.
func (w *world) audit(live []string) string {
	if len(live) == 0 {
		return ""
	}
	played := w.script
	defer func() { w.script = played }()
	w.script, w.lists = script{}, complete
	p := &process{world: w, name: "the next call", rhythm: 20 * time.Millisecond, past: &Past{}, measured: &Lag{}, shared: newLists[string](modelWindow)}
	for range 3 { // by the last time, what was seen before is settled
		result, err := p.call(false).run(context.Background())
		var several *DuplicatesError
		switch {
		case len(live) == 1 && err == nil && result.Item.ID == live[0] && result.Found:
		case len(live) > 1 && errors.As(err, &several) && len(several.IDs) == len(live):
		default:
			return fmt.Sprintf("%v remain, and the next call returns %q, %v", live, result.Item.ID, err)
		}
		time.Sleep(time.Minute)
	}
	return ""
}

// process is one run of a process, with one call. It is the port of that call.
type process struct {
	*world
	name     string
	rhythm   time.Duration
	past     *Past
	measured *Lag
	shared   *lists[string]
	resumed  bool
}

func (p *process) call(resume bool) Call[string] {
	p.resumed = resume
	return Call[string]{Port: p, Window: modelWindow, Tries: 2, Resume: resume, past: p.past, measured: p.measured}
}

// create makes the call. It never returns if the process is killed.
func (p *process) create(resume bool) (o outcome, ended bool) {
	p.past, p.measured, p.shared = &Past{}, &Lag{}, newLists[string](modelWindow)
	if p.known != nil {
		p.measured.showed(*p.known)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(p.rhythm)
		if p.choose(1, "patient", "short of time") == "short of time" {
			ctx, cancel = context.WithTimeout(ctx, 1500*time.Millisecond)
			defer cancel()
		}
		o.result, o.err = p.call(resume).run(ctx)
		ended = true
	}()
	<-done
	return o, ended
}

// leftovers are resources that a successful call created and neither returned nor deleted.
func (p *process) leftovers(o outcome) (misdeeds []string) {
	for _, e := range p.endpoints {
		if o.err == nil && e.maker == p && e.gone.IsZero() && e.id != o.result.Item.ID {
			misdeeds = append(misdeeds, p.name+" leaves "+e.id)
		}
	}
	return misdeeds
}

// die is SIGKILL.
func (p *process) die() {
	p.mu.Lock()
	p.logf("%s is killed", p.name)
	p.mu.Unlock()
	runtime.Goexit()
}

var errLost = errors.New("lost")

func (p *process) MayPass(error) bool { return true }

func (p *process) date() time.Time {
	if p.dateless {
		return time.Time{}
	}
	return time.Now().Truncate(time.Second)
}

func (p *process) Search(ctx context.Context, since time.Time) (Sighting[string], error) {
	time.Sleep(p.rhythm)
	ways := []string{"search", "slow search", "search with a slow answer", "failed search", "killed before a search"}
	if p.lists.stale {
		ways = append(ways, "search 0.6 s behind", "search a window behind")
	}
	way := p.choose(1, ways...)
	lag := p.lists.lag
	switch way {
	case "failed search":
		return Sighting[string]{}, errLost
	case "killed before a search":
		p.die()
	case "search 0.6 s behind":
		lag = 600 * time.Millisecond
	case "search a window behind":
		lag = modelWindow
	}
	sighting, _, err := p.shared.search(ctx, Query[string]{
		Key: modelKey, Since: since,
		List: func(_ context.Context, _ int, take func([]Listed[string]) bool) (Answer, error) {
			if way == "slow search" {
				time.Sleep(1100 * time.Millisecond)
			}
			page, date := p.page(lag)
			if way == "search with a slow answer" {
				time.Sleep(modelWindow + time.Second)
			}
			time.Sleep(p.rhythm)
			take(page)
			return Answer{Date: date}, nil
		},
		Read: func(ctx context.Context, id string) (*Listed[string], error) {
			item, err := p.Read(ctx, id)
			if item == nil {
				return nil, err
			}
			return &Listed[string]{Item: *item, Key: modelKey, Tagged: true}, nil
		},
		MayHaveKey: func(string) bool { return false }, MayBe: func(string) bool { return false },
	})
	return sighting, err
}

// page is a list, newest first, and the service's clock.
func (p *process) page(lag time.Duration) (page []Listed[string], date time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cut := time.Now().Add(-lag)
	var ids []string
	for _, e := range p.endpoints {
		if !e.shows.After(cut) && (e.gone.IsZero() || e.gone.After(cut)) {
			page = append(page, Listed[string]{Item: p.item(e), Key: modelKey, Tagged: true})
			ids = append(ids, e.id)
		}
	}
	p.logf("%s sees %v", p.name, ids)
	slices.SortStableFunc(page, func(a, b Listed[string]) int { return b.Created.Compare(a.Created) })
	return page, p.date()
}

func (p *process) item(e *endpoint) Item[string] {
	item := Item[string]{ID: e.id, Created: e.created}
	if !p.fractions {
		item.Created = e.created.Truncate(time.Second)
	}
	return item
}

// make carries out a create.
func (p *process) make() *endpoint {
	first := len(p.endpoints) == 0
	order := "later ID"
	if !first {
		order = p.choose(0, "later ID", "earlier ID")
	}
	shows := time.Duration(0)
	if p.lists.any {
		if p.choose(0, "shows at once", "shows late") == "shows late" {
			shows = modelWindow - 600*time.Millisecond // of which carrying it out late takes the rest
		}
	}
	stamp := time.Now()
	if p.skew && p.choose(0, "right clock", "slow clock") == "slow clock" {
		stamp = stamp.Add(-time.Second)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprintf("%c", 'm'+len(p.endpoints))
	if order == "earlier ID" {
		id = fmt.Sprintf("%c", 'm'-len(p.endpoints))
	}
	e := &endpoint{id: id, created: stamp, shows: time.Now().Add(shows)}
	p.endpoints = append(p.endpoints, e)
	p.logf("%s makes %s", p.name, id)
	return e
}

func (p *process) Post(context.Context, int) Posted[string] {
	time.Sleep(p.rhythm)
	if p.choose(0, "quick create", "slow create") == "slow create" {
		time.Sleep(600 * time.Millisecond)
	}
	lost := Posted[string]{Outcome: Unknown, Tries: 1, Err: errLost}
	switch p.choose(1, "answered", "slow answer", "answer lost", "answer cut off", "not carried out", "carried out late",
		"killed before a create", "killed after a create", "killed during a create") {
	case "killed before a create":
		p.die()
	case "killed after a create":
		p.make()
		p.die()
	case "killed during a create":
		p.makeLater()
		p.die()
	case "not carried out":
		time.Sleep(p.rhythm)
		return lost
	case "carried out late":
		p.makeLater()
		time.Sleep(p.rhythm)
		return lost
	case "answer lost":
		p.make()
		time.Sleep(p.rhythm)
		return lost
	case "answer cut off":
		lost.Named = p.make().id
		p.own(lost.Named)
		time.Sleep(p.rhythm)
		return lost
	case "slow answer":
		return p.made(p.make(), 1300*time.Millisecond)
	}
	return p.made(p.make(), 0)
}

func (p *process) made(e *endpoint, after time.Duration) Posted[string] {
	time.Sleep(p.rhythm + after)
	p.own(e.id)
	return Posted[string]{Outcome: Created, Item: p.item(e), Date: p.date(), Tries: 1}
}

func (p *process) own(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.find(id).maker = p
}

// makeLater carries out a create after everybody has given up on it.
func (p *process) makeLater() {
	p.late.Go(func() {
		time.Sleep(517 * time.Millisecond)
		p.make()
	})
}

func (p *process) find(id string) *endpoint {
	return p.endpoints[slices.IndexFunc(p.endpoints, func(e *endpoint) bool { return e.id == id })]
}

func (p *process) Read(_ context.Context, id string) (*Item[string], error) {
	time.Sleep(p.rhythm)
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.find(id); e.gone.IsZero() {
		item := p.item(e)
		return &item, nil
	}
	return nil, nil
}

func (p *process) Delete(_ context.Context, id string) error {
	time.Sleep(p.rhythm)
	way := p.choose(1, "delete", "slow delete", "killed before a delete", "killed after a delete")
	switch way {
	case "slow delete":
		time.Sleep(1300 * time.Millisecond)
	case "killed before a delete":
		p.die()
	}
	p.mu.Lock()
	e := p.find(id)
	if e.maker != p && !p.resumed {
		p.misdeeds = append(p.misdeeds, p.name+" deletes "+id+", which it did not make")
	}
	if e.gone.IsZero() {
		e.gone = time.Now()
	}
	p.logf("%s deletes %s", p.name, id)
	p.mu.Unlock()
	if way == "killed after a delete" {
		p.die()
	}
	time.Sleep(p.rhythm)
	return nil
}

var (
	lag300 = replicas{name: "lag 0.3 s", lag: 300 * time.Millisecond}
	lag900 = replicas{name: "lag 0.9 s", lag: 900 * time.Millisecond}
	lag2   = replicas{name: "lag 2 s", lag: 2 * time.Second}
)

// measured is a lag that processes know: of lists as they are, and what requests take.
func measured(lag time.Duration) *time.Duration {
	lag += 100 * time.Millisecond
	return &lag
}

// TestModel explores everything that can happen within some bounds.
func TestModel(t *testing.T) {
	for _, s := range []setup{
		{lists: complete, processes: 2, faults: 1},
		{lists: complete, processes: 2, faults: 1, fractions: true},
		{lists: complete, processes: 2, faults: 1, dateless: true},
		{lists: complete, processes: 2, faults: 1, cleanup: true},
		{lists: complete, processes: 3},
		{lists: complete, processes: 2, skew: true},
		{lists: complete, processes: 3, skew: true},
		{lists: complete, processes: 1, faults: 2, resume: true},
		{lists: complete, processes: 2, faults: 1, known: measured(0)},
		{lists: complete, processes: 3, known: measured(0)},
		{lists: lag300, processes: 2, faults: 1, fractions: true},
		{lists: lag300, processes: 2, faults: 1, known: measured(lag300.lag)},
		{lists: lag300, processes: 3},
		{lists: lag900, processes: 2, faults: 1},
		{lists: lag900, processes: 3},
		{lists: lag900, processes: 3, known: measured(lag900.lag)},
		{lists: lag2, processes: 2, faults: 1, cleanup: true},
		{lists: lag2, processes: 3},
		{lists: lag2, processes: 1, faults: 2, resume: true},
		{lists: prefix, processes: 2, faults: 1},
		{lists: prefix, processes: 3},
		{lists: anyOrder, processes: 3},
		{lists: anyOrder, processes: 2, faults: 1},
		{lists: anyOrder, processes: 2, faults: 1, known: measured(0)},
		{lists: anyOrder, processes: 1, faults: 2, resume: true},
	} {
		if raceDetector && s.processes > 1 {
			s.faults = 0 // its worlds have one at work at a time, and it is slow
		}
		if isLong := s.lists.any || s.lists == lag2 || s.faults == 1 && s.lists != complete && s.lists != prefix; isLong && testing.Short() {
			continue
		}
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				runs, wrong := explore(s)
				t.Logf("%d runs", runs)
				if wrong != "" {
					t.Fatal(wrong)
				}
			})
		})
	}
}

// TestModelSeesWeakRules weakens the rules one by one: the model must detect each.
func TestModelSeesWeakRules(t *testing.T) {
	for _, test := range []struct {
		what   string
		weaken func(*Evidence)
		world  setup
	}{
		{"WaitForSecond", func(e *Evidence) { e.Settled = true }, setup{lists: complete, processes: 2}},
		{"a lag that is measured too short", func(*Evidence) {}, setup{lists: lag900, processes: 2, known: measured(0)}},
		{"WaitForWindow", func(e *Evidence) { e.Young = false }, setup{lists: lag300, processes: 3}},
		{"DeleteOwn", func(e *Evidence) { e.Own = false }, setup{lists: complete, processes: 2}},
		{"Missing", func(e *Evidence) { e.Missing = false }, setup{lists: lag2, processes: 2, faults: 2, cleanup: true}},
		{"Recent", func(e *Evidence) { e.Recent = false }, setup{lists: lag2, processes: 1, faults: 1, resume: true}},
		{"Patient", func(e *Evidence) { e.Patient = false }, setup{lists: complete, processes: 2}},
		{"ReportDuplicates", func(e *Evidence) { e.Others = false }, setup{lists: complete, processes: 2, faults: 1}},
	} {
		t.Run(test.what, func(t *testing.T) {
			sound := rules
			defer func() { rules = sound }()
			rules = slices.Clone(sound)
			for i, rule := range sound {
				rules[i].applies = func(e Evidence) bool { test.weaken(&e); return rule.applies(e) }
			}
			synctest.Test(t, func(t *testing.T) {
				runs, wrong := explore(test.world)
				if wrong == "" {
					t.Fatalf("%d runs of the model, and nothing is wrong", runs)
				}
				t.Logf("%d runs: %s", runs, wrong)
			})
		})
	}
}
