// Package vpcep is a client for Huawei Cloud's VPC Endpoint service (VPCEP).
//
// A VPC endpoint connects a VPC to a service without leaving the cloud's network. This
// package creates, finds, changes and deletes endpoints, and waits for them. It also
// publishes services for endpoints to connect to. With an idempotency key, a create is
// safe to repeat after any failure and leads to exactly one endpoint (for the conditions,
// see [Idempotency keys]). A change in the response format never costs you the ID of an
// endpoint you just created.
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
// The sections below introduce the API in the order in which you need it, with links to
// the pages of the documentation that have the details.
//
// # Client
//
// [NewClient] creates a [Client] for one project from options such as [WithRegion],
// [WithBaseURL] for a private cloud, [WithProjectID] and [WithAuth]. A client is safe for
// concurrent use; share it.
//
// Every call takes a context that bounds the whole call; [WithAttemptTimeout] bounds each
// attempt. [WithRetry] sets how often a request is sent again, if that is safe. A
// [CallOption] applies to one call: [WithCallTimeout], [WithCallRetry] and
// [WithCallHeader]. [WithResponse] returns the status, the headers and the request ID of
// the response. See [Configuration].
//
// # Authentication
//
// An [Authenticator] adds credentials to each attempt. If you already have a token, use
// [WithToken]. [TokenAuth] sends the token of a [TokenSource], such as [IAMPassword],
// which logs in as an IAM user, wrapped in [CachedToken], which shares and renews the
// token. [AKSK] signs with an access key. [DefaultAuth] finds credentials in the
// environment, the credentials file or the ECS instance. [LookupProjectID] finds the
// project of a region.
//
// Your own [Authenticator] or [TokenSource] can wrap another one. Give it a method Unwrap
// to keep the optional interfaces of the wrapped one: [Renewer], [Invalidator],
// [Checker], [ProjectProvider] and [IAMEndpointProvider].
//
// Credentials print, log and marshal redacted, and are sent only to the host that
// you configured: redirects are not followed. See [Credentials].
//
// # Creating
//
// [Client.CreateEndpoint] validates a [CreateEndpointRequest], as
// [CreateEndpointRequest.Validate] does, sends it, and returns an [Endpoint], usually in
// status [StatusCreating]. [Client.PreflightCreateEndpoint] checks a request against the
// endpoint service that it names. A create whose response is lost is not repeated without
// an idempotency key: see [Retries].
//
// # Idempotency keys
//
// A create with an IdempotencyKey leads to one endpoint, no matter how often it is
// repeated and by which process:
//
//	request := vpcep.CreateEndpointRequest{
//		EndpointServiceID: serviceID,
//		VPCID:             vpcID,
//		SubnetID:          subnetID,
//		IdempotencyKey:    "3f2a9c1e-billing-endpoint", // stored before the call
//	}
//	endpoint, err := client.CreateEndpoint(ctx, request)
//	if errors.Is(err, vpcep.ErrOutcomeUnknown) {
//		endpoint, err = client.CreateEndpoint(ctx, request) // the same request again
//	}
//
// The service has no such keys, so the library keeps the key in a tag
// ([IdempotencyTagKey]), with a digest of the request. A call searches for the key before
// and after it sends its request. If several processes create with the same key at once,
// all of them get the same endpoint, and a process that created another one deletes it.
// CreateEndpointRequest.Resume is for a process that restarts after a crash.
// [Client.GetEndpointByIdempotencyKey] finds the endpoint of a key. See [Idempotency keys].
//
// # Waiting
//
// [Client.WaitForEndpoint] polls an endpoint until it can be used,
// [Client.WaitForEndpointDeleted] until it is gone, and [Client.WaitForEndpointChange]
// until a change has taken effect. [WaitOptions] sets the statuses to wait for, a timeout,
// and a function that is called after each poll. See [Waiting].
//
// # Reading and changing
//
// [Client.GetEndpoint] reads one endpoint. [Client.ListEndpoints] iterates over the
// endpoints that an [EndpointFilter] selects, and misses none while others create and
// delete; [Client.CountEndpoints] counts them. [Client.DeleteEndpoint] deletes one.
//
// [Client.UpdateWhitelist], [Client.UpdateRouteTables], [Client.UpdatePolicy] and
// [Client.DeletePolicy] change an endpoint; [HasWhitelist], [HasRouteTables] and
// [HasPolicy] report whether the change has taken effect. [Client.SetTags],
// [Client.AddTags] and [Client.RemoveTags] change its tags; their conditions are
// [HasTags], [HasAllTags] and [LacksTags], which [All] and [Any] combine. See [Listing] and
// [Changing and tagging].
//
// # Services
//
// [Client.ListPublicServices], [Client.DescribeService] and [Client.DescribeServiceByName]
// find a service to connect to. [Client.GetQuotas] returns how many endpoints and services
// a project has and may have. See [Finding a service].
//
// # Publishing a service
//
// [Client.CreateService] publishes your back end, optionally with an idempotency key, and
// [Client.WaitForService] waits until endpoints can connect to it. [Client.GetService],
// [Client.ListServices], [Client.UpdateService], [Client.RenameService] and
// [Client.DeleteService] are for your own services, and [Client.WaitForServiceDeleted]
// waits until one is gone.
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
// A [Permission] says who may connect: see [Client.ListPermissions],
// [Client.AddPermissions], [Client.RemovePermissions] and
// [Client.UpdatePermissionDescription]. [Client.ListConnections] and
// [Client.CountConnections] show who has asked to connect. [Client.AcceptConnection] and
// [Client.RejectConnection] decide, and [Client.WaitForConnection] waits until the
// decision takes effect. [Client.UpdateConnectionDescriptions] notes what a connection is
// for. See [Publishing].
//
// # Tags and editions
//
// [Client.SetServiceTags], [Client.AddServiceTags] and [Client.RemoveServiceTags] change
// the tags of a service. [Client.ListProjectTags] lists all tags of a project;
// [Client.ListResources] and [Client.CountResources] find endpoints and services by them.
// [Client.UpgradeEndpoint], [Client.UpgradeService] and [Client.AddServerResources] change
// editions, and [Client.ListVersions] and [Client.GetVersion] are about the API itself.
//
// These are all the operations of the reference. [Client.Do] sends requests that this
// version has no method for, with the client's credentials, retries and errors.
//
// # Errors
//
// Invalid input is a [*ValidationError], returned before anything is sent. A refusal by
// the service is an [*APIError]: test its status and meaning with [errors.Is] and the
// errors of this package, such as [ErrForbidden] and [ErrThrottled], and its code with
// [errors.Is] and an [ErrorCode].
//
// [ErrOutcomeUnknown] is the one that needs care: the create may have succeeded, but no
// response confirms it. The endpoint may exist and cost money.
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
// A call that fails returns nil or 0 with its error, with these exceptions:
//
//   - A wait that ends in failure returns the endpoint, service or connection with its
//     [*EndpointFailedError] or [*ServiceFailedError].
//   - [Client.UpdateRouteTables] returns the endpoint's route tables with a
//     [*RouteTablesError].
//   - [Client.AddPermissions] returns the permissions it added with a
//     [*PermissionsError].
//   - [Client.PreflightCreateEndpoint] returns the service with a [*ValidationError].
//
// See [Errors] and [Retries].
//
// # Logging
//
// [WithLogger] logs one line for each attempt, at debug level. Nothing else is logged. See
// [Logging].
//
// # Testing
//
// Package [github.com/vpcep/vpcep-go/vpceptest] is a stateful stand-in for the service,
// over real HTTP, for the tests of your code. Code that calls only a few methods can
// instead declare a small interface that you can mock. See [Testing].
//
// # Promises and limits
//
// [Promises] lists what this package promises, with the tests that prove it, and [Limits]
// what it cannot do.
//
// # Specification
//
// "The reference", "the specification" and table numbers in comments refer to "Creating a
// VPC Endpoint" in Huawei Cloud's [VPC Endpoint API Reference].
//
// [Configuration]: https://github.com/vpcep/vpcep-go/blob/main/docs/configuration.md#options
// [Credentials]: https://github.com/vpcep/vpcep-go/blob/main/docs/credentials.md
// [Idempotency keys]: https://github.com/vpcep/vpcep-go/blob/main/docs/retries.md#idempotency-keys
// [Waiting]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md#waiting
// [Listing]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md#listing
// [Changing and tagging]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md#changing-and-tagging
// [Finding a service]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md#finding-a-service
// [Publishing]: https://github.com/vpcep/vpcep-go/blob/main/docs/operations.md#publishing-a-service
// [Logging]: https://github.com/vpcep/vpcep-go/blob/main/docs/configuration.md#logging
// [Promises]: https://github.com/vpcep/vpcep-go/blob/main/docs/promises.md
// [Limits]: https://github.com/vpcep/vpcep-go/blob/main/docs/limits.md
// [Errors]: https://github.com/vpcep/vpcep-go/blob/main/docs/errors.md
// [Retries]: https://github.com/vpcep/vpcep-go/blob/main/docs/retries.md#what-is-sent-again-and-what-is-not
// [Testing]: https://github.com/vpcep/vpcep-go/blob/main/docs/testing.md
// [VPC Endpoint API Reference]: https://support.huaweicloud.com/intl/en-us/api-vpcep/CreateEndpoint.html
package vpcep
