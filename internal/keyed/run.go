package keyed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Call is one create with a key.
type Call[T any] struct {
	Port   Port[T]
	Window time.Duration // within which lists show a new resource
	Tries  int
	// Resume: an earlier run may have sent the request, and nobody else uses the key.
	Resume bool

	past     *Past // what this process knows about earlier requests with the key
	measured *Lag  // how long lists lag
}

// Result is the resource of a key.
type Result[T any] struct {
	Item Item[T]
	// Own: a response to this call named it.
	Own bool
	// Found: it already existed, or somebody else created it.
	Found bool
	// Listed: a search has shown it under its key.
	Listed bool
}

// The pauses between two searches: short at first, because lists rarely lag.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// run is a call in progress.
type run[T any] struct {
	Call[T]
	clock   clock
	started time.Time
	pause   time.Duration

	since      time.Time // of the first request, by the service's clock
	sentAt     time.Time // of the last one, by this machine's clock
	answeredAt time.Time
	contested  time.Time // when one was refused because of what somebody else may have created
	posts      int       // requests of this call that may have created a resource
	unnamed    int       // those of them whose resource no response has named
	refused    bool      // the last one was refused
	last       error     // why the last one got no complete response

	before   []string // shown before the first request
	own      []string // named by responses to this call, and not deleted
	deleted  []string
	answers  []Item[T] // those of own whose content is known
	latest   []Item[T] // shown by the last search
	unlisted []string  // created earlier by this process, and not shown by any search

	shown    bool          // a search has shown the last of answers
	lag      time.Duration // of lists, as far as known
	timeless timeless
	othersAt time.Time // when resources of others were first seen after the winner
}

// run creates the one resource of the key, or finds it. The error is that of the port,
// *UnknownError, *DuplicatesError or *SearchError.
func (c Call[T]) run(ctx context.Context) (Result[T], error) {
	r := &run[T]{Call: c, started: time.Now(), pause: firstPause, unlisted: c.past.unlisted()}
	defer r.remember()
	for {
		if err := ctx.Err(); err != nil {
			return r.ended(err)
		}
		l, err := r.search(ctx)
		if err != nil && !r.Port.MayPass(err) {
			return r.ended(err)
		}
		switch step := Decide(r.evidence(&l)); step {
		case Post:
			if refusal := r.post(ctx); refusal != nil {
				return Result[T]{}, refusal
			}
			if err := r.waitToSearch(ctx); err != nil {
				return r.ended(err)
			}
		case ReturnWinner:
			return r.result(l.items[0]), nil
		case ReportDuplicates:
			return Result[T]{}, duplicates(l.items, nil)
		case ReportRefusal:
			return r.refusal()
		case ReportHidden:
			return Result[T]{}, &UnknownError{Hidden: true, Err: r.last}
		case ReturnAnswer, GiveUp:
			return r.ended(cmp.Or(err, r.last))
		default:
			if err := r.goOn(ctx, step, l); err != nil {
				return r.ended(err)
			}
		}
	}
}

// goOn does what a step requires before the next search.
func (r *run[T]) goOn(ctx context.Context, step Step, l search[T]) error {
	switch step {
	case WaitForSecond:
		return wait(ctx, max(r.untilOver(l, r.lag), time.Millisecond))
	case WaitForWindow:
		return wait(ctx, max(r.untilOver(l, r.Window), time.Millisecond))
	case DeleteOwn:
		return r.deleteOwn(ctx, l.items)
	default: // SearchAgain
		pause := r.pause
		r.pause = min(2*pause, maxPause)
		return wait(ctx, pause)
	}
}

// post sends the request. It returns a refusal if no earlier request can have created
// anything.
func (r *run[T]) post(ctx context.Context) error {
	r.sentAt = time.Now()
	if r.since.IsZero() {
		r.since = r.clock.by(r.sentAt)
	}
	posted := r.Port.Post(ctx, r.Tries)
	now := time.Now()
	r.answeredAt = now
	r.clock.hear(posted.Date, now)
	r.clock.hear(posted.Item.Created, now)
	r.Tries -= max(posted.Tries, 1)
	r.pause = firstPause
	r.last, r.refused = posted.Err, false
	switch posted.Outcome {
	case Created:
		r.answers = append(r.answers, posted.Item)
		r.shown = false
		r.timeless.see(posted.Item.ID)
		r.created(posted.Item.ID)
	case Unknown:
		r.created(posted.Named)
	case Refused, Contested:
		if posted.Outcome == Refused && !r.mayHaveMade() {
			return posted.Err
		}
		r.refused, r.Tries = true, 0 // an earlier request may be the reason
		if posted.Outcome == Contested {
			r.contested = now
		}
	}
	return nil
}

