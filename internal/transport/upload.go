package transport

import (
	"io"
	"sync/atomic"
)

// upload is a body that is written once. A round tripper that keeps a request, and
// sends it again, finds it spent.
//
// net/http closes a body that it did not read, and reads it then, where an HTTP/2
// connection turned out to be of no use.
type upload struct {
	io.ReadCloser
	attempt         *attempt
	isRead, isSpent atomic.Bool
}

// wrap returns the body of a request as one that is written once.
func (a *attempt) wrap(body io.ReadCloser) io.ReadCloser {
	a.upload.ReadCloser, a.upload.attempt = body, a
	return &a.upload
}

func (u *upload) Read(b []byte) (int, error) {
	if u.isSpent.Load() || u.attempt.progress().stop != notStopped {
		return 0, errRepeated
	}
	u.isRead.Store(true)
	return u.ReadCloser.Read(b)
}

func (u *upload) Close() error {
	u.isSpent.Store(u.isRead.Load())
	return u.ReadCloser.Close()
}
