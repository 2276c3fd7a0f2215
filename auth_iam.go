package vpcep

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// refusalMemory is how long a wrong password is remembered: asking IAM again and
// again locks the user.
const refusalMemory = time.Minute

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
	// ProjectID or ProjectName is the project that the token is for. ProjectID counts where both are set.
	ProjectID, ProjectName string
	// HTTPClient sends the requests; nil means a client of the library's own. It is copied and never changed.
	HTTPClient *http.Client
}

// IAMPassword logs in to IAM with a user's name and password, and gives tokens for
// one project: POST {iam}/v3/auth/tokens. Each Token is a login; wrap it in
// CachedToken.
//
// IAM's refusals are *APIError, with IAM's numbers as codes. A password that IAM
// refuses with 401 is not sent again for a minute; until then the refusal is given again.
// Wrong settings are a *ValidationError, of NewClient too.
func IAMPassword(cfg IAMPasswordConfig) TokenSource {
	s := &iamPassword{config: func() IAMPasswordConfig { return cfg }, login: make(chan struct{}, 1)}
	s.client = sync.OnceValues(s.newClient)
	return s
}

type iamPassword struct {
	config func() IAMPasswordConfig // a function, which hides the password from whoever prints the source
	client func() (*exchange.Service, error)

	login     chan struct{} // held during a login: two at a time could both bring a wrong password
	refusal   error         // guarded by login
	refusedAt time.Time     // guarded by login
}

// newClient is made once: its connections are shared by all logins.
func (s *iamPassword) newClient() (*exchange.Service, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	var f fieldErrors
	cfg := s.config()
	return newIAMClient(iamURL(&f, cfg.IAMEndpoint, cfg.Region), cfg.HTTPClient, nil), nil
}

