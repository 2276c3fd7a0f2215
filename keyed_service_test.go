package vpcep_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
)

// serviceCloud keeps endpoint services, as far as creates with keys need.
type serviceCloud struct {
	lag       time.Duration                   // of lists
	takes     time.Duration                   // a create
	tagless   bool                            // it keeps no tags
	afterPOST func(n int, made answer) answer // where set, what is answered to the n-th create

	mu       sync.Mutex
	services []map[string]any
	shownAt  map[string]time.Time
	posts    int
	deletes  int
}

func (s *serviceCloud) client(t *testing.T, more ...vpcep.Option) *vpcep.Client {
	return clientOf(t, s, append([]vpcep.Option{vpcep.WithReconcileWindow(window)}, more...)...)
}

func (s *serviceCloud) RoundTrip(r *http.Request) (*http.Response, error) {
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, servicesURI), "/")
	var reply answer
	switch {
	case r.Method == "POST":
		reply = s.create(r)
	case r.Method == "DELETE":
		reply = s.remove(id)
	case id == "":
		reply = s.list(r)
	default:
		reply = s.get(id)
	}
	resp, err := reply(r)
	if resp != nil {
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	return resp, err
}

func (s *serviceCloud) create(r *http.Request) answer {
	time.Sleep(s.takes)
	data, _ := io.ReadAll(r.Body)
	var service map[string]any
	_ = json.Unmarshal(data, &service)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	id := fmt.Sprintf("s-%d", s.posts)
	service["id"], service["status"] = id, "creating"
	service["created_at"] = time.Now().UTC().Format("2006-01-02T15:04:05Z")
	if s.tagless {
		delete(service, "tags")
	}
	made := jsonAnswer(200, service)
	if s.afterPOST != nil {
		made = s.afterPOST(s.posts, made)
		if made == nil { // it was refused
			return status(400, `{"error":{"code":"EndPoint.3044","message":"m"}}`)
		}
	}
	if s.shownAt == nil {
		s.shownAt = map[string]time.Time{}
	}
	s.services, s.shownAt[id] = append(s.services, service), time.Now().Add(s.lag)
	return made
}

func jsonAnswer(code int, body any) answer {
	text, _ := json.Marshal(body)
	return func(*http.Request) (*http.Response, error) {
		return httpmock.NewStringResponse(code, string(text)), nil
	}
}

func (s *serviceCloud) list(r *http.Request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := []map[string]any{}
	for _, service := range s.services {
		if !time.Now().Before(s.shownAt[service["id"].(string)]) {
			shown = append(shown, service)
		}
	}
	return jsonAnswer(200, map[string]any{"endpoint_services": shown, "total_count": len(shown)})
}

func (s *serviceCloud) get(id string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, service := range s.services {
		if service["id"] == id {
			return jsonAnswer(200, service)
		}
	}
	return status(404, `{"error":{"code":"EndPoint.2003","message":"m"}}`)
}

func (s *serviceCloud) remove(id string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, service := range s.services {
		if service["id"] == id {
			s.services = append(s.services[:i:i], s.services[i+1:]...)
			s.deletes++
			return status(204, "")
		}
	}
	return status(404, `{"error":{"code":"EndPoint.2003","message":"m"}}`)
}

var keyedServiceRequest = func() vpcep.CreateServiceRequest {
	r := ownRequest
	r.IdempotencyKey, r.Name = "key", "name"
	return r
}()

func TestCreateServiceWithKey(t *testing.T) {
	bubble(t, "once for one key", func(t *testing.T) {
		cloud := &serviceCloud{lag: 300 * time.Millisecond}
		var meta vpcep.ResponseMeta
		first, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		assert.Equal(t, "key", first.IdempotencyKey)
		assert.False(t, meta.Found)
		assert.Regexp(t, `^key~[a-z2-7]{6}$`, cloud.services[0]["tags"].([]any)[0].(map[string]any)["value"])
		again, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		assert.True(t, meta.Found)
		assert.Equal(t, 1, cloud.posts)

		found, err := cloud.client(t).GetServiceByIdempotencyKey(t.Context(), "key")
		require.NoError(t, err)
		assert.Equal(t, first.ID, found.ID)
		_, err = cloud.client(t).GetServiceByIdempotencyKey(t.Context(), "other")
		require.ErrorIs(t, err, vpcep.ErrServiceNotFound)

		other := keyedServiceRequest
		other.Ports, other.ServerType, other.Name = []vpcep.ServicePort{{ClientPort: 1, ServerPort: 2}}, "LB", "other"
		_, err = cloud.client(t).CreateService(t.Context(), other)
		var mismatch *vpcep.IdempotencyMismatchError
		require.ErrorAs(t, err, &mismatch)
		assert.Equal(t, &vpcep.IdempotencyMismatchError{Key: "key", ServiceID: first.ID, Fields: []string{"server_type", "ports", "service_name"}}, mismatch)
		assert.Equal(t, `vpcep: idempotency key "key" belongs to endpoint service s-1, which was created by another request; it now differs in server_type, ports, service_name`, err.Error())
		assert.Equal(t, 1, cloud.posts)
	})
	bubble(t, "after a lost response", func(t *testing.T) {
		cloud := &serviceCloud{lag: time.Second, afterPOST: func(int, answer) answer { return broken(io.ErrUnexpectedEOF) }}
		service, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest)
		require.NoError(t, err)
		assert.Equal(t, "s-1", service.ID)
		assert.Equal(t, 1, cloud.posts)
	})
	bubble(t, "after a conflict with itself", func(t *testing.T) {
		cloud := &serviceCloud{lag: time.Second}
		require.NotNil(t, cloud.create(mustRequest(t, keyedServiceRequest)))
		cloud.afterPOST = func(int, answer) answer { return nil }
		service, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest)
		require.NoError(t, err)
		assert.Equal(t, "s-1", service.ID)
	})
	bubble(t, "without tags", func(t *testing.T) {
		var meta vpcep.ResponseMeta
		_, err := (&serviceCloud{tagless: true}).client(t).CreateService(t.Context(), keyedServiceRequest, vpcep.WithResponse(&meta))
		require.NoError(t, err)
		assert.True(t, meta.KeyDropped)
	})
	bubble(t, "deleted, the key is free", func(t *testing.T) {
		cloud := &serviceCloud{}
		c := cloud.client(t)
		first, err := c.CreateService(t.Context(), keyedServiceRequest)
		require.NoError(t, err)
		require.NoError(t, c.DeleteService(t.Context(), first.ID))
		second, err := c.CreateService(t.Context(), keyedServiceRequest)
		require.NoError(t, err)
		assert.NotEqual(t, first.ID, second.ID)
	})
	bubble(t, "not made", func(t *testing.T) {
		cloud := &serviceCloud{afterPOST: func(int, answer) answer { return nil }}
		_, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest)
		require.ErrorIs(t, err, vpcep.CodeServicePortsConflict)
	})
}

