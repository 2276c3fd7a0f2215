package vpceptest

import (
	"github.com/vpcep/vpcep-go"
	"github.com/vpcep/vpcep-go/internal/fallback"
)

// Client returns a client for this server: with its URL, project, token and, with
// [WithTLS], certificate, and then the caller's options. It panics if the options are
// invalid.
func (s *Server) Client(opts ...vpcep.Option) *vpcep.Client {
	all := []vpcep.Option{
		vpcep.WithBaseURL(s.URL),
		vpcep.WithProjectID(s.ProjectID()),
		vpcep.WithAuth(fallback.Auth{Token: s.Token()}), // yields to the caller's credentials
	}
	if pool := s.RootCAs(); pool != nil {
		all = append(all, vpcep.WithRootCAs(pool))
	}
	client, err := vpcep.NewClient(append(all, opts...)...)
	if err != nil {
		panic("vpceptest: Server.Client: " + err.Error())
	}
	return client
}
