package vpcep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// MarshalJSON writes the endpoint as the service does, including Extra.
func (e Endpoint) MarshalJSON() ([]byte, error) { return endpointResource.marshal(e) }

// UnmarshalJSON reads an endpoint tolerantly. It fails only if data is not a JSON object,
// or has an object with more than 1000 members.
func (e *Endpoint) UnmarshalJSON(data []byte) error { return endpointResource.unmarshal(data, e) }

// MarshalJSON writes the body of a create request. Empty fields are left out;
// IdempotencyKey becomes a tag.
func (r CreateEndpointRequest) MarshalJSON() ([]byte, error) {
	if r.IdempotencyKey != "" {
		r.Tags = withKeyTag(r.Tags, r.IdempotencyKey, requestDigest(r))
	}
	return createFields.Marshal(&r)
}

// UnmarshalJSON reads the body of a create request. It tolerates the same deviations in
// types as Endpoint does, but an invalid field is an error here: a request must not be
// sent with another meaning than its author intended. Fields that this version does not
// know are kept in Extra.
func (r *CreateEndpointRequest) UnmarshalJSON(data []byte) error {
	read, err := readRequest(data, createFields)
	if err != nil {
		return fmt.Errorf("vpcep: create request: %w", err)
	}
	read.Tags, read.IdempotencyKey, _ = splitKeyTag(read.Tags)
	*r = read
	return nil
}

// readRequest reads the body of a request. An invalid field is an error.
func readRequest[T any](data []byte, table *fields.Table[T]) (read T, err error) {
	odd, err := table.Read(wire.Of(data), &read)
	if err == nil && len(odd) > 0 {
		slices.Sort(odd)
		err = errors.New("unexpected type of " + strings.Join(odd, ", "))
	}
	return read, err
}
