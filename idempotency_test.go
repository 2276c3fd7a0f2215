package vpcep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// window is the reconcile window of the clients of a standIn.
const window = 2 * time.Second

// keyed is a request with an idempotency key.
var keyed = vpcep.CreateEndpointRequest{
	EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net",
	Tags:           []vpcep.Tag{{Key: "env", Value: "test"}},
	IdempotencyKey: "key-1",
}

// standIn is the service without a connection, for virtual time. It is the
// transport of its clients.
type standIn struct {
	*vpceptest.Handler
	// change, where set, changes each JSON object that is answered.
	change func(answer map[string]any)
}

func newStandIn(opts ...vpceptest.Option) *standIn {
	return &standIn{Handler: vpceptest.NewHandler(opts...).(*vpceptest.Handler)}
}

func (s *standIn) client(t *testing.T, more ...vpcep.Option) *vpcep.Client {
	t.Helper()
	c, err := vpcep.NewClient(settings(append([]vpcep.Option{
		vpcep.WithProjectID(s.ProjectID()), vpcep.WithToken(s.Token()),
		vpcep.WithHTTPClient(&http.Client{Transport: s}), vpcep.WithReconcileWindow(window),
	}, more...)...)...)
	require.NoError(t, err)
	return c
}

func (s *standIn) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	aborted := s.serve(rec, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if aborted && !rec.Flushed {
		return nil, io.ErrUnexpectedEOF
	}
	resp := rec.Result()
	if aborted {
		resp.Body = cut(rec.Body.String())
		return resp, nil
	}
	if s.change != nil && rec.Body.Len() > 0 {
		var answer map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			return nil, err
		}
		s.change(answer)
		body, err := json.Marshal(answer)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return resp, err
	}
	return resp, nil
}

// listsWithout leaves a field out of the endpoints of lists.
func listsWithout(field string) func(map[string]any) {
	return func(answer map[string]any) {
		for _, e := range listedIn(answer) {
			delete(e.(map[string]any), field)
		}
	}
}

// listedIn are the endpoints of an answer that is a list.
func listedIn(answer map[string]any) []any {
	list, _ := answer["endpoints"].([]any)
	return list
}

// serve reports whether the handler broke the connection off.
func (s *standIn) serve(w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			aborted = true
		}
	}()
	s.ServeHTTP(w, r)
	return false
}

// sequence is what was asked for so far: "list create".
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

// requests are those of one operation.
func (s *standIn) requests(op vpceptest.Operation) (requests []vpceptest.Request) {
	for _, r := range s.Requests() {
		if r.Operation == op {
			requests = append(requests, r)
		}
	}
	return requests
}

// ids are the endpoints that exist and are not being deleted, the eldest first.
func (s *standIn) ids() (ids []string) {
	for _, e := range s.Endpoints() {
		if e.Status != vpceptest.StatusDeleting {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// isOnly asserts that e is the one endpoint there is, and that none was deleted.
func (s *standIn) isOnly(t *testing.T, e *vpcep.Endpoint) {
	t.Helper()
	if assert.NotNil(t, e) {
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Equal(t, keyed.IdempotencyKey, e.IdempotencyKey)
	}
	assert.Empty(t, s.requests(vpceptest.OpDelete))
}

func onCreate(f vpceptest.Fault) vpceptest.Fault {
	f.Operation = vpceptest.OpCreate
	return f
}

func onList(f vpceptest.Fault) vpceptest.Fault {
	f.Operation = vpceptest.OpList
	return f
}

// Faults of a create that leave its outcome open.
var (
	madeAndLost = onCreate(vpceptest.Fault{AfterEffect: true, Drop: true})
	notMade     = onCreate(vpceptest.Fault{Drop: true})
)

func TestKeyedCreateCostsOneList(t *testing.T) {
	bubble(t, "good case", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		e, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, "list create", s.sequence())
		s.isOnly(t, e)
		assert.Equal(t, keyed.Tags, e.Tags)
		assert.Equal(t, []vpceptest.Tag{{Key: "env", Value: "test"}, {Key: "vpcep-idempotency-key", Value: "key-1"}}, s.Endpoints()[0].Tags)

		read, err := c.GetEndpoint(t.Context(), e.ID)
		require.NoError(t, err)
		assert.Equal(t, "key-1", read.IdempotencyKey)
		assert.Equal(t, keyed.Tags, read.Tags)
		for listed, err := range c.ListEndpoints(t.Context(), vpcep.EndpointFilter{}) {
			require.NoError(t, err)
			assert.Equal(t, "key-1", listed.IdempotencyKey)
			assert.Equal(t, keyed.Tags, listed.Tags)
		}
	})
	bubble(t, "a project with more endpoints than a page holds", func(t *testing.T) {
		const others = 1001
		s := newStandIn(vpceptest.WithQuota(2 * others))
		c := s.client(t)
		for range others {
			_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "" }))
			require.NoError(t, err)
		}
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, "list list create", s.sequence()[others*len("create "):], "a request for each 1,000 endpoints")
	})
	bubble(t, "an answer without tags", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Body: `{"id":"e-1"}`})))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, "key-1", e.IdempotencyKey)
	})
	bubble(t, "refused", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Status: 403})))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown, "nothing was made, for certain")
		assert.Equal(t, "list create", s.sequence())
	})
}

