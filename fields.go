package vpcep

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/fields"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// The tables below have a row for each field on the wire, which reads, writes and copies
// it. A new field is one row here, and the field itself.

// endpointFields: specification, tables 5 and 6, and other fields that have been observed.
// Absent and empty lists differ: nil is left out, an empty list is written.
var endpointFields = fields.Table[Endpoint]{
	Fields: []fields.Field[Endpoint]{
		fields.Of("id", func(e *Endpoint) *string { return &e.ID }, fields.Text),
		fields.Of("service_type", func(e *Endpoint) *ServiceType { return &e.ServiceType }, serviceType),
		fields.Of("status", func(e *Endpoint) *EndpointStatus { return &e.Status }, endpointStatus),
		fields.Of("active_status", func(e *Endpoint) *[]ActiveStatus { return &e.ActiveStatus }, fields.Enums(enum(ActiveStatusActive, ActiveStatusFrozen))),
		fields.Of("enable_status", func(e *Endpoint) *EnableStatus { return &e.EnableStatus }, fields.Enum(enum(EnableStatusEnable, EnableStatusDisable))),
		fields.Of("endpoint_service_name", func(e *Endpoint) *string { return &e.EndpointServiceName }, fields.Text),
		fields.Of("endpoint_service_id", func(e *Endpoint) *string { return &e.EndpointServiceID }, fields.Text),
		fields.Of("marker_id", func(e *Endpoint) *int64 { return &e.MarkerID }, fields.Int),
		// A gateway endpoint has neither DNS nor a whitelist; for others, false is written.
		fields.Of("enable_dns", func(e *Endpoint) *bool { return &e.EnableDNS }, fields.Bool).
			If(func(e *Endpoint) bool { return e.EnableDNS || !e.ServiceType.isGateway() }),
		fields.Of("dns_names", func(e *Endpoint) *[]string { return &e.DNSNames }, fields.Texts).Or("dns_name"),
		fields.Of("ip", func(e *Endpoint) *string { return &e.IP }, fields.Text),
		fields.Of("ipv6_address", func(e *Endpoint) *string { return &e.IPv6Address }, fields.Text),
		fields.Of("ip_version", func(e *Endpoint) *IPVersion { return &e.IPVersion }, ipVersion),
		fields.Of("vpc_id", func(e *Endpoint) *string { return &e.VPCID }, fields.Text),
		fields.Of("subnet_id", func(e *Endpoint) *string { return &e.SubnetID }, fields.Text),
		fields.Of("project_id", func(e *Endpoint) *string { return &e.ProjectID }, fields.Text),
		fields.Of("created_at", func(e *Endpoint) *time.Time { return &e.CreatedAt }, fields.Time).Or("create_at"),
		fields.Of("updated_at", func(e *Endpoint) *time.Time { return &e.UpdatedAt }, fields.Time).Or("update_at"),
		fields.Of("tags", func(e *Endpoint) *[]Tag { return &e.Tags }, fields.List(tag)),
		fields.Of("whitelist", func(e *Endpoint) *[]string { return &e.Whitelist }, fields.Texts),
		fields.Of("enable_whitelist", func(e *Endpoint) *bool { return &e.EnableWhitelist }, fields.Bool).
			If(func(e *Endpoint) bool { return e.EnableWhitelist || !e.ServiceType.isGateway() }),
		fields.Of("routetables", func(e *Endpoint) *[]string { return &e.RouteTables }, fields.Texts),
		fields.Of("specification_name", func(e *Endpoint) *string { return &e.SpecificationName }, fields.Text),
		fields.Of("description", func(e *Endpoint) *string { return &e.Description }, fields.Text),
		fields.Of("policy_statement", func(e *Endpoint) *[]PolicyStatement { return &e.PolicyStatement }, fields.List(policyStatement)),
		fields.Of("policy_document", func(e *Endpoint) *json.RawMessage { return &e.PolicyDocument }, fields.Document),
		fields.Of("error", func(e *Endpoint) *[]ResourceError { return &e.Errors }, resourceErrors),
		fields.Of("endpoint_pool_id", func(e *Endpoint) *string { return &e.EndpointPoolID }, fields.Text),
		fields.Of("public_border_group", func(e *Endpoint) *string { return &e.PublicBorderGroup }, fields.Text),
	},
	Extra: func(e *Endpoint) *map[string]json.RawMessage { return &e.Extra },
}.Indexed()

