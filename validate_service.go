package vpcep

import (
	"slices"

	"github.com/vpcep/vpcep-go/internal/rules"
	"github.com/vpcep/vpcep-go/internal/text"
)

// The limits of the reference of services.
const (
	maxServicePorts     = 200
	maxOwnServiceName   = 16
	maxServiceIPLength  = 128 // not in the reference: an address or a domain name
	maxPermissionsPage  = 500
	maxPermissionFilter = 1000
)

// Validate reports every field that the service would refuse, by its name on the wire
// ("ports[2].client_port"). It returns nil or a *ValidationError. CreateService calls
// it unless WithoutValidation is set.
func (r CreateServiceRequest) Validate() error {
	var f fieldErrors
	f.createService(r)
	return f.err()
}

func (f *fieldErrors) createService(r CreateServiceRequest) {
	f.length("port_id", r.PortID, 1, maxIDLength)
	f.length("vpc_id", r.VPCID, 1, maxIDLength)
	f.serverType(r.ServerType)
	f.servicePorts(r.Ports)
	f.serviceName("service_name", r.Name)
	f.text("description", r.Description, forbiddenInDescription)
	f.tags(r.Tags)
	f.reservedTag(r.Tags)
	f.tagCount(len(withKeyTag(r.Tags, r.IdempotencyKey, "")))
	f.text("tcp_proxy", string(r.TCPProxy), "")
	f.length("ip", r.IP, 0, maxServiceIPLength)
	f.text("ip_version", string(r.IPVersion), "")
	f.length("snat_network_id", r.SNATNetworkID, 0, maxIDLength)
	if r.IPVersion == IPVersionIPv6 && r.SNATNetworkID == "" {
		f.add("snat_network_id", "must not be empty with ip_version ipv6")
	}
	f.length("pool_id", r.PoolID, 0, maxIDLength)
	f.idempotencyKey(r.IdempotencyKey)
	if r.Resume && r.IdempotencyKey == "" {
		f.add("Resume", "needs an IdempotencyKey")
	}
	f.extra(r.Extra, createServiceFields.Has)
}

func (f *fieldErrors) serverType(s string) {
	if s == "" {
		f.add("server_type", "must not be empty")
	} else if !oneOf(s, ServerTypeVM, ServerTypeLB, "VIP", "BMS") { // the last two are deprecated
		f.add("server_type", "%s is neither VM nor LB", text.Quoted(s))
	}
}

func (f *fieldErrors) servicePorts(ports []ServicePort) {
	if len(ports) == 0 {
		f.add("ports", "must not be empty")
	}
	if len(ports) > maxServicePorts {
		f.add("ports", "has %d entries, at most %d are allowed", len(ports), maxServicePorts)
		ports = ports[:maxServicePorts]
	}
	ports = withProtocol(ports)
	for i, port := range ports {
		if rule := rules.Port(port.ClientPort); rule != "" {
			f.add(indexed("ports", i, ".client_port"), "%s", rule)
		}
		if rule := rules.Port(port.ServerPort); rule != "" {
			f.add(indexed("ports", i, ".server_port"), "%s", rule)
		}
		if rule := rules.Encoding(port.Protocol); rule != "" {
			f.add(indexed("ports", i, ".protocol"), "%s", rule)
		}
		if first := slices.Index(ports[:i], port); first >= 0 {
			f.add(indexed("ports", i, ""), "repeats ports[%d]", first)
		}
	}
}

func (f *fieldErrors) serviceName(field, name string) {
	f.broken(field, rules.Name(name, maxOwnServiceName))
}

func (f *fieldErrors) serviceChange(change ServiceChange) {
	if change.isEmpty() {
		f.add("service", "nothing is to be changed")
	}
	if change.Name != nil {
		f.serviceName("service_name", *change.Name)
	}
	if change.Description != nil {
		f.text("description", *change.Description, forbiddenInDescription)
	}
	if change.Ports != nil {
		f.servicePorts(change.Ports)
	}
	f.length("port_id", change.PortID, 0, maxIDLength)
	f.length("ip", change.IP, 0, maxServiceIPLength)
	if change.PortID != "" && change.IP != "" {
		f.add("ip", "does not go with port_id: only one of them can be changed at a time")
	}
	f.text("tcp_proxy", string(change.TCPProxy), "")
}

func (change ServiceChange) isEmpty() bool {
	return change.ApprovalEnabled == nil && change.Name == nil && change.Description == nil && change.Ports == nil &&
		change.PortID == "" && change.IP == "" && change.TCPProxy == ""
}
