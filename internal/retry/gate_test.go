package retry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patient has a ThrottleTimeout that outlasts all throttling in these tests.
func patient() Policy { return Policy{ThrottleTimeout: time.Hour}.WithDefaults() }

// shut returns a gate that was closed just now, and the call that did it.
func shut(t *testing.T, p Policy, after, window time.Duration) (*Gate, *Turn) {
	t.Helper()
	g, turn := new(Gate), new(Turn)
	require.NoError(t, g.Enter(t.Context(), p, turn))
	turn.Throttled(p, time.Now(), after, window)
	return g, turn
}

func TestOpenGateCostsNothing(t *testing.T) {
	var g Gate
	p := patient()
	ctx := t.Context()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		var turn Turn
		if g.Enter(ctx, p, &turn) != nil {
			t.Fatal("it is open")
		}
		turn.Passed()
		turn.Unknown()
	}))
}

func BenchmarkOpenGate(b *testing.B) {
	var g Gate
	p := patient()
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		var turn Turn
		_ = g.Enter(ctx, p, &turn)
		turn.Passed()
	}
}

func TestGatesOfAClient(t *testing.T) {
	var gates Gates
	assert.Same(t, gates.Of(Create), gates.Of(KeyedCreate))
	for _, op := range []Operation{Read, Update, Delete} {
		assert.NotSame(t, gates.Of(Create), gates.Of(op))
	}
}

func TestGateHoldsOneCallerForThePauseAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		g, turn := shut(t, p, 0, 0)
		start := time.Now()
		for pauses := range 8 {
			require.NoError(t, g.Enter(t.Context(), p, turn))
			bound := p.throttlePause(pauses, 0)
			assert.LessOrEqual(t, time.Since(start), bound)
			assert.GreaterOrEqual(t, time.Since(start), bound*3/4)
			time.Sleep(time.Second)
			start = time.Now()
			turn.Throttled(p, start, 0, 0)
		}
		require.NoError(t, g.Enter(t.Context(), p, turn))
		turn.Passed()
		start = time.Now()
		require.NoError(t, g.Enter(t.Context(), p, turn))
		assert.Zero(t, time.Since(start), "it is open")
		turn.Throttled(p, start, 0, 0)
		require.NoError(t, g.Enter(t.Context(), p, turn))
		assert.LessOrEqual(t, time.Since(start), p.BaseDelay, "a request that passed begins the pauses anew")
	})
}

func TestGateWaitsAsLongAsTheServiceAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		for after, want := range map[time.Duration]time.Duration{7 * time.Second: 7 * time.Second, time.Hour: 20 * time.Second} {
			start := time.Now()
			g, turn := shut(t, p, after, 0)
			require.NoError(t, g.Enter(t.Context(), p, turn))
			assert.Equal(t, want, time.Since(start))
		}
	})
}

func TestGateWithTheShortestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Policy{BaseDelay: 1, MaxDelay: 4}.WithDefaults()
		start := time.Now()
		g, turn := shut(t, p, 0, 0)
		require.NoError(t, g.Enter(t.Context(), p, turn))
		assert.Equal(t, time.Duration(1), time.Since(start))
	})
}

func TestGateObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		g, turn := shut(t, p, 10*time.Second, 0)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		assert.ErrorIs(t, g.Enter(ctx, p, turn), context.Canceled)
		assert.Equal(t, time.Second, time.Since(start))

		start = time.Now()
		short, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		for _, turn := range []*Turn{turn, new(Turn)} {
			assert.ErrorIs(t, g.Enter(short, p, turn), context.DeadlineExceeded)
		}
		impatient := p
		impatient.ThrottleTimeout = 5 * time.Second
		assert.ErrorIs(t, g.Enter(t.Context(), impatient, new(Turn)), ErrPatience)
		assert.ErrorIs(t, g.Enter(short, impatient, new(Turn)), context.DeadlineExceeded, "the first of the two")
		assert.Zero(t, time.Since(start), "a wait that cannot end in time is not begun")
		assert.Empty(t, g.queue)
	})
}

