package main

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"
)

// server answers over loopback TLS and counts the connections that it sees.
type server struct {
	*httptest.Server
	roots *x509.CertPool
	dials atomic.Int64
	// gate holds the first answers back until as many requests are there as there are
	// callers: from then on, every caller has a connection.
	gate *gate
}

func newServer(answer []byte, callers int, http2 bool) *server {
	s := &server{gate: newGate(callers)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.gate.pass()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "10e4ab4a5a5e4d2fb8a1ff1e1a8b9d7c")
		_, _ = w.Write(answer)
	}))
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.dials.Add(1)
		}
	}
	s.StartTLS()
	s.roots = x509.NewCertPool()
	s.roots.AddCert(s.Certificate())
	return s
}

func (s *server) target() target { return target{url: s.URL, roots: s.roots} }

// gate lets nobody pass until enough have come. A failed caller does not hold the
// others for ever.
type gate struct {
	open    chan struct{}
	once    sync.Once
	missing atomic.Int64
}

func newGate(n int) *gate {
	g := &gate{open: make(chan struct{})}
	g.missing.Store(int64(n))
	return g
}

func (g *gate) pass() {
	select {
	case <-g.open:
		return
	default:
	}
	if g.missing.Add(-1) <= 0 {
		g.once.Do(func() { close(g.open) })
	}
	select {
	case <-g.open:
	case <-time.After(10 * time.Second):
	}
}
