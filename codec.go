package vpcep

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// errNoID reports an answer that is JSON, but no endpoint.
var errNoID = errors.New("it has no id")

// MarshalJSON writes the endpoint as the service does, Extra included.
func (e Endpoint) MarshalJSON() ([]byte, error) {
	e.Tags = withKeyTag(e.Tags, e.IdempotencyKey, e.requestDigest)
	return endpointFields.Marshal(&e)
}

// UnmarshalJSON reads an endpoint as tolerantly as Endpoint promises. Only text
// that is no JSON object is an error.
func (e *Endpoint) UnmarshalJSON(data []byte) error {
	read, err := readEndpoint(wire.Of(data))
	if err != nil {
		return fmt.Errorf("vpcep: endpoint: %w", err)
	}
	*e = *read
	return nil
}

// decodeEndpoint reads the answer of a call on one endpoint.
func decodeEndpoint(data string) (*Endpoint, error) { return readNamedEndpoint(wire.Of(data)) }

// readNamedEndpoint demands an ID: what has none is no endpoint.
func readNamedEndpoint(v wire.Value) (*Endpoint, error) {
	e, err := readEndpoint(v)
	if err == nil && e.ID == "" {
		return nil, errNoID
	}
	return e, err
}

func readEndpoint(v wire.Value) (*Endpoint, error) {
	e := new(Endpoint)
	if _, err := endpointFields.Read(v, e); err != nil {
		return nil, err
	}
	e.Tags, e.IdempotencyKey, e.requestDigest = splitKeyTag(e.Tags)
	return e, nil
}

// clone returns a copy that shares nothing with e.
func (e *Endpoint) clone() *Endpoint {
	if e == nil {
		return nil
	}
	c := endpointFields.Clone(*e)
	return &c
}

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
	var read CreateEndpointRequest
	odd, err := createFields.Read(wire.Of(data), &read)
	if err != nil {
		return fmt.Errorf("vpcep: create request: %w", err)
	}
	if len(odd) > 0 {
		slices.Sort(odd)
		return fmt.Errorf("vpcep: create request: unexpected type of %s", strings.Join(odd, ", "))
	}
	read.Tags, read.IdempotencyKey, _ = splitKeyTag(read.Tags)
	*r = read
	return nil
}

// decodeNothing reads the answer of a call that answers nothing. A page of a
// proxy, or an error under a status of success, is no answer of the service.
func decodeNothing(body string) (struct{}, error) {
	var none struct{}
	if strings.TrimSpace(body) == "" {
		return none, nil
	}
	var hasID, hasError, hasCode, hasMessage bool
	err := wire.Of(body).Members(func(name string, v wire.Value) {
		switch name {
		case "id":
			hasID = true
		case "error", "error_code", "error_msg":
			hasError = hasError || !v.IsNull()
		case "code":
			hasCode = true
		case "message":
			hasMessage = true
		}
	})
	if err == nil && (hasError || hasCode && hasMessage) && !hasID {
		err = errors.New("it is an error")
	}
	return none, err
}
