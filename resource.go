package vpcep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// resource is what the operations on a type have in common: how it is read, written,
// copied, listed and waited for.
type resource[T any] struct {
	name  string // for messages
	table *fields.Table[T]
	id    func(*T) string
	// version differs after a change that moves the resource in a list sorted by updates.
	version func(*T) int64
	// settle is called after reading a resource, if not nil.
	settle func(*T, wire.Value)
	// keyTag points to the fields that share the list of tags, if the type has tags.
	keyTag func(*T) keyTagFields
	// ids returns the ID as errors have it: as that of an endpoint, or of a service.
	ids func(id string) (endpointID, serviceID string)
	// duplicates is the error for several resources with the same idempotency key.
	duplicates func(key string, ids []string, err error) error
	// notFound is the error by meaning for a resource that does not exist.
	notFound error
	// appearsLate says that somebody else creates it, so it may appear at any time.
	appearsLate bool
	// isDeleting reports whether it is being deleted. nil if its status never says so.
	isDeleting func(*T) bool
	// dead returns the error of a wait for a resource whose status is final, or nil.
	dead func(*T) error
	// onPoll returns the function to call after each poll of a wait, or nil.
	onPoll func(WaitOptions) func(*T)
	// timedOut returns the error of a wait for id whose time is up; last may be nil.
	timedOut func(id string, last *T) *WaitTimeoutError
}

// keyTagFields are the fields of a resource that share the list of tags on the wire.
type keyTagFields struct {
	tags        *[]Tag
	key, digest *string
}

var endpointResource = &resource[Endpoint]{
	name: "endpoint", table: endpointFields,
	id:      func(e *Endpoint) string { return e.ID },
	version: func(e *Endpoint) int64 { return e.UpdatedAt.UnixMilli() },
	settle:  keepFalseDNS,
	keyTag:  func(e *Endpoint) keyTagFields { return keyTagFields{&e.Tags, &e.IdempotencyKey, &e.requestDigest} },
	ids:     func(id string) (string, string) { return id, "" },
	duplicates: func(key string, ids []string, err error) error {
		return &DuplicateEndpointsError{Key: key, EndpointIDs: ids, Err: err}
	},
	notFound:   ErrEndpointNotFound,
	isDeleting: func(e *Endpoint) bool { return e.Status == StatusDeleting },
	dead: func(e *Endpoint) error {
		if slices.Contains([]EndpointStatus{StatusFailed, StatusRejected, StatusDeleting}, e.Status) {
			return &EndpointFailedError{Endpoint: e}
		}
		return nil
	},
	onPoll: func(o WaitOptions) func(*Endpoint) { return o.OnPoll },
	timedOut: func(id string, last *Endpoint) *WaitTimeoutError {
		return &WaitTimeoutError{EndpointID: id, Last: last}
	},
}

var connectionResource = &resource[Connection]{
	name: "connection", table: connectionFields,
	id:       func(k *Connection) string { return k.EndpointID },
	version:  func(k *Connection) int64 { return k.UpdatedAt.UnixMilli() },
	notFound: ErrEndpointNotFound, appearsLate: true,
	dead: func(k *Connection) error { return endpointResource.dead(k.asEndpoint()) },
	onPoll: func(o WaitOptions) func(*Connection) {
		if o.OnPoll == nil {
			return nil
		}
		return func(k *Connection) { o.OnPoll(k.asEndpoint()) }
	},
	timedOut: func(id string, last *Connection) *WaitTimeoutError {
		return &WaitTimeoutError{EndpointID: id, Last: last.asEndpoint()}
	},
}

var serviceResource = &resource[EndpointService]{
	name: "endpoint service", table: serviceFields,
	id:      func(s *EndpointService) string { return s.ID },
	version: func(s *EndpointService) int64 { return s.UpdatedAt.UnixMilli() },
	keyTag: func(s *EndpointService) keyTagFields {
		return keyTagFields{&s.Tags, &s.IdempotencyKey, &s.requestDigest}
	},
	ids: func(id string) (string, string) { return "", id },
	duplicates: func(key string, ids []string, err error) error {
		return &DuplicateServicesError{Key: key, ServiceIDs: ids, Err: err}
	},
	notFound:   ErrServiceNotFound,
	isDeleting: func(s *EndpointService) bool { return s.Status == ServiceStatusDeleting },
	dead: func(s *EndpointService) error {
		if slices.Contains([]ServiceStatus{ServiceStatusFailed, ServiceStatusDeleting}, s.Status) {
			return &ServiceFailedError{Service: s}
		}
		return nil
	},
	onPoll: func(o WaitOptions) func(*EndpointService) { return o.OnServicePoll },
	timedOut: func(id string, last *EndpointService) *WaitTimeoutError {
		return &WaitTimeoutError{ServiceID: id, LastService: last}
	},
}

