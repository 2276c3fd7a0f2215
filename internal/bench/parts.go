package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/bench/readers"
	"github.com/vpcep/vpcep-go/internal/redact"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// part is one part of a call, as the library does it and, where there is such a
// thing, as the code by hand and bare resty do it.
type part struct {
	name    string
	library func()
	byHand  func() // nil: the code by hand does not do it
	resty   func()
	isShare bool // a part of the part before it, or of no call with a token
}

const exampleURL = "https://vpcep.example.com/v1/" + projectID + "/vpc-endpoints"

// libraryRequest is what the library hands to its transport.
func libraryRequest(p payload) transport.Request {
	body, err := json.Marshal(p.own)
	if err != nil {
		panic(err)
	}
	return transport.Request{
		Method: http.MethodPost,
		URL:    exampleURL,
		Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "User-Agent": {"vpcep"}},
		Body:   body,
		Prepare: func(req *http.Request) error {
			req.Header.Set("X-Auth-Token", token)
			return nil
		},
	}
}

// sendByHand is the sending of createByHand alone.
func sendByHand(ctx context.Context, hc *http.Client, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, exampleURL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Auth-Token", token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "by-hand/1.0")
	resp, err := hc.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
}

// sendByResty is the sending of startResty alone.
func sendByResty(ctx context.Context, client *resty.Client, body []byte) ([]byte, error) {
	resp, err := client.R().SetContext(ctx).
		SetHeader("X-Auth-Token", token).
		SetHeader("Content-Type", "application/json").
		SetBody(body).
		Post(exampleURL)
	if err != nil {
		return nil, err
	}
	return resp.Body(), nil
}

var errTimeout = errors.New("time-out")

// parts are what the library does in a call, by itself.
func parts(p payload) []part {
	ctx := context.Background()
	memory := newInMemory(http.StatusOK, p.answer)
	hc := &http.Client{Transport: memory}
	sender := transport.New(hc)
	bare := resty.NewWithClient(hc)
	request := libraryRequest(p)
	request.Timeout = time.Minute
	secrets, answer := redact.New(token), string(p.answer)
	silent := slog.New(slog.DiscardHandler)
	budget := new(retry.Budget)
	signed, err := http.NewRequest(http.MethodPost, exampleURL, nil)
	if err != nil {
		panic(err)
	}
	key, now := sign.Key{AccessKey: accessKey, SecretKey: secretKey}, time.Now()
	return []part{
		{name: "validation of the request", library: func() { _ = p.own.Validate() }},
		{
			name:    "encoding",
			library: func() { _, _ = p.own.MarshalJSON() },
			byHand:  func() { _, _ = json.Marshal(&p.plain) },
		},
		{
			name:    "sending, through resty, with a time-out and trace hooks",
			library: func() { _, _ = sender.Send(ctx, &request) },
			byHand:  func() { _, _ = sendByHand(ctx, hc, request.Body) },
			resty:   func() { _, _ = sendByResty(ctx, bare, request.Body) },
		},
		{name: "— the time-out", isShare: true, library: func() {
			_, cancel := context.WithTimeoutCause(ctx, time.Minute, errTimeout)
			cancel()
		}},
		{name: "— the trace hooks", isShare: true, library: func() { _ = trace(signed) }},
		{name: "— taking secrets out of the answer", isShare: true, library: func() { _ = secrets.Answer(answer) }},
		{name: "retry state", library: func() { budget.Give() }},
		{name: "log, off", library: func() { _ = silent.Enabled(ctx, slog.LevelDebug) }},
		{
			name:    "decoding, tolerant",
			library: func() { var e vpcep.Endpoint; _ = e.UnmarshalJSON(p.answer) },
			byHand:  func() { var e plainEndpoint; _ = json.Unmarshal(p.answer, &e) },
		},
		{name: "— the same reader, documented types alone", isShare: true, library: func() { _, _ = readers.DecodeStream(p.answer) }},
		{name: "signing, where there is no token", isShare: true, library: func() { sign.Request(signed, request.Body, key, projectID, now) }},
	}
}

// trace adds the hooks by which the library knows whether a request was written, as
// internal/transport does. That they are called costs nothing that could be measured.
func trace(req *http.Request) *http.Request {
	var mu sync.Mutex
	var asked, got, wrote, answered, handshake bool
	note := func(what *bool) {
		mu.Lock()
		defer mu.Unlock()
		*what = true
	}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GetConn:              func(string) { note(&asked) },
		TLSHandshakeStart:    func() { note(&handshake) },
		GotConn:              func(httptrace.GotConnInfo) { note(&got) },
		WroteHeaders:         func() { note(&wrote) },
		GotFirstResponseByte: func() { note(&answered) },
	}))
}
