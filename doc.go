// Package vpcep is a client for Huawei Cloud's VPC Endpoint service (VPCEP).
//
// A VPC endpoint connects a VPC to a service without leaving the cloud's network. This
// package creates endpoints, finds, changes and deletes them, and waits for them. It
// also publishes services for endpoints to connect to. With an idempotency key, a create
// is safe to repeat after any failure, and leads to one endpoint. A change in the
// response format never costs you the ID of an endpoint you just created.
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
// The sections below introduce the names in the order in which you need them. Each links
// to the page of the documentation that has the details.
//
// # Client
//
// [NewClient] makes a [Client] for one project from options such as [WithRegion],
// [WithBaseURL] for a private cloud, [WithProjectID] and [WithAuth]. A client is safe for
// concurrent use; share it.
//
// Every call takes a context that bounds the whole call; [WithAttemptTimeout] bounds each
// attempt. [WithRetry] says how often a request is sent again, if that is safe. A
// [CallOption] sets something for one call: [WithCallTimeout], [WithCallRetry] and
// [WithCallHeader]. [WithResponse] returns the request ID and whatever else a response
// says apart from its body. See [Configuration].
//
// # Authentication
//
// An [Authenticator] adds credentials to each attempt. [WithToken] is enough for a token
// that you have. [TokenAuth] sends the token of a [TokenSource], such as [IAMPassword]
// inside [CachedToken], which logs a user in and renews the token. [AKSK] signs with an
// access key. [DefaultAuth] uses what the environment, the credentials file or the ECS
// instance has. [LookupProjectID] finds the project of a region.
//
// An [Authenticator] or [TokenSource] of your own can wrap another one; a method Unwrap
// keeps what that one can do: [Renewer], [Invalidator], [Checker], [ProjectProvider] and
// [IAMEndpointProvider].
//
// Credentials print, log and marshal redacted, and are sent only to the host that
// you configured: redirects are not followed. See [Credentials].
//
// # Creating
//
// [Client.CreateEndpoint] validates a [CreateEndpointRequest], as
// [CreateEndpointRequest.Validate] does, sends it, and returns an [Endpoint], usually in
// status [StatusCreating]. [Client.PreflightCreateEndpoint] checks a request against the
// service that it connects to.
//
// # Idempotency keys
//
// A create with an IdempotencyKey leads to one endpoint, however often and by whichever
// process it is repeated:
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
// The service knows no such keys, so the key is kept in a tag ([IdempotencyTagKey]), with
// a digest of the request. A call searches for the key before and after it sends its
// request. If several processes create with the same key at once, all of them get the
// same endpoint, and whoever created another one deletes it.
// CreateEndpointRequest.Resume is for a process that restarts after a crash.
// [Client.GetEndpointByIdempotencyKey] finds the endpoint of a key. See [Idempotency keys].
//
// # Waiting
//
// [Client.WaitForEndpoint] polls an endpoint until it can be used,
// [Client.WaitForEndpointDeleted] until it is gone, and [Client.WaitForEndpointChange]
// until a change has taken effect. [WaitOptions] sets the statuses to wait for, a timeout,
// and a function that is called with each poll.
//
// # Reading and changing
//
// [Client.GetEndpoint] reads one endpoint. [Client.ListEndpoints] iterates over those that
// an [EndpointFilter] selects, and loses none while others create and delete;
// [Client.CountEndpoints] says how many there are. [Client.DeleteEndpoint] deletes one.
//
// [Client.UpdateWhitelist], [Client.UpdateRouteTables], [Client.UpdatePolicy] and
// [Client.DeletePolicy] change an endpoint; [HasWhitelist], [HasRouteTables] and
// [HasPolicy] tell whether the change has taken effect. [Client.SetTags], [Client.AddTags]
// and [Client.RemoveTags] change its tags, with the conditions [HasTags], [HasAllTags] and
// [LacksTags]. See [Operations].
//
// # Services
//
// [Client.ListPublicServices], [Client.DescribeService] and [Client.DescribeServiceByName]
// find a service to connect to. [Client.GetQuotas] says how many endpoints and services a
// project has and may have.
//
// # Publishing a service
//
// [Client.CreateService] publishes a back end of yours, with an idempotency key if you
// like, and [Client.WaitForService] waits until endpoints can connect to it.
// [Client.GetService], [Client.ListServices], [Client.UpdateService],
// [Client.RenameService] and [Client.DeleteService] are for your own services, and
// [Client.WaitForServiceDeleted] waits until one is gone.
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
// A [Permission] says who may connect: [Client.ListPermissions], [Client.AddPermissions],
// [Client.RemovePermissions] and [Client.UpdatePermissionDescription].
// [Client.ListConnections] and [Client.CountConnections] show who wants to;
// [Client.AcceptConnection] and [Client.RejectConnection] decide, and
// [Client.WaitForConnection] waits until the decision shows.
// [Client.UpdateConnectionDescriptions] notes what a connection is for.
//
// # Tags and editions
//
// [Client.SetServiceTags], [Client.AddServiceTags] and [Client.RemoveServiceTags] change
// the tags of a service. [Client.ListProjectTags] lists all tags of a project;
// [Client.ListResources] and [Client.CountResources] find endpoints and services by them.
// [Client.UpgradeEndpoint], [Client.UpgradeService] and [Client.AddServerResources] change
// editions, and [Client.ListVersions] and [Client.GetVersion] are about the API itself.
//
// These are all operations of the reference. [Client.Do] sends what this version has no
// method for, with the client's credentials, retries and errors.
//
// # Errors
//
// Wrong input is a [*ValidationError], reported before anything is sent. A refusal of the
// service is an [*APIError]: test its status and meaning with [errors.Is] and the errors
// of this package, such as [ErrForbidden] and [ErrThrottled], and its code with
// [errors.Is] and an [ErrorCode].
//
// [ErrOutcomeUnknown] is the one that needs care: the create may have been carried out,
// and no response says so. The endpoint may exist, and it costs money.
//
//	switch {
//	case errors.Is(err, vpcep.ErrDuplicateEndpoints):
//		// delete the ones you do not use, then call again
//	case errors.Is(err, vpcep.ErrOutcomeUnknown):
//		// look for the endpoint, or call again with the same IdempotencyKey
//	case errors.Is(err, vpcep.ErrQuotaExceeded):
//		// delete an endpoint, or ask for a larger quota
//	case errors.Is(err, vpcep.CodePortIPInUse):
//		// choose another address
//	}
//
// Whatever a call returns with an error is nil, and a count is 0, with these exceptions:
// a wait that ended in failure returns the endpoint, service or connection with its
// [*EndpointFailedError] or [*ServiceFailedError], [Client.UpdateRouteTables] the route
// tables that the endpoint has with a [*RouteTablesError], [Client.AddPermissions] the
// permissions that were added with a [*PermissionsError], and
// [Client.PreflightCreateEndpoint] the service with a [*ValidationError]. See [Errors] and
// [Retries].
//
// # Logging
//
// [WithLogger] writes a line for each attempt, at debug level. Nothing else is logged.
//
// # Testing
//
// Package [github.com/vpcep/vpcep-go/vpceptest] is a stand-in of the service, over real
// HTTP and with state, for the tests of your code. Code that calls a few methods can also
// depend on a small interface of its own, so that you can mock them. See [Testing].
//
// # Specification
//
// Where a comment refers to the reference, or to the number of one of its tables, it means
// "Creating a VPC Endpoint" in Huawei Cloud's [VPC Endpoint API Reference].
//
// [Configuration]: https://github.com/vpcep/vpcep-go/blob/main/docs/configuration.md#options
// [Credentials]: https://github.com/vpcep/vpcep-go/blob/main/docs/credentials.md
// [Idempotency keys]: https://github.com/vpcep/vpcep-go/blob/main/docs/retries.md#idempotency-keys
// [Operations]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md
// [Errors]: https://github.com/vpcep/vpcep-go/blob/main/docs/errors.md
// [Retries]: https://github.com/vpcep/vpcep-go/blob/main/docs/retries.md#what-is-sent-again-and-what-is-not
// [Testing]: https://github.com/vpcep/vpcep-go/blob/main/docs/testing.md
// [VPC Endpoint API Reference]: https://support.huaweicloud.com/intl/en-us/api-vpcep/CreateEndpoint.html
package vpcep
