package vpceptest

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxServiceName = 16
	maxPorts       = 200
)

// serviceRequest is the body of a create or an update of a service.
type serviceRequest struct {
	details
	approval    bool
	serviceType string
	tags        []Tag

	given map[string]bool // the fields that the body has
}

func serviceText(at func(*serviceRequest) *string) func(*serviceRequest, json.RawMessage) *apiError {
	return field("a string", at)
}

// updateServiceFields are the fields of an update, createServiceFields those of a create.
var updateServiceFields = fields[serviceRequest]{
	"approval_enabled": field("a boolean", func(r *serviceRequest) *bool { return &r.approval }),
	"service_name":     serviceText(func(r *serviceRequest) *string { return &r.short }),
	"ports":            readPorts,
	"port_id":          serviceText(func(r *serviceRequest) *string { return &r.portID }),
	"vip_port_id":      serviceText(ignored),
	"tcp_proxy":        serviceText(func(r *serviceRequest) *string { return &r.tcpProxy }),
	"description":      serviceText(func(r *serviceRequest) *string { return &r.description }),
	"ip":               serviceText(func(r *serviceRequest) *string { return &r.ip }),
}

var createServiceFields = func() fields[serviceRequest] {
	all := fields[serviceRequest]{
		"vpc_id":          serviceText(func(r *serviceRequest) *string { return &r.vpcID }),
		"server_type":     serviceText(func(r *serviceRequest) *string { return &r.serverType }),
		"service_type":    serviceText(func(r *serviceRequest) *string { return &r.serviceType }),
		"ip_version":      serviceText(func(r *serviceRequest) *string { return &r.ipVersion }),
		"snat_network_id": serviceText(func(r *serviceRequest) *string { return &r.snatNetworkID }),
		"pool_id":         serviceText(func(r *serviceRequest) *string { return &r.poolID }),
		"enable_policy":   field("a boolean", func(r *serviceRequest) *bool { return &r.enablePolicy }),
		"tags": func(r *serviceRequest, raw json.RawMessage) (refusal *apiError) {
			r.tags, refusal = readTags(raw)
			return refusal
		},
	}
	for name, read := range updateServiceFields {
		all[name] = read
	}
	return all
}()

// ignored accepts a deprecated field that has no effect.
func ignored(*serviceRequest) *string { return new(string) }

// readPorts also accepts numbers in strings: a published sample has them.
func readPorts(r *serviceRequest, raw json.RawMessage) *apiError {
	var list []map[string]json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return errParameter.with("The field must be an array of objects.")
	}
	r.ports = nil
	for _, given := range list {
		p := port{Protocol: "TCP"}
		for name, value := range given {
			var err error
			switch name {
			case "client_port":
				err = json.Unmarshal(unquoted(value), &p.Client)
			case "server_port":
				err = json.Unmarshal(unquoted(value), &p.Server)
			case "protocol":
				err = json.Unmarshal(value, &p.Protocol)
			default:
				return errParameter.with("A port's field is unknown.")
			}
			if err != nil {
				return errServicePort.plain()
			}
		}
		r.ports = append(r.ports, p)
	}
	return nil
}

func unquoted(raw json.RawMessage) []byte { return []byte(strings.Trim(string(raw), `"`)) }

func parseServiceCreate(c *call) (serviceRequest, *apiError) {
	r := serviceRequest{approval: true}
	r.tcpProxy, r.ipVersion, r.poolID = "close", "ipv4", endpointPoolID
	given, refusal := createServiceFields.read(c, &r)
	r.given = given
	switch {
	case refusal != nil:
		return r, refusal
	case r.portID == "" && r.ip == "":
		return r, errPortID.plain()
	case r.vpcID == "":
		return r, errEmptyVPC.with("vpc_id is missing.")
	case utf8.RuneCountInString(r.vpcID) > maxIDLength:
		return r, errVPCID.plain()
	case !slices.Contains([]string{"VM", "LB", "VIP", "BMS"}, r.serverType):
		return r, errServerType.plain()
	case r.serviceType != "" && r.serviceType != TypeInterface:
		return r, errParameter.with("service_type must be interface.")
	case len(r.ports) == 0:
		return r, errServicePort.with("ports is missing or empty.")
	case r.ipVersion != "ipv4" && r.ipVersion != "ipv6":
		return r, errParameter.with("ip_version must be ipv4 or ipv6.")
	case r.ipVersion == "ipv6" && r.snatNetworkID == "":
		return r, errParameter.with("snat_network_id is missing.")
	}
	if refusal := checkTags(r.tags); refusal != nil {
		return r, refusal
	}
	return r, r.check()
}

func parseServiceUpdate(c *call) (serviceRequest, *apiError) {
	var r serviceRequest
	given, refusal := updateServiceFields.read(c, &r)
	r.given = given
	switch {
	case refusal != nil:
		return r, refusal
	case given["port_id"] && given["ip"]:
		return r, errPortAndIP.plain()
	case given["ports"] && len(r.ports) == 0:
		return r, errServicePort.with("ports is empty.")
	}
	return r, r.check()
}

// check checks what a create and an update have in common.
func (r serviceRequest) check() *apiError {
	switch {
	case utf8.RuneCountInString(r.portID) > maxIDLength:
		return errPortID.plain()
	case !validServiceName(r.short):
		return errServiceName.plain()
	case !validDescription(r.description):
		return errParameter.with("description must not contain < or >.")
	case r.given["tcp_proxy"] && !slices.Contains([]string{"close", "toa_open", "proxy_open", "open", "proxy_vni"}, r.tcpProxy):
		return errParameter.with("tcp_proxy is unknown.")
	case len(r.ports) > maxPorts:
		return errPortCount.plain()
	}
	seen := map[port]bool{}
	for _, p := range r.ports {
		if !strings.EqualFold(p.Protocol, "TCP") {
			return errProtocol.plain()
		}
		if p.Client < 1 || p.Client > 65535 || p.Server < 1 || p.Server > 65535 || seen[p] {
			return errServicePort.plain()
		}
		seen[p] = true
	}
	return nil
}

func validServiceName(s string) bool {
	return len(s) <= maxServiceName && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func validDescription(s string) bool { return !strings.ContainsAny(s, "<>") }

// apply applies the request to a service.
func (r serviceRequest) apply(s *service) {
	set := func(name string, to *string, value string) {
		if r.given[name] {
			*to = value
		}
	}
	set("port_id", &s.portID, r.portID)
	set("tcp_proxy", &s.tcpProxy, r.tcpProxy)
	set("description", &s.description, r.description)
	set("ip", &s.ip, r.ip)
	if r.given["approval_enabled"] {
		s.Approval = r.approval
	}
	if r.given["ports"] {
		s.ports = r.ports
	}
	if r.given["service_name"] {
		s.rename(r.short)
	}
}