// createFields: specification, tables 3 and 4, and the newer fields.
var createFields = fields.Table[CreateEndpointRequest]{
	Fields: []fields.Field[CreateEndpointRequest]{
		fields.Of("subnet_id", func(r *CreateEndpointRequest) *string { return &r.SubnetID }, fields.Text),
		fields.Of("endpoint_service_id", func(r *CreateEndpointRequest) *string { return &r.EndpointServiceID }, fields.Text),
		fields.Of("vpc_id", func(r *CreateEndpointRequest) *string { return &r.VPCID }, fields.Text),
		fields.Of("enable_dns", func(r *CreateEndpointRequest) *bool { return &r.EnableDNS }, fields.Bool),
		fields.Of("tags", func(r *CreateEndpointRequest) *[]Tag { return &r.Tags }, fields.List(tag)),
		fields.Of("routetables", func(r *CreateEndpointRequest) *[]string { return &r.RouteTables }, fields.Texts),
		fields.Of("port_ip", func(r *CreateEndpointRequest) *string { return &r.PortIP }, fields.Text),
		fields.Of("whitelist", func(r *CreateEndpointRequest) *[]string { return &r.Whitelist }, fields.Texts),
		fields.Of("enable_whitelist", func(r *CreateEndpointRequest) *bool { return &r.EnableWhitelist }, fields.Bool),
		fields.Of("description", func(r *CreateEndpointRequest) *string { return &r.Description }, fields.Text),
		fields.Of("policy_statement", func(r *CreateEndpointRequest) *[]PolicyStatement { return &r.PolicyStatement }, fields.List(policyStatement)),
		fields.Of("policy_document", func(r *CreateEndpointRequest) *json.RawMessage { return &r.PolicyDocument }, fields.Document),
		fields.Of("ip_version", func(r *CreateEndpointRequest) *IPVersion { return &r.IPVersion }, ipVersion),
		fields.Of("ipv6_address", func(r *CreateEndpointRequest) *string { return &r.IPv6Address }, fields.Text),
		fields.Of("specification_name", func(r *CreateEndpointRequest) *string { return &r.SpecificationName }, fields.Text),
	},
	Extra:      func(r *CreateEndpointRequest) *map[string]json.RawMessage { return &r.Extra },
	OmitsEmpty: true,
}.Indexed()

var statementFields = fields.Table[PolicyStatement]{
	Fields: []fields.Field[PolicyStatement]{
		fields.Of("Sid", func(s *PolicyStatement) *string { return &s.Sid }, fields.Text),
		fields.Of("Effect", func(s *PolicyStatement) *string { return &s.Effect }, fields.Text),
		fields.Of("Action", func(s *PolicyStatement) *[]string { return &s.Action }, fields.Texts),
		fields.Of("Resource", func(s *PolicyStatement) *[]string { return &s.Resource }, fields.Texts),
		fields.Of("Condition", func(s *PolicyStatement) *json.RawMessage { return &s.Condition }, fields.Raw),
	},
	Extra: func(s *PolicyStatement) *map[string]json.RawMessage { return &s.Extra },
}.Indexed()

