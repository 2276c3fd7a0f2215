package transport

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A host that does not respond costs ten seconds, and not the minutes that the system
// tries for.
func TestLimitsOfADial(t *testing.T) {
	assert.Equal(t, 10*time.Second, newDialer().Timeout)
	assert.Equal(t, 30*time.Second, newDialer().KeepAlive)
}

// A proxy's refusal may be reduced to a reason phrase, followed by other words.
func TestStatusOfAPhrase(t *testing.T) {
	for phrase, want := range map[string]int{
		"Forbidden": 403, "FORBIDDEN": 403, "Forbidden by policy": 403, "Forbidden: x": 403, "Forbidden`": 403, "Forbidden{": 403, "Forbidden@": 403, "Forbidden[": 403,
		"Forbiddena": 0, "Forbiddenz": 0, "ForbiddenA": 0, "ForbiddenZ": 0, "Forbiddenm": 0,
		"Multiple Choices": 300, "Network Authentication Required": 511, "OK": 0, "Request Time-out": 408, "Gateway time-out": 504,
		"": 0, "Forbid": 0, "nobody knows": 0,
	} {
		assert.Equal(t, want, statusOf(phrase), phrase)
	}
}

func TestFinalRefusalsOfAProxy(t *testing.T) {
	for status, want := range map[int]bool{0: true, 403: true, 407: true, 499: true, 408: false, 429: false, 500: false, 502: false, 599: false} {
		assert.Equal(t, want, (&ProxyError{StatusCode: status, isRefusal: true}).isFinal(), status)
		assert.False(t, (&ProxyError{StatusCode: status, Err: errors.New("reset")}).isFinal(), "it did not refuse")
	}
}

// A connection to another address than the service's is one to a proxy, unless the
// service's own is merely spelt another way.
func TestRouteThroughAProxy(t *testing.T) {
	proxy := &url.URL{Scheme: "http", Host: "proxy.example:3128"}
	for name, tt := range map[string]struct {
		host, address string
		proxy         *url.URL
		want          bool
	}{
		"the service's own":             {"x.example", "x.example:443", nil, false},
		"in another case":               {"X.example", "x.example:443", proxy, false},
		"none yet":                      {"x.example", "", proxy, false},
		"another one":                   {"x.example", "proxy.example:3128", proxy, true},
		"another one, of a function":    {"x.example", "proxy.example:3128", nil, true},
		"Punycode":                      {"网.example", "xn--ur0a.example:443", nil, false},
		"Punycode in the middle":        {"x.网", "x.xn--ur0a:443", nil, false},
		"a proxy before an odd service": {"网.example", "proxy.example:3128", proxy, true},
	} {
		r := newTransport(http.DefaultTransport, 0, false).routeOf(&attempt{scheme: "https", host: tt.host}, progress{address: tt.address}, tt.proxy)
		assert.Equal(t, tt.want, r.isProxy, name)
	}
}
