package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// What a careful engineer writes by hand for this one call. It is the baseline.

type plainTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type plainStatement struct {
	Sid       string          `json:"Sid,omitempty"`
	Effect    string          `json:"Effect"`
	Action    []string        `json:"Action"`
	Resource  []string        `json:"Resource"`
	Condition json.RawMessage `json:"Condition,omitempty"`
}

type plainRequest struct {
	SubnetID          string           `json:"subnet_id,omitempty"`
	EndpointServiceID string           `json:"endpoint_service_id"`
	VPCID             string           `json:"vpc_id"`
	EnableDNS         bool             `json:"enable_dns,omitempty"`
	Tags              []plainTag       `json:"tags,omitempty"`
	RouteTables       []string         `json:"routetables,omitempty"`
	PortIP            string           `json:"port_ip,omitempty"`
	Whitelist         []string         `json:"whitelist,omitempty"`
	EnableWhitelist   bool             `json:"enable_whitelist,omitempty"`
	Description       string           `json:"description,omitempty"`
	PolicyStatement   []plainStatement `json:"policy_statement,omitempty"`
	PolicyDocument    json.RawMessage  `json:"policy_document,omitempty"`
	IPVersion         string           `json:"ip_version,omitempty"`
	IPv6Address       string           `json:"ipv6_address,omitempty"`
}

type plainEndpoint struct {
	ID                  string           `json:"id"`
	ServiceType         string           `json:"service_type"`
	Status              string           `json:"status"`
	ActiveStatus        []string         `json:"active_status"`
	EnableStatus        string           `json:"enable_status"`
	EndpointServiceName string           `json:"endpoint_service_name"`
	EndpointServiceID   string           `json:"endpoint_service_id"`
	MarkerID            int64            `json:"marker_id"`
	EnableDNS           bool             `json:"enable_dns"`
	DNSNames            []string         `json:"dns_names"`
	IP                  string           `json:"ip"`
	IPv6Address         string           `json:"ipv6_address"`
	VPCID               string           `json:"vpc_id"`
	SubnetID            string           `json:"subnet_id"`
	ProjectID           string           `json:"project_id"`
	CreatedAt           time.Time        `json:"created_at"`
	UpdatedAt           time.Time        `json:"updated_at"`
	Tags                []plainTag       `json:"tags"`
	Whitelist           []string         `json:"whitelist"`
	EnableWhitelist     bool             `json:"enable_whitelist"`
	RouteTables         []string         `json:"routetables"`
	SpecificationName   string           `json:"specification_name"`
	Description         string           `json:"description"`
	PolicyStatement     []plainStatement `json:"policy_statement"`
	PolicyDocument      json.RawMessage  `json:"policy_document"`
	EndpointPoolID      string           `json:"endpoint_pool_id"`
	PublicBorderGroup   string           `json:"public_border_group"`
}

const maxAnswer = 16 << 20

func createByHand(ctx context.Context, hc *http.Client, baseURL string, request *plainRequest) (*plainEndpoint, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/v1/"+projectID+"/vpc-endpoints", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Auth-Token", token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "by-hand/1.0")
	resp, err := hc.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, fmt.Errorf("status %d: %s", resp.StatusCode, data)
	}
	var endpoint plainEndpoint
	if err := json.Unmarshal(data, &endpoint); err != nil {
		return nil, err
	}
	return &endpoint, nil
}
