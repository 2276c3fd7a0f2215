package connect_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/examples/testing/connect"
	"github.com/vpcep/vpcep-go/vpceptest"
)

// inMemory sends requests to a handler by calling it. A real connection would stop
// the virtual clock.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	response := httptest.NewRecorder()
	m.handler.ServeHTTP(response, r)
	return response.Result(), nil
}

// startInMemory is start for virtual time. It belongs inside the bubble.
func startInMemory(t *testing.T, options ...vpceptest.Option) (*vpceptest.Handler, *vpcep.Client) {
	handler := vpceptest.NewHandler(options...).(*vpceptest.Handler)
	client, err := vpcep.NewClient(
		vpcep.WithBaseURL("https://stand-in"),
		vpcep.WithProjectID(handler.ProjectID()),
		vpcep.WithToken(handler.Token()),
		vpcep.WithHTTPClient(&http.Client{Transport: inMemory{handler}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return handler, client
}

func TestSlowService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, client := startInMemory(t, vpceptest.WithCreateDelay(2*time.Minute))
		start := time.Now()
		if _, err := connect.Connect(t.Context(), client, "payment", shop); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		if took < 2*time.Minute || took > 2*time.Minute+15*time.Second {
			t.Errorf("the endpoint was noticed after %s", took)
		}
	})
}

func TestServiceIsTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handler, client := startInMemory(t, vpceptest.WithCreateDelay(time.Hour))
		start := time.Now()
		_, err := connect.Connect(t.Context(), client, "payment", shop)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		// A create with a key takes up to a second more, to be the only one.
		if took := time.Since(start); took < 5*time.Minute || took > 5*time.Minute+2*time.Second {
			t.Errorf("it gave up after %s", took)
		}
		if n := len(handler.Endpoints()); n != 1 {
			t.Errorf("%d endpoints: one may still become ready", n)
		}
	})
}
