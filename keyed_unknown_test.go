package vpcep_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/vpceptest"
)

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
				assert.LessOrEqual(t, time.Since(start), time.Second+window, "whose it is, nothing says: until then, one that comes before it may show")
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
				assert.LessOrEqual(t, time.Since(start), time.Second+window)
				reads := len(s.requests(vpceptest.OpGet))
				assert.Equal(t, after == named && lag > 0, reads > 0, "it can be read, as its ID is known, and need not be where it is listed")
			})
		}
	}
	bubble(t, "after two unknown outcomes, the whole window is searched", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(100*time.Millisecond), vpceptest.WithFaults(notMade, madeAndLost))
		start := time.Now()
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.GreaterOrEqual(t, time.Since(start), 2*window, "the first request may yet show an endpoint, too")
		assert.LessOrEqual(t, time.Since(start), 2*window+2*time.Second)
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
		assert.True(t, strings.HasSuffix(s.sequence(), "create list list list list list list"), "the last one was searched for, too: %s", s.sequence())
	})
}

// A search that began before lists showed the endpoint proves nothing, however late its
// response comes.
func TestSlowLookProvesNothing(t *testing.T) {
	bubble(t, "longer than the window", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(300 * time.Millisecond))
		c := s.client(t)
		s.Inject(onList(vpceptest.Fault{}), madeAndLost,
			onList(vpceptest.Fault{AfterEffect: true, Stall: 2 * window}))
		e, err := c.CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		s.isOnly(t, e)
		assert.Equal(t, 1, s.creates())
	})
}

// The first request created an endpoint that lists show only after the second one was sent.
func TestYoungerTwinIsDeletedAgain(t *testing.T) {
	for _, lag := range []time.Duration{window, window + 200*time.Millisecond, 2*window - time.Millisecond} {
		bubble(t, "lag "+lag.String(), func(t *testing.T) {
			s := newStandIn(vpceptest.WithListLag(lag), vpceptest.WithFaults(madeAndLost), vpceptest.WithDeleteDelay(time.Hour))
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
			require.NoError(t, err)
			all := s.Endpoints()
			if len(all) == 1 { // it shows in time, as pauses outlast the window
				s.isOnly(t, e)
				return
			}
			require.Len(t, all, 2)
			assert.Equal(t, all[0].ID, e.ID, "the older")
			assert.Equal(t, []string{e.ID}, s.ids())
			deletes := s.requests(vpceptest.OpDelete)
			require.Len(t, deletes, 1)
			assert.True(t, strings.HasSuffix(deletes[0].Path, "/"+all[1].ID), "the younger")
		})
	}
	bubble(t, "both responses lost, the second with its ID", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
			onCreate(vpceptest.Fault{AfterEffect: true, CutBody: true, CutAfter: 70, Stall: 2 * time.Second})))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Len(t, s.requests(vpceptest.OpDelete), 1)
		assert.True(t, e.CreatedAt.Before(time.Now().Add(-window)), "the older")
	})
	for name, change := range map[string]func(map[string]any){
		"lists in the wrong order":     func(answer map[string]any) { slices.Reverse(listedIn(answer)) },
		"an answer that tells no time": func(answer map[string]any) { delete(answer, "created_at") },
	} {
		bubble(t, name, func(t *testing.T) {
			for _, stall := range []time.Duration{0, 2 * window} { // by then, lists show the older one, or both
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
	bubble(t, "lists without times", func(t *testing.T) {
		for range 10 { // the ID alone decides
			s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost))
			s.change = everywhere(without("created_at"))
			e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
			if err == nil {
				assert.Equal(t, []string{e.ID}, s.ids())
				continue
			}
			ids := s.ids()
			assert.Empty(t, s.deleted(), "whose the first one is, no answer has said")
			slices.Sort(ids)
			s.areDuplicates(t, err, ids...)
		}
	})
	bubble(t, "that cannot be deleted", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithFaults(madeAndLost,
			vpceptest.Fault{Operation: vpceptest.OpDelete, Status: 403, Body: `{"error_code":"APIGW.0302","error_msg":"no"}`}))
		_, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		assert.ErrorIs(t, err, vpcep.ErrForbidden)
		s.areDuplicates(t, err, s.ids()...)
		require.Len(t, s.ids(), 2)
	})
	bubble(t, "whose deletion gets no response", func(t *testing.T) {
		s := newStandIn(vpceptest.WithListLag(window+time.Second), vpceptest.WithDeleteDelay(time.Hour), vpceptest.WithFaults(madeAndLost,
			vpceptest.Fault{Operation: vpceptest.OpDelete, AfterEffect: true, Drop: true}))
		e, err := s.client(t).CreateEndpoint(t.Context(), keyed)
		require.NoError(t, err)
		assert.Equal(t, []string{e.ID}, s.ids())
		assert.Len(t, s.requests(vpceptest.OpDelete), 2)
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

// If it is unknown whether there is an endpoint, none is created.
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
}