var connectionFields = fields.Table[Connection]{
	Fields: []fields.Field[Connection]{
		fields.Of("id", func(k *Connection) *string { return &k.EndpointID }, fields.Text),
		fields.Of("marker_id", func(k *Connection) *int64 { return &k.MarkerID }, fields.Int),
		fields.Of("status", func(k *Connection) *EndpointStatus { return &k.Status }, endpointStatus),
		fields.Of("domain_id", func(k *Connection) *string { return &k.DomainID }, fields.Text),
		fields.Of("created_at", func(k *Connection) *time.Time { return &k.CreatedAt }, fields.Time),
		fields.Of("updated_at", func(k *Connection) *time.Time { return &k.UpdatedAt }, fields.Time),
		fields.Of("description", func(k *Connection) *string { return &k.Description }, fields.Text),
		fields.Of("error", func(k *Connection) *[]ResourceError { return &k.Errors }, resourceErrors),
	},
	Extra: func(k *Connection) *map[string]json.RawMessage { return &k.Extra },
}.Indexed()

// serviceFields are the fields of all responses about services: public, described, own.
var serviceFields = fields.Table[EndpointService]{
	Fields: []fields.Field[EndpointService]{
		fields.Of("id", func(s *EndpointService) *string { return &s.ID }, fields.Text),
		fields.Of("owner", func(s *EndpointService) *string { return &s.Owner }, fields.Text),
		fields.Of("service_name", func(s *EndpointService) *string { return &s.Name }, fields.Text),
		fields.Of("service_type", func(s *EndpointService) *ServiceType { return &s.Type }, serviceType),
		fields.Of("created_at", func(s *EndpointService) *time.Time { return &s.CreatedAt }, fields.Time).Or("create_at"),
		fields.Of("updated_at", func(s *EndpointService) *time.Time { return &s.UpdatedAt }, fields.Time).Or("update_at"),
		// Only other services say what they cost, and only own services show their settings.
		fields.Of("is_charge", func(s *EndpointService) *bool { return &s.IsCharged }, fields.Bool).
			If(func(s *EndpointService) bool { return s.IsCharged || s.Status == "" }),
		fields.Of("status", func(s *EndpointService) *ServiceStatus { return &s.Status }, serviceStatus),
		fields.Of("port_id", func(s *EndpointService) *string { return &s.PortID }, fields.Text),
		fields.Of("vpc_id", func(s *EndpointService) *string { return &s.VPCID }, fields.Text),
		fields.Of("server_type", func(s *EndpointService) *string { return &s.ServerType }, serverType),
		fields.Of("ip", func(s *EndpointService) *string { return &s.IP }, fields.Text),
		fields.Of("project_id", func(s *EndpointService) *string { return &s.ProjectID }, fields.Text),
		fields.Of("domain_id", func(s *EndpointService) *string { return &s.DomainID }, fields.Text),
		fields.Of("approval_enabled", func(s *EndpointService) *bool { return &s.ApprovalEnabled }, fields.Bool).
			If(func(s *EndpointService) bool { return s.ApprovalEnabled || s.Status != "" }),
		fields.Of("ports", func(s *EndpointService) *[]ServicePort { return &s.Ports }, fields.List(servicePort)),
		fields.Of("tcp_proxy", func(s *EndpointService) *TCPProxy { return &s.TCPProxy }, tcpProxy),
		fields.Of("ip_version", func(s *EndpointService) *IPVersion { return &s.IPVersion }, ipVersion),
		fields.Of("enable_policy", func(s *EndpointService) **bool { return &s.EnablePolicy }, fields.Optional(fields.Bool)),
		fields.Of("connection_count", func(s *EndpointService) *int64 { return &s.ConnectionCount }, fields.Int),
		fields.Of("tags", func(s *EndpointService) *[]Tag { return &s.Tags }, fields.List(tag)),
		fields.Of("description", func(s *EndpointService) *string { return &s.Description }, fields.Text),
		fields.Of("supported_editions", func(s *EndpointService) *[]string { return &s.SupportedEditions }, fields.Texts),
		fields.Of("pool_id", func(s *EndpointService) *string { return &s.PoolID }, fields.Text),
		fields.Of("public_border_group", func(s *EndpointService) *string { return &s.PublicBorderGroup }, fields.Text),
		fields.Of("cidr_type", func(s *EndpointService) *string { return &s.CIDRType }, fields.Text),
		fields.Of("error", func(s *EndpointService) *[]ResourceError { return &s.Errors }, resourceErrors),
	},
	Extra: func(s *EndpointService) *map[string]json.RawMessage { return &s.Extra },
}.Indexed()

