// Bench measures what the library costs, compared with alternatives: the same
// create call by hand with net/http and encoding/json, by resty alone, and by the
// vendor's SDK. It prints one table. Every ratio is to the code by hand, in the same
// round of the same run.
//
//	go run .          the whole table, in about four minutes
//	go run . -short   a part of it, in seconds
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"strings"
	"time"
)

// plan is how much is measured.
type plan struct {
	rounds, loadRounds int
	slot, loadSlot     time.Duration
	short              bool
}

func main() {
	log.SetFlags(0)
	p := plan{rounds: 9, loadRounds: 20, slot: 60 * time.Millisecond, loadSlot: 150 * time.Millisecond}
	flag.BoolVar(&p.short, "short", false, "measure less, in less time")
	rounds := flag.Int("rounds", 0, "rounds of each measurement (default 9 in memory, 20 over TLS; 3 with -short)")
	slot := flag.Duration("duration", 0, "time of one round of one contender (default 60ms in memory, 150ms over TLS; 20ms and 100ms with -short)")
	flag.Parse()
	if p.short {
		p = plan{rounds: 3, loadRounds: 3, slot: 20 * time.Millisecond, loadSlot: 100 * time.Millisecond, short: true}
	}
	if *rounds > 0 {
		p.rounds, p.loadRounds = *rounds, *rounds
	}
	if *slot > 0 {
		p.slot, p.loadSlot = *slot, *slot
	}
	start := time.Now()
	t, summary, err := p.run()
	if err != nil {
		log.Fatal(err)
	}
	t.print(os.Stdout)
	fmt.Printf("\n%s", summary)
	fmt.Printf("\n%s, %d cores, %s, %s/%s; medians of %d rounds in memory and %d over TLS, in turn; %.0f s\n",
		cpuName(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, p.rounds, p.loadRounds, time.Since(start).Seconds())
}

// run measures everything. The summary compares the results with their bounds.
func (p plan) run() (*table, string, error) {
	t := &table{columns: []string{""}}
	for _, c := range contenders {
		t.columns = append(t.columns, c.name)
	}
	var summary strings.Builder
	for _, body := range payloads() {
		if err := p.inMemory(t, &summary, body); err != nil {
			return nil, "", err
		}
	}
	for _, body := range payloads() {
		if err := p.parts(t, body); err != nil {
			return nil, "", err
		}
	}
	for _, setting := range p.loads() {
		if err := p.overTLS(t, &summary, setting); err != nil {
			return nil, "", err
		}
	}
	if err := lists(t); err != nil {
		return nil, "", err
	}
	sizes := []int{0, 1_000, 10_000, 100_000}
	if p.short {
		sizes = sizes[:2]
	}
	if err := keyedCosts(t, sizes...); err != nil {
		return nil, "", err
	}
	err := weights(t, &summary)
	return t, summary.String(), err
}

func (p plan) inMemory(t *table, summary *strings.Builder, body payload) error {
	calls, err := memoryCalls(contenders, body)
	if err != nil {
		return err
	}
	costs := inTurn(p.rounds, p.slot, calls)
	t.section("one call in memory, " + body.name)
	for _, figure := range []struct {
		name   string
		of     func(cost) float64
		format func(float64) string
	}{
		{"time", nanos, duration},
		{"allocations", allocs, func(n float64) string { return fmt.Sprintf("%.0f", n) }},
		{"bytes allocated", size, func(n float64) string { return fmt.Sprintf("%.0f", n) }},
	} {
		row := []string{figure.name}
		for _, rounds := range costs {
			row = append(row, withRatio(figure.format(median(rounds, figure.of)), medianRatio(rounds, costs[0], figure.of)))
		}
		t.row(row...)
	}
	own, signing, sdk := costs[indexOf(library)], costs[indexOf(librarySigning)], costs[indexOf(vendorSDK)]
	fmt.Fprintf(summary, "one call in memory, %s: ×%.2f the time (at most 1.25) and ×%.2f the allocations (at most 1.30) of the code by hand;"+
		" the vendor's SDK takes ×%.2f the library's time (at least 1.50), ×%.2f with both signing\n",
		body.name, medianRatio(own, costs[0], nanos), medianRatio(own, costs[0], allocs),
		medianRatio(sdk, own, nanos), medianRatio(sdk, signing, nanos))
	return nil
}

// parts shows what the library does in a call, line by line.
func (p plan) parts(t *table, body payload) error {
	fs, err := memoryCalls([]contender{library}, body)
	if err != nil {
		return err
	}
	list := parts(body)
	for _, part := range list {
		for _, f := range []func(){part.library, part.byHand, part.resty} {
			if f != nil {
				fs = append(fs, f)
			}
		}
	}
	costs := inTurn(p.rounds, p.slot, fs)
	next := func() []cost {
		rounds := costs[0]
		costs = costs[1:]
		return rounds
	}
	t.section("its parts, " + body.name)
	format := func(nanos, allocs float64) string { return fmt.Sprintf("%s, %.0f allocs", duration(nanos), allocs) }
	call := next()
	rest := cost{nanos: median(call, nanos), allocs: median(call, allocs)}
	for _, part := range list {
		row := make([]string, 1+len(contenders))
		own := next()
		row[0], row[1+indexOf(library)] = part.name, format(median(own, nanos), median(own, allocs))
		if !part.isShare {
			rest.nanos -= median(own, nanos)
			rest.allocs -= median(own, allocs)
		}
		if part.byHand != nil {
			hand := next()
			row[1+indexOf(byHand)] = format(median(hand, nanos), median(hand, allocs))
			row[1+indexOf(library)] = withRatio(row[1+indexOf(library)], medianRatio(own, hand, nanos))
			if part.resty != nil {
				bare := next()
				row[1+indexOf(bareResty)] = withRatio(format(median(bare, nanos), median(bare, allocs)), medianRatio(bare, hand, nanos))
			}
		}
		t.row(row...)
	}
	t.libraryRow("what is left of a call with a token", format(max(rest.nanos, 0), max(rest.allocs, 0)))
	return nil
}

// setting is one measurement over TLS.
type setting struct {
	body    payload
	callers int
	http2   bool
}

func (p plan) loads() []setting {
	small, full := smallPayload(), fullPayload()
	if p.short {
		return []setting{{small, 1, false}, {small, 64, false}, {full, 64, false}}
	}
	var list []setting
	for _, body := range []payload{small, full} {
		for _, callers := range []int{1, 16, 64, 256} {
			list = append(list, setting{body, callers, false})
		}
	}
	return append(list, setting{small, 64, true})
}

func (p plan) overTLS(t *table, summary *strings.Builder, s setting) error {
	runners, err := load(contenders, s.body, s.callers, p.loadRounds, p.loadSlot, s.http2)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("over TLS, HTTP/1.1, %d callers, %s", s.callers, s.body.name)
	if s.http2 {
		title = fmt.Sprintf("over TLS, HTTP/2, %d callers, %s", s.callers, s.body.name)
	}
	if s.callers == 1 {
		title = strings.Replace(title, "callers", "caller", 1)
	}
	t.section(title)
	rates, cpu := []string{"calls a second"}, []string{"CPU time of a call, the server's included"}
	first, later := []string{"connections for each caller, warm-up"}, []string{"connections dialled once warm, calls"}
	itself := func(rate float64) float64 { return rate }
	for _, r := range runners {
		rates = append(rates, withRatio(fmt.Sprintf("%.0f", median(r.rates, itself)), medianRatio(r.rates, runners[0].rates, itself)))
		cpu = append(cpu, withRatio(duration(median(r.cpu, itself)), medianRatio(r.cpu, runners[0].cpu, itself)))
		first = append(first, fmt.Sprintf("%.2f", float64(r.warmUpDials)/float64(s.callers)))
		later = append(later, fmt.Sprintf("%d, %d", r.laterDials, r.calls))
	}
	t.row(rates...)
	t.row(cpu...)
	t.row(first...)
	t.row(later...)
	if s.callers == 64 && !s.http2 {
		own, sdk := runners[indexOf(library)], runners[indexOf(vendorSDK)]
		fmt.Fprintf(summary, "%s: ×%.2f the calls a second of the code by hand (at least 0.90), ×%.2f of the vendor's SDK (at least 5.00);"+
			" ×%.2f the CPU time of the code by hand; %.2f connections for each caller (at most 3), %d dialled once warm (none)\n",
			title, medianRatio(own.rates, runners[0].rates, itself), medianRatio(own.rates, sdk.rates, itself),
			medianRatio(own.cpu, runners[0].cpu, itself),
			float64(own.warmUpDials+own.laterDials)/float64(s.callers), own.laterDials)
	}
	return nil
}

func indexOf(c contender) int {
	for i, other := range contenders {
		if other.name == c.name {
			return i
		}
	}
	panic("no such contender: " + c.name)
}

// cpuName returns the processor's name, if known.
func cpuName() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
