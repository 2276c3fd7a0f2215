package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// opProxy is the operation of the *net.OpError of a proxy that cannot be reached.
const opProxy = "proxyconnect"

// ProxyError says that a proxy did not lead to the service. Nothing was sent.
type ProxyError struct {
	Host       string // without user and password
	StatusCode int    // of its refusal; 0: it gave none
	Err        error  // why there is none
}

func (e *ProxyError) Error() string {
	if e.StatusCode != 0 {
		return fmt.Sprintf("the proxy %s refused to connect: %d %s", e.Host, e.StatusCode, http.StatusText(e.StatusCode))
	}
	return fmt.Sprintf("the proxy %s did not connect: %s", e.Host, e.Err)
}

func (e *ProxyError) Unwrap() error { return e.Err }

// isFinal reports a refusal that stays.
func (e *ProxyError) isFinal() bool {
	return e.StatusCode/100 == 4 && e.StatusCode != http.StatusRequestTimeout && e.StatusCode != http.StatusTooManyRequests
}

// errProxySetting replaces an error that quotes the setting, password included.
var errProxySetting = errors.New("the proxy of the environment (HTTPS_PROXY, HTTP_PROXY) is not a URL")

// proxyFromEnvironment is the proxy of the library's own pool.
func proxyFromEnvironment(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errProxySetting
	}
	return u, nil
}

// refusedByProxy keeps the status of a refused CONNECT, of which net/http leaves
// nothing but the reason phrase.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Host: proxy.Host, StatusCode: resp.StatusCode}
}

// proxyFailure returns how a proxy failed that stood between an attempt and its
// connection, or nil where it did not. cause is what to show of err.
func (t *Transport) proxyFailure(a *attempt, err, cause error) *ProxyError {
	var refused *ProxyError
	if errors.As(err, &refused) {
		return refused
	}
	proxy := t.proxyOf(a.request)
	if proxy == nil {
		return nil
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == opProxy {
		return &ProxyError{Host: proxy.Host, Err: cause}
	}
	own := 0 // handshakes with the proxy itself
	if proxy.Scheme == "https" {
		own = 1
	}
	if a.request.URL.Scheme != "https" || a.handshakes > own { // it led to the service
		return nil
	}
	for status := 400; status < 600; status++ { // a transport without the hook: the reason phrase is all
		if text := http.StatusText(status); text != "" && text == err.Error() {
			return &ProxyError{Host: proxy.Host, StatusCode: status}
		}
	}
	return &ProxyError{Host: proxy.Host, Err: cause}
}

// proxyOf is the proxy that net/http takes for a request, if any.
func (t *Transport) proxyOf(req *http.Request) *url.URL {
	pool := t.pool()
	if pool == nil || pool.Proxy == nil {
		return nil
	}
	proxy, err := pool.Proxy(req)
	if err != nil {
		return nil
	}
	return proxy
}
