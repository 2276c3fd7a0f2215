package vpcep

import (
	"cmp"

	"github.com/vpcep/vpcep-go/internal/wire"
)

// errorBody is what an error body says, in whichever shape.
type errorBody struct {
	code, message, requestID, encoded string
	details                           []ErrorDetail
}

// maxErrorDepth bounds how deep errors inside an error are looked for: error.details.
const maxErrorDepth = 3

// parseErrorBody reads every shape of error body. It is empty for a body that is
// no JSON object.
func parseErrorBody(body string) errorBody {
	parsed, _ := readErrorMembers(wire.Of(body), maxErrorDepth)
	return parsed
}

// readErrorMembers reads an object with flat members (error_code, error_msg),
// nested ones (error.code, error.message) or plain ones (code, message), in this
// order of precedence: where two shapes stand in one body, the flat one counts.
// ok is false where v is no object. One that breaks off gives what had arrived.
func readErrorMembers(v wire.Value, depth int) (parsed errorBody, ok bool) {
	if depth == 0 {
		return errorBody{}, false
	}
	var flat, nested, plain, title errorBody
	_ = v.Members(func(name string, v wire.Value) {
		switch name {
		case "error_code":
			flat.code, _ = wire.String(v)
		case "error_msg":
			flat.message, _ = wire.String(v)
		case "error_message":
			title.message, _ = wire.String(v)
		case "code":
			plain.code, _ = wire.String(v)
		case "message":
			plain.message, _ = wire.String(v)
		case "title":
			title.message, _ = wire.String(v)
		case "error":
			nested = readNestedError(v, depth-1)
		case "request_id":
			parsed.requestID, _ = wire.String(v)
		case "encoded_authorization_message":
			parsed.encoded, _ = wire.String(v)
		case "details":
			v.Elements(func(element wire.Value) {
				if detail, ok := readErrorMembers(element, depth-1); ok {
					parsed.details = append(parsed.details, ErrorDetail{detail.code, detail.message, detail.encoded})
				}
			})
		}
	})
	for _, shape := range []errorBody{flat, nested, plain, title} {
		parsed.code = cmp.Or(parsed.code, shape.code)
		parsed.message = cmp.Or(parsed.message, shape.message)
	}
	parsed.requestID = cmp.Or(parsed.requestID, nested.requestID)
	parsed.encoded = cmp.Or(parsed.encoded, nested.encoded)
	if len(parsed.details) == 0 {
		parsed.details = nested.details
	}
	return parsed, v.IsObject()
}

// readNestedError reads what stands under "error": an object, an array whose first
// object counts, or a bare message.
func readNestedError(v wire.Value, depth int) (nested errorBody) {
	isArray, found := v.IsArray(), false
	readEach(v, func(v wire.Value) {
		read, ok := readErrorMembers(v, depth)
		switch {
		case found:
		case ok:
			nested, found = read, true
		case !isArray:
			nested.message, _ = wire.String(v)
		}
	})
	return nested
}
