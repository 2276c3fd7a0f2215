package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// WhitelistChange says what to change about who may use an endpoint. At least one
// of the two is set.
type WhitelistChange struct {
	// Entries replaces all entries: IPv4 addresses and CIDR blocks, no /0. nil leaves
	// them as they are, and an empty list deletes every one. WhitelistEntries makes it.
	Entries *[]string
	// Enable turns the access control on or off. nil leaves it as it is.
	Enable *bool
}

// WhitelistEntries is the value of WhitelistChange.Entries; without arguments, the
// list that deletes every entry.
func WhitelistEntries(entries ...string) *[]string {
	entries = append([]string{}, entries...)
	return &entries
}

// MarshalJSON writes the body of the change. What is nil is left out.
func (w WhitelistChange) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Whitelist *[]string `json:"whitelist,omitempty"`
		Enable    *bool     `json:"enable_whitelist,omitempty"`
	}{notNil(w.Entries), w.Enable})
}

// notNil makes a nil list an empty one: it would be written as null.
func notNil(list *[]string) *[]string {
	if list != nil && *list == nil {
		return &[]string{}
	}
	return list
}

// UpdateWhitelist changes who may use an endpoint of an interface service: PUT
// /v1/{project_id}/vpc-endpoints/{id}. It returns the endpoint as the service
// answers it; a change that the service applies later is waited for with
// WaitForEndpointChange and HasWhitelist.
//
// Errors are those of GetEndpoint, and *ValidationError for a wrong entry.
func (c *Client) UpdateWhitelist(ctx context.Context, id string, change WhitelistChange, opts ...CallOption) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.validates {
		var f fieldErrors
		if change.Entries == nil && change.Enable == nil {
			f.add("whitelist", "nothing is to be changed")
		}
		if change.Entries != nil {
			f.whitelistEntries(*change.Entries)
		}
		if err := f.err(); err != nil {
			return nil, err
		}
	}
	return update(ctx, c, http.MethodPut, path, change, opts, decodeEndpoint)
}

// update sends a change that leads to the same state however often it is sent.
func update[T any](ctx context.Context, c *Client, method, path string, change any, opts []CallOption, decode func([]byte) (T, error)) (T, error) {
	r := call{operation: retry.Update, method: method, path: path}
	if change != nil {
		body, err := json.Marshal(change)
		if err != nil {
			var none T
			return none, fmt.Errorf("vpcep: %s %s: %w", method, path, err)
		}
		r.body = body
	}
	return do(ctx, c, r, opts, decode)
}

// RouteTablesError says that some route tables could not be bound to an endpoint,
// or unbound from it. The others were.
type RouteTablesError struct {
	EndpointID string
	// RouteTables are the route tables that the endpoint has now.
	RouteTables []string
	// BindFailed and UnbindFailed are those that could not be changed.
	BindFailed, UnbindFailed []RouteTableFailure
	// Errors are failures that the service told in another form.
	Errors []ResourceError
}

// RouteTableFailure is one route table that could not be changed.
type RouteTableFailure struct{ ID, Message string }

func (f RouteTableFailure) text() string {
	return strings.TrimSuffix(oneLine(f.ID+": "+f.Message), ": ")
}

func (e *RouteTablesError) Error() string {
	var parts []string
	for _, failed := range e.BindFailed {
		parts = append(parts, "cannot bind "+failed.text())
	}
	for _, failed := range e.UnbindFailed {
		parts = append(parts, "cannot unbind "+failed.text())
	}
	for _, failed := range e.Errors {
		parts = append(parts, oneLine(strings.TrimSpace(failed.Code+" "+failed.Message)))
	}
	return fmt.Sprintf("vpcep: route tables of endpoint %s: %s", oneLine(e.EndpointID), strings.Join(parts, "; "))
}

