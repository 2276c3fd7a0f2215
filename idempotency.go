package vpcep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/keyed"
	"github.com/vpcep/vpcep-go/internal/retry"
)

// searchPageSize is large enough to search a project with a usual quota in one request.
const searchPageSize = maxPageSize

// createKeyed makes the endpoint of an idempotency key, or finds it. The rules are
// those of package keyed.
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
	settings.timeout = 0 // it holds for the whole
	create.operation = retry.KeyedCreate
	port := &endpointPort{c: c, settings: settings, create: create, body: body, req: req, digest: requestDigest(req)}
	result, err := c.keys.Run(ctx, req.IdempotencyKey, body, keyed.Call[*Endpoint]{
		Port: port, Window: c.window, Resume: req.Resume,
		Tries: c.service.Retry.Override(settings.retry.policy()).MaxAttempts,
	})
	if err != nil {
		return nil, c.withQuota(ctx, keyedError(req.IdempotencyKey, err))
	}
	return port.finish(ctx, result)
}

// endpointPort is the service, as package keyed needs it.
type endpointPort struct {
	c        *Client
	settings callSettings
	create   request[*Endpoint]
	body     []byte
	req      CreateEndpointRequest
	digest   string
}

// Search lists the endpoints of the key. Where lists leave tags out, the endpoints
// themselves say whose they are.
func (p *endpointPort) Search(ctx context.Context, since time.Time) (keyed.Sighting[*Endpoint], error) {
	var seen keyed.Sighting[*Endpoint]
	search := p.settings
	search.date = &seen.Date
	var untagged []*Endpoint
	showsTags := false
	filter := EndpointFilter{SortKey: SortByCreateTime, SortDir: SortAscending, PageSize: searchPageSize}
	err := eachWith(ctx, p.c, search, endpoints(filter), func(e *Endpoint) bool {
		showsTags = showsTags || e.Tags != nil || e.IdempotencyKey != ""
		switch {
		case e.Status == StatusDeleting:
		case e.IdempotencyKey == p.req.IdempotencyKey:
			seen.Items = append(seen.Items, asItem(e))
		case e.IdempotencyKey == "" && p.mayHaveKey(e):
			untagged = append(untagged, e)
		}
		return true
	})
	if err != nil {
		return seen, err
	}
	for _, e := range untagged {
		if e.Tags == nil && !showsTags {
			read, err := p.Read(ctx, e.ID)
			switch {
			case err != nil:
				return seen, err
			case read == nil:
				continue
			case read.Value.IdempotencyKey == p.req.IdempotencyKey:
				seen.Items = append(seen.Items, *read)
				continue
			case read.Value.IdempotencyKey != "":
				continue
			}
			e = read.Value
		}
		seen.Hidden = seen.Hidden || p.mayBeMade(e) && (!showsTags && e.Tags == nil || p.isSince(e, since))
	}
	return seen, nil
}

// mayHaveKey reports an endpoint that is worth reading where lists leave tags out.
func (p *endpointPort) mayHaveKey(e *Endpoint) bool {
	return p.req.EndpointServiceID == "" || e.EndpointServiceID == p.req.EndpointServiceID && e.VPCID == p.req.VPCID
}

// mayBeMade reports one of those that could be the result of the request.
func (p *endpointPort) mayBeMade(e *Endpoint) bool {
	return p.req.SubnetID == "" || e.SubnetID == "" || e.SubnetID == p.req.SubnetID
}

// isSince reports an endpoint that came up since the first request of this call.
func (p *endpointPort) isSince(e *Endpoint, since time.Time) bool {
	return !since.IsZero() && !p.req.Resume && !e.CreatedAt.Before(since.Truncate(time.Second))
}

// Post sends the create request.
func (p *endpointPort) Post(ctx context.Context, tries int) keyed.Posted[*Endpoint] {
	var posted keyed.Posted[*Endpoint]
	settings := p.settings
	settings.retry.MaxAttempts = tries
	settings.date = &posted.Date
	endpoint, failure := send(ctx, p.c, settings, p.create, p.body)
	if failure == nil {
		posted.Outcome, posted.Tries = keyed.Made, 1
		posted.Item = asItem(endpoint)
		return posted
	}
	posted.Tries = failure.Tries
	switch {
	case failure.Unknown:
		posted.Outcome, posted.Named = keyed.Unknown, failure.Named()
		failure.Unknown = false // package keyed says that
	case canBeCausedByTwin(failure):
		posted.Outcome = keyed.Contested
	default:
		posted.Outcome = keyed.Refused
	}
	posted.Err = errorOf(failure)
	return posted
}

// canBeCausedByTwin reports a refusal that an earlier request of the same key can have
// caused: it holds the address, or the last place of the quota.
func canBeCausedByTwin(f *exchange.Failure) bool {
	return slices.ContainsFunc([]ErrorCode{CodePortIPInUse, CodeQuotaExceeded}, func(code ErrorCode) bool { return code.Matches(f.Body.Code) })
}

// Read reads an endpoint. It returns nil for one that is gone or on its way there.
func (p *endpointPort) Read(ctx context.Context, id string) (*keyed.Item[*Endpoint], error) {
	e, err := doWith(ctx, p.c, p.settings, getEndpoint(id))
	switch {
	case errors.Is(err, ErrEndpointNotFound), err == nil && e.Status == StatusDeleting:
		return nil, nil
	case err != nil:
		return nil, err
	}
	item := asItem(e)
	return &item, nil
}

