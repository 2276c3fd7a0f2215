package vpceptest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/vpceptest"
)

func ids(r reply) []string {
	var out []string
	for _, e := range r.body.list("endpoints") {
		out = append(out, e.(map[string]any)["id"].(string))
	}
	return out
}

func total(r reply) string { return fmt.Sprint(r.body["total_count"]) }

func TestListPagesAndOrder(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(time.Hour))
	var made []string
	for range 25 {
		made = append(made, f.mustCreate(t, minimal))
	}
	newestFirst := slices.Clone(made)
	slices.Reverse(newestFirst)

	tests := []struct {
		query string
		want  []string
	}{
		{"", newestFirst[:10]},
		{"limit=3", newestFirst[:3]},
		{"limit=10&offset=20", newestFirst[20:]},
		{"limit=1000", newestFirst},
		{"offset=25", nil},
		{"limit=1000&sort_dir=asc", made},
		{"limit=1000&sort_dir=desc&sort_key=create_at", newestFirst},
		{"limit=5&offset=5&sort_dir=asc&sort_key=update_at", made[5:10]},
		{"id=" + made[7], made[7:8]},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			r := f.list(t, tt.query)
			require.Equal(t, http.StatusOK, r.status, r.raw)
			assert.Equal(t, tt.want, ids(r))
			if !strings.HasPrefix(tt.query, "id=") {
				assert.Equal(t, "25", total(r))
			}
		})
	}
}

func TestListByUpdate(t *testing.T) {
	f := start(t, vpceptest.WithCreateDelay(0))
	a, b, c := f.mustCreate(t, minimal), f.mustCreate(t, minimal), f.mustCreate(t, minimal)
	require.NoError(t, f.SetStatus(a, "failed"))
	assert.Equal(t, []string{a, c, b}, ids(f.list(t, "sort_key=update_at")))
	assert.Equal(t, []string{b, c, a}, ids(f.list(t, "sort_key=update_at&sort_dir=asc")))
	assert.Equal(t, []string{c, b, a}, ids(f.list(t, "sort_key=create_at")))
}

func TestListFilters(t *testing.T) {
	f := start(t,
		vpceptest.WithService(vpceptest.Service{ID: "svc-1", Name: "region.alpha.svc-1"}),
		vpceptest.WithService(vpceptest.Service{ID: "svc-2", Name: "region.beta.svc-2"}))
	one := f.mustCreate(t, minimal)
	two := f.mustCreate(t, `{"endpoint_service_id":"svc-2","vpc_id":"vpc-2","subnet_id":"s"}`)

	tests := []struct {
		query string
		want  []string
	}{
		{"endpoint_service_name=alpha", []string{one}},
		{"endpoint_service_name=region", []string{two, one}},
		{"endpoint_service_name=gamma", nil},
		{"vpc_id=vpc-2", []string{two}},
		{"vpc_id=vpc", nil},
		{"vpc_id=vpc-2&endpoint_service_name=alpha", nil},
		{"id=" + two, []string{two}},
		{"id=&vpc_id=", []string{two, one}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			r := f.list(t, tt.query)
			assert.Equal(t, tt.want, ids(r))
			assert.Equal(t, fmt.Sprint(len(tt.want)), total(r))
		})
	}
}

func TestEmptyListIsNotNull(t *testing.T) {
	f := start(t)
	assert.JSONEq(t, `{"endpoints":[],"total_count":0}`, f.list(t, "").raw)
}

func TestBadListQueries(t *testing.T) {
	tests := []struct{ query, code string }{
		{"limit=1001", "EndPoint.0006"},
		{"limit=1001", "EndPoint.0006"},
		{"limit=-1", "EndPoint.0006"},
		{"limit=%2B5", "EndPoint.0006"},
		{"limit=", "EndPoint.0006"},
		{"limit=ten", "EndPoint.0006"},
		{"offset=-1", "EndPoint.0010"},
		{"offset=x", "EndPoint.0010"},
		{"sort_key=created", "EndPoint.0017"},
		{"sort_dir=ASC", "EndPoint.0018"},
		{"sort_dir=", "EndPoint.0018"},
		{"limit=1&limit=2", "EndPoint.0002"},
		{"vpcId=a", "EndPoint.0002"},
		{"id=%zz", "EndPoint.0002"},
	}
	f := start(t)
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			wantError(t, f.list(t, tt.query), http.StatusBadRequest, tt.code)
		})
	}
}

