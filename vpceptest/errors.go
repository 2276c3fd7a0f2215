package vpceptest

import (
	"encoding/json"
	"net/http"
)

// apiError is a refusal: the HTTP status and what the body says.
type apiError struct {
	status  int
	code    string
	message string
	shape   errorShape
}

// errorShape is how a refusal is written: each part of the cloud has a way of its own.
type errorShape int

const (
	serviceShape errorShape = iota
	gatewayShape            // the API gateway in front of the service
	iamShape                // no code but the status, as a number
	textShape               // the metadata service: plain text
)

// with returns the error with a hint for the reader added to the documented message.
func (e apiError) with(hint string) *apiError {
	e.message += " " + hint
	return &e
}

// plain returns the error with the documented message alone.
func (e apiError) plain() *apiError { return &e }

// The service's codes, as its documentation lists them.
var (
	errParameter       = service(http.StatusBadRequest, "EndPoint.0002", "Parameter error.")
	errLimit           = service(http.StatusBadRequest, "EndPoint.0006", "Invalid limit.")
	errAction          = service(http.StatusBadRequest, "EndPoint.0007", "Invalid action.")
	errOffset          = service(http.StatusBadRequest, "EndPoint.0010", "Invalid offset.")
	errProject         = service(http.StatusBadRequest, "EndPoint.0014", "Invalid project ID.")
	errSortKey         = service(http.StatusBadRequest, "EndPoint.0017", "Invalid sort_key.")
	errSortDir         = service(http.StatusBadRequest, "EndPoint.0018", "Invalid sort_dir.")
	errStatus          = service(http.StatusBadRequest, "EndPoint.0019", "Invalid status.")
	errVPCID           = service(http.StatusBadRequest, "EndPoint.0020", "Invalid VPC ID.")
	errMarkerID        = service(http.StatusBadRequest, "EndPoint.0021", "Invalid marker_id.")
	errSubnetID        = service(http.StatusBadRequest, "EndPoint.0023", "Invalid subnet_id.")
	errQuota           = service(http.StatusBadRequest, "Endpoint.1018", "Quota exceeded.")
	errRouteTable      = service(http.StatusBadRequest, "EndPoint.1019", "Invalid route table ID.")
	errEmptyInput      = service(http.StatusBadRequest, "EndPoint.2002", "The request input parameter is empty.")
	errNoService       = service(http.StatusBadRequest, "EndPoint.2003", "The endpoint service does not exist.")
	errNoEndpoint      = service(http.StatusNotFound, "EndPoint.2006", "The requested endpoint does not exist.")
	errEndpointDeleted = service(http.StatusNotFound, "EndPoint.2008", "The endpoint has been deleted.")
	errEmptySubnet     = service(http.StatusBadRequest, "EndPoint.2010", "The input parameter subnet ID is empty.")
	errEmptyVPC        = service(http.StatusBadRequest, "EndPoint.2011", "The input parameter VPC ID is empty.")
	errOtherService    = service(http.StatusBadRequest, "EndPoint.2013", "The endpoint does not belong to the endpoint service.")
	errEndpointID      = service(http.StatusBadRequest, "EndPoint.2017", "Invalid endpoint ID.")
	errBeingDeleted    = service(http.StatusBadRequest, "EndPoint.2018", "The endpoint is being deleted.")
	errBeingCreated    = service(http.StatusBadRequest, "EndPoint.2019", "The endpoint is being created.")
	errDecision        = service(http.StatusBadRequest, "EndPoint.2027", "Invalid action.")
	errOneEndpoint     = service(http.StatusBadRequest, "EndPoint.2031", "Only one endpoint is allowed.")
	errEnableDNS       = service(http.StatusBadRequest, "EndPoint.2033", "The entered parameter enable_dns is invalid.")
	errNoRouteTable    = service(http.StatusBadRequest, "EndPoint.2040", "The VPC endpoint has no route table bound.")
	errPortIP          = service(http.StatusBadRequest, "EndPoint.2041", "Invalid Port IP address.")
	errPortIPInUse     = service(http.StatusConflict, "EndPoint.2042", "The Port IP is in use.")
	errWhitelist       = service(http.StatusBadRequest, "EndPoint.2044", "Invalid whitelist.")
	errWhitelistSize   = service(http.StatusBadRequest, "EndPoint.2045", "The maximum number of whitelist records has been reached.")
	errFailed          = service(http.StatusBadRequest, "EndPoint.2047", "The VPC endpoint in the Failed status cannot be modified.")
	errPolicy          = service(http.StatusBadRequest, "EndPoint.2048", "The VPC endpoint policy is invalid.")
	errNoPolicy        = service(http.StatusBadRequest, "EndPoint.2049", "The VPC endpoint has no policy associated.")
	errServiceID       = service(http.StatusBadRequest, "EndPoint.3062", "Invalid endpoint service ID.")
	errTagEmpty        = service(http.StatusBadRequest, "EndPoint.3066", "The tag cannot be empty.")
	errTagDuplicate    = service(http.StatusBadRequest, "EndPoint.3067", "The tag key cannot be duplicated.")
	errTag             = service(http.StatusBadRequest, "EndPoint.3068", "Tag keys and values should meet relevant requirements.")
	errTagCount        = service(http.StatusBadRequest, "EndPoint.3069", "The maximum number of tags has been reached.")
	errResourceType    = service(http.StatusBadRequest, "EndPoint.3070", "Invalid resource type.")
	errTagKeySize      = service(http.StatusBadRequest, "EndPoint.3072", "The tag key size is invalid.")
	errTagValueSize    = service(http.StatusBadRequest, "EndPoint.3073", "The tag value size is invalid.")
)