// createServiceFields: the body of CreateService, in the order of the reference.
var createServiceFields = fields.Table[CreateServiceRequest]{
	Fields: []fields.Field[CreateServiceRequest]{
		fields.Of("port_id", func(r *CreateServiceRequest) *string { return &r.PortID }, fields.Text),
		fields.Of("vpc_id", func(r *CreateServiceRequest) *string { return &r.VPCID }, fields.Text),
		fields.Of("server_type", func(r *CreateServiceRequest) *string { return &r.ServerType }, serverType),
		fields.Of("ports", func(r *CreateServiceRequest) *[]ServicePort { return &r.Ports }, fields.List(servicePort)),
		fields.Of("service_name", func(r *CreateServiceRequest) *string { return &r.Name }, fields.Text),
		fields.Of("approval_enabled", func(r *CreateServiceRequest) **bool { return &r.ApprovalEnabled }, fields.Optional(fields.Bool)),
		fields.Of("tcp_proxy", func(r *CreateServiceRequest) *TCPProxy { return &r.TCPProxy }, tcpProxy),
		fields.Of("tags", func(r *CreateServiceRequest) *[]Tag { return &r.Tags }, fields.List(tag)),
		fields.Of("description", func(r *CreateServiceRequest) *string { return &r.Description }, fields.Text),
		fields.Of("ip", func(r *CreateServiceRequest) *string { return &r.IP }, fields.Text),
		fields.Of("ip_version", func(r *CreateServiceRequest) *IPVersion { return &r.IPVersion }, ipVersion),
		fields.Of("snat_network_id", func(r *CreateServiceRequest) *string { return &r.SNATNetworkID }, fields.Text),
		fields.Of("pool_id", func(r *CreateServiceRequest) *string { return &r.PoolID }, fields.Text),
		fields.Of("enable_policy", func(r *CreateServiceRequest) *bool { return &r.EnablePolicy }, fields.Bool),
	},
	Extra:      func(r *CreateServiceRequest) *map[string]json.RawMessage { return &r.Extra },
	OmitsEmpty: true,
}.Indexed()

var permissionFields = fields.Table[Permission]{
	Fields: []fields.Field[Permission]{
		fields.Of("id", func(p *Permission) *string { return &p.ID }, fields.Text),
		fields.Of("permission", func(p *Permission) *string { return &p.Value }, fields.Text),
		fields.Of("permission_type", func(p *Permission) *string { return &p.Type }, fields.Text),
		fields.Of("description", func(p *Permission) *string { return &p.Description }, fields.Text),
		fields.Of("created_at", func(p *Permission) *time.Time { return &p.CreatedAt }, fields.Time).Or("create_at"),
	},
	Extra: func(p *Permission) *map[string]json.RawMessage { return &p.Extra },
}.Indexed()

var taggedFields = fields.Table[TaggedResource]{
	Fields: []fields.Field[TaggedResource]{
		fields.Of("resource_id", func(t *TaggedResource) *string { return &t.ID }, fields.Text),
		fields.Of("resource_name", func(t *TaggedResource) *string { return &t.Name }, fields.Text),
		fields.Of("tags", func(t *TaggedResource) *[]Tag { return &t.Tags }, fields.List(tag)),
		fields.Of("resource_detail", func(t *TaggedResource) *json.RawMessage { return &t.Detail }, fields.Raw),
	},
	Extra: func(t *TaggedResource) *map[string]json.RawMessage { return &t.Extra },
}.Indexed()

