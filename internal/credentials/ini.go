package credentials

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"gopkg.in/ini.v1"
)

// maxLine is longer than any credential that fits in a header.
const maxLine = 128 << 10

var errNoSection = errors.New("there is no section [" + section + "]; the name must match exactly")

// parse reads the section [basic] as Huawei Cloud's SDK does, with the same reader and
// its defaults: users of both expect the same treatment of quotes, comments, backslashes
// and references.
func parse(data []byte) (Values, error) {
	number := 0
	for line := range bytes.Lines(data) {
		if number++; len(line) > maxLine {
			return Values{}, fmt.Errorf("line %d is longer than %d bytes", number, maxLine)
		}
	}
	file, err := ini.Load(data)
	if err != nil {
		return Values{}, syntaxError(data, err)
	}
	if !file.HasSection(section) {
		return Values{}, errNoSection
	}
	var v Values
	for name, dst := range map[string]*string{
		"ak": &v.AccessKey, "sk": &v.SecretKey, "security_token": &v.SecurityToken,
		"project_id": &v.ProjectID, "iam_endpoint": &v.IAMEndpoint,
	} {
		key := file.Section(section).Key(name)
		if !expands(file, key.Value(), maxNesting) {
			return Values{}, fmt.Errorf("the references %%(name)s in the key %s are circular, or nested deeper than %d keys", name, maxNesting)
		}
		*dst = key.String()
	}
	return v, nil
}

// syntaxError says which line cannot be read. It does not quote the line as the reader's
// own errors do, because the line may contain a secret.
func syntaxError(data []byte, err error) error {
	var (
		noDelimiter ini.ErrDelimiterNotFound
		noName      ini.ErrEmptyKeyName
	)
	switch {
	case errors.As(err, &noDelimiter):
		return fmt.Errorf("line %d is not a [section], a comment, or a key with = or : after it", lineOf(data, noDelimiter.Line))
	case errors.As(err, &noName):
		return fmt.Errorf("line %d has no key before its delimiter", lineOf(data, noName.Line))
	}
	return errors.New("the file is not valid INI: a section, a quoted key or a multi-line value is not closed")
}

func lineOf(data []byte, text string) int {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if bytes.Equal(bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))), bytes.TrimSpace([]byte(text))) {
			return number
		}
	}
	return number
}

// maxNesting is how many keys a reference may pass through.
const maxNesting = 8

var reference = regexp.MustCompile(`%\(([^)]+)\)s`)

// expands reports whether the references in value end: some versions of the reader follow
// circular references until the stack overflows.
func expands(file *ini.File, value string, depth int) bool {
	references := reference.FindAllStringSubmatch(value, -1)
	if len(references) > 0 && depth == 0 {
		return false
	}
	for _, match := range references {
		for _, name := range []string{section, ini.DefaultSection} {
			key, err := file.Section(name).GetKey(match[1])
			if err == nil && key.Value() != value && !expands(file, key.Value(), depth-1) {
				return false
			}
		}
	}
	return true
}
