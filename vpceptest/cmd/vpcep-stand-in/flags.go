package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vpcep/vpcep-go/vpceptest"
)

// config is the settings from the flags.
type config struct {
	listen, admin, seed, caFile      string
	tls, quiet                       bool
	region                           string
	accessKey, secretKey, security   string
	user, password, domain, basePath string
	agency                           time.Duration
	metadataToken                    bool
	options                          []vpceptest.Option
}

func parse(args []string) (*config, error) {
	c := &config{}
	f := flag.NewFlagSet("vpcep-stand-in", flag.ContinueOnError)
	f.SetOutput(io.Discard) // main prints errors, without all the flags
	f.StringVar(&c.listen, "listen", "127.0.0.1:9090", "address to serve on; port 0 picks a free one")
	f.StringVar(&c.admin, "admin", "", "address for faults, seeds and state; none by default")
	f.BoolVar(&c.tls, "tls", false, "serve https with a self-signed certificate for 127.0.0.1 and ::1")
	f.StringVar(&c.caFile, "ca-file", "vpcep-stand-in-ca.pem", "with -tls: file to write the certificate to")
	f.StringVar(&c.seed, "seed", "", "JSON file of services and endpoints to begin with")
	f.BoolVar(&c.quiet, "quiet", false, "do not print requests")
	f.StringVar(&c.region, "region", "region-1", "region, which is the project's name")
	f.StringVar(&c.accessKey, "access-key", "", "access key, with -secret-key; a random one by default")
	f.StringVar(&c.secretKey, "secret-key", "", "secret key of -access-key")
	f.StringVar(&c.security, "security-token", "", "security token that -access-key needs: it is a temporary one")
	f.StringVar(&c.user, "user", "stand-in-user", "IAM user")
	f.StringVar(&c.password, "password", "", "password of -user; a random one by default")
	f.StringVar(&c.domain, "domain", "stand-in-domain", "account name of -user")
	f.StringVar(&c.basePath, "base-path", "", "path to serve under")
	f.DurationVar(&c.agency, "agency", 0, "also serve an instance's metadata service: how long its temporary keys are valid")
	f.BoolVar(&c.metadataToken, "metadata-token", false, "with -agency: require a session token")
	c.limits(f)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			f.SetOutput(os.Stdout)
			f.Usage()
		}
		return nil, err
	}
	switch {
	case f.NArg() > 0:
		return nil, fmt.Errorf("%q is not a flag", f.Arg(0))
	case (c.accessKey == "") != (c.secretKey == ""):
		return nil, errors.New("-access-key and -secret-key must be set together")
	case c.security != "" && c.accessKey == "":
		return nil, errors.New("-security-token belongs to an -access-key")
	case c.user == "" || c.domain == "" || c.region == "":
		return nil, errors.New("-user, -domain and -region must not be empty")
	}
	if c.accessKey == "" {
		c.accessKey, c.secretKey = rand.Text()[:20], rand.Text()
	}
	if c.password == "" {
		c.password = rand.Text()
	}
	return c, nil
}

// limits adds the flags that each set one option.
func (c *config) limits(f *flag.FlagSet) {
	add := func(opt vpceptest.Option) { c.options = append(c.options, opt) }
	text := func(name, usage string, opt func(string) vpceptest.Option) {
		define(f, name, usage, func(value string) (string, error) { return value, nil }, opt, add)
	}
	duration := func(name string, initial time.Duration, usage string, opt func(time.Duration) vpceptest.Option) {
		add(opt(initial))
		define(f, name, fmt.Sprintf("%s (default %v)", usage, initial), time.ParseDuration, opt, add)
	}
	number := func(name string, initial int, usage string, opt func(int) vpceptest.Option) {
		add(opt(initial))
		define(f, name, fmt.Sprintf("%s (default %d)", usage, initial), strconv.Atoi, opt, add)
	}
	text("project", "project `ID`; a fixed one by default", vpceptest.WithProjectID)
	text("token", "`token` that is always valid; a random one by default", vpceptest.WithToken)
	text("account", "project `ID` of another account, with its own credentials; may be repeated", func(id string) vpceptest.Option {
		return vpceptest.WithAccount(vpceptest.Account{
			ProjectID: id, AccessKey: rand.Text()[:20], SecretKey: rand.Text(), User: "user-of-" + id, Password: rand.Text(),
		})
	})
	duration("create-delay", 2*time.Second, "how long endpoints and services are creating", vpceptest.WithCreateDelay)
	duration("delete-delay", 2*time.Second, "how long endpoints and services are deleting", vpceptest.WithDeleteDelay)
	duration("change-delay", 0, "how long until changes show", vpceptest.WithChangeDelay)
	duration("read-lag", 0, "how long until new endpoints can be read by ID", vpceptest.WithReadLag)
	duration("list-lag", 0, "how long until lists show new endpoints", vpceptest.WithListLag)
	define(f, "unordered-list-lag", "like -list-lag, but a random `duration` up to this for each endpoint",
		time.ParseDuration, vpceptest.WithUnorderedListLag, add)
	duration("token-lifetime", 24*time.Hour, "how long the token of a login is valid", vpceptest.WithTokenLifetime)
	number("quota", 50, "endpoints per account; 0 means no limit", vpceptest.WithQuota)
	number("service-quota", 20, "services per account; 0 means no limit", vpceptest.WithServiceQuota)
	number("per-minute", 0, "requests per account and minute; 0 means no limit", vpceptest.WithThrottling)
	number("page", 0, "most entries in a page; 0 means as requested", vpceptest.WithPageLimit)
	text("failing-route-table", "`ID` of a route table that cannot be bound; may be repeated", func(id string) vpceptest.Option {
		return vpceptest.WithFailingRouteTable(id, "")
	})
	f.BoolFunc("drift", "deviate from the documentation in all known ways, or only in some, with -drift=a,b: "+driftNames(), func(value string) error {
		return panics(func() { add(drifts(value)) })
	})
	f.BoolFunc("shuffled", "lists have no order within a second", func(string) error { add(vpceptest.WithShuffledSeconds()); return nil })
	f.BoolFunc("fractional", "times have milliseconds", func(string) error { add(vpceptest.WithFractionalTimes()); return nil })
}

