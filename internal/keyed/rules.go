// Package keyed makes one endpoint for one idempotency key, although the service
// knows no keys: any number of processes may try at once, be killed and try again.
//
// The key stands in a tag of the endpoint, and lists show it. All processes agree on
// one order of the endpoints of a key, the second of their creation and then their
// ID, and the first one wins. A process decides on nothing but a list that cannot
// change any more in what matters: one that was begun after the winner's second was
// over by the service's clock, and that shows all that the process knows of. Whoever
// made a later one deletes it.
//
// Lists that lag can hide the first one. That can cost nobody the endpoint he was
// given: nobody but the one who made an endpoint returns it before lists must show all
// of its second, and from then on everybody returns the first one, which nobody
// deletes. Two that both return their own do not exist either, where lists show an
// endpoint to all at the same time or in the order of creation: whoever's shows later
// sees both.
//
// The package knows IDs, times and a port to the service, and no HTTP.
package keyed

// Evidence is what a call knows when it decides what to do next.
type Evidence struct {
	// Failed: the search failed, in a way that may pass.
	Failed bool
	// Keyed is how many endpoints show the key.
	Keyed int
	// Answered: an answer to this call gave the whole endpoint.
	Answered bool
	// Complete: all endpoints that answers to this call have named show.
	Complete bool
	// Settled: the search was begun after the second of the winner was over.
	Settled bool
	// Lagging: lists were seen to lag, and the search was begun before the second of the
	// winner had been over for that long.
	Lagging bool
	// Recent: the search was begun less than the window after the last request that may
	// have made an endpoint, so that it may not show it.
	Recent bool
	// Missing: a request may have made an endpoint that none of those shown can be.
	Missing bool
	// Own: this call made, and may delete, endpoints that come after the winner.
	Own bool
	// Others: somebody else made endpoints that come after the winner.
	Others bool
	// Patient: their owners may still be about to delete them.
	Patient bool
	// Young: somebody else made the winner, and the search was begun before its second had
	// been over for the window. Lists may yet show one that comes before it, and whoever
	// made it then deletes it.
	Young bool
	// Refused: the last request was refused, for a reason that an earlier one may have caused.
	Refused bool
	// Hidden: an endpoint could be that of an earlier request, and its tags do not show.
	Hidden bool
	// Left: further requests may be sent.
	Left bool
}

// Step is what to do next.
type Step uint8

const (
	// Post: send the request.
	Post Step = iota
	// SearchAgain: after a pause.
	SearchAgain
	// WaitForSecond: until the winner's second is over, then search again.
	WaitForSecond
	// WaitForLag: after that second as long as lists were seen to lag, then search again.
	WaitForLag
	// WaitForWindow: after that second as long as lists can lag, then search again.
	WaitForWindow
	// DeleteOwn: delete what this call made beside the winner, then search again.
	DeleteOwn
	// ReturnWinner: the first endpoint of the key is the result.
	ReturnWinner
	// ReturnAnswer: what the service answered is the result, although no list shows it.
	ReturnAnswer
	// ReportDuplicates: several endpoints carry the key, and nobody deletes the later ones.
	ReportDuplicates
	// ReportRefusal: the request was refused.
	ReportRefusal
	// ReportHidden: the cloud does not keep the tag that carries the key.
	ReportHidden
	// GiveUp: nothing says whether there is an endpoint.
	GiveUp
)

// rules are looked at in their order; the first one that applies is the step.
var rules = []struct {
	step    Step
	applies func(Evidence) bool
}{
	// A search that failed says nothing.
	{SearchAgain, func(e Evidence) bool { return e.Failed && e.Recent }},
	{ReturnAnswer, func(e Evidence) bool { return e.Failed && e.Answered }},
	{GiveUp, func(e Evidence) bool { return e.Failed }},

	// Nothing shows the key.
	{SearchAgain, func(e Evidence) bool { return e.Keyed == 0 && e.Recent }},
	{ReturnAnswer, func(e Evidence) bool { return e.Keyed == 0 && e.Answered }},
	{ReportRefusal, func(e Evidence) bool { return e.Keyed == 0 && e.Refused }},
	{ReportHidden, func(e Evidence) bool { return e.Keyed == 0 && e.Hidden }},
	{GiveUp, func(e Evidence) bool { return e.Keyed == 0 && !e.Left }},
	{Post, func(e Evidence) bool { return e.Keyed == 0 }},

	// Something does: what is shown may still change.
	{SearchAgain, func(e Evidence) bool { return e.Recent && (!e.Complete || e.Missing) }},
	{WaitForSecond, func(e Evidence) bool { return !e.Settled }},
	{WaitForLag, func(e Evidence) bool { return e.Lagging }},

	// It cannot, in what this call has made.
	{DeleteOwn, func(e Evidence) bool { return e.Own }},
	{WaitForWindow, func(e Evidence) bool { return e.Young }},
	{SearchAgain, func(e Evidence) bool { return e.Others && e.Patient }},
	{ReportDuplicates, func(e Evidence) bool { return e.Others }},
	{ReturnWinner, func(Evidence) bool { return true }},
}

// Decide is the one place where the rules stand.
func Decide(e Evidence) Step {
	for _, rule := range rules {
		if rule.applies(e) {
			return rule.step
		}
	}
	return GiveUp
}
