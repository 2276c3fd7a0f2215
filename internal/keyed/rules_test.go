package keyed

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// evidenceOf is the evidence that names say, and that nothing speaks against.
func evidenceOf(keyed int, names string) Evidence {
	e := Evidence{Keyed: keyed}
	for _, name := range strings.Fields(names) {
		reflect.ValueOf(&e).Elem().FieldByName(name).SetBool(true)
	}
	return e
}

// Each rule is tested against the rules that it precedes.
func TestDecide(t *testing.T) {
	for _, test := range []struct {
		step     Step
		keyed    int
		evidence string
	}{
		// A search that failed.
		{SearchAgain, 0, "Failed Recent"},
		{SearchAgain, 0, "Failed Recent Answered Left Refused Hidden"},
		{ReturnAnswer, 0, "Failed Answered"},
		{ReturnAnswer, 2, "Failed Answered Left Refused Hidden Complete Settled Own Others"},
		{GiveUp, 0, "Failed"},
		{GiveUp, 0, "Failed Left Refused Hidden"},
		{GiveUp, 2, "Failed Left Complete Settled Own Others Patient"},

		// Nothing shows.
		{SearchAgain, 0, "Recent"},
		{SearchAgain, 0, "Recent Answered Refused Hidden Left"},
		{ReturnAnswer, 0, "Answered"},
		{ReturnAnswer, 0, "Answered Refused Hidden Left"},
		{ReportRefusal, 0, "Refused"},
		{ReportRefusal, 0, "Refused Hidden Left"},
		{ReportHidden, 0, "Hidden"},
		{ReportHidden, 0, "Hidden Left"},
		{GiveUp, 0, ""},
		{Post, 0, "Left"},
		{Post, 0, "Left Complete Settled Own Others Patient Missing Young"},

		// Something does that may still change.
		{SearchAgain, 1, "Recent"},
		{SearchAgain, 1, "Recent Settled"},
		{SearchAgain, 1, "Recent Complete Missing"},
		{SearchAgain, 2, "Recent Missing Complete Settled Own Others Young Refused Hidden Left Answered"},
		{WaitForSecond, 1, "Recent Complete"},
		{WaitForSecond, 1, "Missing"}, // the window is over: what is missing does not come
		{WaitForSecond, 2, "Complete Young Own Others Patient Refused Hidden Left Answered"},

		// Something does that does not.
		{DeleteOwn, 2, "Settled Own"},
		{DeleteOwn, 2, "Settled Own Young Others Patient"},
		{WaitForWindow, 1, "Settled Young"},
		{WaitForWindow, 2, "Settled Young Others Patient"},
		{WaitForWindow, 2, "Settled Young Others"},
		{SearchAgain, 2, "Settled Others Patient"},
		{ReportDuplicates, 2, "Settled Others"},
		{ReturnWinner, 1, "Settled Complete"},
		{ReturnWinner, 1, "Settled Complete Patient Refused Hidden Left Answered"},
		{ReturnWinner, 1, "Settled Complete Recent"},
		{ReturnWinner, 1, "Settled"},
	} {
		e := evidenceOf(test.keyed, test.evidence)
		assert.Equal(t, test.step, Decide(e), "%d: %s", test.keyed, test.evidence)
	}
}

// Whatever a call knows, it takes no step that cannot be taken back on evidence that
// can still change.
func TestDecideOnAllEvidence(t *testing.T) {
	final := func(s Step) bool { return s == DeleteOwn || s == ReturnWinner || s == ReportDuplicates }
	reached := map[Step]bool{}
	flags := reflect.TypeFor[Evidence]().NumField() - 1 // beside Keyed
	for bits := range 1 << flags {
		for keyed := range 3 {
			e := Evidence{Keyed: keyed}
			value, bit := reflect.ValueOf(&e).Elem(), 0
			for i := range value.NumField() {
				if field := value.Field(i); field.Kind() == reflect.Bool {
					field.SetBool(bits>>bit&1 == 1)
					bit++
				}
			}
			step := Decide(e)
			reached[step] = true
			var broken string
			switch {
			case step == Post && (keyed > 0 || e.Failed || e.Recent || e.Hidden || e.Refused || e.Answered || !e.Left):
				broken = "a request too many"
			case final(step) && (keyed == 0 || !e.Settled || e.Recent && (!e.Complete || e.Missing)):
				broken = "decided too early"
			case (step == ReturnWinner || step == ReportDuplicates) && e.Young:
				broken = "another one may win"
			case step == ReturnWinner && (e.Own || e.Others):
				broken = "duplicates hidden"
			case step == DeleteOwn && !e.Own:
				broken = "deletes what others made"
			case step == ReturnAnswer && (!e.Answered || e.Recent || !e.Failed && keyed > 0):
				broken = "lists may yet show more"
			case e.Failed && step != SearchAgain && step != ReturnAnswer && step != GiveUp:
				broken = "a failed search says nothing"
			case (step == GiveUp || step == ReportRefusal || step == ReportHidden) && (e.Answered || !e.Failed && keyed > 0):
				broken = "an endpoint is lost"
			}
			if broken != "" {
				t.Fatalf("%s: step %d on %+v", broken, step, e)
			}
		}
	}
	assert.Len(t, reached, int(GiveUp)+1, "steps that no evidence leads to")
}