// The gateway's codes.
var (
	errNoAPI    = gateway(http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment")
	errTooLarge = gateway(http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large")
	errAuth     = gateway(http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information:")
)

// IAM's refusals, which have no code of their own.
var (
	errIAMRequest = iam(http.StatusBadRequest, "The request is malformed.")
	errIAMLogin   = iam(http.StatusUnauthorized, "The username or password is wrong.")
	errIAMProject = iam(http.StatusUnauthorized, "Could not find the project.")
)

// The metadata service's refusals.
var (
	errMetadataTTL   = metadata(http.StatusBadRequest, "X-Metadata-Token-Ttl-Seconds is missing or not between 1 and 21600")
	errMetadataToken = metadata(http.StatusUnauthorized, "X-Metadata-Token is missing, wrong or expired")
)

func service(status int, code, message string) apiError {
	return apiError{status: status, code: code, message: message}
}

func gateway(status int, code, message string) apiError {
	return apiError{status: status, code: code, message: message, shape: gatewayShape}
}

func iam(status int, message string) apiError {
	return apiError{status: status, message: message, shape: iamShape}
}

func metadata(status int, message string) apiError {
	return apiError{status: status, message: message, shape: textShape}
}

// answer writes the error in the shape of whoever refuses.
func (e *apiError) answer(requestID string) *answer {
	switch e.shape {
	case gatewayShape:
		return &answer{status: e.status, body: gatewayErrorBody(e.code, e.message, requestID)}
	case iamShape:
		return &answer{status: e.status, body: []byte(IAMErrorBody(e.status, e.message))}
	case textShape:
		return text(e.status, e.message)
	default:
		return &answer{status: e.status, body: []byte(ErrorBody(e.code, e.message))}
	}
}

// ErrorBody returns an error body in the service's shape, {"error":{"code","message"}},
// for [Fault].Body.
func ErrorBody(code, message string) string {
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = code, message
	return string(mustJSON(body))
}

// GatewayErrorBody returns an error body in the shape of the API gateway,
// {"error_msg","error_code","request_id"}, for [Fault].Body. The request ID is made up.
func GatewayErrorBody(code, message string) string {
	return string(gatewayErrorBody(code, message, randomHex(16)))
}

func gatewayErrorBody(code, message, requestID string) []byte {
	return mustJSON(struct {
		Message   string `json:"error_msg"`
		Code      string `json:"error_code"`
		RequestID string `json:"request_id"`
	}{message, code, requestID})
}

// IAMErrorBody returns an error body in IAM's shape, {"error":{"code","message","title"}},
// for [Fault].Body. The code is the status, as a number.
func IAMErrorBody(status int, message string) string {
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Title   string `json:"title"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message, body.Error.Title = status, message, http.StatusText(status)
	return string(mustJSON(body))
}

// mustJSON encodes a value of this package's own types, which always works.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("vpceptest: " + err.Error())
	}
	return b
}
