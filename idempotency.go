package vpcep

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
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
// A second request is sent only after the whole window has shown nothing. If the
// first one has made an endpoint all the same, the younger of the two is deleted again.
func (c *Client) createOnce(ctx context.Context, req CreateEndpointRequest, body []byte, opts []CallOption) (*Endpoint, error) {
	creation := c.creations.join(req.IdempotencyKey, c.window)
	defer c.creations.leave(creation)
	if err := creation.enter(ctx); err != nil {
		return nil, fmt.Errorf("vpcep: create endpoint: waiting for another create with the same key: %w", err)
	}
	defer creation.exit()
	if shared, err, ok := creation.shared(body); ok {
		return shared, err
	}
	r := &keyedCreate{c: c, req: req, body: body, opts: opts, creation: creation, left: c.retry.MaxAttempts}
	endpoint, err := r.run(ctx)
	creation.conclude(ctx, body, endpoint, err)
	return endpoint, err
}

// keyedCreate is one call's work on a creation.
type keyedCreate struct {
	c        *Client
	req      CreateEndpointRequest
	body     []byte
	opts     []CallOption
	creation *creation
	left     int      // attempts to send the request
	mine     []string // the endpoints that answers to this very call have named
	// unknown is why the outcome of the last request is not known, and nil where none was left open.
	unknown error
}

func (r *keyedCreate) run(ctx context.Context) (*Endpoint, error) {
	pause := firstLookPause
	for {
		endpoint, lookErr := r.look(ctx)
		if endpoint != nil {
			return endpoint, nil
		}
		switch fresh := r.creation.freshFor(r.c.window); {
		case lookErr != nil && (fresh <= 0 || isFinalLook(lookErr)):
			return nil, r.undecided(ctx, lookErr)
		case fresh > 0:
			if err := retry.Sleep(ctx, min(pause, fresh)); err != nil {
				return nil, r.undecided(ctx, err)
			}
			pause = min(2*pause, maxLookPause)
			continue
		case r.left <= 0, r.unknown != nil && !r.c.budget.Take():
			return nil, r.outcomeUnknown(r.unknown)
		}
		isRepeat := r.unknown != nil || r.creation.posted
		endpoint, err := r.send(ctx)
		switch {
		case err == nil && !isRepeat:
			return endpoint, nil
		case err == nil:
			return r.settle(ctx, endpoint)
		case r.unknown != nil && ctx.Err() != nil:
			return nil, err
		case errors.Is(err, ErrOutcomeUnknown):
			pause = firstLookPause
		case isRepeat:
			return r.refusedRepeat(ctx, err)
		default:
			return nil, err
		}
	}
}

// send sends the create request, again only where it certainly did nothing.
func (r *keyedCreate) send(ctx context.Context) (*Endpoint, error) {
	attempts := 0
	create := createCall(retry.KeyedCreate, r.body)
	create.maxAttempts, create.attempts = r.left, &attempts
	endpoint, err := do(ctx, r.c, create, r.opts, decodeEndpoint)
	r.left -= attempts
	if err == nil {
		endpoint.IdempotencyKey = r.req.IdempotencyKey // also where the answer leaves the tags out
		r.sent(endpoint.ID)
		return endpoint, nil
	}
	var unknown *OutcomeUnknownError
	if errors.As(err, &unknown) {
		r.unknown = unknown.Err
		r.sent(unknown.EndpointID)
	}
	return nil, err
}

// sent notes a request that made the endpoint id, or may have made one, whose ID is not known.
func (r *keyedCreate) sent(id string) {
	if id != "" {
		r.mine = append(r.mine, id)
	}
	r.creation.sent(id)
	r.c.creations.keep(r.creation, r.c.window)
}

// look finds the one endpoint of the key. It returns nil where there is none, and
// a final error where there is more than one, or one that was made otherwise.
func (r *keyedCreate) look(ctx context.Context) (*Endpoint, error) {
	found, err := r.candidates(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return r.known(ctx)
	case len(found) > 1:
		return r.withoutTwins(ctx, found)
	}
	return r.matching(found[0])
}

