package credentials

// variables are the environment variables for an access key, in order of precedence.
var variables = []struct{ access, secret, security string }{
	{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"},
	{"HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"},
}

const tokenVariable = "HW_AUTH_TOKEN"

// Variables names the environment variables, for messages.
const Variables = "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, HW_ACCESS_KEY and HW_SECRET_KEY, HW_AUTH_TOKEN"

func (p Places) environment() (Values, error) {
	for _, names := range variables {
		found := Values{
			AccessKey: p.Getenv(names.access), SecretKey: p.Getenv(names.secret), SecurityToken: p.Getenv(names.security),
			Place: "the environment variables " + names.access + " and " + names.secret,
		}
		if found.AccessKey != "" || found.SecretKey != "" {
			return found, nil
		}
	}
	if token := p.Getenv(tokenVariable); token != "" {
		return Values{Token: token, Place: "the environment variable " + tokenVariable}, nil
	}
	return Values{}, notSetError("the environment (" + Variables + "): not set")
}
