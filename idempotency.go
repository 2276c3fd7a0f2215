package vpcep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vpcep/vpcep-go/internal/keyed"
	"github.com/vpcep/vpcep-go/internal/retry"
)

// keyedCreate is the create of a resource with a key. It implements keyed.Port.
type keyedCreate[T any] struct {
	of     *resource[T]
	key    string
	resume bool
	digest string
	create request[*T]
	all    listing[T] // of the project, the newest first
	get    func(id string) request[*T]
	remove func(id string) request[struct{}]
	quota  QuotaType
	keysOf func(*Client) *keyed.Registry[*T]

	created    func(*T) time.Time
	isDeleting func(*T) bool
	// mayHaveKey reports a resource that is worth reading if lists leave tags out, and
	// mayBeCreated one of those that could be the result of the request.
	mayHaveKey, mayBeCreated func(*T) bool
	// differences and fixedDifferences name the settings in which a resource differs from
	// the request: all settings, and those that cannot be changed.
	differences, fixedDifferences func(*T) []string
	// contested are the refusals that an earlier request with the same key may have
	// caused.
	contested []ErrorCode

	c        *Client
	settings callSettings
	body     []byte
}

// keyedEndpoint returns the create of an endpoint with a key.
func keyedEndpoint(req CreateEndpointRequest) *keyedCreate[Endpoint] {
	return &keyedCreate[Endpoint]{
		of: endpointResource, key: req.IdempotencyKey, resume: req.Resume, digest: requestDigest(req),
		create: createEndpoint(req), get: getEndpoint, remove: deleteEndpoint, quota: QuotaTypeEndpoint,
		all:        endpoints(EndpointFilter{SortKey: SortByCreateTime, SortDir: SortDescending}),
		created:    func(e *Endpoint) time.Time { return e.CreatedAt },
		isDeleting: func(e *Endpoint) bool { return e.Status == StatusDeleting },
		mayHaveKey: func(e *Endpoint) bool {
			return req.EndpointServiceID == "" || e.EndpointServiceID == req.EndpointServiceID && e.VPCID == req.VPCID
		},
		mayBeCreated:     func(e *Endpoint) bool { return req.SubnetID == "" || e.SubnetID == "" || e.SubnetID == req.SubnetID },
		differences:      func(e *Endpoint) []string { return differences(req, e) },
		fixedDifferences: func(e *Endpoint) []string { return fixedDifferences(req, e) },
		keysOf:           func(c *Client) *keyed.Registry[*Endpoint] { return c.endpointKeys },
		contested:        []ErrorCode{CodePortIPInUse, CodeQuotaExceeded},
	}
}

// keyedService returns the create of an endpoint service with a key.
func keyedService(req CreateServiceRequest) *keyedCreate[EndpointService] {
	return &keyedCreate[EndpointService]{
		of: serviceResource, key: req.IdempotencyKey, resume: req.Resume, digest: serviceRequestDigest(req),
		create: createService(req), get: getService, remove: deleteService, quota: QuotaTypeEndpointService,
		all:              services(ServiceFilter{SortKey: SortByCreateTime, SortDir: SortDescending}),
		created:          func(s *EndpointService) time.Time { return s.CreatedAt },
		isDeleting:       func(s *EndpointService) bool { return s.Status == ServiceStatusDeleting },
		mayHaveKey:       func(s *EndpointService) bool { return req.VPCID == "" || s.VPCID == "" || s.VPCID == req.VPCID },
		mayBeCreated:     func(s *EndpointService) bool { return req.PortID == "" || s.PortID == "" || s.PortID == req.PortID },
		differences:      func(s *EndpointService) []string { return serviceDifferences(req, s) },
		fixedDifferences: func(s *EndpointService) []string { return fixedServiceDifferences(req, s) },
		keysOf:           func(c *Client) *keyed.Registry[*EndpointService] { return c.serviceKeys },
		contested:        []ErrorCode{CodeServicePortsConflict, CodeServiceIPConflict, CodeServiceDomainNameExists, CodeQuotaExceeded},
	}
}

// run creates the resource of the key, or finds it, by the rules of package keyed.
func (p *keyedCreate[T]) run(ctx context.Context, c *Client, opts []CallOption) (*T, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := p.create.valid(c); err != nil {
		return nil, err
	}
	body, err := p.create.encode(c)
	if err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	settings.timeout = 0 // it bounds the whole call
	p.create.operation = retry.KeyedCreate
	p.c, p.settings, p.body = c, settings, body
	result, err := p.keysOf(c).Run(ctx, p.key, body, keyed.Call[*T]{
		Port: p, Window: c.window, Resume: p.resume,
		Tries: c.service.Retry.Override(settings.retry.policy()).MaxAttempts,
	})
	if err != nil {
		return nil, c.withQuota(ctx, p.quota, p.failure(err))
	}
	return p.finish(ctx, result)
}

