package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// beforeWriting sets whether another attempt may succeed after a failure before writing.
// err is the whole error, of which f may keep a part.
func (f *Error) beforeWriting(r route, err error, isOver bool) {
	if isOver { // the time ran out; at most, the cause of the delay is known
		f.blame(r.hanging(f.Err))
		return
	}
	if f.Err.Error() == "net/http: cannot rewind body after connection loss" {
		f.Err = errLost // the original text is advice for programmers
	}
	advice, isPermanent := adviceFor(err)
	f.Permanent = isPermanent
	if isPermanent {
		f.Hint = advice.service
	}
	if proxy := r.failure(err, f.Err); proxy != nil {
		f.blame(proxy)
		f.Permanent = isPermanent || proxy.isFinal()
		if isPermanent {
			f.Hint = advice.proxy
		}
	}
}

// blame sets the error of a proxy, if not nil.
func (f *Error) blame(proxy *ProxyError) {
	if proxy != nil {
		f.Err, f.Hint = proxy, "check the proxy and its access rules"
	}
}

// advice is what to check if the service, or a proxy in front of it, cannot be reached.
type advice struct{ service, proxy string }

// adviceFor returns the advice for a permanent failure.
func adviceFor(err error) (a advice, isPermanent bool) {
	var (
		record  tls.RecordHeaderError
		dns     *net.DNSError
		address *net.AddrError
	)
	switch {
	case isCertificateError(err):
		return advice{
			"check the host, the system's clock, and which certificate authorities are trusted",
			"check the proxy's host, the system's clock, and which certificate authorities are trusted",
		}, true
	case isAlert(err):
		return advice{
			"check which versions of TLS and which client certificates the server accepts",
			"check which versions of TLS and which client certificates the proxy accepts",
		}, true
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return advice{
			"check the scheme and port of the URL: the server does not speak TLS there",
			"check the scheme and port of the proxy's URL: the proxy does not speak TLS there",
		}, true
	case errors.As(err, &dns) && dns.IsNotFound:
		return advice{"check the region or the URL, and the proxy, if any", "check the host of the proxy's URL"}, true
	case errors.As(err, &address):
		return advice{"check the host and port of the URL", "check the host and port of the proxy's URL"}, true
	}
	return advice{}, false
}

func isCertificateError(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}

// isAlert reports a TLS alert other than internal_error (RFC 8446, section 6).
// crypto/tls exports the type of alerts only for QUIC.
func isAlert(err error) bool {
	const internalError = "tls: internal error"
	if op := operation(err, "remote error"); op != nil {
		return op.Err.Error() != internalError
	}
	var alert tls.AlertError
	return errors.As(err, &alert) && alert.Error() != internalError
}
