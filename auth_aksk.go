package vpcep

import (
	"cmp"
	"errors"
	"io"
	"net/http"

	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/text"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// AKSKConfig is an access key. It prints, logs and marshals redacted, even inside
// exported fields of other values; package fmt does not allow that for unexported ones.
type AKSKConfig struct {
	redacted

	// AccessKey and SecretKey are required.
	AccessKey, SecretKey string
	// SecurityToken is required for temporary keys.
	SecurityToken string
	// ProjectID is the project that requests are signed for (X-Project-Id). Set it only
	// if the key's IAM user works in a project other than the one in the URL; if empty,
	// requests are signed for the client's project. A client without a project of its
	// own uses this one.
	ProjectID string
}

// check reports invalid settings.
func (c AKSKConfig) check(f *fieldErrors) {
	for _, setting := range []struct {
		field, value string
		required     bool
	}{
		{"AccessKey", c.AccessKey, true}, {"SecretKey", c.SecretKey, true},
		{"SecurityToken", c.SecurityToken, false}, {"ProjectID", c.ProjectID, false},
	} {
		switch {
		case setting.value == "" && setting.required:
			f.add(setting.field, "must not be empty")
		case !text.FitsHeader(setting.value):
			f.add(setting.field, "must be printable ASCII")
		}
	}
}

// AKSK signs each attempt with an access key, algorithm SDK-HMAC-SHA256.
//
// The service allows the clock to be off by 15 minutes. If it refuses a signature
// because of the time, nothing was done: the request is sent once more, signed with the
// time of the service's response, and so are later requests. After any other refused
// signature, the request is never sent again, because five in a row lock the key.
//
// NewClient reports a key that cannot be used.
func AKSK(cfg AKSKConfig) Authenticator { return newAKSK(cfg) }

func newAKSK(cfg AKSKConfig) *aksk { return &aksk{config: func() AKSKConfig { return cfg }} }

type aksk struct {
	config func() AKSKConfig // a function, so that printing the authenticator does not show the keys
	clock  sign.Clock
}

func (a *aksk) Check() error {
	var f fieldErrors
	a.config().check(&f)
	return f.err()
}

func (a *aksk) Authenticate(req *http.Request) error {
	if err := a.Check(); err != nil {
		return err
	}
	return a.config().sign(req, &a.clock)
}

// Renew corrects the time of the next signature, if the service refused the time.
func (a *aksk) Renew(refused Refusal) (again bool, why error) {
	return a.clock.Refused(refused.Request, refused.Response)
}

func (a *aksk) ProjectID() string { return a.config().ProjectID }

func (c AKSKConfig) sign(req *http.Request, clock *sign.Clock) error {
	body, err := bodyOf(req)
	if err != nil {
		return err
	}
	transport.Hide(req, c.SecretKey)
	key := sign.Key{AccessKey: c.AccessKey, SecretKey: c.SecretKey, SecurityToken: c.SecurityToken}
	sign.Request(req, body, key, cmp.Or(c.ProjectID, sign.Project(req.Context())), clock.Now())
	return nil
}

// bodyOf reads the body of a request without consuming it.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	if req.GetBody == nil {
		return nil, errors.New("the body of the request cannot be read twice")
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}
