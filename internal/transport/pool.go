package transport

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"time"
)

// The limits of the library's own connection pool. net/http keeps only two idle
// connections per host, so 64 concurrent callers would dial for almost every request.
const (
	maxIdleConnsPerHost = 256
	// Load balancers usually close idle connections after 60 seconds. A request sent at
	// that moment may or may not have been carried out, so the pool closes them earlier.
	idleConnTimeout     = 45 * time.Second
	dialTimeout         = 10 * time.Second
	keepAlive           = 30 * time.Second
	tlsHandshakeTimeout = 10 * time.Second
	maxResponseHeader   = 256 << 10
	pingAfter           = 15 * time.Second
	pingTimeout         = 10 * time.Second
)

// NewPool returns the library's own connection pool: proxies from the environment, TLS 1.2
// or newer, HTTP/2 if offered, and a time-out for each step of connecting. If rootCAs is
// nil, the system's are used.
//
// Only the context of the request bounds the wait for the response's headers and body: a
// second timer for the headers would cost as much.
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
		// Pings detect dead connections.
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxResponseHeaderBytes: maxResponseHeader,
	}
}

func newDialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive} }
