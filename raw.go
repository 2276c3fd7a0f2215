package vpcep

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vpcep/vpcep-go/internal/retry"
)

// RawRequest is a request to the service's API that this version has no method for.
type RawRequest struct {
	// Method is GET, HEAD, POST, PUT, PATCH or DELETE.
	Method string
	// Path follows the client's BaseURL, for example "/v1/{project_id}/vpc-endpoints";
	// {project_id} is replaced with the client's project. Its segments consist of A-Z
	// a-z 0-9 - . _ ~.
	Path string
	// Query is encoded and appended to the path.
	Query url.Values
	// Body is marshaled with encoding/json; nil sends no body.
	Body any
	// Repeatable says that the request leads to the same state no matter how often it is
	// carried out, so it may be sent again after any failure. GET and HEAD are always
	// repeatable. Any other request is not sent again if it may have been carried out.
	Repeatable bool
}

// Do sends a request that this version has no method for, with the client's
// credentials, retries, limits and errors, and returns the body of the response, which
// may be empty. It validates only the method and the path.
//
// The error is a *ValidationError, an *APIError, or ErrOutcomeUnknown if a request that
// is not Repeatable may have been carried out.
func (c *Client) Do(ctx context.Context, req RawRequest, opts ...CallOption) ([]byte, error) {
	operation := retry.Create
	switch {
	case req.Method == http.MethodGet, req.Method == http.MethodHead:
		operation = retry.Read
	case req.Repeatable:
		operation = retry.Update
	}
	body, err := do(ctx, c, opts, request[[]byte]{
		operation: operation, method: req.Method, path: req.Path, query: req.Query, body: req.Body,
		check:  req.check,
		decode: func(_ context.Context, body string) ([]byte, error) { return []byte(body), nil },
	})
	return body, ofRequest(err)
}

// ofRequest rewords an OutcomeUnknownError for a request that creates no known resource.
func ofRequest(err error) error {
	var unknown *OutcomeUnknownError
	if errors.As(err, &unknown) {
		unknown.what = "the request may have been carried out"
	}
	return err
}

func (r RawRequest) check(f *fieldErrors) {
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(methods, r.Method) {
		f.add("Method", "must be one of %s", strings.Join(methods, ", "))
	}
	segments := strings.Split(r.Path, "/")
	if segments[0] != "" || len(segments) < 2 {
		f.add("Path", "must begin with /")
		return
	}
	for _, segment := range segments[1:] {
		if segment != "{project_id}" {
			f.pathSegment("Path", segment)
		}
	}
}
