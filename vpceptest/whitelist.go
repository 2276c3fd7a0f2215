package vpceptest

import "time"

// whitelistRequest is the body of an update of a whitelist. As documented, an absent list is
// empty, which deletes every entry, and an absent switch turns the access control off.
type whitelistRequest struct {
	entries []string
	enable  bool
}

var whitelistFields = fields[whitelistRequest]{
	"whitelist":        field("an array of strings", func(r *whitelistRequest) *[]string { return &r.entries }),
	"enable_whitelist": field("a boolean", func(r *whitelistRequest) *bool { return &r.enable }),
}

func parseWhitelist(c *call) (r whitelistRequest, refusal *apiError) {
	if _, refusal = whitelistFields.read(c, &r); refusal != nil {
		return r, refusal
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
		a.Whitelist, a.EnableWhitelist = r.entries, r.enable
		return nil
	})
}
