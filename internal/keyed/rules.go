// Package keyed makes one resource for one idempotency key, although the service
// knows no keys: any number of processes may try at once, be killed and try again.
//
// The key is in a tag of the resource, and lists show it. All processes agree on one
// order of the resources of a key, the second of their creation and then their ID,
// and the first one wins. A process decides on nothing but a list that cannot change
// any more in what matters: one that was begun after the winner's second was over by
// the service's clock, and that shows all that the process knows of. Whoever made a
// later one deletes it.
//
// Lists that lag can hide the first one. So a client measures how long lists take to
// show what it makes, from the request to the first list that shows it, and gives
// them as long after the second. Its first create looks twice for that, at once and
// when it may decide. The next ones, for ten minutes, wait before they look, and look
// once: a list, the create and one list more.
//
// What somebody else made, or may have made, may yet be deleted by its owner, so that
// it is returned only when its second has been over for the window, within which lists
// must show what comes before it. A find of somebody else's fresh resource waits for
// that, and so does a call whose answer was lost. It can cost nobody what he was given:
// nobody but the one who made a resource returns it before, and from then on everybody
// returns the first one, which nobody deletes. Two that both return their own do not
// exist either, where lists show a resource to all at the same time or in the order of
// creation: whoever's shows later sees both.
//
// What remains: lists that suddenly lag by more than was measured, or show a resource
// before another one that was made earlier, can hide the first one from the owner of a
// later one, who then has returned it. Both stay, and every later call reports them; a
// call with Resume, whose key nobody else uses, resolves them. Within the window that
// could be avoided only if every create waited for all of it.
//
// The package knows IDs, times and a port to the service, and no HTTP.
package keyed

// Evidence is what a call knows when it decides what to do next.
type Evidence struct {
	// Failed: the search failed, in a way that may pass.
	Failed bool
	// Keyed is how many resources show the key.
	Keyed int
	// Answered: an answer to this call gave the whole resource.
	Answered bool
	// Complete: all resources that answers to this call have named show.
	Complete bool
	// Settled: the search was begun when the second of the winner had been over for as
	// long as lists lag.
	Settled bool
	// Recent: the search was begun less than the window after the last request that may
	// have made a resource, or was refused for what another one made: it may not show it.
	Recent bool
	// Missing: a request may have made a resource that none of those shown can be.
	Missing bool
	// Own: this call made, and may delete, resources that come after the winner.
	Own bool
	// Others: somebody else made resources that come after the winner.
	Others bool
	// Patient: their owners may still be about to delete them.
	Patient bool
	// Young: somebody else made the winner, and the search was begun before its second had
	// been over for the window. Lists may yet show one that comes before it, and whoever
	// made it then deletes it.
	Young bool
	// Refused: the last request was refused, for a reason that an earlier one may have caused.
	Refused bool
	// Hidden: a resource could be that of an earlier request, and its tags do not show.
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
	// WaitForSecond: until the winner's second has been over for as long as lists lag, then
	// search again.
	WaitForSecond
	// WaitForWindow: after that second as long as lists can lag, then search again.
	WaitForWindow
	// DeleteOwn: delete what this call made beside the winner, then search again.
	DeleteOwn
	// ReturnWinner: the first resource of the key is the result.
	ReturnWinner
	// ReturnAnswer: what the service answered is the result, although no list shows it.
	ReturnAnswer
	// ReportDuplicates: several resources carry the key, and nobody deletes the later ones.
	ReportDuplicates
	// ReportRefusal: the request was refused.
	ReportRefusal
	// ReportHidden: the cloud does not keep the tag that carries the key.
	ReportHidden
	// GiveUp: nothing says whether there is a resource.
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
