package retry

// Operation is what a request does, as far as repeating it goes.
type Operation uint8

const (
	// Create makes something new each time it is carried out, and costs money.
	Create Operation = iota
	// KeyedCreate is a create that can be found again by its key.
	KeyedCreate
	// Read changes nothing.
	Read
	// Update leads to the same state however often it is carried out.
	Update
	// Delete is like Update, but finds nothing left when it is carried out again.
	Delete
)

// Event is what came of an attempt, as far as it is certain.
type Event uint8

const (
	// Unsent: no byte of the request was written, for certain.
	Unsent Event = iota
	// Unprocessed: the request was written, and HTTP/2 guarantees that the server has
	// not begun to process it.
	Unprocessed
	// Permanent: nothing was sent, and another try would fail alike: a certificate
	// that is not trusted, a host that does not exist, a proxy that refuses.
	Permanent
	// Throttled: the service refused for the number of requests, and did nothing.
	Throttled
	// TimedOut: the service gave up waiting, 408.
	TimedOut
	// ServerError: 5xx.
	ServerError
	// Broken: the connection or the answer broke off, or took too long.
	Broken
	// Unreadable: an answer that is neither a result nor a refusal.
	Unreadable
	// Gone: the service says that what the request is about does not exist.
	Gone
	// Unauthorized: 401. The service did nothing; new credentials may help, the same do not.
	Unauthorized
	// Renewed: a 401, after which new credentials were found.
	Renewed
	// Refused: any other 4xx.
	Refused
)

// Verdict is what to do after an attempt that failed.
type Verdict uint8

const (
	// No: the failure is final, and what happened is known.
	No Verdict = iota
	// Again: send the same request again.
	Again
	// Unknown: the request may have been carried out. Do not send it again.
	Unknown
	// Search: the request may have been carried out. Search for what it made, and
	// send it again only where there is nothing.
	Search
	// Done: the failure says that an earlier attempt succeeded.
	Done
)

// Decide is the one place where the rules stand.
//
// maybeDone says that an earlier attempt of the same request may have been
// carried out; it matters to Delete alone.
func Decide(op Operation, event Event, maybeDone bool) Verdict {
	switch event {
	case Unsent, Unprocessed, Throttled, Renewed:
		return Again // whatever it is: nothing happened
	case Permanent, Unauthorized, Refused:
		return No
	case Gone:
		if op == Delete && maybeDone {
			return Done
		}
		return No
	}
	switch op { // the service may have carried it out
	case Create:
		return Unknown
	case KeyedCreate:
		return Search
	}
	if event == Unreadable {
		return No // it would be the same again
	}
	return Again
}

// MaybeDone reports whether a request that ended so may have been carried out.
func (e Event) MaybeDone() bool {
	switch e {
	case TimedOut, ServerError, Broken, Unreadable:
		return true
	}
	return false
}

// IsRefusal reports a 4xx: the service decided, and its code says why.
func (e Event) IsRefusal() bool {
	switch e {
	case Throttled, Gone, Unauthorized, Refused:
		return true
	}
	return false
}
