package vpcep

import "strings"

// ErrorCode is the code in an error response of the service, or of the API gateway in
// front of it. It is a target of errors.Is:
//
//	if errors.Is(err, vpcep.CodeQuotaExceeded) {
//		// delete an endpoint, or ask for a larger quota
//	}
//
// Each constant below says what its code means and what you can do. You can test for a
// code without a constant, too: errors.Is(err, vpcep.ErrorCode("EndPoint.9999")).
type ErrorCode string

// Error returns the code. It makes ErrorCode a target of errors.Is.
func (c ErrorCode) Error() string {
	return string(c)
}

// Matches reports whether code is c in any spelling: case is ignored (the service writes
// both EndPoint.0001 and Endpoint.0001), and APIG.0301 is APIGW.0301. An empty code
// matches nothing.
func (c ErrorCode) Matches(code string) bool {
	return code != "" && strings.EqualFold(withGatewayPrefix(string(c)), withGatewayPrefix(code))
}

// withGatewayPrefix returns APIGW.NNNN for APIG.NNNN, and any other code unchanged.
func withGatewayPrefix(code string) string {
	prefix, number, found := strings.Cut(code, ".")
	if found && strings.EqualFold(prefix, "APIG") {
		return "APIGW." + number
	}
	return code
}

// Any call: codes of the service.
const (
	// The service had an internal error. It may have created the endpoint: the outcome
	// of a create is unknown, so look for the endpoint before creating again.
	CodeSystemError ErrorCode = "EndPoint.0001"
	// A parameter is invalid; the message may say which. Correct the request.
	CodeParameterInvalid ErrorCode = "EndPoint.0002"
	// The credentials are missing, wrong or expired (401). Get new ones.
	CodeAuthenticationFailed ErrorCode = "EndPoint.0003"
	// The credentials do not allow this call (403). Ask for the permission, and check
	// that the credentials belong to the project.
	CodePermissionDenied ErrorCode = "EndPoint.0004"
	// Something that the request names does not exist (404). In a call about one
	// endpoint, that is the endpoint: ErrEndpointNotFound. In a call about one endpoint
	// service, it is the service: ErrServiceNotFound. For a create or a decision on a
	// connection, check the IDs in the request.
	CodeResourceUnavailable ErrorCode = "EndPoint.0005"
	// Calls are not allowed from this address. Check which addresses may call.
	CodeRemoteAddressMismatch ErrorCode = "EndPoint.0009"
	// The service received no request body, and responds with 504. It may have created
	// the endpoint: the outcome of a create is unknown, so look for the endpoint before
	// creating again.
	CodeRequestBodyMissing ErrorCode = "EndPoint.0011"
	// The service received no request headers, and responds with 504. It may have created
	// the endpoint: the outcome of a create is unknown, so look for the endpoint before
	// creating again.
	CodeRequestHeaderMissing ErrorCode = "EndPoint.0012"
	// The service did not finish in time (504). It may have created the endpoint: the
	// outcome of a create is unknown, so look for the endpoint before creating again.
	CodeRequestTimedOut ErrorCode = "EndPoint.0013"
	// The project ID is malformed. Check the client's project.
	CodeProjectIDInvalid ErrorCode = "EndPoint.0014"
	// Too many requests in a short time (400). Wait, then send fewer.
	CodeThrottled ErrorCode = "EndPoint.0022"
	// The service could not get its own token. Other credentials do not help: ask the
	// service's support.
	CodeTokenUnavailable ErrorCode = "EndPoint.1008"
	// A required parameter is empty. Set it.
	CodeParameterMissing ErrorCode = "EndPoint.2002"
)

