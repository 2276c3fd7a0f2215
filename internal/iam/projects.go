package iam

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/vpcep/vpcep-go/internal/exchange"
	"github.com/vpcep/vpcep-go/internal/retry"
	"github.com/vpcep/vpcep-go/internal/wire"
)

// ProjectID asks for the ID of the project with a name. It returns "" if there is none.
func ProjectID(ctx context.Context, service *exchange.Service, name string) (id string, failure *exchange.Failure) {
	failure = service.Do(ctx, exchange.Call{
		Operation: retry.Read, Method: http.MethodGet, Path: "/v3/projects", Query: url.Values{"name": {name}},
		Accept: func(a exchange.Answer) error {
			ids, err := decodeProjects(a.Body)
			id = ids[name]
			return err
		},
	})
	return id, failure
}

// decodeProjects reads a list of projects and returns their IDs by name.
func decodeProjects(body string) (map[string]string, error) {
	ids, isList := map[string]string{}, false
	err := wire.Of(body).Members(func(name string, v wire.Value) {
		if name != "projects" {
			return
		}
		isList = v.Elements(func(project wire.Value) {
			var id, name string
			_ = project.Members(func(member string, v wire.Value) {
				switch member {
				case "id":
					id, _ = wire.String(v)
				case "name":
					name, _ = wire.String(v)
				}
			})
			if id != "" {
				ids[name] = id
			}
		})
	})
	if err == nil && !isList {
		err = errors.New("the body has no list of projects")
	}
	return ids, err
}
