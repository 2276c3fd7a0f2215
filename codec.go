package vpcep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// MarshalJSON writes the endpoint as the service does, Extra included.
func (e Endpoint) MarshalJSON() ([]byte, error) { return endpointResource.marshal(e) }

// UnmarshalJSON reads an endpoint as tolerantly as Endpoint promises. Only text
// that is no JSON object is an error.
func (e *Endpoint) UnmarshalJSON(data []byte) error { return endpointResource.unmarshal(data, e) }

// MarshalJSON writes the body of a create request. What is empty is left out;
// IdempotencyKey becomes a tag.
func (r CreateEndpointRequest) MarshalJSON() ([]byte, error) {
	if r.IdempotencyKey != "" {
		r.Tags = withKeyTag(r.Tags, r.IdempotencyKey, requestDigest(r))
	}
	return createFields.Marshal(&r)
}

// UnmarshalJSON reads the body of a create request. It takes the same drift in
// types as Endpoint does, but a field that makes no sense is an error here: a
// request that says something else than its author meant must not be sent.
// Fields that this version does not know are kept in Extra.
func (r *CreateEndpointRequest) UnmarshalJSON(data []byte) error {
	read, err := readRequest(data, createFields)
	if err != nil {
		return fmt.Errorf("vpcep: create request: %w", err)
	}
	read.Tags, read.IdempotencyKey, _ = splitKeyTag(read.Tags)
	*r = read
	return nil
}

// readRequest reads the body of a request. A field that makes no sense is an error.
func readRequest[T any](data []byte, table *fields.Table[T]) (read T, err error) {
	odd, err := table.Read(wire.Of(data), &read)
	if err == nil && len(odd) > 0 {
		slices.Sort(odd)
		err = errors.New("unexpected type of " + strings.Join(odd, ", "))
	}
	return read, err
}
