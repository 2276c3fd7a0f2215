package vpcep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// The pauses between two looks for the endpoint of a create with an unknown
// outcome: dense at first, as lists rarely lag.
const (
	firstLookPause = 100 * time.Millisecond
	maxLookPause   = time.Second
)

// lookPageSize makes one request of the look in all projects with a usual quota.
const lookPageSize = maxPageSize

// createOnce creates the endpoint of an idempotency key, or finds it. The service
// knows no keys, so that the evidence is a tag and what lists show of it:
//
//	look → found: return it
//	     → nothing, and a request that is younger than the window may have made it: look again
//	     → nothing: send the request, and look again where its outcome is unknown
//
// A second request is sent only after the whole window has shown nothing, which is
// also what keeps a broken service from being stormed. Lists are then looked at
// until they show what it made: if they show an elder endpoint too, the younger is
// deleted again.
func (c *Client) createKeyed(ctx context.Context, create request[*Endpoint], req CreateEndpointRequest, opts []CallOption) (*Endpoint, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := create.valid(c); err != nil {
		return nil, err
	}
	body, err := create.encode(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	settings.timeout = 0
	create.operation = retry.KeyedCreate
	endpoint, err := c.createOnce(ctx, create, settings, req, body, opts)
	return endpoint, c.withQuota(ctx, err)
}

func (c *Client) createOnce(ctx context.Context, create request[*Endpoint], settings callSettings, req CreateEndpointRequest, body []byte, opts []CallOption) (*Endpoint, error) {
	creation := c.creations.join(req.IdempotencyKey, c.window)
	defer c.creations.leave(creation)
	joined := creation.results.Load()
	if err := creation.enter(ctx); err != nil {
		return nil, fmt.Errorf("vpcep: create endpoint: waiting for another create with the same key: %w", err)
	}
	defer creation.exit()
	if endpoint, err, ok := creation.shared(body, joined); ok {
		return endpoint, err
	}
	r := &keyedCreate{c: c, create: create, settings: settings, req: req, body: body, opts: opts, creation: creation, left: c.service.Retry.Override(settings.retry.policy()).MaxAttempts}
	endpoint, err := r.run(ctx)
	creation.conclude(ctx, body, endpoint, err)
	return endpoint, err
}

// keyedCreate is one call's work on a creation.
type keyedCreate struct {
	c        *Client
	create   request[*Endpoint]
	settings callSettings
	req      CreateEndpointRequest
	body     []byte
	opts     []CallOption
	creation *creation
	left     int       // attempts to send the request
	mine     []string  // the endpoints that answers to this very call have named
	answer   *Endpoint // the last one of them, where the whole answer arrived
	last     error     // why the last request has no such answer
}

func (r *keyedCreate) run(ctx context.Context) (*Endpoint, error) {
	pause := firstLookPause
	for {
		// Before the look: one that begins within the window proves nothing, however late its answer.
		isFresh := r.creation.freshFor(r.c.window) > 0
		endpoint, err := r.look(ctx, isFresh)
		switch {
		case endpoint != nil && (!isFresh || r.creation.unnamed < 2): // else a second one may still show up
			return endpoint, nil
		case isFinalLook(err):
			return nil, err
		case err != nil && !isTransient(err): // refused credentials, for example: each further look would harm
			return nil, r.undecided(err)
		case isFresh:
			if err := retry.Sleep(ctx, min(pause, r.creation.freshFor(r.c.window))); err != nil {
				return nil, r.undecided(err)
			}
			pause = min(2*pause, maxLookPause)
			continue
		case err != nil:
			return nil, r.undecided(err)
		case r.left <= 0:
			return nil, r.outcomeUnknown(r.last)
		}
		isRepeat := r.creation.posted()
		endpoint, err = r.send(ctx)
		switch {
		case err == nil && !isRepeat:
			return endpoint, nil
		case !r.creation.posted():
			return nil, err // no request did anything
		case ctx.Err() != nil:
			return nil, r.undecided(ctx.Err())
		}
		pause = firstLookPause
	}
}

// send sends the create request, again only where it certainly did nothing.
func (r *keyedCreate) send(ctx context.Context) (*Endpoint, error) {
	settings := r.settings
	settings.retry.MaxAttempts = r.left
	endpoint, failure := send(ctx, r.c, settings, r.create, r.body)
	var err error
	r.left--
	if failure != nil {
		r.left -= failure.Tries - 1
		err = errorOf(failure)
	}
	var unknown *OutcomeUnknownError
	switch {
	case err == nil:
		endpoint.IdempotencyKey = r.req.IdempotencyKey // also where the answer leaves the tags out
		r.answer = endpoint
		r.sent(endpoint.ID)
	case errors.As(err, &unknown):
		r.last = unknown.Err
		r.sent(unknown.EndpointID)
	default: // an earlier request may be the very reason, for example of a port IP in use
		r.last, r.left = err, 0
	}
	return endpoint, err
}

// sent notes a request that made the endpoint id, or may have made one, whose ID is not known.
func (r *keyedCreate) sent(id string) {
	if id != "" {
		r.mine = append(r.mine, id)
	}
	r.creation.sent(id)
	r.c.creations.keep(r.creation, r.c.window)
}

// look finds the one endpoint of the key. It returns nil where there is none, or
// where lists are still to show what the last request made and what may be elder;
// and a final error where there are several, or one that was made otherwise.
func (r *keyedCreate) look(ctx context.Context, isFresh bool) (*Endpoint, error) {
	found, err := r.candidates(ctx)
	if err != nil {
		return nil, err
	}
	if r.answer != nil && !slices.ContainsFunc(found, r.answer.hasSameID) {
		if len(found) == 0 && isFresh {
			return nil, nil
		}
		found = append(found, r.answer)
	}
	sortByAge(found)
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return r.matching(found[0])
	}
	return r.withoutTwins(ctx, found)
}

