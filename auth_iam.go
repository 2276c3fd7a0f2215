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
)

// IAMPasswordConfig says who logs in to IAM, and for which project. It prints, logs and
// marshals redacted, even inside exported fields of other values; package fmt does not
// allow that for unexported ones.
type IAMPasswordConfig struct {
	redacted

	// IAMEndpoint is IAM's URL. If empty, it comes from the environment variable
	// HUAWEICLOUD_SDK_IAM_ENDPOINT, or else from Region.
	IAMEndpoint string
	// Region selects IAM's URL and, if neither ProjectID nor ProjectName is set, the
	// project with the region's name.
	Region string
	// Username, Password and DomainName (the account) are required.
	Username, Password, DomainName string
	// ProjectID or ProjectName is the project that the token is for. ProjectID takes
	// precedence. A name is looked up in the account of DomainName; the name of a
	// sub-project is, for example, "eu-west-101_billing".
	ProjectID, ProjectName string
	// HTTPClient sends the requests; nil means the library's own client. It is copied and
	// never changed.
	HTTPClient *http.Client
}

// IAMPassword logs in to IAM with a user's name and password, and provides tokens for
// one project: POST {iam}/v3/auth/tokens. Each call of Token logs in; wrap the source in
// CachedToken. A token's ExpiresAt is corrected by the Date of IAM's response, so it is
// by this machine's clock.
//
// IAM's refusals are *APIError, with IAM's numbers as codes. A password that IAM
// refuses with 401 is not sent again for a minute; until then, the same refusal is
// returned. Invalid settings are a *ValidationError, which NewClient reports, too.
func IAMPassword(cfg IAMPasswordConfig) TokenSource {
	s := &iamPassword{config: func() IAMPasswordConfig { return cfg }}
	s.login = sync.OnceValues(s.newLogin)
	return s
}

type iamPassword struct {
	config func() IAMPasswordConfig // a function, so that printing the source does not show the password
	login  func() (*iam.Login, error)
}

// newLogin is called once: all logins share its connections, and the last refusal.
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
		f.add("ProjectID", "set ProjectID, ProjectName or Region")
	}
	return f.err()
}

// newIAMService returns IAM at base. auth may be nil.
func newIAMService(base *url.URL, hc *http.Client, auth Authenticator) *exchange.Service {
	return newService(base, newTransport(hc, nil), auth, "")
}

// iamURL returns IAM's URL: from the caller, the environment or the region, in this
// order.
func iamURL(f *fieldErrors, endpoint, region string) *url.URL {
	endpoint = cmp.Or(endpoint, os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT"))
	switch {
	case endpoint != "":
		return f.serviceURL("IAMEndpoint", endpoint, false, "")
	case region != "":
		return f.regionalURL("Region", "iam", region)
	}
	f.add("IAMEndpoint", "set IAMEndpoint or Region")
	return nil
}
