package keyed

import (
	"context"
	"slices"
	"time"
)

// skew is how far the clocks of the service may differ. It matters only if there are
// several resources.
const skew = time.Second

// search is the result of a search, in order, and when the search began: it may or may not
// show what happened since then.
type search[T any] struct {
	items  []Item[T]
	hidden bool
	failed bool
	began  time.Time
	clock  time.Time // the earliest that the service's clock can have shown then
}

// search searches for the key. A resource that can only be read does not count as shown:
// only lists show it to other callers, and theirs to this call.
func (r *run[T]) search(ctx context.Context) (search[T], error) {
	l := search[T]{began: time.Now()}
	since := r.since
	if r.Resume { // only an earlier run knew when the first request was sent
		since = time.Time{}
	}
	sighting, err := r.Port.Search(ctx, since)
	if err == nil {
		if sighting.Began.After(l.began) {
			l.began = sighting.Began
		}
		l.hidden, l.items = sighting.Hidden, InOrder(sighting.Items)
		l.clock = r.hear(l.began, sighting)
		r.seen(l.items)
		l.items, err = r.withUnlisted(ctx, l.items)
	}
	if err == nil {
		err = r.readNamed(ctx, l.items)
	}
	l.failed = err != nil
	if l.failed {
		l.items = nil
	} else {
		r.latest = l.items
	}
	if r.posts == 0 {
		for _, item := range l.items {
			r.before = append(r.before, item.ID)
		}
	}
	return l, err
}

// hear learns the service's clock from a response. It returns the earliest that the clock
// can have shown when the request was sent.
func (r *run[T]) hear(began time.Time, sighting Sighting[T]) time.Time {
	now, shown := time.Now(), r.clock.by(began)
	dates := []time.Time{sighting.Date}
	for _, item := range sighting.Items {
		dates = append(dates, item.Created)
	}
	for _, date := range dates {
		r.clock.hear(date, now)
		if then := date.Add(began.Sub(now)); then.After(shown) { // clocks run at the same speed
			shown = then
		}
	}
	return shown
}

// seen notes which resources lists show by now.
func (r *run[T]) seen(items []Item[T]) {
	for _, item := range items {
		r.past.listed(item.ID)
		r.unlisted = without(r.unlisted, item.ID)
	}
}

// withUnlisted adds the resources that this process created earlier and no list has ever
// shown, if they can be read and so still exist.
func (r *run[T]) withUnlisted(ctx context.Context, items []Item[T]) ([]Item[T], error) {
	for _, id := range slices.Clone(r.unlisted) {
		item, err := r.Port.Read(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case item != nil:
			r.clock.hear(item.Created, time.Now())
			items = append(items, *item)
		case time.Since(r.past.lastRequest()) > r.Window: // it will not appear any more
			r.past.deleted(id)
			r.unlisted = without(r.unlisted, id)
		}
	}
	return InOrder(items), nil
}

// readNamed reads the resources that a response has named without their content, if items
// do not have them.
func (r *run[T]) readNamed(ctx context.Context, items []Item[T]) error {
	for _, id := range r.own {
		if contains(items, id) || contains(r.answers, id) {
			continue
		}
		item, err := r.Port.Read(ctx, id)
		if err != nil {
			return err
		}
		if item != nil {
			r.clock.hear(item.Created, time.Now())
			r.answers = append(r.answers, *item)
		}
	}
	return nil
}

// evidence returns what the rules need to know.
func (r *run[T]) evidence(l *search[T]) Evidence {
	e := Evidence{
		Failed: l.failed, Answered: len(r.answers) > 0, Complete: true,
		Refused: r.refused, Left: r.Tries > 0, Hidden: l.hidden,
		Recent: l.began.Sub(r.lastRequest()) < r.Window,
	}
	r.noteLag(*l)
	if len(l.items) > 0 && !e.Recent {
		l.items = r.withAnswers(l.items)
	}
	e.Keyed = len(l.items)
	if e.Keyed == 0 {
		return e
	}
	for _, id := range r.own {
		e.Complete = e.Complete && contains(l.items, id)
	}
	e.Missing = r.isMissing(l.items)
	r.timeless.see(l.items[0].ID)
	e.Settled = r.isOver(*l, r.lag)
	e.Young = !r.isOurs(l.items[0].ID) && !r.isOver(*l, r.Window)
	for _, item := range l.items[1:] {
		own := r.mayDelete(item.ID)
		e.Own, e.Others = e.Own || own, e.Others || !own
	}
	if e.Others && r.othersAt.IsZero() && e.Settled && !e.Young {
		r.othersAt = time.Now() // from now on, the calls that created them can decide, too
	}
	e.Patient = l.began.Sub(r.othersAt) < r.Window || r.isYoung(*l) // lists show a deletion as late as a new resource
	return e
}

