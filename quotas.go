package vpcep

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// QuotaType is the type of resource that a quota limits. Unknown values are kept.
type QuotaType string

// The types of quota.
const (
	QuotaTypeEndpoint        QuotaType = "endpoint"
	QuotaTypeEndpointService QuotaType = "endpoint_service"
)

// Quota is how many resources of a type a project has and may have.
type Quota struct {
	Type    QuotaType `json:"type"`
	Used    int64     `json:"used"`
	Allowed int64     `json:"quota"` // usually 50 endpoints
}

// QuotaExceededError says that a create failed because the project has used up its
// quota of endpoints or endpoint services. It matches ErrQuotaExceeded and wraps the
// *APIError.
type QuotaExceededError struct {
	Quota Quota
	Err   error
}

func (e *QuotaExceededError) Error() string {
	what := "endpoints"
	if e.Quota.Type == QuotaTypeEndpointService {
		what = "endpoint services"
	}
	return fmt.Sprintf("vpcep: quota exceeded: %d of %d %s are used", e.Quota.Used, e.Quota.Allowed, what) + because(e.Err)
}

// Unwrap returns the refusal of the create.
func (e *QuotaExceededError) Unwrap() error { return e.Err }

// GetQuotas reads the project's quotas: GET /v1/{project_id}/quotas. An empty quotaType
// means all types.
func (c *Client) GetQuotas(ctx context.Context, quotaType QuotaType, opts ...CallOption) ([]Quota, error) {
	return do(ctx, c, opts, getQuotas(quotaType))
}

func getQuotas(quotaType QuotaType) request[[]Quota] {
	query := url.Values{}
	if quotaType != "" {
		query.Set("type", string(quotaType))
	}
	return request[[]Quota]{operation: retry.Read, method: http.MethodGet, path: "/v1/{project_id}/quotas", query: query, decode: decodeQuotas}
}

// quotaTimeout bounds the request for the quota after a refusal.
const quotaTimeout = 3 * time.Second

// withQuota adds the quota, read with one request, to a create's error if the quota is
// exceeded. If the request fails, it returns the refusal unchanged.
func (c *Client) withQuota(ctx context.Context, quotaType QuotaType, refusal error) error {
	if !errors.Is(refusal, ErrQuotaExceeded) || errors.Is(refusal, ErrOutcomeUnknown) {
		return refusal
	}
	ctx, cancel := context.WithTimeout(ctx, quotaTimeout)
	defer cancel()
	read := getQuotas(quotaType)
	read.once = true
	quotas, err := do(ctx, c, nil, read)
	if err != nil {
		return refusal
	}
	for _, quota := range quotas {
		if quota.Type == quotaType {
			return &QuotaExceededError{Quota: quota, Err: refusal}
		}
	}
	return refusal
}

func decodeQuotas(ctx context.Context, data string) (quotas []Quota, err error) {
	isList := false
	err = wire.Within(ctx, data).Members(func(name string, v wire.Value) {
		if name != "quotas" {
			return
		}
		_ = v.Members(func(name string, v wire.Value) {
			if name == "resources" {
				quotas, isList = []Quota{}, true
				wire.Each(v, func(v wire.Value) {
					var quota Quota
					if _, _ = quotaFields.Read(v, &quota); quota.Type != "" { // invalid fields are zero
						quotas = append(quotas, quota)
					}
				})
			}
		})
	})
	if err == nil && !isList {
		err = errors.New("the body has no list of quotas")
	}
	return quotas, err
}
