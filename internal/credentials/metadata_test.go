package credentials

import (
	"bufio"
	"context"
	"errors"
	"io"
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

// metadata is a service that returns the answers in order, and then repeats the last one.
func metadata(answers ...string) (*Metadata, *[]string) {
	var seen []string
	service := &exchange.Service{BaseURL: "http://metadata.example", Header: http.Header{"Accept": {"*/*"}, "Content-Type": {"application/json"}}, Transport: transport.New(&http.Client{Transport: faketransport.Func(
		func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Method+" "+r.Header.Get(tokenHeader))
			answer := answers[0]
			if len(answers) > 1 {
				answers = answers[1:]
			}
			switch answer {
			case "reset":
				return nil, io.ErrUnexpectedEOF
			case "slow":
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), r)
		})})}
	return NewMetadata(service, func(f *exchange.Failure) error {
		if f.Answer.StatusCode != 0 {
			return errors.New(http.StatusText(f.Answer.StatusCode))
		}
		return f.Cause
	}), &seen
}

func answer(status, header, body string) string {
	return "HTTP/1.1 " + status + " x\r\n" + header + "\r\n" + body
}

const keyBody = `{"credential":{"access":"AK","secret":"SK","securitytoken":"ST","expires_at":"2000-01-01T12:00:00Z"}}`

var keyAnswer = answer("200", "", keyBody)

func TestMetadataHiccups(t *testing.T) {
	for name, first := range map[string]string{
		"500": answer("500", "", ""), "503": answer("503", "", ""), "429": answer("429", "", ""), "408": answer("408", "", ""),
		"reset": "reset", "slow": "slow", "cut": answer("200", "Content-Length: 999\r\n", keyBody),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, seen := metadata(first, keyAnswer)
				key, err := m.Key(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "AK", key.AccessKey)
				assert.Len(t, *seen, 2)
			})
		})
	}
}

func TestMetadataIsBounded(t *testing.T) {
	for _, always := range []string{"slow", "reset", answer("500", "", ""), answer("429", "Retry-After: 100\r\n", "")} {
		synctest.Test(t, func(t *testing.T) {
			m, seen := metadata(always)
			start := time.Now()
			_, err := m.Key(context.Background())
			assert.Error(t, err)
			assert.LessOrEqual(t, time.Since(start), metadataTime)
			assert.Greater(t, len(*seen), 2)
			assert.Less(t, len(*seen), 10)
		})
	}
}

func TestMetadataTokenFlow(t *testing.T) {
	for _, status := range []string{"401", "403", "404", "405"} {
		m, seen := metadata(answer(status, "", ""), answer("200", "", "token\n"), keyAnswer)
		key, err := m.Key(t.Context())
		require.NoError(t, err, status)
		assert.Equal(t, "SK", key.SecretKey)
		assert.Equal(t, []string{"GET ", "PUT ", "GET token"}, *seen)
	}
	m, seen := metadata(answer("400", "", ""))
	_, err := m.Key(t.Context())
	assert.ErrorContains(t, err, "Bad Request")
	assert.Len(t, *seen, 1)
	m, _ = metadata(answer("404", "", ""), answer("405", "", ""))
	_, err = m.Key(t.Context())
	assert.ErrorContains(t, err, "Method Not Allowed; without a token: Not Found")
	m, _ = metadata(answer("401", "", ""), answer("200", "", "no token"))
	_, err = m.Key(t.Context())
	assert.Error(t, err)
}

// The bubble's time begins at midnight of 2000-01-01: keys end at noon.
func TestMetadataLife(t *testing.T) {
	for name, tt := range map[string]struct {
		date    string
		after   time.Duration
		fetches int
	}{
		"no date":           {"", 13 * time.Hour, 2},
		"clock behind":      {"Date: Sat, 01 Jan 2000 11:00:00 GMT\r\n", 2 * time.Hour, 2},
		"clock ahead":       {"Date: Fri, 31 Dec 1999 00:00:00 GMT\r\n", 13 * time.Hour, 1},
		"passed on arrival": {"Date: Sat, 01 Jan 2000 13:00:00 GMT\r\n", 100 * time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, seen := metadata(answer("200", tt.date, keyBody))
				_, err := m.Key(t.Context())
				require.NoError(t, err)
				time.Sleep(tt.after)
				_, err = m.Key(t.Context())
				require.NoError(t, err)
				assert.Len(t, *seen, tt.fetches)
			})
		})
	}
}

func TestMetadataDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, seen := metadata(keyAnswer)
		for range 100 {
			key, err := m.Key(t.Context())
			require.NoError(t, err)
			_ = m.Drop(key.AccessKey)
		}
		assert.Len(t, *seen, 2, "keys that are always refused are not fetched for each request")
		assert.NoError(t, m.Drop("another"))
		assert.ErrorContains(t, m.Drop("AK"), "refused as well")
	})
}

func TestMetadataWithoutKeys(t *testing.T) {
	for _, body := range []string{``, `{}`, `[]`, `{"credential":{"access":"AK"}}`, `{"credential":{"access":"AK\n","secret":"SK"}}`} {
		m, _ := metadata(answer("200", "", body))
		_, err := m.Key(t.Context())
		assert.Error(t, err, body)
	}
}
