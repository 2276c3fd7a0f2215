package keyed

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"
)

const (
	// certainty is how much older than the window something must be to be settled: lists
	// may lag longer than they should, and clocks may be wrong.
	certainty = 30 * time.Second
	// slack is how far the order of a list may deviate from the order of created_at.
	slack = 2 * time.Second
	// freshFor is how long settled resources are not read again. After that, everything is
	// read, because somebody may have added the tag of a key to an old resource.
	freshFor = 10 * time.Minute
	// maxKnown bounds the remembered resources with a key: some 100 bytes each.
	maxKnown = 250_000
	// maxMarks bounds the marks.
	maxMarks = 32

	// The sizes of pages: the largest to read everything, and smaller ones for what is new.
	largestPage, smallestPage = 1000, 100
)

// known is what searches have settled: which resources with a key were created before a
// moment by the service's clock. The next search does not list anything older. A settled
// resource may have been deleted since, so it is read before it is used.
type known struct {
	seed  maphash.Seed
	full  time.Time // when the last search that read everything began; zero: nothing is settled
	below time.Time // what was created earlier is settled
	// ids are the settled resources, by a hash of their key. Two keys may have the same
	// hash; reading the resource tells them apart.
	ids   map[uint64][]string
	count int
	marks []mark // of earlier searches, oldest first
	above int    // how many resources were not settled

	generation int // differs after each change
}

// mark says that everything with a created_at of at most newest existed at a time.
type mark struct{ newest, at time.Time }

// progress is a search in progress.
type progress struct {
	seed       maphash.Seed
	generation int
	began      time.Time
	floor      time.Time // what was created earlier need not be read; zero: read everything
	pageSize   int

	newest, last time.Time
	above        int // resources created at floor or later
	disorder     bool
	tagged       bool // tags show
	fresh        []carrier
}

// carrier is a resource that carries a key.
type carrier struct {
	hash    uint64
	id      string
	created int64 // in seconds
}

// start begins a search that must see at least what was created after since, if that is
// not zero.
func (k *known) start(began, since time.Time) *progress {
	if k.ids == nil || !k.full.IsZero() && began.Sub(k.full) > freshFor {
		k.reset()
	}
	p := &progress{seed: k.seed, generation: k.generation, began: began, pageSize: largestPage}
	if !k.below.IsZero() {
		p.floor, p.tagged = k.below, true
		if !since.IsZero() && since.Before(p.floor) {
			p.floor = since.Truncate(time.Second)
		}
		p.pageSize = min(max(k.above+k.above/4, smallestPage), largestPage)
	}
	return p
}

// reset makes the next search read everything.
func (k *known) reset() {
	*k = known{seed: maphash.MakeSeed(), ids: make(map[uint64][]string), marks: k.marks, above: largestPage, generation: k.generation + 1}
}

// carriers returns the settled resources that may carry a key.
func (k *known) carriers(key string) []string {
	return slices.Clone(k.ids[maphash.String(k.seed, key)])
}

// forget forgets one of them.
func (k *known) forget(key, id string) {
	hash := maphash.String(k.seed, key)
	left := without(k.ids[hash], id)
	k.count -= len(k.ids[hash]) - len(left)
	if k.ids[hash] = left; len(left) == 0 {
		delete(k.ids, hash)
	}
}

// settle remembers what a search has shown and that cannot change any more. clock is the
// earliest that the service's clock can have shown when the search began; zero if unknown.
func (k *known) settle(p *progress, window time.Duration, clock time.Time) {
	switch {
	case p.generation != k.generation: // another search was faster
		return
	case p.disorder, !p.tagged, p.newest.IsZero():
		k.reset() // unknown which resources are old, or which keys they carry
		return
	}
	k.generation++
	if p.floor.IsZero() {
		k.full = p.began
	} else {
		k.above = p.above
	}
	below := k.settledBy(p, window+certainty, clock)
	for _, c := range p.fresh {
		if created := time.Unix(c.created, 0); created.Before(below) && !created.Before(k.below) {
			k.ids[c.hash] = append(k.ids[c.hash], c.id)
			k.count++
		}
	}
	if k.below = below; k.count > maxKnown {
		k.reset()
	}
}

// settledBy returns the time before which no more resources can appear: a search shows
// everything that is older than age.
func (k *known) settledBy(p *progress, age time.Duration, clock time.Time) time.Time {
	below := k.below
	if clock.IsZero() {
		for _, m := range k.marks {
			if t := m.newest.Add(-slack); p.began.Sub(m.at) >= age && t.After(below) {
				below = t
			}
		}
	} else if t := clock.Add(-age); t.After(below) {
		below = t
	}
	now := time.Now()
	isDue := len(k.marks) == 0 || now.Sub(k.marks[len(k.marks)-1].at) >= age/maxMarks*2
	if isDue && p.newest.Before(now.Add(time.Hour)) { // ignore a clock that is far ahead
		k.marks = append(k.marks[max(0, len(k.marks)-maxMarks+1):], mark{newest: p.newest, at: now})
	}
	return below.Truncate(time.Second)
}

// see adds the next resource.
func (p *progress) see(id, key string, created time.Time, tagged bool) {
	p.tagged = p.tagged || tagged || key != ""
	switch {
	case created.IsZero(), !p.last.IsZero() && created.After(p.last.Add(slack)):
		p.disorder = true
	case p.last.IsZero() || created.Before(p.last):
		p.last = created
	}
	if created.After(p.newest) {
		p.newest = created
	}
	if created.Before(p.floor) {
		return
	}
	p.above++
	if key != "" { // even if it is being deleted, because that may fail
		p.fresh = append(p.fresh, carrier{hash: maphash.String(p.seed, key), id: strings.Clone(id), created: created.Unix()})
	}
}

// mustGoOn reports whether older resources must be read.
func (p *progress) mustGoOn() bool {
	return p.floor.IsZero() || p.disorder || !p.last.Before(p.floor.Add(-slack)) || p.last.IsZero()
}