// define defines a flag whose value is read with parse, and sets opt with it.
func define[T any](
	f *flag.FlagSet, name, usage string, parse func(string) (T, error), opt func(T) vpceptest.Option, add func(vpceptest.Option),
) {
	f.Func(name, usage, func(value string) error {
		v, err := parse(value)
		if err != nil {
			return err
		}
		return panics(func() { add(opt(v)) })
	})
}

func drifts(value string) vpceptest.Option {
	if value == "true" { // the flag alone
		return vpceptest.WithDrift()
	}
	var list []vpceptest.Drift
	for name := range strings.SplitSeq(value, ",") {
		list = append(list, vpceptest.Drift(name))
	}
	return vpceptest.WithDrift(list...)
}

func driftNames() string {
	var names []string
	for _, d := range vpceptest.AllDrifts() {
		names = append(names, string(d))
	}
	return strings.Join(names, ", ")
}

// panics runs f and returns what it panics with: invalid options panic.
func panics(f func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New(strings.TrimPrefix(fmt.Sprint(p), "vpceptest: "))
		}
	}()
	f()
	return nil
}

// all returns the options for the flags; requests are printed to out.
func (c *config) all(out io.Writer) ([]vpceptest.Option, error) {
	opts := append(slices.Clone(c.options),
		vpceptest.WithProjectName(c.region), vpceptest.WithBasePath(c.basePath), vpceptest.WithListen(c.listen),
		vpceptest.WithAccessKey(c.accessKey, c.secretKey), vpceptest.WithoutRecording(),
		vpceptest.WithUser(vpceptest.User{Name: c.user, Password: c.password, DomainName: c.domain}),
	)
	if c.tls {
		opts = append(opts, vpceptest.WithTLS())
	}
	if c.security != "" {
		opts = append(opts, vpceptest.WithSecurityToken(c.accessKey, c.security))
	}
	if c.agency > 0 {
		opts = append(opts, vpceptest.WithAgency(c.agency))
	}
	if c.metadataToken {
		opts = append(opts, vpceptest.WithMetadataToken())
	}
	if !c.quiet {
		opts = append(opts, vpceptest.WithRequestLog(func(r vpceptest.Request) {
			target := r.Path
			if len(r.Query) > 0 {
				target += "?" + r.Query.Encode()
			}
			status := "dropped"
			if r.Status != 0 {
				status = strconv.Itoa(r.Status)
			}
			fmt.Fprintln(out, r.Time.Format("15:04:05.000"), status, r.Method, target, r.Operation)
		}))
	}
	if c.seed == "" {
		return opts, nil
	}
	file, err := os.Open(c.seed)
	if err != nil {
		return nil, fmt.Errorf("-seed: %w", err)
	}
	defer file.Close()
	var seed vpceptest.Seed
	if err := decode(file, &seed); err != nil {
		return nil, fmt.Errorf("-seed %s: %w", c.seed, err)
	}
	return append(opts, vpceptest.WithSeed(seed)), nil
}

// decode reads one JSON value whose fields are all known.
func decode(r io.Reader, value any) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(value); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is more text after the JSON value")
	}
	return nil
}