// Any call: codes of the API gateway, which refuses before the service sees the request.
const (
	// The gateway knows no such API (404): the host, the region or the path is wrong.
	// It does not mean that an endpoint is gone.
	CodeAPINotFound ErrorCode = "APIGW.0101"
	// The gateway refused the token or the signature (401). Check the credentials and
	// the clock before sending again: several wrong signatures in a row lock an access
	// key.
	CodeGatewayAuthFailed ErrorCode = "APIGW.0301"
	// Too many requests for the gateway (429). Wait, at least as long as Retry-After says.
	CodeGatewayThrottled ErrorCode = "APIGW.0308"
)

// Create: the fields of the request.
const (
	// The specification (the size of an endpoint) is invalid. Check that endpoints can
	// connect to the endpoint service.
	CodeSpecificationInvalid ErrorCode = "EndPoint.0015"
	// The VPC ID is malformed. Pass the ID of a VPC, not its name.
	CodeVPCIDInvalid ErrorCode = "EndPoint.0020"
	// The subnet ID is malformed. Pass the network ID of a subnet.
	CodeSubnetIDInvalid ErrorCode = "EndPoint.0023"
	// The request as a whole is invalid. Check its fields against the type of the
	// endpoint service.
	CodeRequestInvalid ErrorCode = "EndPoint.1004"
	// There is no such specification (the size of an endpoint). Ask the service's support.
	CodeSpecificationNotFound ErrorCode = "EndPoint.2009"
	// The endpoint service is of type interface and needs a subnet. Set SubnetID.
	CodeSubnetIDMissing ErrorCode = "EndPoint.2010"
	// There is no VPC ID in the request. Set VPCID.
	CodeVPCIDMissing ErrorCode = "EndPoint.2011"
	// There is no endpoint service ID in the request. Set EndpointServiceID.
	CodeEndpointServiceIDMissing ErrorCode = "EndPoint.2029"
	// The value of enable_dns is invalid. Leave EnableDNS off if the endpoint service
	// does not offer a domain name.
	CodeEnableDNSInvalid ErrorCode = "EndPoint.2033"
	// The value of enable_dns is not accepted. The documentation does not say how this
	// differs from CodeEnableDNSInvalid; treat both alike.
	CodeEnableDNSIncorrect ErrorCode = "EndPoint.2034"
	// The port IP is not a usable address. Pass a plain IPv4 address, or none to have
	// one assigned.
	CodePortIPInvalid ErrorCode = "EndPoint.2041"
	// Something else has the port IP. Choose another address, or none to have one
	// assigned; after an unknown outcome, check whether your own endpoint has it.
	CodePortIPInUse ErrorCode = "EndPoint.2042"
	// The port IP cannot be used in the subnet. Choose one from the subnet's range, or
	// none to have one assigned.
	CodePortIPNotInSubnet ErrorCode = "EndPoint.2043"
	// The endpoint service ID is malformed. Pass the ID of the endpoint service, not
	// its name.
	CodeEndpointServiceIDInvalid ErrorCode = "EndPoint.3062"
)

// Create: the endpoint service to connect to, and what the service allows.
const (
	// The project has as many endpoints as its quota allows. Delete one, or ask for a
	// larger quota.
	CodeQuotaExceeded ErrorCode = "Endpoint.1018"
	// There is no such endpoint service. Check its ID, and that it is in this region.
	CodeEndpointServiceNotFound ErrorCode = "EndPoint.2003"
	// Endpoints cannot connect to the endpoint service now. Try later; if that does not
	// help, ask its owner.
	CodeEndpointServiceUnavailable ErrorCode = "EndPoint.2004"
	// The endpoint service does not let this account connect. Ask its owner for a
	// permission.
	CodeEndpointServiceNotPermitted ErrorCode = "EndPoint.2012"
	// The endpoint is already connected to the endpoint service. Use the existing one.
	CodeAlreadyConnected ErrorCode = "EndPoint.2014"
	// The service could not create the endpoint and does not say why. Check whether it
	// left a failed endpoint behind; if it happens again, ask the service's support.
	CodeCreateFailed ErrorCode = "EndPoint.2022"
	// The endpoint service has no port or protocol to connect to. Its owner must set
	// them.
	CodeEndpointServicePortMissing ErrorCode = "EndPoint.2028"
)