var versionFields = fields.Table[APIVersion]{
	Fields: []fields.Field[APIVersion]{
		fields.Of("id", func(v *APIVersion) *string { return &v.ID }, fields.Text),
		fields.Of("status", func(v *APIVersion) *VersionStatus { return &v.Status }, fields.Enum(wire.Enum[VersionStatus])),
		fields.Of("updated", func(v *APIVersion) *time.Time { return &v.UpdatedAt }, fields.Time),
		fields.Of("version", func(v *APIVersion) *string { return &v.Version }, fields.Text),
		fields.Of("min_version", func(v *APIVersion) *string { return &v.MinVersion }, fields.Text),
		fields.Of("links", func(v *APIVersion) *[]VersionLink { return &v.Links }, fields.List(versionLink)),
	},
	Extra: func(v *APIVersion) *map[string]json.RawMessage { return &v.Extra },
}.Indexed()

// quotaFields, tagFields and servicePortFields repeat the struct tags for encoding/json,
// which users rely on; a test compares them.
var quotaFields = fields.Table[Quota]{Fields: []fields.Field[Quota]{
	fields.Of("type", func(q *Quota) *QuotaType { return &q.Type }, fields.Enum(enum(QuotaTypeEndpoint, QuotaTypeEndpointService))).Always(),
	fields.Of("used", func(q *Quota) *int64 { return &q.Used }, fields.Int).Always(),
	fields.Of("quota", func(q *Quota) *int64 { return &q.Allowed }, fields.Int).Always(),
}}.Indexed()

var tagFields = fields.Table[Tag]{Fields: []fields.Field[Tag]{
	fields.Of("key", func(t *Tag) *string { return &t.Key }, fields.Text).Always(),
	fields.Of("value", func(t *Tag) *string { return &t.Value }, fields.Text).Always(),
}}.Indexed()

var servicePortFields = fields.Table[ServicePort]{Fields: []fields.Field[ServicePort]{
	fields.Of("client_port", func(p *ServicePort) *int { return &p.ClientPort }, fields.Number).Always(),
	fields.Of("server_port", func(p *ServicePort) *int { return &p.ServerPort }, fields.Number).Always(),
	fields.Of("protocol", func(p *ServicePort) *string { return &p.Protocol }, fields.Text).Always(),
}}.Indexed()

var versionLinkFields = fields.Table[VersionLink]{Fields: []fields.Field[VersionLink]{
	fields.Of("href", func(l *VersionLink) *string { return &l.Href }, fields.Text).Always(),
	fields.Of("type", func(l *VersionLink) *string { return &l.Type }, fields.Text).Always(),
	fields.Of("rel", func(l *VersionLink) *string { return &l.Rel }, fields.Text).Always(),
}}.Indexed()

var tagValuesFields = fields.Table[TagValues]{Fields: []fields.Field[TagValues]{
	fields.Of("key", func(t *TagValues) *string { return &t.Key }, fields.Text).Always(),
	fields.Of("values", func(t *TagValues) *[]string { return &t.Values }, fields.Texts).Always(),
}}.Indexed()

// resourceErrorFields are the fields that the service documents for a reason. It is read
// in every format that errors have; see exchange.ReadError.
var resourceErrorFields = fields.Table[ResourceError]{Fields: []fields.Field[ResourceError]{
	fields.Of("error_code", func(e *ResourceError) *string { return &e.Code }, fields.Text).Always(),
	fields.Of("error_message", func(e *ResourceError) *string { return &e.Message }, fields.Text).Always(),
}}.Indexed()

// The kinds of values that need more than their type.
var (
	endpointStatus = fields.Enum(enum(StatusCreating, StatusPendingAcceptance, StatusAccepted, StatusRejected, StatusFailed, StatusDeleting))
	serviceStatus  = fields.Enum(enum(ServiceStatusCreating, ServiceStatusAvailable, ServiceStatusFailed, ServiceStatusDeleting))
	serviceType    = fields.Enum(readServiceType)
	serverType     = fields.Enum(enum(ServerTypeVM, ServerTypeLB))
	tcpProxy       = fields.Enum(enum(TCPProxyClose, TCPProxyTOA, TCPProxyProxy, TCPProxyBoth, TCPProxyVNI))
	ipVersion      = fields.Enum(enum(IPVersionIPv4, IPVersionIPv6, IPVersionDualStack))
	tag            = &fields.Kind[Tag]{Read: readTag, Write: tagFields.Write}
	servicePort    = &fields.Kind[ServicePort]{Read: servicePortFields.ReadWhole, Write: servicePortFields.Write}
	versionLink    = &fields.Kind[VersionLink]{Read: versionLinkFields.ReadWhole, Write: versionLinkFields.Write}

	policyStatement = &fields.Kind[PolicyStatement]{Read: readPolicyStatement, Write: writePolicyStatement, Clone: clonePolicyStatement}

	resourceErrors = resourceErrorsKind()
)

