// Package credentials finds credentials in the usual places: the environment, the
// credentials file, and the metadata service of an ECS instance. Its errors say where it
// looked, and never what it found there.
package credentials

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Values are credentials: an access key, a token, or the agency of an instance.
type Values struct {
	AccessKey, SecretKey, SecurityToken string
	Token                               string
	Agency                              *Metadata
	// ProjectID and IAMEndpoint belong to the credentials. They are "" if the place has
	// none.
	ProjectID, IAMEndpoint string
	// Place says where the credentials were found, for messages.
	Place string
}

// Places is where to look.
type Places struct {
	Getenv   func(string) string
	Home     string    // "" if there is none
	Metadata *Metadata // nil: not asked
}

// System is the environment and the home directory of this process.
func System(m *Metadata) Places {
	home, _ := os.UserHomeDir()
	return Places{Getenv: os.Getenv, Home: home, Metadata: m}
}

// notSetError says that a place holds no credentials at all.
type notSetError string

func (e notSetError) Error() string { return string(e) }

// Find returns the credentials of the first place that has any, even incomplete ones.
func (p Places) Find() (Values, error) {
	var looked []string
	for _, look := range []func() (Values, error){p.environment, p.file, p.agency} {
		found, err := look()
		var notSet notSetError
		switch {
		case err == nil:
			return found, nil
		case errors.As(err, &notSet):
			looked = append(looked, notSet.Error())
		default:
			return Values{}, fmt.Errorf("default credentials: %w", err)
		}
	}
	return Values{}, fmt.Errorf("no credentials found; looked in %s", strings.Join(looked, "; "))
}