// Create: the network of the endpoint. Some of these come with a 404, which is then about
// the network: it does not mean that an endpoint is gone.
const (
	// There is no such VPC in the project. Check the ID, the project and the region.
	CodeVPCNotFound ErrorCode = "EndPoint.2001"
	// The service's pool has no address for the endpoint. Ask the service's support.
	CodePoolIPNotFound ErrorCode = "EndPoint.2016"
	// The MAC address of a router (qrMac or sgMac) is missing. Ask the service's support.
	CodeRouterMACNotFound ErrorCode = "EndPoint.2020"
	// The service could not read the VPC. Check that the VPC exists; if it does, ask
	// the service's support.
	CodeVPCQueryFailed ErrorCode = "EndPoint.2021"
	// The service found no address range to use. Ask the service's support.
	CodeCIDRNotFound ErrorCode = "EndPoint.2023"
	// The service's own side of the network (shadowVpc or shadowPort) is missing.
	// Ask the service's support.
	CodeShadowNetworkNotFound ErrorCode = "EndPoint.2024"
	// The port of the endpoint is missing. Ask the service's support.
	CodeEndpointPortNotFound ErrorCode = "EndPoint.2025"
	// The service has no virtual network identifier for the VPC. Ask the service's support.
	CodeVNIMissing ErrorCode = "EndPoint.2026"
	// The service's own setting dns.enable is wrong. Ask the service's support; an
	// endpoint without a domain name may still be possible.
	CodeDNSSettingInvalid ErrorCode = "EndPoint.2035"
	// The subnet is not in the VPC. Pass a SubnetID and a VPCID that belong together.
	CodeSubnetNotInVPC ErrorCode = "EndPoint.2037"
	// The pool that endpoints are created in is missing. Ask the service's support.
	CodePoolNotFound ErrorCode = "EndPoint.2038"
	// The service could not read the subnet. Check the SubnetID; if it is right, ask
	// the service's support.
	CodeSubnetQueryFailed ErrorCode = "EndPoint.4001"
	// The service could not create its own subnet. Ask the service's support.
	CodeSubnetCreateFailed ErrorCode = "EndPoint.4002"
	// There is no such subnet (404). Pass the network ID of a subnet of the VPC.
	CodeSubnetNotFound ErrorCode = "EndPoint.4004"
	// The service could not read the network. Check the SubnetID, which is a network
	// ID; if it is right, ask the service's support.
	CodeNetworkQueryFailed ErrorCode = "EndPoint.4005"
	// The service could not create its own network. Ask the service's support.
	CodeNetworkCreateFailed ErrorCode = "EndPoint.4006"
	// The network does not exist or cannot be used (404). Check the SubnetID, which is a
	// network ID; if it is right, ask the service's support.
	CodeNetworkUnavailable ErrorCode = "EndPoint.4008"
	// The service could not read a port. Ask the service's support.
	CodePortQueryFailed ErrorCode = "EndPoint.4009"
	// The service could not create a port in the subnet. Check that the subnet has free
	// addresses; if it has, ask the service's support.
	CodePortCreateFailed ErrorCode = "EndPoint.4010"
	// The cloud has no marker ID for the endpoint (404), which does not mean that the
	// endpoint is gone. Ask the service's support.
	CodeMarkerIDMissing ErrorCode = "EndPoint.2030"
	// The size of an endpoint is in use and cannot be changed. Ask the service's support.
	CodeSpecificationInUse ErrorCode = "EndPoint.4025"
	// A port is missing (404). Ask the service's support.
	CodePortNotFound ErrorCode = "EndPoint.4012"
	// The service could not read its proxy. Ask the service's support.
	CodeProxyQueryFailed ErrorCode = "EndPoint.4013"
	// The service could not read the VPC's router. Ask the service's support.
	CodeRouterQueryFailed ErrorCode = "EndPoint.4014"
	// The VPC's router is missing. Ask the service's support.
	CodeRouterNotFound ErrorCode = "EndPoint.4015"
	// The service could not add an interface to the router. Ask the service's support.
	CodeRouterInterfaceAddFailed ErrorCode = "EndPoint.4016"
	// The service could not add an extension to the router. Ask the service's support.
	CodeRouterExtensionAddFailed ErrorCode = "EndPoint.4018"
	// The service could not read the routing agent. Ask the service's support.
	CodeL3AgentQueryFailed ErrorCode = "EndPoint.4020"
	// The routing agent is missing (404). Ask the service's support.
	CodeL3AgentNotFound ErrorCode = "EndPoint.4021"
)

