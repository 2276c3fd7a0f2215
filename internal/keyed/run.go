package keyed

import (
	"context"
	"slices"
	"time"
)

// Port is the service, as a create with a key needs it.
type Port[T any] interface {
	// Search lists the endpoints of the key that are not being deleted. Hidden says that
	// another one could be that of the key: one whose tags cannot be seen at all, or one
	// without the key that is not older than since, which is when the first request of
	// the call was sent by the service's clock, or zero.
	Search(ctx context.Context, since time.Time) (Sighting[T], error)
	// Post sends the create request, at most tries times, and again only where the
	// request before certainly did nothing.
	Post(ctx context.Context, tries int) Posted[T]
	// Read reads an endpoint that an answer has named. nil: it is gone, or not there yet.
	Read(ctx context.Context, id string) (*Item[T], error)
	// Delete deletes an endpoint; that it is gone is success.
	Delete(ctx context.Context, id string) error
	// MayPass reports an error of Search or Read that may be gone the next time.
	MayPass(err error) bool
}

// Sighting is what one search has shown.
type Sighting[T any] struct {
	Items  []Item[T]
	Hidden bool
	// Date is the service's clock when it answered; zero: it did not say.
	Date time.Time
}

// Outcome is what came of a create request.
type Outcome uint8

const (
	// Unknown: it may have been carried out.
	Unknown Outcome = iota
	// Made: it was.
	Made
	// Refused: it was not.
	Refused
	// Contested: it was refused for something that an earlier request of the same key
	// can have caused, such as an address that is in use.
	Contested
)

// Posted is what came of Post.
type Posted[T any] struct {
	Outcome Outcome
	Item    Item[T] // where it was Made
	Named   string  // an ID that an answer named before it broke off
	Date    time.Time
	Tries   int // how many of the tries were used up
	Err     error
}

// Call is one create with a key.
type Call[T any] struct {
	Port   Port[T]
	Window time.Duration // within which lists show what was made
	Tries  int
	// Resume: an earlier run may have sent the request, and nobody else uses the key.
	Resume bool
	// Past is what this process knows of the key from before.
	Past *Past
}

// Result is the endpoint of a key.
type Result[T any] struct {
	Item Item[T]
	// Own: an answer to this call named it.
	Own bool
	// Found: it was there, or somebody else made it.
	Found bool
	// Listed: a search has shown it under its key.
	Listed bool
}

// The pauses between two searches: dense at first, as lists rarely lag.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
	// skew is how far the clocks of the service may be apart. It is waited for where
	// several endpoints show, so that it matters.
	skew = time.Second
)

// run is a call at work.
type run[T any] struct {
	Call[T]
	clock   clock
	started time.Time
	since   time.Time // of the first request, by the service's clock
	posts   int       // requests of this call that may have made an endpoint
	unnamed int       // of which no answer has named the ID
	own     []string  // that answers to this call have named, and that were not deleted
	answer  *Item[T]  // the last of them, where the whole answer arrived
	before  []string  // that showed before the first request
	refused bool
	last    error // why the last request has no whole answer
	pause   time.Duration

	postedAt time.Time     // when the last request was answered
	lag      time.Duration // that lists were seen to have
	settled  time.Time     // when a lag that was seen is over
	timeless time.Time     // when a winner without a time was first seen
	othersAt time.Time     // when endpoints of others were first seen behind the winner
}

// Run makes the one endpoint of the key, or finds it. The error is that of the port,
// *UnknownError or *DuplicatesError.
func (c Call[T]) Run(ctx context.Context) (Result[T], error) {
	r := &run[T]{Call: c, started: time.Now(), pause: firstPause}
	for {
		if err := ctx.Err(); err != nil {
			return r.ended(err)
		}
		seen, err := r.search(ctx)
		if err != nil && !r.Port.MayPass(err) {
			return r.ended(err)
		}
		e := r.evidence(&seen, err != nil)
		switch Decide(e) {
		case Post:
			if refusal := r.post(ctx); refusal != nil {
				return Result[T]{}, refusal
			}
			continue
		case SearchAgain:
			err = r.wait(ctx, r.pause)
			r.pause = min(2*r.pause, maxPause)
		case WaitForSecond:
			err = r.wait(ctx, r.untilSettled(seen))
		case WaitForLag:
			err = r.wait(ctx, time.Until(r.settled))
		case DeleteOwn:
			err = r.deleteOwn(ctx, seen.items)
		case ReturnWinner:
			return r.result(seen.items[0]), nil
		case ReturnAnswer:
			return Result[T]{Item: *r.answer, Own: true}, nil
		case ReportDuplicates:
			return Result[T]{}, duplicates(seen.items, nil)
		case ReportRefusal:
			if r.posts > 0 || r.Resume || !r.Past.lastRequest().IsZero() {
				return r.ended(r.last) // an earlier request may be the very reason
			}
			return Result[T]{}, r.last
		case ReportHidden:
			return Result[T]{}, &UnknownError{Hidden: true, Err: r.last}
		case GiveUp:
			if err == nil {
				err = r.last
			}
			return r.ended(err)
		}
		if err != nil {
			return r.ended(err)
		}
	}
}