func mustRequest(t *testing.T, req vpcep.CreateServiceRequest) *http.Request {
	t.Helper()
	body, err := json.Marshal(req)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), "POST", "https://vpcep.example"+servicesURI, strings.NewReader(string(body)))
	require.NoError(t, err)
	return r
}

// All callers that race for a key get the same service, and the other services are deleted.
func TestCreateServiceRaces(t *testing.T) {
	for _, lag := range []time.Duration{0, 400 * time.Millisecond} {
		bubble(t, fmt.Sprint("lists that lag by ", lag), func(t *testing.T) {
			cloud := &serviceCloud{lag: lag, takes: 300 * time.Millisecond}
			ids := make([]string, 6)
			var all sync.WaitGroup
			for i := range ids {
				c := cloud.client(t)
				all.Go(func() {
					time.Sleep(time.Duration(i) * 70 * time.Millisecond)
					service, err := c.CreateService(t.Context(), keyedServiceRequest)
					if assert.NoError(t, err) {
						ids[i] = service.ID
					}
				})
			}
			all.Wait()
			require.Len(t, cloud.services, 1)
			assert.Greater(t, cloud.posts, 1, "they raced")
			for _, id := range ids {
				assert.Equal(t, cloud.services[0]["id"], id)
			}
		})
	}
}

// Nobody deletes what somebody else created, and everybody gets an error.
func TestDuplicateServices(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		cloud := &serviceCloud{}
		for range 2 {
			cloud.create(mustRequest(t, keyedServiceRequest))
		}
		_, err := cloud.client(t).CreateService(t.Context(), keyedServiceRequest)
		var duplicates *vpcep.DuplicateServicesError
		require.ErrorAs(t, err, &duplicates)
		require.ErrorIs(t, err, vpcep.ErrDuplicateServices)
		assert.NotErrorIs(t, err, vpcep.ErrOutcomeUnknown)
		assert.Equal(t, []string{"s-1", "s-2"}, duplicates.ServiceIDs)
		assert.Equal(t, `vpcep: idempotency key "key" belongs to 2 endpoint services: s-1, s-2`, err.Error())
		_, err = cloud.client(t).GetServiceByIdempotencyKey(t.Context(), "key")
		require.ErrorIs(t, err, vpcep.ErrDuplicateServices)

		resumed := keyedServiceRequest
		resumed.Resume = true
		service, err := cloud.client(t).CreateService(t.Context(), resumed)
		require.NoError(t, err)
		assert.Equal(t, "s-1", service.ID)
		assert.Len(t, cloud.services, 1, "the owner of the key cleans up")
	})
}

// The order of tags and ports, and an omitted protocol, do not change a request's meaning.
func TestDigestOfServices(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		cloud := &serviceCloud{}
		one, other := keyedServiceRequest, keyedServiceRequest
		one.Tags, other.Tags = []vpcep.Tag{{Key: "a"}, {Key: "b"}}, []vpcep.Tag{{Key: "b"}, {Key: "a"}}
		one.Ports = []vpcep.ServicePort{{ClientPort: 1, ServerPort: 1}, {ClientPort: 2, ServerPort: 2}}
		other.Ports = []vpcep.ServicePort{{ClientPort: 2, ServerPort: 2, Protocol: "TCP"}, {ClientPort: 1, ServerPort: 1}}
		first, err := cloud.client(t).CreateService(t.Context(), one)
		require.NoError(t, err)
		cloud.services[0]["description"] = "changed since"
		again, err := cloud.client(t).CreateService(t.Context(), other)
		require.NoError(t, err)
		assert.Equal(t, first.ID, again.ID)
		other.ApprovalEnabled = ptr(false)
		_, err = cloud.client(t).CreateService(t.Context(), other)
		require.ErrorIs(t, err, vpcep.ErrIdempotencyMismatch)
	})
}
