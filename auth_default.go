package vpcep

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vpcep/vpcep-go/internal/credentials"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// DefaultAuth finds credentials where they usually are, the first that is set:
//
//  1. the environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and
//     HUAWEICLOUD_SDK_SECURITY_TOKEN; HW_ACCESS_KEY, HW_SECRET_KEY and
//     HW_SECURITY_TOKEN; HW_AUTH_TOKEN;
//  2. the credentials file HUAWEICLOUD_SDK_CREDENTIALS_FILE, or
//     ~/.huaweicloud/credentials: section [basic], keys ak, sk, security_token,
//     project_id and iam_endpoint;
//  3. on an ECS instance with an agency, the keys of the metadata service, which
//     are renewed before they end. It is asked only where nothing else is set, again
//     where it has hiccups, and for 3 seconds at most; where nothing answers at its
//     address, for one.
//
// The error says what was looked for and where. What is set by half, for example an
// access key without its secret key, is an error, too, and so is a named file without
// its section.
//
// The file is read as Huawei Cloud's SDK for Go reads it, by the same INI reader. It
// changes some values without a word: in sk = SK#SK it takes #SK for a comment (as it
// does with ;), at \ it joins the next line, it takes off quotes around a value, and
// for %(name)s it puts the value of the key name. A value that holds such characters
// stands between backquotes: sk = `SK#SK`. Only a reference is replaced even there.
// On Unix, a file that others than its owner can write is refused.
//
// Of that SDK's ways in, ID tokens of an identity provider (HUAWEICLOUD_SDK_IDP_ID,
// HUAWEICLOUD_SDK_ID_TOKEN_FILE), the identity of a pod and derived credentials are not
// looked for. The example in examples/federation has a [TokenSource] or an
// [Authenticator] for each.
func DefaultAuth() (Authenticator, error) {
	return authOf(credentials.System(newMetadata(credentials.MetadataURL)))
}

// authOf makes an authenticator of what is found.
func authOf(places credentials.Places) (Authenticator, error) {
	found, err := places.Find()
	switch {
	case err != nil:
		return nil, fmt.Errorf("vpcep: %w", err)
	case found.Token != "":
		return TokenAuth(StaticToken(found.Token)), nil
	case found.Agency != nil:
		return &agencyAuth{keys: found.Agency}, nil
	}
	auth := &foundAuth{aksk: newAKSK(keyOf(found)), beside: func() (string, string) { return found.ProjectID, found.IAMEndpoint }}
	if err := auth.Check(); err != nil {
		return nil, fmt.Errorf("vpcep: default credentials: %s: %w", found.Place, err)
	}
	return auth, nil
}

func keyOf(v credentials.Values) AKSKConfig {
	return AKSKConfig{AccessKey: v.AccessKey, SecretKey: v.SecretKey, SecurityToken: v.SecurityToken}
}

// foundAuth is an access key with the project and IAM's URL that stood beside it. They
// are in a function, because people put passwords into URLs.
type foundAuth struct {
	redacted

	*aksk
	beside func() (projectID, iamEndpoint string)
}

func (a *foundAuth) ProjectID() string {
	projectID, _ := a.beside()
	return projectID
}

func (a *foundAuth) IAMEndpoint() string {
	_, iamEndpoint := a.beside()
	return iamEndpoint
}

func newMetadata(rawURL string) *credentials.Metadata {
	base, err := url.Parse(rawURL)
	if err != nil {
		base = &url.URL{Scheme: "http", Host: "invalid"}
	}
	return credentials.NewMetadata(newService(base, transport.NewOwn(credentials.MetadataPool()), nil, ""), errorOf)
}

// agencyAuth signs with the temporary keys of an ECS instance's agency.
type agencyAuth struct {
	redacted

	keys  *credentials.Metadata
	clock sign.Clock
}

func (a *agencyAuth) Authenticate(req *http.Request) error {
	key, err := a.keys.Key(req.Context())
	if err != nil {
		return fmt.Errorf("keys of the agency: %w", err)
	}
	return keyOf(key).sign(req, &a.clock)
}

// Renew corrects the time of the next signature, or drops keys that the service does
// not take. With new keys the request is not sent again: too many refused signatures
// lock a key.
func (a *agencyAuth) Renew(refused Refusal) (again bool, why error) {
	if again, why = a.clock.Refused(refused.Request, refused.Response); again {
		return again, why
	}
	_, rest, _ := strings.Cut(refused.Request.Get("Authorization"), "Access=")
	accessKey, _, _ := strings.Cut(rest, ",")
	return false, cmp.Or(a.keys.Drop(accessKey), why)
}
