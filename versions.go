package vpcep

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// VersionStatus says how a version of the service's API is meant. A value that this
// version of the library does not know is kept as it came.
type VersionStatus string

// The statuses of a version.
const (
	VersionStatusCurrent    VersionStatus = "CURRENT"
	VersionStatusSupported  VersionStatus = "SUPPORT"
	VersionStatusDeprecated VersionStatus = "DEPRECATED"
)

// APIVersion is a version of the service's API. It is read as tolerantly as Endpoint.
type APIVersion struct {
	// ID is what the version is called in paths, for example v1.
	ID string
	// Status says how it is meant.
	Status VersionStatus
	// UpdatedAt is in UTC, and zero where absent.
	UpdatedAt time.Time
	// Version and MinVersion are its latest and its earliest microversion, if it has such.
	Version, MinVersion string
	// Links say where it is.
	Links []VersionLink
	// Extra are the fields that this version of the library does not know, or whose type
	// makes no sense. nil where there are none.
	Extra map[string]json.RawMessage
}

// VersionLink says where a version is.
type VersionLink struct {
	Href string `json:"href"`
	Type string `json:"type"`
	Rel  string `json:"rel"`
}

// UnmarshalJSON reads a version. Only text that is no JSON object is an error.
func (v *APIVersion) UnmarshalJSON(data []byte) error { return versionResource.unmarshal(data, v) }

// MarshalJSON writes the version as the service does, Extra included.
func (v APIVersion) MarshalJSON() ([]byte, error) { return versionResource.marshal(v) }

// ListVersions lists the versions of the service's API: GET /, for no project in
// particular.
func (c *Client) ListVersions(ctx context.Context, opts ...CallOption) ([]*APIVersion, error) {
	return do(ctx, c, opts, request[[]*APIVersion]{
		operation: retry.Read, method: http.MethodGet, path: "/",
		decode: func(ctx context.Context, body string) (versions []*APIVersion, err error) {
			isList := false
			err = wire.Within(ctx, body).Members(func(name string, v wire.Value) {
				if name != "versions" {
					return
				}
				versions, isList = []*APIVersion{}, v.IsArray() || v.IsObject()
				wire.Each(v, func(v wire.Value) {
					if version, err := versionResource.readNamed(v); err == nil {
						versions = append(versions, version)
					}
				})
			})
			if err == nil && !isList {
				err = errors.New("it has no list of versions")
			}
			return versions, err
		},
	})
}

// GetVersion reads one version of the service's API by its ID, for example v1: GET
// /{version}, for no project in particular.
func (c *Client) GetVersion(ctx context.Context, id string, opts ...CallOption) (*APIVersion, error) {
	return do(ctx, c, opts, request[*APIVersion]{
		operation: retry.Read, method: http.MethodGet, path: "/{version}", ids: []string{id},
		decode: func(ctx context.Context, body string) (version *APIVersion, err error) {
			failure := errors.New("it has no version")
			err = wire.Within(ctx, body).Members(func(name string, v wire.Value) {
				if name == "version" {
					version, failure = versionResource.readNamed(v)
				}
			})
			return version, errors.Join(err, failure)
		},
	})
}
