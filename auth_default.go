package vpcep

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/renew"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/transport"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// The metadata service of an ECS instance.
const (
	metadataURL         = "http://169.254.169.254"
	metadataTimeout     = time.Second
	metadataTokenHeader = "X-Metadata-Token"
	metadataTokenTTL    = "21600" // seconds
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
//     are renewed before they end. It is asked only where nothing else is set, and
//     for no longer than a second.
//
// The error says what was looked for and where. What is set by half, for example an
// access key without its secret key, is an error, too.
func DefaultAuth() (Authenticator, error) {
	home, _ := os.UserHomeDir()
	d := defaultAuth{getenv: os.Getenv, home: home, metadataURL: metadataURL}
	return d.find()
}

// defaultAuth is the search of DefaultAuth, with what it looks at.
type defaultAuth struct {
	getenv      func(string) string
	home        string
	metadataURL string
}

// errNotSet says that a place holds no credentials at all.
type errNotSet struct{ place string }

func (e errNotSet) Error() string { return e.place }

func (d defaultAuth) find() (Authenticator, error) {
	var looked []string
	for _, look := range []func() (Authenticator, error){d.environment, d.file, d.agency} {
		auth, err := look()
		var notSet errNotSet
		switch {
		case err == nil:
			return auth, nil
		case errors.As(err, &notSet):
			looked = append(looked, notSet.place)
		default:
			return nil, fmt.Errorf("vpcep: default credentials: %w", err)
		}
	}
	return nil, fmt.Errorf("vpcep: no credentials found; looked at %s", strings.Join(looked, "; "))
}

// environment looks at the variables.
func (d defaultAuth) environment() (Authenticator, error) {
	for _, names := range []struct{ access, secret, security string }{
		{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"},
		{"HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"},
	} {
		key := AKSKConfig{AccessKey: d.getenv(names.access), SecretKey: d.getenv(names.secret), SecurityToken: d.getenv(names.security)}
		if key.AccessKey == "" && key.SecretKey == "" {
			continue
		}
		return key.authenticator(fmt.Sprintf("the environment variables %s and %s", names.access, names.secret))
	}
	if token := d.getenv("HW_AUTH_TOKEN"); token != "" {
		return TokenAuth(StaticToken(token)), nil
	}
	return nil, errNotSet{"the environment (HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, HW_ACCESS_KEY and HW_SECRET_KEY, HW_AUTH_TOKEN): not set"}
}

// authenticator refuses a key that is only half there. place is where it stands.
func (c AKSKConfig) authenticator(place string) (Authenticator, error) {
	var f fieldErrors
	if c.check(&f); len(f) > 0 {
		return nil, fmt.Errorf("%s: %w", place, f.err())
	}
	return AKSK(c), nil
}

// file looks at the credentials file.
func (d defaultAuth) file() (Authenticator, error) {
	path := d.getenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE")
	isNamed := path != ""
	if !isNamed {
		if d.home == "" {
			return nil, errNotSet{"the file ~/.huaweicloud/credentials: no home directory"}
		}
		path = filepath.Join(d.home, ".huaweicloud", "credentials")
	}
	place := "the credentials file " + path
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && !isNamed:
		return nil, errNotSet{place + ": not there"}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	basic := iniSection(data, "basic")
	if basic == nil {
		return nil, errNotSet{place + ": no section [basic]"}
	}
	key := AKSKConfig{AccessKey: basic["ak"], SecretKey: basic["sk"], SecurityToken: basic["security_token"]}
	auth, err := key.authenticator(place + ", section [basic], keys ak and sk")
	if err != nil {
		return nil, err
	}
	return &fileAuth{auth.(*aksk), basic["project_id"], basic["iam_endpoint"]}, nil
}

// fileAuth is an access key from a file that may name the project and IAM's URL, too.
type fileAuth struct {
	*aksk
	projectID, iamEndpoint string
}

func (a *fileAuth) ProjectID() string { return a.projectID }

func (a *fileAuth) IAMEndpoint() string { return a.iamEndpoint }

// iniSection reads the keys of one section of an INI file; nil where there is no such section.
func iniSection(data []byte, section string) map[string]string {
	var values map[string]string
	inside := false
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			inside = strings.TrimSpace(strings.Trim(line, "[]")) == section
			if inside && values == nil {
				values = make(map[string]string)
			}
		case inside:
			if key, value, ok := strings.Cut(line, "="); ok {
				values[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
		}
	}
	return values
}

// agency asks the metadata service whether it has keys.
func (d defaultAuth) agency() (Authenticator, error) {
	a := newAgencyAuth(d.metadataURL)
	ctx, cancel := context.WithTimeout(context.Background(), 2*metadataTimeout)
	defer cancel()
	if _, err := a.keys.Get(ctx); err != nil {
		return nil, errNotSet{fmt.Sprintf("the metadata service of an ECS instance (%s): %s",
			d.metadataURL, strings.TrimPrefix(err.Error(), "vpcep: "))}
	}
	return a, nil
}

// agencyAuth signs with the temporary keys of an ECS instance's agency.
type agencyAuth struct {
	client *exchange.Service
	keys   *renew.Cache[AKSKConfig]
}

func newAgencyAuth(rawURL string) *agencyAuth {
	pool := transport.NewPool(nil)
	pool.Proxy = nil // the address means something on this machine alone
	pool.DialContext = (&net.Dialer{Timeout: metadataTimeout}).DialContext
	pool.DisableKeepAlives = true // asked once in many hours
	base, err := url.Parse(rawURL)
	if err != nil {
		base = &url.URL{Scheme: "http", Host: "invalid"}
	}
	client := newService(base, transport.NewOwn(pool), nil, "")
	client.Timeout = metadataTimeout
	a := &agencyAuth{client: client}
	a.keys = renew.New(a.fetch)
	return a
}

func (a *agencyAuth) Authenticate(req *http.Request) error {
	key, err := a.keys.Get(req.Context())
	if err != nil {
		return fmt.Errorf("keys of the agency: %w", err)
	}
	return key.sign(req)
}

// Renew drops keys that the service does not take (any longer). The request is
// not sent again: too many refused signatures lock a key.
func (a *agencyAuth) Renew(refused http.Header) bool {
	a.keys.Drop(func(key AKSKConfig) bool {
		return strings.Contains(refused.Get("Authorization"), "Access="+key.AccessKey+",")
	})
	return false
}

// fetch gets keys, with a token of the metadata service where it demands one.
func (a *agencyAuth) fetch(ctx context.Context) (AKSKConfig, time.Time, error) {
	key, err := a.securityKey(ctx, nil)
	if errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) {
		var token string
		if token, err = a.metadataToken(ctx); err == nil {
			key, err = a.securityKey(ctx, http.Header{metadataTokenHeader: {token}})
		}
	}
	return key.AKSKConfig, key.end, err
}

type agencyKey struct {
	AKSKConfig
	end time.Time
}

func (a *agencyAuth) securityKey(ctx context.Context, header http.Header) (key agencyKey, err error) {
	failure := a.client.Do(ctx, exchange.Call{
		Operation: retry.Read, Method: http.MethodGet, Path: "/openstack/latest/securitykey", Header: header,
		Once: true, Secrecy: exchange.Opaque,
		Accept: func(a exchange.Answer) (err error) {
			key, err = decodeAgencyKey(a.Body)
			return err
		},
	})
	if failure != nil {
		return agencyKey{}, errorOf(failure)
	}
	return key, nil
}

func (a *agencyAuth) metadataToken(ctx context.Context) (token string, err error) {
	failure := a.client.Do(ctx, exchange.Call{
		Operation: retry.Update, Method: http.MethodPut, Path: "/meta-data/latest/api/token",
		Header: http.Header{"X-Metadata-Token-Ttl-Seconds": {metadataTokenTTL}},
		Once:   true, Secrecy: exchange.Opaque,
		Accept: func(a exchange.Answer) error {
			if token = strings.TrimSpace(a.Body); !fitsToken(token) {
				return errors.New("it is no token")
			}
			return nil
		},
	})
	if failure != nil {
		return "", errorOf(failure)
	}
	return token, nil
}

func decodeAgencyKey(body string) (key agencyKey, err error) {
	err = wire.Of(body).Members(func(name string, v wire.Value) {
		if name != "credential" {
			return
		}
		_ = v.Members(func(name string, v wire.Value) {
			switch name {
			case "access":
				key.AccessKey, _ = wire.String(v)
			case "secret":
				key.SecretKey, _ = wire.String(v)
			case "securitytoken":
				key.SecurityToken, _ = wire.String(v)
			case "expires_at":
				key.end, _ = wire.Time(v)
			}
		})
	})
	var f fieldErrors
	key.check(&f)
	return key, cmp.Or(err, f.err())
}
