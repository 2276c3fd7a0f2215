package vpceptest

import (
	"bytes"
	"encoding/json"
	"time"
)

// policy is the policy of an endpoint: statements on gateway endpoints of OBS and SFS, a
// document on others.
type policy struct {
	PolicyStatement json.RawMessage
	PolicyDocument  json.RawMessage
}

func (p policy) empty() bool { return p.PolicyStatement == nil && p.PolicyDocument == nil }

var policyFields = fields[policy]{
	"policy_statement": readPolicyStatement,
	"policy_document":  readPolicyDocument,
}

func readPolicyStatement(p *policy, raw json.RawMessage) *apiError {
	if !validStatements(raw) {
		return errPolicy.plain()
	}
	p.PolicyStatement = bytes.Clone(raw)
	return nil
}

// readPolicyDocument accepts an object, or a string as in earlier documentation.
func readPolicyDocument(p *policy, raw json.RawMessage) *apiError {
	if raw[0] != '{' && raw[0] != '"' {
		return errPolicy.plain()
	}
	p.PolicyDocument = bytes.Clone(raw)
	return nil
}

// parsePolicy reads an update of a policy, which replaces the whole policy: statements or a
// document. An empty list of statements is refused, because deleting is another operation.
func parsePolicy(c *call) (policy, *apiError) {
	var p policy
	given, refusal := policyFields.read(c, &p)
	switch {
	case refusal != nil:
		return p, refusal
	case len(given) == 0:
		return p, errEmptyInput.with("policy_statement or policy_document is missing.")
	case len(given) > 1:
		return p, errPolicy.with("policy_statement and policy_document exclude each other.")
	case given["policy_statement"] && countElements(p.PolicyStatement) == 0:
		return p, errPolicy.with("policy_statement is empty.")
	}
	return p, nil
}

// takes refuses a policy on an endpoint of a service that does not allow policies.
func (s *service) takes(p policy) *apiError {
	if p.empty() || s.enablePolicy {
		return nil
	}
	return errPolicy.with("The service's enable_policy is false.")
}

func countElements(array json.RawMessage) int {
	var list []json.RawMessage
	_ = json.Unmarshal(array, &list) // already validated
	return len(list)
}

func (h *Handler) updatePolicy(c *call) (*answer, *apiError) {
	p, refusal := parsePolicy(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.amend(c, func(e *record, a *attributes, now time.Time) *apiError {
		if refusal := e.modifiable(now); refusal != nil {
			return refusal
		}
		if p.PolicyStatement != nil && !e.service.isGateway() {
			return errPolicy.with("policy_statement is for gateway endpoints.")
		}
		if refusal := e.service.takes(p); refusal != nil {
			return refusal
		}
		a.policy = p
		return nil
	})
}

func (h *Handler) deletePolicy(c *call) (*answer, *apiError) {
	return h.amend(c, func(e *record, a *attributes, now time.Time) *apiError {
		if refusal := e.modifiable(now); refusal != nil {
			return refusal
		}
		if a.policy.empty() {
			return errNoPolicy.plain()
		}
		a.policy = policy{}
		return nil
	})
}
