// Package vpcep is a client of Huawei Cloud's VPC Endpoint service (VPCEP).
//
// A VPC endpoint connects a VPC to a service without leaving the cloud's
// network. This package creates endpoints, reads, lists and deletes them:
//
//	client, err := vpcep.NewClient(
//		vpcep.WithRegion("eu-west-101"),
//		vpcep.WithProjectID(projectID),
//		vpcep.WithToken(token),
//	)
//	...
//	endpoint, err := client.CreateEndpoint(ctx, vpcep.CreateEndpointRequest{
//		EndpointServiceID: serviceID,
//		VPCID:             vpcID,
//		SubnetID:          subnetID,
//	})
//
// # Errors
//
// A refusal of the service is an [*APIError]. Its status and its meaning are
// tested with [errors.Is] and the errors of this package, its code with
// [errors.Is] and an [ErrorCode]. Wrong input is a [*ValidationError], reported
// before anything is sent.
//
// [ErrOutcomeUnknown] is the one that needs care: the create request may have
// been carried out, and nothing says so. The endpoint may exist.
//
// # Testing
//
// Package vpceptest is a stand-in of the service for tests.
//
// The specification that this package follows is Huawei Cloud's reference of
// CreateEndpoint, and its tables are what the comments here refer to.
package vpcep
