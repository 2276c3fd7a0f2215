package vpceptest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// User is a user who can log in to the stand-in for IAM.
type User struct {
	Name       string
	Password   string
	DomainName string // the name of the account that the user belongs to
}

// login is the body of a request for a token.
type login struct {
	user                   User
	projectID, projectName string // one of them, unless the scope is the account
	projectDomain          string // the account of projectName, where it is given
	userDomainID           string // in place of user.DomainName
	projectDomainID        string
	domain, domainID       string // one of them where the scope is the account
}

const loginMethods = "/auth/identity/methods"

// fields are the documented fields of the body except its methods, and where to store them.
func (l *login) fields() map[string]*string {
	return map[string]*string{
		"/auth/identity/password/user/name":        &l.user.Name,
		"/auth/identity/password/user/password":    &l.user.Password,
		"/auth/identity/password/user/domain/name": &l.user.DomainName,
		"/auth/identity/password/user/domain/id":   &l.userDomainID,
		"/auth/scope/project/domain/id":            &l.projectDomainID,
		"/auth/scope/domain/id":                    &l.domainID,
		"/auth/scope/domain/name":                  &l.domain,
		"/auth/scope/project/id":                   &l.projectID,
		"/auth/scope/project/name":                 &l.projectName,
		"/auth/scope/project/domain/name":          &l.projectDomain,
	}
}

// parseLogin reads only the documented body. A refusal names fields, but never their
// values, because one may be the password.
func parseLogin(contentType string, body []byte) (login, *apiError) {
	var l login
	var document map[string]any
	if !isJSON(contentType) {
		return l, errIAMRequest.with("Content-Type must be application/json.")
	}
	if !utf8.Valid(body) || json.Unmarshal(body, &document) != nil {
		return l, errIAMRequest.with("The body is not a JSON object.")
	}
	given := map[string]any{}
	leaves("", document, given)
	if methods, _ := given[loginMethods].([]any); len(methods) != 1 || methods[0] != "password" {
		return l, errIAMRequest.with(loginMethods + ` must be ["password"].`)
	}
	delete(given, loginMethods)
	fields := l.fields()
	for _, path := range slices.Sorted(maps.Keys(given)) {
		value, _ := given[path].(string)
		if fields[path] == nil || value == "" {
			return l, errIAMRequest.with("The field " + path + " is unknown, empty or not a string.")
		}
		*fields[path] = value
	}
	return l, l.check()
}

// leaves collects the values of a document that are not objects, by their paths.
func leaves(path string, value any, into map[string]any) {
	object, _ := value.(map[string]any)
	if len(object) == 0 {
		into[path] = value
		return
	}
	for name, inner := range object {
		leaves(path+"/"+strings.ReplaceAll(name, "/", "~1"), inner, into)
	}
}

func (l login) check() *apiError {
	if l.user.Name == "" || l.user.Password == "" || l.user.DomainName == "" && l.userDomainID == "" {
		return errIAMRequest.with("The user's name, password or domain is missing.")
	}
	scopes := 0
	for _, scope := range []string{l.projectID, l.projectName, l.domain, l.domainID} {
		if scope != "" {
			scopes++
		}
	}
	if scopes != 1 {
		return errIAMRequest.with("The scope must be a project or a domain, by its ID or its name, and no more.")
	}
	if l.projectDomain+l.projectDomainID != "" && l.projectName == "" {
		return errIAMRequest.with("A domain in the scope belongs to the name of a project.")
	}
	return nil
}

// login returns the account of the user with this password, or nil. The account is given by
// its name or its ID.
func (h *Handler) login(l login) *account {
	for _, a := range h.accounts {
		for _, u := range a.users {
			if u.Name == l.user.Name && u.Password == l.user.Password && isDomain(u.DomainName, l.user.DomainName, l.userDomainID) {
				return a
			}
		}
	}
	return nil
}

// isDomain reports whether an account has the given name or ID.
func isDomain(name, givenName, givenID string) bool {
	return matches(givenName, name) && matches(givenID, wireDomain(name).ID)
}

// ofAccount reports whether the scope is the whole account, which clients use to look up
// projects: the token is then not valid for a project.
func (l login) ofAccount() bool { return l.domain+l.domainID != "" }

