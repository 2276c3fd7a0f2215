package keyed

import "strings"

// UnknownError says that there may be a resource of the key.
type UnknownError struct {
	Named  string // its ID, if a response named one
	Hidden bool   // the cloud drops the tag that carries the key
	Err    error  // what ended the call
	Last   error  // why the last request got no complete response; nil if none was sent
}

func (e *UnknownError) Error() string { return "the resource may exist" }

// DuplicatesError says that several resources carry the key.
type DuplicatesError struct {
	IDs []string // the winner first
	Err error    // why a later one was not deleted
}

func (e *DuplicatesError) Error() string {
	return "several resources carry the key: " + strings.Join(e.IDs, ", ")
}

// SearchError says that the call ended before any request was sent.
type SearchError struct{ Err error }

func (e *SearchError) Error() string { return "searching for the key: " + e.Err.Error() }

func (e *SearchError) Unwrap() error { return e.Err }

func duplicates[T any](items []Item[T], err error) *DuplicatesError {
	d := &DuplicatesError{Err: err}
	for _, item := range items {
		d.IDs = append(d.IDs, item.ID)
	}
	return d
}
