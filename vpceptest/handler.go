package vpceptest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// maxBody bounds the body of a request: 1 MiB.
const maxBody = 1 << 20

// Handler is the stand-in without a listener: it serves requests and holds the state. A
// fault that breaks a connection panics with http.ErrAbortHandler, which net/http servers
// expect. It is safe for concurrent use.
type Handler struct {
	cfg        settings
	store      *store
	accounts   []*account
	throttle   *throttle
	signatures *signatureScheme
	tokens     *tokenScheme
	metadata   *metadataTokens
	faults     *faultScript
	requests   *recorder

	closed    chan struct{} // ends stalls
	closeOnce sync.Once
}

// NewHandler returns the stand-in as a handler, to mount in any server or to call directly.
// Its dynamic type is *[Handler]:
//
//	h := vpceptest.NewHandler().(*vpceptest.Handler)
//
// Mount it under a path with [WithBasePath], not with http.StripPrefix, because signatures
// cover the whole path.
func NewHandler(opts ...Option) http.Handler { return newHandler(opts) }

func newHandler(opts []Option) *Handler {
	cfg := newSettings(opts)
	cfg.check()
	accounts := newAccounts(&cfg)
	for _, key := range cfg.keys {
		key.account = accounts[0]
	}
	for _, a := range accounts {
		if a.AccessKey != "" {
			cfg.keys[a.AccessKey] = &accessKey{id: a.AccessKey, secret: a.SecretKey, account: a}
		}
	}
	h := &Handler{
		cfg:        cfg,
		accounts:   accounts,
		signatures: &signatureScheme{keys: cfg.keys, now: cfg.now},
		tokens:     &tokenScheme{accounts: accounts, lifetime: cfg.tokenLifetime, now: cfg.now, ends: map[string]issuedToken{}},
		metadata:   &metadataTokens{required: cfg.metadataToken, now: cfg.now, ends: map[string]time.Time{}},
		faults:     &faultScript{queue: cfg.faults, decide: cfg.faultFunc},
		requests:   &recorder{off: cfg.notRecording},
		throttle:   &throttle{most: cfg.throttle},
		closed:     make(chan struct{}),
	}
	h.store = newStore(&h.cfg, accounts)
	for _, seed := range cfg.seeds {
		if err := h.Put(seed); err != nil {
			panic(err.Error())
		}
	}
	return h
}

// Token returns a token that is always valid: it neither expires nor is revoked.
func (h *Handler) Token() string { return h.cfg.token }

// ProjectID returns the ID of the first account's project.
func (h *Handler) ProjectID() string { return h.cfg.projectID }

// ProjectName returns the name of the first account's project, which is the name of its
// region.
func (h *Handler) ProjectName() string { return h.cfg.projectName }

// User returns a user who can log in: the first of [WithUser], or the default one.
func (h *Handler) User() User { return h.cfg.users[0] }

// Requests returns all requests so far, in the order of arrival, with their bodies. See
// [WithoutRecording].
func (h *Handler) Requests() []Request { return h.requests.all() }

// Inject scripts further faults, after those that are still pending.
func (h *Handler) Inject(faults ...Fault) {
	checkFaults(faults)
	h.faults.add(faults)
}

// PendingFaults returns how many more requests the scripted faults will hit: 0 if the whole
// script was used. Faults without a limit (Times below 0) do not count.
func (h *Handler) PendingFaults() int { return h.faults.pending() }

// endStalls aborts the requests that a fault holds back, now and later.
func (h *Handler) endStalls() { h.closeOnce.Do(func() { close(h.closed) }) }

// call is one request being served.
type call struct {
	r         *http.Request
	requestID string
	account   *account // nil before authentication
	route     route
	params    map[string]string // from the path
	body      []byte
	tooLarge  bool
}

// answer is a response.
type answer struct {
	status   int
	header   http.Header // beside the usual ones; a nil value removes one of those
	body     []byte
	cut      bool // break the connection off after cutAfter bytes of the body
	cutAfter int
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{r: r, requestID: randomHex(16)}
	c.route, c.params = findRoute(r.Method, r.URL, h.cfg.basePath)
	arrived := c.readBody(w)
	req := newRequest(c, h.cfg.now())
	h.requests.add(&req)
	if !arrived {
		panic(http.ErrAbortHandler)
	}
	a := h.respond(c, h.faults.next(&req))
	if h.cfg.onRequest != nil {
		seen := req.clone()
		if a != nil {
			seen.Status = a.status
		}
		h.cfg.onRequest(seen)
	}
	if a == nil {
		panic(http.ErrAbortHandler)
	}
	// Before it is sent: a client that has the response finds it recorded.
	h.requests.answered(&req, a.status)
	a.send(w, c.requestID)
}

// readBody reads the body; false means that the client gave up.
func (c *call) readBody(w http.ResponseWriter) bool {
	if c.r.Body == nil {
		return true
	}
	var err error
	c.body, err = io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	c.tooLarge = errors.As(err, &tooLarge)
	return err == nil || c.tooLarge
}

// respond returns the response, or nil if the connection is to be dropped.
func (h *Handler) respond(c *call, f *Fault) *answer {
	if f == nil {
		return h.perform(c)
	}
	var a *answer
	if f.AfterEffect {
		a = h.perform(c)
	}
	if !h.hold(c.r.Context(), f.Stall) || f.Drop {
		return nil
	}
	if f.replaces() {
		a = f.answer()
	}
	if a == nil {
		a = h.perform(c)
	}
	return f.mark(a)
}

// hold waits; false means that the client gave up or the server closed meanwhile.
func (h *Handler) hold(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-h.closed:
		return false
	}
}

// perform carries out the request: the gateway's checks come first, then the service's.
func (h *Handler) perform(c *call) *answer {
	a, refusal := h.gate(c)
	if refusal != nil {
		if h.cfg.drift[DriftErrorBody] && refusal.shape == serviceShape {
			return refusal.drifted(c.requestID)
		}
		return refusal.answer(c.requestID)
	}
	return h.drift(c, a)
}

func (h *Handler) gate(c *call) (*answer, *apiError) {
	if c.route.serve == nil {
		return nil, errNoAPI.plain()
	}
	if c.tooLarge {
		return nil, errTooLarge.plain()
	}
	if !c.route.public {
		if refusal := h.authenticate(c); refusal != nil {
			return nil, refusal
		}
	}
	if c.account != nil && !h.throttle.admits(c.account, h.cfg.now()) {
		return nil, errThrottled.plain()
	}
	if id, scoped := c.params["project_id"]; scoped && id != c.account.ProjectID {
		return nil, errProject.plain()
	}
	return c.route.serve(h, c)
}

func (a *answer) send(w http.ResponseWriter, requestID string) {
	header := w.Header()
	header.Set("X-Request-Id", requestID)
	header.Set("Content-Type", "application/json")
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	for name, values := range a.header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(a.status)
	if !a.cut {
		w.Write(a.body)
		return
	}
	w.Write(a.body[:min(max(a.cutAfter, 0), len(a.body))])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
