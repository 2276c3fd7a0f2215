package transport

import (
	"io"
	"sync/atomic"
)

// upload is a body that is written once. A round tripper that keeps a request, and
// sends it again, finds it spent.
//
// If an HTTP/2 connection turns out to be unusable, net/http closes a body that it has not
// read yet, and reads it afterwards.
type upload struct {
	io.ReadCloser
	attempt         *attempt
	isRead, isSpent atomic.Bool
}

// wrap returns a body that can be read only once.
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
