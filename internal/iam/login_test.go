package iam

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/faketransport"
	"github.com/vpcep/vpcep-go/internal/transport"
)

func service(answer *string, calls *int) *exchange.Service {
	return &exchange.Service{BaseURL: "https://iam.example", Header: http.Header{"Accept": {"*/*"}, "Content-Type": {"application/json"}}, Transport: transport.New(&http.Client{Transport: faketransport.Func(
		func(r *http.Request) (*http.Response, error) {
			*calls++
			return http.ReadResponse(bufio.NewReader(strings.NewReader(*answer)), r)
		})})}
}

func toError(f *exchange.Failure) error { return errors.New(http.StatusText(f.Answer.StatusCode)) }

func TestBody(t *testing.T) {
	for _, tt := range []struct {
		user  User
		scope string
	}{
		{User{ProjectID: "id", ProjectName: "name"}, `{"id":"id"}`},
		{User{ProjectName: "region_name", Domain: "d"}, `{"name":"region_name","domain":{"name":"d"}}`},
	} {
		assert.Contains(t, string(tt.user.body()), `"scope":{"project":`)
		var domain string
		if tt.user.Domain != "" {
			domain = `"name":"` + tt.user.Domain + `"`
		}
		assert.JSONEq(t, `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"","password":"","domain":{`+domain+
			`}}}},"scope":{"project":`+tt.scope+`}}}`, string(tt.user.body()))
	}
}

// The bubble's time begins at midnight of 2000-01-01.
func TestEndIsByThisMachinesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		answer := "HTTP/1.1 201 x\r\nX-Subject-Token: t\r\nDate: Sat, 01 Jan 2000 10:00:00 GMT\r\n\r\n" + `{"token":{"expires_at":"2000-01-02T10:00:00Z"}}`
		token, err := NewLogin(service(&answer, &calls), User{}, toError).Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, Token{Value: "t", End: time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)}, token)
	})
}

func TestRefusalIsRememberedForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		answer := "HTTP/1.1 401 x\r\n\r\n{}"
		login := NewLogin(service(&answer, &calls), User{}, toError)
		for range 3 {
			_, err := login.Token(t.Context())
			assert.EqualError(t, err, "Unauthorized")
		}
		assert.Equal(t, 1, calls)
		time.Sleep(refusalMemory)
		answer = "HTTP/1.1 201 x\r\nX-Subject-Token: t\r\n\r\n"
		_, err := login.Token(t.Context())
		assert.NoError(t, err)
		assert.Equal(t, 2, calls)
	})
}

func TestProjectID(t *testing.T) {
	calls := 0
	for body, want := range map[string]string{
		`{"projects":[{"id":"1","name":"r"},{"id":"2","name":"r_sub"}]}`: "2",
		`{"projects":[{"id":"1","name":"r"}]}`:                           "",
		`{"projects":[{"name":"r_sub"}]}`:                                "",
	} {
		answer := "HTTP/1.1 200 x\r\n\r\n" + body
		id, failure := ProjectID(t.Context(), service(&answer, &calls), "r_sub")
		assert.Nil(t, failure)
		assert.Equal(t, want, id, body)
	}
	answer := "HTTP/1.1 200 x\r\n\r\n{}"
	_, failure := ProjectID(t.Context(), service(&answer, &calls), "r")
	assert.NotNil(t, failure)
}
