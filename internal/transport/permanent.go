package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// beforeWriting tells what another try might mend from what it cannot. err is the
// whole error, of which f may keep a part.
func (f *Error) beforeWriting(r route, err error, isOver bool) {
	if isOver { // the time decided; at most, who took it is known
		f.blame(r.hanging(f.Err))
		return
	}
	if f.Err.Error() == "net/http: cannot rewind body after connection loss" {
		f.Err = errLost // the rest is advice to programmers
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

// blame says that it was the proxy, if it was.
func (f *Error) blame(proxy *ProxyError) {
	if proxy != nil {
		f.Err, f.Hint = proxy, "check the proxy, and who may use it for which hosts"
	}
}

// advice is what to check where the service, or a proxy before it, cannot be spoken to.
type advice struct{ service, proxy string }

// adviceFor returns the advice for a failure that no other try mends.
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
			"check scheme and port of the URL: the server does not speak TLS there",
			"check scheme and port of the proxy's URL: the proxy does not speak TLS there",
		}, true
	case errors.As(err, &dns) && dns.IsNotFound:
		return advice{"check the region or the URL, and the proxy, if there is one", "check the host of the proxy's URL"}, true
	case errors.As(err, &address):
		return advice{"check host and port of the URL", "check host and port of the proxy's URL"}, true
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

// isAlert reports a TLS alert, unless it is the one of a server in trouble (RFC 8446,
// section 6). crypto/tls exports its type for QUIC alone.
func isAlert(err error) bool {
	const internalError = "tls: internal error"
	if op := operation(err, "remote error"); op != nil {
		return op.Err.Error() != internalError
	}
	var alert tls.AlertError
	return errors.As(err, &alert) && alert.Error() != internalError
}
