package vpcep

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"sync"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/iam"
	"github.com/vpcep/vpcep-go/internal/text"
)

// IAMPasswordConfig says who logs in to IAM, and for which project. It prints,
// logs and marshals redacted, also inside the exported fields of other values;
// package fmt gives no say in unexported ones.
type IAMPasswordConfig struct {
	redacted

	// IAMEndpoint is IAM's URL; "" means the environment's
	// HUAWEICLOUD_SDK_IAM_ENDPOINT, and without that the URL of Region.
	IAMEndpoint string
	// Region selects IAM's URL and, where neither ProjectID nor ProjectName is set,
	// the project of the region's name.
	Region string
	// Username, Password and DomainName (the account) are required.
	Username, Password, DomainName string
	// ProjectID or ProjectName is the project that the token is for. ProjectID counts
	// where both are set. A name is looked for in the account of DomainName; that of a
	// sub-project is like "eu-west-101_billing".
	ProjectID, ProjectName string
	// HTTPClient sends the requests; nil means a client of the library's own. It is copied and never changed.
	HTTPClient *http.Client
}

// IAMPassword logs in to IAM with a user's name and password, and gives tokens for
// one project: POST {iam}/v3/auth/tokens. Each Token is a login; wrap it in
// CachedToken. The end of a token is corrected by the Date of IAM's answer, so that it
// holds by this machine's clock.
//
// IAM's refusals are *APIError, with IAM's numbers as codes. A password that IAM
// refuses with 401 is not sent again for a minute; until then the refusal is given again.
// Wrong settings are a *ValidationError, of NewClient too.
func IAMPassword(cfg IAMPasswordConfig) TokenSource {
	s := &iamPassword{config: func() IAMPasswordConfig { return cfg }}
	s.login = sync.OnceValues(s.newLogin)
	return s
}

type iamPassword struct {
	config func() IAMPasswordConfig // a function, which hides the password from whoever prints the source
	login  func() (*iam.Login, error)
}

// newLogin is made once: its connections, and what it remembers, are for all logins.
func (s *iamPassword) newLogin() (*iam.Login, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var f fieldErrors
	cfg := s.config()
	user := iam.User{
		Name: cfg.Username, Password: cfg.Password, Domain: cfg.DomainName,
		ProjectID: cfg.ProjectID, ProjectName: cmp.Or(cfg.ProjectName, cfg.Region),
	}
	return iam.NewLogin(newIAMService(iamURL(&f, cfg.IAMEndpoint, cfg.Region), cfg.HTTPClient, nil), user, errorOf), nil
}

func (s *iamPassword) Token(ctx context.Context) (Token, error) {
	login, err := s.login()
	if err != nil {
		return Token{}, err
	}
	token, err := login.Token(ctx)
	return Token{Value: token.Value, ExpiresAt: token.End}, err
}

func (s *iamPassword) Check() error {
	var f fieldErrors
	cfg := s.config()
	iamURL(&f, cfg.IAMEndpoint, cfg.Region)
	for _, required := range []struct{ field, value string }{
		{"Username", cfg.Username}, {"Password", cfg.Password}, {"DomainName", cfg.DomainName},
	} {
		if required.value == "" {
			f.add(required.field, "must not be empty")
		}
	}
	if cfg.ProjectID == "" && cfg.ProjectName == "" && cfg.Region == "" {
		f.add("ProjectID", "one of ProjectID, ProjectName and Region is needed")
	}
	return f.err()
}

// newIAMService is IAM. auth may be nil.
func newIAMService(base *url.URL, hc *http.Client, auth Authenticator) *exchange.Service {
	return newService(base, newTransport(hc, nil), auth, "")
}

// iamURL is where IAM answers: what the caller says, the environment, and the region, in this order.
func iamURL(f *fieldErrors, endpoint, region string) *url.URL {
	endpoint = cmp.Or(endpoint, os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT"))
	switch {
	case endpoint != "":
		return f.serviceURL("IAMEndpoint", endpoint, false, "")
	case isRegion(region):
		return &url.URL{Scheme: "https", Host: regionalHost("iam", region)}
	case region != "":
		f.add("Region", "%s cannot be a region: lower-case letters, digits and hyphens are", text.Quoted(region))
	default:
		f.add("IAMEndpoint", "one of IAMEndpoint and Region is needed")
	}
	return nil
}
