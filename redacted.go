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

// String returns "[redacted]".
func (redacted) String() string { return redact.Mark }

// Format writes "[redacted]" for every verb.
func (redacted) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redact.Mark) }

// LogValue returns "[redacted]".
func (redacted) LogValue() slog.Value { return slog.StringValue(redact.Mark) }

// MarshalText returns "[redacted]"; encoding/json and encoding/xml use it.
func (redacted) MarshalText() ([]byte, error) { return []byte(redact.Mark), nil }
