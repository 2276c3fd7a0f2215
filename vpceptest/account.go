package vpceptest

import (
	"cmp"
	"fmt"
	"strings"
)

// Account is another account on the same stand-in, with one project. It has its own
// services and endpoints, and sees the services of others as their permissions allow. See
// [WithAccount].
type Account struct {
	ProjectID   string // must be set
	ProjectName string // default: that of [WithProjectName]
	DomainName  string // the account's name; default: "domain-of-" and the project's ID
	OrgPath     string // its path in an organization, for permissions by path
	Token       string // always valid; default: a random one
	AccessKey   string // valid with SecretKey, as those of [WithAccessKey]
	SecretKey   string
	User        string // can log in with Password, if set
	Password    string
}

// DomainID is the ID of the account, as in the permission "iam:domain::" + DomainID.
func (a Account) DomainID() string { return wireDomain(a.DomainName).ID }

// WithAccount adds an account to the first one, which the other options describe. It may be
// used several times.
func WithAccount(a Account) Option {
	if a.ProjectID == "" || strings.Contains(a.ProjectID, "/") {
		panic(fmt.Sprintf("vpceptest: WithAccount: %q is not a valid project ID", a.ProjectID))
	}
	if (a.AccessKey == "") != (a.SecretKey == "") {
		panic("vpceptest: WithAccount: the access key or the secret key is missing")
	}
	if (a.User == "") != (a.Password == "") {
		panic("vpceptest: WithAccount: the user or the password is missing")
	}
	return func(s *settings) { s.accounts = append(s.accounts, a) }
}

// account is an account and what belongs to it.
type account struct {
	Account
	users     []User
	endpoints shelf
	vpcs      map[string]*shelf // the same endpoints, by VPC
	services  []*service        // in order of creation; those that are gone are swept out
}

// newAccounts returns the first account, of the other options, and those of WithAccount.
func newAccounts(cfg *settings) []*account {
	first := &account{
		Account: Account{
			ProjectID: cfg.projectID, ProjectName: cfg.projectName, DomainName: cfg.users[0].DomainName, Token: cfg.token,
		},
		users: cfg.users,
	}
	accounts := []*account{first}
	for _, a := range cfg.accounts {
		a.ProjectName = cmp.Or(a.ProjectName, cfg.projectName)
		a.DomainName = cmp.Or(a.DomainName, "domain-of-"+a.ProjectID)
		a.Token = cmp.Or(a.Token, "vpceptest-token-"+randomHex(16))
		other := &account{Account: a}
		if a.User != "" {
			other.users = []User{{Name: a.User, Password: a.Password, DomainName: a.DomainName}}
		}
		accounts = append(accounts, other)
		for _, b := range accounts[:len(accounts)-1] {
			if b.ProjectID == a.ProjectID {
				panic("vpceptest: WithAccount: the project " + a.ProjectID + " already exists")
			}
		}
	}
	return accounts
}

// Accounts returns the accounts: the first one, then those of [WithAccount], with the
// defaults filled in.
func (h *Handler) Accounts() []Account {
	out := make([]Account, len(h.accounts))
	for i, a := range h.accounts {
		out[i] = a.Account
	}
	return out
}

// byProject returns the account of a project, or nil.
func (h *Handler) byProject(id string) *account {
	for _, a := range h.accounts {
		if a.ProjectID == id {
			return a
		}
	}
	return nil
}
