package credentials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func at(t *testing.T, text string, mode os.FileMode) (Places, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return Places{Getenv: func(name string) string { return map[string]string{fileVariable: path}[name] }}, path
}

func TestFile(t *testing.T) {
	for name, tt := range map[string]struct{ text, ak, sk string }{
		"plain":             {"[basic]\nak = AK\nsk = SK\n", "AK", "SK"},
		"double quotes":     {"[basic]\nak = \"AK\"\nsk = \"SK\"\n", "AK", "SK"},
		"single quotes":     {"[basic]\nak = 'AK'\nsk = 'SK'\n", "AK", "SK"},
		"inline comments":   {"[basic] # mine\nak = AK ; prod\nsk = SK # prod\n", "AK", "SK"},
		"colons":            {"[basic]\nak: AK\nsk: SK\n", "AK", "SK"},
		"no space, comment": {"[basic]\nak=AK\nsk=SK#SK\n", "AK", "SK"},
		"backquotes":        {"[basic]\nak=AK\nsk=`SK#SK;S`\n", "AK", "SK#SK;S"},
		"BOM and CR":        {"\xef\xbb\xbf[basic]\r\nak=AK\r\nsk=SK\r\n", "AK", "SK"},
		"reference":         {"[basic]\nak=AK\nsk=%(other)s\nother=SK\n", "AK", "SK"},
		"two sections":      {"[basic]\nak=AK\n[global]\nak=no\nsk=no\n[basic]\nsk=SK\n", "AK", "SK"},
		"equals signs":      {"[basic]\nak=AK\nsk=SK==\n", "AK", "SK=="},
		"longest line":      {"[basic]\nak=AK\n#" + strings.Repeat("x", maxLine-2) + "\nsk=SK\n", "AK", "SK"},
		"longest file":      {strings.Repeat("#234567\n", maxFile/8-3) + "[basic]\nak=AK\nsk=SK\n#xxx", "AK", "SK"},
		"many references":   {"[basic]\nak=AK\nsk=%(1)s\n1=%(2)s\n2=%(3)s\n3=%(4)s\n4=%(5)s\n5=%(6)s\n6=%(7)s\n7=%(8)s\n8=SK\n", "AK", "SK"},
	} {
		t.Run(name, func(t *testing.T) {
			places, _ := at(t, tt.text, 0o600)
			found, err := places.Find()
			require.NoError(t, err)
			assert.Equal(t, [2]string{tt.ak, tt.sk}, [2]string{found.AccessKey, found.SecretKey})
		})
	}
}

func TestFileThatCannotServe(t *testing.T) {
	const secret = "S3CRET"
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"no section":         {"ak=" + secret, 0o600, "no section [basic]"},
		"spaces":             {"[ basic ]\nak=" + secret, 0o600, "no section [basic]"},
		"bare line":          {"[basic]\n\n" + secret + "\n", 0o600, "line 3 is not a [section]"},
		"no name":            {"[basic]\n=" + secret, 0o600, "line 2 has no key"},
		"section, no end":    {"[" + secret + "\n", 0o600, "the file is not valid INI"},
		"long line":          {"[basic]\nak=" + strings.Repeat(secret, maxLine/6+1), 0o600, "line 2 is longer than 131072 bytes"},
		"long file":          {strings.Repeat("#"+secret+"\n", maxFile/8+1), 0o600, "it is larger than 1048576 bytes"},
		"circle":             {"[basic]\nak=%(a)s\na=%(b)s\nb=%(a)s\nsk=" + secret, 0o600, "are circular"},
		"second in a circle": {"[basic]\nak=%(x)s%(a)s\nx=X\na=%(b)s\nb=%(a)s\nsk=" + secret, 0o600, "are circular"},
		"for the group":      {"[basic]\nak=" + secret, 0o620, "users other than its owner can write it"},
		"for everybody":      {"[basic]\nak=" + secret, 0o602, "users other than its owner can write it"},
	} {
		t.Run(name, func(t *testing.T) {
			places, path := at(t, tt.text, tt.mode)
			_, err := places.Find()
			require.ErrorContains(t, err, tt.says)
			assert.ErrorContains(t, err, path)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

// The file in the home directory may belong to another program; a named file must be valid.
func TestFileAtHomeWithoutTheSection(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(home, ".huaweicloud"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".huaweicloud", "credentials"), []byte("[global]\nak=AK\nsk=SK\n"), 0o600))
	_, err := Places{Getenv: func(string) string { return "" }, Home: home}.Find()
	assert.ErrorContains(t, err, "no section [basic]")
	assert.ErrorContains(t, err, "no credentials found")
	assert.ErrorContains(t, err, "metadata service")
}

// If a named file is not valid, no other place is used instead.
func TestNamedFileIsNotPassedOver(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	elsewhere, other := at(t, "[global]\nak=AK\nsk=SK\n", 0o600)
	for path, places := range map[string]Places{
		missing: {Getenv: func(name string) string { return map[string]string{fileVariable: missing}[name] }},
		other:   elsewhere,
	} {
		m, asked := metadata(keyAnswer)
		places.Metadata = m
		_, err := places.Find()
		require.ErrorContains(t, err, path)
		assert.Empty(t, *asked)
	}
}

// At last, the metadata service is asked.
func TestAgency(t *testing.T) {
	m, _ := metadata(keyAnswer)
	found, err := Places{Getenv: func(string) string { return "" }, Metadata: m}.Find()
	require.NoError(t, err)
	assert.Same(t, m, found.Agency)

	m, _ = metadata(answer("400", "", ""))
	_, err = Places{Getenv: func(string) string { return "" }, Metadata: m}.Find()
	assert.ErrorContains(t, err, "no credentials found")
	assert.ErrorContains(t, err, "http://metadata.example): Bad Request")
}