// UpdateRouteTables makes routeTables the route tables of an endpoint of a gateway
// service: PUT /v1/{project_id}/vpc-endpoints/{id}/routetables. It returns those
// that the endpoint has then.
//
// The error is a *RouteTablesError where some could not be bound or unbound; the
// rest was. Other errors are those of GetEndpoint, and *ValidationError.
func (c *Client) UpdateRouteTables(ctx context.Context, id string, routeTables []string, opts ...CallOption) ([]string, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.validates {
		var f fieldErrors
		f.routeTables(routeTables)
		if err := f.err(); err != nil {
			return nil, err
		}
	}
	body := struct {
		RouteTables []string `json:"routetables"`
	}{append([]string{}, routeTables...)}
	answer, err := update(ctx, c, http.MethodPut, path+"/routetables", body, opts, decodeRouteTables)
	if err != nil {
		return nil, err
	}
	if answer.failed() {
		answer.EndpointID = id
		return answer.RouteTables, answer
	}
	return answer.RouteTables, nil
}

func (e *RouteTablesError) failed() bool {
	return len(e.BindFailed)+len(e.UnbindFailed)+len(e.Errors) > 0
}

// decodeRouteTables reads what became of an update, in the form of its failures.
func decodeRouteTables(body []byte) (*RouteTablesError, error) {
	answer := new(RouteTablesError)
	hasList := false
	err := wire.Of(body).Members(func(name string, v wire.Value) {
		switch name {
		case "routetables":
			// A list that holds something odd is a list: the change was made.
			_ = set(&answer.RouteTables, v, wire.Strings)
			hasList = answer.RouteTables != nil
		case "error":
			answer.BindFailed, answer.UnbindFailed, answer.Errors = nil, nil, nil
			readEach(v, answer.readFailure)
		}
	})
	if err == nil && !hasList && !answer.failed() {
		err = errors.New("it has no list of route tables")
	}
	return answer, err
}

// readEach calls fn for the elements of an array, or for a bare element that is not null.
func readEach(v wire.Value, fn func(wire.Value)) {
	if !v.IsNull() && !v.Elements(fn) {
		fn(v)
	}
}

// readFailure reads one element of "error". What it does not understand is a
// failure all the same: a partial one must not pass for success.
func (e *RouteTablesError) readFailure(v wire.Value) {
	isKnown := false
	_ = v.Members(func(name string, v wire.Value) {
		switch name {
		case "bind_failed":
			isKnown = true
			e.BindFailed = append(e.BindFailed, readRouteTableFailures(v)...)
		case "unbind_failed":
			isKnown = true
			e.UnbindFailed = append(e.UnbindFailed, readRouteTableFailures(v)...)
		}
	})
	if isKnown || v.IsNull() {
		return
	}
	reason, ok := readResourceError(v)
	if !ok {
		reason.Message = string(v.Raw())
	}
	e.Errors = append(e.Errors, reason)
}

func readRouteTableFailures(v wire.Value) (failures []RouteTableFailure) {
	readEach(v, func(v wire.Value) {
		var failure RouteTableFailure
		if !v.IsObject() {
			failure.ID, _ = wire.String(v)
		}
		_ = v.Members(func(name string, v wire.Value) {
			switch name {
			case "id", "routetable_id":
				failure.ID, _ = wire.String(v)
			case "error_message", "message", "error_msg":
				failure.Message, _ = wire.String(v)
			}
		})
		if failure == (RouteTableFailure{}) {
			failure.Message = string(v.Raw())
		}
		failures = append(failures, failure)
	})
	return failures
}

// Policy is a policy of an endpoint: statements for the gateway services of OBS and
// SFS, a document for other services. One of the two is set.
type Policy struct {
	Statements []PolicyStatement
	Document   json.RawMessage
}

// MarshalJSON writes the body of an update.
func (p Policy) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Statements []PolicyStatement `json:"policy_statement,omitempty"`
		Document   json.RawMessage   `json:"policy_document,omitempty"`
	}{p.Statements, p.Document})
}

// UpdatePolicy replaces the policy of an endpoint: PUT
// /v1/{project_id}/vpc-endpoints/{id}/policy. It returns the endpoint.
//
// Errors are those of GetEndpoint, and *ValidationError. CodePolicyInvalid says
// that the service does not accept the policy.
func (c *Client) UpdatePolicy(ctx context.Context, id string, policy Policy, opts ...CallOption) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.validates {
		var f fieldErrors
		if (len(policy.Statements) > 0) == (len(policy.Document) > 0) {
			f.add("policy_statement", "one of policy_statement and policy_document is needed, and not both")
		}
		f.policyStatements(policy.Statements)
		f.policyDocument(policy.Document)
		if err := f.err(); err != nil {
			return nil, err
		}
	}
	return update(ctx, c, http.MethodPut, path+"/policy", policy, opts, decodeEndpoint)
}

