package vpceptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Drift is a way in which published responses deviate from the documentation. By
// default, the stand-in responds as documented.
type Drift string

// The drifts that have been seen, for [WithDrift].
const (
	DriftBooleans  Drift = "booleans"   // enable_dns, enable_whitelist and is_charge are strings
	DriftLists     Drift = "lists"      // active_status and dns_names of one entry are bare strings
	DriftNames     Drift = "names"      // update_at and dns_name in place of updated_at and dns_names; gataway
	DriftTimes     Drift = "times"      // times have milliseconds and no zone
	DriftMarkers   Drift = "markers"    // marker_id is beyond 32 bits
	DriftErrors    Drift = "errors"     // an endpoint's error is an object
	DriftNulls     Drift = "nulls"      // fields without a value are null, and there is a field that nobody knows
	DriftDefaults  Drift = "defaults"   // gateways without a policy show one that allows all, interfaces an empty routetables
	DriftPorts     Drift = "ports"      // the ports of services are strings
	DriftErrorBody Drift = "error-body" // refusals are flat, and their codes are spelt Endpoint
	DriftStatus    Drift = "status"     // a create answers 201, a delete and a change of tags 200
	DriftPolicies  Drift = "policies"   // a policy_document is a string, and one action or resource is no array
	DriftRepeats   Drift = "repeats"    // a field is there twice: the last one counts
)

// AllDrifts returns all drifts.
func AllDrifts() []Drift {
	return []Drift{
		DriftBooleans, DriftLists, DriftNames, DriftTimes, DriftMarkers, DriftErrors, DriftNulls, DriftDefaults,
		DriftPorts, DriftErrorBody, DriftStatus, DriftPolicies, DriftRepeats,
	}
}

// WithDrift makes responses deviate from the documentation; without arguments, in every
// way that has been seen.
func WithDrift(drifts ...Drift) Option {
	if len(drifts) == 0 {
		drifts = AllDrifts()
	}
	for _, d := range drifts {
		if !slices.Contains(AllDrifts(), d) {
			panic("vpceptest: WithDrift: unknown drift " + string(d))
		}
	}
	return func(s *settings) {
		for _, d := range drifts {
			s.drift[d] = true
		}
	}
}

// drift changes the response of an operation as the options say.
func (h *Handler) drift(c *call, a *answer) *answer {
	if len(h.cfg.drift) == 0 || !strings.HasPrefix(c.route.pattern[0], "v1") {
		return a
	}
	if h.cfg.drift[DriftStatus] {
		switch c.route.operation {
		case OpCreate, OpCreateService:
			a.status = http.StatusCreated
		case OpDelete, OpDeleteService, OpTags:
			a.status = http.StatusOK
		}
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	var body any
	if dec.Decode(&body) != nil { // there is none
		return a
	}
	a.body = h.idFirst(h.driftValue(body))
	return a
}

// idFirst encodes a value. As in published bodies, a resource begins with its ID, so a
// response that breaks off still contains it.
func (h *Handler) idFirst(value any) []byte {
	v, isObject := value.(map[string]any)
	id, isResource := v["id"]
	if !isObject || !isResource || len(v) == 1 {
		return mustJSON(value)
	}
	delete(v, "id")
	begin := slices.Concat([]byte(`{"id":`), mustJSON(id), []byte{','})
	if _, there := v["status"]; there && h.cfg.drift[DriftRepeats] {
		begin = append(begin, `"status":"stale",`...)
	}
	return append(begin, mustJSON(v)[1:]...)
}

// driftValue changes every object within a value.
func (h *Handler) driftValue(value any) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = h.driftValue(v[i])
		}
	case map[string]any:
		for name := range v {
			// What a caller sent comes back unchanged.
			if name != "policy_document" && name != "policy_statement" && name != "tags" {
				v[name] = h.driftValue(v[name])
			}
		}
		if _, resource := v["id"]; resource {
			h.driftResource(v)
		}
		if h.cfg.drift[DriftPorts] && v["client_port"] != nil {
			v["client_port"], v["server_port"] = fmt.Sprint(v["client_port"]), fmt.Sprint(v["server_port"])
		}
	}
	return value
}

func (h *Handler) driftResource(v map[string]any) {
	on := h.cfg.drift
	for name, value := range v {
		switch is := value.(type) {
		case bool:
			if on[DriftBooleans] && slices.Contains([]string{"enable_dns", "enable_whitelist", "is_charge"}, name) {
				v[name] = strconv.FormatBool(is)
			}
		case []any:
			if on[DriftErrors] && name == "error" && len(is) == 1 || on[DriftLists] && len(is) == 1 && (name == "active_status" || name == "dns_names") {
				v[name] = is[0]
			}
		case string:
			if t, err := time.Parse(time.RFC3339Nano, is); err == nil && on[DriftTimes] && strings.HasSuffix(name, "_at") {
				v[name] = t.Format("2006-01-02T15:04:05.000")
			}
		}
	}
	if _, endpoint := v["endpoint_service_id"]; endpoint && on[DriftDefaults] {
		showDefaults(v)
	}
	if on[DriftPolicies] {
		driftPolicy(v)
	}
	if on[DriftNames] {
		rename(v, "updated_at", "update_at")
		rename(v, "dns_names", "dns_name")
		if v["service_type"] == TypeGateway {
			v["service_type"] = "gataway"
		}
	}
	if on[DriftNulls] {
		for _, name := range []string{"ip", "dns_names", "routetables", "policy_document", "error"} {
			if _, there := v[name]; !there {
				v[name] = nil
			}
		}
		v["field_of_tomorrow"] = map[string]any{"some": "thing"}
	}
}

// driftPolicy writes a policy in forms that mean the same.
func driftPolicy(v map[string]any) {
	if document, isObject := v["policy_document"].(map[string]any); isObject {
		v["policy_document"] = string(mustJSON(document))
	}
	statements, _ := v["policy_statement"].([]any)
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		for _, name := range []string{"Action", "Resource"} {
			if list, isList := statement[name].([]any); isList && len(list) == 1 {
				statement[name] = list[0]
			}
		}
	}
}

// showDefaults adds default values to an endpoint. The default policy replaces a deleted
// one.
func showDefaults(v map[string]any) {
	missing := func(name string) bool { return v[name] == nil }
	switch gateway := (Service{Type: fmt.Sprint(v["service_type"])}).isGateway(); {
	case gateway && missing("policy_statement"):
		v["policy_statement"] = []any{map[string]any{"Effect": "Allow", "Action": "*", "Resource": []any{"*", "*/*"}}}
	case !gateway && missing("routetables"):
		v["routetables"] = []any{}
	}
}

func rename(v map[string]any, from, to string) {
	if value, there := v[from]; there {
		delete(v, from)
		v[to] = value
	}
}
