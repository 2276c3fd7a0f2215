package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
)

// request is one operation: what to check, what to send, and how to read the answer.
type request[T any] struct {
	operation retry.Operation
	method    string
	path      string // below the project
	isWhole   bool   // path is below the base URL, and has the project itself
	query     url.Values
	body      any // written as JSON; nil: none
	// check reports what is wrong even without validation: an ID that would change the path.
	check func(*fieldErrors)
	// validate reports what the service would refuse.
	validate func(*fieldErrors)
	decode   func(body string) (T, error)
	once     bool // one attempt, whatever comes of it
}

// do is the way of every call: validate → encode → authenticate → attempt →
// classify → decode, the last four in exchange.Service.Do, which repeats them where
// that is safe.
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
	if r.check != nil {
		r.check(&f)
	}
	if r.validate != nil && c.validates {
		r.validate(&f)
	}
	return f.err()
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
		return nil, fmt.Errorf("vpcep: %s %s: %w", r.method, c.service.BasePath+c.pathOf(r.path, r.isWhole), err)
	}
	return body, nil
}

// send carries out a request that was validated and encoded.
func send[T any](ctx context.Context, c *Client, settings callSettings, r request[T], body []byte) (value T, failure *exchange.Failure) {
	failure = c.service.Do(ctx, exchange.Call{
		Operation: r.operation, Method: r.method, Path: c.pathOf(r.path, r.isWhole), Query: r.query, Body: body, Once: r.once,
		Header: settings.header, Retry: settings.retry.policy(), Observe: settings.observe(),
		Accept: func(a exchange.Answer) (err error) {
			value, err = r.decode(a.Body)
			return err
		},
	})
	return value, failure
}

// pathOf is a path behind the base URL.
func (c *Client) pathOf(path string, isWhole bool) string {
	if isWhole {
		return path
	}
	return c.projectPath + path
}

var (
	// errNoClient reports a Client that NewClient did not make.
	errNoClient   = errors.New("vpcep: this Client was not made by NewClient")
	errNilContext = errors.New("vpcep: the context is nil")
)

// begin reports what keeps any call from being made, and reads its options.
func (c *Client) begin(ctx context.Context, opts []CallOption) (callSettings, error) {
	switch {
	case c == nil || c.service == nil:
		return callSettings{}, errNoClient
	case ctx == nil:
		return callSettings{}, errNilContext
	}
	return newCallSettings(opts)
}
