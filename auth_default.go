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

// DefaultAuth looks for credentials in the usual places and uses the first it finds:
//
//  1. the environment: HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and
//     HUAWEICLOUD_SDK_SECURITY_TOKEN; HW_ACCESS_KEY, HW_SECRET_KEY and
//     HW_SECURITY_TOKEN; HW_AUTH_TOKEN;
//  2. the credentials file HUAWEICLOUD_SDK_CREDENTIALS_FILE, or
//     ~/.huaweicloud/credentials: section [basic], keys ak, sk, security_token,
//     project_id and iam_endpoint;
//  3. on an ECS instance with an agency, temporary keys from the metadata service,
//     which are renewed before they expire. The service is asked only if nothing else
//     is set, with retries, for at most 3 seconds, or 1 second if nothing responds at
//     its address.
//
// The error says what was looked for and where. Incomplete credentials, for example an
// access key without its secret key, are an error, too, and so is a file named by the
// environment that lacks the section.
//
// The file is read with the same INI reader as in Huawei Cloud's SDK for Go. That reader
// silently changes some values: in sk = SK#SK, it takes #SK for a comment (the same goes
// for ;), a trailing \ joins the next line, quotes around a value are removed, and
// %(name)s is replaced with the value of the key name. Put backquotes around a value
// that contains such characters: sk = `SK#SK`. Only references are replaced even there.
// On Unix, a file that anyone but its owner can write is refused.
//
// That SDK also supports ID tokens from an identity provider (HUAWEICLOUD_SDK_IDP_ID,
// HUAWEICLOUD_SDK_ID_TOKEN_FILE), the identity of a pod, and derived credentials.
// DefaultAuth does not look for these; examples/federation has a [TokenSource] or an
// [Authenticator] for each.
func DefaultAuth() (Authenticator, error) {
	return authOf(credentials.System(newMetadata(credentials.MetadataURL)))
}

// authOf returns an authenticator for the credentials found in places.
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

// foundAuth is an access key with the project and the IAM URL found with it. They are in
// a function, because people put passwords into URLs.
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
	return credentials.NewMetadata(newService(base, transport.NewPooled(credentials.MetadataPool()), nil, ""), errorOf)
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

// Renew corrects the time of the next signature, or drops keys that the service refused.
// The request is not sent again with new keys: too many refused signatures lock a key.
func (a *agencyAuth) Renew(refused Refusal) (again bool, why error) {
	if again, why = a.clock.Refused(refused.Request, refused.Response); again {
		return again, why
	}
	_, rest, _ := strings.Cut(refused.Request.Get("Authorization"), "Access=")
	accessKey, _, _ := strings.Cut(rest, ",")
	return false, cmp.Or(a.keys.Drop(accessKey), why)
}
