package vpcep

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// RouteTablesError says that some route tables could not be bound to an endpoint or
// unbound from it. The others were.
type RouteTablesError struct {
	EndpointID string
	// RouteTables are the route tables that the endpoint has now.
	RouteTables []string
	// BindFailed and UnbindFailed are the route tables that could not be bound or
	// unbound.
	BindFailed, UnbindFailed []RouteTableFailure
	// Errors are failures that the service reported in another format.
	Errors []ResourceError
}

// RouteTableFailure is one route table that could not be changed.
type RouteTableFailure struct{ ID, Message string }

func (f RouteTableFailure) line() string {
	return strings.TrimSuffix(text.OneLine(f.ID+": "+f.Message), ": ")
}

func (e *RouteTablesError) Error() string {
	var parts []string
	for _, failed := range e.BindFailed {
		parts = append(parts, "cannot bind "+failed.line())
	}
	for _, failed := range e.UnbindFailed {
		parts = append(parts, "cannot unbind "+failed.line())
	}
	for _, failed := range e.Errors {
		parts = append(parts, text.OneLine(strings.TrimSpace(failed.Code+" "+failed.Message)))
	}
	return fmt.Sprintf("vpcep: route tables of endpoint %s: %s", text.OneLine(e.EndpointID), strings.Join(parts, "; "))
}

// UpdateRouteTables replaces the route tables of an endpoint of a gateway service: PUT
// /v1/{project_id}/vpc-endpoints/{id}/routetables. It returns the route tables that the
// endpoint then has.
//
// The error is a *RouteTablesError if some could not be bound or unbound; the route
// tables that the endpoint then has are returned too. With any other error, they are nil.
// Other errors are those of GetEndpoint, and *ValidationError.
func (c *Client) UpdateRouteTables(ctx context.Context, id string, routeTables []string, opts ...CallOption) ([]string, error) {
	answer, err := do(ctx, c, opts, request[*RouteTablesError]{
		operation: retry.Update, method: http.MethodPut, path: endpointPath + "/routetables", ids: []string{id},
		validate: func(f *fieldErrors) { f.routeTables(routeTables) },
		body: struct {
			RouteTables []string `json:"routetables"`
		}{append([]string{}, routeTables...)},
		decode: decodeRouteTables,
	})
	switch {
	case err != nil:
		return nil, err
	case answer.failed():
		answer.EndpointID = id
		return answer.RouteTables, answer
	}
	return answer.RouteTables, nil
}

func (e *RouteTablesError) failed() bool {
	return len(e.BindFailed)+len(e.UnbindFailed)+len(e.Errors) > 0
}

// decodeRouteTables reads the response to an update: the route tables and the failures.
func decodeRouteTables(ctx context.Context, body string) (*RouteTablesError, error) {
	answer := new(RouteTablesError)
	hasList := false
	err := wire.Within(ctx, body).Members(func(name string, v wire.Value) {
		switch name {
		case "routetables":
			// A list with invalid elements is still a list: the change was made.
			answer.RouteTables, _ = wire.Strings(v)
			hasList = answer.RouteTables != nil
		case "error":
			answer.BindFailed, answer.UnbindFailed, answer.Errors = nil, nil, nil
			wire.Each(v, answer.readFailure)
		}
	})
	if err == nil && !hasList && !answer.failed() {
		err = errors.New("the body has no list of route tables")
	}
	return answer, err
}

// readFailure reads one element of "error". An element in an unknown format is a
// failure, too: a partial failure must not pass for success.
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
	wire.Each(v, func(v wire.Value) {
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

// HasRouteTables returns a condition that holds if an endpoint has exactly these route
// tables.
func HasRouteTables(ids ...string) Condition {
	return func(e *Endpoint) bool { return sameSet(ids, e.RouteTables) }
}
