package keyed

import (
	"context"
	"slices"
	"time"
)

// skew is how far the clocks of the service may be apart. It is waited for where
// several resources show, so that it matters.
const skew = time.Second

// look is what a search has shown, in order, and when it was begun: what happened
// since then may or may not show.
type look[T any] struct {
	items  []Item[T]
	hidden bool
	failed bool
	began  time.Time
	clock  time.Time // the least that the service's clock showed then
}

// look searches for the key. That a resource can be read does not count as shown:
// others see it, and this call sees theirs, only in lists.
func (r *run[T]) look(ctx context.Context) (look[T], error) {
	l := look[T]{began: time.Now()}
	since := r.since
	if r.Resume { // when the first request was sent, an earlier run knew
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

// hear learns the service's clock from an answer. It returns the least that the clock
// showed when the request was sent.
func (r *run[T]) hear(began time.Time, sighting Sighting[T]) time.Time {
	now, shown := time.Now(), r.clock.by(began)
	dates := []time.Time{sighting.Date}
	for _, item := range sighting.Items {
		dates = append(dates, item.Created)
	}
	for _, date := range dates {
		r.clock.hear(date, now)
		if then := date.Add(began.Sub(now)); then.After(shown) { // a clock does not run faster than ours
			shown = then
		}
	}
	return shown
}

// seen notes what lists show by now.
func (r *run[T]) seen(items []Item[T]) {
	for _, item := range items {
		r.past.listed(item.ID)
		r.unlisted = without(r.unlisted, item.ID)
	}
}

// withUnlisted adds what this process made long ago, and no list has ever shown: that
// it was made does not prove that it still exists, that it can be read does.
func (r *run[T]) withUnlisted(ctx context.Context, items []Item[T]) ([]Item[T], error) {
	for _, id := range slices.Clone(r.unlisted) {
		item, err := r.Port.Read(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case item != nil:
			r.clock.hear(item.Created, time.Now())
			items = append(items, *item)
		case time.Since(r.past.lastRequest()) > r.Window: // it is not to come any more
			r.past.deleted(id)
			r.unlisted = without(r.unlisted, id)
		}
	}
	return InOrder(items), nil
}

// readNamed reads what answers have named, but not given whole, and items do not show.
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

// evidence is what the rules need to know.
func (r *run[T]) evidence(l *look[T]) Evidence {
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
		r.othersAt = time.Now() // from now on their owners can decide, too
	}
	e.Patient = l.began.Sub(r.othersAt) < r.Window || r.isYoung(*l) // a decision shows as late as a resource
	return e
}

// patience is how many windows after its creation the owner of a later one may still
// be at work: on a busy machine, all takes longer than lists lag.
const patience = 3

// isYoung reports whether the last one, which somebody else made, may still be about
// to be deleted.
func (r *run[T]) isYoung(l look[T]) bool {
	last, d := l.items[len(l.items)-1], patience*r.Window
	if last.Created.IsZero() {
		return l.began.Sub(r.othersAt) < d
	}
	return l.clock.Before(last.second().Add(time.Second + d))
}

// withAnswers adds what the service answered: it exists, although no list shows it.
func (r *run[T]) withAnswers(items []Item[T]) []Item[T] {
	items = slices.Clone(items)
	for _, answer := range r.answers {
		if !contains(items, answer.ID) {
			items = append(items, answer)
		}
	}
	return InOrder(items)
}

// lastRequest is when a request was sent that lists may not show yet. A resumed call
// takes it for granted that one was sent right before it, and one that was refused for
// what is taken, that somebody else's was.
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

// isMissing reports whether a request may have made a resource that none of those
// shown can be.
func (r *run[T]) isMissing(items []Item[T]) bool {
	if r.Resume && r.posts == 0 {
		return true // until the window is over: an earlier run may have sent several
	}
	if r.unnamed == 0 {
		return r.posts == 0 && r.past.unnamed() > 1
	}
	possible := slices.ContainsFunc(items, func(item Item[T]) bool {
		return !slices.Contains(r.before, item.ID) && !slices.Contains(r.own, item.ID)
	})
	return !possible && len(r.own) == 0 || r.unnamed > 1
}

// noteLag measures how long lists take to show what was answered: something else of
// the same second may take as long. That it shows at once says little where the answer
// or the list was slow.
func (r *run[T]) noteLag(l look[T]) {
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

// isOver reports whether a search was begun when the winner's second had been over for d.
func (r *run[T]) isOver(l look[T], d time.Duration) bool {
	if l.items[0].Created.IsZero() { // nothing says when it is over, but that it was seen
		return l.began.Sub(r.timeless.at) >= time.Second+d
	}
	return !l.clock.Before(over(l.items).Add(d))
}

// untilOver is how long to wait for that.
func (r *run[T]) untilOver(l look[T], d time.Duration) time.Duration {
	now := time.Now()
	if l.items[0].Created.IsZero() {
		return time.Second + d - now.Sub(r.timeless.at)
	}
	return over(l.items).Add(d).Sub(r.clock.by(now))
}

// timeless is when a winner of which nothing says when it was made was first seen.
type timeless struct {
	id string
	at time.Time
}

func (t *timeless) see(id string) {
	if t.id != id || t.at.IsZero() {
		*t = timeless{id: id, at: time.Now()}
	}
}

// over is when the winner's second is over, by the service's clock.
func over[T any](items []Item[T]) time.Time {
	over := items[0].second().Add(time.Second)
	if len(items) > 1 {
		over = over.Add(skew)
	}
	return over
}

// isOurs reports what nobody else may delete: what answers to this process have named.
// A resumed call has the key for itself.
func (r *run[T]) isOurs(id string) bool {
	return r.Resume || slices.Contains(r.own, id) || r.past.hasMade(id)
}

// mayDelete reports what this call may delete: what answers to it have named, once. A
// resumed call has the key for itself.
func (r *run[T]) mayDelete(id string) bool {
	return (r.Resume || slices.Contains(r.own, id)) && !slices.Contains(r.deleted, id)
}

func contains[T any](items []Item[T], id string) bool {
	return slices.ContainsFunc(items, func(i Item[T]) bool { return i.ID == id })
}
