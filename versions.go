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

// VersionStatus is the status of a version of the service's API. A value that this
// version of the library does not know is kept as received.
type VersionStatus string

// The statuses of a version.
const (
	VersionStatusCurrent    VersionStatus = "CURRENT"
	VersionStatusSupported  VersionStatus = "SUPPORT"
	VersionStatusDeprecated VersionStatus = "DEPRECATED"
)

// APIVersion is a version of the service's API. It is read as tolerantly as Endpoint.
type APIVersion struct {
	// ID is the version's name in paths, for example v1.
	ID string
	// Status says whether the version is current, supported or deprecated.
	Status VersionStatus
	// UpdatedAt is in UTC, and zero if absent.
	UpdatedAt time.Time
	// Version and MinVersion are its latest and its earliest microversion, if any.
	Version, MinVersion string
	// Links are its URLs.
	Links []VersionLink
	// Extra holds the fields that this version of the library does not know or whose
	// type is unexpected. It is nil if there are none.
	Extra map[string]json.RawMessage
}

// VersionLink is a URL of a version.
type VersionLink struct {
	Href string `json:"href"`
	Type string `json:"type"`
	Rel  string `json:"rel"`
}

// UnmarshalJSON reads a version tolerantly. It fails only if data is not a JSON object.
func (v *APIVersion) UnmarshalJSON(data []byte) error { return versionResource.unmarshal(data, v) }

// MarshalJSON writes the version as the service does, including Extra.
func (v APIVersion) MarshalJSON() ([]byte, error) { return versionResource.marshal(v) }

// ListVersions lists the versions of the service's API: GET /. It does not depend on the
// project.
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
				err = errors.New("the body has no list of versions")
			}
			return versions, err
		},
	})
}

// GetVersion reads one version of the service's API by its ID, for example v1: GET
// /{version}. It does not depend on the project.
func (c *Client) GetVersion(ctx context.Context, id string, opts ...CallOption) (*APIVersion, error) {
	return do(ctx, c, opts, request[*APIVersion]{
		operation: retry.Read, method: http.MethodGet, path: "/{version}", ids: []string{id},
		decode: func(ctx context.Context, body string) (version *APIVersion, err error) {
			failure := errors.New("the body has no version")
			err = wire.Within(ctx, body).Members(func(name string, v wire.Value) {
				if name == "version" {
					version, failure = versionResource.readNamed(v)
				}
			})
			return version, errors.Join(err, failure)
		},
	})
}
