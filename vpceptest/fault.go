package vpceptest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is something that goes wrong with a request. Its parts can be combined: a request
// can take effect, be held back and then be dropped.
//
// Scripted faults are tried in order; the first one whose operation matches hits the
// request and is used up. A fault hits even a request that would not be authenticated.
type Fault struct {
	// Operation is the operation of the requests to hit. If empty, the fault hits any
	// request, including those to unknown paths.
	Operation Operation `json:"operation"`
	// Times is how many requests it hits. 0 means 1; a negative value means no limit.
	Times int `json:"times"`

	// AfterEffect lets the request take effect first: the endpoint is created, and the
	// fault happens to the response. Otherwise, a fault with Status, Body or Drop replaces
	// the effect of the request.
	AfterEffect bool `json:"after_effect"`

	// Stall holds the request back for this long, or until the client gives up or the
	// server closes. Without AfterEffect, it is held back before it takes effect: if the
	// client gives up meanwhile, nothing is changed.
	Stall time.Duration `json:"stall"`

	// Drop closes the connection without a response. On a reused connection, net/http's
	// client repeats a request without a body by itself.
	Drop bool `json:"drop"`

	// Status and Body replace the service's response. Status 0 with a Body means 200.
	// Content-Type is application/json if the body is empty or JSON, and otherwise detected
	// from the body; Header can override it.
	Status int    `json:"status"`
	Body   string `json:"body"`
	// Header is added to the response, even to the service's own; a nil value removes a
	// header ("X-Request-Id": nil).
	Header http.Header `json:"header"`

	// CutBody cuts the response off, even the service's own: its headers promise the whole
	// body, but the connection is closed after CutAfter bytes of it.
	CutBody  bool `json:"cut_body"`
	CutAfter int  `json:"cut_after"`
}

func checkFaults(faults []Fault) {
	for _, f := range faults {
		f.check()
	}
}

func (f Fault) check() {
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		panic(fmt.Sprintf("vpceptest: Fault.Status: %d is not a valid status", f.Status))
	}
}

// replaces reports whether the fault replaces the response.
func (f *Fault) replaces() bool { return f.Status != 0 || f.Body != "" }

func (f *Fault) answer() *answer {
	a := &answer{status: f.Status, body: []byte(f.Body), header: http.Header{}}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if f.Body != "" && !json.Valid(a.body) {
		a.header.Set("Content-Type", http.DetectContentType(a.body))
	}
	return a
}

// mark applies Header and CutBody to a response.
func (f *Fault) mark(a *answer) *answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	for name, values := range f.Header {
		a.header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	a.cut, a.cutAfter = f.CutBody, f.CutAfter
	return a
}

// faultScript chooses the faults.
type faultScript struct {
	mu    sync.Mutex
	queue []Fault // Times counts down

	deciding sync.Mutex // apart from mu, so that decide may ask how many are pending
	decide   func(*Request) *Fault
}

func (s *faultScript) add(faults []Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, faults...)
}

func (s *faultScript) pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.queue {
		if f.Times >= 0 {
			n += max(f.Times, 1)
		}
	}
	return n
}

// next returns the fault that hits a request, or nil.
func (s *faultScript) next(req *Request) *Fault {
	if f := s.scripted(req.Operation); f != nil || s.decide == nil {
		return f
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	asked := req.clone() // decide must not change what is recorded
	f := s.decide(&asked)
	if f != nil {
		f.check()
	}
	return f
}

func (s *faultScript) scripted(op Operation) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.queue {
		if f := &s.queue[i]; f.Operation == "" || f.Operation == op {
			return s.use(i)
		}
	}
	return nil
}

func (s *faultScript) use(i int) *Fault {
	hit := s.queue[i]
	switch {
	case hit.Times > 1:
		s.queue[i].Times--
	case hit.Times >= 0:
		s.queue = slices.Delete(s.queue, i, i+1)
	}
	return &hit
}
