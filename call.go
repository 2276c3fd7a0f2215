package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// request is one operation: what to check, what to send, and how to read the response.
type request[T any] struct {
	operation retry.Operation
	method    string
	// path is the path in the reference, relative to the base URL: {project_id} is the
	// client's project, and every other name in braces is the next of ids.
	path  string
	ids   []string
	query url.Values
	body  any // written as JSON; nil for no body
	// check applies even without validation, like the check that no ID changes the path.
	check func(*fieldErrors)
	// validate reports what the service would refuse.
	validate func(*fieldErrors)
	decode   func(ctx context.Context, body string) (T, error)
	once     bool // one attempt, whatever its outcome
}

// do is the path of every call: validate → encode → authenticate → attempt → classify →
// decode. The last four are in exchange.Service.Do, which repeats them if that is safe.
func do[T any](ctx context.Context, c *Client, opts []CallOption, r request[T]) (T, error) {
	settings, err := c.begin(ctx, opts)
	if err != nil {
		var none T
		return none, err
	}
	return doWith(ctx, c, settings, r)
}

func doWith[T any](ctx context.Context, c *Client, settings callSettings, r request[T]) (T, error) {
	var none T
	if err := r.valid(c); err != nil {
		return none, err
	}
	body, err := r.encode(c)
	if err != nil {
		return none, err
	}
	ctx, cancel := settings.bound(ctx)
	defer cancel()
	value, failure := send(ctx, c, settings, r, body)
	if failure != nil {
		return none, errorOf(failure)
	}
	return value, nil
}

// valid reports what is wrong with the request.
func (r *request[T]) valid(c *Client) error {
	var f fieldErrors
	r.checkAlways(&f)
	if r.validate != nil && c.validates {
		r.validate(&f)
	}
	return f.err()
}

// checkAlways reports what is wrong even without validation.
func (r *request[T]) checkAlways(f *fieldErrors) {
	r.eachPart(func(_, name, id string) {
		if name != "" && name != projectIDName && len(r.ids) > 0 {
			f.pathSegment(name, id)
		}
	})
	if r.check != nil {
		r.check(f)
	}
}

// encode writes the body exactly as the specification has it.
func (r *request[T]) encode(c *Client) ([]byte, error) {
	if r.body == nil {
		return nil, nil
	}
	marshal := func() ([]byte, error) { return json.Marshal(r.body) }
	if own, ok := r.body.(json.Marshaler); ok { // json.Marshal would read once more what it returns
		marshal = own.MarshalJSON
	}
	body, err := marshal()
	if err != nil {
		return nil, fmt.Errorf("vpcep: %s %s: %w", r.method, c.service.BasePath+r.fill(c.projectID), err)
	}
	return body, nil
}

// send carries out a request that was validated and encoded.
func send[T any](ctx context.Context, c *Client, settings callSettings, r request[T], body []byte) (value T, failure *exchange.Failure) {
	failure = c.service.Do(ctx, exchange.Call{
		Operation: r.operation, Method: r.method, Path: r.fill(c.projectID), Query: r.query, Body: body, Once: r.once,
		Header: settings.header, Retry: settings.retry.policy(), Observe: settings.observe(),
		Accept: func(a exchange.Answer) (err error) {
			value, err = r.decode(ctx, a.Body)
			return err
		},
	})
	return value, failure
}

// fill returns the path with the project and the IDs filled in.
func (r *request[T]) fill(projectID string) string {
	var path strings.Builder
	path.Grow(len(r.path) + len(projectID) + maxIDLength*len(r.ids))
	r.eachPart(func(text, name, id string) {
		path.WriteString(text)
		if name == projectIDName {
			id = projectID
		}
		path.WriteString(id)
	})
	return path.String()
}

// projectIDName is the name of the project in paths.
const projectIDName = "project_id"

// eachPart calls fn for every name in braces in the path, with the text before it and
// the ID that it stands for, and finally for the remaining text.
func (r *request[T]) eachPart(fn func(text, name, id string)) {
	ids := r.ids
	for rest := r.path; ; {
		text, braced, isBraced := strings.Cut(rest, "{")
		if !isBraced {
			fn(text, "", "")
			return
		}
		var name, id string
		name, rest, _ = strings.Cut(braced, "}")
		if name != projectIDName && len(ids) > 0 { // a caller's path may have braces, too
			id, ids = ids[0], ids[1:]
		}
		fn(text, name, id)
	}
}

// decodeNothing reads a response that has no content of interest. A proxy's HTML page, or
// an error with a successful status, is not a response of the service.
func decodeNothing(ctx context.Context, body string) (struct{}, error) {
	var none struct{}
	if strings.TrimSpace(body) == "" {
		return none, nil
	}
	var hasID, hasError, hasCode, hasMessage bool
	err := wire.Within(ctx, body).Members(func(name string, v wire.Value) {
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
		err = errors.New("the body is an error")
	}
	return none, err
}

var (
	// errNoClient reports a Client that NewClient did not create.
	errNoClient   = errors.New("vpcep: the Client was not created by NewClient")
	errNilContext = errors.New("vpcep: the context is nil")
)

// begin applies the options of a call. It fails if the client, the context or an option
// is invalid.
func (c *Client) begin(ctx context.Context, opts []CallOption) (callSettings, error) {
	switch {
	case c == nil || c.service == nil:
		return callSettings{}, errNoClient
	case ctx == nil:
		return callSettings{}, errNilContext
	}
	return newCallSettings(opts)
}

// decodeMember calls fn for each occurrence of a member in the response to a change. An
// empty body is valid.
func decodeMember(ctx context.Context, body, member string, fn func(wire.Value)) error {
	if _, err := decodeNothing(ctx, body); err != nil || strings.TrimSpace(body) == "" {
		return err
	}
	return wire.Within(ctx, body).Members(func(name string, v wire.Value) {
		if name == member {
			fn(v)
		}
	})
}