// Create: tags.
const (
	// A tag is empty. Give every tag a key.
	CodeTagEmpty ErrorCode = "EndPoint.3066"
	// A tag key appears twice. Use each key once.
	CodeTagKeyDuplicated ErrorCode = "EndPoint.3067"
	// A key or a value breaks the rules for tags. Tag says what they may contain.
	CodeTagInvalid ErrorCode = "EndPoint.3068"
	// There are more tags than an endpoint may have. Send fewer; an IdempotencyKey is sent
	// as a tag and counts too.
	CodeTooManyTags ErrorCode = "EndPoint.3069"
	// A tag value appears twice where it must not. Use each value once.
	CodeTagValueDuplicated ErrorCode = "EndPoint.3071"
	// A tag key is too long or too short. Tag says how long it may be.
	CodeTagKeyLengthInvalid ErrorCode = "EndPoint.3072"
	// A tag value is too long. Tag says how long it may be.
	CodeTagValueLengthInvalid ErrorCode = "EndPoint.3073"
)

// Create: the whitelist.
const (
	// An entry of the whitelist is invalid. Entries are IPv4 addresses and CIDR blocks;
	// 0.0.0.0 and /0 blocks are refused.
	CodeWhitelistInvalid ErrorCode = "EndPoint.2044"
	// The whitelist has too many entries. Combine addresses into CIDR blocks.
	CodeWhitelistTooLong ErrorCode = "EndPoint.2045"
)

// Create: the route tables of an endpoint of a gateway service. Here too, a 404
// does not mean that an endpoint is gone.
const (
	// The ID of a route table is malformed. Pass IDs of route tables of the VPC.
	CodeRouteTableIDInvalid ErrorCode = "EndPoint.1019"
	// Another endpoint uses the route table. Choose another table, or delete the
	// endpoint that uses it.
	CodeRouteTableInUse ErrorCode = "EndPoint.2039"
	// The endpoint has no route table. Name at least one in RouteTables.
	CodeRouteTableNotBound ErrorCode = "EndPoint.2040"
	// The service could not read the VPC's default route table. Name the tables in
	// RouteTables, or ask the service's support.
	CodeDefaultRouteTableQueryFailed ErrorCode = "EndPoint.4026"
	// The service could not read the VPC's route tables. Ask the service's support.
	CodeRouteTableQueryFailed ErrorCode = "EndPoint.4027"
	// The service could not add its routes to a route table. Check whether the table is
	// full or has routes to the same destinations; if not, ask the service's support.
	CodeRouteAddFailed ErrorCode = "EndPoint.4028"
	// There is no such route table (404). Check the IDs in RouteTables.
	CodeRouteTableNotFound ErrorCode = "EndPoint.4030"
)

// Create: the policy.
const (
	// The policy is invalid. Check its statements, and that it is of the kind that the
	// endpoint service takes: PolicyStatement or PolicyDocument.
	CodePolicyInvalid ErrorCode = "EndPoint.2048"
)