// with returns a changed copy of a request.
func with(req vpcep.CreateEndpointRequest, change func(*vpcep.CreateEndpointRequest)) vpcep.CreateEndpointRequest {
	change(&req)
	return req
}

func TestKeyOfAnotherProcessIsFound(t *testing.T) {
	full := with(keyed, func(r *vpcep.CreateEndpointRequest) {
		r.PortIP, r.Description = "10.0.0.99", "as agreed"
		r.Tags = []vpcep.Tag{{Key: "env", Value: "test"}, {Key: "team", Value: "a"}}
		r.Whitelist = []string{"10.1.0.0/16", "10.2.0.1"}
		r.IPVersion, r.IPv6Address = vpcep.IPVersionDualStack, "2001:db8::7"
		r.PolicyDocument = json.RawMessage(`{"Version":"5.0","Statement":[{"Effect":"Allow"}]}`)
	})
	gateway := with(keyed, func(r *vpcep.CreateEndpointRequest) {
		r.EndpointServiceID, r.SubnetID, r.RouteTables = "obs", "", []string{"rt-1", "rt-2"}
		r.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Allow", Action: []string{"obs:*:*"}, Resource: []string{"*"}}}
	})
	type request = vpcep.CreateEndpointRequest
	tests := map[string]struct {
		first  request
		change func(*request)
		want   []string // the settings that differ
	}{
		"the same":              {full, func(*request) {}, nil},
		"service":               {full, func(r *request) { r.EndpointServiceID = "svc-2" }, []string{"endpoint_service_id"}},
		"VPC":                   {full, func(r *request) { r.VPCID = "vpc-2" }, []string{"vpc_id"}},
		"subnet":                {full, func(r *request) { r.SubnetID = "net-2" }, []string{"subnet_id"}},
		"port IP":               {full, func(r *request) { r.PortIP = "10.0.0.98" }, []string{"port_ip"}},
		"description":           {full, func(r *request) { r.Description = "otherwise" }, []string{"description"}},
		"value of a tag":        {full, func(r *request) { r.Tags = []vpcep.Tag{{Key: "env", Value: "live"}, full.Tags[1]} }, []string{"tags"}},
		"another tag":           {full, func(r *request) { r.Tags = append(full.Tags[:2:2], vpcep.Tag{Key: "x"}) }, []string{"tags"}},
		"fewer tags":            {full, func(r *request) { r.Tags = full.Tags[:1] }, []string{"tags"}},
		"tags on one without":   {with(full, func(r *request) { r.Tags = nil }), func(r *request) { r.Tags = full.Tags }, []string{"tags"}},
		"whitelist":             {full, func(r *request) { r.Whitelist = full.Whitelist[:1] }, []string{"whitelist"}},
		"whitelist on":          {full, func(r *request) { r.EnableWhitelist = true }, []string{"enable_whitelist"}},
		"DNS on":                {full, func(r *request) { r.EnableDNS = true }, []string{"enable_dns"}},
		"IPv6 address":          {full, func(r *request) { r.IPv6Address = "2001:db8::8" }, []string{"ipv6_address"}},
		"IPv4 only":             {full, func(r *request) { r.IPVersion, r.IPv6Address = vpcep.IPVersionIPv4, "" }, []string{"ip_version"}},
		"policy":                {full, func(r *request) { r.PolicyDocument = json.RawMessage(`{"Version":"5.0"}`) }, []string{"policy_document"}},
		"several":               {full, func(r *request) { r.VPCID, r.Description = "vpc-2", "x" }, []string{"vpc_id", "description"}},
		"what is left to it":    {full, func(r *request) { *r = request{EndpointServiceID: "svc", VPCID: "vpc", IdempotencyKey: "key-1"} }, nil},
		"tags in another order": {full, func(r *request) { r.Tags = []vpcep.Tag{full.Tags[1], full.Tags[0]} }, nil},
		"whitelist, spelt otherwise": {full, func(r *request) {
			r.Whitelist = []string{"10.2.0.1/32", "10.1.2.3/16"}
		}, nil},
		"IPv6 address, spelt otherwise": {full, func(r *request) { r.IPv6Address = "2001:DB8:0::7" }, nil},
		"policy, spelt otherwise": {full, func(r *request) {
			r.PolicyDocument = json.RawMessage(`{ "Statement" : [{"Effect":"Allow"}], "Version": "5.0"}`)
		}, nil},
		"policy, as a string": {full, func(r *request) {
			r.PolicyDocument = json.RawMessage(`"{\"Version\":\"5.0\",\"Statement\":[{\"Effect\":\"Allow\"}]}"`)
		}, nil},
		"gateway, the same":          {gateway, func(*request) {}, nil},
		"gateway, tables":            {gateway, func(r *request) { r.RouteTables = gateway.RouteTables[1:] }, []string{"routetables"}},
		"gateway, order of tables":   {gateway, func(r *request) { r.RouteTables = []string{"rt-2", "rt-1"} }, nil},
		"gateway, what it never has": {gateway, func(r *request) { r.SubnetID, r.EnableDNS = "net", true }, nil},
		"gateway, policy": {gateway, func(r *request) {
			r.PolicyStatement = []vpcep.PolicyStatement{{Effect: "Deny", Action: []string{"obs:*:*"}, Resource: []string{"*"}}}
		}, []string{"policy_statement"}},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithService(vpceptest.Service{ID: "obs", Type: vpceptest.TypeGateway}),
				vpceptest.WithService(vpceptest.Service{ID: "svc"}), vpceptest.WithService(vpceptest.Service{ID: "svc-2"}))
			made, err := s.client(t).CreateEndpoint(t.Context(), tt.first)
			require.NoError(t, err)
			time.Sleep(time.Minute) // it is accepted

			found, err := s.client(t).CreateEndpoint(t.Context(), with(tt.first, tt.change))
			assert.Equal(t, "list create list", s.sequence(), "nothing more is sent")
			s.isOnly(t, made)
			if tt.want == nil {
				require.NoError(t, err)
				assert.Equal(t, made.ID, found.ID)
				assert.Equal(t, vpcep.StatusAccepted, found.Status, "as it is now")
				return
			}
			assert.Nil(t, found)
			assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
			assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
			var mismatch *vpcep.IdempotencyMismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Equal(t, vpcep.IdempotencyMismatchError{Key: "key-1", EndpointID: made.ID, Fields: tt.want}, *mismatch)
		})
	}
}

