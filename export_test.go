package vpcep

// DefaultAuthAt is DefaultAuth with another environment, home directory and metadata service.
func DefaultAuthAt(getenv func(string) string, home, metadataURL string) (Authenticator, error) {
	return defaultAuth{getenv: getenv, home: home, metadataURL: metadataURL}.find()
}