// Reading and deleting.
const (
	// The page size of a list is invalid. Use 1 to 1000.
	CodeLimitInvalid ErrorCode = "EndPoint.0006"
	// The offset of a list is invalid. Start the list again.
	CodeOffsetInvalid ErrorCode = "EndPoint.0010"
	// The sort key of a list is invalid. Use create_at or update_at, without the d.
	CodeSortKeyInvalid ErrorCode = "EndPoint.0017"
	// The sort direction of a list is invalid. Use asc or desc.
	CodeSortDirInvalid ErrorCode = "EndPoint.0018"
	// The name of an endpoint service in the filter of a list is invalid. Correct it, or
	// list without it.
	CodeEndpointServiceNameInvalid ErrorCode = "EndPoint.1003"
	// There is no such endpoint (404): it is gone, or never was in this project and region.
	// This code and the next two are ErrEndpointNotFound whatever the call.
	CodeEndpointNotFound ErrorCode = "EndPoint.2006"
	// The service no longer has the endpoint (404): it is gone.
	CodeEndpointInfoNotFound ErrorCode = "EndPoint.2007"
	// The endpoint has been deleted (404): it is gone.
	CodeEndpointDeleted ErrorCode = "EndPoint.2008"
	// The endpoint is frozen, usually with its account. Settle that with the
	// service's support first.
	CodeEndpointFrozen ErrorCode = "EndPoint.2015"
	// The endpoint ID is malformed. Pass the ID that CreateEndpoint returned.
	CodeEndpointIDInvalid ErrorCode = "EndPoint.2017"
	// The endpoint is being deleted. Wait until it is gone: WaitForEndpointDeleted.
	CodeEndpointDeleting ErrorCode = "EndPoint.2018"
	// The endpoint is still being created. Wait until it is ready, then try again:
	// WaitForEndpoint.
	CodeEndpointCreating ErrorCode = "EndPoint.2019"
	// The endpoint has been disabled. Ask the service's support to enable it.
	CodeEndpointDisabled ErrorCode = "EndPoint.2050"
	// The service is moving the endpoint to another pool. Try again later.
	CodeEndpointSwitchingPool ErrorCode = "EndPoint.2051"
	// The service could not delete its own subnet. If the endpoint still exists, delete
	// it again, or ask the service's support.
	CodeSubnetDeleteFailed ErrorCode = "EndPoint.4003"
	// The service could not delete its own network. If the endpoint still exists, delete
	// it again, or ask the service's support.
	CodeNetworkDeleteFailed ErrorCode = "EndPoint.4007"
	// The service could not delete the endpoint's port. If the endpoint still exists,
	// delete it again, or ask the service's support.
	CodePortDeleteFailed ErrorCode = "EndPoint.4011"
	// The service could not remove an interface from the router. If the endpoint still
	// exists, delete it again, or ask the service's support.
	CodeRouterInterfaceDeleteFailed ErrorCode = "EndPoint.4017"
	// The service could not remove an extension from the router. If the endpoint still
	// exists, delete it again, or ask the service's support.
	CodeRouterExtensionDeleteFailed ErrorCode = "EndPoint.4019"
	// The service could not remove its routes from a route table. If the endpoint still
	// exists, delete it again, or ask the service's support.
	CodeRouteRemoveFailed ErrorCode = "EndPoint.4029"
)

// Changing and approving.
const (
	// The action on a batch of tags is invalid.
	CodeActionInvalid ErrorCode = "EndPoint.0007"
	// The endpoint does not connect to this service. Check both IDs.
	CodeEndpointNotOfService ErrorCode = "EndPoint.2013"
	// The action on a connection is invalid.
	CodeConnectionActionInvalid ErrorCode = "EndPoint.2027"
	// Only one endpoint can be accepted or rejected per call.
	CodeOneEndpointOnly ErrorCode = "EndPoint.2031"
	// A failed endpoint cannot be changed. Delete it, and create another.
	CodeFailedEndpointUnchangeable ErrorCode = "EndPoint.2047"
	// The endpoint has no policy to delete.
	CodePolicyNotAssociated ErrorCode = "EndPoint.2049"
	// The endpoint has its own MAC address and cannot be changed. Delete it, and create
	// another.
	CodeEndpointMACUnchangeable ErrorCode = "EndPoint.2046"
)