// candidates lists the endpoints of the key that are not being deleted, the elder first.
func (r *keyedCreate) candidates(ctx context.Context) (found []*Endpoint, err error) {
	var untagged []*Endpoint
	showsTags := false
	filter := EndpointFilter{SortKey: "create_at", SortDir: "asc", PageSize: lookPageSize}
	err = r.c.list(ctx, filter, r.opts, func(e *Endpoint) bool {
		showsTags = showsTags || e.Tags != nil || e.IdempotencyKey != ""
		switch {
		case e.Status == StatusDeleting:
		case e.IdempotencyKey == r.req.IdempotencyKey:
			found = append(found, e)
		case e.Tags == nil && e.EndpointServiceID == r.req.EndpointServiceID && e.VPCID == r.req.VPCID:
			untagged = append(untagged, e)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	if !showsTags { // lists that leave tags out say nothing about keys; the endpoints themselves do
		for _, e := range untagged {
			if e, err = r.c.getOnce(ctx, e.ID, r.opts); err != nil && !errors.Is(err, ErrEndpointNotFound) {
				return nil, err
			}
			if err == nil && e.IdempotencyKey == r.req.IdempotencyKey && e.Status != StatusDeleting {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *Endpoint) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return found, nil
}

// known reads the endpoint that an answer named, but lists do not show (yet).
func (r *keyedCreate) known(ctx context.Context) (*Endpoint, error) {
	for _, id := range r.creation.made {
		e, err := r.c.getOnce(ctx, id, r.opts)
		if errors.Is(err, ErrEndpointNotFound) || err == nil && e.Status == StatusDeleting {
			continue
		}
		if err != nil {
			return nil, err
		}
		e.IdempotencyKey = r.req.IdempotencyKey
		return r.matching(e)
	}
	return nil, nil
}

// matching returns e, or how it differs from what was asked for.
func (r *keyedCreate) matching(e *Endpoint) (*Endpoint, error) {
	if fields := differences(r.req, e); len(fields) > 0 {
		return nil, &IdempotencyMismatchError{Key: r.req.IdempotencyKey, EndpointID: e.ID, Fields: fields}
	}
	return e, nil
}

// settle looks once more after a request that was not the first: one before it
// may have made an endpoint, too.
func (r *keyedCreate) settle(ctx context.Context, made *Endpoint) (*Endpoint, error) {
	found, err := r.candidates(ctx)
	if err != nil {
		return nil, r.outcomeUnknown(fmt.Errorf("whether an earlier request made another one is not known: %w", err))
	}
	if !slices.ContainsFunc(found, func(e *Endpoint) bool { return e.ID == made.ID }) {
		found = append(found, made) // the youngest, which lists do not show yet
	}
	if len(found) == 1 {
		return made, nil
	}
	return r.withoutTwins(ctx, found)
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
	endpoint, err := r.matching(eldest)
	if err != nil {
		return nil, err
	}
	for _, twin := range twins {
		if err := r.c.DeleteEndpoint(ctx, twin.ID, r.opts...); err != nil && !errors.Is(err, ErrEndpointNotFound) {
			conflict.Err = err
			return nil, conflict
		}
	}
	return endpoint, nil
}

// refusedRepeat looks once more after the service refused a request that was not
// the first: an earlier one may be the very reason, for example of a port IP in use.
func (r *keyedCreate) refusedRepeat(ctx context.Context, refusal error) (*Endpoint, error) {
	endpoint, err := r.look(ctx)
	switch {
	case endpoint != nil:
		return endpoint, nil
	case err != nil && isFinalLook(err):
		return nil, err
	}
	return nil, r.outcomeUnknown(refusal)
}

func (r *keyedCreate) outcomeUnknown(cause error) error {
	return &OutcomeUnknownError{EndpointID: r.creation.lastMade(), Err: cause}
}

// undecided is the error of a look or a pause that came to no end.
func (r *keyedCreate) undecided(ctx context.Context, err error) error {
	if isFinalLook(err) {
		return err
	}
	if r.unknown == nil && !r.creation.posted {
		return fmt.Errorf("vpcep: create endpoint: looking for its key: %w", err)
	}
	cause := err
	if r.unknown != nil {
		cause = withContextEnd(ctx, r.unknown)
		if !errors.Is(cause, err) {
			cause = fmt.Errorf("%w; then: %w", cause, err)
		}
	}
	return r.outcomeUnknown(cause)
}

// isFinalLook reports an error that another look would not change.
func isFinalLook(err error) bool {
	var mismatch *IdempotencyMismatchError
	var duplicates *DuplicateEndpointsError
	return errors.As(err, &mismatch) || errors.As(err, &duplicates)
}

// getOnce reads an endpoint without trying again; who calls it does that.
func (c *Client) getOnce(ctx context.Context, id string, opts []CallOption) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	get := getCall(path)
	get.maxAttempts = 1
	return do(ctx, c, get, opts, decodeEndpoint)
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

	turn   chan struct{}
	posted bool      // a request may have been carried out
	at     time.Time // when the last one was
	made   []string  // the endpoints that answers have named
	result *result   // of the caller before
}

// result is what callers with the same request share.
type result struct {
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

// leave ends the use of a creation. The last one to leave ends the sharing too.
func (cs *creations) leave(one *creation) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	one.users--
	if one.users > 0 {
		return
	}
	one.result = nil
	if time.Now().After(one.keepUntil) {
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
// this one waited.
func (one *creation) shared(body []byte) (*Endpoint, error, bool) {
	if one.result == nil || !bytes.Equal(one.result.body, body) {
		return nil, nil, false
	}
	return one.result.endpoint.clone(), one.result.err, true
}

// conclude leaves the result to those who wait. A caller that gave up has none.
func (one *creation) conclude(ctx context.Context, body []byte, endpoint *Endpoint, err error) {
	if err == nil || ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		one.result = &result{body: body, endpoint: endpoint.clone(), err: err}
	}
}

// sent notes a request that made the endpoint id, or may have made one.
func (one *creation) sent(id string) {
	one.posted, one.at = true, time.Now()
	if id != "" && !slices.Contains(one.made, id) {
		one.made = append(one.made, id)
	}
}

// freshFor is how long lists may still not show what the last request made.
func (one *creation) freshFor(window time.Duration) time.Duration {
	if !one.posted {
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

// differences names the settings that req gives and that e has otherwise. What
// an answer leaves out is no difference: an address, for example, is there only
// when the endpoint is accepted.
func differences(req CreateEndpointRequest, e *Endpoint) (fields []string) {
	differ := func(field string, differs bool) {
		if differs {
			fields = append(fields, field)
		}
	}
	text := func(field, asked, is string) { differ(field, asked != "" && is != "" && asked != is) }
	text("endpoint_service_id", req.EndpointServiceID, e.EndpointServiceID)
	text("vpc_id", req.VPCID, e.VPCID)
	text("description", req.Description, e.Description)
	differ("tags", req.Tags != nil && e.Tags != nil && !sameSet(req.Tags, e.Tags))
	if e.ServiceType == ServiceTypeGateway { // it has no settings of an interface endpoint
		differ("routetables", len(req.RouteTables) > 0 && e.RouteTables != nil && !sameSet(req.RouteTables, e.RouteTables))
		differ("policy_statement", req.PolicyStatement != nil && e.PolicyStatement != nil && !sameJSON(req.PolicyStatement, e.PolicyStatement))
		return fields
	}
	text("subnet_id", req.SubnetID, e.SubnetID)
	text("port_ip", req.PortIP, e.IP)
	text("ipv6_address", req.IPv6Address, e.IPv6Address)
	differ("enable_dns", req.EnableDNS && !e.EnableDNS)
	differ("whitelist", len(req.Whitelist) > 0 && e.Whitelist != nil && !sameSet(req.Whitelist, e.Whitelist))
	differ("enable_whitelist", req.EnableWhitelist && !e.EnableWhitelist)
	differ("policy_document", req.PolicyDocument != nil && e.PolicyDocument != nil && !sameJSON(req.PolicyDocument, e.PolicyDocument))
	return fields
}

// sameSet compares two lists without regard to order and repetition.
func sameSet[T comparable](a, b []T) bool {
	within := func(list, other []T) bool {
		return !slices.ContainsFunc(list, func(v T) bool { return !slices.Contains(other, v) })
	}
	return within(a, b) && within(b, a)
}

// sameJSON compares two values by what they mean in JSON.
func sameJSON(a, b any) bool {
	canonical := func(v any) ([]byte, error) {
		data, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		var plain any
		if err := json.Unmarshal(data, &plain); err != nil {
			return nil, err
		}
		return json.Marshal(plain)
	}
	x, errX := canonical(a)
	y, errY := canonical(b)
	return cmp.Or(errX, errY) == nil && bytes.Equal(x, y)
}
