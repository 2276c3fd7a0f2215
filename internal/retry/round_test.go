package retry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// letAll lets out as many callers as a round allows.
func letAll(r *round) (n int) {
	for r.letOut(now) {
		n++
	}
	return n
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRoundsGrowWhileRequestsPass(t *testing.T) {
	r := firstRound()
	for _, size := range []int{1, 2, 4, 8} {
		assert.False(t, r.isOver(now), "it has not begun")
		assert.False(t, r.isPassed(), "nobody has asked")
		assert.Equal(t, size, letAll(&r))
		for i := range size {
			assert.False(t, r.isOver(now), "an answer is missing")
			assert.False(t, r.isPassed(), "an answer is missing")
			r.answered(r.number, i == 0)
		}
		assert.True(t, r.isOver(now))
		assert.True(t, r.isPassed())
		r = r.next()
	}
	letAll(&r)
	for range r.size {
		r.answered(r.number, false)
	}
	assert.True(t, r.isOver(now))
	assert.False(t, r.isPassed(), "no request passed")
	r = r.next()
	assert.Equal(t, 1, letAll(&r), "they begin anew")
}

func TestRoundsAreBounded(t *testing.T) {
	r := round{size: maxRound, passed: 1}
	assert.Equal(t, maxRound, r.next().size)
}

func TestLateAnswerToARoundBefore(t *testing.T) {
	old := firstRound()
	letAll(&old)
	r := old.next()
	assert.Equal(t, 1, letAll(&r))
	r.answered(old.number, true)
	assert.False(t, r.isOver(now), "the answer to this one is missing")
	r.giveBack(old.number)
	assert.False(t, r.letOut(now), "it was not a turn of this round")
	r.answered(r.number, false)
	assert.True(t, r.isPassed(), "a late success is one, too")
}

func TestTurnThatIsGivenBack(t *testing.T) {
	r := firstRound()
	letAll(&r)
	r.giveBack(r.number)
	assert.False(t, r.isOver(now))
	assert.Equal(t, 1, letAll(&r), "another one may go")
	r.answered(r.number, true)
	assert.True(t, r.isOver(now), "nothing else is waited for")
}

func TestRoundThatGetsNoAnswer(t *testing.T) {
	r := round{size: 2}
	assert.True(t, r.letOut(now))
	assert.False(t, r.isOver(now.Add(lease)), "another one may go")
	assert.True(t, r.letOut(now.Add(time.Second)))
	assert.False(t, r.isOver(now.Add(lease)), "counted since the last one was let out")
	assert.False(t, r.isOver(now.Add(time.Second+15*time.Second-1)))
	assert.True(t, r.isOver(now.Add(time.Second+15*time.Second)))
}