// seen is what a search has shown, in order, and when it was begun.
type seen[T any] struct {
	items  []Item[T]
	hidden bool
	began  time.Time
	clock  time.Time // the least that the service's clock showed then
}

// search looks for the key, and for what answers have named beside it.
func (r *run[T]) search(ctx context.Context) (seen[T], error) {
	began := time.Now()
	sighting, err := r.Port.Search(ctx, r.since)
	if err != nil {
		return seen[T]{}, err
	}
	now := time.Now()
	shown := r.clock.by(began)
	hear := func(t time.Time) {
		r.clock.hear(t, now)
		if then := t.Add(began.Sub(now)); then.After(shown) { // a clock does not run faster than ours
			shown = then
		}
	}
	hear(sighting.Date)
	items := sighting.Items
	for _, item := range items {
		hear(item.Created)
	}
	for _, id := range r.own {
		if r.answer != nil && r.answer.ID == id || contains(items, id) {
			continue // what is known whole shows, or lists lag
		}
		item, err := r.Port.Read(ctx, id)
		if err != nil {
			return seen[T]{}, err
		}
		if item != nil {
			items = append(items, *item)
		}
	}
	if r.posts == 0 {
		for _, item := range items {
			r.before = append(r.before, item.ID)
		}
	}
	return seen[T]{items: InOrder(items), hidden: sighting.Hidden, began: began, clock: shown}, nil
}

// evidence is what the rules need to know.
func (r *run[T]) evidence(s *seen[T], failed bool) Evidence {
	recent := time.Since(r.lastRequest()) < r.Window
	if len(s.items) > 0 && r.answer != nil && !recent && !contains(s.items, r.answer.ID) {
		s.items = InOrder(append(s.items, *r.answer)) // it exists, although no list shows it
	}
	e := Evidence{
		Failed: failed, Keyed: len(s.items), Answered: r.answer != nil, Complete: true,
		Refused: r.refused, Left: r.Tries > 0,
		Hidden: s.hidden,
		Recent: recent,
	}
	if failed || len(s.items) == 0 {
		return e
	}
	r.noteLag(*s)
	for _, id := range r.own {
		e.Complete = e.Complete && contains(s.items, id)
	}
	e.Settled = r.isSettled(*s)
	e.Lagging = time.Now().Before(r.settled) || s.began.Before(r.settled)
	e.Missing = r.isMissing(*s)
	for _, item := range s.items[1:] {
		if r.isOwn(item.ID) {
			e.Own = true
		} else {
			e.Others = true
		}
	}
	if e.Others && r.othersAt.IsZero() {
		r.othersAt = time.Now()
	}
	e.Patient = time.Since(r.othersAt) < r.Window
	return e
}

// lastRequest is when a request was sent that lists may not show yet. A resumed call
// takes it for granted that one was sent right before it.
func (r *run[T]) lastRequest() time.Time {
	last := r.Past.lastRequest()
	if r.Resume && r.started.After(last) {
		last = r.started
	}
	return last
}

// isMissing reports whether a request may have made an endpoint that none of those
// shown can be.
func (r *run[T]) isMissing(s seen[T]) bool {
	if r.Resume && r.posts == 0 {
		return true // until the window is over: an earlier run may have sent several
	}
	if r.unnamed == 0 {
		return r.posts == 0 && r.Past.unnamed() > 1
	}
	possible := 0
	for _, item := range s.items {
		if !slices.Contains(r.before, item.ID) && !slices.Contains(r.own, item.ID) {
			possible++
		}
	}
	return possible == 0 && len(r.own) == 0 || r.unnamed > 1
}

// noteLag remembers how long lists took to show what was answered. Then something
// else of the same second may take as long.
func (r *run[T]) noteLag(s seen[T]) {
	if r.answer == nil || r.lag != 0 || !contains(s.items, r.answer.ID) {
		return
	}
	r.lag = 1                 // it shows
	if r.pause > firstPause { // but did not at first
		r.lag = min(time.Since(r.postedAt), r.Window)
		r.settled = time.Now().Add(r.lag)
	}
}