// candidates returns the endpoints of the key that are not being deleted: those
// that lists show, in order of creation, and behind them those that lists do not
// show (yet), but that an answer has named by nothing but their ID.
func (r *keyedCreate) candidates(ctx context.Context) (found []*Endpoint, err error) {
	var untagged []string
	showsTags := false
	filter := EndpointFilter{SortKey: "create_at", SortDir: "asc", PageSize: lookPageSize}
	err = each(ctx, r.c, r.opts, endpoints(filter), func(e *Endpoint) bool {
		showsTags = showsTags || e.Tags != nil || e.IdempotencyKey != ""
		switch {
		case e.Status == StatusDeleting:
		case e.IdempotencyKey == r.req.IdempotencyKey:
			found = append(found, e)
		case e.Tags == nil && e.EndpointServiceID == r.req.EndpointServiceID && e.VPCID == r.req.VPCID:
			untagged = append(untagged, e.ID)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if !showsTags { // lists that leave tags out say nothing about keys; the endpoints themselves do
		for _, id := range untagged {
			e, err := r.read(ctx, id)
			if err != nil {
				return nil, err
			}
			if e != nil && e.IdempotencyKey == r.req.IdempotencyKey {
				found = append(found, e)
			}
		}
	}
	for _, id := range r.creation.made {
		hasID := (&Endpoint{ID: id}).hasSameID
		if slices.ContainsFunc(found, hasID) || r.answer != nil && hasID(r.answer) {
			continue
		}
		e, err := r.read(ctx, id)
		if err != nil {
			return nil, err
		}
		if e != nil {
			e.IdempotencyKey = r.req.IdempotencyKey
			found = append(found, e)
		}
	}
	return found, nil
}

// read reads an endpoint. It returns nil for one that is gone or on its way there.
func (r *keyedCreate) read(ctx context.Context, id string) (*Endpoint, error) {
	e, err := r.c.GetEndpoint(ctx, id, r.opts...)
	if errors.Is(err, ErrEndpointNotFound) || err == nil && e.Status == StatusDeleting {
		return nil, nil
	}
	return e, err
}

// matching returns e, or how it differs from what was asked for. What this call
// made was asked for, whatever the service made of it.
func (r *keyedCreate) matching(e *Endpoint) (*Endpoint, error) {
	if slices.Contains(r.mine, e.ID) {
		return e, nil
	}
	if fields := differences(r.req, e); len(fields) > 0 {
		return nil, &IdempotencyMismatchError{Key: r.req.IdempotencyKey, EndpointID: e.ID, Fields: fields}
	}
	return e, nil
}

// withoutTwins deletes the younger endpoints and returns the eldest. It deletes
// only what answers to this very call have named: any other may belong to
// somebody else who uses the same key.
func (r *keyedCreate) withoutTwins(ctx context.Context, found []*Endpoint) (*Endpoint, error) {
	eldest, twins := found[0], found[1:]
	conflict := &DuplicateEndpointsError{Key: r.req.IdempotencyKey}
	for _, e := range found {
		conflict.EndpointIDs = append(conflict.EndpointIDs, e.ID)
	}
	if slices.ContainsFunc(twins, func(e *Endpoint) bool { return !slices.Contains(r.mine, e.ID) }) {
		return nil, conflict
	}
	for _, twin := range twins {
		err := r.c.DeleteEndpoint(ctx, twin.ID, r.opts...)
		isGone := errors.Is(err, ErrEndpointNotFound) || errors.Is(err, CodeEndpointDeleting)
		if err != nil && !isGone {
			conflict.Err = err
			return nil, conflict
		}
	}
	return r.matching(eldest)
}

func (r *keyedCreate) outcomeUnknown(cause error) error {
	return &OutcomeUnknownError{EndpointID: r.creation.lastMade(), Err: cause}
}

// undecided is the error of a call that ends before it knows whether there is an
// endpoint: err ended a look or a pause.
func (r *keyedCreate) undecided(err error) error {
	switch {
	case !r.creation.posted():
		return fmt.Errorf("vpcep: create endpoint: looking for its key: %w", err)
	case r.last == nil:
		return r.outcomeUnknown(err)
	case errors.Is(r.last, err):
		return r.outcomeUnknown(r.last)
	}
	return r.outcomeUnknown(fmt.Errorf("%w; then: %w", r.last, err))
}

// isFinalLook reports an error that another look would not change.
func isFinalLook(err error) bool {
	var mismatch *IdempotencyMismatchError
	var duplicates *DuplicateEndpointsError
	return errors.As(err, &mismatch) || errors.As(err, &duplicates)
}

func (e *Endpoint) hasSameID(other *Endpoint) bool { return e.ID == other.ID }

// sortByAge puts the elder endpoint first, by the second, as answers have it. The
// order stays as it is where one does not say when it was made.
func sortByAge(endpoints []*Endpoint) {
	if slices.ContainsFunc(endpoints, func(e *Endpoint) bool { return e.CreatedAt.IsZero() }) {
		return
	}
	slices.SortStableFunc(endpoints, func(a, b *Endpoint) int {
		return a.CreatedAt.Truncate(time.Second).Compare(b.CreatedAt.Truncate(time.Second))
	})
}

// creations are the keyed creates of a client that are under way, or whose last
// request is younger than the reconcile window: so long, lists may not show its endpoint.
type creations struct {
	mu        sync.Mutex
	byKey     map[string]*creation
	nextSweep time.Time
}

func newCreations() *creations { return &creations{byKey: make(map[string]*creation)} }

// creation is what this client knows about one key. The fields below turn belong
// to the caller that has entered it; callers with the same key take turns.
type creation struct {
	key   string
	users int // guarded by creations.mu
	// keepUntil is when the last request is no longer fresh; guarded by creations.mu.
	keepUntil time.Time

	turn    chan struct{}
	results atomic.Int64 // how many there have been
	result  *result      // the last one
	at      time.Time    // of the last request that may have been carried out; zero: there was none
	made    []string     // the endpoints that answers have named
	unnamed int          // the requests that may have made one more each, which no answer has named
}

// result is what callers with the same request share.
type result struct {
	number   int64
	body     []byte
	endpoint *Endpoint
	err      error
}

// join returns the creation of key, for leave to give back.
func (cs *creations) join(key string, window time.Duration) *creation {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if now := time.Now(); now.After(cs.nextSweep) {
		for key, old := range cs.byKey {
			if old.users == 0 && now.After(old.keepUntil) {
				delete(cs.byKey, key)
			}
		}
		cs.nextSweep = now.Add(window)
	}
	one := cs.byKey[key]
	if one == nil {
		one = &creation{key: key, turn: make(chan struct{}, 1)}
		cs.byKey[key] = one
	}
	one.users++
	return one
}

// leave ends the use of a creation.
func (cs *creations) leave(one *creation) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	one.users--
	if one.users == 0 && time.Now().After(one.keepUntil) {
		delete(cs.byKey, one.key)
	}
}

// keep makes cs remember the creation for the window after a request.
func (cs *creations) keep(one *creation, window time.Duration) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	one.keepUntil = time.Now().Add(window)
}

// forget is called for an endpoint that was deleted: it is not to be found again.
func (cs *creations) forget(id string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for key, one := range cs.byKey {
		if one.users == 0 && slices.Contains(one.made, id) {
			delete(cs.byKey, key)
		}
	}
}

// enter waits for the caller's turn.
func (one *creation) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case one.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (one *creation) exit() { <-one.turn }

// shared is the result of a caller that was at work on the same request while
// this one waited, which it does since there had been so many results.
func (one *creation) shared(body []byte, joined int64) (*Endpoint, error, bool) {
	if one.result == nil || one.result.number <= joined || !bytes.Equal(one.result.body, body) {
		return nil, nil, false
	}
	return one.result.endpoint.clone(), one.result.err, true
}

// conclude leaves the result to those who wait. A caller that gave up has none.
func (one *creation) conclude(ctx context.Context, body []byte, endpoint *Endpoint, err error) {
	if err == nil || ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		one.result = &result{number: one.results.Add(1), body: body, endpoint: endpoint.clone(), err: err}
	}
}

// sent notes a request that made the endpoint id, or may have made one.
func (one *creation) sent(id string) {
	one.at = time.Now()
	if id == "" {
		one.unnamed++
	} else if !slices.Contains(one.made, id) {
		one.made = append(one.made, id)
	}
}

// posted reports whether a request may have been carried out.
func (one *creation) posted() bool { return !one.at.IsZero() }

// freshFor is how long lists may still not show what the last request made.
func (one *creation) freshFor(window time.Duration) time.Duration {
	if !one.posted() {
		return 0
	}
	return window - time.Since(one.at)
}

func (one *creation) lastMade() string {
	if len(one.made) == 0 {
		return ""
	}
	return one.made[len(one.made)-1]
}

// forgetKeyOf is called for an endpoint that was deleted.
func (c *Client) forgetKeyOf(id string) { c.creations.forget(id) }
