package vpcep

import (
	"slices"

	"github.com/vpcep/vpcep-go/internal/rules"
	"github.com/vpcep/vpcep-go/internal/text"
)

// The limits in the reference for services.
const (
	maxServicePorts      = 200
	maxOwnServiceName    = 16
	maxServiceIPLength   = 128 // not in the reference: an address or a domain name
	maxPermissionsPage   = 500
	maxPermissionFilter  = 1000
	maxFilterKeys        = 20 // of each list of tags; some pages say 10
	maxFilterValues      = 10
	maxFilterKeyLength   = 128
	maxFilterValueLength = 255
	maxResourceName      = 255
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
	f.text("tcp_proxy", string(r.TCPProxy), "")
	f.length("ip", r.IP, 0, maxServiceIPLength)
	f.text("ip_version", string(r.IPVersion), "")
	f.length("snat_network_id", r.SNATNetworkID, 0, maxIDLength)
	if r.IPVersion == IPVersionIPv6 && r.SNATNetworkID == "" {
		f.add("snat_network_id", "must not be empty with ip_version ipv6")
	}
	f.length("pool_id", r.PoolID, 0, maxIDLength)
	f.keyedTags(r.Tags, r.IdempotencyKey, r.Resume)
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
	f.notEmpty("ports", len(ports))
	if len(ports) > maxServicePorts {
		f.add("ports", "has %d entries; at most %d are allowed", len(ports), maxServicePorts)
		ports = ports[:maxServicePorts]
	}
	ports = withProtocol(ports)
	for i, port := range ports {
		f.element("ports", i, ".client_port", rules.Port(port.ClientPort))
		f.element("ports", i, ".server_port", rules.Port(port.ServerPort))
		f.element("ports", i, ".protocol", rules.Encoding(port.Protocol))
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
		f.add("service", "the change is empty")
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
		f.add("ip", "cannot be changed together with port_id")
	}
	f.text("tcp_proxy", string(change.TCPProxy), "")
}

func (change ServiceChange) isEmpty() bool {
	return change.ApprovalEnabled == nil && change.Name == nil && change.Description == nil && change.Ports == nil &&
		change.PortID == "" && change.IP == "" && change.TCPProxy == ""
}

func (f *fieldErrors) newPermissions(permissions []Permission) {
	for i, p := range permissions {
		f.element("permissions", i, ".permission", rules.Permission(p.Value))
		first := slices.IndexFunc(permissions[:i], func(earlier Permission) bool { return earlier.Value == p.Value })
		if first >= 0 {
			f.add(indexed("permissions", i, ".permission"), "repeats permissions[%d]", first)
		}
		f.permissionType(i, p.Type)
		f.element("permissions", i, ".description", rules.Text(p.Description, forbiddenInDescription), rules.Encoding(p.Description))
	}
}

// oldPermissions requires only an ID or a value: what the service has is valid, whatever
// the rules for new ones say.
func (f *fieldErrors) oldPermissions(permissions []Permission) {
	for i, p := range permissions {
		if p.ID == "" && p.Value == "" {
			f.add(indexed("permissions", i, ""), "must have an ID or a value")
		}
		f.element("permissions", i, "", rules.Length(p.ID, 0, maxIDLength), rules.Encoding(p.ID), rules.Encoding(p.Value))
		f.permissionType(i, p.Type)
	}
}

func (f *fieldErrors) permissionType(i int, s string) {
	if !oneOf(s, "", PermissionTypeAccount, PermissionTypeOrganization) {
		f.add(indexed("permissions", i, ".permission_type"), "%s is neither domainId nor orgPath", text.Quoted(s))
	}
}

func (f *fieldErrors) connectionDescriptions(descriptions []ConnectionDescription) {
	f.notEmpty("connections", len(descriptions))
	for i, d := range descriptions {
		f.element("connections", i, ".id", rules.Length(d.EndpointID, 1, maxIDLength), rules.Encoding(d.EndpointID))
		f.element("connections", i, ".description", rules.Text(d.Description, forbiddenInDescription), rules.Encoding(d.Description))
	}
}

func (f *fieldErrors) serverResources(resources []ServerResource) {
	f.notEmpty("server_resources", len(resources))
	for i, r := range resources {
		f.element("server_resources", i, ".resource_id", rules.Length(r.ID, 1, maxIDLength), rules.Encoding(r.ID))
		f.element("server_resources", i, ".availability_zone_id", rules.Encoding(r.AvailabilityZoneID))
	}
}

func (f *fieldErrors) resourceType(t ResourceType) {
	if t != ResourceTypeEndpoint && t != ResourceTypeEndpointService {
		f.add("resource_type", "%s is neither endpoint nor endpoint_service", text.Quoted(string(t)))
	}
}

func (f *fieldErrors) resourceFilter(filter ResourceFilter) {
	isTagged := false
	for _, list := range []struct {
		name string
		tags []TagValues
	}{
		{"tags", filter.Tags}, {"tags_any", filter.TagsAny}, {"not_tags", filter.NotTags}, {"not_tags_any", filter.NotTagsAny}, {"sys_tags", filter.SysTags},
	} {
		isTagged = isTagged || len(list.tags) > 0
		f.tagFilter(list.name, list.tags)
	}
	f.length("matches[0].value", filter.Name, 0, maxResourceName)
	if filter.WithoutAnyTag && isTagged {
		f.add("without_any_tag", "cannot be combined with tags, which the service would ignore")
	}
}

func (f *fieldErrors) tagFilter(list string, tags []TagValues) {
	if len(tags) > maxFilterKeys {
		f.add(list, "has %d keys; at most %d are allowed", len(tags), maxFilterKeys)
		tags = tags[:maxFilterKeys]
	}
	for i, tag := range tags {
		f.length(indexed(list, i, ".key"), tag.Key, 1, maxFilterKeyLength)
		if first := slices.IndexFunc(tags[:i], func(t TagValues) bool { return t.Key == tag.Key }); first >= 0 {
			f.add(indexed(list, i, ".key"), "repeats the key of %s[%d]", list, first)
		}
		if len(tag.Values) > maxFilterValues {
			f.add(indexed(list, i, ".values"), "has %d values; at most %d are allowed", len(tag.Values), maxFilterValues)
		}
		for _, value := range tag.Values {
			f.length(indexed(list, i, ".values"), value, 0, maxFilterValueLength)
		}
	}
}