// waitToSearch waits until a search can decide, if the lag of lists is known. If there is not
// enough time, it lets the call search at once.
func (r *run[T]) waitToSearch(ctx context.Context) error {
	lag, known := r.measured.known()
	if !known || len(r.answers) == 0 {
		return nil
	}
	d := r.untilOver(search[T]{items: r.answers[len(r.answers)-1:]}, lag)
	if outlasts(ctx, d) {
		return nil
	}
	return wait(ctx, d)
}

// remember keeps the IDs of created resources that no list has shown, for later calls.
func (r *run[T]) remember() {
	for _, id := range r.own {
		if !contains(r.latest, id) {
			r.past.keep(id)
		}
	}
}

// created notes a request that created the resource id or, if id is "", may have created one.
func (r *run[T]) created(id string) {
	r.posts++
	if id == "" {
		r.unnamed++
	} else if !slices.Contains(r.own, id) {
		r.own = append(r.own, id)
	}
	r.past.sent(id)
}

// mayHaveMade reports whether any known request with the key may have created a resource.
func (r *run[T]) mayHaveMade() bool {
	return r.posts > 0 || r.Resume || r.past.mayHaveMade(r.Window)
}

// refusal ends a call whose request was refused, if no resource shows the key.
func (r *run[T]) refusal() (Result[T], error) {
	if r.mayHaveMade() {
		return r.ended(r.last)
	}
	return Result[T]{}, r.last
}

// deleteOwn deletes the resources after the winner that this call may delete.
func (r *run[T]) deleteOwn(ctx context.Context, items []Item[T]) error {
	for _, item := range items[1:] {
		if !r.mayDelete(item.ID) {
			continue
		}
		if err := r.Port.Delete(ctx, item.ID); err != nil {
			return duplicates(items, err)
		}
		r.deleted = append(r.deleted, item.ID)
		r.own, r.unlisted = without(r.own, item.ID), without(r.unlisted, item.ID)
		r.past.deleted(item.ID)
		r.answers = slices.DeleteFunc(r.answers, func(a Item[T]) bool { return a.ID == item.ID })
	}
	r.pause = firstPause
	return nil
}

// result returns the winner, and how this call got it.
func (r *run[T]) result(winner Item[T]) Result[T] {
	own := slices.Contains(r.own, winner.ID)
	isNew := r.unnamed > 0 && !slices.Contains(r.before, winner.ID)
	for _, answer := range r.answers {
		if answer.ID == winner.ID {
			winner = answer // as in the response
		}
	}
	return Result[T]{Item: winner, Own: own, Found: !own && !isNew, Listed: true}
}

// ended returns the result of a call that cannot continue: the resource from the response,
// if there is one and nothing that comes before it was seen. This hides no duplicate: any
// other call that created one searches too, and so does the next call with the key.
func (r *run[T]) ended(err error) (Result[T], error) {
	var several *DuplicatesError
	switch {
	case errors.As(err, &several):
		return Result[T]{}, err
	case len(r.answers) > 0:
		known := r.withAnswers(r.latest)
		if !contains(r.answers, known[0].ID) {
			return Result[T]{}, duplicates(known, err)
		}
		return Result[T]{Item: known[0], Own: true}, nil
	case r.refused && !r.mayHaveMade(): // the refusal stands, whatever ended the search
		return Result[T]{}, fmt.Errorf("%w; then searching for the key: %w", r.last, err)
	case !r.mayHaveMade():
		return Result[T]{}, &SearchError{Err: err}
	}
	named := ""
	if len(r.own) > 0 {
		named = r.own[len(r.own)-1]
	}
	return Result[T]{}, &UnknownError{Named: named, Err: err, Last: r.last}
}

// outlasts reports whether a wait would outlast the deadline of ctx.
func outlasts(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) <= d
}

// wait waits for d. It returns the error of ctx, immediately if d would outlast its
// deadline.
func wait(ctx context.Context, d time.Duration) error {
	switch {
	case d <= 0:
		return ctx.Err()
	case outlasts(ctx, d):
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
