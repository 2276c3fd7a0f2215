// Package ways has ways to authenticate that the library leaves to its users: copy what
// you need.
package ways

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go"
)

// IDToken trades the ID token of an identity provider for a token of IAM. Wrap it in
// vpcep.CachedToken: each Token is a request.
type IDToken struct {
	IAMEndpoint string // such as https://iam.eu-west-101.myhuaweicloud.eu
	Provider    string // the identity provider's ID in IAM: HUAWEICLOUD_SDK_IDP_ID
	File        string // the file that holds the ID token: HUAWEICLOUD_SDK_ID_TOKEN_FILE
	ProjectID   string
}

// Token reads the ID token from the file each time, because its issuer replaces it.
func (s IDToken) Token(ctx context.Context) (vpcep.Token, error) {
	idToken, err := os.ReadFile(s.File)
	if err != nil {
		return vpcep.Token{}, err
	}
	type object map[string]any
	body, err := json.Marshal(object{"auth": object{
		"id_token": object{"id": strings.TrimSpace(string(idToken))},
		"scope":    object{"project": object{"id": s.ProjectID}},
	}})
	if err != nil {
		return vpcep.Token{}, err
	}
	header := http.Header{"Content-Type": {"application/json;charset=UTF-8"}, "X-Idp-Id": {s.Provider}}
	var response struct {
		Token struct {
			ExpiresAt time.Time `json:"expires_at"`
		} `json:"token"`
	}
	got, err := post(ctx, s.IAMEndpoint+"/v3.0/OS-AUTH/id-token/tokens", header, body, &response)
	return vpcep.Token{Value: got.Get("X-Subject-Token"), ExpiresAt: response.Token.ExpiresAt}, err
}

// post sends a request and decodes the response. Its errors do not quote the response,
// which may hold a secret.
func post(ctx context.Context, url string, header http.Header, body []byte, response any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode/100 != 2:
		return nil, fmt.Errorf("the response to the request for credentials is %s", resp.Status)
	case json.Unmarshal(data, response) != nil:
		return nil, fmt.Errorf("the response to the request for credentials cannot be read")
	}
	return resp.Header, nil
}
