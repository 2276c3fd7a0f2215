// Package vpceptest is a stand-in for the VPC Endpoint service in tests, and for the parts
// of IAM that log in. Like net/http/httptest, it serves real HTTP on the loopback
// interface. It keeps its endpoints in memory, and needs neither an account nor a network.
//
//	srv := vpceptest.NewServer()
//	defer srv.Close()
//
//	client := srv.Client()
//	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
//		EndpointServiceID: "any-service",
//		VPCID:             "any-vpc",
//		SubnetID:          "any-subnet",
//	})
//
// # What it does
//
// A new endpoint is "creating", and "accepted" a moment later (see [WithCreateDelay]); a
// service declared with [WithService] may require approval or be a gateway. A deleted
// endpoint is "deleting" for a moment ([WithDeleteDelay]), and 404 afterwards. Invalid
// requests get the service's documented codes.
//
// You can change whitelists, route tables, policies and tags; receive, reject and describe
// connections as the owner of a service; list and look up public services; and read
// quotas. A change shows at once, or later with [WithChangeDelay];
// [WithFailingRouteTable] makes route tables fail to be bound. An endpoint that is being
// created or has failed refuses every change except to its tags, with EndPoint.2019 or
// EndPoint.2047.
//
// With [WithService], only the declared services exist. Without it, any ID or name is that
// of an interface service, and two services are public: "stand-in.dns", an interface
// service, and "stand-in.obs", a gateway service.
//
// The stand-in shares no code with package vpcep: it checks requests and encodes responses
// independently, so a mistake in the client does not cancel itself out. It is stricter than
// the service where that finds mistakes earlier: an undocumented field or query parameter
// is refused with EndPoint.0002, or by IAM with status 400. A null field counts as absent.
//
// # Services, accounts, drift
//
// You can create, change, share by permissions and delete your own services, as documented:
// they are "creating", then "available"; deleting one with connected endpoints is
// EndPoint.3006, and a policy on an endpoint of a service without enable_policy is
// EndPoint.2048. [WithAccount] adds another account with its own project, token and keys. It
// finds a service and connects to it if the permissions of the service allow.
//
// Responses are as documented, field by field; with [WithDrift], they deviate as published
// bodies do. [WithSeed] and [Handler.Put] add endpoints and services in any state,
// [WithClock] sets the time, and [WithQuota], [WithThrottling], [WithPageLimit] and
// [WithShuffledSeconds] add limits of the real service. The program
// vpceptest/cmd/vpcep-stand-in serves the same on a port, for clients in any language.
//
// # Faults
//
// [Fault] scripts what goes wrong in production: requests that are refused, and responses
// that come from a proxy, are late, are cut off or never come, before or after the request
// took effect. [Handler.Requests] returns what arrived, and [Handler.PendingFaults] whether
// the whole script was used.
//
// # IAM and agencies
//
// The same address also serves IAM: [Handler.User] can log in (POST /v3/auth/tokens), and
// the project can be looked up by its name (GET /v3/projects). An issued token is valid
// until it expires ([WithTokenLifetime]) or is revoked ([Handler.RevokeTokens],
// [Handler.RevokeToken]); the token of [Handler.Token] is always valid. Signatures with the
// keys of [WithAccessKey] are valid. With [WithAgency], the address also serves the metadata
// service of an instance, whose temporary keys are valid until they expire. Recorded
// requests contain no passwords and no tokens.
//
//	srv := vpceptest.NewServer(vpceptest.WithTokenLifetime(time.Minute))
//	defer srv.Close()
//
//	user := srv.User()
//	source := vpcep.IAMPassword(vpcep.IAMPasswordConfig{
//		IAMEndpoint: srv.URL,
//		Username:    user.Name,
//		Password:    user.Password,
//		DomainName:  user.DomainName,
//		ProjectName: srv.ProjectName(),
//	})
//
// # Size
//
// It handles tens of thousands of endpoints and hundreds of concurrent callers. The cost of
// a page of a list does not grow with the store. Filters by the name of a service, by
// status or by tags, and the order of the last change, read every endpoint of the account,
// or of the service: about a millisecond for 10,000. [WithoutRecording] keeps requests from
// filling the memory.
//
// # Time
//
// No timer or goroutine changes an endpoint: its status follows from the time at which it
// is read. [NewHandler] returns the service without a listener, which works with the fake
// time of testing/synctest; create the handler inside the bubble. Tokens and temporary keys
// expire in the same way.
package vpceptest