// find finds the resource of the key without creating it.
func (p *keyedCreate[T]) find(ctx context.Context, c *Client, opts []CallOption) (*T, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		return nil, err
	}
	var f fieldErrors
	if f.idempotencyKey(p.key); p.key == "" {
		f.add("idempotency_key", "must not be empty")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	settings.timeout = 0
	p.c, p.settings = c, settings
	seen, err := p.Search(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	switch items := keyed.InOrder(seen.Items); len(items) {
	case 0:
		return nil, fmt.Errorf("vpcep: no %s has the idempotency key %q: %w", p.of.name, p.key, p.of.notFound)
	case 1:
		return items[0].Value, nil
	default:
		ids := make([]string, len(items))
		for i, item := range items {
			ids[i] = item.ID
		}
		return nil, p.of.duplicates(p.key, ids, nil)
	}
}

// Search searches the lists for the key. Calls with the same settings share lists.
func (p *keyedCreate[T]) Search(ctx context.Context, since time.Time) (keyed.Sighting[*T], error) {
	seen, answer, err := p.keysOf(p.c).Search(ctx, keyed.Query[*T]{
		Key: p.key, Since: since, Alike: p.settings.alike(),
		List: p.list, Read: p.readListed, MayHaveKey: p.mayHaveKey, MayBe: p.mayBeCreated,
	})
	if meta, ok := answer.Meta.(ResponseMeta); ok && p.settings.response != nil {
		meta.Header = meta.Header.Clone()
		*p.settings.response = meta
	}
	return seen, err
}

// list lists all resources of the project. Other calls may share the result.
func (p *keyedCreate[T]) list(ctx context.Context, size int, take func([]keyed.Listed[*T]) bool) (keyed.Answer, error) {
	var (
		date time.Time
		meta ResponseMeta
	)
	settings, all := p.settings, p.all
	settings.date, settings.response = &date, &meta
	all.filter.pageSize = size
	err := pagesWith(ctx, p.c, settings, all, func(page []*T) bool {
		listed := make([]keyed.Listed[*T], len(page))
		for i, value := range page {
			listed[i] = p.listed(value)
		}
		return take(listed)
	})
	return keyed.Answer{Date: date, Meta: meta}, err
}

func (p *keyedCreate[T]) readListed(ctx context.Context, id string) (*keyed.Listed[*T], error) {
	item, err := p.Read(ctx, id)
	if item == nil {
		return nil, err
	}
	listed := p.listed(item.Value)
	return &listed, err
}

func (p *keyedCreate[T]) listed(value *T) keyed.Listed[*T] {
	tags, key := p.tagsOf(value)
	return keyed.Listed[*T]{Item: p.item(value), Key: key, Tagged: tags != nil || key != "", Gone: p.isDeleting(value)}
}

// tagsOf returns the tags of a resource, and its key.
func (p *keyedCreate[T]) tagsOf(value *T) (tags []Tag, key string) {
	f := p.of.keyTag(value)
	return *f.tags, *f.key
}

// Post sends the create request.
func (p *keyedCreate[T]) Post(ctx context.Context, tries int) keyed.Posted[*T] {
	var posted keyed.Posted[*T]
	settings := p.settings
	settings.retry.MaxAttempts = tries
	settings.date = &posted.Date
	value, failure := send(ctx, p.c, settings, p.create, p.body)
	if failure == nil {
		posted.Outcome, posted.Tries = keyed.Created, 1
		posted.Item = p.item(value)
		return posted
	}
	posted.Tries = failure.Tries
	switch {
	case failure.Unknown:
		posted.Outcome, posted.Named = keyed.Unknown, failure.Named()
		failure.Unknown = false // package keyed reports that
	case slices.ContainsFunc(p.contested, func(code ErrorCode) bool { return code.Matches(failure.Body.Code) }):
		posted.Outcome = keyed.Contested
	default:
		posted.Outcome = keyed.Refused
	}
	posted.Err = errorOf(failure)
	return posted
}

// Read reads a resource. It returns nil if the resource is gone or being deleted.
func (p *keyedCreate[T]) Read(ctx context.Context, id string) (*keyed.Item[*T], error) {
	value, err := doWith(ctx, p.c, p.settings, p.get(id))
	switch {
	case errors.Is(err, p.of.notFound), err == nil && p.isDeleting(value):
		return nil, nil
	case err != nil:
		return nil, err
	}
	item := p.item(value)
	return &item, nil
}

// Delete deletes a duplicate that this call created.
func (p *keyedCreate[T]) Delete(ctx context.Context, id string) error {
	_, err := doWith(ctx, p.c, p.settings, p.remove(id))
	if errors.Is(err, p.of.notFound) || errors.Is(err, CodeEndpointDeleting) {
		return nil
	}
	return err
}

// MayPass reports whether another search may succeed after err.
func (p *keyedCreate[T]) MayPass(err error) bool { return isTransient(err) }

func (p *keyedCreate[T]) item(value *T) keyed.Item[*T] {
	return keyed.Item[*T]{ID: p.of.id(value), Created: p.created(value), Value: value}
}

// finish returns the result to the caller, or the error that it belongs to another
// request.
func (p *keyedCreate[T]) finish(ctx context.Context, result keyed.Result[*T]) (*T, error) {
	value := p.of.clone(result.Item.Value)
	if !result.Own {
		if err := p.mismatch(value); err != nil {
			return nil, err
		}
	}
	if meta := p.settings.response; meta != nil {
		meta.Found = result.Found
		meta.KeyDropped = result.Own && p.isKeyDropped(ctx, result)
	}
	*p.of.keyTag(value).key = p.key // even if the response leaves the tags out
	return value, nil
}

// isKeyDropped reports whether the service created the resource without its tag.
func (p *keyedCreate[T]) isKeyDropped(ctx context.Context, result keyed.Result[*T]) bool {
	tags, key := p.tagsOf(result.Item.Value)
	switch {
	case result.Listed, key != "":
		return false
	case tags != nil:
		return true
	}
	read, err := p.Read(ctx, result.Item.ID)
	return err == nil && read != nil && *p.of.keyTag(read.Value).key == ""
}

// mismatch compares the request with the one that created a resource. The digest in the
// resource's tag decides, whatever has changed since.
func (p *keyedCreate[T]) mismatch(value *T) error {
	var fields []string
	switch digest := *p.of.keyTag(value).digest; digest {
	case p.digest:
		return nil
	case "": // the library did not write the tag: only settings that cannot change count
		if fields = p.fixedDifferences(value); len(fields) == 0 {
			return nil
		}
	default:
		fields = p.differences(value)
	}
	mismatch := &IdempotencyMismatchError{Key: p.key, Fields: fields}
	mismatch.EndpointID, mismatch.ServiceID = p.of.ids(p.of.id(value))
	return mismatch
}

// failure returns the caller's error for a failed create with a key.
func (p *keyedCreate[T]) failure(err error) error {
	var (
		unknown    *keyed.UnknownError
		duplicates *keyed.DuplicatesError
		search     *keyed.SearchError
		wait       *keyed.WaitError
	)
	switch {
	case errors.As(err, &duplicates):
		return p.of.duplicates(p.key, duplicates.IDs, duplicates.Err)
	case errors.As(err, &unknown):
		return p.of.about(&OutcomeUnknownError{EndpointID: unknown.Named, Err: unknownCause(unknown)})
	case errors.As(err, &search):
		return fmt.Errorf("vpcep: create %s: searching for its key: %w", p.of.name, search.Err)
	case errors.As(err, &wait):
		return fmt.Errorf("vpcep: create %s: %w", p.of.name, wait)
	}
	return err
}

// unknownCause returns why the outcome of a create with a key is unknown.
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

// GetEndpointByIdempotencyKey finds the endpoint that was created with a key, without
// creating one. It lists the endpoints of the project: all of them once every ten
// minutes, and otherwise only the new ones. It also reads an endpoint that is known to
// have carried the key.
//
// The error is ErrEndpointNotFound if no endpoint carries the key or if the endpoint is
// being deleted, and *DuplicateEndpointsError if several carry it. Lists can lag a few
// seconds behind a create.
func (c *Client) GetEndpointByIdempotencyKey(ctx context.Context, key string, opts ...CallOption) (*Endpoint, error) {
	return keyedEndpoint(CreateEndpointRequest{IdempotencyKey: key}).find(ctx, c, opts)
}

// GetServiceByIdempotencyKey finds the endpoint service that was created with a key,
// without creating one. It lists the services of the project.
//
// The error is ErrServiceNotFound if no service carries the key or if the service is
// being deleted, and *DuplicateServicesError if several carry it. Lists can lag a few
// seconds behind a create.
func (c *Client) GetServiceByIdempotencyKey(ctx context.Context, key string, opts ...CallOption) (*EndpointService, error) {
	return keyedService(CreateServiceRequest{IdempotencyKey: key}).find(ctx, c, opts)
}
