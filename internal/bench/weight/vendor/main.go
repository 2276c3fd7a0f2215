// Vendor is a program that makes one call with the vendor's SDK.
package main

import (
	"log"
	"os"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	vendor "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"
)

func main() {
	credentials, err := basic.NewCredentialsBuilder().WithAk("access").WithSk("secret").WithProjectId("project").SafeBuild()
	if err != nil {
		log.Fatal(err)
	}
	core, err := vendor.VpcepClientBuilder().
		WithEndpoint("https://vpcep.eu-west-101.myhuaweicloud.eu").WithCredential(credentials).SafeBuild()
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) < 3 {
		return
	}
	answer, err := vendor.NewVpcepClient(core).CreateEndpoint(&model.CreateEndpointRequest{
		Body: &model.CreateEndpointRequestBody{EndpointServiceId: os.Args[1], VpcId: os.Args[2]},
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Print(*answer.Id)
}
