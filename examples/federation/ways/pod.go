package ways

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vpcep/vpcep-go"
)

// PodIdentity signs with the temporary keys that a pod gets for its own token.
type PodIdentity struct {
	URL  string // HC_CONTAINER_CREDENTIALS_FULL_URI
	File string // the file that holds the pod's token: HC_CONTAINER_AUTHORIZATION_TOKEN_FILE

	mu   sync.Mutex
	auth vpcep.Authenticator
	ends time.Time
}

// renewBefore is how long before they expire keys are replaced.
const renewBefore = 5 * time.Minute

// Authenticate signs the request.
func (p *PodIdentity) Authenticate(req *http.Request) error {
	auth, err := p.current(req.Context())
	if err != nil {
		return err
	}
	return auth.Authenticate(req)
}

// Renew makes it a vpcep.Renewer: the keys in use know how to correct a wrong clock.
func (p *PodIdentity) Renew(refused vpcep.Refusal) (again bool, why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if keys, ok := p.auth.(vpcep.Renewer); ok {
		return keys.Renew(refused)
	}
	return false, nil
}

func (p *PodIdentity) current(ctx context.Context) (vpcep.Authenticator, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.auth != nil && time.Until(p.ends) > renewBefore {
		return p.auth, nil
	}
	token, err := os.ReadFile(p.File)
	if err != nil {
		return nil, err
	}
	var response struct {
		Credentials struct {
			Access        string    `json:"access"`
			Secret        string    `json:"secret"`
			SecurityToken string    `json:"securitytoken"`
			ExpiresAt     time.Time `json:"expires_at"`
		} `json:"credentials"`
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Authorization": {strings.TrimSpace(string(token))}}
	if _, err := post(ctx, p.URL, header, []byte("{}"), &response); err != nil {
		return nil, err
	}
	keys := response.Credentials
	if keys.Access == "" || keys.Secret == "" {
		return nil, errors.New("the response to the request for credentials has no keys")
	}
	p.auth, p.ends = vpcep.AKSK(vpcep.AKSKConfig{AccessKey: keys.Access, SecretKey: keys.Secret, SecurityToken: keys.SecurityToken}), keys.ExpiresAt
	return p.auth, nil
}
