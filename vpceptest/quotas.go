package vpceptest

const (
	usualQuota        = 50 // endpoints
	usualServiceQuota = 20
)

// wireQuota is the quota of a type of resource.
type wireQuota struct {
	Type  string `json:"type"`
	Used  int    `json:"used"`
	Quota int    `json:"quota"`
}

// quota returns how many endpoints there are and may be. Without a limit, that is the usual
// limit, or the number of endpoints if it is higher.
func (s *store) quota(a *account) (used, most int) {
	s.lock()
	defer s.mu.Unlock()
	if s.cfg.quota > 0 {
		return a.endpoints.live, s.cfg.quota
	}
	return a.endpoints.live, max(usualQuota, a.endpoints.live)
}

func (s *store) serviceQuota(a *account) (used, most int) {
	s.lock()
	defer s.mu.Unlock()
	if s.cfg.svcQuota > 0 {
		return len(a.services), s.cfg.svcQuota
	}
	return len(a.services), max(usualServiceQuota, len(a.services))
}

func (h *Handler) listQuotas(c *call) (*answer, *apiError) {
	wanted := ""
	refusal := readQuery(c.r.URL.RawQuery, func(name, value string) (bool, *apiError) {
		if wanted = value; value != "endpoint" && value != "endpoint_service" {
			return name == "type", errResourceType.plain() // an unknown name takes precedence
		}
		return name == "type", nil
	})
	if refusal != nil {
		return nil, refusal
	}
	used, most := h.store.quota(c.account)
	services, mostServices := h.store.serviceQuota(c.account)
	var body struct {
		Quotas struct {
			Resources []wireQuota `json:"resources"`
		} `json:"quotas"`
	}
	for _, q := range []wireQuota{
		{"endpoint_service", services, mostServices},
		{"endpoint", used, most},
	} {
		if matches(wanted, q.Type) {
			body.Quotas.Resources = append(body.Quotas.Resources, q)
		}
	}
	return ok(body), nil
}