func (h *Handler) createToken(c *call) (*answer, *apiError) {
	query, refusal := iamQuery(c.r.URL, "nocatalog")
	if refusal != nil {
		return nil, refusal
	}
	l, refusal := parseLogin(c.r.Header.Get("Content-Type"), c.body)
	if refusal != nil {
		return nil, refusal
	}
	a := h.login(l)
	if a == nil {
		return nil, errIAMLogin.plain()
	}
	if !matches(l.projectID, a.ProjectID) || !matches(l.projectName, a.ProjectName) ||
		!isDomain(a.DomainName, l.projectDomain, l.projectDomainID) || !isDomain(a.DomainName, l.domain, l.domainID) {
		return nil, errIAMProject.plain()
	}
	token, begin, end := h.tokens.issue(a, l.ofAccount())
	about := wireToken{
		ExpiresAt: formatMicros(end),
		IssuedAt:  formatMicros(begin),
		Methods:   []string{"password"},
		User:      wireNamed{derivedID("user", l.user.Name), l.user.Name, wireDomain(a.DomainName)},
	}
	if l.ofAccount() {
		about.Domain = wireDomain(a.DomainName)
	} else {
		about.Project = &wireNamed{a.ProjectID, a.ProjectName, wireDomain(a.DomainName)}
	}
	if !query.Has("nocatalog") {
		about.Catalog = h.catalog(c.r, a)
	}
	return &answer{
		status: http.StatusCreated,
		header: http.Header{"X-Subject-Token": {token}},
		body:   mustJSON(map[string]wireToken{"token": about}),
	}, nil
}

func (h *Handler) listProjects(c *call) (*answer, *apiError) {
	query, refusal := iamQuery(c.r.URL, "name")
	if refusal != nil {
		return nil, refusal
	}
	body := struct {
		Projects []wireProject `json:"projects"`
		Links    struct{}      `json:"links"`
	}{Projects: []wireProject{}}
	if a := c.account; matches(query.Get("name"), a.ProjectName) {
		body.Projects = append(body.Projects, wireProject{
			ID: a.ProjectID, Name: a.ProjectName, Enabled: true, DomainID: a.DomainID(),
		})
	}
	return ok(body), nil
}

// showCatalog serves OpenStack clients, which request the catalog after they log in.
func (h *Handler) showCatalog(c *call) (*answer, *apiError) {
	return ok(map[string]any{"catalog": h.catalog(c.r, c.account), "links": map[string]string{}}), nil
}

// listDomains is how clients with an access key find out its account.
func (h *Handler) listDomains(c *call) (*answer, *apiError) {
	return ok(map[string]any{
		"domains": []map[string]any{{"id": c.account.DomainID(), "name": c.account.DomainName, "enabled": true}},
		"links":   map[string]string{},
	}), nil
}

// showIAM is how OpenStack clients find out that this is IAM.
func (h *Handler) showIAM(c *call) (*answer, *apiError) {
	return ok(map[string]any{"version": map[string]any{
		"id": "v3.6", "status": "stable", "updated": "2016-04-04T00:00:00Z",
		"links":       []map[string]string{{"rel": "self", "href": h.address(c.r) + "/v3/"}},
		"media-types": []map[string]string{{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}},
	}}), nil
}

// iamQuery reads a query that may have one parameter.
func iamQuery(u *url.URL, known string) (url.Values, *apiError) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errIAMRequest.with("The query cannot be read.")
	}
	for name, given := range query {
		if name != known || len(given) > 1 {
			return nil, errIAMRequest.with("The query parameter " + name + " is unknown or repeated.")
		}
	}
	return query, nil
}

// wireToken is the body for a token; the token itself is in a header.
type wireToken struct {
	ExpiresAt string        `json:"expires_at"`
	IssuedAt  string        `json:"issued_at"`
	Methods   []string      `json:"methods"`
	Project   *wireNamed    `json:"project,omitempty"`
	Domain    *wireNamed    `json:"domain,omitempty"`
	User      wireNamed     `json:"user"`
	Catalog   []wireService `json:"catalog,omitempty"`
}

// wireNamed is a project, a user or a domain.
type wireNamed struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Domain *wireNamed `json:"domain,omitempty"`
}

type wireService struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Type      string        `json:"type"`
	Endpoints []wireAddress `json:"endpoints"`
}

type wireAddress struct {
	ID        string `json:"id"`
	Interface string `json:"interface"`
	Region    string `json:"region"`
	RegionID  string `json:"region_id"`
	URL       string `json:"url"`
}

type wireProject struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Enabled  bool   `json:"enabled"`
	DomainID string `json:"domain_id"`
}

// address returns the address that a request was sent to.
func (h *Handler) address(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + h.cfg.basePath
}

// catalog lists the services, at the address that the request was sent to.
func (h *Handler) catalog(r *http.Request, a *account) []wireService {
	base := h.address(r)
	return []wireService{
		h.service("iam", base+"/v3"),
		h.service("vpcep", base+"/v1/"+url.PathEscape(a.ProjectID)),
	}
}

func (h *Handler) service(name, address string) wireService {
	region := h.cfg.projectName
	return wireService{ID: derivedID("service", name), Name: name, Type: name, Endpoints: []wireAddress{{
		ID: derivedID("address", name), Interface: "public", Region: region, RegionID: region, URL: address,
	}}}
}

func wireDomain(name string) *wireNamed {
	return &wireNamed{ID: derivedID("domain", name), Name: name}
}

// derivedID returns an ID in IAM's format: a UUID without dashes.
func derivedID(kind, name string) string {
	return strings.ReplaceAll(derivedUUID(kind+" "+name), "-", "")
}