// Delete deletes an endpoint that this call made beside the first one.
func (p *endpointPort) Delete(ctx context.Context, id string) error {
	_, err := doWith(ctx, p.c, p.settings, deleteEndpoint(id))
	if errors.Is(err, ErrEndpointNotFound) || errors.Is(err, CodeEndpointDeleting) {
		return nil
	}
	return err
}

// MayPass reports an error that another search may not meet.
func (p *endpointPort) MayPass(err error) bool { return isTransient(err) }

func asItem(e *Endpoint) keyed.Item[*Endpoint] {
	return keyed.Item[*Endpoint]{ID: e.ID, Created: e.CreatedAt, Value: e}
}

// finish tells the caller of the result, or how it differs from what was asked for.
func (p *endpointPort) finish(ctx context.Context, result keyed.Result[*Endpoint]) (*Endpoint, error) {
	e := endpointResource.clone(result.Item.Value)
	if !result.Own {
		if err := p.mismatch(e); err != nil {
			return nil, err
		}
	}
	if meta := p.settings.response; meta != nil {
		meta.Found = result.Found
		meta.KeyDropped = result.Own && p.isKeyDropped(ctx, result)
	}
	e.IdempotencyKey = p.req.IdempotencyKey // also where the answer leaves the tags out
	return e, nil
}

// isKeyDropped reports that the service made the endpoint without its tag.
func (p *endpointPort) isKeyDropped(ctx context.Context, result keyed.Result[*Endpoint]) bool {
	e := result.Item.Value
	switch {
	case result.Listed, e.IdempotencyKey != "":
		return false
	case e.Tags != nil:
		return true
	}
	read, err := p.Read(ctx, e.ID)
	return err == nil && read != nil && read.Value.IdempotencyKey == ""
}

// mismatch compares what was asked for with what an endpoint was made for. The
// digest in its tag says that for certain, whatever was changed since.
func (p *endpointPort) mismatch(e *Endpoint) error {
	var fields []string
	switch {
	case e.requestDigest == p.digest:
		return nil
	case e.requestDigest == "": // something else wrote the tag: only what cannot change counts
		if fields = fixedDifferences(p.req, e); len(fields) == 0 {
			return nil
		}
	default:
		fields = differences(p.req, e)
	}
	return &IdempotencyMismatchError{Key: p.req.IdempotencyKey, EndpointID: e.ID, Fields: fields}
}

// keyedError is the caller's error for a create with a key that failed.
func keyedError(key string, err error) error {
	var (
		unknown    *keyed.UnknownError
		duplicates *keyed.DuplicatesError
		search     *keyed.SearchError
		wait       *keyed.WaitError
	)
	switch {
	case errors.As(err, &duplicates):
		return &DuplicateEndpointsError{Key: key, EndpointIDs: duplicates.IDs, Err: duplicates.Err}
	case errors.As(err, &unknown):
		return &OutcomeUnknownError{EndpointID: unknown.Named, Err: unknownCause(unknown)}
	case errors.As(err, &search):
		return fmt.Errorf("vpcep: create endpoint: searching for its key: %w", search.Err)
	case errors.As(err, &wait):
		return fmt.Errorf("vpcep: create endpoint: %w", wait)
	}
	return err
}

// unknownCause is why the outcome of a create with a key is not known.
func unknownCause(e *keyed.UnknownError) error {
	switch {
	case e.Hidden && e.Last != nil:
		return fmt.Errorf("%w; %w", ErrKeyNotKept, e.Last)
	case e.Hidden:
		return ErrKeyNotKept
	case e.Last == nil:
		return e.Err
	case e.Err == nil || errors.Is(e.Last, e.Err):
		return e.Last
	}
	return fmt.Errorf("%w; then: %w", e.Last, e.Err)
}

// forgetKeyOf is called for an endpoint that was deleted: its key is free again.
func (c *Client) forgetKeyOf(id string) { c.keys.Forget(id) }

// GetEndpointByIdempotencyKey finds the endpoint that was created with a key, without
// making one. It lists the endpoints of the project.
//
// The error is ErrEndpointNotFound where there is none (yet: lists can lag behind a
// create by some seconds), or it is being deleted, and *DuplicateEndpointsError where
// several carry the key.
func (c *Client) GetEndpointByIdempotencyKey(ctx context.Context, key string, opts ...CallOption) (*Endpoint, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	var f fieldErrors
	if f.idempotencyKey(key); key == "" {
		f.add("idempotency_key", "must not be empty")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	settings.timeout = 0
	port := &endpointPort{c: c, settings: settings, req: CreateEndpointRequest{IdempotencyKey: key}}
	seen, err := port.Search(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	switch items := keyed.InOrder(seen.Items); len(items) {
	case 0:
		return nil, fmt.Errorf("vpcep: no endpoint has the idempotency key %q: %w", key, ErrEndpointNotFound)
	case 1:
		return items[0].Value, nil
	default:
		duplicates := &DuplicateEndpointsError{Key: key}
		for _, item := range items {
			duplicates.EndpointIDs = append(duplicates.EndpointIDs, item.ID)
		}
		return nil, duplicates
	}
}