// If a pause becomes longer, waits that would end before it end at once.
func TestLongerPauseEndsWaitsThatDoNotOutlastIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		var g Gate
		var first, late Turn
		require.NoError(t, g.Enter(t.Context(), p, &first))
		require.NoError(t, g.Enter(t.Context(), p, &late))
		start := time.Now()
		first.Throttled(p, start, 5*time.Second, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var waits sync.WaitGroup
		waits.Go(func() {
			assert.ErrorIs(t, g.Enter(ctx, p, &first), context.DeadlineExceeded)
			assert.Equal(t, time.Second, time.Since(start))
		})
		time.Sleep(time.Second)
		late.Throttled(p, start, 15*time.Second, 0)
		waits.Wait()
		require.NoError(t, g.Enter(t.Context(), p, &late))
		assert.Equal(t, 16*time.Second, time.Since(start))
	})
}

// Requests in flight when the gate closed say nothing new.
func TestRefusalsOfOneBurstCountOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		var g Gate
		turns := make([]Turn, 10)
		for i := range turns {
			require.NoError(t, g.Enter(t.Context(), p, &turns[i]))
		}
		start := time.Now()
		for i := range turns {
			turns[i].Throttled(p, start, 0, 0)
		}
		require.NoError(t, g.Enter(t.Context(), p, &turns[9]))
		assert.LessOrEqual(t, time.Since(start), p.BaseDelay)
	})
}

// After a pause one is let out, then two, four, and so on; a refusal closes the gate
// for all who are left.
func TestGateLetsOutMoreAndMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, latency = 100, time.Second
		p := patient()
		g, _ := shut(t, p, 5*time.Second, 0)
		begin := time.Now()
		var mu sync.Mutex
		out := map[time.Duration]int{}
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				var turn Turn
				for {
					require.NoError(t, g.Enter(t.Context(), p, &turn))
					sent := time.Now()
					second := sent.Sub(begin) / time.Second
					mu.Lock()
					out[second]++
					mu.Unlock()
					time.Sleep(latency)
					if second != 8 {
						turn.Passed()
						return
					}
					turn.Throttled(p, sent, 6*time.Second, 0)
				}
			})
		}
		all.Wait()
		assert.Equal(t, map[time.Duration]int{5: 1, 6: 2, 7: 4, 8: 8, 15: 1, 16: 2, 17: 4, 18: 8, 19: 16, 20: 32, 21: 30}, out)
	})
}

// A caller that gives up passes its turn on, and a turn that is never reported holds up
// nobody for ever.
func TestNoTurnIsLost(t *testing.T) {
	for name, tt := range map[string]struct {
		vanish func(context.CancelFunc, *Turn)
		wait   time.Duration
	}{
		"reported":     {func(_ context.CancelFunc, turn *Turn) { turn.Unknown() }, 0},
		"refused":      {func(_ context.CancelFunc, turn *Turn) { turn.Throttled(patient(), time.Now(), 9*time.Second, 0) }, 9 * time.Second},
		"panicked":     {func(_ context.CancelFunc, turn *Turn) { panicky(turn) }, 0},
		"never at all": {func(context.CancelFunc, *Turn) {}, lease},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := patient()
				g, first := shut(t, p, 5*time.Second, 0)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				require.NoError(t, g.Enter(ctx, p, first))
				start := time.Now()
				var others sync.WaitGroup
				for range 3 {
					others.Go(func() {
						var turn Turn
						assert.NoError(t, g.Enter(t.Context(), p, &turn))
						assert.Equal(t, tt.wait, time.Since(start))
						turn.Passed()
					})
				}
				synctest.Wait()
				tt.vanish(cancel, first)
				others.Wait()
				assert.NoError(t, g.Enter(t.Context(), p, new(Turn)), "it is open")
				assert.Equal(t, tt.wait, time.Since(start))
			})
		})
	}
}

// The gate may open between a caller's check and its wait.
func TestGateThatOpensInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate
		var turn Turn
		p := patient()
		require.NoError(t, g.Enter(t.Context(), p, &turn))
		start := time.Now()
		require.NoError(t, g.wait(t.Context(), p, &turn))
		assert.Zero(t, time.Since(start))
		assert.Empty(t, g.queue)
		turn.Throttled(p, start, 0, 0)
		require.NoError(t, g.Enter(t.Context(), p, &turn))
		assert.NotZero(t, time.Since(start), "its refusal closes the gate")
	})
}

