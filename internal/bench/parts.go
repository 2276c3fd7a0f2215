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
	"sync/atomic"
	"time"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// part is one part of a call, as the library does it and, where there is such a
// thing, as the code by hand does it.
type part struct {
	name    string
	library func()
	byHand  func() // nil: the code by hand does not do it
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

var errTimeout = errors.New("time-out")

// parts are what the library does in a call, by itself.
func parts(p payload) []part {
	ctx := context.Background()
	memory := newInMemory(http.StatusOK, p.answer)
	hc := &http.Client{Transport: memory}
	sender := transport.New(hc)
	request := libraryRequest(p)
	silent := slog.New(slog.DiscardHandler)
	budget := new(retry.Budget)
	signed, err := http.NewRequest(http.MethodPost, exampleURL, nil)
	if err != nil {
		panic(err)
	}
	key, now := sign.Key{AccessKey: accessKey, SecretKey: secretKey}, time.Now()
	return []part{
		{"validation of the request", func() { _ = p.own.Validate() }, nil},
		{
			"encoding",
			func() { _, _ = p.own.MarshalJSON() },
			func() { _, _ = json.Marshal(&p.plain) },
		},
		{"time-out of the attempt", func() {
			_, cancel := context.WithTimeoutCause(ctx, time.Minute, errTimeout)
			cancel()
		}, nil},
		{
			"sending, with the trace hooks",
			func() { _, _ = sender.Send(ctx, &request) },
			func() { _, _ = sendByHand(ctx, hc, request.Body) },
		},
		{"of which the trace hooks", func() { _ = trace(signed) }, nil},
		{"retries: rules and budget", func() {
			if retry.Decide(retry.Create, retry.Refused, false) == retry.No {
				budget.Give()
			}
		}, nil},
		{"log, off", func() { _ = silent.Enabled(ctx, slog.LevelDebug) }, nil},
		{
			"decoding: tolerant, and plain",
			func() { var e vpcep.Endpoint; _ = e.UnmarshalJSON(p.answer) },
			func() { var e plainEndpoint; _ = json.Unmarshal(p.answer, &e) },
		},
		{"signing, where there is no token", func() { sign.Request(signed, request.Body, key, projectID, now) }, nil},
	}
}

// trace adds hooks such as those by which the library knows whether a request was written.
func trace(req *http.Request) *http.Request {
	var asked, got atomic.Bool
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}))
}