// DeletePolicy takes the policy off an endpoint: DELETE
// /v1/{project_id}/vpc-endpoints/{id}/policy. It returns the endpoint. The error is
// CodePolicyNotAssociated where there was none; after an attempt that may have
// removed it, that is success.
func (c *Client) DeletePolicy(ctx context.Context, id string, opts ...CallOption) (*Endpoint, error) {
	path, err := c.endpointPath(ctx, id)
	if err != nil {
		return nil, err
	}
	remove := call{operation: retry.Delete, method: http.MethodDelete, path: path + "/policy"}
	endpoint, err := do(ctx, c, remove, opts, func(body []byte) (*Endpoint, error) {
		if _, err := decodeNothing(body); err != nil || len(body) == 0 {
			return nil, err
		}
		return decodeEndpoint(body)
	})
	if err == nil && endpoint == nil { // it is gone, and nothing says how the endpoint looks now
		return c.GetEndpoint(ctx, id, opts...)
	}
	return endpoint, err
}

// WaitForEndpointChange polls an endpoint until has reports that a change has
// arrived, and returns it. HasWhitelist, HasRouteTables, HasTags,
// HasTagsAmong, LacksTags and HasPolicy are such reports. opts.Targets is not used.
//
// Errors are those of WaitForEndpoint; failed, deleting and a missing endpoint end the wait early.
func (c *Client) WaitForEndpointChange(ctx context.Context, id string, has func(*Endpoint) bool, opts WaitOptions) (*Endpoint, error) {
	if has == nil {
		return nil, errors.New("vpcep: wait: the condition is nil")
	}
	return c.wait(ctx, id, opts, c.endpointPoll(id), func(e *Endpoint, err error, _ time.Duration) (bool, error) {
		switch {
		case errors.Is(err, ErrEndpointNotFound):
			return true, err
		case err != nil:
			return false, err
		case has(e):
			return true, nil
		case e.Status == StatusFailed, e.Status == StatusDeleting:
			return true, &EndpointFailedError{Endpoint: e}
		}
		return false, nil
	})
}

// HasWhitelist reports whether an endpoint shows the settings of change.
func HasWhitelist(change WhitelistChange) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		return (change.Entries == nil || sameSet(canonicalBlocks(*change.Entries), canonicalBlocks(e.Whitelist))) &&
			(change.Enable == nil || *change.Enable == e.EnableWhitelist)
	}
}

// HasRouteTables reports whether an endpoint has exactly these route tables.
func HasRouteTables(ids ...string) func(*Endpoint) bool {
	return func(e *Endpoint) bool { return sameSet(ids, e.RouteTables) }
}

// HasTags reports whether an endpoint has exactly these tags; that of an
// idempotency key does not count.
func HasTags(tags ...Tag) func(*Endpoint) bool {
	return func(e *Endpoint) bool { return sameSet(tags, e.Tags) }
}

// HasTagsAmong reports whether an endpoint has at least these tags.
func HasTagsAmong(tags ...Tag) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(tags, func(t Tag) bool { return !slices.Contains(e.Tags, t) })
	}
}

// LacksTags reports whether an endpoint has no tag with any of these keys.
func LacksTags(keys ...string) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		return !slices.ContainsFunc(e.Tags, func(t Tag) bool { return slices.Contains(keys, t.Key) })
	}
}

// HasPolicy reports whether an endpoint has this policy; the zero Policy means none.
func HasPolicy(policy Policy) func(*Endpoint) bool {
	return func(e *Endpoint) bool {
		statements := len(policy.Statements)+len(e.PolicyStatement) == 0 || sameJSON(policy.Statements, e.PolicyStatement)
		documents := len(policy.Document)+len(e.PolicyDocument) == 0 || sameJSON(policy.Document, e.PolicyDocument)
		return statements && documents
	}
}