// enum reads a value of an enumeration: a known one ignoring case, and any other as
// received.
func enum[T ~string](known ...T) func(wire.Value) (T, bool) {
	return func(v wire.Value) (T, bool) {
		t, ok := wire.Enum[T](v)
		for _, k := range known {
			if strings.EqualFold(string(t), string(k)) {
				return k, ok
			}
		}
		return t, ok
	}
}

// readServiceType also accepts the specification's misspelling of gateway.
func readServiceType(v wire.Value) (ServiceType, bool) {
	t, ok := readKnownServiceType(v)
	if t == misspeltGateway {
		t = ServiceTypeGateway
	}
	return t, ok
}

const misspeltGateway ServiceType = "gataway"

var readKnownServiceType = enum(ServiceTypeInterface, ServiceTypeGateway, ServiceTypeCVSGateway, misspeltGateway)

// readTag requires a key, which identifies the tag.
func readTag(v wire.Value) (t Tag, ok bool) {
	odd, err := tagFields.Read(v, &t)
	return t, err == nil && len(odd) == 0 && t.Key != ""
}

// readPolicyStatement reads an object, or a string that holds one: the specification
// documents strings, but the service sends objects. Anything else is kept as received.
func readPolicyStatement(v wire.Value) (s PolicyStatement, ok bool) {
	if v.IsObject() {
		_, _ = statementFields.Read(v, &s) // a syntax error in it is reported for the whole response
		return s, true
	}
	document, _ := wire.Document(v)
	if _, err := statementFields.Read(wire.Of(document), &s); err != nil {
		return PolicyStatement{Raw: v.Raw()}, true
	}
	return s, true
}

func writePolicyStatement(w *jsontext.Encoder, s *PolicyStatement) error {
	if len(s.Raw) > 0 {
		return fields.WriteRaw(w, s.Raw)
	}
	return statementFields.Write(w, s)
}

func clonePolicyStatement(s PolicyStatement) PolicyStatement {
	s = statementFields.Clone(s)
	s.Raw = slices.Clone(s.Raw)
	return s
}

// resourceErrorsKind writes a single reason as an object and several as an array, as the
// service does.
func resourceErrorsKind() *fields.Kind[[]ResourceError] {
	one := &fields.Kind[ResourceError]{Read: readResourceError, Write: resourceErrorFields.Write}
	list := fields.List(one)
	kind := *list
	kind.Read = func(v wire.Value) ([]ResourceError, bool) {
		reasons, ok := list.Read(v)
		if len(reasons) == 0 {
			reasons = nil
		}
		return reasons, ok
	}
	kind.Write = func(w *jsontext.Encoder, reasons *[]ResourceError) error {
		if len(*reasons) == 1 {
			return one.Write(w, &(*reasons)[0])
		}
		return list.Write(w, reasons)
	}
	return &kind
}

// readResourceError reads {error_code, error_message} and, as in other errors, {code,
// message} or a bare message.
func readResourceError(v wire.Value) (ResourceError, bool) {
	if !v.IsObject() {
		message, ok := wire.String(v)
		return ResourceError{Message: message}, ok && message != ""
	}
	body, ok := exchange.ReadError(v)
	return ResourceError{Code: body.Code, Message: body.Message}, ok && (body.Code != "" || body.Message != "")
}