func TestLags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithListLag(2*time.Second), vpceptest.WithReadLag(time.Second))
		id := d.do(t, http.MethodPost, "", minimal).id()
		listed := func() string { return total(d.do(t, http.MethodGet, "", "")) }

		time.Sleep(time.Second - 1)
		wantError(t, d.do(t, http.MethodGet, "/"+id, ""), 404, "EndPoint.2006")
		require.Len(t, d.Endpoints(), 1)

		time.Sleep(time.Nanosecond)
		assert.Equal(t, http.StatusOK, d.do(t, http.MethodGet, "/"+id, "").status)
		assert.Equal(t, "0", listed())

		time.Sleep(time.Second)
		assert.Equal(t, "1", listed())
	})
}

func TestUnorderedListLag(t *testing.T) {
	const endpoints, lag = 100, time.Second
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithListLag(time.Hour), vpceptest.WithUnorderedListLag(lag))
		listed := func() []string { return ids(d.do(t, http.MethodGet, "?sort_dir=asc&limit=1000", "")) }
		var made []string
		for range endpoints {
			made = append(made, d.do(t, http.MethodPost, "", minimal).id())
		}

		time.Sleep(lag / 2)
		half := listed()
		inOrder := slices.DeleteFunc(slices.Clone(made), func(id string) bool { return !slices.Contains(half, id) })
		assert.InDelta(t, endpoints/2, len(half), 35)
		assert.NotEqual(t, made[:len(half)], half, "in the order of creation")
		assert.Equal(t, inOrder, half, "what shows is listed in the order of creation")
		assert.Equal(t, half, listed(), "what shows does not depend on who asks")

		time.Sleep(lag / 4)
		assert.Subset(t, listed(), half, "what has shown stays")
		time.Sleep(lag / 4)
		assert.Equal(t, made, listed())
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithUnorderedListLag(time.Hour), vpceptest.WithListLag(0))
		d.do(t, http.MethodPost, "", minimal)
		assert.Equal(t, "1", total(d.do(t, http.MethodGet, "", "")), "the last option counts")
	})
}

func TestListWhileEndpointsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDirect(vpceptest.WithDeleteDelay(time.Second))
		var kept []string
		for i := range 100 {
			id := d.do(t, http.MethodPost, "", minimal).id()
			if i%10 == 0 {
				kept = append(kept, id)
				continue
			}
			d.do(t, http.MethodDelete, "/"+id, "")
		}
		assert.Equal(t, "100", total(d.do(t, http.MethodGet, "", "")), "those being deleted are listed")
		time.Sleep(time.Second)
		r := d.do(t, http.MethodGet, "?sort_dir=asc&limit=100", "")
		assert.Equal(t, kept, ids(r))
		assert.Len(t, d.Endpoints(), 10)
	})
}

func BenchmarkListInPages(b *testing.B) {
	const endpoints, size = 100_000, 1000
	h := vpceptest.NewHandler(vpceptest.WithToken("t"), vpceptest.WithProjectID("p"), vpceptest.WithoutRecording())
	send := func(method, query, body string) int {
		req := httptest.NewRequest(method, "/v1/p/vpc-endpoints"+query, strings.NewReader(body))
		req.Header.Set("X-Auth-Token", "t")
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return rec.Code
	}
	for range endpoints {
		send(http.MethodPost, "", minimal)
	}
	for _, query := range []string{"", "&sort_key=update_at", "&vpc_id=vpc-1"} {
		b.Run("query="+query, func(b *testing.B) {
			for b.Loop() {
				for offset := 0; offset < endpoints; offset += size {
					if status := send(http.MethodGet, fmt.Sprintf("?limit=%d&offset=%d%s", size, offset, query), ""); status != 200 {
						b.Fatal(status)
					}
				}
			}
		})
	}
}