var permissionResource = &resource[Permission]{
	name: "permission", table: permissionFields,
	id:      func(p *Permission) string { return cmp.Or(p.ID, p.Value) }, // some regions give no ID
	version: func(*Permission) int64 { return 0 },
}

var taggedResource = &resource[TaggedResource]{
	name: "resource", table: taggedFields,
	id:      func(t *TaggedResource) string { return t.ID },
	version: func(*TaggedResource) int64 { return 0 },
	keyTag: func(t *TaggedResource) keyTagFields {
		return keyTagFields{&t.Tags, &t.IdempotencyKey, &t.requestDigest}
	},
}

var versionResource = &resource[APIVersion]{
	name: "version", table: versionFields,
	id: func(v *APIVersion) string { return v.ID },
}

// errNoID reports a response that is JSON, but not the resource.
var errNoID = errors.New("the body has no id")

// read reads a resource. It fails only if v is not a JSON object.
func (r *resource[T]) read(v wire.Value) (*T, error) {
	value := new(T)
	if _, err := r.table.Read(v, value); err != nil {
		return nil, err
	}
	if r.settle != nil {
		r.settle(value, v)
	}
	if r.keyTag != nil {
		f := r.keyTag(value)
		*f.tags, *f.key, *f.digest = splitKeyTag(*f.tags)
	}
	return value, nil
}

// readNamed requires an ID: what has no ID is not a resource.
func (r *resource[T]) readNamed(v wire.Value) (*T, error) {
	value, err := r.read(v)
	if err == nil && r.id(value) == "" {
		return nil, errNoID
	}
	return value, err
}

// decode reads the response to a call about one resource.
func (r *resource[T]) decode(ctx context.Context, body string) (*T, error) {
	return r.readNamed(wire.Within(ctx, body))
}

// unmarshal implements UnmarshalJSON.
func (r *resource[T]) unmarshal(data []byte, dst *T) error {
	value, err := r.read(wire.Of(data))
	if err != nil {
		return fmt.Errorf("vpcep: %s: %w", r.name, err)
	}
	*dst = *value
	return nil
}

// marshal implements MarshalJSON.
func (r *resource[T]) marshal(value T) ([]byte, error) {
	if r.keyTag != nil {
		f := r.keyTag(&value)
		*f.tags = withKeyTag(*f.tags, *f.key, *f.digest)
	}
	return r.table.Marshal(&value)
}

// about makes an OutcomeUnknownError name the type of the resource.
func (r *resource[T]) about(err error) error {
	var unknown *OutcomeUnknownError
	if errors.As(err, &unknown) {
		unknown.EndpointID, unknown.ServiceID = r.ids(cmp.Or(unknown.EndpointID, unknown.ServiceID))
		unknown.what = "the " + r.name + " may exist"
	}
	return err
}

// clone returns a copy that shares nothing with value.
func (r *resource[T]) clone(value *T) *T {
	if value == nil {
		return nil
	}
	c := r.table.Clone(*value)
	return &c
}

// keepFalseDNS keeps enable_dns in Extra if the response for a gateway endpoint contains
// false, because responses for gateway endpoints usually leave it out.
func keepFalseDNS(e *Endpoint, v wire.Value) {
	if !e.ServiceType.isGateway() || e.EnableDNS {
		return
	}
	_ = v.Members(func(name string, v wire.Value) { // already read without an error
		if says, ok := wire.Bool(v); name == "enable_dns" && ok && !says && !v.IsNull() {
			if e.Extra == nil {
				e.Extra = make(map[string]json.RawMessage)
			}
			e.Extra[name] = v.Raw()
		}
	})
}
