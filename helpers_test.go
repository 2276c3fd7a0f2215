package vpcep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/fallback"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// settings are the options that a client needs, for tests to break one by one.
func settings(more ...vpcep.Option) []vpcep.Option {
	return append([]vpcep.Option{
		vpcep.WithBaseURL("https://vpcep.example"), vpcep.WithProjectID("p-1"), vpcep.WithAuth(fallback.Auth{Token: "tok"}),
	}, more...)
}

// clientOf returns a client that sends through a transport.
func clientOf(t *testing.T, transport http.RoundTripper, more ...vpcep.Option) *vpcep.Client {
	t.Helper()
	c, err := vpcep.NewClient(settings(append([]vpcep.Option{vpcep.WithHTTPClient(&http.Client{Transport: transport})}, more...)...)...)
	require.NoError(t, err)
	return c
}

// mocked returns a client whose requests get mock responses.
func mocked(t *testing.T, more ...vpcep.Option) (*vpcep.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	return clientOf(t, mock, more...), mock
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// answer is the result of one request.
type answer = faketransport.Response

func status(code int, body string, header ...string) answer {
	return faketransport.Status(code, body, header...)
}

func broken(err error) answer { return faketransport.Fail(err) }

// cutAnswer is a response that breaks off in its body.
func cutAnswer(code int, part string) answer { return faketransport.Cut(code, part) }

// stall never answers.
func stall(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// slowBody returns part of a body, and then blocks until the request ends.
func slowBody(code int, part string) answer {
	return func(r *http.Request) (*http.Response, error) {
		resp := httpmock.NewStringResponse(code, "")
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(part), stalledReader{r.Context()}))
		return resp, nil
	}
}

type stalledReader struct{ ctx context.Context }

func (r stalledReader) Read([]byte) (int, error) {
	<-r.ctx.Done()
	return 0, r.ctx.Err()
}

func scripted(t *testing.T, options []vpcep.Option, answers ...answer) (*vpcep.Client, *faketransport.Script) {
	t.Helper()
	s := faketransport.NewScript(answers[0], answers[1:]...)
	return clientOf(t, s, options...), s
}

// inProcess calls a handler without a network, for virtual time. A handler that breaks the
// connection panics with http.ErrAbortHandler.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	aborted := p.serve(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if aborted && !rec.Flushed {
		return nil, io.ErrUnexpectedEOF
	}
	resp := rec.Result()
	resp.Request = r
	if aborted {
		resp.Body = faketransport.NewCutBody(rec.Body.String())
	}
	return resp, nil
}

// serve reports whether the handler broke the connection.
func (p inProcess) serve(w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			aborted = true
		}
	}()
	p.handler.ServeHTTP(w, r)
	return false
}

// standIn is the service without a connection, for virtual time. It is the transport of its
// clients.
type standIn struct {
	*vpceptest.Handler
	ask     func(body map[string]any)   // where set, changes each JSON object that is sent
	change  func(answer map[string]any) // where set, changes each JSON object that is answered
	undated bool                        // answers have no Date, unlike those of a server
}

func newStandIn(opts ...vpceptest.Option) *standIn { return &standIn{Handler: newHandler(opts...)} }

// newHandler and newServer respond as documented, or with all deviations if VPCEP_TEST_DRIFT
// is set. All tests but examples use them, and pass either way.
func newHandler(opts ...vpceptest.Option) *vpceptest.Handler {
	return vpceptest.NewHandler(drifted(opts)...).(*vpceptest.Handler)
}

func newServer(opts ...vpceptest.Option) *vpceptest.Server {
	return vpceptest.NewServer(drifted(opts)...)
}

func drifted(opts []vpceptest.Option) []vpceptest.Option {
	if os.Getenv("VPCEP_TEST_DRIFT") == "" {
		return opts
	}
	return append([]vpceptest.Option{vpceptest.WithDrift()}, opts...)
}

func (s *standIn) client(t *testing.T, more ...vpcep.Option) *vpcep.Client {
	t.Helper()
	return clientOf(t, s, append([]vpcep.Option{
		vpcep.WithProjectID(s.ProjectID()), vpcep.WithToken(s.Token()), vpcep.WithReconcileWindow(window),
	}, more...)...)
}

func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.ask != nil && r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err == nil {
			data, err = rewritten(data, s.ask)
		}
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	}
	resp, err := inProcess{s.Handler}.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if !s.undated {
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if _, isCut := resp.Body.(faketransport.CutBody); s.change == nil || isCut || resp.ContentLength == 0 {
		return resp, nil
	}
	data, err := io.ReadAll(resp.Body)
	if err == nil && json.Valid(data) {
		data, err = rewritten(data, s.change)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	return resp, err
}

// rewritten is a JSON object after a change.
func rewritten(data []byte, change func(map[string]any)) ([]byte, error) {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // marker_id needs all its digits
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	change(object)
	return json.Marshal(object)
}

// listedIn returns the endpoints in a response that is a list.
func listedIn(answer map[string]any) []any {
	list, _ := answer["endpoints"].([]any)
	return list
}

// inLists changes the endpoints of lists.
func inLists(change func(endpoint map[string]any)) func(map[string]any) {
	return func(answer map[string]any) {
		for _, e := range listedIn(answer) {
			change(e.(map[string]any))
		}
	}
}

// everywhere changes every endpoint in a response, in lists and alone.
func everywhere(change func(endpoint map[string]any)) func(map[string]any) {
	return func(answer map[string]any) {
		inLists(change)(answer)
		if answer["id"] != nil {
			change(answer)
		}
	}
}

// without leaves a field out.
func without(field string) func(map[string]any) {
	return func(object map[string]any) { delete(object, field) }
}

// sequence is the operations so far: "list create".
func (s *standIn) sequence() string {
	names := map[vpceptest.Operation]string{
		vpceptest.OpCreate: "create", vpceptest.OpGet: "get", vpceptest.OpList: "list", vpceptest.OpDelete: "delete",
	}
	var sequence []string
	for _, r := range s.Requests() {
		sequence = append(sequence, names[r.Operation])
	}
	return strings.Join(sequence, " ")
}

// requests returns the requests of one operation.
func (s *standIn) requests(op vpceptest.Operation) (requests []vpceptest.Request) {
	for _, r := range s.Requests() {
		if r.Operation == op {
			requests = append(requests, r)
		}
	}
	return requests
}

// creates returns the number of create requests.
func (s *standIn) creates() int { return len(s.requests(vpceptest.OpCreate)) }

// ids returns the endpoints that exist and are not being deleted, oldest first.
func (s *standIn) ids() (ids []string) {
	for _, e := range s.Endpoints() {
		if e.Status != vpceptest.StatusDeleting {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// deleted returns the endpoints whose deletion was requested.
func (s *standIn) deleted() (ids []string) {
	for _, r := range s.requests(vpceptest.OpDelete) {
		ids = append(ids, r.Path[strings.LastIndexByte(r.Path, '/')+1:])
	}
	return ids
}
