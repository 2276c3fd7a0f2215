package vpcep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/vpcep/vpcep-go/internal/iam"
	"github.com/vpcep/vpcep-go/internal/text"
)

// ProjectLookupConfig says where and as whom to look for a project.
type ProjectLookupConfig struct {
	// Region is the region whose project to look up. Required, unless ProjectName is set.
	Region string
	// ProjectName is the name of a sub-project: the region, an underscore and a name,
	// such as "eu-west-101_billing". If empty, the region's own project is looked up. If
	// Region is not set, it is the part before the underscore.
	ProjectName string
	// Auth authenticates with IAM: an access key, or a token. Required.
	Auth Authenticator
	// IAMEndpoint is IAM's URL. If empty, it comes from the environment variable
	// HUAWEICLOUD_SDK_IAM_ENDPOINT, from the credentials file if Auth comes from there,
	// or else from Region.
	IAMEndpoint string
	// HTTPClient sends the request; nil means the library's own client. It is copied and
	// never changed.
	HTTPClient *http.Client
}

// ErrProjectNotFound: IAM has no project of that name that these credentials may use.
var ErrProjectNotFound = errors.New("vpcep: project not found")

// LookupProjectID asks IAM for the ID of a project, usually the account's project for a
// region: GET {iam}/v3/projects?name={name}. The ID does not change, so one lookup is
// enough; pass it to WithProjectID.
//
// The error is a *ValidationError for invalid settings, ErrProjectNotFound, or IAM's
// *APIError.
func LookupProjectID(ctx context.Context, cfg ProjectLookupConfig) (string, error) {
	if ctx == nil {
		return "", errNilContext
	}
	if a, ok := within[IAMEndpointProvider](cfg.Auth); ok && os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT") == "" {
		cfg.IAMEndpoint = cmp.Or(cfg.IAMEndpoint, a.IAMEndpoint())
	}
	region, _, _ := strings.Cut(cfg.ProjectName, "_")
	cfg.Region = cmp.Or(cfg.Region, region)
	var f fieldErrors
	base := iamURL(&f, cfg.IAMEndpoint, cfg.Region)
	if cfg.Region == "" && cfg.IAMEndpoint != "" {
		f.add("Region", "set Region or ProjectName")
	}
	if cfg.Auth == nil {
		f.add("Auth", "must not be nil")
	}
	f.check(cfg.Auth, "Auth")
	if err := f.err(); err != nil {
		return "", err
	}
	service := newIAMService(base, cfg.HTTPClient, cfg.Auth)
	if cfg.HTTPClient == nil {
		defer service.Transport.CloseIdleConnections()
	}
	name := cmp.Or(cfg.ProjectName, cfg.Region)
	id, failure := iam.ProjectID(ctx, service, name)
	switch {
	case failure != nil:
		return "", errorOf(failure)
	case id == "":
		return "", fmt.Errorf("%w: %s", ErrProjectNotFound, text.Quoted(name))
	}
	return id, nil
}