func TestOtherKeysAreOtherEndpoints(t *testing.T) {
	bubble(t, "several", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		for _, key := range []string{"a", "b", "", "", "KEY", "key"} {
			_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = key }))
			require.NoError(t, err)
		}
		assert.Len(t, s.ids(), 6)
	})
}

func TestKeyOfADeletedEndpointIsFree(t *testing.T) {
	for name, again := range map[string]func(s *standIn, t *testing.T, c *vpcep.Client) *vpcep.Client{
		"same client":    func(_ *standIn, _ *testing.T, c *vpcep.Client) *vpcep.Client { return c },
		"another client": func(s *standIn, t *testing.T, _ *vpcep.Client) *vpcep.Client { return s.client(t) },
	} {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithDeleteDelay(time.Hour)) // lists show it as deleting
			c := s.client(t)
			first, err := c.CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			require.NoError(t, c.DeleteEndpoint(t.Context(), first.ID))
			start := time.Now()
			second, err := again(s, t, c).CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			assert.NotEqual(t, first.ID, second.ID)
			assert.Equal(t, []string{second.ID}, s.ids())
			assert.Equal(t, "list create delete list create", s.sequence())
			assert.Zero(t, time.Since(start), "it is known to be gone")
		})
	}
	bubble(t, "deleted behind the client's back", func(t *testing.T) {
		s := newStandIn(vpceptest.WithDeleteDelay(0))
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), first.ID))
		second, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, second.ID)
	})
}

