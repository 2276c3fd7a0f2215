// Package vpcep is a client of Huawei Cloud's VPC Endpoint service (VPCEP).
//
// A VPC endpoint connects a VPC to a service without leaving the cloud's network.
// This package creates endpoints, finds, changes and deletes them, and waits for
// them, and does the same for the services that they connect to. With an idempotency key, a create can be repeated after any failure without
// making a second endpoint; the answer to a create is never lost to a change in its
// format.
//
//	client, err := vpcep.NewClient(
//		vpcep.WithRegion("eu-west-101"),
//		vpcep.WithProjectID(projectID),
//		vpcep.WithToken(token),
//	)
//	if err != nil {
//		log.Fatal(err)
//	}
//	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
//		EndpointServiceID: serviceID,
//		VPCID:             vpcID,
//		SubnetID:          subnetID,
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	endpoint, err = client.WaitForEndpoint(ctx, endpoint.ID, vpcep.WaitOptions{})
//
// The sections below follow the order in which the names are needed.
//
// # Client
//
// [NewClient] makes a [Client] for one project from options such as [WithRegion],
// [WithBaseURL] for a private cloud, [WithProjectID] and [WithAuth]. A client is
// safe for concurrent use and meant to be shared. Code that uses a few of its methods
// is tested best against a small interface of its own.
//
// Every call takes a context, which bounds it as a whole; [WithAttemptTimeout] bounds
// each attempt. [WithRetry] says how often a request is sent again, where that is
// safe. A [CallOption] sets something for one call: [WithCallTimeout], [WithCallRetry]
// and [WithCallHeader]; [WithResponse] gives the request ID and what else an answer
// says beside its body.
//
// # Creating
//
// [Client.CreateEndpoint] validates a [CreateEndpointRequest], as
// [CreateEndpointRequest.Validate] does, sends it, and returns an [Endpoint], as a
// rule in status [StatusCreating]. [Client.PreflightCreateEndpoint] checks a request
// against the service that it connects to.
//
// # Idempotency keys
//
// A create with an IdempotencyKey leads to one endpoint, however often and by
// whichever process it is repeated:
//
//	request := vpcep.CreateEndpointRequest{
//		EndpointServiceID: serviceID,
//		VPCID:             vpcID,
//		SubnetID:          subnetID,
//		IdempotencyKey:    "3f2a9c1e-billing-endpoint", // stored before the call
//	}
//	endpoint, err := client.CreateEndpoint(ctx, request)
//	if errors.Is(err, vpcep.ErrOutcomeUnknown) {
//		endpoint, err = client.CreateEndpoint(ctx, request) // now or after a restart
//	}
//
// The service knows no such keys: the key travels in a tag ([IdempotencyTagKey]), with
// a digest of the request, and is searched for before the request is sent and after
// it. Of several processes that create with the same key at once, each gets the same
// endpoint: the first one, by the second of its creation and its ID; whoever made a
// later one deletes it. CreateEndpointRequest.Resume is for a process that was killed
// with its keys stored. [Client.GetEndpointByIdempotencyKey] finds the endpoint of a key.
// A create takes at most 20 tags, that of the key included.
//
// # Waiting
//
// [Client.WaitForEndpoint] polls an endpoint until it can be used,
// [Client.WaitForEndpointDeleted] until it is gone, and
// [Client.WaitForEndpointChange] until a change has arrived. [Client.WaitForConnection]
// is for the owner of a service. [WaitOptions] sets the statuses to wait for, the
// time, and a function that is told of each poll.
//
// # Reading and changing
//
// [Client.GetEndpoint] reads one endpoint, [Client.ListEndpoints] iterates over those
// that an [EndpointFilter] selects, and loses none while others create and delete;
// [Client.CountEndpoints] says how many there are. [Client.DeleteEndpoint] deletes one.
// [Client.UpdateWhitelist], [Client.UpdateRouteTables], [Client.UpdatePolicy] and
// [Client.DeletePolicy] change an endpoint; [HasWhitelist], [HasRouteTables] and
// [HasPolicy] tell whether the change has arrived. [Client.SetTags], [Client.AddTags]
// and [Client.RemoveTags] change its tags, for which [HasTags], [HasAllTags] and
// [LacksTags] are the conditions.
//
// # Services
//
// [Client.ListPublicServices], [Client.DescribeService] and [Client.DescribeServiceByName] find
// what to connect to. [Client.GetQuotas] says how many endpoints and services a project
// has and may have.
//
// # Offering a service
//
// [Client.CreateService] offers what stands behind a port, also with an idempotency
// key, by the rules of endpoints; [Client.WaitForService] waits until it can be
// connected to. [Client.GetService], [Client.ListServices], [Client.UpdateService],
// [Client.RenameService] and [Client.DeleteService] are for one's own services, and
// [Client.WaitForServiceDeleted] waits for the end of one.
//
//	service, err := client.CreateService(ctx, vpcep.CreateServiceRequest{
//		PortID: "4189d3c2-8882-4871-a3c2-d380272eed88", VPCID: vpcID, ServerType: vpcep.ServerTypeLB,
//		Ports: []vpcep.ServicePort{{ClientPort: 443, ServerPort: 8443}},
//	})
//	if err != nil {
//		log.Fatal(err)
//	}
//	_, err = client.AddPermissions(ctx, service.ID, []vpcep.Permission{{Value: "iam:domain::5fc973eea581490997e82ea11a1d0101"}})
//
// A [Permission] says who may connect: [Client.ListPermissions],
// [Client.AddPermissions], [Client.RemovePermissions] and
// [Client.UpdatePermissionDescription]. The owner sees who wants in with
// [Client.ListConnections] and [Client.CountConnections], and decides with
// [Client.AcceptConnection] and [Client.RejectConnection]; [Client.WaitForConnection]
// waits until the decision shows, and [Client.UpdateConnectionDescriptions] notes what
// a connection is for.
//
// # Tags and editions
//
// [Client.SetServiceTags], [Client.AddServiceTags] and [Client.RemoveServiceTags] change
// the tags of a service. [Client.ListProjectTags] gives all tags of a project, and
// [Client.ListResources] and [Client.CountResources] find endpoints and services by
// them. [Client.UpgradeEndpoint], [Client.UpgradeService] and [Client.AddServerResources]
// are about editions, and [Client.ListVersions] and [Client.GetVersion] about the
// service's API. All operations of the service's reference are here.
//
// What this version has no method for is sent with [Client.Do], with the client's
// credentials, retries and errors.
//
// # Errors
//
// What a call returns beside an error is nil, and a count is 0, with these exceptions:
// the endpoint (or connection) that ended a wait comes beside its
// [*EndpointFailedError], the service beside its [*ServiceFailedError], the route
// tables that an endpoint has beside a [*RouteTablesError], the permissions that were
// added beside a [*PermissionsError], and the service beside the [*ValidationError] of
// [Client.PreflightCreateEndpoint].
//
// Wrong input is a [*ValidationError], reported before anything is sent. A refusal of
// the service is an [*APIError]: its status and meaning are tested with [errors.Is]
// and the errors of this package, such as [ErrForbidden] and [ErrThrottled], its code
// with [errors.Is] and an [ErrorCode].
//
// [ErrOutcomeUnknown] is the one that needs care: the create request may have been
// carried out, and nothing says so. The endpoint may exist, and cost money.
//
//	switch {
//	case errors.Is(err, vpcep.ErrDuplicateEndpoints):
//		// delete what is not used, then call again
//	case errors.Is(err, vpcep.ErrOutcomeUnknown):
//		// look for the endpoint, or call again with the same IdempotencyKey
//	case errors.Is(err, vpcep.ErrQuotaExceeded):
//		// delete an endpoint, or ask for a larger quota
//	case errors.Is(err, vpcep.CodePortIPInUse):
//		// choose another address
//	}
//
// # Authentication
//
// An [Authenticator] adds credentials to each attempt. [AKSK] signs with an access
// key. [TokenAuth] sends the token of a [TokenSource]: [StaticToken], or [IAMPassword]
// inside [CachedToken], which logs a user in and renews the token. [DefaultAuth] takes
// what the environment, the credentials file or the ECS instance offers.
// [LookupProjectID] finds the project of a region.
//
// An [Authenticator] or [TokenSource] of one's own can wrap another; a method Unwrap
// keeps what that can do: [Renewer], [Invalidator], [Checker], [ProjectProvider] and
// [IAMEndpointProvider]. The identity tokens of other providers, the identity of a pod
// and derived keys are left to such code; examples/federation has some to copy.
//
// Credentials print, log and marshal redacted. They never go to another host than the
// client's own: redirects are not followed.
//
// # Logging
//
// [WithLogger] writes a line for each attempt at debug level. Nothing else is logged.
//
// # Testing
//
// Package [github.com/vpcep/vpcep-go/vpceptest] is a stand-in of the service, over
// real HTTP and with state, for the tests of the code that uses this package.
//
// # Specification
//
// The specification that the comments refer to, and whose tables they number, is
// "Creating a VPC Endpoint" in Huawei Cloud's VPC Endpoint API Reference:
// https://support.huaweicloud.com/intl/en-us/api-vpcep/CreateEndpoint.html
package vpcep