// A caller that is let out while it gives up passes its turn on, too.
func TestTurnOfACallerThatGivesUpIsHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		g, first := shut(t, p, 5*time.Second, 0)
		leaving := g.join(first)
		var next sync.WaitGroup
		next.Go(func() {
			assert.NoError(t, g.Enter(t.Context(), p, new(Turn)))
		})
		synctest.Wait()
		time.Sleep(6 * time.Second)
		start := time.Now()
		left, err := g.look(leaving, waitEnd{at: start.Add(time.Hour)})
		assert.NoError(t, err)
		assert.Zero(t, left, "it is let out")
		g.leave(leaving)
		next.Wait()
		assert.Zero(t, time.Since(start), "nobody waits for what comes of it")
	})
}

// A call without a turn that is refused does not lengthen the pause of the others.
func TestRefusalWithoutATurnTellsNothingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		start := time.Now()
		g, first := shut(t, p, 5*time.Second, 0)
		impatient := p
		impatient.ThrottleTimeout = time.Second
		var turn Turn
		require.ErrorIs(t, g.Enter(t.Context(), impatient, &turn), ErrPatience)
		time.Sleep(4 * time.Second)
		turn.Throttled(p, time.Now(), 0, time.Minute)
		require.NoError(t, g.Enter(t.Context(), p, first))
		assert.Equal(t, 5*time.Second, time.Since(start))
	})
}

func panicky(turn *Turn) {
	defer func() { _ = recover() }()
	defer turn.Unknown()
	panic("in an attempt")
}

// Late responses count, too: otherwise, a gate would never open for a slow service.
func TestGateOpensToASlowService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient()
		g, _ := shut(t, p, 0, 0)
		var all sync.WaitGroup
		start := time.Now()
		for range 20 {
			all.Go(func() {
				var turn Turn
				assert.NoError(t, g.Enter(t.Context(), p, &turn))
				time.Sleep(4 * lease)
				turn.Passed()
			})
		}
		all.Wait()
		assert.Less(t, time.Since(start), 20*lease)
		assert.NoError(t, g.Enter(t.Context(), p, new(Turn)))
	})
}

// Callers come and go at random, some of them at the very moment they are let out. In
// the end the gate is still in order.
func TestGateSurvivesCallersThatComeAndGo(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			p := patient()
			g, _ := shut(t, p, 0, 0)
			var all sync.WaitGroup
			for range 300 {
				start, life := time.Duration(random.IntN(60_000))*time.Millisecond, time.Duration(random.IntN(20_000))*time.Millisecond
				fate := random.IntN(10)
				all.Go(func() {
					time.Sleep(start)
					ctx, cancel := context.WithTimeout(t.Context(), life)
					defer cancel()
					var turn Turn
					defer turn.Unknown()
					for g.Enter(ctx, p, &turn) == nil {
						sent := time.Now()
						time.Sleep(life / 3)
						switch {
						case fate < 4:
							turn.Passed()
							return
						case fate < 7:
							turn.Throttled(p, sent, 0, 0)
						case fate < 9:
							turn.Unknown()
							return
						default:
							return
						}
					}
				})
			}
			all.Wait()
			g.mu.Lock()
			assert.Empty(t, g.queue)
			g.mu.Unlock()
			var turn Turn
			require.NoError(t, g.Enter(t.Context(), p, &turn))
			turn.Passed()
		})
	}
}

// Without the clock of a bubble: many callers whose contexts end while they wait.
func TestGateUnderCancellation(t *testing.T) {
	p := Policy{BaseDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond, ThrottleTimeout: time.Minute}
	var g Gate
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%2 == 0 {
				time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
			}
			var turn Turn
			defer turn.Unknown()
			for tries := 0; g.Enter(ctx, p, &turn) == nil; tries++ {
				if tries == 0 || tries < 5 && i%7 == 0 {
					turn.Throttled(p, time.Now(), 0, 0)
					continue
				}
				turn.Passed()
				passed.Add(1)
				return
			}
		})
	}
	all.Wait()
	assert.GreaterOrEqual(t, passed.Load(), int64(100), "those whose context lived")
	assert.Empty(t, g.queue)
}