func TestKeyedCreateSurvivesUnknownOutcomes(t *testing.T) {
	type fault = vpceptest.Fault
	const named = 70 // bytes of an answer, in which the ID stands
	faults := map[string]fault{
		"dropped":     {Drop: true},
		"stalled":     {Stall: time.Hour},
		"408":         {Status: 408},
		"500":         {Status: 500, Body: `{"error":{"code":"EndPoint.0001","message":"System error. Please retry."}}`},
		"501":         {Status: 501},
		"502":         {Status: 502, Body: "<html>bad gateway</html>"},
		"503":         {Status: 503, Header: http.Header{"Retry-After": {"1"}}},
		"504":         {Status: 504},
		"HTML":        {Body: "<html>log in</html>"},
		"empty":       {Status: 200},
		"no endpoint": {Body: "{}"},
		"redirect":    {Status: 302, Header: http.Header{"Location": {"https://elsewhere.example"}}},
	}
	for _, lag := range []time.Duration{0, 300 * time.Millisecond} {
		for name, f := range faults {
			f.Operation = vpceptest.OpCreate
			bubble(t, fmt.Sprintf("%s, not made, lag %s", name, lag), func(t *testing.T) {
				s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(f))
				e, err := s.client(t, vpcep.WithAttemptTimeout(time.Second)).CreateEndpoint(t.Context(), keyed)
				require.NoError(t, err)
				s.isOnly(t, e)
				assert.Zero(t, s.PendingFaults())
				posts := s.requests(vpceptest.OpCreate)
				require.Len(t, posts, 2)
				assert.Equal(t, string(posts[0].Body), string(posts[1].Body), "every attempt is the same")
				assert.GreaterOrEqual(t, posts[1].Time.Sub(posts[0].Time), window, "before that, nothing proves that nothing was made")
			})
			f.AfterEffect = true
			bubble(t, fmt.Sprintf("%s, made, lag %s", name, lag), func(t *testing.T) {
				s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(f))
				start := time.Now()
				e, err := s.client(t, vpcep.WithAttemptTimeout(time.Second)).CreateEndpoint(t.Context(), keyed)
				require.NoError(t, err)
				s.isOnly(t, e)
				assert.Equal(t, keyed.Tags, e.Tags)
				assert.Zero(t, s.PendingFaults())
				assert.Len(t, s.requests(vpceptest.OpCreate), 1)
				assert.LessOrEqual(t, time.Since(start), time.Second+2*lag+100*time.Millisecond, "it is found soon after it shows")
			})
		}
		for _, after := range []int{0, 1, named} {
			bubble(t, fmt.Sprintf("cut after %d bytes, lag %s", after, lag), func(t *testing.T) {
				s := newStandIn(vpceptest.WithListLag(lag),
					vpceptest.WithFaults(onCreate(fault{AfterEffect: true, CutBody: true, CutAfter: after})))
				start := time.Now()
				e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
				require.NoError(t, err)
				s.isOnly(t, e)
				assert.Len(t, s.requests(vpceptest.OpCreate), 1)
				if after == named && lag > 0 {
					assert.Equal(t, "list create list get", s.sequence(), "it can be read, as its ID is known")
					assert.Zero(t, time.Since(start))
				}
			})
		}
	}
	bubble(t, "after two unknown outcomes, the whole window is looked at", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(100*time.Millisecond), vpceptest.WithFaults(notMade, madeAndLost))
		start := time.Now()
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Equal(t, 2*window, time.Since(start), "the first request may yet show an endpoint, too")
	})
	bubble(t, "again and again", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Second), vpceptest.WithFaults(
			onCreate(fault{Status: 429}), onCreate(fault{Status: 503}), notMade, madeAndLost, onList(fault{Status: 503, Times: 2})))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		posts := s.requests(vpceptest.OpCreate)
		assert.Len(t, posts, 4)
		for _, post := range posts {
			assert.Equal(t, string(posts[0].Body), string(post.Body))
		}
	})
	bubble(t, "and no more than the policy allows", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(fault{Status: 429, Times: 1}), onCreate(fault{Status: 503, Times: -1})))
		_, err := s.client(t, vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 3})).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, vpcep.ErrServiceUnavailable)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1+3, "the throttled one does not count")
		assert.True(t, strings.HasSuffix(s.sequence(), "list"), "the last one was looked for, too: %s", s.sequence())
	})
}

// A look that began before lists showed the endpoint proves nothing, however
// late its answer comes.
func TestSlowLookProvesNothing(t *testing.T) {
	bubble(t, "longer than the window", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(300 * time.Millisecond))
		c := s.client(t)
		s.Inject(onList(vpceptest.Fault{}), madeAndLost,
			onList(vpceptest.Fault{AfterEffect: true, Stall: 2 * window}))
		e, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Equal(t, "list create list list", s.sequence())
	})
}

// The first request made an endpoint that lists show only after the second one
// was sent.
func TestYoungerTwinIsDeletedAgain(t *testing.T) {
	for _, lag := range []time.Duration{window, window + 200*time.Millisecond, 2*window - time.Millisecond} {
		bubble(t, "lag "+lag.String(), func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(madeAndLost), vpceptest.WithDeleteDelay(time.Hour))
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			all := s.Endpoints()
			if lag == window { // it shows in time
				s.isOnly(t, e)
				return
			}
			require.Len(t, all, 2)
			assert.Equal(t, all[0].ID, e.ID, "the elder")
			assert.Equal(t, []string{e.ID}, s.ids())
			deletes := s.requests(vpceptest.OpDelete)
			require.Len(t, deletes, 1)
			assert.True(t, strings.HasSuffix(deletes[0].Path, "/"+all[1].ID), "the younger")
		})
	}
	bubble(t, "both answers lost, the second with its ID", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
			onCreate(vpceptest.Fault{AfterEffect: true, CutBody: true, CutAfter: 70, Stall: 2 * time.Second})))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Len(t, s.requests(vpceptest.OpDelete), 1)
		assert.True(t, e.CreatedAt.Before(time.Now().Add(-window)), "the elder")
	})
	for name, change := range map[string]func(map[string]any){
		"lists in the wrong order":     func(answer map[string]any) { slices.Reverse(listedIn(answer)) },
		"lists that do not tell times": listsWithout("created_at"),
		"an answer that tells no time": func(answer map[string]any) { delete(answer, "created_at") },
	} {
		bubble(t, name, func(t *testing.T) {
			for _, stall := range []time.Duration{0, 2 * window} { // by then, lists show the elder, or both
				s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
					onCreate(vpceptest.Fault{AfterEffect: true, Stall: stall})))
				s.change = change
				e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
				require.NoError(t, err)
				assert.Equal(t, s.Endpoints()[0].ID, e.ID)
				assert.Equal(t, []string{e.ID}, s.ids())
			}
		})
	}
	bubble(t, "that cannot be deleted", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
			vpceptest.Fault{Operation: vpceptest.OpDelete, Status: 403, Body: `{"error_code":"APIGW.0302","error_msg":"no"}`}))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		s.areDuplicates(t, err, s.ids()...)
		require.Len(t, s.ids(), 2)
	})
	bubble(t, "whose deletion is answered by nobody", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithDeleteDelay(time.Hour), vpceptest.WithFaults(madeAndLost,
			vpceptest.Fault{Operation: vpceptest.OpDelete, AfterEffect: true, Drop: true}))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Len(t, s.requests(vpceptest.OpDelete), 2)
	})
}

