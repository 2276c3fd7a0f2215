package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"

	"github.com/vpcep/vpcep-go"
)

// target is where the calls go: to a server over TLS, or to a round tripper that
// answers without a network.
type target struct {
	url          string
	roots        *x509.CertPool
	roundTripper http.RoundTripper // nil: each contender's own pool
}

// contender is one way to make the call.
type contender struct {
	name string
	// start returns a function that makes the call and returns the endpoint's ID, and
	// one that lets go of the connections.
	start func(t target, p payload) (call callFunc, stop func(), err error)
}

type callFunc func(ctx context.Context) (id string, err error)

// The contenders. The first one is the baseline.
var (
	byHand        = contender{"by hand", func(t target, p payload) (callFunc, func(), error) { return startByHand(t, p, 0) }}
	byHandTimeout = contender{"by hand, Client.Timeout", func(t target, p payload) (callFunc, func(), error) {
		return startByHand(t, p, time.Minute)
	}}
	library = contender{"vpcep", func(t target, p payload) (callFunc, func(), error) {
		return startLibrary(t, p, vpcep.WithToken(token))
	}}
	librarySigning = contender{"vpcep, signing", func(t target, p payload) (callFunc, func(), error) {
		return startLibrary(t, p, vpcep.WithAuth(vpcep.AKSK(vpcep.AKSKConfig{AccessKey: accessKey, SecretKey: secretKey})))
	}}
	bareResty = contender{"resty", startResty}
	vendorSDK = contender{"vendor's SDK, signing", startVendor}

	contenders = []contender{byHand, byHandTimeout, library, librarySigning, bareResty, vendorSDK}
)

// tunedPool keeps a connection for each caller.
func tunedPool(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}

func startByHand(t target, p payload, timeout time.Duration) (callFunc, func(), error) {
	hc := &http.Client{Transport: t.roundTripper, Timeout: timeout}
	if hc.Transport == nil {
		hc.Transport = tunedPool(t.roots)
	}
	return func(ctx context.Context) (string, error) {
		endpoint, err := createByHand(ctx, hc, t.url, &p.plain)
		if err != nil {
			return "", err
		}
		return endpoint.ID, nil
	}, hc.CloseIdleConnections, nil
}

func startLibrary(t target, p payload, opts ...vpcep.Option) (callFunc, func(), error) {
	opts = append(opts, vpcep.WithBaseURL(t.url), vpcep.WithProjectID(projectID))
	if t.roundTripper != nil {
		opts = append(opts, vpcep.WithHTTPClient(&http.Client{Transport: t.roundTripper}))
	} else {
		opts = append(opts, vpcep.WithRootCAs(t.roots))
	}
	client, err := vpcep.NewClient(opts...)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (string, error) {
		endpoint, err := client.CreateEndpoint(ctx, p.own)
		if err != nil {
			return "", err
		}
		return endpoint.ID, nil
	}, client.CloseIdleConnections, nil
}

// startResty uses resty with its defaults and its own pool.
func startResty(t target, p payload) (callFunc, func(), error) {
	client := resty.New()
	if t.roundTripper != nil {
		client.SetTransport(t.roundTripper)
	} else {
		client.SetTLSClientConfig(&tls.Config{RootCAs: t.roots})
	}
	return func(ctx context.Context) (string, error) {
		var endpoint plainEndpoint
		resp, err := client.R().SetContext(ctx).
			SetHeader("X-Auth-Token", token).
			SetBody(&p.plain).
			SetResult(&endpoint).
			Post(t.url + "/v1/" + projectID + "/vpc-endpoints")
		if err != nil {
			return "", err
		}
		if !resp.IsSuccess() {
			return "", fmt.Errorf("status %d", resp.StatusCode())
		}
		return endpoint.ID, nil
	}, client.GetClient().CloseIdleConnections, nil
}

// startVendor uses the vendor's SDK as it comes, with its own pool. It knows no
// other authorities than the system's, so that the server's certificate goes unchecked.
// It takes no context.
func startVendor(t target, p payload) (callFunc, func(), error) {
	credentials, err := basic.NewCredentialsBuilder().WithAk(accessKey).WithSk(secretKey).WithProjectId(projectID).SafeBuild()
	if err != nil {
		return nil, nil, err
	}
	settings := config.DefaultHttpConfig().WithIgnoreSSLVerification(true)
	stop := func() {}
	if t.roundTripper != nil {
		settings.WithHttpRoundTripper(t.roundTripper)
	}
	core, err := vendor.VpcepClientBuilder().
		WithEndpoint(strings.TrimRight(t.url, "/")).
		WithCredential(credentials).
		WithHttpConfig(settings).
		SafeBuild()
	if err != nil {
		return nil, nil, err
	}
	client := vendor.NewVpcepClient(core)
	return func(context.Context) (string, error) {
		answer, err := client.CreateEndpoint(p.vendor)
		if err != nil {
			return "", err
		}
		return *answer.Id, nil
	}, stop, nil
}
