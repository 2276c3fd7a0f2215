package vpcep

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/vpcep/vpcep-go/internal/redact"
)

// redacted is embedded in structs that hold secrets, to print, log and marshal them
// redacted. Package fmt calls no methods of values in unexported fields.
type redacted struct{}

// String shows nothing of the value.
func (redacted) String() string { return redact.Mark }

// Format shows nothing of the value, whatever the verb.
func (redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Mark) }

// LogValue shows nothing of the value.
func (redacted) LogValue() slog.Value { return slog.StringValue(redact.Mark) }

// MarshalText shows nothing of the value; encoding/json and encoding/xml use it.
func (redacted) MarshalText() ([]byte, error) { return []byte(redact.Mark), nil }