// patience is how many windows after creating a later resource a call may still be in
// progress: on a busy machine, everything takes longer than lists lag.
const patience = 3

// isYoung reports whether the last resource, which somebody else created, may still be
// about to be deleted.
func (r *run[T]) isYoung(l search[T]) bool {
	last, d := l.items[len(l.items)-1], patience*r.Window
	if last.Created.IsZero() {
		return l.began.Sub(r.othersAt) < d
	}
	return l.clock.Before(last.second().Add(time.Second + d))
}

// withAnswers adds the resources from responses, which exist even if no list shows them.
func (r *run[T]) withAnswers(items []Item[T]) []Item[T] {
	items = slices.Clone(items)
	for _, answer := range r.answers {
		if !contains(items, answer.ID) {
			items = append(items, answer)
		}
	}
	return InOrder(items)
}

// lastRequest returns when the last request was sent whose resource lists may not show
// yet. A resumed call assumes that one was sent right before it. A call that was refused
// because something is in use assumes that somebody else's was.
func (r *run[T]) lastRequest() time.Time {
	last := r.past.lastRequest()
	if r.Resume && r.started.After(last) {
		last = r.started
	}
	if r.contested.After(last) {
		last = r.contested
	}
	return last
}

// isMissing reports whether a request may have created a resource that is not among
// items.
func (r *run[T]) isMissing(items []Item[T]) bool {
	if r.Resume && r.posts == 0 {
		return true // an earlier run may have sent several requests
	}
	if r.unnamed == 0 {
		return r.posts == 0 && r.past.unnamed() > 1
	}
	possible := slices.ContainsFunc(items, func(item Item[T]) bool {
		return !slices.Contains(r.before, item.ID) && !slices.Contains(r.own, item.ID)
	})
	return !possible && len(r.own) == 0 || r.unnamed > 1
}

// noteLag measures how long lists take to show the resource from a response, counted from
// the request: another resource of the same second may take as long.
func (r *run[T]) noteLag(l search[T]) {
	switch {
	case len(r.answers) == 0 || r.shown || l.failed:
	case contains(l.items, r.answers[len(r.answers)-1].ID):
		r.shown = true
		r.lag = r.measured.showed(min(time.Since(r.sentAt), r.Window))
	default:
		r.lag = r.Window
		r.measured.missed(l.began.Sub(r.answeredAt))
	}
}

// isOver reports whether the winner's second had been over for d when the search began.
func (r *run[T]) isOver(l search[T], d time.Duration) bool {
	if l.items[0].Created.IsZero() { // only its first appearance says when its second is over
		return l.began.Sub(r.timeless.at) >= time.Second+d
	}
	return !l.clock.Before(over(l.items).Add(d))
}

// untilOver returns how long to wait for that.
func (r *run[T]) untilOver(l search[T], d time.Duration) time.Duration {
	now := time.Now()
	if l.items[0].Created.IsZero() {
		return time.Second + d - now.Sub(r.timeless.at)
	}
	return over(l.items).Add(d).Sub(r.clock.by(now))
}

// timeless is when a winner without a creation time was first seen.
type timeless struct {
	id string
	at time.Time
}

func (t *timeless) see(id string) {
	if t.id != id || t.at.IsZero() {
		*t = timeless{id: id, at: time.Now()}
	}
}

// over returns when the winner's second is over, by the service's clock.
func over[T any](items []Item[T]) time.Time {
	over := items[0].second().Add(time.Second)
	if len(items) > 1 {
		over = over.Add(skew)
	}
	return over
}

// isOurs reports whether nobody else may delete a resource, because a response to this
// process named it. A resumed call has the key for itself.
func (r *run[T]) isOurs(id string) bool {
	return r.Resume || slices.Contains(r.own, id) || r.past.hasMade(id)
}

// mayDelete reports whether this call may delete a resource, because a response to it
// named it, and it has not deleted it yet. A resumed call has the key for itself.
func (r *run[T]) mayDelete(id string) bool {
	return (r.Resume || slices.Contains(r.own, id)) && !slices.Contains(r.deleted, id)
}

func contains[T any](items []Item[T], id string) bool {
	return slices.ContainsFunc(items, func(i Item[T]) bool { return i.ID == id })
}
