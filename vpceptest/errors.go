package vpceptest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// apiError is a refusal: the HTTP status and the content of the body.
type apiError struct {
	status  int
	code    string
	message string
	shape   errorShape
}

// errorShape is the format of a refusal, which differs between parts of the cloud.
type errorShape int

const (
	serviceShape errorShape = iota
	gatewayShape            // the API gateway in front of the service
	iamShape                // the only code is the status, as a number
	textShape               // the metadata service: plain text
)

// with returns the error with a hint added to the documented message.
func (e apiError) with(hint string) *apiError {
	e.message += " " + hint
	return &e
}

// plain returns the error with only the documented message.
func (e apiError) plain() *apiError { return &e }

// The service's codes, as its documentation lists them.
var (
	errParameter       = refuse(http.StatusBadRequest, "EndPoint.0002", "Parameter error.")
	errLimit           = refuse(http.StatusBadRequest, "EndPoint.0006", "Invalid limit.")
	errAction          = refuse(http.StatusBadRequest, "EndPoint.0007", "Invalid action.")
	errOffset          = refuse(http.StatusBadRequest, "EndPoint.0010", "Invalid offset.")
	errProject         = refuse(http.StatusBadRequest, "EndPoint.0014", "Invalid project ID.")
	errSortKey         = refuse(http.StatusBadRequest, "EndPoint.0017", "Invalid sort_key.")
	errSortDir         = refuse(http.StatusBadRequest, "EndPoint.0018", "Invalid sort_dir.")
	errStatus          = refuse(http.StatusBadRequest, "EndPoint.0019", "Invalid status.")
	errVPCID           = refuse(http.StatusBadRequest, "EndPoint.0020", "Invalid VPC ID.")
	errMarkerID        = refuse(http.StatusBadRequest, "EndPoint.0021", "Invalid marker_id.")
	errSubnetID        = refuse(http.StatusBadRequest, "EndPoint.0023", "Invalid subnet_id.")
	errQuota           = refuse(http.StatusBadRequest, "Endpoint.1018", "Quota exceeded.")
	errRouteTable      = refuse(http.StatusBadRequest, "EndPoint.1019", "Invalid route table ID.")
	errEmptyInput      = refuse(http.StatusBadRequest, "EndPoint.2002", "The request input parameter is empty.")
	errNoService       = refuse(http.StatusBadRequest, "EndPoint.2003", "The endpoint service does not exist.")
	errNoEndpoint      = refuse(http.StatusNotFound, "EndPoint.2006", "The requested endpoint does not exist.")
	errEndpointDeleted = refuse(http.StatusNotFound, "EndPoint.2008", "The endpoint has been deleted.")
	errEmptySubnet     = refuse(http.StatusBadRequest, "EndPoint.2010", "The input parameter subnet ID is empty.")
	errEmptyVPC        = refuse(http.StatusBadRequest, "EndPoint.2011", "The input parameter VPC ID is empty.")
	errOtherService    = refuse(http.StatusBadRequest, "EndPoint.2013", "The endpoint does not belong to the endpoint service.")
	errEndpointID      = refuse(http.StatusBadRequest, "EndPoint.2017", "Invalid endpoint ID.")
	errBeingDeleted    = refuse(http.StatusBadRequest, "EndPoint.2018", "The endpoint is being deleted.")
	errBeingCreated    = refuse(http.StatusBadRequest, "EndPoint.2019", "The endpoint is being created.")
	errDecision        = refuse(http.StatusBadRequest, "EndPoint.2027", "Invalid action.")
	errOneEndpoint     = refuse(http.StatusBadRequest, "EndPoint.2031", "Only one endpoint is allowed.")
	errEnableDNS       = refuse(http.StatusBadRequest, "EndPoint.2033", "The entered parameter enable_dns is invalid.")
	errNoRouteTable    = refuse(http.StatusBadRequest, "EndPoint.2040", "The VPC endpoint has no route table bound.")
	errPortIP          = refuse(http.StatusBadRequest, "EndPoint.2041", "Invalid Port IP address.")
	errPortIPInUse     = refuse(http.StatusBadRequest, "EndPoint.2042", "The Port IP is in use.")
	errWhitelist       = refuse(http.StatusBadRequest, "EndPoint.2044", "Invalid whitelist.")
	errWhitelistSize   = refuse(http.StatusBadRequest, "EndPoint.2045", "The maximum number of whitelist records has been reached.")
	errFailed          = refuse(http.StatusBadRequest, "EndPoint.2047", "The VPC endpoint in the Failed status cannot be modified.")
	errPolicy          = refuse(http.StatusBadRequest, "EndPoint.2048", "The VPC endpoint policy is invalid.")
	errNoPolicy        = refuse(http.StatusBadRequest, "EndPoint.2049", "The VPC endpoint has no policy associated.")
	errServiceID       = refuse(http.StatusBadRequest, "EndPoint.3062", "Invalid endpoint service ID.")
	errTagEmpty        = refuse(http.StatusBadRequest, "EndPoint.3066", "The tag cannot be empty.")
	errTagDuplicate    = refuse(http.StatusBadRequest, "EndPoint.3067", "The tag key cannot be duplicated.")
	errTag             = refuse(http.StatusBadRequest, "EndPoint.3068", "Tag keys and values should meet relevant requirements.")
	errTagCount        = refuse(http.StatusBadRequest, "EndPoint.3069", "The maximum number of tags has been reached.")
	errResourceType    = refuse(http.StatusBadRequest, "EndPoint.3070", "Invalid resource type.")
	errTagKeySize      = refuse(http.StatusBadRequest, "EndPoint.3072", "The tag key size is invalid.")
	errTagValueSize    = refuse(http.StatusBadRequest, "EndPoint.3073", "The tag value size is invalid.")
	errNoOwnService    = refuse(http.StatusNotFound, "EndPoint.0005", "The requested resource is unavailable.")
	errNoRollback      = refuse(http.StatusBadRequest, "EndPoint.2052", "The current endpoint does not need to be rolled back.")
	errPermission      = refuse(http.StatusBadRequest, "EndPoint.3002", "Invalid permission.")
	errPortID          = refuse(http.StatusBadRequest, "EndPoint.3003", "Invalid port ID.")
	errServiceInUse    = refuse(http.StatusBadRequest, "EndPoint.3006", "The endpoint service is being used.")
	errServerType      = refuse(http.StatusBadRequest, "EndPoint.3021", "Invalid serverType.")
	errPermAction      = refuse(http.StatusBadRequest, "EndPoint.3035", "Invalid action.")
	errPermissions     = refuse(http.StatusBadRequest, "EndPoint.3036", "Invalid permissions.")
	errServicePort     = refuse(http.StatusBadRequest, "EndPoint.3043", "The service port is invalid.")
	errPortsConflict   = refuse(http.StatusBadRequest, "EndPoint.3044", "The parameter ports conflicted with ports in an existing endpoint service.")
	errServiceState    = refuse(http.StatusBadRequest, "EndPoint.3045", "Other properties cannot be modified in the current endpoint service state.")
	errNetType         = refuse(http.StatusBadRequest, "EndPoint.3048", "Invalid netType.")
	errPermCount       = refuse(http.StatusBadRequest, "EndPoint.3049", "The maximum number of whitelist records has been reached.")
	errPortAndIP       = refuse(http.StatusBadRequest, "EndPoint.3052", "portId and ip cannot be modified at the same time.")
	errPortCount       = refuse(http.StatusBadRequest, "EndPoint.3074", "The maximum of ports has been reached.")
	errProtocol        = refuse(http.StatusBadRequest, "EndPoint.3075", "The protocol is invalid.")
	errServiceName     = refuse(http.StatusBadRequest, "EndPoint.3076", "Invalid service name.")
)