// isSettled reports whether a search was begun after the winner's second was over.
func (r *run[T]) isSettled(s seen[T]) bool {
	if s.items[0].Created.IsZero() { // nothing says when it is over, but that it was seen
		if r.timeless.IsZero() {
			r.timeless = time.Now()
		}
		return s.began.Sub(r.timeless) >= time.Second
	}
	return !s.clock.Before(r.over(s))
}

// over is when the winner's second is over, by the service's clock.
func (r *run[T]) over(s seen[T]) time.Time {
	over := s.items[0].second().Add(time.Second)
	if len(s.items) > 1 {
		over = over.Add(skew)
	}
	return over
}

// untilSettled is how long the winner's second still lasts.
func (r *run[T]) untilSettled(s seen[T]) time.Duration {
	now := time.Now()
	left := time.Second - now.Sub(r.timeless)
	if !s.items[0].Created.IsZero() {
		left = r.over(s).Sub(r.clock.by(now))
	}
	return min(max(left, time.Millisecond), time.Second+skew)
}

// post sends the request. It returns the refusal of one before which nothing was done.
func (r *run[T]) post(ctx context.Context) error {
	if r.since.IsZero() {
		r.since = r.clock.by(time.Now())
	}
	posted := r.Port.Post(ctx, r.Tries)
	now := time.Now()
	r.Tries -= posted.Tries
	r.clock.hear(posted.Date, now)
	r.clock.hear(posted.Item.Created, now)
	r.pause, r.postedAt = firstPause, now
	r.last, r.refused = posted.Err, false
	switch posted.Outcome {
	case Made:
		r.answer = &posted.Item
		r.made(posted.Item.ID)
	case Unknown:
		r.made(posted.Named)
	case Contested, Refused:
		if r.posts == 0 && r.Past.lastRequest().IsZero() && posted.Outcome == Refused && !r.Resume {
			return posted.Err // no request did anything
		}
		r.refused, r.Tries = true, 0 // an earlier request may be the very reason
	}
	return nil
}

// made notes a request that made the endpoint id, or may have made one, whose ID is not known.
func (r *run[T]) made(id string) {
	r.posts++
	if id == "" {
		r.unnamed++
	} else if !slices.Contains(r.own, id) {
		r.own = append(r.own, id)
	}
	r.Past.sent(id)
}

// isOwn reports what this call may delete: what answers to it have named. A resumed
// call has the key for itself.
func (r *run[T]) isOwn(id string) bool { return r.Resume || slices.Contains(r.own, id) }

// deleteOwn deletes what this call may delete behind the winner.
func (r *run[T]) deleteOwn(ctx context.Context, items []Item[T]) error {
	for _, item := range items[1:] {
		if !r.isOwn(item.ID) {
			continue
		}
		if err := r.Port.Delete(ctx, item.ID); err != nil {
			return duplicates(items, err)
		}
		r.own = slices.DeleteFunc(r.own, func(id string) bool { return id == item.ID })
		if r.answer != nil && r.answer.ID == item.ID {
			r.answer = nil
		}
	}
	r.pause = firstPause
	return nil
}

// result is the winner, and how this call came to it.
func (r *run[T]) result(winner Item[T]) Result[T] {
	own := slices.Contains(r.own, winner.ID)
	isNew := r.unnamed > 0 && !slices.Contains(r.before, winner.ID)
	if own && r.answer != nil && r.answer.ID == winner.ID {
		winner = *r.answer // as the service answered it
	}
	return Result[T]{Item: winner, Own: own, Found: !own && !isNew, Listed: true}
}

// wait waits, and reports the end of ctx.
func (r *run[T]) wait(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ended is the result of a call that cannot go on: what the service answered, if it
// did. Nothing is hidden by that: whoever else made one searches too, and so does
// the next call with the key.
func (r *run[T]) ended(err error) (Result[T], error) {
	var several *DuplicatesError
	switch {
	case asDuplicates(err, &several):
		return Result[T]{}, err
	case r.answer != nil:
		return Result[T]{Item: *r.answer, Own: true}, nil
	case r.posts == 0 && r.Past.lastRequest().IsZero() && !r.Resume:
		return Result[T]{}, &SearchError{Err: err}
	}
	named := ""
	if len(r.own) > 0 {
		named = r.own[len(r.own)-1]
	}
	return Result[T]{}, &UnknownError{Named: named, Err: err, Last: r.last}
}

func contains[T any](items []Item[T], id string) bool {
	return slices.ContainsFunc(items, func(i Item[T]) bool { return i.ID == id })
}
