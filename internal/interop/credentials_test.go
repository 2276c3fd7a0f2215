package interop_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vpcep/vpcep-go/internal/credentials"
)

const plainFile = "[basic]\nak = AK123456\nsk = SK123456\n"

// credentialsFiles are files as people write them.
var credentialsFiles = map[string]string{
	"plain":                    plainFile,
	"all keys":                 plainFile + "security_token = ST/+==\nproject_id = project\niam_endpoint = https://iam.example\n",
	"double quotes":            "[basic]\nak = \"AK\"\nsk = \"SK\"\n",
	"single quotes":            "[basic]\nak = 'AK'\nsk = 'SK'\n",
	"one quote":                "[basic]\nak = AK\nsk = \"SK\n",
	"quotes inside":            "[basic]\nak = AK\nsk = a\"b\"c\n",
	"quotes and a comment":     "[basic]\nak = AK\nsk = \"SK#SK\"\n",
	"backquotes":               "[basic]\nak = AK\nsk = `SK#SK;\\`\n",
	"three quotes":             "[basic]\nak = AK\nsk = \"\"\"SK\nSK\"\"\"\n",
	"inline comments":          "[basic] # mine\nak = AK ; prod\nsk = SK # prod\n",
	"comment without a space":  "[basic]\nak = AK\nsk = SK#SK\n",
	"semicolon":                "[basic]\nak = AK\nsk = SK;SK\n",
	"backslash":                "[basic]\nak = AK\nsk = SK\\\nproject_id = p\n",
	"colons":                   "[basic]\nak: AK\nsk: SK\n",
	"colon in a value":         "[basic]\nak = AK\nsk = S:K\n",
	"equals signs":             "[basic]\nak = AK\nsk = SK==\n",
	"equals sign behind colon": "[basic]\nak: AK\nsk: S=K\n",
	"no spaces":                "[basic]\nak=AK\nsk=SK\n",
	"tabs and CR":              "[basic]\r\n\tak\t=\tAK\r\n\tsk = SK\r\n",
	"BOM":                      "\xef\xbb\xbf" + plainFile,
	"no last line end":         "[basic]\nak=AK\nsk=SK",
	"comments":                 "# a\n; b\n[basic]\n# c\nak=AK\n; d\nsk=SK\n",
	"twice":                    "[basic]\nak=no\nsk=no\nak=AK\nsk=SK\n",
	"two sections":             "[basic]\nak=AK\n[global]\nak=no\n[basic]\nsk=SK\n",
	"another section":          "[global]\nak=no\nsk=no\n" + plainFile,
	"spaces in the section":    "[ basic ]\nak=AK\nsk=SK\n",
	"capitals in the section":  "[Basic]\nak=AK\nsk=SK\n",
	"capitals in the keys":     "[basic]\nAK=AK\nSK=SK\n",
	"quoted names":             "[basic]\n\"ak\"=AK\n`sk`=SK\n",
	"reference":                "[basic]\nak=AK\nsk=%(other)s\nother=SK\n",
	"reference to nothing":     "[basic]\nak=AK\nsk=%(other)s\n",
	"default section":          "other=SK\n[basic]\nak=AK\nsk=%(other)s\n",
	"percent":                  "[basic]\nak=AK\nsk=S%K%%s\n",
	"not ASCII":                "[basic]\nak=AK\nsk=S\u00fcK\n",
	"no section":               "ak=AK\nsk=SK\n",
	"section in the middle":    "ak=AK\n[basic]\nsk=SK\n",
	"bare line":                "[basic]\nak=AK\nsk=SK\nbare\n",
	"no name":                  "[basic]\n=AK\nsk=SK\n",
	"section without end":      "[basic\nak=AK\nsk=SK\n",
	"empty":                    "",
	"half":                     "[basic]\nak=AK\n",
	"empty value":              "[basic]\nak=AK\nsk=\n",
}

// The credentials file is read as the vendor's SDK reads it, value by value.
func TestCredentialsFiles(t *testing.T) {
	served := 0
	for name, text := range credentialsFiles {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "credentials")
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			t.Setenv("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file)

			var want *basic.Credentials
			theirs, theirErr := provider.BasicCredentialProfileProvider().GetCredentials()
			if theirErr == nil {
				want = theirs.(*basic.Credentials)
			}
			own, err := credentials.Places{Getenv: os.Getenv}.Find()
			isComplete := err == nil && own.AccessKey != "" && own.SecretKey != ""
			require.Equal(t, theirErr == nil, isComplete, "%v, %v", theirErr, err)
			if !isComplete {
				return
			}
			served++
			assert.Equal(t,
				[]string{want.AK, want.SK, want.SecurityToken, want.ProjectId, want.IamEndpoint},
				[]string{own.AccessKey, own.SecretKey, own.SecurityToken, own.ProjectID, own.IAMEndpoint})
		})
	}
	assert.Greater(t, served, 20)
}
