package vpcep

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/vpcep/vpcep-go/internal/sign"
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
}

// check names what is missing.
func (c AKSKConfig) check(f *fieldErrors) {
	for _, setting := range []struct {
		field, value string
		required     bool
	}{
		{"AccessKey", c.AccessKey, true}, {"SecretKey", c.SecretKey, true}, {"SecurityToken", c.SecurityToken, false},
	} {
		switch {
		case setting.value == "" && setting.required:
			f.add(setting.field, "must not be empty")
		case !fitsHeader(setting.value):
			f.add(setting.field, "must be printable ASCII")
		}
	}
}

// AKSK signs each attempt with an access key, algorithm SDK-HMAC-SHA256. The
// clock must be right within 15 minutes.
//
// A refused signature is never sent again, because five in a row lock the key.
// NewClient reports a key that cannot be used.
func AKSK(cfg AKSKConfig) Authenticator {
	return &aksk{config: func() AKSKConfig { return cfg }}
}

type aksk struct {
	config func() AKSKConfig // a function, which hides the keys from whoever prints the authenticator
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
	return a.config().sign(req)
}

func (c AKSKConfig) sign(req *http.Request) error {
	body, err := bodyOf(req)
	if err != nil {
		return err
	}
	transport.Hide(req, c.SecretKey)
	sign.Request(req, body, sign.Key{AccessKey: c.AccessKey, SecretKey: c.SecretKey, SecurityToken: c.SecurityToken}, sign.Project(req.Context()), time.Now())
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
