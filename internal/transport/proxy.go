package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// The operations of the *net.OpError that net/http returns for proxies.
const (
	opProxy = "proxyconnect"  // a proxy cannot be reached
	opSocks = "socks connect" // a SOCKS5 proxy does not connect
)

// ProxyError says that a proxy did not connect to the service. Nothing was sent.
type ProxyError struct {
	Host       string // with its port, without user and password; "" if unknown
	StatusCode int    // of its refusal; 0 if unknown or none
	Err        error  // what happened instead
	isRefusal  bool   // it refused to connect
}

func (e *ProxyError) Error() string {
	who := "the proxy"
	if e.Host != "" {
		who += " " + e.Host
	}
	switch {
	case e.StatusCode != 0:
		return strings.TrimSpace(fmt.Sprintf("%s refused to connect: %d %s", who, e.StatusCode, http.StatusText(e.StatusCode)))
	case e.isRefusal:
		return fmt.Sprintf("%s refused to connect: %s", who, e.Err)
	}
	return fmt.Sprintf("%s did not connect: %s", who, e.Err)
}

func (e *ProxyError) Unwrap() error { return e.Err }

// isFinal reports a refusal that another attempt would meet again: any but 5xx, 408 and
// 429.
func (e *ProxyError) isFinal() bool {
	isTrouble := e.StatusCode >= 500 || e.StatusCode == http.StatusRequestTimeout || e.StatusCode == http.StatusTooManyRequests
	return e.isRefusal && !isTrouble
}

// errProxySetting replaces an error that quotes the setting, password included.
var errProxySetting = errors.New("the proxy in the environment (HTTPS_PROXY, HTTP_PROXY) is not a URL")

// proxyFromEnvironment is the proxy of the library's own pool.
func proxyFromEnvironment(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errProxySetting
	}
	return u, nil
}

// refusedByProxy keeps the status of a refused CONNECT, of which net/http keeps only the
// reason phrase.
func refusedByProxy(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Host: proxy.Host, StatusCode: resp.StatusCode, isRefusal: true}
}

// route is how an attempt without a connection tried to reach the service.
type route struct {
	progress
	scheme   string   // of the request
	isProxy  bool     // it leads through a proxy, as far as known
	proxy    *url.URL // the transport's proxy now, or nil
	isDirect bool     // net/http takes it, without a round tripper in between
	isQueue  bool     // it may begin with a wait for another request's connection
}

// routeOf returns the route of an attempt. If the requested connection has another address
// than the service's, it is to a proxy: certainly if net/http requested it, and most
// likely if a round tripper did, which might request any.
func (t *Transport) routeOf(a *attempt, p progress, proxy *url.URL) route {
	r := route{progress: p, scheme: a.scheme, proxy: proxy, isDirect: a.isDirect}
	pool := t.pool()
	r.isQueue = pool != nil && pool.MaxConnsPerHost > 0
	isASCII := strings.IndexFunc(a.host, func(c rune) bool { return c > 0x7f }) < 0 // net/http converts others to Punycode
	r.isProxy = p.address != "" && !a.isTarget(p.address) && (isASCII || proxy != nil)
	return r
}

// host returns the proxy's address, or "".
func (r route) host() string {
	if r.isProxy {
		return r.address
	}
	return ""
}

// isBeforeService reports whether the attempt got no further than a proxy.
func (r route) isBeforeService() bool {
	own := 0 // handshakes with the proxy itself
	if r.proxy != nil && r.proxy.Scheme == "https" && hostPort(r.proxy.Scheme, r.proxy.Host) == r.address {
		own = 1
	}
	return r.isProxy && r.handshakes <= own
}

// failure returns how the proxy failed before there was a connection to the service, or
// nil if it did not. cause is the part of err to show.
func (r route) failure(err, cause error) *ProxyError {
	var refused *ProxyError
	if errors.As(err, &refused) {
		return refused
	}
	if op := operation(err, opProxy); op != nil {
		return &ProxyError{Host: r.host(), Err: cause}
	}
	if op := operation(err, opSocks); op != nil {
		return &ProxyError{Host: r.host(), Err: cause, isRefusal: isSocksRefusal(op.Err.Error())}
	}
	switch {
	case r.scheme != "https", !r.isBeforeService():
		return nil
	case isReasonPhrase(err):
		return &ProxyError{Host: r.host(), StatusCode: statusOf(err.Error()), Err: cause, isRefusal: true}
	case r.isDirect:
		return &ProxyError{Host: r.host(), Err: cause}
	}
	return nil
}

// hanging returns the error of the proxy that an attempt was waiting for when its time ran
// out, or nil if it may have waited for something else.
func (r route) hanging(cause error) *ProxyError {
	isTimeout := errors.Is(cause, ErrTimeout) || errors.Is(cause, context.DeadlineExceeded)
	if isTimeout && r.isDirect && !r.isQueue && r.isBeforeService() {
		return &ProxyError{Host: r.host(), Err: cause}
	}
	return nil
}

// operation returns the error of the named network operation within err, or nil.
func operation(err error, name string) *net.OpError {
	for op := (*net.OpError)(nil); errors.As(err, &op); err = op.Err {
		if op.Op == name {
			return op
		}
	}
	return nil
}

// isSocksRefusal reports whether a SOCKS5 proxy refused the client. Its errors about the
// service may be transient.
func isSocksRefusal(text string) bool {
	for _, refusal := range []string{
		"username/password authentication failed", "no acceptable authentication methods", "invalid username/password",
		"unsupported authentication method", "connection not allowed by ruleset",
	} {
		if strings.Contains(text, refusal) {
			return true
		}
	}
	return false
}

// isReasonPhrase reports whether an error may be what net/http keeps of a refused CONNECT:
// only a text.
func isReasonPhrase(err error) bool {
	var network net.Error
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &network) || errors.As(err, &record) || errors.As(err, &certificate) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return false
	}
	for _, other := range []string{"malformed ", "http: ", "net/http: ", "http2: ", "tls: ", "x509: "} {
		if strings.HasPrefix(err.Error(), other) {
			return false
		}
	}
	return true
}

// proxyOf asks the transport for the proxy of a request. It may have changed since the
// request was sent.
func (t *Transport) proxyOf(req *http.Request) (*url.URL, error) {
	pool := t.pool()
	if pool == nil || pool.Proxy == nil {
		return nil, nil
	}
	return pool.Proxy(req)
}

var errProxyFunction = errors.New("the transport's Proxy function failed; its error is not shown, because it may quote a password")

// proxySetting returns the error of determining the proxy, if that is what err is: asking
// again gives the same error. net/http quotes a URL that it cannot parse.
func proxySetting(p progress, err, again error) (failure error, isPermanent bool) {
	if p.address != "" || again == nil || again.Error() != err.Error() {
		return nil, false
	}
	text := err.Error()
	isPermanent = errors.Is(err, errProxySetting) || strings.HasPrefix(text, "invalid proxy address ")
	if strings.ContainsAny(text, "@") || strings.Contains(text, "://") || strings.Contains(text, "parse ") {
		return errProxyFunction, isPermanent
	}
	return err, isPermanent
}
