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

// AKSKConfig is an access key. It prints, logs and marshals redacted, also inside
// the exported fields of other values; package fmt gives no say in unexported ones.
type AKSKConfig struct {
	redacted

	// AccessKey and SecretKey are required.
	AccessKey, SecretKey string
	// SecurityToken belongs to temporary keys.
	SecurityToken string
	// ProjectID is the project that requests are signed for (X-Project-Id), for the key of
	// an IAM user who works in another project than that of the URL. "" means the client's
	// own, usually what you want. Where the client is not told its project, it is this one.
	ProjectID string
}

// check names what is missing.
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
// The service allows the clock to be wrong by 15 minutes. A signature that it refuses
// for its time did nothing, so that the request is sent once more, signed with the time
// of the service's answer, and so are those after it. Any other refused signature is
// never sent again, because five in a row lock the key.
//
// NewClient reports a key that cannot be used.
func AKSK(cfg AKSKConfig) Authenticator { return newAKSK(cfg) }

func newAKSK(cfg AKSKConfig) *aksk { return &aksk{config: func() AKSKConfig { return cfg }} }

type aksk struct {
	config func() AKSKConfig // a function, which hides the keys from whoever prints the authenticator
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

// Renew corrects the time of the next signature, if it was the time that was refused.
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

// bodyOf reads the body of a request that is still to be sent.
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
