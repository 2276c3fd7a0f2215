package vpceptest

import (
	"crypto/x509"
	"net"
	"net/http/httptest"
	"time"
)

// closeGrace is how long Close lets running requests end by themselves.
const closeGrace = time.Second

// Server is the stand-in listening on the loopback interface. The methods of
// [Handler] read and steer its state. It is safe for concurrent use.
type Server struct {
	*Handler

	// URL is the base URL for clients: scheme, host, port and the path of
	// WithBasePath, without a slash at its end.
	URL string

	listener *httptest.Server
}

// NewServer starts a server. The caller closes it when done. It panics when it
// cannot listen or when an option makes no sense, as httptest.NewServer does.
func NewServer(opts ...Option) *Server {
	h := newHandler(opts)
	ts := httptest.NewUnstartedServer(h)
	if h.cfg.listen != "" {
		listener, err := net.Listen("tcp", h.cfg.listen)
		if err != nil {
			_ = ts.Listener.Close()
			panic("vpceptest: WithListen: " + err.Error())
		}
		_ = ts.Listener.Close()
		ts.Listener = listener
	}
	if h.cfg.tls {
		ts.StartTLS()
	} else {
		ts.Start()
	}
	return &Server{Handler: h, URL: ts.URL + h.cfg.basePath, listener: ts}
}

// Close ends stalls, lets running requests end, breaks those off that do not within
// a second, and stops listening. It may be called more than once.
func (s *Server) Close() {
	s.Handler.endStalls()
	// A client that neither sends the rest of its request nor reads its answer
	// would hold up Close for ever.
	forced := time.AfterFunc(closeGrace, s.listener.CloseClientConnections)
	defer forced.Stop()
	s.listener.Close()
}

// Certificate returns the server's own certificate; nil without [WithTLS].
func (s *Server) Certificate() *x509.Certificate { return s.listener.Certificate() }

// RootCAs returns a pool with the server's own certificate, for clients other than
// [Server.Client]; nil without [WithTLS].
func (s *Server) RootCAs() *x509.CertPool {
	cert := s.listener.Certificate()
	if cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}