// The same for calls that are sometimes refused: the gate opens and closes all the time.
func TestGateUnderLoad(t *testing.T) {
	p := Policy{BaseDelay: 100 * time.Microsecond, MaxDelay: time.Millisecond, ThrottleTimeout: time.Minute}
	var g Gate
	var made atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 100 {
				var turn Turn
				for {
					if !assert.NoError(t, g.Enter(t.Context(), p, &turn)) {
						return
					}
					if made.Add(1)%50 != 0 {
						turn.Passed()
						break
					}
					turn.Throttled(p, time.Now(), 0, 0)
				}
			}
		})
	}
	all.Wait()
	assert.Empty(t, g.queue)
}

// limit is a service that responds after a latency, and lets so many requests through
// in each window.
type limit struct {
	requests        int
	window, latency time.Duration
	message         string

	mu    sync.Mutex
	begin time.Time
	made  int
	count map[time.Duration]int
}

func newLimit(window, latency time.Duration, message string) *limit {
	return &limit{requests: 60, window: window, latency: latency, message: message, begin: time.Now(), count: map[time.Duration]int{}}
}

func (l *limit) serve() bool {
	time.Sleep(l.latency / 2)
	l.mu.Lock()
	l.made++
	n := time.Since(l.begin) / l.window
	l.count[n]++
	passed := l.count[n] <= l.requests
	l.mu.Unlock()
	time.Sleep(l.latency - l.latency/2)
	return passed
}

// call goes through a gate until it has passed. It reports how often it was refused.
func (l *limit) call(t *testing.T, g *Gate, p Policy) (refused int) {
	var turn Turn
	defer turn.Unknown()
	for {
		if !assert.NoError(t, g.Enter(t.Context(), p, &turn)) {
			return refused
		}
		sent := time.Now()
		if l.serve() {
			turn.Passed()
			return refused
		}
		refused++
		turn.Throttled(p, sent, 0, Window(l.message))
	}
}

// 256 callers behind a limit of 60 a minute: each comes through, and beside the 256
// that succeed, and the first try of each, few requests are made.
func TestGateKeepsACrowdFromFlooding(t *testing.T) {
	for _, message := range []string{"limit:60,time:1 minute", ""} {
		for _, latency := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second, 3 * time.Second} {
			t.Run(fmt.Sprintf("%s, window %q", latency, message), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const callers = 256
					var g Gate
					l := newLimit(time.Minute, latency, message)
					var all sync.WaitGroup
					for range callers {
						all.Go(func() { l.call(t, &g, patient()) })
					}
					all.Wait()
					t.Logf("%d requests in %s", l.made, time.Since(l.begin))
					assert.LessOrEqual(t, l.made, 2*callers+100)
					assert.Less(t, time.Since(l.begin), 6*l.window)
				})
			})
		}
	}
}

// More calls come than the limit takes: the older ones are served first, and those
// who have waited keep their place when they are refused.
func TestGateServesTheOldestFirst(t *testing.T) {
	for _, latency := range []time.Duration{20 * time.Millisecond, time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const calls, pace = 1500, 200 * time.Millisecond
				var g Gate
				l := newLimit(time.Minute, latency, "limit:60,time:1 minute")
				var mu sync.Mutex
				var served []int
				var refused atomic.Int64
				var all sync.WaitGroup
				for i := range calls {
					all.Go(func() {
						time.Sleep(time.Duration(i) * pace)
						refused.Add(int64(l.call(t, &g, patient())))
						mu.Lock()
						served = append(served, i)
						mu.Unlock()
					})
				}
				all.Wait()
				require.Len(t, served, calls)
				late := 0 // by how many places at most
				for place, i := range slices.All(served) {
					late = max(late, place-i)
				}
				t.Logf("%d requests for %d calls, %d refused, in %s; %d places late at most", l.made, calls, refused.Load(), time.Since(l.begin), late)
				assert.LessOrEqual(t, late, 64, "one round")
				assert.Less(t, time.Since(l.begin), (calls/60+3)*l.window)
				assert.LessOrEqual(t, refused.Load(), int64(calls/2))
			})
		})
	}
}