// areDuplicates asserts an error that names all of the endpoints, in order.
func (s *standIn) areDuplicates(t *testing.T, err error, ids ...string) {
	t.Helper()
	assert.ErrorIs(t, err, vpcep.ErrDuplicateEndpoints)
	assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
	var duplicates *vpcep.DuplicateEndpointsError
	if assert.ErrorAs(t, err, &duplicates) {
		assert.Equal(t, ids, duplicates.EndpointIDs)
		assert.Equal(t, "key-1", duplicates.Key)
	}
	for _, id := range ids {
		assert.ErrorContains(t, err, id)
	}
}

// What another client made with the same key is never deleted.
func TestTwinOfAnotherClient(t *testing.T) {
	const lag = 500 * time.Millisecond
	// meanwhile lets another client create after some time.
	meanwhile := func(t *testing.T, s *standIn, after time.Duration, req vpcep.CreateEndpointRequest) (id func() string) {
		made := make(chan string, 1)
		other := s.client(t)
		go func() {
			time.Sleep(after)
			e, err := other.CreateEndpoint(context.Background(), req)
			assert.NoError(t, err)
			made <- e.ID
		}()
		return func() string { return <-made }
	}
	bubble(t, "younger than ours", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(notMade,
			onCreate(vpceptest.Fault{AfterEffect: true, Stall: time.Second})))
		theirs := meanwhile(t, s, window+lag/2, keyed)
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		ids := s.ids()
		require.Len(t, ids, 2)
		assert.Equal(t, theirs(), ids[1])
		s.areDuplicates(t, err, ids...)
		assert.Empty(t, s.requests(vpceptest.OpDelete))
	})
	bubble(t, "younger than ours, of which no ID is known", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(madeAndLost,
			onList(vpceptest.Fault{Times: 4}), onList(vpceptest.Fault{Stall: time.Second}))) // until lists show both
		theirs := meanwhile(t, s, lag/2, keyed)
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		ids := s.ids()
		require.Len(t, ids, 2)
		assert.Equal(t, theirs(), ids[1])
		s.areDuplicates(t, err, ids...)
		assert.Empty(t, s.requests(vpceptest.OpDelete))
	})
	bubble(t, "elder than ours, of which no ID is known", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(notMade, onCreate(vpceptest.Fault{}), madeAndLost,
			onList(vpceptest.Fault{Times: 8}), onList(vpceptest.Fault{Stall: time.Second})))
		theirs := meanwhile(t, s, window-lag/2, keyed)
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		ids := s.ids()
		require.Len(t, ids, 2)
		assert.Equal(t, theirs(), ids[0])
		s.areDuplicates(t, err, ids...)
		assert.Empty(t, s.requests(vpceptest.OpDelete))
	})
	bubble(t, "elder than ours", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(notMade))
		theirs := meanwhile(t, s, window-lag/2, keyed)
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, theirs(), e.ID)
		assert.Equal(t, []string{e.ID}, s.ids(), "ours went again")
	})
	bubble(t, "elder than ours, with other settings", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(notMade))
		theirs := meanwhile(t, s, window-lag/2, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		assert.Equal(t, []string{theirs()}, s.ids(), "ours went again")
	})
	bubble(t, "two before the first request", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(lag))
		for range 2 {
			_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
		}
		time.Sleep(lag)
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		s.areDuplicates(t, err, s.ids()...)
		require.Len(t, s.ids(), 2)
		assert.Equal(t, "list create list create list", s.sequence())
	})
}