// The gateway's codes.
var (
	errNoAPI     = gateway(http.StatusNotFound, "APIGW.0101", "The API does not exist or has not been published in the environment")
	errTooLarge  = gateway(http.StatusRequestEntityTooLarge, "APIGW.0201", "Request entity too large")
	errThrottled = gateway(http.StatusTooManyRequests, "APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit,time:1 minute")
	errAuth      = gateway(http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information:")
)

// IAM's refusals, which have no codes.
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

func refuse(status int, code, message string) apiError {
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

// answer writes the error in its format.
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

// drifted writes a refusal of the service as some regions do: flat, with another spelling.
func (e *apiError) drifted(requestID string) *answer {
	return &answer{status: e.status, body: gatewayErrorBody(strings.Replace(e.code, "EndPoint.", "Endpoint.", 1), e.message, requestID)}
}

// ErrorBody returns an error body in the service's format, {"error":{"code","message"}}, for
// [Fault].Body.
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

// GatewayErrorBody returns an error body in the API gateway's format,
// {"error_msg","error_code","request_id"}, for [Fault].Body. The request ID is random.
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

// IAMErrorBody returns an error body in IAM's format, {"error":{"code","message","title"}},
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

// mustJSON encodes a value of this package's types, which never fails.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("vpceptest: " + err.Error())
	}
	return b
}