// Your own endpoint services.
const (
	// The ID of the back end's port is malformed. Pass the port ID of a network card, or
	// of a load balancer's private address.
	CodeServicePortIDInvalid ErrorCode = "EndPoint.3003"
	// A port number is invalid. Use 1 to 65535.
	CodeServicePortInvalid ErrorCode = "EndPoint.3004"
	// The service could not be deleted, and the cloud does not say why. Delete it again,
	// or ask the cloud's support.
	CodeServiceDeleteFailed ErrorCode = "EndPoint.3005"
	// Endpoints are connected to the service. Reject or delete them first; see
	// ListConnections.
	CodeServiceInUse ErrorCode = "EndPoint.3006"
	// There is no such port. Check the PortID, the project and the region.
	CodeServicePortNotFound ErrorCode = "EndPoint.3008"
	// The server type is invalid. Use VM or LB.
	CodeServerTypeInvalid ErrorCode = "EndPoint.3021"
	// The port of the back end is in another VPC. Pass the VPC that it is in.
	CodeServicePortNotInVPC ErrorCode = "EndPoint.3042"
	// The ports of the service are invalid. Check their numbers and protocols.
	CodeServicePortsInvalid ErrorCode = "EndPoint.3043"
	// Another service has the same server port and protocol of the same back end. Choose
	// others, or use that service; after an unknown outcome, check whether it is yours.
	CodeServicePortsConflict ErrorCode = "EndPoint.3044"
	// The service cannot be changed in its current state. Wait until it is available.
	CodeServiceUnchangeable ErrorCode = "EndPoint.3045"
	// Another service has the same address. Choose another address.
	CodeServiceIPConflict ErrorCode = "EndPoint.3046"
	// PortID and IP cannot be changed at the same time. Change one of them.
	CodeServicePortIDAndIP ErrorCode = "EndPoint.3052"
	// The deprecated VIP port and IP cannot be changed at the same time. Change one of
	// them.
	CodeServiceVIPPortIDAndIP ErrorCode = "EndPoint.3053"
	// The back end's port cannot be changed for this service. Create another service.
	CodeServicePortIDUnchangeable ErrorCode = "EndPoint.3054"
	// The address cannot be changed for this service. Create another service.
	CodeServiceIPUnchangeable ErrorCode = "EndPoint.3055"
	// Too many services use the address. Use another one.
	CodeServiceIPExhausted ErrorCode = "EndPoint.3056"
	// The CIDR blocks cannot be changed for this service. Create another service.
	CodeServiceCIDRUnchangeable ErrorCode = "EndPoint.3057"
	// The domain name of the back end is invalid. Correct IP.
	CodeServiceDomainNameInvalid ErrorCode = "EndPoint.3058"
	// The domain name of the back end is taken. Use another one.
	CodeServiceDomainNameExists ErrorCode = "EndPoint.3059"
	// The account may not add domain names. Ask the cloud's support.
	CodeServiceDomainNameNotPermitted ErrorCode = "EndPoint.3060"
	// The project has as many domain names as allowed. Delete one.
	CodeServiceDomainNamesExhausted ErrorCode = "EndPoint.3061"
	// The ID of the back end's port is invalid. Check PortID.
	CodeServiceBackEndInvalid ErrorCode = "EndPoint.3063"
	// The service has too many ports. Use at most 200.
	CodeServicePortsExhausted ErrorCode = "EndPoint.3074"
	// A protocol is invalid. Use TCP.
	CodeServiceProtocolInvalid ErrorCode = "EndPoint.3075"
	// The name of the service is invalid. Use up to 16 characters of A-Z a-z 0-9 _ -.
	CodeServiceNameInvalid ErrorCode = "EndPoint.3076"
	// The cloud could not create the service's port. Create the service again, or ask
	// the cloud's support.
	CodeServicePortCreateFailed ErrorCode = "EndPoint.3001"
	// A CIDR block of the service is invalid. Correct it.
	CodeServiceCIDRInvalid ErrorCode = "EndPoint.3009"
	// The address of the back end is invalid. Correct IP.
	CodeServiceIPInvalid ErrorCode = "EndPoint.3010"
	// An interface service accepts no address. Leave IP empty, and set PortID.
	CodeServiceIPNotNeeded ErrorCode = "EndPoint.3011"
	// An interface service that is reached by VLAN accepts no VPC. Leave VPCID out.
	CodeServiceVPCIDNotAllowed ErrorCode = "EndPoint.3013"
	// An interface service accepts no CIDR block. Leave it out.
	CodeServiceCIDRNotAllowed ErrorCode = "EndPoint.3014"
	// A gateway service that is reached by VLAN accepts no port. Leave PortID out.
	CodeServicePortIDNotAllowed ErrorCode = "EndPoint.3015"
	// A gateway service that is reached by VLAN accepts no address. Leave IP out.
	CodeServiceIPNotAllowed ErrorCode = "EndPoint.3016"
	// The CIDR blocks of a gateway service are invalid. Correct them.
	CodeServiceCIDRsInvalid ErrorCode = "EndPoint.3017"
	// A gateway service that is reached by VLAN accepts no VPC. Leave VPCID out.
	CodeGatewayServiceVPCIDNotAllowed ErrorCode = "EndPoint.3018"
	// The cloud could not create a network for the service. Create the service again, or
	// ask the cloud's support.
	CodeServiceNetworkCreateFailed ErrorCode = "EndPoint.3022"
	// The cloud could not create a subnet for the service. Create the service again, or
	// ask the cloud's support.
	CodeServiceSubnetCreateFailed ErrorCode = "EndPoint.3023"
	// The network type to filter services by is invalid. Use vlan, vxlan or all.
	CodeNetTypeInvalid ErrorCode = "EndPoint.3048"
	// The ID of the deprecated VIP port is invalid. Set PortID instead.
	CodeServiceVIPPortIDInvalid ErrorCode = "EndPoint.3051"
	// The status to filter services by is invalid. Use one of the ServiceStatus constants.
	CodeStatusInvalid ErrorCode = "EndPoint.0019"
	// There is nothing to roll back. Nothing needs to be done.
	CodeRollbackNotNeeded ErrorCode = "EndPoint.2052"
	// The rollback of an upgrade could not be started. Try again later.
	CodeRollbackFailed ErrorCode = "EndPoint.3040"
)

// Permissions and connections of your own services.
const (
	// A permission is invalid. Check its format; see Permission.
	CodePermissionInvalid ErrorCode = "EndPoint.3002"
	// The action on permissions is invalid.
	CodePermissionActionInvalid ErrorCode = "EndPoint.3035"
	// The list of permissions is invalid. Check the format of each; see Permission.
	CodePermissionsInvalid ErrorCode = "EndPoint.3036"
	// The service has as many permissions as allowed. Remove one, or permit everybody and
	// accept each connection.
	CodePermissionsExhausted ErrorCode = "EndPoint.3049"
	// The call has too many elements. Split it into several calls.
	CodeBatchTooLarge ErrorCode = "EndPoint.0016"
	// The marker ID to filter connections by is invalid. Pass Endpoint.MarkerID.
	CodeMarkerIDInvalid ErrorCode = "EndPoint.0021"
	// The resource type is invalid. Use one of the ResourceType constants.
	CodeResourceTypeInvalid ErrorCode = "EndPoint.3070"
)