// newIAMClient is a client of IAM. auth may be nil.
func newIAMClient(base *url.URL, hc *http.Client, auth Authenticator) *exchange.Service {
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

func (s *iamPassword) Token(ctx context.Context) (Token, error) {
	client, err := s.client()
	if err != nil {
		return Token{}, err
	}
	select {
	case s.login <- struct{}{}:
		defer func() { <-s.login }()
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	if s.refusal != nil && time.Since(s.refusedAt) < refusalMemory {
		return Token{}, s.refusal
	}
	cfg := s.config()
	body, err := json.Marshal(cfg.loginBody())
	if err != nil {
		return Token{}, errors.New("vpcep: IAM login: the settings cannot be written as JSON")
	}
	var token Token
	failure := client.Do(ctx, exchange.Call{
		Operation: retry.Update, // a second login does no harm
		Method:    http.MethodPost, Path: "/v3/auth/tokens", Query: url.Values{"nocatalog": {"true"}},
		Body: body, Secrets: []string{cfg.Password}, Secrecy: exchange.SecretResult,
		Accept: func(a exchange.Answer) (err error) {
			token, err = decodeIAMToken(a.Header, a.Body)
			return err
		},
	})
	if failure == nil {
		return token, nil
	}
	err = errorOf(failure)
	if errors.Is(err, ErrUnauthorized) {
		s.refusal, s.refusedAt = err, time.Now()
	}
	return Token{}, err
}

// loginBody is the request for a token of one project.
func (c IAMPasswordConfig) loginBody() any {
	type named struct {
		Name string `json:"name,omitempty"`
		ID   string `json:"id,omitempty"`
	}
	type user struct {
		Name     string `json:"name"`
		Password string `json:"password"`
		Domain   named  `json:"domain"`
	}
	project := named{Name: c.ProjectName}
	switch {
	case c.ProjectID != "":
		project = named{ID: c.ProjectID}
	case c.ProjectName == "":
		project = named{Name: c.Region}
	}
	var body struct {
		Auth struct {
			Identity struct {
				Methods  []string `json:"methods"`
				Password struct {
					User user `json:"user"`
				} `json:"password"`
			} `json:"identity"`
			Scope struct {
				Project named `json:"project"`
			} `json:"scope"`
		} `json:"auth"`
	}
	body.Auth.Identity.Methods = []string{"password"}
	body.Auth.Identity.Password.User = user{Name: c.Username, Password: c.Password, Domain: named{Name: c.DomainName}}
	body.Auth.Scope.Project = project
	return body
}

// decodeIAMToken reads the token from its header, and its end from the body. A
// token whose end cannot be read is still a token.
func decodeIAMToken(header http.Header, body string) (Token, error) {
	token := Token{Value: header.Get(exchange.HeaderSubjectToken)}
	if !fitsToken(token.Value) {
		return Token{}, errors.New("it has no token in X-Subject-Token")
	}
	_ = wire.Of(body).Members(func(name string, v wire.Value) {
		if name != "token" {
			return
		}
		_ = v.Members(func(name string, v wire.Value) {
			if name == "expires_at" {
				token.ExpiresAt, _ = wire.Time(v)
			}
		})
	})
	return token, nil
}

// ProjectLookupConfig says where and as whom to look for a project.
type ProjectLookupConfig struct {
	// Region is the region whose project is looked for. Required.
	Region string
	// Auth authenticates with IAM: an access key, or a token. Required.
	Auth Authenticator
	// IAMEndpoint is IAM's URL; "" means the environment's
	// HUAWEICLOUD_SDK_IAM_ENDPOINT, that of the credentials file where Auth comes from
	// there, and without them the URL of Region.
	IAMEndpoint string
	// HTTPClient sends the request; nil means a client of the library's own. It is copied and never changed.
	HTTPClient *http.Client
}

// ErrProjectNotFound: IAM knows no project of the region's name that these
// credentials may use.
var ErrProjectNotFound = errors.New("vpcep: project not found")

// LookupProjectID asks IAM for the ID of the project that a region has for the
// account: GET {iam}/v3/projects?name={region}. The ID does not change, so that one
// look-up for WithProjectID is enough.
//
// The error is a *ValidationError for wrong settings, ErrProjectNotFound, or IAM's
// *APIError.
func LookupProjectID(ctx context.Context, cfg ProjectLookupConfig) (string, error) {
	if ctx == nil {
		return "", errNilContext
	}
	if a, ok := cfg.Auth.(IAMEndpointProvider); ok && os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT") == "" {
		cfg.IAMEndpoint = cmp.Or(cfg.IAMEndpoint, a.IAMEndpoint())
	}
	var f fieldErrors
	base := iamURL(&f, cfg.IAMEndpoint, cfg.Region)
	if cfg.Region == "" && cfg.IAMEndpoint != "" {
		f.add("Region", "must not be empty")
	}
	if cfg.Auth == nil {
		f.add("Auth", "must not be nil")
	}
	f.check(cfg.Auth, "Auth")
	if err := f.err(); err != nil {
		return "", err
	}
	client := newIAMClient(base, cfg.HTTPClient, cfg.Auth)
	if cfg.HTTPClient == nil {
		defer client.Transport.CloseIdleConnections()
	}
	var ids map[string]string
	failure := client.Do(ctx, exchange.Call{
		Operation: retry.Read, Method: http.MethodGet, Path: "/v3/projects", Query: url.Values{"name": {cfg.Region}},
		Accept: func(a exchange.Answer) (err error) {
			ids, err = decodeProjects(a.Body)
			return err
		},
	})
	if failure != nil {
		return "", errorOf(failure)
	}
	id, ok := ids[cfg.Region]
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrProjectNotFound, text.Quoted(cfg.Region))
	}
	return id, nil
}

// IAMEndpointProvider is an Authenticator that knows the URL of the IAM that its
// credentials are of; LookupProjectID asks it.
type IAMEndpointProvider interface {
	Authenticator
	IAMEndpoint() string
}

// decodeProjects reads a list of projects as IDs by name.
func decodeProjects(body string) (map[string]string, error) {
	ids, isList := map[string]string{}, false
	err := wire.Of(body).Members(func(name string, v wire.Value) {
		if name != "projects" {
			return
		}
		isList = v.Elements(func(project wire.Value) {
			var id, name string
			_ = project.Members(func(member string, v wire.Value) {
				switch member {
				case "id":
					id, _ = wire.String(v)
				case "name":
					name, _ = wire.String(v)
				}
			})
			if id != "" {
				ids[name] = id
			}
		})
	})
	if err == nil && !isList {
		err = errors.New("it has no list of projects")
	}
	return ids, err
}
