package main

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/sign"
	"github.com/vpcep/vpcep-go/internal/transport"
)

// eachPayload runs f as a benchmark of each payload.
func eachPayload(b *testing.B, f func(b *testing.B, p payload)) {
	for _, p := range payloads() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			f(b, p)
		})
	}
}

// BenchmarkCall is the whole call in memory, by every contender.
func BenchmarkCall(b *testing.B) {
	for _, c := range contenders {
		b.Run(c.name, func(b *testing.B) {
			eachPayload(b, func(b *testing.B, p payload) {
				call, _, err := c.start(memoryTarget(p), p)
				require.NoError(b, err)
				require.NoError(b, checked(call))
				ctx := b.Context()
				for b.Loop() {
					_, _ = call(ctx)
				}
			})
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	eachPayload(b, func(b *testing.B, p payload) {
		for b.Loop() {
			_ = p.own.Validate()
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	b.Run("vpcep", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			for b.Loop() {
				_, _ = p.own.MarshalJSON()
			}
		})
	})
	b.Run("by hand", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			for b.Loop() {
				_, _ = json.Marshal(&p.plain)
			}
		})
	})
}

func BenchmarkDecode(b *testing.B) {
	b.Run("vpcep", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			for b.Loop() {
				var endpoint vpcep.Endpoint
				_ = endpoint.UnmarshalJSON(p.answer)
			}
		})
	})
	b.Run("by hand", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			for b.Loop() {
				var endpoint plainEndpoint
				_ = json.Unmarshal(p.answer, &endpoint)
			}
		})
	})
}

// BenchmarkClassify is a call that the service refuses.
func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	p := smallPayload()
	refusal := newInMemory(http.StatusBadRequest, []byte(`{"error":{"error_code":"EndPoint.0005","error_msg":"Invalid request body."}}`))
	call, _, err := library.start(target{url: "https://vpcep.example.com", roundTripper: refusal}, p)
	require.NoError(b, err)
	_, err = call(b.Context())
	require.ErrorIs(b, err, vpcep.ErrBadRequest)
	for b.Loop() {
		_, _ = call(context.Background())
	}
}

func BenchmarkSign(b *testing.B) {
	eachPayload(b, func(b *testing.B, p payload) {
		body, err := json.Marshal(p.own)
		require.NoError(b, err)
		req, err := http.NewRequest(http.MethodPost, "https://vpcep.example.com/v1/"+projectID+"/vpc-endpoints", nil)
		require.NoError(b, err)
		key, now := sign.Key{AccessKey: accessKey, SecretKey: secretKey}, time.Now()
		for b.Loop() {
			sign.Request(req, body, key, projectID, now)
		}
	})
}

func BenchmarkSend(b *testing.B) {
	b.Run("vpcep", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			t := transport.New(&http.Client{Transport: newInMemory(http.StatusOK, p.answer)})
			r := libraryRequest(p)
			for b.Loop() {
				_, _ = t.Send(context.Background(), &r)
			}
		})
	})
	b.Run("by hand", func(b *testing.B) {
		eachPayload(b, func(b *testing.B, p payload) {
			hc := &http.Client{Transport: newInMemory(http.StatusOK, p.answer)}
			body := libraryRequest(p).Body
			for b.Loop() {
				_, _ = sendByHand(context.Background(), hc, body)
			}
		})
	})
}
