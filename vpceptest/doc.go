// Package vpceptest is a stand-in of the VPC Endpoint service for tests, and of IAM as
// far as logging in goes. It answers real HTTP on the loopback interface, in the manner
// of net/http/httptest, keeps its endpoints in memory, and needs neither an account nor
// a network.
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
// An endpoint is "creating" when it was just made and "accepted" a moment later
// (see [WithCreateDelay]); a service that was declared with [WithService] may
// want an approval or be a gateway. A deleted endpoint is "deleting" for a moment
// ([WithDeleteDelay]) and answers 404 from then on. Wrong requests get the
// service's documented codes.
//
// Whitelists, route tables, policies and tags can be changed, the service's side can
// receive, reject and describe connections, public services can be listed and looked
// up, and quotas read. A change shows at once, or later with [WithChangeDelay]; route tables that fail to be bound come
// from [WithFailingRouteTable]. An endpoint that is being created or has failed
// refuses every change but that of its tags, with EndPoint.2019 and EndPoint.2047.
//
// With [WithService] the declared services exist and no others. Without it any ID or
// name is that of an interface service, and two services are public: "stand-in.dns",
// an interface service, and "stand-in.obs", a gateway.
//
// It judges requests with checks of its own and encodes answers with types of its
// own: it shares no code with package vpcep, so that a mistake in the client does
// not cancel itself out. It is stricter than the service where that finds mistakes
// earlier: a field or a query parameter that is not documented is refused with
// EndPoint.0002, or with IAM's status 400. A field that is null counts as absent.
//
// # Services, accounts, drift
//
// Services of one's own can be created, changed, shared by permissions and deleted, as
// documented: "creating", then "available"; a delete with endpoints connected is
// EndPoint.3006, a policy on an endpoint without the service's enable_policy is
// EndPoint.2048. [WithAccount] adds another account with a project, a token and keys of
// its own, which finds and connects to a service as its permissions say.
//
// Answers are as documented, field by field; with [WithDrift] they drift as published
// bodies do. [WithSeed] and [Handler.Put] put endpoints and services in as they are, [WithClock]
// gives the time, and [WithQuota], [WithThrottling], [WithPageLimit] and
// [WithShuffledSeconds] the limits of the real service. The program
// vpceptest/cmd/vpcep-stand-in serves the same on a port, for clients in any language.
//
// # Faults
//
// [Fault] scripts what goes wrong in the field: refused requests, answers that
// come from a proxy, are late, are cut off or never come, before or after the
// request took effect. [Handler.Requests] tells what arrived, and
// [Handler.PendingFaults] whether the script was played to its end.
//
// # IAM and agencies
//
// The same address answers for IAM: [Handler.User] can log in (POST /v3/auth/tokens),
// and the project can be looked up by its name (GET /v3/projects). A token that was
// issued passes until it ends ([WithTokenLifetime]) or is revoked
// ([Handler.RevokeTokens], [Handler.RevokeToken]); the one of [Handler.Token] passes
// always. Signatures pass with the keys of [WithAccessKey]. With [WithAgency] it
// answers as the metadata service of an instance too, and the temporary keys that it
// gives pass until they end. Recorded requests hold no passwords and no tokens.
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
// It is made for tens of thousands of endpoints and hundreds of callers at once. A page
// of a list costs what the page costs, and no more in a large store. Filters by the name
// of a service, by status or by tags, and the order of the last change, look at every
// endpoint of the account, or of the service: about a millisecond for 10,000.
// [WithoutRecording] keeps requests from filling the memory.
//
// # Time
//
// No timer and no goroutine moves an endpoint on: its status follows from the time
// at which it is read. [NewHandler] gives the service without a listener, which
// works with the fake time of testing/synctest; make the handler inside the bubble.
// Tokens and temporary keys end in the same way.
package vpceptest
