package retry

// Operation is what a request does, which decides whether it may be repeated.
type Operation uint8

const (
	// Create creates something new each time it is carried out, which costs money.
	Create Operation = iota
	// KeyedCreate is a create whose resource can be found by its key.
	KeyedCreate
	// Read changes nothing.
	Read
	// Update leads to the same state no matter how often it is carried out.
	Update
	// Delete is like Update, but finds nothing left when it is carried out again.
	Delete
)

// Event is the outcome of an attempt, as far as it is certain.
type Event uint8

const (
	// Unsent: certainly no byte of the request was written.
	Unsent Event = iota
	// Unprocessed: the request was written, but HTTP/2 guarantees that the server did not
	// process it.
	Unprocessed
	// Permanent: nothing was sent, and another attempt would fail the same way: a
	// certificate that is not trusted, a host that does not exist, a proxy that refuses.
	Permanent
	// Throttled: the service refused because of too many requests, and did nothing.
	Throttled
	// TimedOut: the service gave up waiting, 408.
	TimedOut
	// ServerError: 5xx.
	ServerError
	// Broken: the connection or the response broke off, or took too long.
	Broken
	// Unreadable: a response that is neither a result nor a refusal.
	Unreadable
	// Gone: the service says that what the request is about does not exist.
	Gone
	// Unauthorized: 401. The service did nothing; only new credentials may help.
	Unauthorized
	// Renewed: a 401, after which there are new credentials.
	Renewed
	// Refused: any other 4xx.
	Refused
)

// Verdict is what to do after a failed attempt.
type Verdict uint8

const (
	// No: the failure is final, and what happened is known.
	No Verdict = iota
	// Again: send the same request again.
	Again
	// Unknown: the request may have been carried out. Do not send it again.
	Unknown
	// Search: the request may have been carried out. Search for what it created, and send
	// it again only if there is nothing.
	Search
	// Done: the failure says that an earlier attempt succeeded.
	Done
)

// Decide returns what to do after an attempt.
//
// maybeDone says that an earlier attempt of the same request may have been carried out; it
// matters only for Delete.
func Decide(op Operation, event Event, maybeDone bool) Verdict {
	switch event {
	case Unsent, Unprocessed, Throttled, Renewed:
		return Again // safe for any operation: nothing was done
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
		return No // the response would be the same
	}
	return Again
}

// MaybeDone reports whether a request with this outcome may have been carried out.
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