func TestRefusedRepeatIsLookedInto(t *testing.T) {
	withPortIP := with(keyed, func(r *vpcep.CreateEndpointRequest) { r.PortIP = "10.0.0.99" })
	bubble(t, "the first request turns out to be the reason", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
			onCreate(vpceptest.Fault{Stall: 2 * time.Second})))
		e, err := s.client(t).CreateEndpoint(t.Context(), withPortIP)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Len(t, s.requests(vpceptest.OpCreate), 2)
	})
	bubble(t, "nothing shows", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Hour), vpceptest.WithFaults(madeAndLost))
		_, err := s.client(t).CreateEndpoint(t.Context(), withPortIP)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, vpcep.CodePortIPInUse)
		assert.Len(t, s.requests(vpceptest.OpCreate), 2)
		assert.Empty(t, s.requests(vpceptest.OpDelete))
	})
}

// outcome is what a call returned, and when.
type outcome struct {
	endpoint *vpcep.Endpoint
	err      error
	at       time.Time
}

// start begins a create in the background.
func start(ctx context.Context, c *vpcep.Client, req vpcep.CreateEndpointRequest) <-chan outcome {
	done := make(chan outcome, 1)
	go func() {
		e, err := c.CreateEndpoint(ctx, req)
		done <- outcome{e, err, time.Now()}
	}()
	synctest.Wait() // it has sent what it can
	return done
}

func TestConcurrentCallersShareOneCreate(t *testing.T) {
	slow := onCreate(vpceptest.Fault{Stall: time.Second})
	const callers = 10
	bubble(t, "one endpoint, and to each its own copy", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(slow))
		c := s.client(t)
		var calls []<-chan outcome
		for range callers {
			calls = append(calls, start(t.Context(), c, keyed))
		}
		var all []*vpcep.Endpoint
		for _, call := range calls {
			o := <-call
			require.NoError(t, o.err)
			all = append(all, o.endpoint)
		}
		assert.Equal(t, "list create", s.sequence())
		for _, e := range all {
			s.isOnly(t, e)
			assert.Equal(t, keyed.Tags, e.Tags)
			e.Tags[0].Value = "changed"
			e.ActiveStatus[0] = "changed"
		}
	})
	bubble(t, "one refusal", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Second, Status: 403})))
		c := s.client(t)
		first, second := start(t.Context(), c, keyed), start(t.Context(), c, keyed)
		assert.ErrorIs(t, (<-first).err, vpcep.ErrForbidden)
		assert.ErrorIs(t, (<-second).err, vpcep.ErrForbidden)
		assert.Equal(t, "list create", s.sequence())
	})
	bubble(t, "another request is a mismatch", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(slow), vpceptest.WithListLag(time.Hour))
		c := s.client(t)
		first := start(t.Context(), c, keyed)
		second := start(t.Context(), c, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		third := start(t.Context(), c, keyed)
		s.isOnly(t, (<-first).endpoint)
		assert.ErrorIs(t, (<-second).err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, (<-third).endpoint)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "other keys do not wait", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Hour})))
		c := s.client(t, vpcep.WithAttemptTimeout(2*time.Hour))
		first := start(t.Context(), c, keyed)
		begin := time.Now()
		_, err := c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.IdempotencyKey = "key-2" }))
		require.NoError(t, err)
		assert.Zero(t, time.Since(begin))
		assert.NoError(t, (<-first).err)
	})
	for name, f := range map[string]vpceptest.Fault{
		"made":     {Operation: vpceptest.OpCreate, AfterEffect: true, Stall: time.Hour},
		"not made": {Operation: vpceptest.OpCreate, Stall: time.Hour},
	} {
		bubble(t, "the first one is cancelled with its request in flight, "+name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithFaults(f), vpceptest.WithListLag(time.Second))
			c := s.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			first := start(ctx, c, keyed)
			second, third := start(t.Context(), c, keyed), start(t.Context(), c, keyed)
			cancel()
			o := <-first
			assert.ErrorIs(t, o.err, context.Canceled)
			assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown)
			e := (<-second).endpoint
			s.isOnly(t, e)
			assert.Equal(t, e, (<-third).endpoint)
			assert.Len(t, s.requests(vpceptest.OpCreate), map[string]int{"made": 1, "not made": 2}[name])
		})
	}
	bubble(t, "the first one is cancelled while it looks", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(madeAndLost), vpceptest.WithListLag(time.Second))
		c := s.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		first, second := start(ctx, c, keyed), start(t.Context(), c, keyed)
		o := <-first
		assert.ErrorIs(t, o.err, context.DeadlineExceeded)
		assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown)
		s.isOnly(t, (<-second).endpoint)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "all are cancelled", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onCreate(vpceptest.Fault{Stall: time.Hour})))
		c := s.client(t)
		ctx, cancel := context.WithCancel(t.Context())
		var calls []<-chan outcome
		for range callers {
			calls = append(calls, start(ctx, c, keyed))
		}
		time.Sleep(time.Second)
		cancelled := time.Now()
		cancel()
		for i, call := range calls {
			o := <-call
			assert.Equal(t, cancelled, o.at)
			assert.ErrorIs(t, o.err, context.Canceled)
			assert.Equal(t, i == 0, errors.Is(o.err, vpcep.ErrOutcomeUnknown), "only the first one has sent anything")
		}
		assert.Equal(t, "list create", s.sequence())
	})
	bubble(t, "one after the other is cancelled", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		c := s.client(t)
		ctx, cancel := context.WithCancel(t.Context())
		first := start(ctx, c, keyed)
		later, cancelLater := context.WithCancel(t.Context())
		second := start(later, c, keyed)
		cancel()
		assert.ErrorIs(t, (<-first).err, vpcep.ErrOutcomeUnknown)
		time.Sleep(window / 2)
		cancelLater()
		o := <-second
		assert.ErrorIs(t, o.err, context.Canceled)
		assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown, "the request of the first one is as open as ever")
		assert.Equal(t, 1, strings.Count(s.sequence(), "create"))
	})
	bubble(t, "one who comes later gets no old result", func(t *testing.T) {
		s := newStandIn()
		c := s.client(t)
		s.Inject(slow)
		first := start(t.Context(), c, keyed)
		ctx, cancel := context.WithCancel(t.Context())
		second := start(ctx, c, with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		s.Inject(onList(vpceptest.Fault{Stall: time.Hour})) // holds up the second
		made := (<-first).endpoint
		require.NoError(t, s.client(t).DeleteEndpoint(t.Context(), made.ID))
		third := start(t.Context(), c, keyed)
		cancel()
		assert.ErrorIs(t, (<-second).err, context.Canceled)
		e := (<-third).endpoint
		require.NotNil(t, e)
		assert.NotEqual(t, made.ID, e.ID)
		assert.Equal(t, []string{e.ID}, s.ids())
	})
}

