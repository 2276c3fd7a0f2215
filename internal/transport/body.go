package transport

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The limits of a response's body. A longer successful body is refused; a longer error
// body is cut off, because its status decides.
const (
	MaxBody      = 16 << 20  // a successful response: a page of 1000 endpoints fits easily
	MaxErrorBody = 256 << 10 // an error response
	bodyPrefix   = 4 << 10   // what is kept of a refused body: it may name what was created
)

// ErrBodyTooLarge reports a successful response that is longer than MaxBody.
var ErrBodyTooLarge = fmt.Errorf("the response is larger than %d MiB", MaxBody>>20)

// readBody reads the body within its limit, which applies to the uncompressed body.
func readBody(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	isSuccess := resp.StatusCode >= 200 && resp.StatusCode < 300
	limit := int64(MaxErrorBody)
	if isSuccess {
		limit = MaxBody
		if resp.ContentLength > limit {
			return "", ErrBodyTooLarge
		}
	}
	plain, err := plainBody(resp)
	if err != nil {
		return "", err
	}
	var body bytes.Buffer
	if 0 < resp.ContentLength && resp.ContentLength <= limit {
		body.Grow(int(resp.ContentLength) + bytes.MinRead) // avoids growing just to find the end
	}
	n, err := body.ReadFrom(io.LimitReader(plain, limit+1))
	switch {
	case n > limit && isSuccess:
		return string(body.Next(bodyPrefix)), ErrBodyTooLarge
	case n > limit:
		body.Truncate(int(limit))
	}
	return body.String(), err
}

// plainBody decompresses a body that the round tripper left compressed.
func plainBody(resp *http.Response) (io.Reader, error) {
	if resp.ContentLength == 0 || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp.Body, nil
	}
	return gzip.NewReader(resp.Body)
}
