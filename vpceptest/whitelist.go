package vpceptest

import "time"

// whitelistRequest is the body of an update of a whitelist. Absent fields stay as they
// are; an empty whitelist deletes every entry.
type whitelistRequest struct {
	entries []string
	enable  bool
	given   map[string]bool
}

var whitelistFields = fields[whitelistRequest]{
	"whitelist":        field("an array of strings", func(r *whitelistRequest) *[]string { return &r.entries }),
	"enable_whitelist": field("a boolean", func(r *whitelistRequest) *bool { return &r.enable }),
}

func parseWhitelist(c *call) (r whitelistRequest, refusal *apiError) {
	if r.given, refusal = whitelistFields.read(c, &r); refusal != nil {
		return r, refusal
	}
	if len(r.given) == 0 {
		return r, errEmptyInput.with("whitelist and enable_whitelist are missing.")
	}
	return r, checkWhitelist(r.entries, maxUpdatedWhitelist)
}

func (h *Handler) updateWhitelist(c *call) (*answer, *apiError) {
	r, refusal := parseWhitelist(c)
	if refusal != nil {
		return nil, refusal
	}
	return h.amend(c, func(e *record, a *attributes, now time.Time) *apiError {
		if refusal := e.modifiable(now); refusal != nil {
			return refusal
		}
		if e.service.isGateway() {
			return errParameter.with("A gateway endpoint has no whitelist.")
		}
		if r.given["whitelist"] {
			a.Whitelist = r.entries
		}
		if r.given["enable_whitelist"] {
			a.EnableWhitelist = r.enable
		}
		return nil
	})
}