// A client remembers what it has sent, for as long as lists may not show it.
func TestRepeatOnTheSameClient(t *testing.T) {
	bubble(t, "after a success, with lists that lag", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Hour))
		c := s.client(t)
		first, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		s.isOnly(t, again)
		_, err = c.CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.VPCID = "vpc-2" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, again)
	})
	bubble(t, "after a success, with lists and reads that lag", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Second), vpceptest.WithReadLag(time.Second))
		c := s.client(t)
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
	})
	bubble(t, "after an unknown outcome", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(time.Second), vpceptest.WithFaults(madeAndLost))
		c := s.client(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := c.CreateEndpoint(ctx, keyed)
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "after an unknown outcome, with nothing made", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		c := s.client(t, vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1}))
		_, err := c.CreateEndpoint(t.Context(), keyed)
		require.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		again, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, again)
	})
}

func TestKeyedCreateWithoutRetries(t *testing.T) {
	once := vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1})
	bubble(t, "made", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(madeAndLost), vpceptest.WithListLag(time.Second))
		e, err := s.client(t, once).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
	})
	bubble(t, "not made", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		_, err := s.client(t, once).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
}

// Where it cannot be told whether there is an endpoint, none is made.
func TestFailedLooks(t *testing.T) {
	failing := onList(vpceptest.Fault{Status: 500, Body: `{"error":{"code":"EndPoint.0001","message":"System error."}}`, Times: -1})
	bubble(t, "before the first request", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(failing))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrInternalServerError)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Equal(t, "list list list list", s.sequence())
	})
	bubble(t, "after it", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{}), failing, onCreate(vpceptest.Fault{Status: 503})))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, vpcep.ErrServiceUnavailable, "what became of the request")
		assert.ErrorIs(t, err, vpcep.ErrInternalServerError, "and of the looks")
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "after it, for a while", func(t *testing.T) {
		failing := failing
		failing.Times = 3
		s := newStandIn(vpceptest.WithFaults(onList(vpceptest.Fault{}), failing, madeAndLost))
		once := vpcep.WithRetry(vpcep.RetryPolicy{MaxAttempts: 1})
		e, err := s.client(t, once).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Zero(t, s.PendingFaults())
	})
	bubble(t, "after the second request", func(t *testing.T) {
		s := newStandIn()
		s.Inject(notMade, onCreate(vpceptest.Fault{}))
		c := s.client(t)
		call := start(t.Context(), c, keyed)
		time.Sleep(window - time.Nanosecond)
		s.Inject(onList(vpceptest.Fault{}), failing) // the last look before it is the last one that works
		o := <-call
		assert.ErrorIs(t, o.err, vpcep.ErrOutcomeUnknown)
		var unknown *vpcep.OutcomeUnknownError
		require.ErrorAs(t, o.err, &unknown)
		assert.Equal(t, s.ids(), []string{unknown.EndpointID}, "what the second one made is known")
		assert.Empty(t, s.requests(vpceptest.OpDelete))
	})
}

