package main

import (
	"encoding/json"
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/vpcep/v1/model"

	"github.com/vpcep/vpcep-go"
)

const (
	projectID  = "6e9dfd5d1124e8d8498dce894923a0d"
	token      = "MIIFsQYJKoZIhvcNAQcCoIIFojCCBZ4CAQExDTALBglghkgBZQMEAgEwggP"
	accessKey  = "QTWAOYTTINDUT2QVKYUC"
	secretKey  = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"
	endpointID = "4189d3c2-8882-4871-a3c2-d380272eed83"
)

// payload is one create call, as each contender's types say it, and the service's answer.
type payload struct {
	name   string
	own    vpcep.CreateEndpointRequest
	plain  plainRequest
	vendor *model.CreateEndpointRequest
	answer []byte
}

func payloads() []payload { return []payload{smallPayload(), fullPayload()} }

func smallPayload() payload {
	own := vpcep.CreateEndpointRequest{
		EndpointServiceID: "e0c748b7-d982-47df-ba06-b9c8c7650c1a",
		VPCID:             "84758cf5-9c62-43ae-a778-3dbd8370c0a4",
		SubnetID:          "16619e4c-f13a-45d5-a5c4-74d7f6b6e2b4",
		EnableDNS:         true,
	}
	return newPayload("small body", own)
}

// fullPayload has what a request of an infrastructure tool has: tags, a whitelist, a policy.
func fullPayload() payload {
	own := smallPayload().own
	own.EnableWhitelist = true
	own.Description = "object storage for the billing system, production"
	for i := range 20 {
		own.Tags = append(own.Tags, vpcep.Tag{Key: fmt.Sprintf("cost-centre-%02d", i), Value: fmt.Sprintf("billing-production-%02d", i)})
		own.Whitelist = append(own.Whitelist, fmt.Sprintf("10.20.%d.0/24", i))
	}
	own.PolicyStatement = []vpcep.PolicyStatement{{
		Sid:      "ReadOnlyFromHere",
		Effect:   "Allow",
		Action:   []string{"obs:bucket:ListBucket", "obs:object:GetObject", "obs:object:GetObjectVersion"},
		Resource: []string{"obs:*:*:bucket:billing", "obs:*:*:object:billing/*"},
	}}
	return newPayload("20 tags, whitelist, policy", own)
}

func newPayload(name string, own vpcep.CreateEndpointRequest) payload {
	p := payload{name: name, own: own, plain: plainRequest{
		SubnetID:          own.SubnetID,
		EndpointServiceID: own.EndpointServiceID,
		VPCID:             own.VPCID,
		EnableDNS:         own.EnableDNS,
		Whitelist:         own.Whitelist,
		EnableWhitelist:   own.EnableWhitelist,
		Description:       own.Description,
	}}
	body := &model.CreateEndpointRequestBody{
		SubnetId:          &own.SubnetID,
		EndpointServiceId: own.EndpointServiceID,
		VpcId:             own.VPCID,
		EnableDns:         &own.EnableDNS,
	}
	if own.EnableWhitelist {
		body.Whitelist, body.EnableWhitelist, body.Description = &own.Whitelist, &own.EnableWhitelist, &own.Description
	}
	var vendorTags []model.TagList
	for _, t := range own.Tags {
		p.plain.Tags = append(p.plain.Tags, plainTag(t))
		vendorTags = append(vendorTags, model.TagList{Key: &t.Key, Value: &t.Value})
	}
	var vendorPolicy []model.PolicyStatement
	for _, s := range own.PolicyStatement {
		p.plain.PolicyStatement = append(p.plain.PolicyStatement, plainStatement{Sid: s.Sid, Effect: s.Effect, Action: s.Action, Resource: s.Resource})
		vendorPolicy = append(vendorPolicy, model.PolicyStatement{
			Sid: &s.Sid, Effect: model.GetPolicyStatementEffectEnum().ALLOW, Action: s.Action, Resource: s.Resource,
		})
	}
	if len(own.Tags) > 0 {
		body.Tags, body.PolicyStatement = &vendorTags, &vendorPolicy
	}
	p.vendor = &model.CreateEndpointRequest{Body: body}
	p.answer = p.newAnswer()
	return p
}

// newAnswer is what the service answers: what it was sent, and what it adds. The
// marker is one that the vendor's SDK can hold, which has 32 bits for it.
func (p payload) newAnswer() []byte {
	answer := map[string]any{
		"id":                    endpointID,
		"service_type":          "interface",
		"status":                "creating",
		"ip":                    "192.168.0.232",
		"active_status":         []string{"active"},
		"enable_status":         "enable",
		"endpoint_service_name": "test123.b4e7d3a5-6c1f-4a7f-9d6e-2f6f5a0c9a11",
		"endpoint_service_id":   p.own.EndpointServiceID,
		"marker_id":             322312312,
		"enable_dns":            p.own.EnableDNS,
		"vpc_id":                p.own.VPCID,
		"subnet_id":             p.own.SubnetID,
		"project_id":            projectID,
		"created_at":            "2018-01-30T07:42:01Z",
		"updated_at":            "2018-01-30T07:42:05Z",
		"tags":                  append([]vpcep.Tag{}, p.own.Tags...),
		"whitelist":             append([]string{}, p.own.Whitelist...),
		"enable_whitelist":      p.own.EnableWhitelist,
		"specification_name":    "default",
		"description":           p.own.Description,
		"policy_statement":      append([]vpcep.PolicyStatement{}, p.own.PolicyStatement...),
	}
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return data
}
