// Package keyed creates one resource for one idempotency key, although the service has no
// such keys. Any number of processes may try at once, be killed, and try again.
//
// The key is in a tag of the resource, and lists show it. All processes agree on one order
// of the resources of a key: by the second of their creation, then by ID. The first one
// wins. A process decides only on a list that can no longer change in what matters: one
// that began after the winner's second was over by the service's clock, and that shows all
// resources that the process knows about. A call that created a later resource deletes it.
//
// Lists that lag can hide the winner. A client therefore measures how long lists take to
// show the resources it creates, from the request to the first list that shows one, and
// waits for that long after the second. Its first create searches twice for this: at once,
// and when it may decide. For the next ten minutes, creates wait before they search, and
// search once: a list, the create and one more list.
//
// A resource that somebody else created, or may have created, may still be deleted by the
// call that created it. It is returned only when its second has been over for the window,
// within which lists must show any resource that comes before it. This applies to a call
// that finds somebody else's new resource, and to one whose response was lost. No caller
// loses a resource that was returned to it: before that time, only the call that created a
// resource returns it, and afterwards every call returns the winner, which nobody deletes.
// Two calls cannot both return their own resource, as long as lists show a resource to
// everybody at the same time or in the order of creation: the call whose resource shows
// later sees both.
//
// What remains: if lists suddenly lag longer than measured, or show a resource before an
// earlier one, they can hide the winner from the call that created a later resource, which
// then returns its own. Both stay, and every later call reports them; a call with Resume,
// whose key nobody else uses, resolves this. The only way to avoid it would be for every
// create to wait for the whole window.
//
// The package knows IDs, times and a port to the service, but no HTTP.
package keyed

// Evidence is what a call knows when it decides what to do next.
type Evidence struct {
	// Failed: the search had a transient failure.
	Failed bool
	// Keyed is how many resources show the key.
	Keyed int
	// Answered: a response to this call contained the whole resource.
	Answered bool
	// Complete: all resources that responses to this call have named are shown.
	Complete bool
	// Settled: when the search began, the winner's second had been over for as long as
	// lists lag.
	Settled bool
	// Recent: the search began less than the window after the last request that may have
	// created a resource, or that was refused because of another one's. It may not show
	// that resource.
	Recent bool
	// Missing: a request may have created a resource that is not among those shown.
	Missing bool
	// Own: this call created, and may delete, resources that come after the winner.
	Own bool
	// Others: somebody else created resources that come after the winner.
	Others bool
	// Patient: the calls that created them may still be about to delete them.
	Patient bool
	// Young: somebody else created the winner, and when the search began, its second had
	// not been over for the window. Lists may still show a resource that comes before it,
	// and the call that created it would then delete it.
	Young bool
	// Refused: the last request was refused, for a reason that an earlier one may have caused.
	Refused bool
	// Hidden: a resource may be that of an earlier request, but its tags are not shown.
	Hidden bool
	// Left: further requests may be sent.
	Left bool
}

// Step is what to do next.
type Step uint8

const (
	// Post: send the request.
	Post Step = iota
	// SearchAgain: search again after a pause.
	SearchAgain
	// WaitForSecond: wait until the winner's second has been over for as long as lists lag,
	// then search again.
	WaitForSecond
	// WaitForWindow: wait until that second has been over for the window, then search again.
	WaitForWindow
	// DeleteOwn: delete the later resources that this call created, then search again.
	DeleteOwn
	// ReturnWinner: the first resource of the key is the result.
	ReturnWinner
	// ReturnAnswer: the resource from the response is the result, although no list shows it.
	ReturnAnswer
	// ReportDuplicates: several resources carry the key, and nobody deletes the later ones.
	ReportDuplicates
	// ReportRefusal: the request was refused.
	ReportRefusal
	// ReportHidden: the cloud drops the tag that carries the key.
	ReportHidden
	// GiveUp: it is unknown whether there is a resource.
	GiveUp
)

// rules are tried in order; the first one that applies is the step.
var rules = []struct {
	step    Step
	applies func(Evidence) bool
}{
	// A failed search says nothing.
	{SearchAgain, func(e Evidence) bool { return e.Failed && e.Recent }},
	{ReturnAnswer, func(e Evidence) bool { return e.Failed && e.Answered }},
	{GiveUp, func(e Evidence) bool { return e.Failed }},

	// No resource shows the key.
	{SearchAgain, func(e Evidence) bool { return e.Keyed == 0 && e.Recent }},
	{ReturnAnswer, func(e Evidence) bool { return e.Keyed == 0 && e.Answered }},
	{ReportRefusal, func(e Evidence) bool { return e.Keyed == 0 && e.Refused }},
	{ReportHidden, func(e Evidence) bool { return e.Keyed == 0 && e.Hidden }},
	{GiveUp, func(e Evidence) bool { return e.Keyed == 0 && !e.Left }},
	{Post, func(e Evidence) bool { return e.Keyed == 0 }},

	// Some do, and what is shown may still change.
	{SearchAgain, func(e Evidence) bool { return e.Recent && (!e.Complete || e.Missing) }},
	{WaitForSecond, func(e Evidence) bool { return !e.Settled }},

	// It can no longer change for what this call has created.
	{DeleteOwn, func(e Evidence) bool { return e.Own }},
	{WaitForWindow, func(e Evidence) bool { return e.Young }},
	{SearchAgain, func(e Evidence) bool { return e.Others && e.Patient }},
	{ReportDuplicates, func(e Evidence) bool { return e.Others }},
	{ReturnWinner, func(Evidence) bool { return true }},
}

// Decide returns the next step.
func Decide(e Evidence) Step {
	for _, rule := range rules {
		if rule.applies(e) {
			return rule.step
		}
	}
	return GiveUp
}