func TestDeadlineOfAKeyedCreate(t *testing.T) {
	bubble(t, "no wait is begun that it cannot survive", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		ctx, cancel := context.WithTimeout(t.Context(), window/2)
		defer cancel()
		_, err := s.client(t).CreateEndpoint(ctx, keyed)
		assert.ErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.NoError(t, ctx.Err())
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
}

func TestCancelledKeyedCreate(t *testing.T) {
	throttled := onCreate(vpceptest.Fault{Status: 429, Header: http.Header{"Retry-After": {"15"}}, Times: -1})
	tests := map[string]struct {
		faults  []vpceptest.Fault
		after   time.Duration
		posts   int
		unknown bool
	}{
		"before anything":                {nil, 0, 0, false},
		"first look":                     {[]vpceptest.Fault{onList(vpceptest.Fault{Stall: time.Hour})}, time.Second, 0, false},
		"request, not made":              {[]vpceptest.Fault{onCreate(vpceptest.Fault{Stall: time.Hour})}, time.Second, 1, true},
		"request, made":                  {[]vpceptest.Fault{onCreate(vpceptest.Fault{Stall: time.Hour, AfterEffect: true})}, time.Second, 1, true},
		"wait after throttling":          {[]vpceptest.Fault{throttled}, time.Second, 1, false},
		"pause between looks":            {[]vpceptest.Fault{notMade}, time.Second, 1, true},
		"look after the request":         {[]vpceptest.Fault{notMade, onList(vpceptest.Fault{}), onList(vpceptest.Fault{Stall: time.Hour})}, time.Second, 1, true},
		"second request":                 {[]vpceptest.Fault{notMade, onCreate(vpceptest.Fault{Stall: time.Hour})}, window + time.Second, 2, true},
		"second request, throttled":      {[]vpceptest.Fault{notMade, throttled}, window + time.Second, 2, true},
		"look after the second request":  {[]vpceptest.Fault{notMade, onList(vpceptest.Fault{Times: 7}), onList(vpceptest.Fault{Stall: time.Hour})}, window + time.Second, 2, true},
		"pause after the second request": {[]vpceptest.Fault{notMade}, window + 150*time.Millisecond, 2, true},
	}
	for name, tt := range tests {
		bubble(t, name, func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(time.Hour), vpceptest.WithFaults(tt.faults...))
			c := s.client(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tt.after == 0 {
				cancel()
			}
			time.AfterFunc(tt.after, cancel)
			start := time.Now()
			_, err := c.CreateEndpoint(ctx, keyed)
			assert.Equal(t, tt.after, time.Since(start))
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, tt.unknown, errors.Is(err, vpcep.ErrOutcomeUnknown), "%v", err)
			assert.Len(t, s.requests(vpceptest.OpCreate), tt.posts)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestListsWithoutTags(t *testing.T) {
	withoutTags := func(opts ...vpceptest.Option) *standIn {
		s := newStandIn(opts...)
		s.change = listsWithout("tags")
		return s
	}
	bubble(t, "the key is read from the endpoints", func(t *testing.T) {
		s := withoutTags()
		c := s.client(t)
		for _, other := range []vpcep.CreateEndpointRequest{
			{EndpointServiceID: "svc", VPCID: "vpc", SubnetID: "net"},
			{EndpointServiceID: "svc-2", VPCID: "vpc", SubnetID: "net"},
			{EndpointServiceID: "svc", VPCID: "vpc-2", SubnetID: "net"},
		} {
			_, err := c.CreateEndpoint(t.Context(), other)
			require.NoError(t, err)
		}
		made, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		found, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, made.ID, found.ID)
		assert.Equal(t, keyed.Tags, found.Tags)
		assert.Equal(t, "create create create list get create list get get", s.sequence(), "only those that may be it are read")
	})
	bubble(t, "and a mismatch is noticed", func(t *testing.T) {
		s := withoutTags()
		made, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		_, err = s.client(t).CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.SubnetID = "net-2" }))
		assert.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
		s.isOnly(t, made)
	})
	bubble(t, "after an unknown outcome", func(t *testing.T) {
		s := withoutTags(vpceptest.WithFaults(madeAndLost), vpceptest.WithListLag(time.Second), vpceptest.WithReadLag(1200*time.Millisecond))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Len(t, s.requests(vpceptest.OpCreate), 1)
	})
	bubble(t, "and reads fail", func(t *testing.T) {
		s := withoutTags()
		made, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.Inject(vpceptest.Fault{Operation: vpceptest.OpGet, Status: 503, Times: -1})
		_, err = s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrServiceUnavailable)
		s.isOnly(t, made)
	})
}

// What answers make of a request is no mismatch with that request.
func TestOwnEndpointIsNoMismatch(t *testing.T) {
	bubble(t, "a setting that lists leave out", func(t *testing.T) {
		s := newStandIn(vpceptest.WithFaults(notMade))
		s.change = listsWithout("enable_dns")
		e, err := s.client(t).CreateEndpoint(t.Context(), with(keyed, func(r *vpcep.CreateEndpointRequest) { r.EnableDNS = true }))
		require.NoError(t, err)
		s.isOnly(t, e)
	})
}
