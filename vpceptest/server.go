package vpceptest

import (
	"crypto/x509"
	"net"
	"net/http/httptest"
	"time"
)

// closeGrace is how long Close waits for running requests.
const closeGrace = time.Second

// Server is the stand-in listening on the loopback interface. The methods of [Handler] read
// and change its state. It is safe for concurrent use.
type Server struct {
	*Handler

	// URL is the base URL for clients: scheme, host, port and the path of WithBasePath,
	// without a trailing slash.
	URL string

	listener *httptest.Server
}

// NewServer starts a server. The caller must close it when done. Like httptest.NewServer,
// it panics if it cannot listen; it also panics if an option is invalid.
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

// Close ends stalls, waits up to a second for running requests, aborts the others, and stops
// listening. It may be called more than once.
func (s *Server) Close() {
	s.Handler.endStalls()
	// A client that neither sends the rest of its request nor reads the response would block
	// Close forever.
	forced := time.AfterFunc(closeGrace, s.listener.CloseClientConnections)
	defer forced.Stop()
	s.listener.Close()
}

// Certificate returns the server's certificate, or nil without [WithTLS].
func (s *Server) Certificate() *x509.Certificate { return s.listener.Certificate() }

// RootCAs returns a pool with the server's certificate, for clients other than
// [Server.Client], or nil without [WithTLS].
func (s *Server) RootCAs() *x509.CertPool {
	cert := s.listener.Certificate()
	if cert == nil {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return pool
}
