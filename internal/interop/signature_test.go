package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/vpceptest"
)

const dateLayout = "20060102T150405Z"

// signed is a request that both signers can express. The vendor's cannot, and so it
// is left out here:
//
//   - a slash inside a segment of the path (%2F): its paths are not escaped;
//   - a query that net/url cannot read, such as "a;b" or "%zz": its queries are maps;
//   - a body of another Content-Type than JSON: it is not signed, X-Sdk-Content-Sha256
//     says UNSIGNED-PAYLOAD.
type signed struct {
	method, url string
	path        string // not escaped
	query       url.Values
	body        any // nil, a string, or what is sent as JSON
	key         vpcep.AKSKConfig
	projectID   string
	date        time.Time
}

func (s signed) String() string {
	return fmt.Sprintf("%s %s of %s, body %#v, project %q, key %s, token %q",
		s.method, s.url, s.date.Format(dateLayout), s.body, s.projectID, s.key.AccessKey, s.key.SecurityToken)
}

// vendor is the request with the vendor's signature.
func (s signed) vendor(t *testing.T) *request.DefaultHttpRequest {
	t.Helper()
	base, err := url.Parse(s.url)
	require.NoError(t, err)
	builder := request.NewHttpRequestBuilder().
		WithEndpoint(base.Scheme+"://"+base.Host).WithMethod(s.method).WithPath(s.path).WithBody("", s.body).
		AddHeaderParam("Content-Type", "application/json").
		AddHeaderParam(sign.HeaderDate, s.date.Format(dateLayout))
	for key, values := range s.query {
		builder.AddQueryParam(key, reflect.ValueOf(values))
	}
	if s.projectID != "" {
		builder.AddHeaderParam(sign.HeaderProjectID, s.projectID)
	}
	if s.key.SecurityToken != "" {
		builder.AddHeaderParam(sign.HeaderSecurityToken, s.key.SecurityToken)
	}
	req := builder.Build()
	header, err := signer.Sign(req, s.key.AccessKey, s.key.SecretKey)
	require.NoError(t, err)
	for name, value := range header {
		req.AddHeaderParam(name, value)
	}
	return req
}

// own is the request with the library's signature.
func (s signed) own(t *testing.T) *http.Request {
	t.Helper()
	body := s.bytes(t)
	req, err := http.NewRequest(s.method, s.url, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	sign.Request(req, body, sign.Key{AccessKey: s.key.AccessKey, SecretKey: s.key.SecretKey, SecurityToken: s.key.SecurityToken}, s.projectID, s.date)
	return req
}

func (s signed) bytes(t *testing.T) []byte {
	t.Helper()
	switch body := s.body.(type) {
	case nil:
		return nil
	case string:
		return []byte(body)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(s.body))
	return b.Bytes()
}

func TestSignatureIsTheVendors(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	seen := map[string]int{}
	for i := range 1000 {
		s := g.request()
		req := s.vendor(t)
		want := req.GetHeaderParams()
		got := s.own(t)
		require.Equal(t, want["Authorization"], got.Header.Get("Authorization"), "request %d: %s", i, s)
		require.Equal(t, want[sign.HeaderDate], got.Header.Get(sign.HeaderDate))
		s.count(seen)
	}
	// Without these the comparison would be easy.
	for _, trait := range []string{
		"empty path", "empty segment", "final slash", "Unicode path", "escaped path",
		"no query", "repeated key", "empty key", "empty value", "order changed by escaping",
		"no body", "Unicode body", "project ID", "no project ID", "security token", "no security token",
	} {
		assert.Greater(t, seen[trait], 20, trait)
	}
}

// The stand-in is the third to compute signatures: it lets the requests of both
// signers in, and none that was changed on its way.
func TestStandInAcceptsBothSignatures(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(3, 4))}
	httpClient := &http.Client{Transport: newTransport(t)}
	for _, basePath := range []string{"", "/proxy/x", "/ü 漢/a+b", "/100%/~(z)!/{y}", "/empty//segment/%41"} {
		srv := startServer(t, vpceptest.WithBasePath(basePath))
		for range 50 {
			s := g.requestTo(srv, basePath)
			byVendor, err := s.vendor(t).ConvertRequest()
			require.NoError(t, err)
			assertLetIn(t, httpClient, s, s.own(t), true)
			assertLetIn(t, httpClient, s, byVendor, true)

			// Two wrong signatures between right ones do not lock the key.
			wrong := s
			wrong.key.SecretKey += "x"
			byVendor, err = wrong.vendor(t).ConvertRequest()
			require.NoError(t, err)
			assertLetIn(t, httpClient, s, wrong.own(t), false)
			assertLetIn(t, httpClient, s, byVendor, false)
		}
	}
}

// assertLetIn sends a request. Whoever is let in is answered by the service, which
// knows nothing of what is asked for; others are answered by the gateway.
func assertLetIn(t *testing.T, client *http.Client, s signed, req *http.Request, letIn bool) {
	t.Helper()
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NotContains(t, string(body), "APIGW.0101", "%s", s)
	require.Equal(t, letIn, resp.StatusCode != http.StatusUnauthorized, "%s: %s", s, body)
	require.Equal(t, !letIn, strings.Contains(string(body), "APIGW.0301"), "%s: %s", s, body)
}

// generator makes random requests.
type generator struct{ *rand.Rand }

