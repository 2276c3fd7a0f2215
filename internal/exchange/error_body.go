package exchange

import (
	"cmp"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// ErrorBody is the content of an error body, in any format.
type ErrorBody struct {
	Code, Message, RequestID string
	// Encoded says which permission is missing. IAM can decode it.
	Encoded string
	Details []ErrorDetail
}

// ErrorDetail is one of several errors in a body.
type ErrorDetail struct{ Code, Message, Encoded string }

// maxErrorDepth bounds how deep nested errors are read: error.details.
const maxErrorDepth = 3

// ParseErrorBody reads an error body in any format. The result is empty if body is not a
// JSON object, and has what arrived if body is incomplete.
func ParseErrorBody(body string) ErrorBody {
	parsed, _ := readError(wire.Of(body), maxErrorDepth)
	return parsed
}

// ReadError reads an error within another value. ok is false if v is not an object.
func ReadError(v wire.Value) (parsed ErrorBody, ok bool) { return readError(v, 1) }

// readError reads an object with flat members (error_code, error_msg), nested ones
// (error.code, error.message) or plain ones (code, message), in this order of precedence.
func readError(v wire.Value, depth int) (parsed ErrorBody, ok bool) {
	if depth == 0 {
		return ErrorBody{}, false
	}
	var flat, plain, other, nested ErrorBody
	texts := map[string]*string{
		"error_code": &flat.Code, "error_msg": &flat.Message,
		"code": &plain.Code, "message": &plain.Message,
		"error_message": &other.Message, "title": &other.Message,
		"request_id": &parsed.RequestID, "encoded_authorization_message": &parsed.Encoded,
	}
	_ = v.Members(func(name string, v wire.Value) {
		switch name {
		case "error":
			nested = readNestedError(v, depth-1)
		case "details":
			if v.IsArray() {
				details, _ := wire.List(v, func(element wire.Value) (ErrorDetail, bool) {
					d, ok := readError(element, depth-1)
					return ErrorDetail{d.Code, d.Message, d.Encoded}, ok
				})
				parsed.Details = append(parsed.Details, details...)
			}
		default:
			if dst := texts[name]; dst != nil {
				*dst, _ = wire.String(v)
			}
		}
	})
	parsed.Code = cmp.Or(flat.Code, nested.Code, plain.Code)
	parsed.Message = cmp.Or(flat.Message, nested.Message, plain.Message, other.Message)
	parsed.RequestID = cmp.Or(parsed.RequestID, nested.RequestID)
	parsed.Encoded = cmp.Or(parsed.Encoded, nested.Encoded)
	if len(parsed.Details) == 0 {
		parsed.Details = nested.Details
	}
	return parsed, v.IsObject()
}

// readNestedError reads the member "error": an object, an array whose first object
// counts, or a bare message.
func readNestedError(v wire.Value, depth int) (nested ErrorBody) {
	if !v.IsArray() {
		var ok bool
		if nested, ok = readError(v, depth); !ok {
			nested.Message, _ = wire.String(v)
		}
		return nested
	}
	list, _ := wire.List(v, func(element wire.Value) (ErrorBody, bool) { return readError(element, depth) })
	if len(list) > 0 {
		nested = list[0]
	}
	return nested
}
