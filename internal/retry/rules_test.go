package retry_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/vpcep/vpcep-go/internal/retry"
)

func TestDecide(t *testing.T) {
	const (
		no, again, unknown, search, done = retry.No, retry.Again, retry.Unknown, retry.Search, retry.Done
	)
	operations := []retry.Operation{retry.Create, retry.KeyedCreate, retry.Read, retry.Update, retry.Delete}
	table := map[retry.Event][]retry.Verdict{
		//                  Create   Keyed  Read   Update Delete
		retry.Unsent:       {again, again, again, again, again},
		retry.Unprocessed:  {again, again, again, again, again},
		retry.Permanent:    {no, no, no, no, no},
		retry.Throttled:    {again, again, again, again, again},
		retry.TimedOut:     {unknown, search, again, again, again},
		retry.ServerError:  {unknown, search, again, again, again},
		retry.Broken:       {unknown, search, again, again, again},
		retry.Unreadable:   {unknown, search, no, no, no},
		retry.Gone:         {no, no, no, no, no},
		retry.Unauthorized: {no, no, no, no, no},
		retry.Renewed:      {again, again, again, again, again},
		retry.Refused:      {no, no, no, no, no},
	}
	for event, verdicts := range table {
		for i, want := range verdicts {
			assert.Equal(t, want, retry.Decide(operations[i], event, false), "operation %d, event %d", operations[i], event)
			if operations[i] == retry.Delete && event == retry.Gone {
				want = done
			}
			assert.Equal(t, want, retry.Decide(operations[i], event, true), "operation %d, event %d, maybe done", operations[i], event)
		}
	}
	assert.Len(t, table, 12, "every event")
}

// After an unknown outcome, there is never a second create.
func TestNoSecondCreate(t *testing.T) {
	for event := retry.Unsent; event <= retry.Refused; event++ {
		if event.MaybeDone() {
			assert.Equal(t, retry.Unknown, retry.Decide(retry.Create, event, false))
			assert.Equal(t, retry.Search, retry.Decide(retry.KeyedCreate, event, false))
		} else {
			assert.NotEqual(t, retry.Unknown, retry.Decide(retry.Create, event, false))
		}
	}
}
