package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// The limits of the library's own connection pool. net/http keeps two idle
// connections a host, so that 64 callers at once dial anew for almost every
// request; here every caller finds the connection that it gave back.
const (
	maxIdleConnsPerHost = 256
	// Load balancers close idle connections after 60 seconds as a rule. A request that
	// meets the close may have been carried out, or not: so they are closed here before.
	idleConnTimeout     = 45 * time.Second
	dialTimeout         = 10 * time.Second
	keepAlive           = 30 * time.Second
	tlsHandshakeTimeout = 10 * time.Second
	maxResponseHeader   = 256 << 10
	pingAfter           = 15 * time.Second
	pingTimeout         = 10 * time.Second
)

// NewPool returns the library's own connection pool: proxies from the
// environment, TLS 1.2 or newer, HTTP/2 where offered, and a time-out for each
// step to a connection. rootCAs nil means those of the system.
//
// How long an answer is waited for, its headers and its body, is up to the context
// of the request: a second timer for the headers would cost as much as it.
func NewPool(rootCAs *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            newDialer().DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: rootCAs},
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        idleConnTimeout,
		// A connection that died unseen is noticed, not waited upon.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxResponseHeaderBytes: maxResponseHeader,
	}
}

func newDialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive} }
