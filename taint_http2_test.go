package vpcep_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/vpcep/vpcep-go"
)

// The HTTP/2 frames in the forms below (RFC 9113, section 6).
const (
	dataFrame     = 0x0
	headersFrame  = 0x1
	settingsFrame = 0x4
	goAwayFrame   = 0x7
	endStream     = 0x1
	endHeaders    = 0x4
	ackSettings   = 0x1
	frameHead     = 9
	firstStream   = 1
)

func frame(kind, flags byte, stream uint32, payload string) string {
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return string(binary.BigEndian.AppendUint32(b, stream)) + payload
}

// field returns a header field that is in no table (RFC 7541, section 6.2.2).
func field(name, value string) string { return "\x00" + hpackString(name) + hpackString(value) }

// hpackString returns a string without Huffman coding, after its length in seven bits or
// more.
func hpackString(s string) string {
	const most = 127
	if len(s) < most {
		return string([]byte{byte(len(s))}) + s
	}
	return string(binary.AppendUvarint([]byte{most}, uint64(len(s)-most))) + s
}

// http2Answer returns a complete response: its status and further fields, and its body.
func http2Answer(status, fields, body string) string {
	head := field(":status", status) + field("content-type", "application/json") + fields
	return frame(headersFrame, endHeaders, firstStream, head) + frame(dataFrame, endStream, firstStream, body)
}

// http2Forms are responses in frames.
func http2Forms() map[string]func(e echo) string {
	const last, internalError = "\x00\x00\x00\x01", "\x00\x00\x00\x02"
	head := frame(headersFrame, endHeaders, firstStream, field(":status", "200"))
	withTrailer := func(trailer string) string {
		return head + frame(dataFrame, 0, firstStream, `{"id":"e-1"}`) + frame(headersFrame, endHeaders|endStream, firstStream, trailer)
	}
	in := func(fields func(text string) string) func(e echo) string {
		return func(e echo) string { return http2Answer("200", fields(e.text()), `{"id":"e-1"}`) }
	}
	return map[string]func(e echo) string{
		"GOAWAY":                  func(e echo) string { return frame(goAwayFrame, 0, 0, last+internalError+e.text()) },
		"GOAWAY before it":        func(e echo) string { return frame(goAwayFrame, 0, 0, "\x00\x00\x00\x00"+internalError+e.text()) },
		"GOAWAY in a body":        func(e echo) string { return head + frame(goAwayFrame, 0, 0, last+internalError+e.text()) },
		"field value":             in(func(text string) string { return field("x-echo", text) }),
		"field value with a line": in(func(text string) string { return field("x-echo", text+"\n"+text) }),
		"field name":              in(func(text string) string { return field(lowerCase(text), "x") }),
		"field name in capitals":  in(func(text string) string { return field("X"+text, "x") }),
		"field name with a space": in(func(text string) string { return field(text+" x", "x") }),
		"pseudo field":            in(func(text string) string { return field(":"+text, "x") }),
		"content-length":          in(func(text string) string { return field("content-length", text) }),
		"location":                in(func(text string) string { return field("location", text) }),
		"status":                  func(e echo) string { return http2Answer(e.text(), "", "") },
		"trailer":                 func(e echo) string { return withTrailer(field("x-echo", e.text())) },
		"trailer name":            func(e echo) string { return withTrailer(field(e.text(), "x")) },
		"pseudo trailer":          func(e echo) string { return withTrailer(field(":"+e.text(), "x")) },
		"error":                   func(e echo) string { return http2Answer("400", "", e.fillJSON(errorShapes("§")["flat"])) },
		"success":                 func(e echo) string { return http2Answer("200", "", e.fillJSON(taintedObject("strings"))) },
		"cut body": func(e echo) string {
			return head + frame(dataFrame, 0, firstStream, `{"id":"`+e.json()) + frame(0x3, 0, firstStream, internalError)
		},
		"no frame":       func(e echo) string { return e.text() },
		"HTTP/1.1":       func(e echo) string { return "HTTP/1.1 400 " + e.text() + "\r\n\r\n" },
		"unknown fields": func(e echo) string { return frame(headersFrame, endHeaders, firstStream, "\x80"+e.text()) },
	}
}

// framed dials in-memory connections to an HTTP/2 server that answers the first request with
// some bytes and hangs up.
func framed(answer string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serveFrames(far, answer)
		return near, nil
	}
}

func serveFrames(far net.Conn, answer string) {
	written := make(chan struct{})
	out := make(chan string, 10)
	go func() { // beside the reading: both ends may want to write at the same time
		defer close(written)
		for text := range out {
			_, _ = io.WriteString(far, text)
		}
	}()
	out <- frame(settingsFrame, 0, 0, "")
	if _, err := io.CopyN(io.Discard, far, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err == nil {
		readUntilHeaders(far)
	}
	out <- frame(settingsFrame, ackSettings, 0, "")
	out <- answer
	close(out)
	go io.Copy(io.Discard, far)
	<-written
	far.Close()
}

func readUntilHeaders(far net.Conn) {
	head := make([]byte, frameHead)
	for {
		if _, err := io.ReadFull(far, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, far, length); err != nil || head[3] == headersFrame {
			return
		}
	}
}

func TestHTTP2LeaksNothing(t *testing.T) {
	l := newLedger(t)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	for _, s := range []secret{plainToken, optionToken} {
		for name, answer := range http2Forms() {
			for _, as := range someSpellings() {
				pool := &http.Transport{DialContext: framed(answer(echo{[]secret{s}, as})), Protocols: protocols}
				h := callWith(t, t.Context(), taintGet, vpcep.WithToken(s.value), vpcep.WithHTTPClient(&http.Client{Transport: pool}))
				l.check("HTTP/2, "+s.name+", "+name+", "+as.name, h, []secret{s})
			}
		}
	}
}
