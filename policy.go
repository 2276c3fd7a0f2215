package vpcep

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/policies"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// Policy is a policy of an endpoint: statements for the gateway services of OBS and
// SFS, a document for other services. Set one of the two.
type Policy struct {
	Statements []PolicyStatement
	Document   json.RawMessage
}

// UpdatePolicy replaces the policy of an endpoint: PUT
// /v1/{project_id}/vpc-endpoints/{id}/policy. It returns the endpoint from the response.
//
// Errors are those of GetEndpoint, and *ValidationError. CodePolicyInvalid says that the
// service does not accept the policy.
func (c *Client) UpdatePolicy(ctx context.Context, id string, policy Policy, opts ...CallOption) (*Endpoint, error) {
	return do(ctx, c, opts, request[*Endpoint]{
		operation: retry.Update, method: http.MethodPut, path: endpointPath + "/policy", ids: []string{id},
		validate: func(f *fieldErrors) {
			if (len(policy.Statements) > 0) == (len(policy.Document) > 0) {
				f.add("policy_statement", "set either policy_statement or policy_document, not both")
			}
			f.policyStatements(policy.Statements)
			f.policyDocument(policy.Document)
		},
		body: struct {
			Statements []PolicyStatement `json:"policy_statement,omitempty"`
			Document   json.RawMessage   `json:"policy_document,omitempty"`
		}{policy.Statements, policy.Document},
		decode: endpointResource.decode,
	})
}

// DeletePolicy removes the policy of an endpoint: DELETE
// /v1/{project_id}/vpc-endpoints/{id}/policy. It returns the endpoint. The error is
// CodePolicyNotAssociated if there was no policy; after an attempt that may have
// removed it, that counts as success.
func (c *Client) DeletePolicy(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	endpoint, err := do(ctx, c, opts, request[*Endpoint]{
		operation: retry.Delete, method: http.MethodDelete, path: endpointPath + "/policy", ids: []string{id},
		decode: func(ctx context.Context, body string) (*Endpoint, error) {
			if _, err := decodeNothing(ctx, body); err != nil || body == "" {
				return nil, err
			}
			return endpointResource.decode(ctx, body)
		},
	})
	if err == nil && endpoint == nil { // the policy is gone, but the response does not show the endpoint
		return c.GetEndpoint(ctx, id, opts...)
	}
	return endpoint, err
}

// HasPolicy returns a condition that holds if an endpoint has this policy. Policies are
// compared by meaning: the order of statements, actions, resources and values makes no
// difference, nor does a Sid, an empty Condition, a Version that only one of the two
// has, or "*" instead of ["*"]. A field of policy that is not set is not compared. The
// zero Policy means that the endpoint has no policy of its own: either none, or the
// cloud's default, which allows everything and which some regions show instead of none.
func HasPolicy(policy Policy) Condition {
	return func(e *Endpoint) bool {
		if len(policy.Statements)+len(policy.Document) == 0 {
			return hasNoPolicy(e)
		}
		return (len(policy.Statements) == 0 || sameStatements(policy.Statements, e.PolicyStatement)) &&
			(len(policy.Document) == 0 || policies.Same(policy.Document, e.PolicyDocument))
	}
}

// The default policies, as documented and as published, whose resources differ.
var (
	defaultDocument   = json.RawMessage(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`)
	defaultStatements = [][]PolicyStatement{
		{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}},
		{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*", "*/*"}}},
	}
)

// hasNoPolicy reports whether an endpoint has no policy but a default one.
func hasNoPolicy(e *Endpoint) bool {
	return (len(e.PolicyDocument) == 0 || policies.Same(e.PolicyDocument, defaultDocument)) &&
		(len(e.PolicyStatement) == 0 || slices.ContainsFunc(defaultStatements, func(statements []PolicyStatement) bool {
			return sameStatements(e.PolicyStatement, statements)
		}))
}

// PolicyStatement is one statement of an endpoint's policy.
type PolicyStatement struct {
	// Sid is an optional name of the statement.
	Sid string
	// Effect is Allow or Deny.
	Effect string
	// Action lists the operations, such as obs:*:*. It is read from a string or an
	// array, and written as an array.
	Action []string
	// Resource lists what they act on, such as obs:*:*:*:*/*. It is read and written as
	// Action is.
	Resource []string
	// Condition is the JSON object of conditions, if any.
	Condition json.RawMessage
	// Extra holds the members that this version does not know or whose type is
	// unexpected. They are written back, so a policy that is read and sent again is as
	// strict as before.
	Extra map[string]json.RawMessage
	// Raw is a statement that is not a JSON object, as received. No other field is set
	// then.
	Raw json.RawMessage
}

// MarshalJSON writes the statement with arrays for Action and Resource, including Extra,
// and Raw as received.
func (s PolicyStatement) MarshalJSON() ([]byte, error) {
	return fields.Marshal(&s, writePolicyStatement)
}

// UnmarshalJSON reads a statement whose Action and Resource are arrays or strings.
func (s *PolicyStatement) UnmarshalJSON(data []byte) error {
	var read PolicyStatement
	if _, err := statementFields.Read(wire.Of(data), &read); err != nil {
		return fmt.Errorf("vpcep: policy statement: %w", err)
	}
	*s = read
	return nil
}
