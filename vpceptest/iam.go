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

// User is who can log in at the stand-in of IAM.
type User struct {
	Name       string
	Password   string
	DomainName string // the name of the account that the user belongs to
}

// login is the body of a request for a token.
type login struct {
	user                   User
	projectID, projectName string // one of them
	projectDomain          string // the account of projectName, where it is given
}

const loginMethods = "/auth/identity/methods"

// fields are the documented fields of the body beside its methods, and where they go.
func (l *login) fields() map[string]*string {
	return map[string]*string{
		"/auth/identity/password/user/name":        &l.user.Name,
		"/auth/identity/password/user/password":    &l.user.Password,
		"/auth/identity/password/user/domain/name": &l.user.DomainName,
		"/auth/scope/project/id":                   &l.projectID,
		"/auth/scope/project/name":                 &l.projectName,
		"/auth/scope/project/domain/name":          &l.projectDomain,
	}
}

// parseLogin reads the documented body and nothing else. A refusal names fields, never
// their values: one may be the password.
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

// leaves collects the values of a document that are no objects, by their paths.
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
	if l.user.Name == "" || l.user.Password == "" || l.user.DomainName == "" {
		return errIAMRequest.with("The user's name, password or domain name is missing.")
	}
	if (l.projectID == "") == (l.projectName == "") {
		return errIAMRequest.with("The scope must be a project by its ID or its name, not both.")
	}
	if l.projectDomain != "" && l.projectName == "" {
		return errIAMRequest.with("A domain in the scope belongs to the name of a project.")
	}
	return nil
}

// admits tells whether there is such a user with this very password.
func (s *settings) admits(user User) bool { return slices.Contains(s.users, user) }

func (h *Handler) createToken(c *call) (*answer, *apiError) {
	query, refusal := iamQuery(c.r.URL, "nocatalog")
	if refusal != nil {
		return nil, refusal
	}
	l, refusal := parseLogin(c.r.Header.Get("Content-Type"), c.body)
	if refusal != nil {
		return nil, refusal
	}
	if !h.cfg.admits(l.user) {
		return nil, errIAMLogin.plain()
	}
	if !matches(l.projectID, h.cfg.projectID) || !matches(l.projectName, h.cfg.projectName) || !matches(l.projectDomain, l.user.DomainName) {
		return nil, errIAMProject.plain()
	}
	token, begin, end := h.tokens.issue()
	about := wireToken{
		ExpiresAt: formatMicros(end),
		IssuedAt:  formatMicros(begin),
		Methods:   []string{"password"},
		Project:   wireNamed{h.cfg.projectID, h.cfg.projectName, h.domain()},
		User:      wireNamed{derivedID("user", l.user.Name), l.user.Name, wireDomain(l.user.DomainName)},
	}
	if !query.Has("nocatalog") {
		about.Catalog = h.catalog(c.r)
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
	if matches(query.Get("name"), h.cfg.projectName) {
		body.Projects = append(body.Projects, wireProject{
			ID: h.cfg.projectID, Name: h.cfg.projectName, Enabled: true, DomainID: h.domain().ID,
		})
	}
	return ok(body), nil
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

// wireToken is what the body tells of a token; the token itself is in a header.
type wireToken struct {
	ExpiresAt string        `json:"expires_at"`
	IssuedAt  string        `json:"issued_at"`
	Methods   []string      `json:"methods"`
	Project   wireNamed     `json:"project"`
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

// catalog lists the services as reached under the address that the request came to.
func (h *Handler) catalog(r *http.Request) []wireService {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	base := scheme + "://" + r.Host + h.cfg.basePath
	return []wireService{
		h.service("iam", base+"/v3"),
		h.service("vpcep", base+"/v1/"+url.PathEscape(h.cfg.projectID)),
	}
}

func (h *Handler) service(name, address string) wireService {
	region := h.cfg.projectName
	return wireService{ID: derivedID("service", name), Name: name, Type: name, Endpoints: []wireAddress{{
		ID: derivedID("address", name), Interface: "public", Region: region, RegionID: region, URL: address,
	}}}
}

// domain is the account that the project belongs to.
func (h *Handler) domain() *wireNamed { return wireDomain(h.cfg.users[0].DomainName) }

func wireDomain(name string) *wireNamed {
	return &wireNamed{ID: derivedID("domain", name), Name: name}
}

// derivedID is an ID as IAM writes them: a UUID without dashes.
func derivedID(kind, name string) string {
	return strings.ReplaceAll(derivedUUID(kind+" "+name), "-", "")
}