// alphabet has what is escaped and what is not, and what changes its place in the
// order by that: "{" stands behind "z", and "%7B" before "A".
var alphabet = append(strings.Split("azAZ09-_.~ !\"#$%&'()*+,:;<=>?@[\\]^`{|}\t\n\x00\x7f", ""),
	"é", "ü", "漢", "字", "😀", "e\u0301", "\u2028", "\ufffd", "\xff", "%2F", "%", "..")

// text returns up to n pieces of the alphabet.
func (g generator) text(n int) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteString(alphabet[g.IntN(len(alphabet))])
	}
	return b.String()
}

func (g generator) coin() bool { return g.IntN(2) == 0 }

func (g generator) request() signed {
	methods := []string{"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}
	s := signed{
		method: methods[g.IntN(len(methods))],
		path:   g.path(),
		query:  g.query(),
		body:   g.body(),
		key:    vpcep.AKSKConfig{AccessKey: fmt.Sprintf("AK%X", g.Uint64()), SecretKey: g.text(20) + "s"},
		date:   time.Unix(g.Int64N(4_000_000_000), 0).UTC(),
	}
	if g.coin() {
		s.projectID = fmt.Sprintf("%032x", g.Uint64())
	}
	if g.coin() {
		s.key.SecurityToken = fmt.Sprintf("gQ%X=+/ token ", g.Uint64()) // space at its end is not signed
	}
	s.url = "https://vpcep.example" + g.spell(s.path, s.query)
	return s
}

// requestTo is a request that the stand-in has an operation for.
func (g generator) requestTo(srv *vpceptest.Server, basePath string) signed {
	s := signed{query: g.query(), body: g.body(), key: permanentKey, projectID: srv.ProjectID(), date: time.Now().UTC()}
	if g.coin() {
		s.key = temporaryKey
	}
	// The vendor's SDK signs these and then sends something else: it cuts "=" off.
	delete(s.query, "")
	s.path = basePath + "/v1/" + srv.ProjectID() + "/vpc-endpoints"
	switch s.method = []string{"GET", "POST", "DELETE"}[g.IntN(3)]; {
	case s.method == "DELETE", s.method == "GET" && g.coin():
		s.path += "/x" + g.text(6)
	}
	// The stand-in knows its base path in one spelling alone.
	s.url = srv.URL + g.spell(strings.TrimPrefix(s.path, basePath), s.query)
	return s
}

func (g generator) path() string {
	var b strings.Builder
	for range g.IntN(5) {
		b.WriteString("/" + g.text(4))
	}
	return b.String()
}

func (g generator) query() url.Values {
	query := url.Values{}
	for range g.IntN(5) {
		key := g.text(3)
		for range 1 + g.IntN(3) {
			query.Add(key, g.text(3))
		}
	}
	return query
}

func (g generator) body() any {
	switch g.IntN(4) {
	case 0:
		return nil
	case 1:
		return ""
	case 2:
		return g.text(50)
	default:
		return map[string]string{"description": strings.ToValidUTF8(g.text(20), "?"), "vpc_id": "漢&<>"}
	}
}

// spell writes a path and a query in one of the ways that mean the same: the
// parameters in any order, and more or less of them escaped.
func (g generator) spell(path string, query url.Values) string {
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c == '/' || !g.coin() && strings.IndexByte("azAZ09-_.~!$&'()*+,:;=@", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	var pairs []string
	for key, values := range query {
		for _, value := range values {
			pair := url.QueryEscape(key) + "=" + url.QueryEscape(value)
			if g.coin() {
				pair = strings.ReplaceAll(pair, "+", "%20")
			}
			if value == "" && key != "" && g.coin() {
				pair = strings.TrimSuffix(pair, "=")
			}
			pairs = append(pairs, pair)
		}
	}
	slices.Sort(pairs) // the order of a map would be another one in each run
	g.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	if len(pairs) > 0 {
		b.WriteString("?" + strings.Join(pairs, "&"))
	}
	return b.String()
}

// count counts what makes the request a hard one.
func (s signed) count(seen map[string]int) {
	add := func(trait string, has bool) {
		if has {
			seen[trait]++
		}
	}
	body, _ := s.body.(string)
	add("empty path", s.path == "")
	add("empty segment", strings.Contains(s.path, "//"))
	add("final slash", strings.HasSuffix(s.path, "/"))
	add("Unicode path", strings.ContainsAny(s.path, "éü漢字😀"))
	add("escaped path", strings.Contains(s.path, "%2F"))
	add("no query", len(s.query) == 0)
	add("no body", s.body == nil || s.body == "")
	add("Unicode body", strings.ContainsAny(body, "éü漢字😀"))
	add("project ID", s.projectID != "")
	add("no project ID", s.projectID == "")
	add("security token", s.key.SecurityToken != "")
	add("no security token", s.key.SecurityToken == "")

	var keys, escaped []string
	var repeated, emptyKey, emptyValue bool
	for key, values := range s.query {
		keys = append(keys, key)
		repeated = repeated || len(values) > 1
		emptyKey = emptyKey || key == ""
		emptyValue = emptyValue || slices.Contains(values, "")
	}
	slices.Sort(keys)
	for _, key := range keys {
		escaped = append(escaped, strings.ReplaceAll(url.QueryEscape(key), "+", "%20"))
	}
	add("repeated key", repeated)
	add("empty key", emptyKey)
	add("empty value", emptyValue)
	add("order changed by escaping", !slices.IsSorted(escaped))
}
